"""Who is in the class: a table of any platform, and which of its rows a person of an export is."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from unicodedata import category, normalize

from grader.core.errors import SubmissionError
from grader.core.handin import Person
from grader.core.record import Record
from grader.core.text import decoded, encoding_of

_MOST_BYTES = 50 * 2**20
_MOST_BEFORE = 20  # lines before the headings
_DELIMITERS = ",;\t|"
# Headings of Gradescope, Canvas, Moodle in several languages, nbgrader, GitHub Classroom, and tables made by hand.
_HEADINGS: dict[str, tuple[str, ...]] = {
    "name": (
        "name", "full name", "student", "student name", "display name", "preferred name", "vollständiger name",
        "nom complet", "nombre completo", "nome completo", "nome e cognome", "volledige naam", "naam", "姓名", "氏名",
        "이름", "имя", "фио", "ad soyad",
    ),
    "first": (
        "first name", "first names", "first", "given name", "given names", "forename", "vorname", "vornamen", "prénom",
        "prenom", "nombre", "nome", "voornaam", "förnamn", "fornavn", "etunimi", "imię", "名",
    ),
    "last": (
        "last name", "last", "surname", "family name", "nachname", "familienname", "nom", "nom de famille", "apellido",
        "apellidos", "cognome", "sobrenome", "achternaam", "efternamn", "etternavn", "efternavn", "sukunimi",
        "nazwisko", "姓",
    ),
    "email": (
        "email", "e mail", "email address", "e mail address", "mail", "mail address", "student email", "email adresse",
        "e mail adresse", "mailadresse", "adresse de courriel", "adresse e mail", "courriel", "correo",
        "correo electrónico", "dirección de correo", "dirección de correo electrónico", "indirizzo email",
        "endereço de email", "e mailadres", "e postadress", "e postadresse", "邮箱", "メールアドレス",
    ),
    "id": (
        "sid", "student id", "sis user id", "sis id", "id number", "student number", "student no",
        "matriculation number",
        "matriculation no", "matrikelnummer", "matrikel nr", "matrikelnr", "matrnr", "matr nr", "matrikel", "id nummer",
        "university id", "roll number", "roll no", "numéro d identification", "numéro étudiant", "número de id",
        "número de identificación", "numero id", "matricola", "studentnummer", "identifier", "integration id", "学号",
        "学籍番号", "id",
    ),
    "login": (
        "sis login id", "login", "login id", "username", "user name", "user id", "userid", "netid", "net id", "unikey",
        "github username", "github user", "github", "benutzername", "kennung", "nutzername", "nom d utilisateur",
        "nombre de usuario", "account",
    ),
    "user": ("canvas user id", "canvas id", "lms user id", "moodle id", "participant number"),
    "section": (
        "section", "sections", "section name", "group", "groups", "gruppe", "gruppen", "groupe", "groupes", "grupo",
        "grupos", "tutorial", "lab section", "class section",
    ),
    "role": ("role", "roles", "rolle", "rollen", "rôle", "rôles", "rol", "roles in course"),
}  # fmt: skip
_FIELD = {heading: field for field, headings in _HEADINGS.items() for heading in headings}
_OF_CANVAS = ("sis user id", "sis login id")
_NO_PEOPLE = ("points possible", "student, test", "test student", "overall average", "gesamtdurchschnitt")
_STAFF = re.compile(
    r"\b(?:instructor|teacher|teaching|ta|assistant|reader|grader|observer|designer|admin\w*|manager|tutor\w*|dozent\w*"
    r"|lehr\w*|trainer\w*|enseignant\w*|profes\w*|docent\w*)\b",
    re.IGNORECASE,
)
_LONG = 5  # a number of a university, and not the row of a table
_SUFFIXES = ("jr", "jr.", "sr", "sr.", "ii", "iii", "iv")
_IDENTIFIER = re.compile(r"\D+\s*(\d+)")  # "Participant 123" in Moodle's grading worksheet


class Enrolled(Record):
    """A row of a roster. `logins` are further names by which a platform may know the person."""

    person: Person
    logins: tuple[str, ...] = ()
    student: bool = True


class Roster(Record):
    """The rows of a roster, each person once, and what of it was left out."""

    rows: tuple[Enrolled, ...]
    said: tuple[str, ...] = ()


def read_roster(path: Path) -> Roster:
    """Read a table in any encoding, with any delimiter, its headings in any order.

    Raises SubmissionError where nobody is found in it.
    """
    table = _table(path)
    at, columns = _headings(table)
    if not columns:
        at, columns = -1, _guessed(table)
    rows: dict[tuple[str, ...], Enrolled] = {}
    said = []
    for number, cells in enumerate(table[at + 1 :]):
        values: dict[str, list[str]] = defaultdict(list)
        for column, field in columns.items():
            if column < len(cells) and cells[column]:
                values[field].append(cells[column])
        named = " ".join(values["name"]).casefold()
        if named in _NO_PEOPLE:
            said.append(f"The roster's row {values['name'][0]} is nobody's.")
            continue
        row = _enrolled(values)
        if row.person == Person(section=row.person.section):
            continue
        known = tuple(_folded(field) for field in (row.person.id, row.person.email, row.person.user))
        key = known if any(known) else (row.person.name, str(number))
        rows[key] = _joined(rows[key], row) if key in rows else row
    if not rows:
        hint = "A roster is a CSV with headings, such as: Name, SID, Email"
        raise SubmissionError("names nobody", where=str(path), hint=hint)
    return Roster(rows=tuple(rows.values()), said=tuple(said))


@dataclass(frozen=True)
class Matching:
    """Which row each person is, by their places in both lists, and what can't be told."""

    rows: dict[int, int]
    said: tuple[str, ...]


