"""`reported`: the accuracy that the student claims against what training again found."""

from typing import ClassVar, Literal

from pydantic import Field

from grader.checks._base import Check, Needs, absent, unbound
from grader.checks._claims import Verdict, besides, candidates, highest, judged, of_network, of_nobody, quoted
from grader.checks._epochs import written
from grader.checks._sweeps import different, of_epochs, stated_in, with_claims
from grader.core.evidence import Claim, ModelFacts, NotebookRun, ProblemEvidence, Retraining, Section
from grader.core.outcome import Outcome, failed, manual, passed

_A_PERSON = "a person decides."


class Reported(Check):
    """The test accuracy that the saved outputs state of the problem's network, from its training to the next one's.

    Passed when it is stated and, where the network was trained again, not above the best training by more than
    `tolerance`; a claim above that can't be reproduced from what was handed in. Where no network answers the problem,
    or where it isn't clear which of several values is claimed, a person decides.

    With `count`, that many accuracies must be stated, each of its own training under settings of its own (as for a
    sweep), in the report's section or in the saved outputs; they aren't trained again. `varies` is the type of the
    layers whose settings must differ, as `Dropout`; without it any setting may.
    """

    type: Literal["reported"] = "reported"
    count: int = Field(default=1, ge=1)
    varies: str = ""
    tolerance: float = Field(default=0.005, ge=0)
    at_least: float | None = Field(default=None, gt=0, le=1)

    needs: ClassVar[Needs] = frozenset({ModelFacts, NotebookRun, Retraining, Section})

    def asked(self) -> str:
        if self.count > 1:
            return f"Report {self.count} accuracies."
        return "Report the test accuracy of the final model."

    def lint(self) -> list[str]:
        return ["`varies` is for a sweep: give its `count`"] if self.varies and self.count == 1 else []

    def for_students(self) -> Check:
        return self.without_note()

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        if self.count > 1:
            return self._sweep(evidence)
        if evidence.model is None:
            return self._without_network(evidence)
        return self._of_network(evidence, evidence.model)

    def _of_network(self, evidence: ProblemEvidence, model: ModelFacts) -> Outcome:
        if model.unbound:
            return unbound(model)
        own = of_network(evidence, model)
        stated = candidates(own)
        if not stated:
            return self._not_stated(evidence, own, besides(evidence, model))
        training = evidence.of(Retraining)
        claim = stated[-1]
        verdicts = {judged(c, self.at_least, training, self.tolerance) for c in stated}
        if len(verdicts) > 1 or verdicts == {"unsure"}:
            why = "Several accuracies are stated there, and it isn't clear which one is claimed"
            if len(verdicts) == 1:
                why = f"It isn't clear whether {claim.accuracy:.4f} is meant for the test set, or how it was rounded"
            again = f"; training it again gave {_range(training)}" if training and training.lanes else ""
            return manual(f"{why}{again}; {_A_PERSON}", observed=quoted(stated), source=claim.source)
        return self._decided(claim, verdicts.pop(), training, _begins_too_high(evidence, model, training))

    def _decided(self, claim: Claim, verdict: Verdict, training: Retraining | None, remark: str) -> Outcome:
        said = f"{claim.accuracy:.4f}"
        if claim.stale:
            said += " (its cell was run before one above it, so this may be older than the code)"
        if verdict == "low":
            message = f"The stated accuracy {said} is below {self.at_least:g}.{remark}"
            return failed(message, observed=claim.text, source=claim.source)
        if training is None or not training.lanes:
            message = f"States {said}. The network was not trained again, so there is nothing to compare it with."
            return passed(message, observed=claim.text, source=claim.source)
        if verdict == "high":
            high = highest(claim, training)
            ever = f", and at most {high:.4f} after any epoch" if high and f"{high:.4f}" not in _range(training) else ""
            return failed(
                f"States {said}, but training it again gave {_range(training)}{ever}.{remark}",
                observed=claim.text,
                source=claim.source,
                advice="Run the notebook from top to bottom again and save it: the output may come from older code.",
            )
        message = f"States {said}; training it again gave {_range(training)}.{remark}"
        if training.unsupported:
            why = f"{message} What that run of the notebook shows is for a person, and so is this."
            return manual(why, observed=claim.text, source=claim.source)
        return passed(message, observed=claim.text, source=claim.source)

    def _not_stated(self, evidence: ProblemEvidence, own: tuple[Claim, ...], others: tuple[Claim, ...]) -> Outcome:
        """No accuracy can be the claim: of which things one is stated decides whether a person looks."""
        if own:
            why = f"The saved outputs state {_kinds(own)}, and no accuracy of the network on the test set"
            return manual(f"{why}; {_A_PERSON}", observed=quoted(own), source=own[-1].source)
        if others:
            why = "No accuracy is stated behind the training of this network, but one is stated elsewhere"
            return manual(f"{why}; {_A_PERSON}", observed=quoted(others), source=others[-1].source)
        return self._absent(evidence)

    def _without_network(self, evidence: ProblemEvidence) -> Outcome:
        stated = of_nobody(evidence)
        if not stated:
            return self._absent(evidence)
        why = evidence.why_no_model.rstrip(".") or "No network was found for this problem"
        message = f"{why}, so it isn't clear of which network this accuracy is; {_A_PERSON}"
        return manual(message, observed=quoted(stated), source=stated[-1].source)

    def _absent(self, evidence: ProblemEvidence) -> Outcome:
        for section in evidence.sections:
            if said := stated_in(section)[0]:
                why = "The text states values that may be the accuracy, and the saved outputs state none"
                return manual(f"{why}; {_A_PERSON}", observed=", ".join(said[:10]), source=section.source)
        none = "No accuracy is stated in the saved outputs of the notebook."
        if evidence.model is None:
            why = evidence.why_no_model.rstrip(".") or "No network was found for this problem"
            none = f"{why}, and no accuracy of one is stated."
        return absent(
            evidence,
            none,
            advice="Print the test accuracy and save the notebook with its outputs.",
            in_text=False,
        )

    def _sweep(self, evidence: ProblemEvidence) -> Outcome:
        doubtful = next((network for network in evidence.networks if network.unbound), None)
        if doubtful is not None:
            return unbound(doubtful)
        trained = different(evidence.networks, self.varies)
        claims = with_claims(trained)
        if len(claims) >= self.count:
            message = f"{len(claims)} accuracies are stated, each of a training with settings of its own."
            return passed(message, observed=", ".join(c.text for c in claims)[:500], source=claims[0].source)
        in_text = [(section, *stated_in(section)) for section in evidence.sections]
        section, every, others = max(in_text, key=lambda found: (len(found[2]), len(found[1])), default=(None, [], []))
        where = section.source if section else ""
        ran = bool(evidence.networks or evidence.candidates or any(run.cells for run in evidence.notebooks))
        if len(others) >= self.count and (len(trained) >= self.count or not ran):
            return passed(f"{len(others)} accuracies are stated.", observed=", ".join(others), source=where)
        if len(every) >= self.count:
            seen = _seen(len(trained)) if ran else "they may be of epochs"
            message = f"{len(every)} values that may be accuracies are stated, and {seen}; {_A_PERSON}"
            return manual(message, observed=", ".join(every), source=where)
        stated = [*(claim for run in evidence.notebooks for claim in run.claims)] or list(of_nobody(evidence))
        if len(stated) >= self.count:
            return self._not_tied(evidence, stated, len(trained))
        most = max(len(claims), len(every), len(stated))
        return absent(
            evidence,
            f"{most} accuracies are stated; {self.count} asked for.",
            source=where,
            advice="List them in the report, each with at least three decimals.",
        )

    def _not_tied(self, evidence: ProblemEvidence, stated: list[Claim], trained: int) -> Outcome:
        """Enough accuracies in the saved outputs, but not one for each of so many trainings."""
        if of_epochs(evidence.networks, stated) and not any(run.crashes or run.failure for run in evidence.notebooks):
            return absent(
                evidence,
                f"{len(stated)} accuracies are stated, but they are of the epochs of one training; {self.count} "
                "trainings with different settings were asked for.",
                source=stated[-1].source,
                advice="Train once for each setting, and state the accuracy of each.",
            )
        message = f"{len(stated)} accuracies are stated and {_seen(trained)}, so not each could be tied to a training"
        return manual(f"{message}; {_A_PERSON}", observed=quoted(stated), source=stated[-1].source)


