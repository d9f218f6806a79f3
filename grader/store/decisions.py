"""What people said of a class, in its store: every version stays, and two people can't overwrite each other."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.exc import IntegrityError

from grader.core.decision import Assignment, Decision, Item, Place, Request, Ruling, Said, SecondOpinion
from grader.core.errors import Conflict
from grader.core.portable import as_json
from grader.store.schema import said
from grader.store.store import Store

Kind = TypeVar("Kind", bound=Said)
_NAMES: dict[type[Said], str] = {
    Decision: "decision", Item: "item", Request: "request", Assignment: "assignment", SecondOpinion: "second opinion",
    Ruling: "ruling",
}  # fmt: skip
_KINDS = {name: kind for kind, name in _NAMES.items()}


class Decisions:
    """Decisions, rubric items, requests and assignments of the class in a store. Each method is one transaction."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def decisions(self, key: str | None = None, until: datetime | None = None) -> dict[Place, Decision]:
        """The newest decision on each check: of one hand-in or all, as it was at a moment or is now."""
        return {decision.place: decision for decision in self._newest(Decision, key, until)}

    def decision(self, place: Place) -> Decision | None:
        """The newest decision on a check, or None."""
        return next(iter(self.history(place)[-1:]), None)

    def history(self, place: Place) -> list[Decision]:
        """All decisions on a check, the first one first."""
        with self.store.reading() as connection:
            same = _same("decision", place.key, _check_of(place))
            records = connection.scalars(select(said.c.record).where(same).order_by(said.c.version)).all()
        return [Decision.model_validate_json(record) for record in records]

    def decide(self, *decisions: Decision) -> None:
        """Keep decisions, all of them or none. Raises Conflict where one's version isn't the one after the newest."""
        self._say([(decision.place.key, _check_of(decision.place), decision) for decision in decisions])

    def give_second_opinions(self, *opinions: SecondOpinion) -> None:
        """Keep what others give who have not seen the decisions, each the one of its person. Raises Conflict."""
        self._say([(o.place.key, json.dumps([o.place.problem, o.place.check, o.by]), o) for o in opinions])

    def said_after(self, number: int) -> tuple[int, list[Said]]:
        """(a number that counts up, all that was said after an earlier such number, in its order)."""
        with self.store.reading() as connection:
            query = select(said.c.id, said.c.kind, said.c.record).where(said.c.id > number).order_by(said.c.id)
            rows = connection.execute(query).all()
        known = [row for row in rows if row.kind in _KINDS]  # a newer grader may know more
        return max([number, *(row.id for row in rows)]), [_KINDS[r.kind].model_validate_json(r.record) for r in known]

    def items(self, until: datetime | None = None) -> dict[str, Item]:
        """The rubric items by their ids, removed ones among them."""
        return {item.id: item for item in self._newest(Item, until=until)}

    def save_item(self, item: Item) -> None:
        """Keep a rubric item. Raises Conflict."""
        self._say([("", item.id, item)])

    def requests(self) -> dict[str, Request]:
        """The requests to look again, by their ids."""
        return {request.id: request for request in self._newest(Request)}

    def save_request(self, request: Request) -> None:
        """Keep a request, or what became of it. Raises Conflict."""
        self._say([("", request.id, request)])

    def rulings(self, key: str | None = None) -> list[Ruling]:
        """The newest ruling on each problem: of one hand-in, or of all."""
        return self._newest(Ruling, key)

    def rule(self, ruling: Ruling) -> None:
        """Keep a ruling. Raises Conflict."""
        self._say([(ruling.key, ruling.settled.problem, ruling)])

    def assignments(self) -> dict[str, Assignment]:
        """Who grades what, by their names."""
        return {assignment.grader: assignment for assignment in self._newest(Assignment)}

    def save_assignment(self, assignment: Assignment) -> None:
        """Keep who grades what. Raises Conflict."""
        self._say([("", assignment.grader, assignment)])

    def _newest(self, kind: type[Kind], of: str | None = None, until: datetime | None = None) -> list[Kind]:
        """The newest of each, in the order in which they were said."""
        which = said.c.kind == _NAMES[kind]
        if of is not None:
            which &= said.c.of == of
        if until is not None:
            which &= said.c.at <= until
        newest = select(func.max(said.c.id)).where(which).group_by(said.c.of, said.c.name)
        with self.store.reading() as connection:
            query = select(said.c.record).where(said.c.id.in_(newest)).order_by(said.c.id)
            records = connection.scalars(query).all()
        return [kind.model_validate_json(record) for record in records]

    def _say(self, named: Sequence[tuple[str, str, Said]]) -> None:
        rows: dict[tuple[str, str], list[dict[str, object]]] = {}
        for of, name, record in named:
            kind = _NAMES[type(record)]
            row = {"kind": kind, "of": of, "name": name, "version": record.version, "at": record.at}
            rows.setdefault((kind, name), []).append(row | {"record": as_json(record)})
        with self.store.writing() as connection:
            for (kind, name), new in rows.items():
                seen = (said.c.kind == kind) & (said.c.name == name) & said.c.of.in_([row["of"] for row in new])
                highest = select(said.c.of, func.max(said.c.version).label("version")).where(seen).group_by(said.c.of)
                newest = {row.of: row.version for row in connection.execute(highest)}
                for row in new:
                    version = newest.get(str(row["of"]), 0)
                    if row["version"] != version + 1:
                        same = _same(kind, str(row["of"]), name) & (said.c.version == version)
                        found = connection.scalar(select(said.c.record).where(same))
                        raise Conflict(_KINDS[kind].model_validate_json(found) if found else None)
                try:
                    connection.execute(insert(said), new)
                except IntegrityError as error:  # two at once, of whom Postgres lets both look first
                    raise Conflict(None) from error


def _same(kind: str, of: str, name: str) -> ColumnElement[bool]:
    return (said.c.kind == kind) & (said.c.of == of) & (said.c.name == name)


def _check_of(place: Place) -> str:
    return json.dumps([place.problem, place.check])
