"""What a check says, and the grade that all of them make: the record every report is rendered from."""

from typing import Literal

from pydantic import AwareDatetime, Field

from grader.core.evidence import ModelFacts, Retraining
from grader.core.record import Record
from grader.core.standing import Lateness

# "read": what a student edition reads of an answer and doesn't judge; it waits for nobody, and nothing is lost.
Status = Literal["passed", "failed", "partial", "manual", "skipped", "error", "read"]
Visibility = Literal["visible", "hidden", "after_due_date", "after_published"]

FORMAT_VERSION = 4


class Outcome(Record):
    """What a check found. `share` of the check's points is earned; it counts only for passed and partial."""

    status: Status
    message: str
    observed: str = ""
    source: str = ""
    share: float = Field(default=0.0, ge=0.0, le=1.0)
    advice: str = ""
    details: dict[str, object] = {}


def passed(message: str, *, observed: str = "", source: object = "", **details: object) -> Outcome:
    """All points."""
    return Outcome(status="passed", message=message, observed=observed, source=str(source), share=1.0, details=details)


def failed(message: str, *, observed: str = "", source: object = "", advice: str = "", **details: object) -> Outcome:
    """No points, and the student is the one who can change that."""
    return Outcome(
        status="failed", message=message, observed=observed, source=str(source), advice=advice, details=details
    )


def partial(
    share: float, message: str, *, observed: str = "", source: object = "", advice: str = "", **details: object
) -> Outcome:
    """Some of the points."""
    return Outcome(
        status="partial",
        message=message,
        observed=observed,
        source=str(source),
        share=share,
        advice=advice,
        details=details,
    )


def manual(message: str, *, observed: str = "", source: object = "", **details: object) -> Outcome:
    """A human must look; the points are neither given nor lost yet."""
    return Outcome(status="manual", message=message, observed=observed, source=str(source), details=details)


def only_read(message: str, *, observed: str = "", source: object = "", advice: str = "") -> Outcome:
    """What was read of an answer; whether it is right is not said, since a student edition doesn't know."""
    return Outcome(status="read", message=message, observed=observed, source=str(source), advice=advice)


class BudgetLine(Record):
    """What a budget allows and what a network has: `details["budget"]` of the checks that look at networks.

    `ok` is None where a person decides what counts. `room` is how much more there may be, where a budget has an end.
    """

    what: str
    found: str
    allowed: str
    ok: bool | None
    room: int | None = None


class RubricItem(Record):
    """A rubric item: what it says to the student, and the points that it gives (above 0) or takes."""

    text: str = Field(min_length=1, max_length=500)
    points: float = Field(allow_inf_nan=False)


class Given(Record):
    """What a person gave for a check: its `points` stand instead of the machine's, which stay beside them.

    `comment` is Markdown, for the student. `reason` says why the machine was overruled, for whoever grades.
    """

    points: float
    items: tuple[RubricItem, ...] = ()
    comment: str = ""
    reason: str = ""
    by: str
    at: AwareDatetime
    machine_status: Status
    machine_score: float


class CheckResult(Record):
    """One outcome with its points. From the rubric come `asked`, for the student, and for the TA `note` and `items`.

    Where a person decided (`given`), status and score are theirs.
    """

    name: str
    type: str
    status: Status
    score: float
    max_score: float
    message: str
    observed: str = ""
    source: str = ""
    advice: str = ""
    asked: str = ""
    note: str = ""
    items: tuple[RubricItem, ...] = ()
    visibility: Visibility = "visible"
    given: Given | None = None
    details: dict[str, object] = {}


class NetworkResult(Record):
    """A network that answers a problem, and what training it again found.

    Its budget stands in the details of the checks that judged it, under `budget`.
    """

    model: ModelFacts
    retraining: Retraining | None = None


class ProblemResult(Record):
    """One problem: what was asked, its checks, its points. `manual_points` still wait for a human.

    Points of `extra_credit` come on top of the grade's `max_score`. `code` is the student's own at places that stand as
    the `source` of checks. Where it isn't known by itself which network answers it, `candidates` are those that may.
    """

    id: str
    title: str
    asked: str = ""
    score: float
    max_score: float
    manual_points: float = 0.0
    extra_credit: bool = False
    checks: tuple[CheckResult, ...]
    networks: tuple[NetworkResult, ...] = ()
    candidates: tuple[ModelFacts, ...] = ()
    code: dict[str, str] = {}


class SubmissionInfo(Record):
    """Who handed in what. `files` are paths relative to the submission's root."""

    id: str
    files: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


class Grade(Record):
    """The record of one graded submission.

    Of its points `score` are earned, `manual_points` wait for a person, and `error_points` are those of checks that the
    machine failed on; the rest is lost. `max_score` is that without extra credit, which the other three count. They
    are those before `late`, which is there where a due date is known. `unread` names the files and the lines that
    nobody has read, each with why; `to_confirm` what people gave for other files or by an earlier rubric, which is not
    in these points until somebody confirms it.
    """

    format_version: int = FORMAT_VERSION
    rubric: str
    title: str
    submission: SubmissionInfo
    score: float
    max_score: float
    manual_points: float
    error_points: float = 0.0
    problems: tuple[ProblemResult, ...]
    late: Lateness | None = None
    unread: tuple[str, ...] = ()
    to_confirm: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sandbox: dict[str, object] = {}
    environment: dict[str, object] = {}
    timings: dict[str, float] = {}

    @property
    def read_points(self) -> float:
        """Points of answers that a student edition reads and doesn't judge."""
        return sum(c.max_score for p in self.problems for c in p.checks if c.status == "read")

    @property
    def machine_failed(self) -> bool:
        """Whether a check ended in an error that isn't the student's."""
        return any(check.status == "error" for problem in self.problems for check in problem.checks)

    @property
    def final(self) -> float:
        """The points after lateness."""
        return self.late.kept(self.score) if self.late else self.score

    @property
    def lost(self) -> float:
        """Points that the student lost: neither those that wait for a person nor those the machine failed on.

        What lateness takes isn't among them, and of extra credit nothing is lost.
        """
        lost = ("failed", "partial", "skipped")
        problems = (p for p in self.problems if not p.extra_credit)
        return sum(c.max_score - c.score for p in problems for c in p.checks if c.status in lost)
