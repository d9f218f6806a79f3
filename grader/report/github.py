"""A grade as GitHub's workflow commands, one a line: notes beside lines of a pull request, or an editor's problems."""

import re
from collections.abc import Iterator

from grader.core.outcome import CheckResult, Grade, ProblemResult, Status
from grader.report._student import for_student
from grader.report._summary import STATUS, UNREAD
from grader.report._text import one_line, point_words, points

_PLACE = re.compile(r"(?P<file>[^,;:]+?)(?::(?P<line>\d+))?(?=[,;:]|$)")
_LEVEL: dict[Status, str] = {
    "failed": "error",
    "partial": "error",
    "skipped": "warning",
    "error": "warning",
    "manual": "warning",
    "read": "notice",
}


def render(grade: Grade) -> str:
    """A line for each check that has something to say, then one with the points; without what students may not see."""
    grade = for_student(grade).grade
    lines = [line for problem in grade.problems for check in problem.checks for line in _line(problem, check)]
    if grade.unread:
        lines += [f"::warning title=Not read::{_message(' '.join([UNREAD, *map(one_line, grade.unread)]))}"]
    score = f"{points(grade.final)} of {point_words(grade.max_score)}"
    return "\n".join([*lines, f"::notice title={_property(grade.title)}::{_message(score)}"]) + "\n"


def _line(problem: ProblemResult, check: CheckResult) -> Iterator[str]:
    level = _LEVEL.get(check.status)
    if level is None or (check.status == "manual" and not check.advice):  # nothing that the student could do
        return
    title = f"{problem.id} {check.name} ({point_words(check.max_score)}, {STATUS[check.status].word.lower()})"
    said = " ".join(filter(None, (one_line(check.message, 1000), one_line(check.advice, 1000))))
    yield f"::{level} {_where(check.source)}title={_property(title)}::{_message(said)}"


def _where(source: str) -> str:
    """`report.md:12` as a file and a line; a place in a notebook as its file."""
    place = _PLACE.match(one_line(source))
    if place is None:
        return ""
    return f"file={_property(place['file'])},line={place['line'] or 1},"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(one_line(text)).replace(":", "%3A").replace(",", "%2C")
