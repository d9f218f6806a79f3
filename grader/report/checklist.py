"""A grade as a list of what is left to do: the most points first, plain words alone, as wide as the terminal."""

import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator

from grader.core.outcome import CheckResult, Grade, ProblemResult
from grader.report._student import for_student
from grader.report._summary import MACHINE_FAILED, READ_ONLY, UNREAD, late_sentence, points_lost, tally
from grader.report._text import one_line, point_words, points

Row = tuple[ProblemResult, CheckResult]
_NARROWEST, _WIDEST = 20, 100


def render(grade: Grade) -> str:
    """Text without colours and boxes, for a narrow terminal and for whoever listens to it."""
    width = min(max(shutil.get_terminal_size((80, 24)).columns, _NARROWEST), _WIDEST)
    return "\n".join(line for paragraph in _paragraphs(grade) for line in _wrapped(*paragraph, width)) + "\n"


def _wrapped(indent: str, text: str, width: int) -> list[str]:
    inner = indent.replace("-", " ")
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=inner) or [""]


def _paragraphs(grade: Grade) -> Iterator[tuple[str, str]]:
    """(what it is indented by, a paragraph)."""
    copy = for_student(grade)
    grade, numbers = copy.grade, tally(copy.grade)
    rows = [(problem, check) for problem in grade.problems for check in problem.checks]
    yield "", one_line(f"{grade.title}: {grade.submission.id}")
    tallied = [f"{points(grade.final)} of {point_words(grade.max_score)} so far"]
    tallied += [f"{points(numbers.lost)} to gain"] if numbers.lost else []
    tallied += [f"{points(numbers.read)} read and not judged here"] if numbers.read else []
    tallied += [f"{points(numbers.waiting)} for a person to judge"] if numbers.waiting else []
    yield "", f"{', '.join(tallied)}."
    if said := late_sentence(grade):
        yield "", said
    if copy.withheld:
        yield "", f"Not counted here: {copy.all_withheld.sentence()}"
    if grade.machine_failed:
        yield "", MACHINE_FAILED
    if grade.unread:
        yield "", UNREAD
        yield from (("  - ", one_line(what)) for what in grade.unread)
    yield from _list("To do", _by_points(row for row in rows if points_lost(row[1]) > 0), _done_next)
    unclear = [row for row in rows if row[1].status == "manual" and row[1].advice]
    yield from _list("To make clearer, else a person decides", _by_points(unclear), _done_next)
    yield from _list("Not judged on this machine", _by_points(r for r in rows if r[1].status == "error"), _said)
    read = [row for row in rows if row[1].status == "read"]
    if read:
        yield from _list(f"Read. {READ_ONLY}", read, _done_next)
    yield from _named("A person judges", [r for r in rows if r[1].status == "manual" and not r[1].advice])
    yield from _named("Done", [row for row in rows if row[1].status == "passed"])
    if grade.notes:
        yield "", ""
        yield "", "Notes"
        yield from (("  - ", one_line(note, 600)) for note in grade.notes)


def _by_points(rows: Iterable[Row]) -> list[Row]:
    """The dearest first; what only waits for another check comes after it."""
    return sorted(rows, key=lambda row: (row[1].status == "skipped", -_worth(row[1])))


def _worth(check: CheckResult) -> float:
    return points_lost(check) or check.max_score


def _name(row: Row) -> str:
    problem, check = row
    extra = " (extra credit)" if problem.extra_credit else ""
    name = "" if check.name == check.type and len(problem.checks) == 1 else f" {check.name}"
    return one_line(f"{problem.id}{name}") + extra


def _list(title: str, rows: list[Row], says: Callable[[CheckResult], str]) -> Iterator[tuple[str, str]]:
    if not rows:
        return
    yield "", ""
    yield "", title
    for row in rows:
        yield "  - ", f"{_name(row)} ({point_words(_worth(row[1]))}): {says(row[1])}"


def _named(title: str, rows: list[Row]) -> Iterator[tuple[str, str]]:
    """Only what they are called: there is nothing to do for them."""
    if rows:
        yield "", ""
        yield "", f"{title} ({point_words(sum(check.max_score for _, check in rows))}): {', '.join(map(_name, rows))}."


def _said(check: CheckResult) -> str:
    return one_line(check.message, 600) + (f" ({one_line(check.source)})" if check.source else "")


def _done_next(check: CheckResult) -> str:
    """What was found, and the next step: the check's own, else what is asked."""
    if check.advice:
        return f"{_said(check)} What to do: {one_line(check.advice, 600)}"
    asked = check.asked and check.status in ("failed", "partial")
    return f"{_said(check)} Asked for: {one_line(check.asked)}" if asked else _said(check)
