"""Choosing, among the values read from a text, the one that the student asserts."""

import re
from collections.abc import Callable, Hashable

from grader.core.evidence import ProblemEvidence, Reading

_ORDER = ("final", "asserted", "mentioned")
_CLAUSE = re.compile(r"[,;.|()]|\band\b|\bwhile\b|\bwhereas\b")


def of_kind(evidence: ProblemEvidence, kind: str) -> list[Reading]:
    """All readings of one kind."""
    return [r for r in evidence.readings if r.kind == kind]


def labelled(readings: list[Reading], labels: tuple[str, ...]) -> list[Reading]:
    """The readings that stand next to a label, earlier labels first: in the same clause, else in the same sentence."""
    for label in labels:
        near = _near(readings, label)
        if near:
            return near
    return []


def _near(readings: list[Reading], label: str) -> list[Reading]:
    pattern = re.compile(rf"\b{re.escape(label.lower())}\b")

    def in_clause(reading: Reading) -> bool:
        before, after = _CLAUSE.split(reading.before)[-1], _CLAUSE.split(reading.after)[0]
        return bool(pattern.search(before) or pattern.search(after))

    def in_sentence(reading: Reading) -> bool:
        return bool(pattern.search(reading.before) or pattern.search(reading.after))

    return [r for r in readings if in_clause(r)] or [r for r in readings if in_sentence(r)]


def asserted(readings: list[Reading], labels: tuple[str, ...], key: Callable[[Reading], Hashable]) -> list[Reading]:
    """The most clearly asserted readings, one for each distinct value.

    One element: the student asserts it. Several: contradictory or listed values, for a human to read. None: nothing
    is asserted. A value beside its label is asserted however plainly it stands there; without a label in sight,
    a mere mention isn't.
    """
    near = labelled(readings, labels) if labels else []
    pool = near or [r for r in readings if not labels or r.strength != "mentioned"]
    for strength in _ORDER:
        at_this = [r for r in pool if r.strength == strength]
        if at_this:
            distinct: dict[Hashable, Reading] = {}
            for reading in at_this:
                distinct.setdefault(key(reading), reading)
            return list(distinct.values())
    return []


def listing(readings: list[Reading]) -> str:
    """The texts of the readings, for a message."""
    return ", ".join(f"“{r.text}”" for r in readings[:6]) + (" …" if len(readings) > 6 else "")
