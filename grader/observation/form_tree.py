"""What a form of answers holds, as plain data with its lines: its YAML is read in the confined process."""

import re
from typing import Any

from grader.core.errors import RubricError, SubmissionError
from grader.core.record import Record
from grader.language.yaml_tree import line_of, parse, plain

_NUMBERED = re.compile(r"^(\d[\w.]{0,20})(?=[ \t]*:(?:\s|$))", re.MULTILINE)  # else 1.10 would be 1.1
_TABS = re.compile(r"^[ \t]*\t[ \t]*", re.MULTILINE)
_WIDTHS = (2, 4, 8)  # of a tab
_MAPPING = "a mapping from problems to answers"

Key = str | int | float | bool | None
_ENTRIES, _OTHER = "entries", "other"


class Form(Record):
    """A form's values, with mappings as lists of entries, and the lines of the first two levels of keys."""

    values: Any
    lines: tuple[tuple[tuple[Key, ...], int], ...] = ()

    def tree(self) -> dict[Any, Any]:
        """The values as they were meant."""
        found = _decoded(self.values)
        return found if isinstance(found, dict) else {}

    def line_of(self) -> dict[tuple[Key, ...], int]:
        """The line of each key, by the keys above it and itself."""
        return dict(self.lines)


class Other:
    """A value that is neither text, number, list nor mapping, such as a date; only shown."""

    def __init__(self, shown: str) -> None:
        self.shown = shown

    def __str__(self) -> str:
        return self.shown


def form(folder: str, text: str, file: str) -> Form:  # noqa: ARG001  # of every question
    """The same as `read_form`, for the confined process."""
    return read_form(text, file)


def read_form(text: str, file: str) -> Form:
    """What a form holds. Raises SubmissionError where it is no mapping in YAML."""
    try:
        tree = _tree(text, file)
        values = plain(tree, file)
    except RubricError as error:
        raise SubmissionError(str(error)) from error
    lines: list[tuple[tuple[Key, ...], int]] = []
    for name, below in values.items():
        lines.append(((_key(name),), line_of(tree, (name,))))
        if isinstance(below, dict):
            lines += [((_key(name), _key(key)), line_of(tree, (name, key))) for key in below]
    return Form(values=_encoded(values), lines=tuple(lines))


def _key(key: Any) -> Key:
    if isinstance(key, bool | None):
        return key
    return next((kind(key) for kind in (int, float, str) if isinstance(key, kind)), str(key))


def _encoded(value: Any) -> Any:
    """As JSON holds it: keys stay what they are, which those of JSON's own mappings don't."""
    if isinstance(value, dict):
        return {_ENTRIES: [[_key(key), _encoded(inner)] for key, inner in value.items()]}
    if isinstance(value, list):
        return [_encoded(inner) for inner in value]
    return _key(value) if isinstance(value, str | int | float | None) else {_OTHER: str(value)[:200]}


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    entries = value.get(_ENTRIES)
    if not isinstance(entries, list):
        return Other(str(value.get(_OTHER, "")))
    pairs = [entry for entry in entries if isinstance(entry, list) and len(entry) == 2]
    return {key: _decoded(inner) for key, inner in pairs if isinstance(key, Key)}


def _tree(text: str, file: str) -> Any:
    """The mapping in a form. YAML has no tabs at the beginning of lines, and editors put them there."""
    text = text.replace("\u00a0", " ").replace("\ufeff", "")
    text = _NUMBERED.sub(r'"\1"', "\n".join(text.splitlines()))
    if not text.strip():
        return parse("{}", file)
    try:
        return parse(text, file, _MAPPING)
    except RubricError:
        if not _TABS.search(text):
            raise
    for width in _WIDTHS:
        try:
            return parse(_without_tabs(text, width), file, _MAPPING)
        except RubricError:
            if width == _WIDTHS[-1]:
                raise
    raise AssertionError("the last width returns or raises")


def _without_tabs(text: str, width: int) -> str:
    return _TABS.sub(lambda match: match[0].replace("\t", " " * width), text)
