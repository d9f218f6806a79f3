"""What the machine left open and a person settles: which network answers a problem, and whether it is trained more."""

from datetime import UTC, datetime

from pydantic import Field

from grader.core.decision import Ruling, Settled
from grader.core.evidence import NetworkName
from grader.core.outcome import ProblemResult
from grader.core.record import Record
from grader.review.deciding import Refused
from grader.store import Decisions

MORE = 10  # trainings, at a click
_MOST = 50


class RulingWish(Record):
    """What somebody settles of a problem of a hand-in that they saw; `version` is the ruling's before, 0 for none."""

    key: str
    submission: str
    version: int = Field(ge=0)
    network: NetworkName | None = None
    trainings: int = Field(default=0, ge=0)


def settle(
    said: Decisions, problem: ProblemResult, submission: str, held: Ruling | None, wish: RulingWish, by: str
) -> None:
    """Keep a ruling. Raises Refused, and Conflict where somebody was first."""
    if wish.submission != submission:
        raise Refused("It was handed in anew, or graded again: load the page again.")
    choices = {candidate.name for candidate in problem.candidates}
    if held and held.submission == submission and held.settled.network:
        choices.add(held.settled.network)
    if wish.network and wish.network not in choices:
        raise Refused("That network is none of those that may answer this: load the page again.")
    if wish.trainings % MORE or wish.trainings > _MOST:
        raise Refused(f"At most {_MOST} trainings more are asked for here, {MORE} at a time.")
    if wish.trainings and not trained(problem):
        raise Refused("No network of this problem was trained again by its recipe.")
    settled = Settled(problem=problem.id, network=wish.network, trainings=wish.trainings)
    now = datetime.now(UTC)
    said.rule(Ruling(key=wish.key, submission=submission, settled=settled, by=by, at=now, version=wish.version + 1))


def trained(problem: ProblemResult) -> bool:
    """Whether more trainings would tell more: there are some, and no obstacle ended them."""
    found = [network.retraining for network in problem.networks if network.retraining]
    return any(retraining.lanes and not retraining.obstacle for retraining in found)