def _seen(trainings: int) -> str:
    """How many trainings, each with settings of its own, were seen."""
    if trainings < 2:
        return "one training was seen" if trainings else "no training was seen"
    return f"{trainings} trainings with different settings were seen"


def _range(training: Retraining) -> str:
    accuracies = [lane.accuracy for lane in training.lanes]
    low, high = min(accuracies), max(accuracies)
    return f"{high:.4f}" if low == high else f"{low:.4f} to {high:.4f}"


_SAID_OF = {
    "training": "accuracies of the training set",
    "part": "accuracies of a class, a batch or another part",
    "other": "accuracies of something else",
    "unclear": "values that may be accuracies",
}


def _kinds(claims: tuple[Claim, ...]) -> str:
    return " and ".join(dict.fromkeys(_SAID_OF.get(claim.scope, "accuracies") for claim in claims))


def _begins_too_high(evidence: ProblemEvidence, model: ModelFacts, training: Retraining | None) -> str:
    """A remark where the saved log of this training begins where a fresh network of its kind can't.

    Only a log of all epochs that were seen says so: what goes on in another cell may well begin high. It must be far
    above the first epochs of all trainings, with less than half of their errors, before a word is said.
    """
    logs = [log for run in evidence.notebooks if run.file == model.notebook for log in run.logs]
    logs = [log for log in logs if log.source.cell == model.cell]
    firsts = [lane.curve[0].accuracy for lane in training.lanes if lane.curve] if training else []
    if not logs or not firsts or len(logs[-1].epochs) != (model.recipe.epochs if model.recipe else 0):
        return ""
    first = logs[-1].epochs[0]
    values = [value for value in (first.accuracy, first.val_accuracy) if value is not None]
    if not values or first.number > 1 or max(firsts) >= min(values) - 0.01 or 1 - max(firsts) < 2 * (1 - min(values)):
        return ""
    return (
        f" Its saved log begins with {written(first)} after the first epoch, where a fresh network came to "
        f"{max(firsts):.4f}: this training went on from an earlier one."
    )
