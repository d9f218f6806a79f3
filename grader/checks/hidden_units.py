"""`hidden_units`: how many hidden units a network has."""

from typing import ClassVar, Literal

from pydantic import Field

from grader.checks._base import Check, Needs
from grader.checks._budget import allowed_words, network, within
from grader.core.evidence import LayerRow, ModelFacts, ProblemEvidence
from grader.core.outcome import Outcome


class HiddenUnits(Check):
    """The values that the Linear layers put out for one sample, but for the network's outputs, added up.

    Activations and Dropout don't count, and a layer that is used several times counts each time. A Linear that works
    along one of several dimensions puts out its out_features at each place of the others; whether the assignment means
    these, or the values of convolutions, a person decides where it matters.
    """

    type: Literal["hidden_units"] = "hidden_units"
    at_most: int = Field(ge=0)
    at_least: int | None = Field(default=None, ge=0)

    needs: ClassVar[Needs] = frozenset({ModelFacts})

    def asked(self) -> str:
        return f"Hidden units: {allowed_words(self.at_least, self.at_most)}."

    def for_students(self) -> Check:
        return self.without_note()

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        model = network(evidence)
        if isinstance(model, Outcome):
            return model
        over = model.hidden_units - self.at_most
        made = [_words(row) for row in model.rows if row.hidden_units]
        return within(
            model,
            "hidden units",
            model.hidden_units,
            self.at_least,
            self.at_most,
            otherwise=_otherwise(model),
            how=" + ".join(made) if len(made) > 1 or made[:1] != [str(model.hidden_units)] else "",
            advice_above=f"Make the layers narrower: {over} {'unit' if over == 1 else 'units'} must go.",
            advice_below="Make the layers wider.",
        )


def _words(row: LayerRow) -> str:
    """`60`, or `50 at each of 7 places`."""
    width = row.output_shape[-1] if row.output_shape and row.type == "Linear" else row.hidden_units
    places = row.hidden_units // width
    return str(width) if places == 1 else f"{width} at each of {places} places"


def _otherwise(model: ModelFacts) -> dict[int, str]:
    """Other numbers that may be meant, with what they count."""
    least, most = model.hidden_units_within or (model.hidden_units,) * 2
    ways = {least: "if those of a Linear count once for all places", most: "with the values that convolutions put out"}
    return {number: counting for number, counting in ways.items() if number != model.hidden_units}