def matched(people: Sequence[Person], roster: Roster) -> Matching:
    """The row of each person: by id, then by email, user, what may be either, and by a name that one alone has.

    What is no one's alone, or speaks against itself, is said and not matched.
    """
    rows: dict[int, int] = {}
    maybe: dict[int, set[int]] = defaultdict(set)
    for keys_of_person, keys_of_row, fits in _STAGES:
        # Whoever is matched already still shares the name: who is left over isn't told by that.
        owners: dict[str, set[int]] = defaultdict(set)
        for number, row in enumerate(roster.rows):
            for key in keys_of_row(row):
                owners[key].add(number)
        claims: dict[int, set[int]] = defaultdict(set)
        candidates = [set().union(*(owners.get(k, ()) for k in keys_of_person(person))) for person in people]
        for number, found in enumerate(candidates):
            maybe[number] |= found
            for row_number in found:
                claims[row_number].add(number)
        taken = set(rows.values())
        for number, found in enumerate(candidates):
            if number in rows or len(found) != 1:
                continue
            (only,) = found
            if only not in taken and len(claims[only]) == 1 and fits(people[number], roster.rows[only]):
                rows[number] = only
    said = tuple(
        f"{shown(people[number])} may be {' or '.join(sorted({shown(roster.rows[row].person) for row in found}))} "
        "of the roster: which one isn't certain, so they are not merged."
        for number, found in sorted(maybe.items())
        if found and number not in rows
    )
    return Matching(rows=rows, said=said)


def merged(person: Person, row: Enrolled) -> Person:
    """A person of the export with what the roster knows; its name is the whole one, its id no login."""
    known = {field: value for field, value in person.model_dump().items() if value}
    listed = row.person.model_dump()
    if _folded(person.id) != _folded(row.person.id) and _folded(person.id) in _row_words(row):
        known["id"] = row.person.id or person.id
    return Person(**(listed | known | ({"name": row.person.name} if row.person.name else {})))


def shown(person: Person) -> str:
    """A person in a sentence: by name, and by what tells apart those of one name."""
    others = person.id or person.email or person.user
    return f"{person.name} ({others})" if person.name and others else person.name or others


def name_forms(name: str) -> frozenset[str]:
    """What writings of one name have in common: its words in any order, or run together, begun with any of them."""
    words = re.findall(r"[^\W_]+", normalize("NFKC", normalize("NFC", name)).casefold())
    together = {"".join([*words[at:], *words[:at]]) for at in range(len(words))}
    return frozenset({" ".join(sorted(words)), *together} if words else ())


def _apart(one: str, other: str) -> bool:
    return bool(one and other and _folded(one) != _folded(other))


