"""Choosing, among the values read from a text, the one that the student asserts."""

import re
from collections.abc import Callable, Hashable

from grader.core.evidence import ProblemEvidence, Reading
from grader.core.outcome import Outcome, manual

_RETRACTED = re.compile(r"~~[^~\n]{1,1000}~~")
_ORDER = ("final", "asserted", "mentioned")
# A line such as `Test accuracy: 0.97` says nothing of the value in the line above.
_CLAUSE = re.compile(r"[,;.|()]|\band\b|\bwhile\b|\bwhereas\b|\n(?=[^\n:]{1,40}:)")
# Values in a row, as in "600, 604 or 608 parameters": what is said of one is said of all.
_OR = r"(?:or|and|maybe|perhaps|possibly)"
_SEPARATOR = rf"[\s$]*(?:,|;|/|\||\?|\b{_OR}\b)[\s$]*(?:{_OR}\b)?[\s$]*"
_VALUE = r"(?:[-+−]?\d[\d.,]{0,30}(?<=\d)\s?\\?%?(?:\s?(?:x|×|\\times|by)\s?\d{1,9}){0,4}|[(\[][\d,\s]{1,60}[)\]])"
_MOST_VALUES = 12
_ROW_BEFORE = re.compile(rf"(?:{_VALUE}{_SEPARATOR})+$")
_ROW_AFTER = re.compile(rf"^(?:{_SEPARATOR}{_VALUE})+(?![\w])")


def said(evidence: ProblemEvidence) -> str:
    """The text of all its sections, without what is struck out."""
    return "\n".join(without_retracted(section.text) for section in evidence.sections)


def without_retracted(text: str) -> str:
    """A text without what is struck out: it isn't asserted."""
    return _RETRACTED.sub(" ", text)


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
        before, after = _ROW_BEFORE.sub("", reading.before), _ROW_AFTER.sub("", reading.after, count=1)
        return bool(pattern.search(_CLAUSE.split(before)[-1]) or pattern.search(_CLAUSE.split(after)[0]))

    def in_sentence(reading: Reading) -> bool:
        return bool(pattern.search(reading.before) or pattern.search(reading.after))

    return [r for r in readings if in_clause(r)] or [r for r in readings if in_sentence(r)]


def candidates(readings: list[Reading], labels: tuple[str, ...]) -> list[Reading]:
    """The readings beside a label; where no label is in sight, those that are asserted. All, without labels."""
    near = labelled(readings, labels) if labels else readings
    return near or [r for r in readings if r.strength != "mentioned"]


def undecided(found: list[Reading], right: list[Reading]) -> Outcome | None:
    """A manual outcome when several values could be the answer, or when the one asserted is not the right one said."""
    said = found if len(found) > 1 else found + right
    if len(said) < 2:
        return None
    return manual(
        f"Several values could be the answer ({listing(said)}); a person decides which one is meant.",
        observed=listing(said),
        source=said[0].source,
    )


def asserted(readings: list[Reading], labels: tuple[str, ...], key: Callable[[Reading], Hashable]) -> list[Reading]:
    """The most clearly asserted readings, one for each distinct value.

    One element: the student asserts it. Several: contradictory or listed values, for a human to read. None: nothing
    is asserted. A value beside its label is asserted however plainly it stands there; without a label in sight,
    a mere mention isn't.
    """
    pool = candidates(readings, labels)
    for strength in _ORDER:
        at_this = [r for r in pool if r.strength == strength]
        if any(_in_row(r) for r in at_this):
            at_this += [r for r in pool if _in_row(r)]
        if at_this and labels and len({key(r) for r in pool}) > _MOST_VALUES:
            at_this = pool
        if at_this:
            distinct: dict[Hashable, Reading] = {}
            for reading in at_this:
                distinct.setdefault(key(reading), reading)
            return list(distinct.values())
    return []


def _in_row(reading: Reading) -> bool:
    """Whether another value stands right before or after, as in a list."""
    return bool(_ROW_BEFORE.search(reading.before) or _ROW_AFTER.match(reading.after))


def listing(readings: list[Reading]) -> str:
    """The texts of the readings, for a message."""
    return ", ".join(f"“{r.text}”" for r in readings[:6]) + (" …" if len(readings) > 6 else "")
