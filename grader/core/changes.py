"""What became of a class between two runs: whose points changed, where, and why."""

from typing import NamedTuple

from grader.core.outcome import Status
from grader.core.record import Record
from grader.core.stored import Run


class Points(NamedTuple):
    """Points earned, of how many, and how many wait for a person or were failed on by the machine."""

    earned: float
    of: float
    waiting: float
    error: float


class CheckSaid(Record):
    """What a check said in one of the two results."""

    status: Status
    points: Points
    message: str


class CheckChange(Record):
    """A check whose points are others than before; None where there was, or is, no such check."""

    problem: str
    check: str
    before: CheckSaid | None
    after: CheckSaid | None


class HandinChange(Record):
    """A hand-in whose points are others than before; `before` is None where it had no result, `after` in the same way.

    `reasons` say why, as far as what the two results depend on tells.
    """

    key: str
    people: tuple[str, ...] = ()
    before: Points | None
    after: Points | None
    reasons: tuple[str, ...]
    checks: tuple[CheckChange, ...] = ()


class Changes(Record):
    """The class as it stood after one run and after a later one.

    `kept` names the hand-ins of which a later result does not count, since a better known one stands, and says so.
    """

    before: Run
    after: Run
    changed: tuple[HandinChange, ...]
    unchanged: int
    kept: dict[str, str] = {}
