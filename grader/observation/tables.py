"""Reads tables: a header, rows, and the labels of rows such as `k = 100` as a name and a number."""

import re
from collections.abc import Iterable, Sequence

from grader.core.evidence import Table, TableRow
from grader.core.source import Source
from grader.language.numbers import single_number
from grader.observation.cells import Row

_LABEL = re.compile(r"(?P<name>[^=:]{1,60}?)\s*[=:]\s*(?P<value>[^=:]{1,40})")
_PERCENT = re.compile(r"%|per\s?cent", re.IGNORECASE)
_MARKS = re.compile(r"[$*`{}]|\\(?:text(?:bf|it)?|mathbf|bf|,|;)(?![A-Za-z])|\\(?=[A-Za-z])")
_MOST_ROWS = 500
_MOST_TABLES = 200


def read_tables(found: Iterable[list[Row]], places: Sequence[Source]) -> tuple[Table, ...]:
    """The tables among blocks of cells: those with a number in at least half of their rows."""
    tables = []
    for block in found:
        table = _table(block[:_MOST_ROWS], places)
        if table is not None:
            tables.append(table)
        if len(tables) == _MOST_TABLES:
            break
    return tuple(tables)


def _table(block: list[Row], places: Sequence[Source]) -> Table | None:
    header = tuple(_clean(cell) for cell in block[0].cells) if _is_header(block) else ()
    body = block[1:] if header else block
    percent = [bool(_PERCENT.search(name)) for name in header]
    rows = [_row(row, percent, places) for row in body if any(row.cells)]
    numbered = sum(any(number is not None for number in row.numbers) for row in rows)
    if not rows or 2 * numbered < len(rows):
        return None
    widths = {len(row.cells) for row in rows} | ({len(header)} if header else set())
    return Table(
        header=header,
        rows=tuple(rows),
        source=places[block[0].line],
        sure=len(widths) == 1,
    )


def _is_header(block: list[Row]) -> bool:
    """Whether the first row holds words where the rows below hold numbers."""
    first, below = block[0], block[1:]
    numbers = sum(plain_number(cell) is not None for cell in first.cells)
    return bool(below) and numbers < max(sum(plain_number(cell) is not None for cell in row.cells) for row in below)


def _row(row: Row, percent: list[bool], places: Sequence[Source]) -> TableRow:
    numbers = [plain_number(cell) for cell in row.cells]
    scaled = tuple(
        round(number / 100, 12)
        if number is not None and "%" not in cell and i < len(percent) and percent[i]
        else number
        for i, (number, cell) in enumerate(zip(numbers, row.cells, strict=True))
    )
    name, value = split_label(next((cell for cell in row.cells if cell), ""))
    return TableRow(
        cells=tuple(cell[:200] for cell in row.cells),
        numbers=scaled,
        name=name,
        value=value,
        source=places[row.line],
    )


def split_label(text: str) -> tuple[str, float | None]:
    """(name, number) of a row's label: `k = 100` is (k, 100), `100` is ("", 100), `Adam` is (Adam, None)."""
    label = _clean(text)
    parts = _LABEL.fullmatch(label)
    value = plain_number(parts["value"] if parts else label)
    if value is None:
        return label, None
    return (parts["name"].strip() if parts else ""), value


def plain_number(text: str) -> float | None:
    """The number that a cell holds; None where it holds something else, or more. `97.6 %` is 0.976."""
    number = single_number(text)
    return number.value if number else None


def _clean(text: str) -> str:
    """A cell without the marks of Markdown and LaTeX; `\\lambda` is lambda."""
    return " ".join(_MARKS.sub("", text[:300]).split())[:200]
