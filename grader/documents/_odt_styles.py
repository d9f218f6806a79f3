"""The styles and lists of OpenDocument: how words are shown, which labels stand before the paragraphs of a list."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from grader.documents._look import Look, is_colour
from grader.documents._package import attribute, child, children, name
from grader.documents._word_lists import letters, roman

Element = Any  # of lxml, which ships no types

DEEPEST_LIST = 10
_DEEPEST = 50
_LONGEST = 40
_SIZE = re.compile(r"(\d{1,4}(?:\.\d{1,4})?)(pt|in|cm|mm|px|pc)")
_POINTS = {"pt": 1.0, "in": 72.0, "cm": 28.35, "mm": 2.835, "px": 0.75, "pc": 12.0}
_TITLES = {"title": 1, "subtitle": 2}
_HEADING = re.compile(r"heading ([1-9])\b")
_CODE = re.compile(r"preformatted text|source text|source code|code|verbatim|listing|teletype")
_QUOTE = re.compile(r"quotations?|quote|block ?quote|block text|contents \d{1,2}")
_FORMATS: dict[str, Callable[[int], str]] = {
    "1": str,
    "a": letters,
    "A": lambda number: letters(number).upper(),
    "i": roman,
    "I": lambda number: roman(number).upper(),
}


class OdtStyle(NamedTuple):
    """What a style makes of a paragraph or of words."""

    level: int = 0
    kind: str = "paragraph"
    list_style: str = ""
    framed: bool = False
    look: Look = Look()


class Level(NamedTuple):
    """How the paragraphs of one depth of a list are numbered; an empty `form` gives no number."""

    form: str = ""
    before: str = ""
    after: str = ""
    start: int = 1
    shown: int = 1  # how many levels its label names


class OdtStyles:
    """The styles of a document, found in these parts of it by family and name."""

    def __init__(self, roots: list[Element]) -> None:
        self._entries: dict[tuple[str, str], Element] = {}
        self._defaults: dict[str, Element] = {}
        self._lists: dict[str, dict[int, Level]] = {}
        self.outline: dict[int, Level] = {}
        for root in roots:
            for group in children(root):
                if name(group) in ("styles", "automatic-styles"):
                    for entry in children(group):
                        self._add(entry)
        self._known: dict[tuple[str, str], OdtStyle] = {}

    def _add(self, entry: Element) -> None:
        family, called = attribute(entry, "family") or "", attribute(entry, "name") or ""
        if name(entry) == "style":
            self._entries[family, called] = entry
        elif name(entry) == "default-style":
            self._defaults[family] = entry
        elif name(entry) == "list-style":
            self._lists[called] = dict(_levels(entry))
        elif name(entry) == "outline-style":
            self.outline = dict(_levels(entry))

    def levels(self, list_style: str) -> dict[int, Level]:
        """How a list is numbered, by depth from 1."""
        return self._lists.get(list_style, {})

    def of(self, family: str, called: str | None) -> OdtStyle:
        """What a style says, with those that it is based on. `family` is `paragraph`, `text` or `table-cell`."""
        key = (family, called or "")
        if key not in self._known:
            self._known[key] = self._resolved(*key)
        return self._known[key]

    def _resolved(self, family: str, called: str) -> OdtStyle:
        style = OdtStyle(look=_look(self._defaults.get(family)) if family == "paragraph" else Look())
        chain = self._chain(family, called)
        if not chain:  # one of the program's own that the document doesn't repeat
            return _by_name(style, called)
        for entry in chain:
            style = _by_name(style, attribute(entry, "display-name") or attribute(entry, "name") or "")
            level = attribute(entry, "default-outline-level") or ""
            if level.isascii() and level.isdigit():
                style = style._replace(level=min(int(level[:2]), 9))
            look = style.look.under(_look(entry))
            if (list_style := attribute(entry, "list-style-name")) is not None:
                style = style._replace(list_style=list_style)
            border = attribute(part, "border") if (part := child(entry, "paragraph-properties")) is not None else None
            if border is not None:
                style = style._replace(framed=border != "none")
            style = style._replace(look=look)
        if style.level:  # that headings stand out is no news
            style = style._replace(look=style.look._replace(bold=None, underlined=None))
        return style

    def _chain(self, family: str, called: str) -> list[Element]:
        chain: list[Element] = []
        seen: set[str] = set()
        while (family, called) in self._entries and called not in seen and len(chain) < _DEEPEST:
            seen.add(called)
            chain.append(self._entries[family, called])
            called = attribute(chain[-1], "parent-style-name") or ""
        return chain[::-1]


class Counter:
    """The numbers of one list, or of the headings."""

    def __init__(self) -> None:
        self._counts: list[int | None] = [None] * (DEEPEST_LIST + 1)

    def go_to(self, depth: int, number: int) -> None:
        """The next paragraph at this depth has this number."""
        self._counts[min(max(depth, 1), DEEPEST_LIST)] = number - 1

    def label(self, levels: dict[int, Level], depth: int) -> str:
        """The label of the next paragraph at this depth, from 1; empty for a bullet."""
        depth = min(max(depth, 1), DEEPEST_LIST)
        level = levels.get(depth, Level())
        before = self._counts[depth]
        self._counts[depth] = level.start if before is None else before + 1
        for deeper in range(depth + 1, DEEPEST_LIST + 1):
            self._counts[deeper] = None
        if not level.form:
            return ""
        numbers = []
        for at in range(max(depth - level.shown + 1, 1), depth + 1):
            of = levels.get(at, Level())
            if write := _FORMATS.get(of.form):
                count = self._counts[at]
                numbers.append(write(of.start if count is None else count))
        return f"{level.before}{'.'.join(numbers)}{level.after}".strip()[:_LONGEST]


def whole(text: str | None) -> int | None:
    """A small number that is written out; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else None


