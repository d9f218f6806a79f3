"""People's points for a class in a table: for a spreadsheet or as YAML, and read back without overwriting anybody."""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal
from unicodedata import normalize

import yaml

from grader.core.decision import Decision, Item, Place, points_of
from grader.core.errors import SubmissionError
from grader.core.outcome import CheckResult, Grade
from grader.core.record import Record
from grader.core.stored import StoredGrade
from grader.decided import applies
from grader.report.csv import number_cell, starts_formula, text_cell, written
from grader.store import Decisions, Store

_OPEN = ("manual", "error")
_JUDGED = ("passed", "partial", "failed", "skipped")
_ASKED = ("points", "comment", "reason")  # what is read back
Form = Literal["csv", "yaml"]
COLUMNS = ("key", "who", "problem", "check", "max_points", "machine", "found", "note", "version", *_ASKED)
_READ = ("key", "problem", "check", "version", *_ASKED)
_TOLD = ("who", "found", "note")
_MARK = "\ufeff"
_MOST_ERRORS = 20


class Read(Record):
    """What came of a table: decisions that were kept, rows that say nothing new, and conflicts, in words."""

    kept: tuple[Place, ...] = ()
    unchanged: int = 0
    conflicts: tuple[str, ...] = ()


def table(store: Store, *, everything: bool = False, form: Form = "csv") -> str:
    """CSV, or YAML, with a row for each check that a person may decide: those that wait, and those that were decided.

    With `everything` also what the machine judged. `version` counts the decisions on a check until now: whoever fills
    in `points`, `comment` or `reason` leaves it as it is.
    """
    said = Decisions(store)
    items, people = said.items(), store.people()
    rows = []
    for key, stored in sorted(store.current().items()):
        decisions = said.decisions(key)
        who = "; ".join(person.name or person.email or person.id or person.user for person in people.get(key, ()))
        for problem, check in _checks(stored.grade):
            decision = decisions.get(Place(key=key, problem=problem, check=check.name))
            if everything or decision or check.status in _OPEN:
                rows.append(_row(key, who, problem, check, _still(decision, stored, check), decision, items))
    return _as_yaml(rows) if form == "yaml" else _as_csv(rows)


def read(store: Store, text: str, by: str, at: datetime, form: Form = "csv") -> Read:
    """Keep what a table says, as decisions of this person.

    A row that says nothing else than when it was written is left alone. Where somebody decided since, and otherwise,
    the row is a conflict: it is told, and not kept. Raises SubmissionError, and keeps nothing, where rows can't be
    read.
    """
    said = Decisions(store)
    items, current = said.items(), store.current()
    by_key: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for line, row in _each_once(_from_yaml(text) if form == "yaml" else _from_csv(text)):
        by_key.setdefault(row["key"], []).append((line, row))
    decided, errors, conflicts, unchanged = [], [], [], 0
    for key, rows in by_key.items():
        stored = current.get(key)
        checks = {(problem, check.name): check for problem, check in _checks(stored.grade)} if stored else {}
        for line, row in rows:
            place = Place(key=key, problem=row["problem"], check=row["check"])
            check = checks.get((place.problem, place.check))
            if stored is None or check is None:
                errors.append(f"line {line}: there is no check “{place.check}” of {place.problem} of {key}")
                continue
            try:
                change = _change(row, said.history(place), stored, check, place, items, by, at)
            except ValueError as error:
                errors.append(f"line {line}: {error}")
                continue
            if isinstance(change, Decision):
                decided.append(change)
            elif change:
                conflicts.append(f"line {line}, {key}, {place.problem}, “{place.check}”: {change}")
            else:
                unchanged += 1
    if errors:
        more = f" … and {len(errors) - _MOST_ERRORS} more" if len(errors) > _MOST_ERRORS else ""
        raise SubmissionError(
            "; ".join(errors[:_MOST_ERRORS]) + more, hint="Nothing of the table was kept. Mend these."
        )
    said.decide(*decided)
    return Read(kept=tuple(d.place for d in decided), unchanged=unchanged, conflicts=tuple(conflicts))


def _checks(grade: Grade) -> Iterator[tuple[str, CheckResult]]:
    return ((problem.id, check) for problem in grade.problems for check in problem.checks if check.max_score)


def _still(decision: Decision | None, stored: StoredGrade, check: CheckResult) -> Decision | None:
    """A decision that is on what is there now."""
    return decision if decision and applies(decision, stored.provenance.submission, check) else None


def _row(
    key: str,
    who: str,
    problem: str,
    check: CheckResult,
    holds: Decision | None,
    newest: Decision | None,
    items: Mapping[str, Item],
) -> dict[str, str]:
    found = " | ".join(filter(None, (check.message, check.observed)))
    machine = f"{check.status} {number_cell(check.score)}" if check.status in _JUDGED else check.status
    told = (number_cell(check.max_score), machine, found, check.note, str(newest.version if newest else 0))
    return dict(zip(COLUMNS, (key, who, problem, check.name, *told, *_said(holds, items)), strict=True))


