"""nbgrader: grades in the form of `nbgrader export`, students for `nbgrader db student import`, and feedback's folders.

What nbgrader reads and writes: https://nbgrader.readthedocs.io on the commands `nbgrader db student import`, `nbgrader
export` and `nbgrader release_feedback`. It imports students and assignments and no grades: they are written in the
columns of its own export, for whatever reads that.
"""

import re
from pathlib import PurePosixPath

from grader.core.handin import Handin, Person
from grader.core.handover import Exported, Handover
from grader.report.csv import number_cell, text_cell, written
from grader.report.exports._results import called, listed, pages_of, points_of, said_of_points
from grader.report.exports._zips import Page, by_path, zipped

_HEAD = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
)
_STUDENTS = ("id", "first_name", "last_name", "email")
_NOT_FILLED = "nbgrader has no file of grades that could be filled in: the given one is left alone."
_NO_IMPORT = "nbgrader imports no grades: the grades have the form of `nbgrader export`, for whatever reads that."
_NO_FILE_NAME = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]+')


def export(handover: Handover) -> Exported:
    """`nbgrader-grades.csv`, `nbgrader-students.csv`, and `nbgrader-feedback.zip` to unpack in the course's folder."""
    grades, students = [[*_HEAD]], [[*_STUDENTS]]
    nameless = []
    for standing in handover.standings:
        person, value = standing.person, points_of(standing, handover).value
        first, last = _names(person.name)
        late = standing.late
        grades.append(
            [
                text_cell(handover.title),
                "" if late is None else str(late.due),
                str(standing.at or ""),
                *map(text_cell, (_student(person), last, first, person.email)),
                *(
                    "" if value is None else number_cell(n)
                    for n in (standing.raw, standing.raw - (value or 0.0), value or 0.0)
                ),
                number_cell(standing.max_points),
            ]
        )
        if _student(person):
            students.append([*map(text_cell, (_student(person), first, last, person.email))])
        else:
            nameless.append(called(person, standing.key))
    files = {"nbgrader-grades.csv": written(grades).encode(), "nbgrader-students.csv": written(students).encode()}
    said = [
        _NO_IMPORT,
        *([] if handover.given is None else [_NOT_FILLED]),
        *said_of_points(handover),
        *listed("Not among the students, since nbgrader needs a user name or an id", nameless),
    ]
    feedback, met = _feedback(handover)
    if feedback:
        files["nbgrader-feedback.zip"] = zipped(feedback)
    return Exported(files=files, said=(*said, *met))


def _student(person: Person) -> str:
    """What nbgrader calls a student: the name of the folder below `submitted/`."""
    return person.user or person.id


def _names(name: str) -> tuple[str, str]:
    """(first, last name): nbgrader shows both and looks for nobody by them."""
    if "," in name:
        last, _, first = name.partition(",")
        return first.strip(), last.strip()
    first, _, last = name.strip().rpartition(" ")
    return first, last


def _feedback(handover: Handover) -> tuple[dict[str, bytes], list[str]]:
    """`feedback/<student>/<assignment>/<notebook>.html`: `nbgrader release_feedback` asks for a notebook's name."""
    handins = handover.handins
    pages = pages_of(handover)
    placed = []
    for standing in handover.standings:
        if standing.key in pages and _student(standing.person):
            notebook = _notebook(handins[standing.key]) if standing.key in handins else ""
            parts = (_student(standing.person), handover.title, notebook or "feedback")
            path = "/".join(_NO_FILE_NAME.sub("_", part).strip(".") or "_" for part in parts)
            placed.append(Page(f"feedback/{path}.html", standing))
    return by_path(placed, pages)


def _notebook(handin: Handin) -> str:
    names = sorted(PurePosixPath(file.name) for file in handin.files)
    return next((name.stem for name in names if name.suffix == ".ipynb"), "")