def _by_number(person: Person, row: Enrolled) -> bool:
    """Two who share a number and no word of their names are two where it is short, or their addresses differ."""
    listed = row.person
    strangers = person.name and listed.name and not name_forms(person.name) & name_forms(listed.name)
    strangers = strangers and not set(_words(person.name)) & set(_words(listed.name))
    return not strangers or not (_apart(person.email, listed.email) or len(person.id or person.user) < _LONG)


def _by_word(person: Person, row: Enrolled) -> bool:
    """By what may be a login, or by a name that speaks of nobody else."""
    if _keys(person.id) & _keys(row.person.id):
        return False  # which didn't fit before
    if _person_words(person) & _row_words(row):
        return not _apart(person.email, row.person.email)
    return _by_name(person, row.person)


def _by_name(person: Person, row: Person) -> bool:
    """Two of one name who have other numbers or addresses are two."""
    return not (
        _apart(person.id.lstrip("0"), row.id.lstrip("0"))
        or _apart(person.email, row.email)
        or _apart(person.user, row.user)
    )


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", normalize("NFKC", name).casefold())


def _folded(text: str) -> str:
    return normalize("NFKC", text).strip().casefold()


def _keys(*texts: str) -> set[str]:
    return {_folded(text) for text in texts} - {""}


def _person_words(person: Person) -> set[str]:
    """What may be an id or a login; a number of a platform's own is neither."""
    return _keys(person.id, person.name, "" if person.user.isdecimal() else person.user)


def _row_words(row: Enrolled) -> set[str]:
    person = row.person
    user = "" if person.user.isdecimal() else person.user
    return _keys(person.id, person.email, person.email.partition("@")[0], user, *row.logins)


_Keys = set[str] | frozenset[str]
_STAGES: tuple[
    tuple[Callable[[Person], _Keys], Callable[[Enrolled], _Keys], Callable[[Person, Enrolled], bool]], ...
] = (
    (lambda person: _keys(person.id), lambda row: _keys(row.person.id), _by_number),
    # Tables lose the zeros before a number.
    (lambda person: _keys(person.id.lstrip("0")), lambda row: _keys(row.person.id.lstrip("0")), _by_number),
    (lambda person: _keys(person.email), lambda row: _keys(row.person.email), lambda *_: True),
    (lambda person: _keys(person.user), lambda row: _keys(row.person.user), _by_number),
    (
        lambda person: _person_words(person) | name_forms(person.name),
        lambda row: _row_words(row) | name_forms(row.person.name),
        _by_word,
    ),
)


def _enrolled(values: dict[str, list[str]]) -> Enrolled:
    def first(field: str) -> str:
        return next(iter(values[field]), "")

    name = _in_order(first("name")) or " ".join(filter(None, (first("first"), first("last"))))
    number, user = first("id"), first("user")
    if (match := _IDENTIFIER.fullmatch(number)) and len(values["id"]) > 0 and " " in number:
        number, user = next(iter(values["id"][1:]), ""), user or match[1]
    email = first("email")
    if "@" in number and not email:
        number, email = "", number
    logins = tuple(values["login"])
    if not email and (address := next((login for login in logins if "@" in login), "")):
        email = address
    return Enrolled(
        person=Person(name=name, email=email, id=number, user=user, section=", ".join(values["section"])),
        logins=logins,
        student=not _STAFF.search(" ".join(values["role"])),
    )


def _in_order(name: str) -> str:
    """`Lovelace, Ada` as Ada Lovelace."""
    last, comma, first = (part.strip() for part in name.partition(","))
    return f"{first} {last}" if comma and first and "," not in first and first.casefold() not in _SUFFIXES else name


def _joined(one: Enrolled, other: Enrolled) -> Enrolled:
    """A person who stands in two rows, of two sections as a rule."""
    sections = dict.fromkeys(filter(None, (one.person.section, other.person.section)))
    person = one.person.model_copy(
        update={"section": ", ".join(sections), "name": one.person.name or other.person.name}
    )
    logins = tuple(dict.fromkeys((*one.logins, *other.logins)))
    return Enrolled(person=person, logins=logins, student=one.student or other.student)


