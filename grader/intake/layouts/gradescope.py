"""Gradescope's "Export submissions": `submission_metadata.yml` beside a folder, or a PDF, of each submission.

The metadata names every submission by `submission_<id>`, or `<id>.pdf` where PDFs are handed in, and says of it under
Ruby's symbols (`:submitters`, `:created_at`, `:history`) who handed it in, and when. Earlier attempts are in the
history alone.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from grader.core.errors import SubmissionError
from grader.core.handin import Handin, Person
from grader.core.text import whole
from grader.intake.layouts._export import Export, Found, Tree
from grader.intake.layouts._moments import moment
from grader.intake.layouts._plain import read_rest

_METADATA = ("submission_metadata.yml", "submission_metadata.yaml")
_PLACE = re.compile(r"(?:submission_)?(\d+)(?:\.\w{1,5})?")
_EMPTY = ("~", "null")
_MOST_BYTES = 500 * 2**20
_DEEPEST = 40


def score(name: str, tree: Tree) -> float:
    """The metadata is there or not."""
    return 1.0 if any(tree.get(file, {}) is None for file in _METADATA) else 0.0


def read(export: Export, assignment: str | None) -> Found:
    """A row of the metadata is a hand-in, and so is a folder that has no row."""
    file = next(name for name in _METADATA if export.tree.get(name, {}) is None)
    rows = _rows(export.root / file)
    places: dict[str, list[str]] = {}
    for name in sorted(export.tree):
        if match := _PLACE.fullmatch(name):
            places.setdefault(match[1], []).append(name)
    handins: list[Handin] = []
    said: list[str] = []
    earlier: set[str] = set()
    used: set[str] = set()
    for row, values in rows.items():
        match = _PLACE.fullmatch(row)
        found = places.get(match[1], []) if match else [row] * (row in export.tree)
        used.update(found)
        history = _history(values, row)
        earlier.update(_text(past, "id").removeprefix("submission_") for past in history)
        handin, remarks = _handin(export, row, values, found, history, file)
        handins.append(handin)
        said += remarks
    for name in sorted(set(export.tree) - used - {file}):
        if not (match := _PLACE.fullmatch(name)):
            continue
        used.add(name)
        if match[1] in earlier:
            said.append(f"{name} is an earlier attempt and was left out.")
        else:
            handins.append(export.handin(Person(name=name), files=[_named(export, name)], source=name))
            said.append(f"{name} has no row in {file}: whose it is isn't known.")
    rest = read_rest(export, sorted(set(export.tree) - used - {file}), "gradescope")
    return Found(handins=(*handins, *rest.handins), said=(*said, *rest.said))


def _handin(
    export: Export, row: str, values: dict[str, Any], found: list[str], history: list[dict[str, Any]], file: str
) -> tuple[Handin, list[str]]:
    said: list[str] = []
    people = tuple(
        Person(name=_text(each, "name"), id=_text(each, "sid"), email=_text(each, "email"))
        for each in _dicts(values.get("submitters"))
    )
    people = tuple(person for person in people if person != Person())
    if not people:
        people = (Person(name=row),)
        said.append(f"{row} names nobody in {file}.")
    unread = {}
    if not found:
        unread[row] = f"stands in {file}, and the export holds no such folder"
        said.append(f"{row} of {_names(people)} stands in {file}, and the export holds no such folder.")
    at = moment(_text(values, "created_at"))
    if at is None:
        said.append(f"{row} of {_names(people)}: when it was handed in can't be read.")
    later = [past for past in history if at and (then := moment(_text(past, "created_at"))) and then > at]
    if later:
        said.append(f"{row} of {_names(people)}: Gradescope counts an attempt that is not the last.")
    handin = export.handin(
        *people,
        files=[_named(export, name) for name in found],
        at=at,
        attempt=len(history) - len(later) + 1,
        unread=unread,
        source=whole(found[0] if found else row),
    )
    return handin, said


def _history(values: dict[str, Any], row: str) -> list[dict[str, Any]]:
    """The other attempts: the one that counts may be among them."""
    own = _text(values, "created_at")
    match = _PLACE.fullmatch(row)
    number = match[1] if match else row
    return [
        past
        for past in _dicts(values.get("history"))
        if _text(past, "id").removeprefix("submission_") != number and (_text(past, "created_at") or "?") != own
    ]


def _named(export: Export, name: str) -> tuple[str, str]:
    return name, name if export.tree[name] is None else ""


def _names(people: tuple[Person, ...]) -> str:
    return " and ".join(person.name or person.email or person.id for person in people)


def _dicts(value: object) -> list[dict[str, Any]]:
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, dict)]


def _text(values: dict[str, Any], key: str) -> str:
    value = values.get(key, "")
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return "" if text in _EMPTY else text


def _rows(path: Path) -> dict[str, dict[str, Any]]:
    """The metadata: every scalar a text as it is written, so that a number of a student keeps its zeros."""
    try:
        if path.is_symlink() or path.stat().st_size > _MOST_BYTES:
            raise SubmissionError("is a link or too large", where=str(path))
        with open(path, "rb") as file:
            # libyaml's parser is ten times as fast: the results of every test of every attempt stand in this file.
            events = yaml.parse(file, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
            content = _content(_Events(events))
    except OSError as error:
        raise SubmissionError(f"can't be opened: {error.strerror}", where=str(path)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        hint = "Download the export again, or remove this file: its folders are then graded by their names."
        said = " ".join(str(error).split()) or type(error).__name__
        raise SubmissionError(f"is no YAML that can be read: {said}", where=str(path), hint=hint) from error
    if not isinstance(content, dict):
        raise SubmissionError("holds no submissions", where=str(path))
    return {row: values if isinstance(values, dict) else {} for row, values in content.items()}


class _Events:
    """The events of a document, without those around it, and what its anchors stand for."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        around = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)
        self.events = (event for event in events if not isinstance(event, around))
        self.anchors: dict[str, Any] = {}


def _content(events: _Events, event: yaml.Event | None = None, depth: int = 0) -> Any:
    """What the next event begins, of texts, lists and dictionaries alone: no tag of Ruby's makes it anything else."""
    event = event or next(events.events, None)
    value: Any = ""
    if event is None:
        return value
    if depth > _DEEPEST:
        raise ValueError("it is too deep")
    if isinstance(event, yaml.AliasEvent):
        return events.anchors.get(event.anchor, "")
    if isinstance(event, yaml.ScalarEvent):
        value = event.value
    elif isinstance(event, yaml.SequenceStartEvent):
        value = []
        while not isinstance(inner := next(events.events), yaml.SequenceEndEvent):
            value.append(_content(events, inner, depth + 1))
    elif isinstance(event, yaml.MappingStartEvent):
        value = {}
        while not isinstance(inner := next(events.events), yaml.MappingEndEvent):
            key = str(_content(events, inner, depth + 1)).removeprefix(":")
            if depth == 0 and key in value:  # whose row would be lost
                raise ValueError(f"{key} stands there twice")
            value[key] = _content(events, None, depth + 1)
    if event.anchor:
        events.anchors[event.anchor] = value
    return value
