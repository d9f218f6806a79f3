"""The same story for a class: one submission after another, each result on disk before the next begins."""

import re
from pathlib import Path

from grader.core.errors import MachineError, SubmissionError
from grader.core.outcome import Grade
from grader.core.record import Record
from grader.execution import page_pictures
from grader.intake import submissions_in
from grader.pipeline import grade_submission
from grader.reading import opened
from grader.report import FORMATS
from grader.report.csv import gradebook
from grader.rubric import Rubric
from grader.store import Results
from grader.tools import Options, Tools, warmed


class ClassResult(Record):
    """The grades in order, and the submissions that held nothing that could be graded, with the reason."""

    grades: tuple[Grade, ...]
    unreadable: dict[str, str] = {}


def grade_class(folder: Path, rubric: Rubric, out: Path, tools: Tools, options: Options = Options()) -> ClassResult:
    """Grade every submission in a folder into `out`: a record and a page each, and `gradebook.csv`.

    Where a person has answers to read, pictures of the pages of PDFs lie beside the record, in `pages/`. A submission
    that can't be read is reported and the others are graded. Raises SubmissionError when there is none.
    """
    paths = submissions_in(folder)
    results = Results(out)
    grades: list[Grade] = []
    unreadable: dict[str, str] = {}
    with warmed(tools, rubric) as tools:
        for number, path in enumerate(paths, 1):
            tools.say(f"{number} of {len(paths)}: {path.name}")
            try:
                grade = grade_submission(path, rubric, tools, options)
            except SubmissionError as error:
                unreadable[path.name] = str(error)
                continue
            grades.append(grade)
            results.save(grade, {"grade.json": FORMATS["json"](grade), "feedback.html": FORMATS["html"](grade)})
            if grade.manual_points:
                results.save(grade, _pages(path, tools))
            results.save_gradebook(gradebook(grades))
    return ClassResult(grades=tuple(grades), unreadable=unreadable)


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
