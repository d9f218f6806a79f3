"""Gradescope: scores in the form of its own "Download Grades".

Gradescope's guides (https://guides.gradescope.com) know an import of rosters and of submissions and none of scores: it
gives scores by its rubrics and by `results.json` of an autograder, which `grader/report/gradescope.py` writes. Nor does
it take files of feedback. What reads Gradescope's download reads this file, which has the columns of the download.
"""

from collections.abc import Sequence

from grader.core.handover import Exported, Handover
from grader.report.csv import number_cell, text_cell, written
from grader.report.exports._fill import fill
from grader.report.exports._people import Row, alike, match
from grader.report.exports._results import points_of, said_of_points
from grader.report.exports._table import read_table

_HEAD = (
    "Name",
    "SID",
    "Email",
    "Sections",
    "Total Score",
    "Max Points",
    "Status",
    "Submission Time",
    "Lateness (H:M:S)",
)
_SCORE = "total score"
_NO_IMPORT = "Gradescope imports no scores: this is the form of its download, for whatever reads that."


def export(handover: Handover) -> Exported:
    """`gradescope.csv`: a new one, or the given download with its `Total Score` filled in."""
    file, said = _new(handover) if handover.given is None else _filled(handover, handover.given)
    return Exported(files={"gradescope.csv": file}, said=(_NO_IMPORT, *said_of_points(handover), *said))


def _new(handover: Handover) -> tuple[bytes, list[str]]:
    problems = dict.fromkeys(problem.id for standing in handover.standings for problem in standing.problems)
    rows = [[*_HEAD, *map(text_cell, problems)]]
    for standing in handover.standings:
        person, value = standing.person, points_of(standing, handover).value
        earned = {problem.id: problem.points for problem in standing.problems if value is not None}
        status = "Missing" if standing.state == "missing" else "Ungraded" if value is None else "Graded"
        rows.append(
            [
                *map(text_cell, (person.name, person.id, person.email, person.section)),
                "" if value is None else number_cell(value),
                number_cell(standing.max_points),
                status,
                str(standing.at or ""),
                _clock(standing.late.seconds) if standing.late else "",
                *(number_cell(earned[problem]) if problem in earned else "" for problem in problems),
            ]
        )
    return written(rows).encode(), []


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(round(seconds), 0), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}"


def _filled(handover: Handover, given: bytes) -> tuple[bytes, list[str]]:
    wanted = alike(handover.column) or _SCORE

    def fits(cells: Sequence[str]) -> bool:
        known = {alike(cell) for cell in cells}
        return wanted in known and bool({"sid", "email"} & known)

    table = read_table(given, fits, f"{handover.column or 'Total Score'}, and SID or Email")
    at = {alike(heading): column for column, heading in reversed([*enumerate(table.headings)])}

    def cell(row: int, heading: str) -> str:
        return table.cell(row, at.get(heading))

    people = [
        Row(
            place=row,
            name=cell(row, "name") or f"{cell(row, 'first name')} {cell(row, 'last name')}".strip(),
            ids=(cell(row, "sid"),),
            email=cell(row, "email"),
        )
        for row in table.places
        if any(cell(row, heading).strip() for heading in ("name", "first name", "last name", "sid", "email"))
    ]
    matched = match(handover.standings, people, "gradescope", handover.layout)
    filled = fill(table, at[wanted], matched.rows, handover)
    return filled.file, [*matched.said, *filled.said]
