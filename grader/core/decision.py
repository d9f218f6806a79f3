"""What people decide of a class: points for a check, rubric items, flags, what the machine is to go by, requests."""

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import AwareDatetime, Field

from grader.core.evidence import NetworkName
from grader.core.record import Record


class Said(Record):
    """Something that a person said, of which `version` counts up: the newest one holds, and the others stay.

    Whoever says something new of the same names the version that they saw: where another one was first, it is refused.
    """

    by: str
    at: AwareDatetime
    version: int = Field(ge=1)


class Place(Record):
    """A check of one hand-in, or of the whole class where `key` is empty."""

    key: str = ""
    problem: str
    check: str


class Item(Said):
    """A rubric item of a check: what it says to the student, and the points that it gives (above 0) or takes.

    `id` is its own for good. One that is `removed` is offered no more, and counts no more where it was applied.
    """

    id: str
    problem: str
    check: str
    text: str
    points: float
    removed: bool = False


class Decision(Said):
    """What a person gives for a check of one hand-in.

    `points` are given by themselves, or follow from `items` (their ids) where they are None: see `points_of`. With
    neither, nothing is decided: it was flagged or commented, or taken back. `submission` is the digest of the files
    that were read, and `max_score` what the check was worth: where either is another one by now, a person looks again.
    `comment` is Markdown for the student, `reason` says to other graders why the machine is overruled.
    """

    place: Place
    submission: str
    max_score: float
    points: float | None = None
    items: tuple[str, ...] = ()
    comment: str = ""
    reason: str = ""
    flagged: bool = False

    @property
    def decides(self) -> bool:
        """Whether it gives points."""
        return self.points is not None or bool(self.items)


class Settled(Record):
    """What holds before a problem of a hand-in is judged: which network answers it, how often it is trained more."""

    problem: str
    network: NetworkName | None = None
    trainings: int = Field(default=0, ge=0, le=90)

    @property
    def says(self) -> bool:
        """Whether it changes anything."""
        return self.network is not None or self.trainings > 0


class Ruling(Said):
    """What a person settles of a hand-in for the machine to judge by; of other files than `submission`, nothing."""

    key: str
    submission: str
    settled: Settled


class SecondOpinion(Decision):
    """What another person gives for the same, who has not seen the decision: it counts nothing, and shows agreement."""


class Request(Said):
    """A student's wish that a check be looked at again, and what became of it."""

    id: str
    place: Place
    text: str
    state: Literal["open", "granted", "declined"] = "open"
    answer: str = ""


class Assignment(Said):
    """Who grades what: these problems of these sections of the class; where none are named, all."""

    grader: str
    problems: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()


def settled_by(rulings: Iterable[Ruling], submission: str) -> tuple[Settled, ...]:
    """What rulings on these files settle, in one order."""
    held = (ruling.settled for ruling in rulings if ruling.submission == submission and ruling.settled.says)
    return tuple(sorted(held, key=lambda settled: settled.problem))


def points_of(decision: Decision, items: Mapping[str, Item]) -> float | None:
    """The points that a decision gives, between 0 and what the check is worth; None where it decides nothing.

    Items that give points add up from nothing; where a check has none of that kind, its items are taken from all
    points. `items` are all of the class, by id.
    """
    if decision.points is not None:
        return min(max(decision.points, 0.0), decision.max_score)
    applied = [items[item] for item in decision.items if item in items and not items[item].removed]
    if not applied:
        return None
    of_check = [i for i in items.values() if (i.problem, i.check) == (decision.place.problem, decision.place.check)]
    start = 0.0 if any(item.points > 0 and not item.removed for item in of_check) else decision.max_score
    return min(max(start + sum(item.points for item in applied), 0.0), decision.max_score)
