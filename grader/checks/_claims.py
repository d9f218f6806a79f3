"""Which of the accuracies that saved outputs state is claimed of a network, and how those that may be are judged."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from grader.checks._plain_words import PLAIN_WORDS
from grader.core.evidence import Claim, ModelFacts, ProblemEvidence, Retraining

# Too low for what is asked, too high for what training again found, neither, or one cannot know.
Verdict = Literal["low", "high", "fine", "unsure"]
_OF_A_LOOP = 3
_MOST_QUOTED = 4


def of_network(evidence: ProblemEvidence, model: ModelFacts) -> tuple[Claim, ...]:
    """What is stated behind this network's training and before the next one's, but below no other problem's heading."""
    own = [claim for run in evidence.notebooks if run.file == model.notebook for claim in run.claims]
    if model.claims:
        cells = {claim.source.cell for claim in own}
        return tuple(claim for claim in model.claims if claim.source.cell in cells or not evidence.notebooks)
    others = {claim for network in evidence.networks for claim in network.claims}
    return tuple(claim for claim in own if claim not in others and (claim.source.cell or 0) >= (model.cell or 0))


def besides(evidence: ProblemEvidence, model: ModelFacts) -> tuple[Claim, ...]:
    """What is stated elsewhere: before the training, of another network, below another problem's heading."""
    own = of_network(evidence, model)
    stated = [claim for run in evidence.notebooks for claim in run.claims]
    return tuple(claim for claim in dict.fromkeys([*model.claims, *stated, *evidence.unowned]) if claim not in own)


def of_nobody(evidence: ProblemEvidence) -> tuple[Claim, ...]:
    """What is stated where no network is known to answer the problem."""
    stated = [claim for run in evidence.notebooks for claim in run.claims]
    stated += [claim for network in evidence.candidates for claim in network.claims]
    return tuple(dict.fromkeys([*stated, *evidence.unowned]))


def candidates(claims: Sequence[Claim]) -> list[Claim]:
    """Those that may be the claim, in order: of each cell what it says last in the same words, where they name a set.

    What is said of the test set goes before what is said of no set, unless that stands behind it; these go before the
    validation set, and that before what was printed while it trained.
    """
    alike = Counter((c.source.cell, c.of, c.item) for c in claims if c.scope == "unnamed")
    test = [n for n, c in enumerate(claims) if c.scope == "test"]
    final = [
        c
        for n, c in enumerate(claims)
        if c.scope == "test"
        or (c.scope == "unnamed" and alike[c.source.cell, c.of, c.item] < _OF_A_LOOP and (not test or n > test[-1]))
    ]
    validation = [c for c in claims if c.scope == "validation"]
    while_it_trained = [_of_loop(c) for c in claims if c.scope in ("unnamed", "running")]
    pool = final or validation or while_it_trained
    last = {(c.source.cell, c.of, c.item, n if c.scope == "unnamed" else 0): n for n, c in enumerate(pool)}
    return [pool[n] for n in sorted(last.values())]


def judged(claim: Claim, at_least: float | None, training: Retraining | None, tolerance: float) -> Verdict:
    """Whether a claim is high enough, and not above what training the network again gave."""
    found: Verdict = "fine"
    high = highest(claim, training)
    if high is not None and claim.accuracy - claim.unit / 2 > high + tolerance:
        found = "high"
    elif at_least is not None and claim.accuracy < at_least:
        found = "low" if claim.accuracy + claim.unit <= at_least + 1e-9 else "unsure"
    # What is said of other images, while it trained, or of who knows what, is no claim that could be refuted.
    plain = claim.scope in ("test", "unnamed") and set(claim.of.split()) <= PLAIN_WORDS
    return found if found == "fine" or plain else "unsure"


def highest(claim: Claim, training: Retraining | None) -> float | None:
    """What training it again reached at most: at its end, or where the best of all epochs may be meant, ever."""
    if training is None or not training.lanes:
        return None
    reached = [lane.accuracy for lane in training.lanes]
    if claim.epoch is not None or any(
        word in ("best", "max", "maximum", "highest", "peak") for word in claim.of.split()
    ):
        reached += [point.accuracy for lane in training.lanes for point in lane.curve]
    return max(reached)


def quoted(claims: Sequence[Claim]) -> str:
    """The lines that state them; the last ones."""
    lines = list(dict.fromkeys(claim.text for claim in claims))
    more = f"… {len(lines) - _MOST_QUOTED} lines … " if len(lines) > _MOST_QUOTED else ""
    return more + " … ".join(lines[-_MOST_QUOTED:])


def _of_loop(claim: Claim) -> Claim:
    return claim.model_copy(update={"scope": "running"})