def _as_csv(rows: Iterable[Mapping[str, str]]) -> str:
    cells = ([(text_cell if name in _TOLD else _cell)(row[name]) for name in COLUMNS] for row in rows)
    return _MARK + written([list(COLUMNS), *cells])


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # the library has no types
    """Words of several lines as they are read, and nothing where nothing is said."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str" if text else "tag:yaml.org,2002:null", text, style="|" if "\n" in text else None
    ),
)


def _as_yaml(rows: Iterable[Mapping[str, str]]) -> str:
    return str(yaml.dump(list(map(dict, rows)), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


def _said(decision: Decision | None, items: Mapping[str, Item]) -> tuple[str, str, str]:
    """What a decision says, as the cells that are read back."""
    if decision is None:
        return "", "", ""
    points = points_of(decision, items)
    return "" if points is None else number_cell(points), decision.comment, decision.reason


def _change(
    row: Mapping[str, str],
    history: list[Decision],
    stored: StoredGrade,
    check: CheckResult,
    place: Place,
    items: Mapping[str, Item],
    by: str,
    at: datetime,
) -> Decision | str:
    """The decision that a row makes; why it can't be kept, or nothing where it says nothing new. Raises ValueError."""
    newest = history[-1] if history else None
    number = row["version"].strip() or "0"
    if not number.isdigit() or int(number) > len(history):
        raise ValueError(f"“{number}” is no version of it: leave that column as it was written")
    seen = _still(history[int(number) - 1], stored, check) if int(number) else None
    wanted = tuple(row[column] for column in _ASKED)
    points = _points(wanted[0], check.max_score)
    same = _same(seen, points, wanted, items)
    if same or (newest and _same(_still(newest, stored, check), points, wanted, items)):
        return ""
    if newest and newest.version != int(number):
        given = points_of(newest, items)
        return f"{newest.by} gave {'no points' if given is None else number_cell(given)} since this table was written"
    if points is not None and check.status in _JUDGED and not wanted[2].strip():
        raise ValueError(f"the machine judged “{check.name}”: a reason is needed to overrule it")
    stale = newest is not None and newest.decides and _still(newest, stored, check) is None
    if stale and points is None:
        raise ValueError(
            f"what was given for “{check.name}” was for other files, or by another rubric: give points now"
        )
    kept = seen is not None and _said(seen, items)[0] == ("" if points is None else number_cell(points))
    return Decision(
        place=place,
        submission=stored.provenance.submission,
        max_score=check.max_score,
        points=seen.points if seen and kept else points,
        items=seen.items if seen and kept else (),
        comment=wanted[1],
        reason=wanted[2],
        flagged=seen.flagged if seen else False,
        by=by,
        at=at,
        version=len(history) + 1,
    )


def _same(decision: Decision | None, points: float | None, wanted: tuple[str, ...], items: Mapping[str, Item]) -> bool:
    cells = _said(decision, items)
    known = float(cells[0]) if cells[0] else None
    return (known, *cells[1:]) == (points, *wanted[1:])


def _points(cell: str, most: float) -> float | None:
    if not cell.strip():
        return None
    try:
        points = float(cell.strip().replace(",", "."))
    except ValueError:
        raise ValueError(f"“{cell}” is no number of points") from None
    if not (math.isfinite(points) and 0 <= points <= most):
        raise ValueError(f"{cell} points are not between 0 and {number_cell(most)}")
    return points


def _each_once(rows: Iterable[tuple[int, dict[str, str]]]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows. Raises SubmissionError for two of the same check."""
    met: dict[tuple[str, ...], int] = {}
    for line, row in rows:
        where = (row["key"], row["problem"], row["check"])
        if where in met:
            raise SubmissionError(f"lines {met[where]} and {line} are the same check of {row['key']}")
        met[where] = line
        yield line, row


def _from_yaml(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows by their columns, each with its line, all values as they are written. Raises SubmissionError."""
    try:
        tree = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise SubmissionError(f"is no YAML: {where}{getattr(error, 'problem', error)}") from error
    if not isinstance(tree, yaml.SequenceNode):
        raise SubmissionError("is no list of checks", hint="Fill in a table that --write has written.")
    for node in tree.value:
        line = node.start_mark.line + 1
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        row = {
            key.value: "" if value.tag == "tag:yaml.org,2002:null" else value.value.replace("\r\n", "\n")
            for key, value in pairs
            if isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode)
        }
        if missing := [name for name in _READ if name not in row]:
            raise SubmissionError(f"line {line}: {', '.join(missing)} is missing, or no plain value")
        yield line, row


def _from_csv(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows by their columns, each with its line. Raises SubmissionError."""
    text = text.removeprefix(_MARK)
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else "\t" if "\t" in head else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [column.strip() for column in next(reader, [])]
        if missing := [name for name in _READ if name not in columns]:
            raise SubmissionError(
                f"has no column {', '.join(missing)}", hint="Fill in a table that --write has written."
            )
        for cells in reader:
            if not any(cells):
                continue
            row = dict(zip(columns, [*cells, *[""] * len(columns)], strict=False))
            yield reader.line_num, row | {name: _plain(row[name]) for name in ("key", "problem", "check", *_ASKED)}
    except csv.Error as error:
        raise SubmissionError(f"is no CSV: line {reader.line_num}: {error}") from error


def _cell(text: str) -> str:
    """Text that is read back as it was; where a spreadsheet would run it, behind an apostrophe."""
    return f"'{text}" if starts_formula(text.lstrip("'")) else text


def _plain(cell: str) -> str:
    """What `_cell`, or `text_cell`, made a cell of; spreadsheets change the ends of lines."""
    text = cell.replace("\r\n", "\n")
    behind = text.startswith("'") and starts_formula(normalize("NFKC", text).lstrip("'"))
    return text[1:] if behind else text
