"""The gradebook of a class: one row a submission, one column a problem."""

import csv
import io
import math
from collections.abc import Iterable

from grader.core.outcome import Grade
from grader.report._text import one_line, points

_HEAD = ("id", "score", "max_score", "manual_points", "error_points")
# A spreadsheet runs a cell that begins so, also in full width. Tabs and line ends are gone by then.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def gradebook(grades: Iterable[Grade]) -> str:
    """CSV with a header. Problems stand in the order in which they first appear; a missing one is an empty cell.

    Where a due date is known, `score` is before lateness, `final` after it, and `late` says what it makes of it.
    """
    grades = list(grades)
    problems = list(dict.fromkeys(p.id for grade in grades for p in grade.problems))
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    dated = any(grade.late for grade in grades)
    rows.writerow([*_HEAD, *(("final", "late") if dated else ()), *map(_text, problems), "unread", "notes"])
    for grade in grades:
        scores = {p.id: p.score for p in grade.problems}
        rows.writerow(
            [
                _text(grade.submission.id),
                *map(_number, (grade.score, grade.max_score, grade.manual_points, grade.error_points)),
                *((_number(grade.final), _text(grade.late.why if grade.late else "")) if dated else ()),
                *(_number(scores.get(problem, math.nan)) for problem in problems),
                _text("; ".join(grade.unread)),
                _text("; ".join(grade.notes)),
            ]
        )
    return out.getvalue()


def _text(text: str) -> str:
    cell = one_line(text, limit=2000)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _number(value: float) -> str:
    return points(value) if math.isfinite(value) else ""
