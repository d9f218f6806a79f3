"""`hidden_layers`: how many hidden layers a network has."""

from typing import ClassVar, Literal

from pydantic import Field

from grader.checks._base import Check, Needs
from grader.checks._budget import allowed_words, network, within
from grader.core.evidence import ModelFacts, ProblemEvidence
from grader.core.outcome import Outcome


class HiddenLayers(Check):
    """The Linear layers whose outputs are hidden: those that feed another Linear.

    One that feeds it without an activation between is one linear map with it and doesn't count, nor does one whose
    output reaches no output of the network. Whether layers that stand side by side are several, a person decides where
    it matters.
    """

    type: Literal["hidden_layers"] = "hidden_layers"
    at_least: int | None = Field(default=None, ge=0)
    at_most: int | None = Field(default=None, ge=0)

    needs: ClassVar[Needs] = frozenset({ModelFacts})

    def asked(self) -> str:
        return f"Hidden layers: {allowed_words(self.at_least, self.at_most)}."

    def lint(self) -> list[str]:
        return [] if self.at_least or self.at_most is not None else ["this check can't fail: give `at_least`"]

    def for_students(self) -> Check:
        return self.without_note()

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
            otherwise=_otherwise(model),
            how="; ".join(["Linear layers but the last", *_left_out(model)]),
            advice_above="Take Linear layers out.",
            advice_below="Split the hidden units over more Linear layers, with an activation between them.",
        )


def _left_out(model: ModelFacts) -> list[str]:
    merged = [row for row in model.rows if row.merged and row.hidden_units]
    return [f"{len(merged)} more without an activation before the next one: together one linear map"] if merged else []


def _otherwise(model: ModelFacts) -> dict[int, str]:
    least, _ = model.hidden_layers_within or (model.hidden_layers,) * 2
    return {} if least == model.hidden_layers else {least: "that stand one behind the other"}
