"""A grade in a few numbers, and the words for each status; every format says the same."""

from typing import NamedTuple

from grader.core.outcome import CheckResult, Grade, ProblemResult, RubricItem, Status
from grader.report._text import one_line, point_words, points


class Word(NamedTuple):
    """A status told by shape and by word, so that nothing depends on colour."""

    mark: str
    word: str


STATUS: dict[Status, Word] = {
    "passed": Word("✓", "Passed"),
    "partial": Word("◐", "Partly"),
    "failed": Word("✗", "Not passed"),
    "manual": Word("…", "To be read"),
    "skipped": Word("–", "Skipped"),
    "error": Word("!", "Not graded"),
    "read": Word("○", "Read"),
}

MACHINE_FAILED = (
    "The grading machine failed on part of this. "
    "That is not your doing and costs you no points; your course staff will grade that part again."
)
READ_ONLY = "Answers are read here and not judged: see whether what was read is what you mean."
UNREAD = "The machine could not read all of what was handed in. A person looks at it; nothing is lost for that:"


_OPEN: tuple[Status, ...] = ("manual", "error")
_IN_WORDS = {"manual": "Your answer"}


class Tally(NamedTuple):
    """Points that make up a grade, and how many checks passed of those that are judged."""

    earned: float
    waiting: float
    lost: float
    ungraded: float
    read: float
    passed: int
    judged: int


def tally(grade: Grade) -> Tally:
    """What was earned, waits for a person, was lost, could not be graded, and was read without being judged."""
    checks = [check for problem in grade.problems for check in problem.checks]
    return Tally(
        earned=grade.score,
        waiting=sum(reading.points for reading in to_read(grade)) if grade.problems else grade.manual_points,
        lost=sum(map(problem_lost, grade.problems)),
        ungraded=sum(check.max_score for check in checks if check.status == "error"),
        read=grade.read_points,
        passed=sum(c.status == "passed" for c in checks),
        judged=sum(c.status not in ("manual", "error", "read") for c in checks),
    )


def points_lost(check: CheckResult) -> float:
    """Points that the machine judged and did not give; what waits for a person or failed on our side isn't lost."""
    return check.max_score - check.score if check.status in ("failed", "partial", "skipped") else 0.0


def problem_lost(problem: ProblemResult) -> float:
    """The same over all checks of a problem; of extra credit nothing is lost."""
    return 0.0 if problem.extra_credit else sum(map(points_lost, problem.checks))


def late_sentence(grade: Grade) -> str:
    """When it was handed in, what that takes, and the points before and after it; empty where no due date is known."""
    late = grade.late
    if late is None:
        return ""
    said = [one_line(late.why, 1000)]
    if late.share < 1:
        raw = f"{points(grade.score)} of {point_words(grade.max_score)}"
        said.append(f"{raw} {'becomes' if grade.max_score == 1 else 'become'} {points(grade.final)}.")
        if grade.manual_points:
            said.append(f"Of what a person still gives {points(100 * late.share)} % count.")
    return " ".join(said)


def look_first(grade: Grade) -> list[tuple[ProblemResult, CheckResult]]:
    """The problems that lost points, most points first, each with the check that cost the most."""
    losing = [p for p in grade.problems if problem_lost(p) > 0]
    losing.sort(key=problem_lost, reverse=True)
    return [(p, _cause(p)) for p in losing]


def _cause(problem: ProblemResult) -> CheckResult:
    costly = [c for c in problem.checks if points_lost(c) > 0]
    # A skipped check only waited for another one.
    return max(costly, key=lambda c: (c.status != "skipped", points_lost(c)))


class Reading(NamedTuple):
    """What a person looks at, with the points that wait for it: none where the machine's verdict stands till then."""

    problem: ProblemResult
    check: CheckResult
    points: float


def to_read(grade: Grade) -> list[Reading]:
    """The checks that wait for a person, and the verdicts so close that a person should look at them.

    Their points are those that the tally says wait.
    """
    return [
        Reading(p, c, c.max_score if c.status == "manual" else 0.0)
        for p in grade.problems
        for c in p.checks
        if c.status == "manual" or (c.details.get("borderline") and c.given is None)
    ]


def name_of(check: CheckResult) -> str:
    """What a check is called where students read. One that the rubric gives no name is called by its type, in words.

    The rubric's `note` would often say more, and is for those who grade alone.
    """
    return check.name if check.name != check.type else _IN_WORDS.get(check.type, _words(check.type))


def staff_name(check: CheckResult) -> str:
    """The same for those who grade: the beginning of the rubric's note names what has no name."""
    note = one_line(check.note, 60)
    return note if check.name == check.type and note else name_of(check)


def _words(type_: str) -> str:
    return type_.replace("_", " ").capitalize()


def found(check: CheckResult) -> str:
    """What was read or measured, where the message doesn't say it already."""
    said = check.observed.replace(",", "") in message(check).replace(",", "")
    return "" if said else check.observed


def message(check: CheckResult) -> str:
    """What the machine says of a check; that a person must look is over where one has."""
    return "" if check.given and check.given.machine_status in _OPEN else check.message


def reason(check: CheckResult) -> str:
    """Why it has the points that it has, on a line: what a person took or said goes before what the machine said."""
    if check.given is None:
        return one_line(check.message, 160)
    taken = [item_words(item) for item in check.given.items if item.points < 0] or [check.given.comment]
    return one_line("; ".join(taken), 160) or one_line(message(check), 160) or "A person read it."


def item_words(item: RubricItem) -> str:
    """`+2 every step stated`, `−1 gradient not written out`."""
    return f"{signed(item.points)} {item.text}"


def signed(value: float) -> str:
    """Points that are given or taken: `+2`, `−1`, `0`."""
    return f"{'+' if value > 0 else ''}{points(value)}".replace("-", "−")


def machine_words(check: CheckResult) -> str:
    """What the machine had found where a person decided otherwise; empty where nobody was overruled."""
    given = check.given
    if given is None or given.machine_status in _OPEN:
        return ""
    if (given.machine_status, given.machine_score) == (check.status, check.score):
        return "The machine found the same."
    said = f"{STATUS[given.machine_status].word}, {points(given.machine_score)} of {points(check.max_score)}"
    return f"A person overruled the machine, which had found: {said}."


def sandbox_sentence(grade: Grade) -> str:
    """How the student's code was kept apart, in the words of the sandbox."""
    sentence = grade.sandbox.get("sentence") or grade.sandbox.get("layer") or ""
    return str(sentence)
