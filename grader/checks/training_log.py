"""`training_log`: the epochs that the report prints, and whether they are those of a network trained from the start."""

from typing import Literal

from pydantic import Field, model_validator

from grader.checks._answers import labelled
from grader.checks._base import Check, OnlyRead, no_answer
from grader.checks._epochs import stands_in, written
from grader.core.evidence import Epoch, ProblemEvidence, TrainingLog
from grader.core.outcome import Outcome, failed, manual, partial, passed


class PrintedLog(Check):
    """A training log in the answer, as Keras or a loop in PyTorch prints it, or a list `1: 85.12 %`.

    Where the text has none, the saved outputs below the problem's heading are read, or of the notebook named after it.
    `epochs` is how many must be there, numbered without a gap. `first_at_most` is the accuracy that a fresh network
    can have at most in its first epoch; a log that starts above it goes on from an earlier training. `reason` says
    where that bound comes from. `claim` holds words beside an accuracy stated in the text (of problem `claim_in`,
    where that is another) that must be the log's last, give or take `tolerance`.
    """

    type: Literal["training_log"] = "training_log"
    epochs: int | None = Field(default=None, ge=1)
    first_at_most: float | None = Field(default=None, gt=0, le=1)
    reason: str = ""
    claim: tuple[str, ...] = ()
    claim_in: str = ""
    tolerance: float = Field(default=0.001, ge=0)

    @model_validator(mode="after")
    def _reasoned(self) -> "PrintedLog":
        if self.first_at_most is not None and not self.reason:
            raise ValueError("`first_at_most` needs a `reason`")
        return self

    def asked(self) -> str:
        return f"Show the accuracies of {self.epochs or 'all'} epochs, trained from the start."

    def lint(self) -> list[str]:
        if self.epochs is None and self.first_at_most is None and not self.claim:
            return ["this check can fail only where no log is: give `epochs`, `first_at_most` or `claim`"]
        return []

    def for_students(self) -> Check | OnlyRead:
        # The bound that tells a fresh network from one that was trained before would tell how to write a log.
        hidden = self.first_at_most is not None
        return OnlyRead(read_as="log") if hidden else self.without_note()

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        logs = [log for section in evidence.sections for log in section.logs]
        logs = logs or [log for run in evidence.notebooks for log in run.logs]
        if not logs:
            return no_answer(evidence, "training log")
        log = logs[-1]
        first, last = log.epochs[0], log.epochs[-1]
        shown = f"{len(log.epochs)} epochs are shown, {written(first)} to {written(last)}"
        source = first.source
        if len(logs) > 1:
            shown = f"The last of {len(logs)} logs: {shown}"
        gap = self._gap(log) if self.epochs or self.first_at_most else ""
        if gap:
            share = len(log.epochs) / self.epochs if self.epochs else 0.0
            message = f"{shown}; {gap}."
            return partial(share, message, source=source) if 0 < share < 1 else failed(message, source=source)
        if self.first_at_most is not None and first.accuracy is None:
            return manual(f"{shown}; the first has no accuracy: a person reads the log.", source=source)
        if self.first_at_most is not None and first.accuracy is not None and first.accuracy > self.first_at_most:
            return failed(
                f"{shown}, but a fresh network can't have {written(first)} in its first epoch (at most "
                f"{self.first_at_most:g}: {self.reason}). Training went on from an earlier one, so the accuracy "
                f"isn't shown to come from these {len(log.epochs)} epochs.",
                observed=first.text,
                source=source,
                advice="Build the network again before training it: in a notebook, run from the top.",
            )
        return self._claimed(evidence, last, shown) or passed(f"{shown}.", observed=last.text, source=source)

    def _gap(self, log: TrainingLog) -> str:
        numbers = [epoch.number for epoch in log.epochs]
        if numbers[0] > 1:
            return f"the log begins with epoch {numbers[0]}"
        if any(after != before + 1 for before, after in zip(numbers, numbers[1:], strict=False)):
            missing = sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))
            return f"epoch {missing[0]} is missing" if missing else "their numbers don't go up"
        if self.epochs is not None and len(numbers) != self.epochs:
            return f"{self.epochs} were asked for"
        return ""

    def _claimed(self, evidence: ProblemEvidence, last: Epoch, shown: str) -> Outcome | None:
        if not self.claim:
            return None
        readings = [
            r
            for section in evidence.sections_of(self.claim_in)
            for r in section.readings
            if r.kind == "number" and r.number is not None and 0 <= r.number <= 1 and not stands_in(r, last)
        ]
        near = [r for r in labelled(readings, self.claim) if "." in r.text or "%" in r.text]
        if not near:
            return manual(f"{shown}; no accuracy stated beside it could be read.", source=last.source)
        values = [v for v in (last.val_accuracy, last.accuracy) if v is not None]
        claim = near[-1]
        if any(abs(value - (claim.number or 0.0)) <= self.tolerance for value in values):
            return passed(f"{shown}; {claim.text} is stated, as it ends.", observed=last.text, source=last.source)
        return failed(
            f"{claim.text} is stated, but the log ends with {written(last)}.", observed=claim.text, source=claim.source
        )
