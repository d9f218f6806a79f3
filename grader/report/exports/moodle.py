"""Moodle: an assignment's grading worksheet or a gradebook's export, filled in, and feedback files in one zip.

What Moodle exports and imports: https://docs.moodle.org, "Offline grading worksheet" and "Upload multiple
feedback files in a zip" in "Using Assignment", "Grade import"; and its public source, `mod/assign/feedback/offline/`,
`mod/assign/feedback/file/importziplib.php` and `grade/import/csv/`.
"""

import re
from collections.abc import Mapping, Sequence

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

# Moodle writes headings in the teacher's language.
_HEADINGS = {
    "identifier": ("identifier", "id", "identifiant", "identificador"),
    "name": ("full name", "vollständiger name", "nom complet", "nombre completo"),
    "first": ("first name", "vorname", "prénom", "nombre"),
    "last": ("last name", "surname", "nachname", "nom de famille", "nom", "apellido(s)"),
    "email": ("email address", "e-mail-adresse", "e-mail", "adresse de courriel", "dirección de correo", "email"),
    "id": ("id number", "id-nummer", "matrikelnummer", "numéro d'identification", "número de id"),
    "user": ("username", "anmeldename", "nom d'utilisateur", "nombre de usuario"),
    "grade": ("grade", "bewertung", "note", "calificación"),
    "maximum": ("maximum grade", "bestwertung", "note maximale", "calificación máxima"),
    "changeable": (
        "grade can be changed",
        "bewertung kann geändert werden",
        "la note peut être modifiée",
        "la calificación puede ser cambiada",
    ),
}
_NO = ("no", "nein", "non")
_FOLDER = re.compile(r"([^/]+)_(\d+)_assignsubmission_\w+", re.ASCII)
_MOST_LETTERS = 60  # of a name; file systems take 255 bytes
_NO_FILE_NAME = re.compile(r'[_/\\:*?"<>|\x00-\x1f\x7f]+')


def export(handover: Handover) -> Exported:
    """`moodle.csv`, and `moodle-feedback.zip` for those whose number at Moodle is known.

    A worksheet keeps a grade where its cell is empty; a gradebook's import takes it away there.
    """
    people: Mapping[int, Row] = {}
    if handover.given is None:
        file, said = _new(handover)
    else:
        file, people, said = _filled(handover, handover.given)
    files = {"moodle.csv": file}
    feedback, said_of_feedback = _feedback(handover, people)
    if feedback:
        files["moodle-feedback.zip"] = zipped(feedback)
    return Exported(files=files, said=(*said_of_points(handover), *said, *said_of_feedback))


def _new(handover: Handover) -> tuple[bytes, list[str]]:
    """A CSV for the gradebook's import, where the teacher maps `Email address` or `ID number` to people."""
    rows = [["ID number", "Email address", "Full name", text_cell(handover.title)]]
    unknown = []
    for standing in handover.standings:
        person, value = standing.person, points_of(standing, handover).value
        cells = map(text_cell, (person.id, person.email, person.name))
        rows.append([*cells, "" if value is None else number_cell(value)])
        if not person.id and not person.email:
            unknown.append(called(person, standing.key))
    return written(rows).encode(), listed("Moodle finds no one without an ID number or an email address", unknown)


def _filled(handover: Handover, given: bytes) -> tuple[bytes, Mapping[int, Row], list[str]]:
    table = read_table(given, _is_head, "Identifier and Grade, or Email address")
    at = _places(table.headings)

    def cell(row: int, what: str) -> str:
        return table.cell(row, at.get(what))

    column = _column(table, at, handover)
    rows = [
        Row(
            place=row,
            name=cell(row, "name") or f"{cell(row, 'first')} {cell(row, 'last')}".strip(),
            number="".join(re.findall(r"\d+$", cell(row, "identifier").strip())),  # of `Participant 123`
            ids=(cell(row, "id"),),
            logins=(cell(row, "user"),),
            email=cell(row, "email"),
            locked="Moodle lets nobody change it" if alike(cell(row, "changeable")) in _NO else "",
        )
        for row in table.places
        if any(cell(row, what).strip() for what in ("identifier", "name", "first", "last", "email", "id", "user"))
    ]
    matched = match(handover.standings, rows, "moodle", handover.layout)
    filled = fill(table, column, matched.rows, handover)
    said = [*said_of_maximum(cell(rows[0].place, "maximum") if rows else "", handover), *matched.said, *filled.said]
    return filled.file, matched.rows, said


def _places(headings: Sequence[str]) -> dict[str, int]:
    heads = [alike(heading) for heading in headings]
    return {
        what: next(column for column, head in enumerate(heads) if head in names)
        for what, names in _HEADINGS.items()
        if any(head in names for head in heads)
    }


def _is_head(cells: Sequence[str]) -> bool:
    found = _places(cells).keys()
    return {"identifier", "grade"} <= found or bool({"email", "id", "user"} & found)


def _column(table: Table, at: Mapping[str, int], handover: Handover) -> int:
    """The one column that is meant. Raises MachineError where none is, or several are."""
    if not handover.column and {"identifier", "grade"} <= at.keys():
        return at["grade"]
    wanted = alike(handover.column or handover.title)
    people = {column for what, column in at.items() if what != "grade"}
    items = {column: head for column, head in enumerate(table.headings) if column not in people}
    found = [column for column, head in items.items() if wanted in _titles(head)]
    if len(found) == 1:
        return found[0]
    what = f"has {len(found) or 'no'} columns “{one_line(handover.column or handover.title)}”"
    there = f"; there are {', '.join(f'“{one_line(head)}”' for head in items.values())}" if items and not found else ""
    raise MachineError(what + there, where="the given file", hint="Name the column by all of its heading.")


def _titles(heading: str) -> set[str]:
    """What may be the title in a heading of a gradebook's export, as `Assignment: Set 3 (Real)`."""
    whole = {heading, heading.rpartition("(")[0] if heading.endswith(")") else heading}
    return {alike(title) for text in whole for title in (text, text.partition(":")[2])} - {""}


def _feedback(handover: Handover, people: Mapping[int, Row]) -> tuple[dict[str, bytes], list[str]]:
    """(each person's page by its path, what is said of those who have none).

    Moodle reads the number from the folder's name, which it cuts at its underscores: a name must have none.
    """
    handins = handover.handins
    pages = pages_of(handover)
    placed, without = [], []
    for place, standing in enumerate(handover.standings):
        if standing.key not in pages:
            continue
        person, row, handin = standing.person, people.get(place), handins.get(standing.key)
        name, number = person.name, row.number if row else ""
        if not number and handin and len(handin.people) == 1:
            name, number = _folder(handin) or (name, "")
        if not number and handover.layout.startswith("moodle"):
            number = person.user if person.user.isdecimal() else ""
        if not number:
            without.append(called(person, standing.key))
            continue
        name = _NO_FILE_NAME.sub(" ", name)[:_MOST_LETTERS].strip() or "Participant"
        placed.append(Page(f"{name}_{number}_assignsubmission_file_/feedback.html", standing))
    feedback, met = by_path(placed, pages)
    if not placed:
        return {}, ["No feedback for Moodle: nobody's number there is known."] if without else []
    return feedback, [*listed("No feedback page for these, whose number at Moodle is not known", without), *met]


def _folder(handin: Handin) -> tuple[str, str] | None:
    """The name and the number in the folder or file that Moodle handed out."""
    texts = [handin.source, *(text for file in handin.files for text in (file.path.as_posix(), file.name))]
    found = next((match for text in texts if (match := _FOLDER.search(text))), None)
    return (found[1], found[2]) if found else None
