"""The store of a class: every write is whole or absent, and what is written stays."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, RowMapping, Select, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from grader.core.errors import MachineError
from grader.core.handin import HandedIn, Handin, Person
from grader.core.outcome import FORMAT_VERSION, Grade, SubmissionInfo
from grader.core.portable import as_json
from grader.core.stored import Cut, Ending, Provenance, Result, Run, RunStart, StoredGrade, state_of
from grader.store.best import best_known, holding
from grader.store.database import opened, without_passwords, writing
from grader.store.failures import explained
from grader.store.schema import exports, handins, people, results, runs, steps

MOST_BYTES = 256 * 1024**2  # of one step's value, or one record, before it is compressed
_NUMBERS = [column for column in results.c if column.name != "record"]
_DIGESTS = tuple(Provenance.model_fields)


class Store:
    """Runs, who handed in what, results and steps of one assignment of a class.

    Each method is one transaction, so that a crash loses at most the write under way. Several processes may write at
    once, each through a store that it opened itself; threads may share one. What a database raises is a MachineError.
    """

    def __init__(self, engine: Engine, where: str) -> None:
        self.where = where
        self._engine = engine

    @classmethod
    @contextmanager
    def open(cls, where: Path | str, *, create: bool = True, wait: float = 30) -> Iterator[Store]:
        """The store in a folder (`grades.db` there), or at the URL of a Postgres database, with all its tables.

        Without `create` there must be one already. `wait` are the seconds that another process may hold it.
        """
        with opened(where, create=create, wait=wait) as (engine, name):
            yield cls(engine, name)

    def begin_run(self, start: RunStart) -> int:
        """Write down that a run begins; gives its number. Passwords in URLs are left out."""
        row = start.model_dump(mode="json")
        row["settings"] = as_json({name: value for name, value in row["settings"].items() if name != "salt"})
        row |= {name: without_passwords(row[name]) for name in ("command", "source", "settings")}
        with self.writing() as connection:
            added = insert(runs).values(started=_now(), **row).returning(runs.c.number)
            return int(connection.scalars(added).one())

    def end_run(self, run: int, ending: Ending) -> None:
        """Write down how a run ended; what was written first stays."""
        with self.writing() as connection:
            still_open = (runs.c.number == run) & runs.c.ended.is_(None)
            connection.execute(update(runs).where(still_open).values(ended=_now(), ending=ending))

    def runs(self) -> list[Run]:
        """All runs, the first one first."""
        query = select(runs, exports.c.layout).outerjoin(exports).order_by(runs.c.number)
        with self.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            Run.model_validate({**row, "settings": json.loads(row["settings"]), "layout": row["layout"] or ""})
            for row in rows
        ]

    def save_handed_in(self, run: int, handed_in: HandedIn) -> None:
        """Write down who handed in what, and who did not: once a run."""
        records = [handin.model_dump(mode="json", exclude={"people"}) for handin in handed_in.handins]
        whose: list[tuple[str | None, Person]] = [(h.key, person) for h in handed_in.handins for person in h.people]
        whose += [(None, person) for person in handed_in.missing]
        with self.writing() as connection:
            connection.execute(insert(exports).values(run=run, layout=handed_in.layout, said=as_json(handed_in.said)))
            _add_all(connection, handins, run, [{"key": r["key"], "record": as_json(r)} for r in records])
            _add_all(connection, people, run, [{"key": key, **person.model_dump()} for key, person in whose])

    def handed_in(self, run: int) -> HandedIn | None:
        """Who handed in what, as it was saved in a run; None where nothing was."""
        with self.reading() as connection:
            export = connection.execute(select(exports).where(exports.c.run == run)).mappings().first()
            if export is None:
                return None
            records = connection.scalars(select(handins.c.record).where(handins.c.run == run).order_by(handins.c.place))
            found = [json.loads(record) for record in records]
            whose = _people(connection, people.c.run == run)
        return HandedIn(
            layout=export["layout"],
            handins=tuple(Handin.model_validate({**h, "people": whose[h["key"]][run]}) for h in found),
            missing=tuple(whose[None][run]),
            said=tuple(json.loads(export["said"])),
        )

    def people(self, until: int | None = None) -> dict[str, tuple[Person, ...]]:
        """Whose each hand-in is, by key, as the last run that has it says; `until` leaves out the runs after it."""
        with self.reading() as connection:
            whose = _people(connection, _until(people.c.run, until))
        return {key: tuple(by_run[max(by_run)]) for key, by_run in whose.items() if key is not None}

    def save_grade(self, run: int, key: str, provenance: Provenance, grade: Grade, *, cut: Cut = "") -> None:
        """Write down the grade of a hand-in, beside all that were saved before.

        `cut` says what kept the machine from judging all that it can, which what holds (`current`) goes by.
        """
        result = Result(
            id=0,
            run=run,
            key=key,
            saved=_now(),
            provenance=provenance,
            state=state_of(grade),
            cut=cut,
            **{name: getattr(grade, name) for name in ("score", "max_score", "manual_points", "error_points")},
        )
        row = result.model_dump(exclude={"id", "provenance", "earlier"}) | provenance.model_dump()
        row["record"] = _packed(as_json(grade).encode(), f"the record of {key}")
        with self.writing() as connection:
            connection.execute(insert(results).values(row))

    def known(self, provenance: Provenance) -> StoredGrade | None:
        """A complete grade of the same files under the same rubric, data, grader and settings, or None.

        It may be that of another hand-in with the same files, whose name is then in it: `key` tells.
        """
        same = [results.c[name] == getattr(provenance, name) for name in _DIGESTS]
        with self.reading() as connection:
            found = list(self._results(connection, select(*_NUMBERS).where(*same)))
        complete = [result for result in found if result.complete]
        return self._with_grade(complete[-1]) if complete else None

    def best(self, key: str, submission: str, rubric: str) -> StoredGrade | None:
        """The best known result of a hand-in for these digests of its files and of the rubric, or None."""
        same = (results.c.key == key, results.c.submission == submission, results.c.rubric == rubric)
        with self.reading() as connection:
            found = list(self._results(connection, select(*_NUMBERS).where(*same)))
        return self._with_grade(best_known(found)) if found else None

    def current(self, until: int | None = None) -> Current:
        """What holds of each hand-in that has a result, by key; `until` leaves out the runs after it.

        Of the results for the last submission and rubric the best known holds: an error, or a run without time or data,
        never takes the place of what was judged (`best.py`). A new submission or rubric starts anew, and `earlier` then
        tells what was judged before.
        """
        by_key: defaultdict[str, list[Result]] = defaultdict(list)
        with self.reading() as connection:
            for result in self._results(connection, select(*_NUMBERS).where(_until(results.c.run, until))):
                by_key[result.key].append(result)
            whose = _people(connection, _until(people.c.run, until))
        held = {key: holding(found, whose.get(key, {})) for key, found in by_key.items()}
        return Current(self, {key: result for key, result in held.items() if result})

    def grades_of(self, run: int | None = None) -> Iterator[StoredGrade]:
        """What held of each hand-in after a run, or holds now: one at a time, so that memory holds a single record."""
        yield from self.current(run).values()

    def results_of(self, first: int, last: int) -> list[Result]:
        """All results that were saved in these runs and those between, in the order in which they were saved."""
        with self.reading() as connection:
            return list(self._results(connection, select(*_NUMBERS).where(results.c.run.between(first, last))))

    def save_step(self, run: int, key: str, value: bytes, *, kind: str, seconds: float) -> None:
        """Keep what a step gave under the digest of all that it depends on; one that is there already stays.

        Raises MachineError for a value of more than 256 MiB.
        """
        row = {"key": key, "kind": kind, "seconds": seconds, "saved": _now(), "run": run}
        add = sqlite.insert(steps) if self._engine.dialect.name == "sqlite" else postgresql.insert(steps)
        packed = _packed(value, f"what the step {kind} gave")
        with self.writing() as connection:
            connection.execute(add.values(**row, value=packed).on_conflict_do_nothing(index_elements=["key"]))

    def step(self, key: str) -> bytes | None:
        """What a step gave, or None where it was never done."""
        with self.reading() as connection:
            packed = connection.scalar(select(steps.c.value).where(steps.c.key == key))
        return None if packed is None else self._unpacked(packed)

    def _with_grade(self, result: Result) -> StoredGrade:
        with self.reading() as connection:
            packed = connection.scalar(select(results.c.record).where(results.c.id == result.id))
        return StoredGrade(**dict(result), grade=_grade(result, self._unpacked(packed)))

    def _results(self, connection: Connection, query: Select[Any]) -> Iterator[Result]:
        for row in connection.execute(query.order_by(results.c.id)).mappings():
            yield _result(row)

    def _unpacked(self, packed: bytes | None) -> bytes:
        try:
            return zlib.decompress(packed or b"")
        except zlib.error as error:
            raise MachineError(
                f"is damaged: a value can't be read ({error})",
                where=self.where,
                hint="Put a copy of the database from before in its place.",
            ) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that reads; what the database raises is a MachineError."""
        with explained(self.where), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that writes, whole or not at all."""
        with explained(self.where), writing(self._engine) as connection, connection.begin():
            yield connection


class Current(Mapping[str, StoredGrade]):
    """What holds of each hand-in, by key. Numbers are in memory (`results`); a record is read when it is asked for."""

    def __init__(self, store: Store, results: dict[str, Result]) -> None:
        self.results = results
        self._store = store

    def __getitem__(self, key: str) -> StoredGrade:
        return self._store._with_grade(self.results[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)


def _now() -> datetime:
    return datetime.now(UTC)


def _until(column: Any, run: int | None) -> Any:
    return column == column if run is None else column <= run


def _add_all(connection: Connection, table: Any, run: int, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), [{"run": run, "place": place, **row} for place, row in enumerate(rows)])


def _people(connection: Connection, which: Any) -> defaultdict[str | None, defaultdict[int, list[Person]]]:
    """People by key, None where they handed in nothing, and by run."""
    found: defaultdict[str | None, defaultdict[int, list[Person]]] = defaultdict(lambda: defaultdict(list))
    rows = connection.execute(select(people).where(which).order_by(people.c.run, people.c.place)).mappings()
    for row in rows:
        found[row["key"]][row["run"]].append(Person(**{name: row[name] for name in Person.model_fields}))
    return found


def _result(row: RowMapping) -> Result:
    plain = {name: row[name] for name in Result.model_fields if name in row}
    return Result(**plain, provenance=Provenance(**{name: row[name] for name in _DIGESTS}))


def _grade(result: Result, record: bytes) -> Grade:
    """The grade; of a record whose form this version doesn't know, what the store knows besides."""
    plain = json.loads(record)
    try:
        if plain.get("format_version") == FORMAT_VERSION:
            return Grade.model_validate(plain)
    except ValidationError:
        pass
    return Grade(
        rubric=str(plain.get("rubric", "")),
        title=str(plain.get("title", "")),
        submission=SubmissionInfo(id=result.key),
        **{name: getattr(result, name) for name in ("score", "max_score", "manual_points", "error_points")},
        problems=(),
        notes=("Another version of the grader wrote this record: grade it again to see more than its points.",),
    )


def _packed(value: bytes, what: str) -> bytes:
    if len(value) > MOST_BYTES:
        raise MachineError(f"{what} has {len(value):,} bytes; the store takes {MOST_BYTES:,}")
    return zlib.compress(value, 1)
