"""The order in which a page is read: its columns one after the other, and in each what stands from top to bottom."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from grader.core.document import Run
from grader.documents.pdf.atoms import Atom, Box
from grader.documents.pdf.rows import Row, rows_of
from grader.documents.pdf.tables import Table, aligned

_GUTTER = 0.85  # of the size of letters
_FEWEST = 5  # rows that begin at the left edge of a second column


@dataclass(frozen=True)
class Thing:
    """What stands among the rows of a page and is none: a figure, what the machine can't read, a link, typed words."""

    kind: Literal["figure", "unread", "link", "words"]
    box: Box
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True)
class Region:
    """A column, or what spans columns: rows, tables and things from top to bottom, between two margins."""

    content: list[Row | Table | Thing]
    left: float
    right: float


def regions_of(atoms: list[Atom], placed: list[Table | Thing], depth: int = 2) -> list[Region]:
    """The regions of a page in the order in which they are read."""
    rows = rows_of(atoms)
    edge = _second_column(rows) if depth else None
    if edge is None:
        return [_region(rows, placed)]
    found: list[Region] = []
    bands: list[tuple[bool, list[Atom], list[Table | Thing]]] = []
    entries: list[tuple[float, Row | Table | Thing]] = [(_height(row), row) for row in rows]
    entries += [(_height(each), each) for each in placed]
    beside = [row.base for row in rows if _begins_at(row, edge)]
    last = 0.0
    for height, entry in sorted(entries, key=lambda pair: -pair[0]):
        # Below the last row of the second column the first one goes on without a gap, or both have ended.
        near = bool(bands) and not bands[-1][0] and last - height < 24
        across = _spans(entry, edge) or not (min(beside) - 4 < height < max(beside) + 16 or near)
        last = height
        if not bands or bands[-1][0] != across:
            bands.append((across, [], []))
        if isinstance(entry, Row):
            bands[-1][1].extend(each for token in entry.tokens for each in (token.atom, *token.upper, *token.lower))
        else:
            bands[-1][2].append(entry)
    for across, words, things in bands:
        if across:
            found.append(_region(rows_of(words), things))
            continue
        for side in (True, False):
            part = [atom for atom in words if (atom.x < edge) == side]
            some = [each for each in things if (each.box.x0 + each.box.x1 < 2 * edge) == side]
            if part or some:
                found.extend(regions_of(part, some, depth - 1))
    return found


def _region(rows: list[Row], placed: list[Table | Thing]) -> Region:
    tables = aligned(rows)
    inside = {i for start, stop, _ in tables for i in range(start, stop)}
    entries: list[tuple[float, Row | Table | Thing]]
    entries = [(_height(row), row) for i, row in enumerate(rows) if i not in inside]
    entries += [(_height(each), each) for each in (*placed, *(table for _, _, table in tables))]
    content = [entry for _, entry in sorted(entries, key=lambda pair: -pair[0])]
    lefts = [row.x0 for row in rows] or [0.0]
    rights = [row.x1 for row in rows] or [0.0]
    return Region(content, min(lefts), max(rights))


def _height(entry: Row | Table | Thing) -> float:
    """Where it stands among the rest: a small thing in a row comes after it."""
    if isinstance(entry, Row):
        return entry.base + 0.3 * entry.size
    if isinstance(entry, Table) or entry.box.height > 36:
        return entry.box.y1 - 4
    return (entry.box.y0 + entry.box.y1) / 2 - 3


def _spans(entry: Row | Table | Thing, edge: float) -> bool:
    if isinstance(entry, Row):
        return any(left < edge - 8 and right > edge + 4 for left, right in _segments(entry))
    return entry.box.x0 < edge - 12 and entry.box.x1 > edge + 12


def _segments(row: Row) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for token in row.tokens:
        if found and token.x0 - found[-1][1] < _GUTTER * row.size:
            found[-1] = (found[-1][0], max(found[-1][1], token.x1))
        else:
            found.append((token.x0, token.x1))
    return found


def _second_column(rows: list[Row]) -> float | None:
    """Where a second column of prose begins; None where there is none."""
    if len(rows) < 2 * _FEWEST // 2:
        return None
    segments = [(left, right) for row in rows for left, right in _segments(row)]
    first, last = min(left for left, _ in segments), max(right for _, right in segments)
    wide = last - first
    starts = Counter(round(left) for left, _ in segments if first + 0.25 * wide < left < first + 0.75 * wide)
    if not starts:
        return None
    edge = max(starts, key=lambda x: starts[x] + starts[x - 1] + starts[x + 1])
    if starts[edge] + starts[edge - 1] + starts[edge + 1] < _FEWEST:
        return None
    beside = [row for row in rows if _begins_at(row, edge - 2)]
    there = [segment for row in beside for segment in _segments(row)]
    highest, lowest = max(row.base for row in beside), min(row.base for row in beside)
    around = [segment for row in rows if lowest - 2 <= row.base <= highest + 2 for segment in _segments(row)]
    left_side = [(left, right) for left, right in around if right < edge + 1]
    right_side = [(left, right) for left, right in there if left > edge - 3]
    crossing = sum(left < edge - 8 and right > edge + 4 for left, right in around)
    if len(left_side) < _FEWEST or crossing > len(left_side) + len(right_side):
        return None
    # Cells of a table are short where a column's lines reach from margin to margin.
    wide_left = edge - min(left for left, _ in left_side)
    wide_right = max(right for _, right in right_side) - edge
    if _middling(left_side) < 0.5 * wide_left or _middling(right_side) < 0.5 * wide_right:
        return None
    if wide_right < 0.5 * wide_left:
        return None
    return edge - 2


def _begins_at(row: Row, edge: float) -> bool:
    return any(abs(left - edge - 2) < 2.5 for left, _ in _segments(row))


def _middling(segments: list[tuple[float, float]]) -> float:
    widths = sorted(right - left for left, right in segments)
    return widths[len(widths) // 2] if widths else 0.0
