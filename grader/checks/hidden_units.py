"""`hidden_units`: how many hidden units a network has."""

from typing import ClassVar, Literal

from pydantic import Field

from grader.checks._base import Check, Needs
from grader.checks._budget import allowed_words, network, within
from grader.core.evidence import ModelFacts, ProblemEvidence
from grader.core.outcome import Outcome


class HiddenUnits(Check):
    """The outputs of every Linear but the last, added up. Activations and Dropout don't count."""

    type: Literal["hidden_units"] = "hidden_units"
    at_most: int = Field(ge=0)
    at_least: int | None = Field(default=None, ge=0)

    needs: ClassVar[Needs] = frozenset({ModelFacts})

    def asked(self) -> str:
        return f"Hidden units: {allowed_words(self.at_least, self.at_most)}."

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        model = network(evidence)
        if isinstance(model, Outcome):
            return model
        linears = [row.output_shape[-1] for row in model.rows if row.type == "Linear" and row.output_shape]
        return within(
            model,
            "hidden units",
            model.hidden_units,
            self.at_least,
            self.at_most,
            how=" + ".join(str(n) for n in linears[:-1]) if len(linears) > 2 else "",
            advice_above=f"Make the layers narrower: {model.hidden_units - self.at_most} units must go.",
            advice_below="Make the layers wider.",
        )
