"""A grade in a few numbers, and the words for each status; every format says the same."""

from typing import NamedTuple

from grader.core.outcome import CheckResult, Grade, ProblemResult, Status
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


class Tally(NamedTuple):
    """Points that make up a grade, and how many checks passed of those that the machine judged."""

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
        waiting=grade.manual_points,
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


def to_read(grade: Grade) -> list[tuple[ProblemResult, CheckResult]]:
    """The checks that wait for a person, and the verdicts so close that a person should look at them."""
    return [(p, c) for p in grade.problems for c in p.checks if c.status == "manual" or c.details.get("borderline")]


def found(check: CheckResult) -> str:
    """What was read or measured, where the message doesn't say it already."""
    said = check.observed.replace(",", "") in check.message.replace(",", "")
    return "" if said else check.observed


def sandbox_sentence(grade: Grade) -> str:
    """How the student's code was kept apart, in the words of the sandbox."""
    sentence = grade.sandbox.get("sentence") or grade.sandbox.get("layer") or ""
    return str(sentence)
