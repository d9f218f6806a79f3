"""Cuts a text into blocks of cells: tables of Markdown, of tabs, of aligned columns, of LaTeX."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Literal, NamedTuple

_TABULAR = re.compile(r"\\begin\{(?:tabular[x*]?|longtable|tabu)\}|\\end\{(?:tabular[x*]?|longtable|tabu)\}")
_RULES = re.compile(r"\\(?:hline|toprule|midrule|bottomrule)|\\cline\{[^{}]{0,20}\}")
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
    for block in chain(_drawn(text), _tabulars(text)):
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


def _tabulars(text: str) -> Iterator[list[Row]]:
    begin: int | None = None
    line = counted = 0
    for mark in _TABULAR.finditer(text):
        if mark[0].startswith("\\begin"):
            begin = mark.end()
        elif begin is not None:
            line, counted = line + text.count("\n", counted, begin), begin
            yield _latex_rows(text[begin : min(mark.start(), begin + 100_000)], line)
            begin = None


def _latex_rows(body: str, line: int) -> list[Row]:
    rows = []
    if body.startswith("{"):  # the columns: {|l|c|c|}
        body = body[body.find("}") + 1 :]
    for row in body.split("\\\\"):
        words = _RULES.sub(lambda rule: " " * len(rule[0]), row)
        if words.strip():
            blank = len(words) - len(words.lstrip())
            rows.append(Row(line + row.count("\n", 0, blank), [c.strip() for c in words.split("&")][:_MOST_CELLS]))
        line += row.count("\n")
    return rows
