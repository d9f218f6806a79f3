"""`hidden_layers`: how many hidden layers a network has."""

from typing import ClassVar, Literal

from pydantic import Field

from grader.checks._base import Check, Needs
from grader.checks._budget import allowed_words, network, within
from grader.core.evidence import ModelFacts, ProblemEvidence
from grader.core.outcome import Outcome


class HiddenLayers(Check):
    """The Linear layers but the last: those whose outputs are hidden."""

    type: Literal["hidden_layers"] = "hidden_layers"
    at_least: int | None = Field(default=None, ge=0)
    at_most: int | None = Field(default=None, ge=0)

    needs: ClassVar[Needs] = frozenset({ModelFacts})

    def asked(self) -> str:
        return f"Hidden layers: {allowed_words(self.at_least, self.at_most)}."

    def lint(self) -> list[str]:
        return [] if self.at_least or self.at_most is not None else ["this check can't fail: give `at_least`"]

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        model = network(evidence)
        if isinstance(model, Outcome):
            return model
        return within(
            model,
            "hidden layers",
            model.hidden_layers,
            self.at_least,
            self.at_most,
            how="Linear layers but the last",
            advice_above="Take Linear layers out.",
            advice_below="Split the hidden units over more Linear layers, with an activation between them.",
        )
