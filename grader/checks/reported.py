"""`reported`: the accuracy that the student claims against what training again found."""

import re
from typing import ClassVar, Literal

from pydantic import Field

from grader.checks._answers import of_other_quantity
from grader.checks._base import Check, Needs, absent
from grader.core.evidence import Claim, ModelFacts, NotebookRun, ProblemEvidence, Reading, Retraining, Section
from grader.core.outcome import Outcome, failed, manual, passed


class Reported(Check):
    """The last accuracy in the saved outputs of the notebook.

    Passed when it is stated and, where the network was trained again, not above the best training by more than
    `tolerance`; a claim above that can't be reproduced from what was handed in. With `count`, that many accuracies
    must be stated (as for a sweep), in the report's section or in the saved outputs; they aren't trained again.
    """

    type: Literal["reported"] = "reported"
    count: int = Field(default=1, ge=1)
    tolerance: float = Field(default=0.005, ge=0)
    at_least: float | None = Field(default=None, gt=0, le=1)

    needs: ClassVar[Needs] = frozenset({ModelFacts, NotebookRun, Retraining, Section})

    def asked(self) -> str:
        if self.count > 1:
            return f"Report {self.count} accuracies."
        return "Report the test accuracy of the final model."

    def _sweep(self, evidence: ProblemEvidence) -> Outcome:
        places = [(str(s.source), [text for r in s.readings for text in _accuracies(r)]) for s in evidence.sections]
        places += [(n.file, [c.text for c in n.claims]) for n in evidence.notebooks]
        source, best = max(places, key=lambda place: len(place[1]), default=("", []))
        observed = ", ".join(best)
        if len(best) >= self.count:
            return passed(f"{len(best)} accuracies are stated.", observed=observed, source=source)
        return absent(
            evidence,
            f"{len(best)} accuracies are stated; {self.count} asked for.",
            source=source,
            advice="List them in the report, each with at least three decimals.",
        )

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        if self.count > 1:
            return self._sweep(evidence)
        claims = _claims(evidence)
        claim = next((c for c in reversed(claims) if not c.partial), None)
        if claim is None and claims:
            return manual(
                "Only accuracies of a class or a batch are stated in the saved outputs; a person decides.",
                observed=claims[-1].text,
                source=claims[-1].source,
            )
        if claim is None:
            return absent(
                evidence,
                "No accuracy is stated in the saved outputs of the notebook.",
                advice="Print the test accuracy and save the notebook with its outputs.",
                in_text=False,
            )
        others = [c for c in claims if not c.partial and c.source == claim.source and c.of != claim.of]
        if any(self._judged(c, evidence) != self._judged(claim, evidence) for c in others):
            shown = " … ".join(dict.fromkeys(c.text for c in [*others[-3:], claim]))
            return manual(
                "Several accuracies are stated there, and it isn't clear which one is claimed; a person decides.",
                observed=shown,
                source=claim.source,
            )
        stated = f"{claim.accuracy:.4f}"
        if claim.stale:
            stated += " (its cell was run before one above it, so this may be older than the code)"
        if self.at_least is not None and claim.accuracy < self.at_least:
            return failed(
                f"The stated accuracy {stated} is below {self.at_least:g}.", observed=claim.text, source=claim.source
            )
        training = evidence.of(Retraining)
        if training is None or not training.lanes:
            message = f"States {stated}. The network was not trained again, so there is nothing to compare it with."
            return passed(message, observed=claim.text, source=claim.source)
        accuracies = [lane.accuracy for lane in training.lanes]
        low, high = min(accuracies), max(accuracies)
        found = f"{high:.4f}" if low == high else f"{low:.4f} to {high:.4f}"
        if claim.accuracy > high + self.tolerance:
            return failed(
                f"States {stated}, but training it again gave {found}.",
                observed=claim.text,
                source=claim.source,
                advice="Run the notebook from top to bottom again and save it: the output may come from older code.",
            )
        return passed(f"States {stated}; training it again gave {found}.", observed=claim.text, source=claim.source)

    def _judged(self, claim: Claim, evidence: ProblemEvidence) -> tuple[bool, bool]:
        """Whether a claim is high enough, and not above what training it again gave."""
        training = evidence.of(Retraining)
        lanes = training.lanes if training else ()
        high = max((lane.accuracy for lane in lanes), default=1.0)
        return claim.accuracy >= (self.at_least or 0.0), claim.accuracy <= high + self.tolerance


def _accuracies(reading: Reading) -> list[str]:
    """What may be accuracies: a number, or all items of a list of lists, which is read as a matrix."""
    if reading.matrix:
        items = [x for row in reading.matrix for x in row]
        listed = all(0 <= x <= 1 for x in items) and any(x != int(x) for x in items)
        return [f"{x:.12g}" for x in items] if listed and 1 in (len(reading.matrix), len(reading.matrix[0])) else []
    return [reading.text] if reading.number is not None and _accuracy_like(reading) else []


def _accuracy_like(reading: Reading) -> bool:
    """0.971 or 97.1 %: three decimals, or a percentage with one, that can be an accuracy and is of nothing else."""
    decimals = sum(c.isdigit() for c in re.split(r"[.,]", reading.text)[-1]) if re.search(r"[.,]", reading.text) else 0
    stated = reading.doubt in ("", "earlier", "part") and not of_other_quantity(reading, ("accuracy",))
    return stated and 0 <= (reading.number or 0) <= 1 and decimals >= (1 if reading.percent else 3)


def _claims(evidence: ProblemEvidence) -> list[Claim]:
    """What is claimed of the problem's network: by the outputs from its training on, else by all of its notebook's."""
    claims = [claim for notebook in evidence.notebooks for claim in notebook.claims]
    model = evidence.model
    if model is None:
        return claims
    return list(model.claims) or [c for c in claims if c.source.file == model.notebook]
