"""Accuracies in tables that outputs show: pandas' frames, aligned columns, drawn tables."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from grader.core.evidence import Claim
from grader.core.source import Source
from grader.language.numbers import single_number
from grader.observation.claim_words import ACCURACY, scope_of

_DRAWN = re.compile(r"[|│┃¦]")
_APART = re.compile(r"\s{2,}|\t")
_RULER = re.compile(r"[\s|+=:_─━│┼┤├╞╪╡╇┡┩┴┬┌┐└┘┏┓┗┛┳┻╭╮╰╯┃-]*")
_MOST_ROWS = 500
_LONGEST = 1000


class _Table(NamedTuple):
    header: list[str]
    rows: list[tuple[str, list[str]]]  # each line with its cells


def claims_of_tables(text: str, source: Source) -> Iterator[Claim]:
    """The cells of columns that are headed by a word for accuracy: of epochs, or each of something else."""
    for table in _tables(text):
        named = [i for i, name in enumerate(table.header) if ACCURACY.search(name)]
        numbered = next((i for i, name in enumerate(table.header) if re.match(r"\W*epoch", name, re.IGNORECASE)), None)
        of_epochs = numbered is not None or any("loss" in name.lower() for name in table.header)
        for column in named:
            for n, (line, cells) in enumerate(table.rows, 1):
                claim = _claim(table.header[column], cells, column, line, source)
                if claim is None:
                    continue
                if of_epochs and len(table.rows) > 1:
                    scope = scope_of(table.header[column], "")
                    epoch = _whole(cells[numbered]) if numbered is not None else n
                    running = "running" if scope == "unnamed" else scope
                    yield claim.model_copy(update={"epoch": n if epoch is None else epoch, "scope": running})
                else:
                    yield claim.model_copy(update={"item": n} if len(table.rows) > 1 else {})


def _claim(title: str, cells: list[str], column: int, line: str, source: Source) -> Claim | None:
    number = single_number(cells[column])
    if number is None or number.value is None or not re.search(r"[.,]\d|%", cells[column]):
        return None
    value, unit = number.value, 2 * number.precision
    if not number.percent and value > 1:
        value, unit = value / 100, unit / 100
    if not 0 <= value <= 1:
        return None
    others = " ".join(cell for i, cell in enumerate(cells) if i != column and single_number(cell) is None)
    label = " ".join(re.sub(r"[\W\d_]+", " ", f"{title} in a table").split()).lower()
    return Claim(
        accuracy=round(value, 12),
        unit=unit,
        text=" ".join(line.split())[:120],
        source=source,
        scope=scope_of(f"{title} {others}", ""),
        of=label[:120],
    )


def _tables(text: str) -> Iterator[_Table]:
    """Runs of rows below a line that heads one of their columns with a word for accuracy."""
    table: _Table | None = None
    for line in text.split("\n"):
        if len(line) > _LONGEST or (table is not None and _RULER.fullmatch(line) and line.strip()):
            continue
        cells = _cells(line)
        fitted = _fitted(cells, line, table) if table is not None else None
        if table is not None and fitted is not None and len(table.rows) < _MOST_ROWS:
            table.rows.append((line, fitted))
            continue
        if table is not None and table.rows:
            yield table
        heads = len(cells) > 1 and any(ACCURACY.search(cell) for cell in cells) and not re.search(r"\d[.,]\d", line)
        table = _Table(cells, []) if heads else None
        if table is None and ACCURACY.fullmatch(line.strip()):
            table = _Table([line.strip()], [])
    if table is not None and table.rows:
        yield table


def _cells(line: str) -> list[str]:
    """The cells of a line, without the empty ones at its ends."""
    if len(_DRAWN.findall(line)) > 1:
        cells = [cell.strip() for cell in _DRAWN.split(line)]
        return cells[1 if not cells[0] else 0 : -1 if not cells[-1] else None]
    return [cell.strip() for cell in _APART.split(line.strip())]


def _fitted(cells: list[str], line: str, table: _Table | None) -> list[str] | None:
    """The cells that stand below the table's header: a row may have a label in front, which pandas doesn't head."""
    wanted = len(table.header) if table else 0
    words = line.split()
    for row in (words, cells) if all(single_number(word) for word in words) else (cells, words):
        if len(row) in (wanted, wanted + 1) and len(row) > 1 and any(single_number(cell) for cell in row):
            return row[len(row) - wanted :]
    return None


def _whole(cell: str) -> int | None:
    number = single_number(cell)
    return int(number.value) if number and number.value is not None and 0 <= number.value < 10**6 else None
