"""What the store holds of a class: its runs, and results with all that they depend on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from grader.core.outcome import Grade
from grader.core.portable import portable
from grader.core.record import Record

Ending = Literal["finished", "stopped", "failed"]
Cut = Literal["", "time", "settings"]
ResultState = Literal["judged", "incomplete", "error"]

_Told = Annotated[str, BeforeValidator(portable)]  # arguments and paths may hold bytes that are no text


class RunStart(Record):
    """A run as it begins: what was asked for, and with what.

    `rubric`, `data` and `salt` are digests: a salt that can be read here could be hunted. `settings` are those that a
    person chose, by name, for telling what was changed between two runs; a `salt` among them is not kept.
    `source` is what was graded.
    """

    command: _Told = ""
    settings: dict[str, object] = {}
    grader: str = ""
    torch: str = ""
    rubric: str = ""
    data: str = ""
    salt: str = ""
    source: _Told = ""


class Run(RunStart):
    """A run with its number, which counts up. One without an `ending` still goes on, or was killed."""

    number: int
    started: AwareDatetime
    ended: AwareDatetime | None = None
    ending: Ending | None = None
    layout: str = ""


class Provenance(Record):
    """What a result depends on, each as a digest: the same five give the same result.

    `submission` is of every file that was handed in, `rubric` of the rubric and of what a person settled of the
    hand-in before it was judged, `data` of the data set that networks are
    trained on (empty where none is), `grader` of the grader's code, torch and trainers, `settings` of the options
    and the salt.
    """

    submission: str = Field(min_length=1)
    rubric: str = Field(min_length=1)
    data: str
    grader: str
    settings: str

    @property
    def asked(self) -> tuple[str, str]:
        """What was judged by what: results that agree in it tell of the same thing, some better than others."""
        return self.submission, self.rubric


class Result(Record):
    """A stored grade without its record: `id` counts up, `key` is the hand-in's.

    `state` is `judged` where the machine failed on nothing, `error` where it failed on all. `cut` says what kept
    it from judging all that it can: the seconds that it had, or settings such as `--no-retrain`.

    `earlier` is the best known result of what was handed in before, or of the same by an earlier rubric: it is
    given only where the store was asked for what holds now, and is None where nothing was judged before.
    """

    id: int
    run: int
    key: str
    saved: AwareDatetime
    provenance: Provenance
    state: ResultState
    cut: Cut = ""
    score: float
    max_score: float
    manual_points: float
    error_points: float
    earlier: Result | None = None

    @property
    def unknown(self) -> float:
        """Points that the machine failed on or was kept from judging.

        Of a result that was cut these are all that wait for a person: which of them the machine would have
        judged isn't known.
        """
        return round(self.error_points + (self.manual_points if self.cut else 0.0), 6)  # sums of points, to rounding

    @property
    def complete(self) -> bool:
        """Whether the same inputs would give no more: such a result need not be found again."""
        return self.state == "judged" and self.cut != "time"


class StoredGrade(Result):
    """A result with its whole record."""

    grade: Grade


def state_of(grade: Grade) -> ResultState:
    """How much of a grade the machine judged."""
    checks = [check.status for problem in grade.problems for check in problem.checks]
    if "error" not in checks and grade.error_points <= 0:
        return "judged"
    return "incomplete" if any(status != "error" for status in checks) else "error"
