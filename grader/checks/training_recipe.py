"""`training_recipe`: how long and in which batches a network was trained."""

from typing import ClassVar, Literal

from pydantic import Field

from grader.checks._base import Check, Needs, model_of
from grader.core.evidence import ModelFacts, ProblemEvidence
from grader.core.outcome import BudgetLine, Outcome, failed, manual, passed
from grader.guest.protocol import Blocks


class TrainingRecipe(Check):
    """The number of epochs, the batch size and the optimiser, as observed while the notebook trained."""

    type: Literal["training_recipe"] = "training_recipe"
    epochs: int | None = Field(default=None, ge=1)
    batch_size: int | None = Field(default=None, ge=1)
    optimizers: tuple[str, ...] = ()

    needs: ClassVar[Needs] = frozenset({ModelFacts})

    def asked(self) -> str:
        wishes = [f"{self.epochs} epochs"] if self.epochs else []
        wishes += [f"batch size {self.batch_size}"] if self.batch_size else []
        wishes += [f"optimiser {' or '.join(self.optimizers)}"] if self.optimizers else []
        return f"Training: {', '.join(wishes)}."

    def lint(self) -> list[str]:
        if self.epochs is None and self.batch_size is None and not self.optimizers:
            return ["this check can't fail: give `epochs`, `batch_size` or `optimizers`"]
        return []

    def for_students(self) -> Check:
        return self.without_note()

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        model = model_of(evidence)
        if isinstance(model, Outcome):
            return model
        recipe = model.recipe
        if recipe is None:
            return manual("How it was trained could not be observed; a person reads the notebook.", source=model.source)
        if self.batch_size is not None and recipe.accumulation is not None:
            each = (
                f"the gradients of {recipe.accumulation.every} batches of {recipe.batch_size} are added up for a step"
            )
            return manual(f"What its batch size is isn't clear: {each}. A person decides.", source=model.source)
        faults = []
        at_most = recipe.epochs_are == "at most"
        too_few = at_most and self.epochs is not None and recipe.epochs < self.epochs
        unknown = self.epochs is not None and not recipe.epochs_known and not too_few
        if not unknown and self.epochs is not None and recipe.epochs != self.epochs:
            faults.append(f"{recipe.epochs} epochs instead of {self.epochs}")
        if self.batch_size is not None and recipe.batch_size != self.batch_size:
            faults.append(f"batch size {recipe.batch_size} instead of {self.batch_size}")
        if self.optimizers and recipe.optimizer.type not in self.optimizers:
            faults.append(f"optimiser {recipe.optimizer.type} instead of {' or '.join(self.optimizers)}")
        counted = f"{'at most ' if at_most else ''}{recipe.epochs} epochs"
        epochs = counted if recipe.epochs_known or at_most else "epochs not known"
        observed = f"{recipe.optimizer.type}, {epochs}, batch size {recipe.batch_size}"
        allowed = self.asked().removeprefix("Training: ").rstrip(".")
        gaps = [gap.why for gap in recipe.gaps if gap.blocks(Blocks.SETTINGS)]
        if unknown:
            but = f" and {', '.join(faults)}" if faults else ""
            return manual(
                f"It is not known for how many epochs it was trained{but} ({'; '.join(gaps) or 'it may end earlier'}): "
                "a person reads the notebook.",
                observed=observed,
                source=model.source,
            )
        room = None if self.epochs is None else 0
        line = BudgetLine(what="training", found=observed, allowed=allowed, ok=not faults, room=room).model_dump()
        if not faults:
            return passed(f"Trained as asked: {observed}.", observed=observed, source=model.source, budget=line)
        if gaps:
            return manual(
                f"Trained with {', '.join(faults)}, but {'; '.join(gaps)}: a person reads the notebook.",
                observed=observed,
                source=model.source,
            )
        return failed(
            f"Trained with {', '.join(faults)}.",
            observed=observed,
            source=model.source,
            advice="Train the final model with the settings that the problem fixes.",
            budget=line,
        )