def _table(path: Path) -> list[list[str]]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SubmissionError(f"is larger than {_MOST_BYTES // 2**20} MB", where=str(path))
        raw = path.read_bytes()
    except OSError as error:
        raise SubmissionError(f"can't be opened: {error.strerror}", where=str(path)) from error
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")) or encoding_of(raw) is None:
        raise SubmissionError("is no text", where=str(path), hint="Save the table as CSV.")
    if _is_unknown(raw):
        hint = "Save the table as CSV in UTF-8."
        raise SubmissionError("is in an encoding that can't be told", where=str(path), hint=hint)
    lines = decoded(raw).replace("\0", "").split("\n")
    delimiter = ""
    if lines[0].lower().startswith("sep=") and len(lines[0]) == 5:  # Excel's own
        delimiter, lines = lines[0][4], lines[1:]
    try:
        delimiter = delimiter or _delimiter(lines)
        read = csv.reader(iter(f"{line}\n" for line in lines), delimiter=delimiter)
        return [cells for row in read if any(cells := [_cell(cell) for cell in row])]
    except csv.Error as error:
        raise SubmissionError(f"is no table: {error}", where=str(path), hint="Save the table as CSV.") from error


def _is_unknown(raw: bytes) -> bool:
    """Whether it is neither Unicode nor of Latin letters, of which few are beyond ASCII."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        letters = sum(byte >= 0x80 or chr(byte).isalpha() for byte in raw)
        return b"\0" not in raw and sum(byte >= 0x80 for byte in raw) * 3 > letters
    return False


def _delimiter(lines: Sequence[str]) -> str:
    """What parts the first lines into most known headings, or else into most cells."""

    def worth(delimiter: str) -> tuple[int, int]:
        rows = list(csv.reader(lines[:_MOST_BEFORE], delimiter=delimiter))
        return max((sum(_heading(cell) in _FIELD for cell in row) for row in rows), default=0), sum(map(len, rows))

    return max(_DELIMITERS, key=worth)


def _cell(text: str) -> str:
    """The words of a cell, without what can't be seen and what Excel was told to leave a text by."""
    plain = " ".join(
        "".join(
            letter for letter in text if category(letter) not in ("Cf", "Cc") or letter in "\t\n\u200c\u200d"
        ).split()
    )
    if match := re.fullmatch(r'="?([^"]*)"?', plain):
        return match[1].strip()
    return plain[1:] if re.fullmatch(r"'\d+", plain) else plain


def _heading(cell: str) -> str:
    plain = normalize("NFC", _cell(cell)).casefold().replace("(s)", "").replace("(n)", "")  # of both numbers
    return " ".join(re.findall(r"[^\W_]+", plain))


def _headings(table: list[list[str]]) -> tuple[int, dict[int, str]]:
    """(the line of the headings, which field each column is)."""
    best, at = 0, -1
    for number, cells in enumerate(table[:_MOST_BEFORE]):
        known = len({_FIELD[heading] for cell in cells if (heading := _heading(cell)) in _FIELD})
        if known > best:
            best, at = known, number
    if at < 0:
        return -1, {}
    headings = [_heading(cell) for cell in table[at]]
    columns = {column: _FIELD[heading] for column, heading in enumerate(headings) if heading in _FIELD}
    for column, heading in enumerate(headings):
        if heading == "id" and any(other in headings for other in _OF_CANVAS):
            columns[column] = "user"
    if "last" in columns.values() and "first" not in columns.values() and "name" in columns.values():
        columns = {column: "first" if field == "name" else field for column, field in columns.items()}
    return at, columns


def _guessed(table: list[list[str]]) -> dict[int, str]:
    """Which field each column of a table without headings is, by what most of its cells look like."""
    columns: dict[int, str] = {}
    for column in range(max(map(len, table), default=0)):
        cells = [row[column] for row in table if column < len(row) and row[column]]
        kinds = [_kind(cell) for cell in cells]
        kind = max(set(kinds), key=kinds.count) if kinds else ""
        if kind and (kind not in columns.values() or kind == "name"):
            columns[column] = kind
    names = [column for column, field in columns.items() if field == "name"]
    if len(names) == 2:
        columns |= {names[0]: "first", names[1]: "last"}
    return columns


def _kind(cell: str) -> str:
    if re.fullmatch(r"[^@\s]+@[^@\s]+", cell):
        return "email"
    return "id" if any(map(str.isdigit, cell)) and " " not in cell else "name"
