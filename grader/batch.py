"""The same story for a class: one submission after another, each result on disk before the next begins."""

import re
from collections.abc import Sequence
from contextlib import suppress
from math import isfinite
from pathlib import Path

from grader.budget import Budget, ClassBudget
from grader.core.errors import MachineError, SubmissionError
from grader.core.outcome import Grade
from grader.core.record import Record
from grader.execution import page_pictures
from grader.intake import submissions_in
from grader.intake.archive import is_archive, stem
from grader.pipeline import grade_submission, set_aside
from grader.reading import opened
from grader.report import FORMATS
from grader.report.csv import grades_table
from grader.rubric import Rubric
from grader.store import Results
from grader.tools import Options, Tools, warmed


class ClassResult(Record):
    """The grades in order, and why the submissions that could not be graded were not: each has a row and a page too."""

    grades: tuple[Grade, ...]
    ungraded: dict[str, str] = {}


def grade_class(
    folder: Path,
    rubric: Rubric,
    out: Path,
    tools: Tools,
    options: Options = Options(),
    seconds: float | None = None,
) -> ClassResult:
    """Grade every submission in a folder into `out`: a record and a page each, and `gradebook.csv`.

    Where a person has answers to read, pictures of the pages of PDFs lie beside the record, in `pages/`. Whatever is
    raised over a submission costs that one: what can't be read is a person's, what the grader failed on an error.
    Raises SubmissionError when there is none.

    `seconds` are the whole class's. Those for which an equal share was too short are graded once more, from what the
    others left: their finished trainings are kept.
    """
    paths = submissions_in(folder)
    results = Results(out)
    places: dict[Path, str] = {}
    grades: dict[Path, Grade] = {}
    ungraded: dict[str, str] = {}
    clock = ClassBudget(len(paths), seconds)
    limits = rubric.limits.times(options.patience)
    with warmed(tools, rubric) as tools:

        def grade_each(paths: Sequence[Path]) -> dict[Path, float]:
            """Grade these; of those that were cut short the seconds that they had."""
            short = {}
            for number, path in enumerate(paths, 1):
                tools.say(f"{number} of {len(paths)}: {path.name}")
                if path not in places:
                    places[path] = results.place(stem(path) if is_archive(path) else path.name)
                budget = Budget(limits, clock.share(len(paths) - number + 1) if isfinite(options.patience) else None)
                grade, why = _graded(path, rubric, tools, options, budget)
                if any(grade.submission.id == g.submission.id for other, g in grades.items() if other != path):
                    grade = _called(grade, path.name)
                grade, lost = _saved(grade, places[path], results, rubric)
                if why or lost:
                    ungraded[path.name] = why or lost
                elif budget.cut:
                    short[path] = budget.seconds
                if grade.manual_points and not why:
                    _save_pages(path, places[path], results, tools)
                grades[path] = _row(grade)
                results.save_gradebook(grades_table(list(grades.values())))
            return short

        short = grade_each(paths)
        share = clock.share(len(short))
        if again := [path for path, had in short.items() if min(share, limits.submission_seconds) > had]:
            tools.say(f"once more, with more time: {len(again)}")
            grade_each(again)
    return ClassResult(grades=tuple(grades.values()), ungraded=ungraded)


def _graded(path: Path, rubric: Rubric, tools: Tools, options: Options, budget: Budget) -> tuple[Grade, str]:
    """(the grade of a submission, why it is none that was earned)."""
    try:
        return grade_submission(path, rubric, tools, options, budget), ""
    except SubmissionError as error:
        return set_aside(path.name, rubric, tools, error.found, "manual"), error.found
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # the one boundary: the others are graded whatever this one did
        why = str(error) if isinstance(error, MachineError) else f"{type(error).__name__}: {error}"
        tools.say(f"the grader failed on {path.name}: {why}")
        return set_aside(path.name, rubric, tools, why, "error"), why


def _saved(grade: Grade, place: str, results: Results, rubric: Rubric) -> tuple[Grade, str]:
    """(the grade as it was written, why it could not be written as it was)."""
    try:
        results.save(place, {"grade.json": FORMATS["json"](grade), "feedback.html": FORMATS["html"](grade)})
    except Exception as error:  # a record that can't be rendered is a fault of ours, and costs this submission
        why = f"its result could not be written: {type(error).__name__}: {error}"
        failed = set_aside(grade.submission.id, rubric, None, why, "error")
        with suppress(Exception):
            results.save(place, {"grade.json": FORMATS["json"](failed), "feedback.html": FORMATS["html"](failed)})
        return failed, why
    return grade, ""


def _save_pages(path: Path, place: str, results: Results, tools: Tools) -> None:
    """Write the pages of PDFs as pictures; without them a person opens the PDFs."""
    try:
        results.save(place, _pages(path, tools))
    except Exception as error:
        tools.say(f"no pictures of the pages of {path.name}: {type(error).__name__}: {error}")


def _called(grade: Grade, name: str) -> Grade:
    return grade.model_copy(update={"submission": grade.submission.model_copy(update={"id": name})})


def _row(grade: Grade) -> Grade:
    """What the tables of a class show: the whole record is on disk, and need not be in memory."""
    problems = tuple(
        problem.model_copy(
            update={
                "networks": (),
                "checks": tuple(c.model_copy(update={"details": {}, "observed": ""}) for c in problem.checks),
            }
        )
        for problem in grade.problems
    )
    return grade.model_copy(update={"problems": problems})


def _pages(path: Path, tools: Tools) -> dict[str, bytes]:
    """The pages of a submission's PDFs as pictures, by the names of their files."""
    found: dict[str, bytes] = {}
    with opened(path, tools.sandbox) as submission:
        for file in submission.of_kind((".pdf",)):
            name = re.sub(r"[^\w-]+", "_", file.removesuffix(".pdf"))
            try:
                pictures = enumerate(page_pictures(submission.root / file, tools.sandbox), 1)
                found.update({f"pages/{name}-{number}.png": picture for number, picture in pictures})
            except MachineError as error:
                tools.say(f"no pictures of {file}: {error}")
    return found
