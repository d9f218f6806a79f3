"""Reads confusion matrices, also where recognition of a scan left blanks and moved a row."""

import re
from collections.abc import Iterable, Iterator, Sequence

from grader.core.evidence import Confusion, Reading
from grader.core.source import Source
from grader.observation.cells import Row

_COUNT = re.compile(r"\d{1,9}|\d{1,3}(?:,\d{3}){1,2}")
# Letters, Latin and Cyrillic, that recognition of a scan writes for digits.
_ALIKE = str.maketrans(
    {**dict.fromkeys("OoОо", "0"), **dict.fromkeys("IlІі", "1"), **dict.fromkeys("ЗзЭэ", "3"), "б": "6", "Ч": "4"}
)
_FEWEST, _MOST = 3, 100
_MOST_FOUND = 50
_MOST_LINES = 500


def read_confusions(
    found: Iterable[list[Row]], readings: Iterable[Reading], places: Sequence[Source]
) -> tuple[Confusion, ...]:
    """Square tables of counts: with the classes above and beside them, or printed as a matrix."""
    confusions = [c for block in found if (c := _drawn(block[:_MOST_LINES], places)) is not None]
    confusions += _printed(readings)
    return tuple(confusions[:_MOST_FOUND])


def _drawn(block: list[Row], places: Sequence[Source]) -> Confusion | None:
    """A block whose columns are headed 0, 1, 2, ... or 1, 2, 3, ..., and rows likewise."""
    head = next((h for row in block if (h := _head(row)) is not None), None)
    if head is None:
        return None
    start, first, size = head
    rows: list[tuple[list[str], bool]] = []
    line = None
    for row in block:
        cells, moved = _cells_behind(row.cells, str(first + len(rows)), start - 1, size)
        if cells and _head(row) is None:
            rows.append((cells, moved))
            line = row.line if line is None else line
            if len(rows) == size:
                break
    if len(rows) < size or line is None:
        return None
    doubtful = tuple(tuple(c for c in cells if c and not _COUNT.fullmatch(c)) for cells, _ in rows)
    if sum(map(len, doubtful)) > size:  # not counts
        return None
    return Confusion(
        counts=tuple(tuple(_count(cell) for cell in cells) for cells, _ in rows),
        first=first,
        blanks=tuple(cells.count("") for cells, _ in rows),
        doubtful=doubtful,
        source=places[line],
        sure=not any(doubtful) and not any(moved for _, moved in rows),
    )


def _head(row: Row) -> tuple[int, int, int] | None:
    """(column of the first class, that class, number of classes) of a row that only counts up."""
    start = next((i for i, cell in enumerate(row.cells) if cell in ("0", "1")), None)
    if start is None:
        return None
    first, size = int(row.cells[start]), 0
    while start + size < len(row.cells) and row.cells[start + size] == str(first + size):
        size += 1
    rest = row.cells[start + size :]
    return (
        (start, first, size) if _FEWEST <= size <= _MOST and not any(_COUNT.fullmatch(cell) for cell in rest) else None
    )


def _cells_behind(cells: list[str], label: str, column: int, size: int) -> tuple[list[str], bool]:
    """(the cells of a class, whether they had to be moved); none where the row isn't that class's.

    A row that lost or won a cell on its left is found by its label: what stands behind it must fit. Where the head has
    no cell before its classes, all rows have lost their blank ones: each must be as long as the head then.
    """
    fits: list[tuple[int, list[str]]] = []
    for at, cell in enumerate(cells):
        if cell == label:
            behind = cells[at + 1 :]
            while len(behind) > size and not behind[-1]:
                behind.pop()
            if behind and len(behind) <= size:
                fits.append((at, behind + [""] * (size - len(behind))))
    if not fits:
        return [], False
    at, behind = min(fits, key=lambda fit: (fit[0] != column, abs(fit[0] - column)))
    if column >= 0:
        return behind, at != column
    return behind, len(cells) - at - 1 != size or any(character.isdigit() for character in "".join(cells[:at]))


def _count(cell: str) -> int:
    digits = cell.replace(",", "").translate(_ALIKE)
    return int(digits) if _COUNT.fullmatch(digits) else 0


def _printed(readings: Iterable[Reading]) -> Iterator[Confusion]:
    for reading in readings:
        matrix = reading.matrix
        if (
            matrix
            and _FEWEST <= len(matrix) == len(matrix[0])
            and all(x >= 0 and x == int(x) for r in matrix for x in r)
        ):
            yield Confusion(
                counts=tuple(tuple(int(x) for x in row) for row in matrix),
                blanks=(0,) * len(matrix),
                doubtful=((),) * len(matrix),
                source=reading.source,
            )
