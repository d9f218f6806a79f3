"""`loss`: which loss a network was trained with."""

from typing import ClassVar, Literal

from grader.checks._base import Check, Needs, model_of
from grader.core.evidence import ModelFacts, ProblemEvidence
from grader.core.network import LayerSpec
from grader.core.outcome import BudgetLine, Outcome, failed, manual, passed
from grader.guest.protocol import Blocks

_NAMES = {
    "cross_entropy": "categorical cross entropy",
    "mse": "mean squared error",
    "bce": "binary cross entropy",
    "nll": "negative log likelihood",
}
_CLASSES = {
    "CrossEntropyLoss": "cross_entropy",
    "MSELoss": "mse",
    "BCELoss": "bce",
    "BCEWithLogitsLoss": "bce",
    "NLLLoss": "nll",
}


def _along_classes(layer: LayerSpec) -> bool:
    """Whether a LogSoftmax makes the outputs of one sample add up, not those of a batch."""
    return layer.settings.get("dim") in (None, 1, -1)


class Loss(Check):
    """The loss of the training. NLLLoss on a LogSoftmax along the classes is cross entropy too."""

    type: Literal["loss"] = "loss"
    expect: Literal["cross_entropy", "mse", "bce", "nll"]

    needs: ClassVar[Needs] = frozenset({ModelFacts})

    def asked(self) -> str:
        return f"Loss: {_NAMES[self.expect]}."

    def for_students(self) -> Check:
        return self.without_note()

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        model = model_of(evidence)
        if isinstance(model, Outcome):
            return model
        unseen = [gap.why for gap in model.recipe.gaps if gap.blocks(Blocks.LOSS)] if model.recipe else [""]
        if model.recipe is None or unseen:
            why = f" ({unseen[0]})" if unseen[0] else ""
            return manual(f"The loss could not be observed{why}; a person reads the notebook.", source=model.source)
        found = model.recipe.loss.type
        kinds = {_CLASSES.get(found)}
        last = model.rows[-1].type if model.rows else ""
        if found == "NLLLoss" and last == "LogSoftmax" and _along_classes(model.spec.layers[-1]):
            kinds.add("cross_entropy")
        ok = self.expect in kinds
        line = BudgetLine(what="loss", found=found, allowed=_NAMES[self.expect], ok=ok).model_dump()
        if not ok:
            advice = f"Train with {_NAMES[self.expect]}"
            advice += " (nn.CrossEntropyLoss takes the logits)." if self.expect == "cross_entropy" else "."
            return failed(f"Trained with {found}.", observed=found, source=model.source, advice=advice, budget=line)
        message = f"Trained with {found}."
        of_logits = model.recipe.loss.settings.get("from_logits", True)
        if found == "CrossEntropyLoss" and last == "Softmax" and of_logits:
            message += (
                " It applies log-softmax itself: on the output of your Softmax layer it is computed twice, "
                "which keeps the gradients small. Leave the Softmax out while training."
            )
        return passed(message, observed=found, source=model.source, budget=line)
