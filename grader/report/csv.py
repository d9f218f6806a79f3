"""The gradebook of a class: one row a person, one column a problem."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from unicodedata import normalize

from grader.core.standing import Standing
from grader.report._text import one_line, points

_PERSON = ("name", "id", "email", "user", "section", "key", "state", "score", "raw", "max_score")
_REST = ("manual_points", "error_points", "attempt", "handed_in_at", "lateness", "unread", "notes")
_MARK = "\ufeff"  # without it Excel reads UTF-8 as the letters of the machine's own language
_MOST = 30_000  # letters; a spreadsheet's cell takes 32,767
# A spreadsheet runs a cell that begins so. Spaces, tabs and line ends before it are gone by then.
_FORMULA = ("=", "+", "-", "@", "\N{MINUS SIGN}")


def gradebook(standings: Iterable[Standing], problems: Sequence[str] = ()) -> str:
    """CSV with a header and a byte order mark: a row for everyone, also where nothing was handed in or graded.

    Columns of problems stand in the order of `problems`, others that a standing knows after them. `score` is what
    lateness left of `raw`; who handed in nothing has neither. Times are in ISO 8601.
    """
    standings = list(standings)
    columns = list(dict.fromkeys([*problems, *(p.id for standing in standings for p in standing.problems)]))
    heads = (f"problem {column}" if column in (*_PERSON, *_REST) else column for column in columns)
    return _MARK + written([[*_PERSON, *map(text_cell, heads), *_REST], *(_row(s, columns) for s in standings)])


def _row(standing: Standing, columns: Sequence[str]) -> list[str]:
    person, earned = standing.person, {p.id: p.points for p in standing.problems}
    nothing = standing.state == "missing"
    return [
        *map(text_cell, (person.name, person.id, person.email, person.user, person.section, standing.key)),
        standing.state,
        *("" if nothing else number_cell(value) for value in (standing.points, standing.raw)),
        number_cell(standing.max_points),
        *(number_cell(earned.get(column, math.nan)) for column in columns),
        *map(number_cell, (standing.waiting, standing.error)),
        "" if standing.attempt is None else str(standing.attempt),
        "" if standing.at is None else standing.at.isoformat(),
        text_cell(standing.late.why if standing.late else ""),
        text_cell("; ".join(standing.unread)),
        text_cell("; ".join((*standing.notes, *standing.to_confirm))),
    ]


def text_cell(text: str) -> str:
    """Text on one line; where a spreadsheet would run it, behind an apostrophe."""
    cell = one_line(text, limit=_MOST)
    return f"'{cell}" if starts_formula(cell) else cell


def starts_formula(text: str) -> bool:
    """Whether a spreadsheet would run a cell that begins so."""
    return normalize("NFKC", text[:1]).startswith(_FORMULA)


def number_cell(value: float) -> str:
    """A number as people write it; nothing for what is none."""
    return points(value) if math.isfinite(value) else ""


def written(rows: Iterable[Iterable[str]]) -> str:
    """Rows of cells as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
