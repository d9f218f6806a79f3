"""`accuracy`: whether a network reaches an accuracy more than half the times it is trained."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from grader.checks._base import Check, Needs, model_of
from grader.core.evidence import Lane, ModelFacts, ProblemEvidence, Retraining
from grader.core.fault import Fault
from grader.core.majority import majority
from grader.core.outcome import Outcome, failed, manual, passed
from grader.core.record import Record
from grader.core.requests import TrainingRequest

_FEW_EPOCHS = 3
_GROWS = ("hidden units", "parameters")


class Accuracy(Check):
    """The grader trains the network again under up to `seeds` seeds and scores it on its own copy of the test split.

    Passed when more than half of the trainings reach `at_least`. It stops as soon as the trainings left can't change
    that, and at a pass when, after at least `min_seeds` trainings that all reach it, a miss has become less likely than
    1 - `confidence`; `rule: majority` leaves the latter out. Training that diverges doesn't reach it.

    A training that can't be written as a recipe is replayed: the notebook runs in full in the sandbox, without the test
    split, and the grader scores the network that it hands over. That rests on the student's code having trained it, so
    it can fail, but it passes only where a training by the nearest recipe that the grader can follow passes as well;
    else a person decides, with all that was seen. With `replay: trust` it passes by itself, with `replay: false` no
    notebook is run in full.
    """

    type: Literal["accuracy"] = "accuracy"
    at_least: float = Field(gt=0, le=1)
    seeds: int = Field(default=5, ge=1, le=99)
    rule: Literal["majority", "margin"] = "margin"
    confidence: float = Field(default=0.99, ge=0.5, lt=1)
    min_seeds: int = Field(default=2, ge=1)
    replay: bool | Literal["trust"] = True

    needs: ClassVar[Needs] = frozenset((ModelFacts, Retraining))

    def asked(self) -> str:
        return f"Test accuracy of at least {self.at_least:g} in more than half of the trainings."

    def lint(self) -> list[str]:
        return (
            [] if self.seeds % 2 else [f"`seeds: {self.seeds}` is even: a tie fails; an odd number says what is meant"]
        )

    def requests(self, evidence: ProblemEvidence) -> tuple[Record, ...]:
        """A training; where another check of the problem has asked for one before, that serves this one too."""
        if evidence.of(Retraining) is not None:
            return ()
        return (
            TrainingRequest(
                threshold=self.at_least,
                planned=self.seeds,
                rule=self.rule,
                confidence=self.confidence,
                min_seeds=self.min_seeds,
                replay=self.replay,
            ),
        )

    def for_students(self) -> Check:
        return self.without_note()

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        model = model_of(evidence)
        if isinstance(model, Outcome):
            return model
        training = evidence.of(Retraining)
        if training is None:
            return manual("The network was not trained again; a person decides.", source=model.source)
        if training.obstacle:
            return self._obstacle(training, str(model.source))
        reached = [lane.reaches(self.at_least) for lane in training.lanes]
        accuracies = ", ".join(f"{lane.accuracy:.4f}" for lane in training.lanes)
        diverged = sum(lane.diverged for lane in training.lanes)
        how = ", the notebook run in full each time," if training.method == "replay" else ""
        message = f"{sum(reached)} of {len(reached)} trainings{how} reach {self.at_least:g} ({accuracies or 'none'})."
        if diverged:
            message += f" {diverged} of them diverged: the loss became infinite or the network stayed at chance."
        observed, source = accuracies, str(model.source)
        as_trained = training.threshold == self.at_least  # else it was stopped for the threshold of another check
        verdict = training.verdict if as_trained else majority(reached, training.planned)
        if training.unsupported:
            why = f"That decides nothing by itself: {training.unsupported}. A person decides."
            return manual(f"{message} {why}", observed=observed, source=source)
        if verdict == "undecided":
            told = " ".join((f"{message} That decides nothing yet.", *training.notes))
            return manual(told, observed=observed, source=source)
        borderline = training.borderline and as_trained
        if borderline and training.interval:
            low, high = training.interval
            message += (
                f" That is borderline: one more training reaches it with a chance of about {training.chance:.0%}, "
                f"somewhere between {low:.0%} and {high:.0%}."
            )
        if verdict == "reached":
            return passed(message, observed=observed, source=source, borderline=borderline)
        advice = self._advice(training, model, evidence.room)
        return failed(message, observed=observed, source=source, advice=advice, borderline=borderline)

    def _obstacle(self, training: Retraining, source: str) -> Outcome:
        if training.fault is Fault.machine:
            return Outcome(status="error", message=training.obstacle, source=source)
        if training.fault is Fault.student:
            return failed(training.obstacle, source=source)
        return manual(f"The network could not be trained again: {training.obstacle}", source=source)

    def _advice(self, training: Retraining, model: ModelFacts, room: Mapping[str, int]) -> str:
        """A next step that can be taken: nothing is told to grow that the assignment doesn't let grow."""
        if all(lane.diverged for lane in training.lanes):
            return "Lower the learning rate, and look at the loss of the first epochs."
        best = max(lane.accuracy for lane in training.lanes)
        epochs = model.recipe.epochs if model.recipe and model.recipe.epochs_known else None
        may_last = room.get("training") != 0
        decays = model.recipe is not None and bool(model.recipe.schedules or model.recipe.rates)
        steps = [] if decays else ["let the learning rate fall towards the end"]
        if best >= self.at_least:
            return f"It gets there only now and then: {_either([*steps, *(['train longer'] if may_last else [])])}."
        missed = f"The best training misses by {self.at_least - best:.4f}"
        if may_last and epochs is not None and epochs <= _FEW_EPOCHS:
            return f"{missed} after {'one epoch' if epochs == 1 else f'{epochs} epochs'}: train longer."
        if may_last and all(_still_rises(lane) for lane in training.lanes):
            return f"{missed} and was still improving: train longer."
        larger = [f"make it larger (it may have {n:,} more {what})" for what, n in room.items() if what in _GROWS and n]
        return f"{missed}: {_either([*larger, *steps, 'try another learning rate'][:2])}."


def _either(steps: list[str]) -> str:
    return ", or ".join(steps) or "try another learning rate"


def _still_rises(lane: Lane) -> bool:
    return len(lane.curve) > 2 and lane.curve[-1].accuracy > lane.curve[-2].accuracy
