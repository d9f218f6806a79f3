"""`parameters`: how many parameters a network has."""

from typing import ClassVar, Literal

from pydantic import Field

from grader.checks._base import Check, Needs
from grader.checks._budget import allowed_words, network, within
from grader.core.evidence import ModelFacts, ProblemEvidence
from grader.core.outcome import Outcome


class Parameters(Check):
    """All that training changes, shared weights once.

    Raw parameters outside the known layers and buffers that act as weights count too, and are named.
    """

    type: Literal["parameters"] = "parameters"
    at_most: int | None = Field(default=None, ge=0)
    at_least: int | None = Field(default=None, ge=0)

    needs: ClassVar[Needs] = frozenset({ModelFacts})

    def asked(self) -> str:
        return f"Parameters: {allowed_words(self.at_least, self.at_most)}."

    def lint(self) -> list[str]:
        return [] if self.at_least or self.at_most is not None else ["this check can't fail: give `at_most`"]

    def for_students(self) -> Check:
        return self.without_note()

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        model = network(evidence)
        if isinstance(model, Outcome):
            return model
        loose = [f"{t.kind} “{t.name}” of shape {list(t.shape)}" for t in model.spec.loose]
        shared = [row.name for row in model.rows if row.shared]
        parts = [f"among them {', '.join(loose)}"] if loose else []
        parts += [f"the shared weights of {', '.join(shared)} counted once"] if shared else []
        return within(
            model,
            "parameters",
            model.parameters + model.buffers_as_weights,
            self.at_least,
            self.at_most,
            how="; ".join(parts),
            advice_above="Most parameters sit in the first Linear after the convolutions: pool more before it.",
        )
