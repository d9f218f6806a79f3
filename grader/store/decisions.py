"""What people said of a class, in its store: every version stays, and two people can't overwrite each other."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.exc import IntegrityError

from grader.core.decision import Assignment, Decision, Item, Place, Request, Said
from grader.core.errors import Conflict
from grader.core.portable import as_json
from grader.store.schema import said
from grader.store.store import Store

Kind = TypeVar("Kind", bound=Said)
_NAMES = {Decision: "decision", Item: "item", Request: "request", Assignment: "assignment"}


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
        with self.store.writing() as connection:
            for of, name, record in named:
                same = _same(_NAMES[type(record)], of, name)
                found = select(said.c.version, said.c.record).where(same).order_by(said.c.version.desc()).limit(1)
                newest = connection.execute(found).first()
                if record.version != (newest.version if newest else 0) + 1:
                    raise Conflict(type(record).model_validate_json(newest.record) if newest else None)
                row = {"kind": _NAMES[type(record)], "of": of, "name": name, "version": record.version}
                try:
                    connection.execute(insert(said).values(**row, at=record.at, record=as_json(record)))
                except IntegrityError as error:  # two at once, of whom Postgres lets both look first
                    raise Conflict(None) from error


def _same(kind: str, of: str, name: str) -> ColumnElement[bool]:
    return (said.c.kind == kind) & (said.c.of == of) & (said.c.name == name)


def _check_of(place: Place) -> str:
    return json.dumps([place.problem, place.check])