def _by_name(style: OdtStyle, called: str) -> OdtStyle:
    """What the name of a style says that it is."""
    title = called.replace("_20_", " ").replace("_", " ").lower()[:100]
    if title in _TITLES:
        return style._replace(level=_TITLES[title])
    if match := _HEADING.match(title):
        return style._replace(level=int(match[1]))
    if _CODE.match(title):
        return style._replace(kind="code", look=style.look._replace(code=True))
    return style._replace(kind="quotation") if _QUOTE.fullmatch(title) else style


def _levels(entry: Element) -> Iterator[tuple[int, Level]]:
    for level in children(entry):
        depth = whole(attribute(level, "level"))
        if depth is None:
            continue
        form = attribute(level, "num-format") or ""
        before, after = attribute(level, "num-prefix") or "", attribute(level, "num-suffix") or ""
        start, shown = whole(attribute(level, "start-value")), whole(attribute(level, "display-levels"))
        yield depth, Level(form, before[:_LONGEST], after[:_LONGEST], 1 if start is None else start, shown or 1)


def _look(entry: Element | None) -> Look:
    if entry is None:
        return Look()
    said: dict[str, str] = {}
    background = None
    for properties in children(entry):
        if name(properties) == "text-properties":
            said = {key.rpartition("}")[2]: value for key, value in properties.items()}
        shade = (attribute(properties, "background-color") or "").lower().lstrip("#")
        if is_colour(shade):
            background = shade
    position = said.get("text-position", "").split()
    colour = said.get("color", "").lower().lstrip("#")
    return Look(
        bold=None if "font-weight" not in said else said["font-weight"] in ("bold", "600", "700", "800", "900"),
        underlined=_is_line(said, "text-underline-style"),
        italic=None if "font-style" not in said else said["font-style"] in ("italic", "oblique"),
        struck=_is_line(said, "text-line-through-style", "text-line-through-type"),
        vanished=None if "display" not in said else said["display"] == "none",
        transparent=None if "opacity" not in said else (whole(said["opacity"].rstrip("%")) or 0) <= 10,
        colour=colour if is_colour(colour) else None,
        background=background,
        size=_points(said.get("font-size", "")),
        raised=_raised(position),
    )


def _raised(position: list[str]) -> int | None:
    if not position:
        return None
    where = position[0].rstrip("%")
    if where in ("super", "sub"):
        return 1 if where == "super" else -1
    return -1 if where.startswith("-") else int(where not in ("0", ""))


def _is_line(said: dict[str, str], *keys: str) -> bool | None:
    found = [said[key] for key in keys if key in said]
    return any(value != "none" for value in found) if found else None


def _points(size: str) -> float | None:
    match = _SIZE.fullmatch(size)
    return float(match[1]) * _POINTS[match[2]] if match else None
