"""What Gradescope says of a submission: who handed it in, when, and when it was due for each of them.

`submission_metadata.json` comes from the platform, and its times are those that count: a container's clock says when
the autograder ran, which may be again, and much later. What is missing or odd in it is left out.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from grader.core.handin import HandedInFile, Handin, Person
from grader.extensions import Extension


class Submitted(NamedTuple):
    """A hand-in, when the assignment was due ("" where the platform doesn't say), and who was given longer."""

    handin: Handin
    due: str
    extensions: dict[Person, Extension]


def read_submitted(submission: Path, metadata: Path) -> Submitted:
    """What was handed in, with what the platform says of it; never raises for what it says."""
    told = _mapping(_json(metadata))
    assignment = _mapping(told.get("assignment"))
    due = _moment(assignment.get("due_date"))
    people: list[Person] = []
    extensions: dict[Person, Extension] = {}
    users = told.get("users")
    for user in map(_mapping, users if isinstance(users, list) else []):
        person = Person(
            name=_text(user.get("name")),
            email=_text(user.get("email")),
            id=_text(user.get("sid")),
            user=_text(user.get("id")),
        )
        if person == Person() or person in people:
            continue
        people.append(person)
        own = _moment(_mapping(user.get("assignment")).get("due_date"))
        if own is not None and own != due:
            extensions[person] = Extension(due=own)
    number = _text(told.get("id"))
    earlier = told.get("previous_submissions")
    at = _moment(told.get("created_at"))
    handin = Handin(
        key=f"submission_{number}" if number else "submission",
        people=tuple(people) or (Person(name="the student"),),
        files=(HandedInFile(path=submission, name=""),),
        at=at,
        late=at > due if at and due else None,
        attempt=len(earlier) + 1 if isinstance(earlier, list) else None,
    )
    return Submitted(handin, due.isoformat() if due else "", extensions)


def _json(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return " ".join(str(value).split())[:200]


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None
