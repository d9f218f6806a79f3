"""Where a person stands in the class: a row of the gradebook."""

from typing import Literal

from pydantic import AwareDatetime, Field

from grader.core.handin import Person
from grader.core.record import Record

State = Literal["graded", "waiting", "error", "missing"]


class Lateness(Record):
    """How late it was and what the policy makes of it: `share` of the points earned is kept.

    `seconds` are those after the due date, whole ones, 0 where it was in time or no time is known. `why` is what the
    student reads. Where it is not `settled`, nothing is taken yet: a person decides, or the members of a group differ.
    """

    due: AwareDatetime
    at: AwareDatetime | None
    seconds: float
    days_used: int = 0
    share: float = Field(default=1.0, ge=0, le=1)
    settled: bool = True
    why: str = ""

    def kept(self, points: float) -> float:
        """What is left of points earned, extra credit among them."""
        return round(points * self.share, 9) if self.share < 1 else points


class ProblemPoints(Record):
    """The points of one problem; `waiting` are those that wait for a person, `lost` those that are gone for good."""

    id: str
    points: float
    max_points: float
    waiting: float = 0.0
    lost: float = 0.0


class Standing(Record):
    """One person of the class, whatever happened: several who handed in together have one each.

    `raw` are the points earned, `points` those after lateness; `waiting` wait for a person, and the machine failed on
    `error`. `key` is the folder of the hand-in, empty where nothing was handed in. `state` is the worst that holds:
    `missing`, `error` where the machine failed on something, `waiting` where a person must look.
    """

    person: Person
    key: str = ""
    state: State
    raw: float = 0.0
    points: float = 0.0
    max_points: float
    waiting: float = 0.0
    error: float = 0.0
    problems: tuple[ProblemPoints, ...] = ()
    at: AwareDatetime | None = None
    attempt: int | None = None
    late: Lateness | None = None
    unread: tuple[str, ...] = ()
    to_confirm: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class ClassStandings(Record):
    """Where everyone of a class stands after a run, or as far as it has come."""

    rubric: str
    title: str
    run: int
    standings: tuple[Standing, ...]
