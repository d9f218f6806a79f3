"""What in a valid rubric is probably not meant."""

import re
from collections.abc import Iterator

from grader.checks import Check, OnlyRead
from grader.rubric.model import Problem, Rubric


def lint(rubric: Rubric) -> list[str]:
    """Sentences for the author, each with the problem and check it is about; none when all is well."""
    warnings = []
    for section in rubric.sections:
        problems = [problem for problem in rubric.problems if problem.id in section.problems]
        total = sum(problem.points for problem in problems if not problem.extra_credit)
        most = sum(problem.points for problem in problems)  # a heading may count extra credit, or not
        if section.points is not None and problems and not total - 1e-9 <= section.points <= most + 1e-9:
            warnings.append(
                f"section {section.id}: its problems add up to {total:g} points, its heading says {section.points:g}"
            )
    headings = [section.points for section in rubric.sections if section.points is not None]
    total, most = rubric.max_score, sum(problem.points for problem in rubric.problems)
    if headings and len(headings) == len(rubric.sections) and not total - 1e-9 <= sum(headings) <= most + 1e-9:
        warnings.append(f"the headings add up to {sum(headings):g} points, the problems to {rubric.max_score:g}")
    if rubric.timezone and "/" not in rubric.timezone and rubric.timezone not in ("UTC", "GMT"):
        warnings.append(f"timezone: {rubric.timezone} may know no summer time; name a place, such as America/New_York")
    if rubric.due_at and (rubric.due_at.hour, rubric.due_at.minute) == (0, 0):
        warnings.append(f"due: {rubric.due} is the first moment of that day; a date alone means its end")
    if not rubric.max_score:
        warnings.append("all of its points are extra credit: it is worth 0 points")
    listed = {problem for section in rubric.sections for problem in section.problems}
    if rubric.sections:
        warnings += [f"{problem.id} stands in no section" for problem in rubric.problems if problem.id not in listed]
    for problem in rubric.problems:
        for check in problem.checks:
            warnings += _told(problem, check)
            warnings += _told_by_waiting(problem, check)
            if not check.points:
                warnings.append(f"{problem.id}/{check.title}: worth 0 points, so it can't be lost")
            warnings += [f"{problem.id}/{check.title}: {warning}" for warning in check.lint()]
    return warnings


def _told_by_waiting(problem: Problem, check: Check) -> list[str]:
    """Where whether a check is judged tells what one found that is not shown."""
    withheld = [c.title for c in problem.checks if c.title in check.requires and c.visibility == "hidden"]
    return [
        f"{problem.id}/{check.title}: that it is judged tells students whether the hidden “{title}” passed"
        for title in withheld
        if check.visibility == "visible"
    ]


def told(rubric: Rubric) -> Iterator[str]:
    """Where what a student edition holds tells the right answer of a check, one sentence each."""
    for problem in rubric.problems:
        for check in problem.checks:
            yield from _tells(problem, check, _asked(problem, check))


def _asked(problem: Problem, check: Check) -> dict[str, str]:
    """The words that students see before they hand in, by where they stand."""
    asked = {"the problem's `text`": problem.text, "the check's name": check.title, "what is asked": check.asked()}
    theirs = check.for_students()
    return asked | ({"its `label`": "; ".join(theirs.label)} if isinstance(theirs, OnlyRead) else {})


def _told(problem: Problem, check: Check) -> list[str]:
    """Where what a student is shown holds the right answer: before handing in, and in what mistakes say."""
    said = " ".join(mistake.say for mistake in getattr(check, "mistakes", ()))
    return _tells(problem, check, _asked(problem, check) | {"what a mistake says": said})


def _tells(problem: Problem, check: Check, shown: dict[str, str]) -> list[str]:
    return [
        f"{problem.id}/{check.title}: {where} tells the answer, {answer}"
        for where, text in shown.items()
        for answer in check.answers()
        if len(answer) > 1 and re.search(rf"(?<![\w.,]){re.escape(answer)}(?!\w|[.,]\d)", _ungrouped(text))
    ]


def _ungrouped(text: str) -> str:
    """The text with 60,000 as 60000 and 8 x 8 as 8x8, as answers are written here."""
    return re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text.replace(" x ", "x"))
