"""Who is who among hand-ins: the latest attempt of each, and which two are one person's or one group's."""

from collections.abc import Sequence
from datetime import UTC, datetime
from unicodedata import normalize

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from grader.alike.record import Work
from grader.core.handin import Person

_NEVER = datetime.min.replace(tzinfo=UTC)


def latest(works: Sequence[Work]) -> list[Work]:
    """The latest hand-in of the same people, sorted by key."""
    found: dict[object, Work] = {}
    for work, people in zip(works, people_of(works), strict=True):
        whose: object = people or work.key
        if whose not in found or _when(work) > _when(found[whose]):
            found[whose] = work
    return sorted(found.values(), key=lambda work: work.key)


def people_of(works: Sequence[Work]) -> list[frozenset[int]]:
    """The people of each hand-in, as numbers: who has an id, a user name or an address in common is one person.

    A name alone makes nobody the same: two of a class may share it.
    """
    marks: dict[object, int] = {}
    links: list[tuple[int, int]] = []
    firsts: list[list[int]] = []
    for number, work in enumerate(works):
        firsts.append([])
        for place, person in enumerate(work.people):
            own: list[object] = [*_marks(person)] or [(number, place)]
            numbers = [marks.setdefault(mark, len(marks)) for mark in own]
            links += [(numbers[0], other) for other in numbers[1:]]
            firsts[-1].append(numbers[0])
    return [frozenset(int(labels[first]) for first in own) for labels in [_joined(links, len(marks))] for own in firsts]


def components(links: Sequence[tuple[int, int]], count: int) -> list[list[int]]:
    """The parts of a graph that hang together, each sorted."""
    found: dict[int, list[int]] = {}
    for node, label in enumerate(_joined(links, count)):
        found.setdefault(int(label), []).append(node)
    return list(found.values())


def name_of(work: Work) -> str:
    """Who handed it in, for a reader."""
    names = (person.name or person.email or person.id or person.user for person in work.people)
    return ", ".join(filter(None, names)) or work.key


def may_be_one(one: Person, other: Person) -> bool:
    """Whether two of one name may be one person: no id, user name or address that both have tells them apart."""
    told = zip(_told(one), _told(other), strict=True)
    return bool(_plain(one.name)) and _plain(one.name) == _plain(other.name) and not any(a and b for a, b in told)


def _joined(links: Sequence[tuple[int, int]], count: int) -> Sequence[int]:
    if not count:
        return []
    rows, columns = zip(*links, strict=True) if links else ((), ())
    graph = coo_array((np.ones(len(links)), (np.array(rows, int), np.array(columns, int))), shape=(count, count))
    labels: Sequence[int] = connected_components(graph, directed=False)[1]
    return labels


def _marks(person: Person) -> list[tuple[str, str]]:
    return [(what, value) for what, value in zip(("id", "user", "email"), _told(person), strict=True) if value]


def _told(person: Person) -> tuple[str, ...]:
    return tuple(value.strip().casefold() for value in (person.id, person.user, person.email))


def _plain(name: str) -> str:
    return " ".join(normalize("NFKC", name).casefold().split())


def _when(work: Work) -> tuple[datetime, int, str]:
    return work.at or _NEVER, work.attempt or 0, work.key
