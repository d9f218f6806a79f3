"""A CSV that somebody else made, of which single cells are replaced: all other bytes stay as they were."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from grader.core.errors import MachineError
from grader.core.text import encoding_of

_GIVEN = "the given file"
_DELIMITERS = ",;\t|"
_HEADINGS_WITHIN = 10  # rows; Excel's `sep=;` and titles stand above the headings
_DECIMAL = re.compile(r"-?\d+([.,])(?:\d{1,2}|\d{4,5})")  # three digits may be thousands

Span = tuple[int, int]


@dataclass(frozen=True)
class Table:
    """The text of a CSV with the place of every cell, and which row holds the headings."""

    text: str
    encoding: str
    delimiter: str
    rows: Sequence[Sequence[Span]]
    head: int

    @property
    def headings(self) -> list[str]:
        """What the columns are called, without spaces around it."""
        return [_value(self.text, span).strip() for span in self.rows[self.head]]

    @property
    def places(self) -> range:
        """The rows below the headings."""
        return range(self.head + 1, len(self.rows))

    def cell(self, row: int, column: int | None) -> str:
        """What stands in a cell; nothing where the row is shorter."""
        return "" if column is None or column >= len(self.rows[row]) else _value(self.text, self.rows[row][column])

    @property
    def decimal_mark(self) -> str:
        """How this file writes 7.5: most files of semicolons have commas there."""
        cells = (self.cell(row, column).strip() for row in self.places for column in range(len(self.rows[row])))
        marks = Counter(match[1] for cell in cells if (match := _DECIMAL.fullmatch(cell)))
        return max(marks, key=lambda mark: marks[mark]) if marks else "," if self.delimiter == ";" else "."

    def filled(self, column: int, numbers: Mapping[int, str]) -> bytes:
        """The file with these numbers in a column, by row."""
        pieces, done = [], 0
        for row, number in sorted(numbers.items()):
            spans = self.rows[row]
            start, end = spans[column] if column < len(spans) else (spans[-1][1], spans[-1][1])
            quoted = self.text[start : start + 1] == '"' and start < end
            new = f'"{number}"' if quoted or self.delimiter in number else number
            pieces += [self.text[done:start], self.delimiter * max(column + 1 - len(spans), 0), new]
            done = end
        return "".join([*pieces, self.text[done:]]).encode(self.encoding)


def read_table(raw: bytes, fits: Callable[[Sequence[str]], bool], needed: str) -> Table:
    """The table in these bytes, whose headings `fits` knows; `needed` says which they are.

    Raises MachineError for what is no text, has no such headings or ends within a quoted cell.
    """
    text, encoding = _decoded(raw)
    for delimiter in _DELIMITERS:
        head = _head(text, delimiter, fits)
        if head is not None:
            return Table(text, encoding, delimiter, list(_rows(text, delimiter)), head)
    raise MachineError(f"has no row with the headings {needed}", where=_GIVEN, hint="Give the file as it was exported.")


def _head(text: str, delimiter: str, fits: Callable[[Sequence[str]], bool]) -> int | None:
    try:
        for place, spans in enumerate(islice(_rows(text, delimiter), _HEADINGS_WITHIN)):
            if fits([_value(text, span).strip() for span in spans]):
                return place
    except MachineError:
        return None  # a wrong delimiter may find quotes that are none
    return None


def _decoded(raw: bytes) -> tuple[str, str]:
    """The text, and the encoding that gives the same bytes again."""
    found = encoding_of(raw)
    narrow = () if b"\0" in raw else ("utf-8", "cp1252", "latin-1") if found else ("utf-8",)
    for encoding in (*narrow, *((found,) if found else ())):
        try:
            text = raw.decode(encoding)
            if text.encode(encoding) == raw:
                return text, encoding
        except UnicodeError:
            continue
    raise MachineError("is no text", where=_GIVEN, hint="Export it from the platform as CSV.")


def _rows(text: str, delimiter: str) -> Iterator[list[Span]]:
    # No group takes back what it took, so that the time grows with the text alone.
    cell = re.compile(rf'(?:"(?:[^"]++|"")*+("|\Z))?+[^{re.escape(delimiter)}\r\n]*+')
    spans: list[Span] = []
    place = 1 if text.startswith("\ufeff") else 0
    while match := cell.match(text, place):
        if match[1] == "":
            line = text.count("\n", 0, match.start()) + 1
            raise MachineError("begins a quoted cell that never ends", where=f"{_GIVEN}, line {line}")
        spans.append(match.span())
        place = match.end()
        if text.startswith(delimiter, place):
            place += 1
            continue
        yield spans
        spans = []
        place += 2 if text.startswith("\r\n", place) else 1
        if place >= len(text):
            return


def _value(text: str, span: Span) -> str:
    cell = text[slice(*span)]
    if not cell.startswith('"'):
        return cell
    quoted = re.match(r'"((?:[^"]++|"")*+)"', cell)
    return cell if quoted is None else quoted[1].replace('""', '"') + cell[quoted.end() :]
