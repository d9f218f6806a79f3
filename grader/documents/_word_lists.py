"""The labels that Word prints before the paragraphs of its lists."""

from collections.abc import Callable
from typing import Any, NamedTuple

from grader.documents._package import attribute, child, children, name, setting

Element = Any  # of lxml, which ships no types

_DEEPEST = 9
_LONGEST = 40
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x")),
    *((9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


def roman(number: int) -> str:
    """In small Roman numerals; in digits what they can't write."""
    if not 0 < number < 4000:
        return str(number)
    written = ""
    for value, letters in _ROMAN:
        while number >= value:
            written += letters
            number -= value
    return written


def letters(number: int) -> str:
    """a to z, then aa to zz, as office programs count; in digits beyond that."""
    if not 0 < number <= 26 * 5:
        return str(number)
    return chr(ord("a") + (number - 1) % 26) * (1 + (number - 1) // 26)


_FORMATS: dict[str, Callable[[int], str]] = {
    "lowerLetter": letters,
    "upperLetter": lambda number: letters(number).upper(),
    "lowerRoman": roman,
    "upperRoman": lambda number: roman(number).upper(),
    "decimalZero": lambda number: f"{number:02}",
}


class _Level(NamedTuple):
    start: int
    form: str
    text: str
    drawn: bool = False  # whether its bullet is a picture


class WordLists:
    """Counts the paragraphs of each list as Word does. `numbering` is the part of that name."""

    def __init__(self, numbering: Element | None) -> None:
        self._abstract: dict[str, dict[int, _Level]] = {}
        self._lists: dict[str, tuple[str, dict[int, _Level], dict[int, int]]] = {}
        self._counters: dict[str, list[int | None]] = {}
        self._started: set[str] = set()
        if numbering is None:
            return
        by_style: dict[str, str] = {}
        linked: dict[str, str] = {}
        for entry in children(numbering):
            if name(entry) == "abstractNum":
                number = attribute(entry, "abstractNumId") or ""
                self._abstract[number] = _levels(entry)
                if style := setting(entry, "styleLink"):
                    by_style[style] = number
                if style := setting(entry, "numStyleLink"):
                    linked[number] = style
            elif name(entry) == "num":
                levels, starts = {}, {}
                for override in children(entry):
                    if name(override) == "lvlOverride":
                        at = _number(attribute(override, "ilvl"), 0)
                        levels.update(_levels(override))
                        if (start := setting(override, "startOverride")) is not None:
                            starts[at] = _number(start, 1)
                self._lists[attribute(entry, "numId") or ""] = (setting(entry, "abstractNumId") or "", levels, starts)
        for number, style in linked.items():
            self._abstract[number] = self._abstract.get(by_style.get(style, ""), {})

    def knows(self, number: str | None) -> bool:
        """Whether there is such a list; `0` takes a paragraph out of its list."""
        return number not in (None, "", "0")

    def label(self, number: str, depth: int) -> str | None:
        """The label of the next paragraph at this depth, from 0; empty for a bullet, None where nothing is printed."""
        if number not in self._lists or not 0 <= depth < _DEEPEST:
            return ""
        abstract, own, starts = self._lists[number]
        levels = {**self._abstract.get(abstract, {}), **own}
        counters = self._counters.setdefault(abstract, [None] * _DEEPEST)
        if number not in self._started:  # a list that goes on from another unless it says where it begins
            self._started.add(number)
            for at, start in starts.items():
                if 0 <= at < _DEEPEST:
                    counters[at] = start - 1
        level = levels.get(depth)
        if level is None:
            return ""
        before = counters[depth]
        counters[depth] = level.start if before is None else before + 1
        for deeper in range(depth + 1, _DEEPEST):
            counters[deeper] = starts[deeper] - 1 if deeper in starts else None
        if not level.text.strip() and not level.drawn:
            return None
        return "" if level.form == "bullet" else self._written(level.text, levels, counters)

    @staticmethod
    def _written(text: str, levels: dict[int, _Level], counters: list[int | None]) -> str:
        for at in range(_DEEPEST):
            if f"%{at + 1}" in text:
                level = levels.get(at, _Level(1, "decimal", ""))
                count = counters[at] if counters[at] is not None else level.start
                text = text.replace(f"%{at + 1}", _FORMATS.get(level.form, str)(count or 0))
        return text.strip()[:_LONGEST]


def _levels(entry: Element) -> dict[int, _Level]:
    found = {}
    for level in children(entry):
        if name(level) == "lvl":
            found[_number(attribute(level, "ilvl"), 0)] = _Level(
                _number(setting(level, "start"), 1),
                setting(level, "numFmt") or "decimal",
                (setting(level, "lvlText") or "")[:_LONGEST],
                child(level, "lvlPicBulletId") is not None,
            )
    return found


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else default
