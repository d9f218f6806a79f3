"""Canvas: the gradebook's CSV, filled in where one is given, and feedback for the re-upload of submissions.

What Canvas exports and imports: https://community.canvaslms.com, "How do I export grades in the Gradebook?", "How do I
import grades in the Gradebook?", "How do I upload all student submissions for an assignment?"; and its public source,
`lib/gradebook_exporter.rb`, `lib/gradebook_importer.rb` and `generate_comments_from_files` in `assignment.rb`.
"""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from grader.core.errors import MachineError
from grader.core.handin import Handin
from grader.core.handover import Exported, Handover
from grader.report._text import one_line
from grader.report.csv import number_cell, text_cell, written
from grader.report.exports._fill import fill, said_of_maximum
from grader.report.exports._people import Row, alike, match
from grader.report.exports._results import called, listed, pages_of, points_of, said_of_points
from grader.report.exports._table import Table, read_table
from grader.report.exports._zips import Page, by_path, zipped

_HEAD = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_POSSIBLE = "    Points Possible"
_TOLD_BY = ("student", "lastname", "firstname", "id", "sis user id", "integration id", "sis login id")
_PEOPLE = (*_TOLD_BY, "root account", "section")
_TEST_STUDENT = "student, test"
_TITLE = re.compile(r"(.*)\((\d+)\)", re.DOTALL)


def export(handover: Handover) -> Exported:
    """`canvas.csv`, and `canvas-feedback.zip` where hand-ins have the names of Canvas's download.

    An empty cell that is imported takes away a grade that Canvas has; in a given file such a grade stays.
    """
    file, said = _new(handover) if handover.given is None else _filled(handover, handover.given)
    files = {"canvas.csv": file}
    feedback, said_of_feedback = _feedback(handover)
    if feedback:
        files["canvas-feedback.zip"] = zipped(feedback)
    return Exported(files=files, said=(*said_of_points(handover), *said, *said_of_feedback))


def _new(handover: Handover) -> tuple[bytes, list[str]]:
    most = max((standing.max_points for standing in handover.standings), default=0.0)
    rows = [[*_HEAD, text_cell(handover.title)], [_POSSIBLE, *[""] * (len(_HEAD) - 1), number_cell(most)]]
    numbered = handover.layout.startswith("canvas")
    for standing in handover.standings:
        person, value = standing.person, points_of(standing, handover).value
        number = person.user if numbered and person.user.isdecimal() else ""
        login = person.email if person.user.isdecimal() else person.user or person.email  # many log in with it
        cells = (person.name, number, person.id, login, person.section)
        rows.append([*map(text_cell, cells), "" if value is None else number_cell(value)])
    title = f"Canvas makes a new assignment of “{one_line(handover.title)}” where it has none of this title."
    return written(rows).encode(), [title]


def _filled(handover: Handover, given: bytes) -> tuple[bytes, list[str]]:
    table = read_table(given, _is_head, "Student, ID and Section")
    heads = [alike(heading) for heading in table.headings]
    at = {heading: column for column, heading in reversed([*enumerate(heads)])}

    def cell(row: int, heading: str) -> str:
        return table.cell(row, at.get(heading))

    possible = next(
        (row for row in table.places if "points possible" in alike(cell(row, "student") or cell(row, "lastname"))), None
    )
    column = _column(table, handover, possible)
    people = [
        Row(
            place=row,
            name=name,
            number=cell(row, "id"),
            ids=(cell(row, "sis user id"), cell(row, "integration id")),
            logins=(cell(row, "sis login id"),),
        )
        for row in table.places
        if row != possible
        and any(cell(row, heading).strip() for heading in _TOLD_BY)
        and alike(name := cell(row, "student") or f"{cell(row, 'lastname')}, {cell(row, 'firstname')}") != _TEST_STUDENT
    ]
    matched = match(handover.standings, people, "canvas", handover.layout)
    filled = fill(table, column, matched.rows, handover)
    most = [] if possible is None else said_of_maximum(table.cell(possible, column), handover)
    return filled.file, [*most, *matched.said, *filled.said]


def _is_head(cells: Sequence[str]) -> bool:
    known = {alike(cell) for cell in cells}
    return bool({"student", "lastname"} & known) and "section" in known and any("id" in head.split() for head in known)


def _column(table: Table, handover: Handover, possible: int | None) -> int:
    """The one column that is meant. Raises MachineError where none is, or several are."""
    wanted = alike(handover.column or handover.title)
    found, others = [], []
    for column, heading in enumerate(table.headings):
        titled = _TITLE.fullmatch(heading)
        names = {alike(heading), *((alike(titled[1]), titled[2]) if titled else ())}
        if alike(heading) in _PEOPLE or (possible is not None and "read only" in table.cell(possible, column)):
            continue
        if wanted in names:
            found.append(column)
        elif titled:
            others.append(f"“{one_line(heading)}”")
    if len(found) == 1:
        return found[0]
    what = f"has {len(found) or 'no'} columns of an assignment “{one_line(handover.column or handover.title)}”"
    there = f"; there are {', '.join(others)}" if others and not found else ""
    raise MachineError(
        what + there, where="the given file", hint="Name the column by the number behind its title, or by all of it."
    )


def _feedback(handover: Handover) -> tuple[dict[str, bytes], list[str]]:
    """(the pages by the name of a file that Canvas handed out, what is said of those that have none).

    Canvas looks for its numbers of the user and of the file in a name, and drops a file without them.
    """
    handins = handover.handins
    pages = pages_of(handover)
    placed, without = [], []
    for standing in handover.standings:
        if standing.key in pages:
            name = _downloaded(handins[standing.key]) if standing.key in handins else ""
            if name:
                placed.append(Page(name, standing))
            else:
                without.append(called(standing.person, standing.key))
    feedback, met = by_path(placed, pages)
    if not placed:
        return {}, ["No feedback for Canvas: none of the hand-ins come from its download."] if without else []
    return feedback, [
        "Canvas shows each feedback page under the name of a file that was handed in.",
        *listed("No feedback page for these, of whom Canvas gave no file to upload again", without),
        *met,
    ]


def _downloaded(handin: Handin) -> str:
    """The name of a file in Canvas's zip: `<name>_[LATE_]<user>_<file>_<title>`, or `anon_<id>_<file>_<title>`."""
    names = {PurePosixPath(text).name for file in handin.files for text in (file.path.as_posix(), file.name)}
    users = {person.user for person in handin.people if person.user}
    for name in sorted({*names, PurePosixPath(handin.source).name}):
        parts = name.split("_")
        numbers = [part for part in parts[:-1] if part.isdecimal()]
        anonymous = "anon" in parts[:2]
        if len(numbers) >= (1 if anonymous else 2) and (anonymous or not users or numbers[0] in users):
            return name
    return ""
