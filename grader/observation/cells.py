"""Cuts a text into blocks of cells: tables in pipes, in tabs, in aligned columns."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

_RULER = re.compile(r"[\s|:+=—-]*")
_GAP = re.compile(r"(?<=\S)(?: {2,}|\t)(?=\S)")
_MOST_BLOCKS = 500
_MOST_CELLS = 100
_LONGEST_LINE = 5000
_Kind = Literal["pipes", "tabs", "columns"]


class Row(NamedTuple):
    """The cells of one line, blank ones too, and the number of the line in the text, from 0."""

    line: int
    cells: list[str]


def blocks(text: str) -> Iterator[list[Row]]:
    """Lines in a row that are cut into at least two cells the same way; at least two lines each."""
    found = 0
    for block in _drawn(text):
        if len(block) >= 2:
            yield block
            found += 1
            if found == _MOST_BLOCKS:
                return


def _drawn(text: str) -> Iterator[list[Row]]:
    block: list[Row] = []
    last: _Kind | None = None
    for number, line in enumerate(text.split("\n")):
        kind, cells = _cut(line)
        if kind != last or (kind == "columns" and block and len(block[-1].cells) != len(cells)):
            yield block
            block, last = [], kind
        if kind is not None and not _RULER.fullmatch(line):
            block.append(Row(number, cells))
    yield block


def _cut(line: str) -> tuple[_Kind | None, list[str]]:
    if len(line) > _LONGEST_LINE or not line or line.isspace():
        return None, []
    if line.count("|") >= 2 or (_RULER.fullmatch(line) and "|" in line):
        return "pipes", [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")][
            :_MOST_CELLS
        ]
    if "\t" in line:
        return "tabs", [cell.strip() for cell in line.split("\t")][:_MOST_CELLS]
    cells = [cell.strip() for cell in _GAP.split(line.strip())]
    return ("columns", cells[:_MOST_CELLS]) if len(cells) >= 2 else (None, [])
