"""Grades go into the column of a given file, beside those that stand there."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from grader.core.handover import Handover
from grader.report._text import one_line, points
from grader.report.exports._people import Row
from grader.report.exports._results import called, listed, points_of
from grader.report.exports._table import Table

_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_EMPTY = ("", "-")


class Filled(NamedTuple):
    """The bytes of the file, and what is said of the grades that stood there."""

    file: bytes
    said: list[str]


def fill(table: Table, column: int, rows: Mapping[int, Row], handover: Handover) -> Filled:
    """Write each person's points into the row that is theirs.

    A grade that is there is replaced by a final one alone, and that is said. What is no number, as `EX` for excused,
    stays.
    """
    mark = table.decimal_mark
    numbers: dict[int, str] = {}
    fewer: list[str] = []
    more: list[str] = []
    kept: list[str] = []
    for place, row in rows.items():
        standing = handover.standings[place]
        who = called(standing.person, standing.key)
        new = points_of(standing, handover)
        there = table.cell(row.place, column).strip()
        if there in _EMPTY:
            old = None
        elif _NUMBER.fullmatch(there):
            old = float(there.replace(",", "."))
        else:
            kept += [f"{who}: {one_line(there)}"] if new.value is not None else []
            continue
        if new.value is not None and old is not None and points(old) == points(new.value):
            continue
        if old is not None and not new.final:
            kept.append(f"{who}: {points(old)}")
        elif row.locked:
            kept.append(f"{who}: {row.locked}")
        elif new.value is not None:
            numbers[row.place] = points(new.value).replace(".", mark)
            if old is not None:
                (fewer if new.value < old else more).append(f"{who}: {points(old)} becomes {points(new.value)}")
    return Filled(
        table.filled(column, numbers),
        [
            *listed("Replaced what was there by fewer points; look whether somebody had changed it", fewer),
            *listed("Replaced what was there by more points", more),
            *listed("Kept what was there", kept),
        ],
    )


def said_of_maximum(there: str, handover: Handover) -> list[str]:
    """Where the platform counts up to another number, which changes what points mean."""
    if not _NUMBER.fullmatch(there.strip()):
        return []
    most = float(there.strip().replace(",", "."))
    ours = sorted({standing.max_points for standing in handover.standings} - {most})
    if not ours:
        return []
    return [
        f"The platform counts up to {points(most)} points, the rubric up to {' or '.join(map(points, ours))}: "
        "points are handed on as they are."
    ]
