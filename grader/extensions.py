"""Reads the extensions of a course: a YAML file with what single people were granted."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from pydantic import AwareDatetime, Field, RootModel, ValidationError, ValidationInfo, field_validator, model_validator

from grader.core.errors import RubricError
from grader.core.handin import Person
from grader.core.record import Record
from grader.language.dates import moment, utc
from grader.language.yaml_tree import line_of, parse, plain
from grader.rubric.load import explain

_MAX_BYTES = 2_000_000
_MOST_FAULTS = 20  # are told at once


class Extension(Record):
    """What a person was granted for one assignment: a new due date, or so many more days and hours; or all is `waived`.

    `late_days` are those that the person has left before this assignment, None where it is all that the policy gives.
    `reason` is for those who grade; the student reads it only where the entry says `tell_reason`.
    """

    due: AwareDatetime | None = None
    days: int = Field(default=0, ge=0, le=366)
    hours: float = Field(default=0, ge=0, le=8784, allow_inf_nan=False)
    late_days: int | None = Field(default=None, ge=0, le=366)
    waived: bool = False
    reason: str = ""
    tell_reason: bool = False

    @field_validator("due", mode="before")
    @classmethod
    def _in_its_zone(cls, due: object, info: ValidationInfo) -> object:
        return moment(due, (info.context or {}).get("timezone", "")) if isinstance(due, str) else due

    @model_validator(mode="after")
    def _consistent(self) -> "Extension":
        if self.due is not None and (self.days or self.hours):
            raise ValueError("give either a new `due` date or more `days` and `hours`")
        if not (self.due or self.days or self.hours or self.waived) and self.late_days is None:
            raise ValueError("this grants nothing: give `due`, `days`, `hours`, `late_days` or `waived`")
        return self


class _File(RootModel[dict[str, Extension]]):
    """Each extension under the id, the email, the login or the name of its person."""


def read_extensions(
    path: Path, people: Iterable[Person], timezone: str = "", due: datetime | None = None
) -> dict[Person, Extension]:
    """What each person was granted; `people` are all of the class, also those who handed in nothing.

    New due dates without an offset are in `timezone`. Raises RubricError with the line of each fault: what is no
    extension, a person that nobody or several are, two entries for one, a date before `due`, which is everybody's.
    """
    text = _text(path)
    if all(line.lstrip().startswith("#") for line in text.splitlines() if line.strip()):
        return {}
    tree = parse(text, str(path), "a mapping from people to what they were granted", as_written=True)
    try:
        granted = _File.model_validate(plain(tree, str(path)), context={"timezone": timezone}).root
    except ValidationError as error:
        raise RubricError(explain(error, tree, str(path), Extension)) from error
    known = _Class(people)
    found: dict[Person, Extension] = {}
    named: dict[Person, str] = {}
    faults = []
    for key, extension in granted.items():
        line = line_of(tree, (key,))
        persons = known.meant(key)
        if len(persons) != 1:
            faults.append((line, known.unclear(key, persons)))
        elif (person := persons.pop()) in found:
            faults.append((line, f"“{key}” is the person of “{named[person]}” above: keep one of the two"))
        elif extension.due and due and utc(extension.due) < utc(due):
            line = line_of(tree, (key, "due"))
            faults.append((line, f"the new due date of “{key}” is before everybody's, {due:%Y-%m-%d %H:%M %Z}"))
        else:
            found[person], named[person] = extension, key
        if len(faults) == _MOST_FAULTS:
            break
    if faults:
        raise RubricError(
            "\n".join(f"{path}:{line}: {' '.join(said.split())}" for line, said in faults),
            hint="A person is called by id, email, login or full name, as the export or the roster has them.",
        )
    return found


class _Class:
    """The people of a class by what they may be called."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.called: dict[str, set[Person]] = defaultdict(set)
        for person in people:
            marks = {_words(mark) for mark in (person.id, person.email, person.user)}
            for word in filter(None, marks | _names(person.name)):
                self.called[word].add(person)

    def meant(self, key: str) -> set[Person]:
        """Those that a key may mean, by whatever of theirs."""
        return {person for word in _names(key) for person in self.called.get(word, ())}

    def unclear(self, key: str, persons: set[Person]) -> str:
        """Why a key names nobody, or several."""
        if persons:
            told = sorted(", ".join(filter(None, (p.name, p.id, p.email, p.user))) for p in persons)
            return f"“{key}” may be {' or '.join(f'“{one}”' for one in told[:5])}: give an id or an email"
        near = get_close_matches(_words(key), self.called, n=1)
        meant = f"; did you mean “{near[0]}”?" if near else "; a roster tells who handed in nothing"
        return f"nobody of the class is “{key}”{meant}"


def _words(text: str) -> str:
    """Text as it is compared: an umlaut in one piece or two, in capitals or not, is the same, and marks without ink."""
    seen = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", seen).casefold()).split())


def _names(text: str) -> set[str]:
    """A name, and where it has one comma what it is without: “Lovelace, Ada” is Ada Lovelace."""
    last, comma, first = _words(text).partition(",")
    return {_words(text), _words(f"{first} {last}")} if comma else {_words(text)}


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise RubricError(f"is larger than {_MAX_BYTES:,} bytes", where=str(path))
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RubricError(f"is not UTF-8 text ({error.reason})", where=str(path)) from error
    except OSError as error:
        raise RubricError(f"can't be read: {error.strerror}", where=str(path)) from error
