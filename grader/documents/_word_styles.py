"""Word's styles: which of them are headings, lists, code and quotations, and how they show words."""

import re
from typing import Any, NamedTuple

from grader.documents._look import Look, is_colour
from grader.documents._package import attribute, child, children, name, setting

Element = Any  # of lxml, which ships no types

_DEEPEST = 50
_HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo|rubrik|kop|заголовок|标题|見出し)\s?([1-9])\b")
_TITLES = {"title": 1, "subtitle": 2}
_CODE = re.compile(r"source code|code|html preformatted|html code|verbatim|plain text|macro|listing|preformatted text")
_QUOTE = re.compile(r"(?:intense )?quote|quotation|block ?text|toc \d|toc heading")
_HIGHLIGHTS = {
    "black": "000000", "blue": "0000ff", "cyan": "00ffff", "green": "00ff00", "magenta": "ff00ff", "red": "ff0000",
    "yellow": "ffff00", "white": "ffffff", "darkblue": "000080", "darkcyan": "008080", "darkgreen": "008000",
    "darkmagenta": "800080", "darkred": "800000", "darkyellow": "808000", "darkgray": "808080", "lightgray": "c0c0c0",
}  # fmt: skip
_TRANSPARENT = 90_000  # of 100,000


class ParagraphStyle(NamedTuple):
    """What a style makes of a paragraph: a heading's level, code or a quotation, a list, and the look of its words."""

    level: int = 0
    kind: str = "paragraph"
    number: str | None = None
    depth: int = 0
    look: Look = Look()


class WordStyles:
    """The styles of a document by their ids; None where it has no such part."""

    def __init__(self, styles: Element | None) -> None:
        entries = [] if styles is None else [each for each in children(styles) if name(each) == "style"]
        self._entries = {attribute(each, "styleId") or "": each for each in entries}
        self._default = next(
            (
                attribute(each, "styleId")
                for each in entries
                if attribute(each, "type") == "paragraph" and attribute(each, "default") in ("1", "true")
            ),
            None,
        )
        defaults = child(child(child(styles, "docDefaults"), "rPrDefault"), "rPr")
        self._base = look_of(defaults)
        self._paragraphs: dict[str | None, ParagraphStyle] = {}
        self._characters: dict[str | None, Look] = {}

    def paragraph(self, style: str | None) -> ParagraphStyle:
        """What a paragraph's style says, with those that it is based on."""
        if style not in self._entries:
            style = self._default
        if style not in self._paragraphs:
            self._paragraphs[style] = self._resolved(style)
        return self._paragraphs[style]

    def character(self, style: str | None) -> Look:
        """How a style of words shows them."""
        if style is None or style not in self._entries:
            return Look()
        if style not in self._characters:
            look = Look()
            for entry in self._chain(style):
                look = look.under(look_of(child(entry, "rPr")))
                if _CODE.match(_name(entry)):
                    look = look._replace(code=True)
            self._characters[style] = look
        return self._characters[style]

    def _resolved(self, style: str | None) -> ParagraphStyle:
        level, kind, number, depth, look = 0, "paragraph", None, 0, self._base
        for entry in self._chain(style):
            properties = child(entry, "pPr")
            called = _name(entry)
            if match := _HEADING.match(called):
                level = int(match[1])
            level = _TITLES.get(called, level)
            if (outline := outline_level(properties)) is not None:
                level = outline
            if _CODE.match(called):
                kind = "code"
            elif _QUOTE.fullmatch(called):
                kind = "quotation"
            list_of = child(properties, "numPr")
            number = setting(list_of, "numId") or number
            depth = depth_of(list_of, depth)
            look = look.under(look_of(child(entry, "rPr"))).under(background_of(properties))
        if level:  # that headings stand out is no news
            look = look._replace(bold=None, underlined=None)
        return ParagraphStyle(level, kind, number, depth, look)

    def _chain(self, style: str | None) -> list[Element]:
        """A style after those that it is based on."""
        chain: list[Element] = []
        seen: set[str | None] = set()
        while style in self._entries and style not in seen and len(chain) < _DEEPEST:
            seen.add(style)
            chain.append(self._entries[style])
            style = setting(chain[-1], "basedOn")
        return chain[::-1]


def outline_level(properties: Element | None) -> int | None:
    """The heading's level that a paragraph states; 0 says that it is none, None says nothing."""
    outline = setting(properties, "outlineLvl")
    if outline is None or not outline.isascii() or not outline.isdigit():
        return None
    return int(outline) + 1 if len(outline) == 1 and int(outline) < 9 else 0


def depth_of(list_of: Element | None, default: int = 0) -> int:
    """How deep in a list, from 0."""
    depth = setting(list_of, "ilvl")
    return int(depth) if depth and depth.isascii() and depth.isdigit() and len(depth) == 1 else default


def background_of(properties: Element | None) -> Look:
    """The shade behind a paragraph, a cell or words."""
    shade = child(properties, "shd")
    fill = (attribute(shade, "fill") or "auto").lower() if shade is not None else "auto"
    return Look(background=fill if is_colour(fill) else None)


def look_of(properties: Element | None) -> Look:
    """What an `rPr` says."""
    if properties is None:
        return Look()
    said: dict[str, Element] = {}
    for each in children(properties):
        said.setdefault(name(each), each)
    colour = (_val(said, "color") or "").lower()
    size, raised = _val(said, "sz") or "", _val(said, "vertAlign")
    highlight = _HIGHLIGHTS.get((_val(said, "highlight") or "").lower())
    fill = said.get("textFill")
    transparent = None
    if fill is not None:
        parts = {name(part): part for part in fill.iter() if isinstance(part.tag, str)}
        alpha = attribute(parts["alpha"], "val") if "alpha" in parts else None
        transparent = "noFill" in parts or (bool(alpha) and _whole(alpha) >= _TRANSPARENT)
        if "srgbClr" in parts:
            colour = (attribute(parts["srgbClr"], "val") or "").lower()
        elif "schemeClr" in parts and attribute(parts["schemeClr"], "val") == "bg1":
            colour = "ffffff"
    struck = [on for key in ("strike", "dstrike") if (on := _on(said, key)) is not None]
    vanished = [on for key in ("vanish", "specVanish") if (on := _on(said, key)) is not None]
    return Look(
        bold=_on(said, "b"),
        underlined=_on(said, "u"),
        framed=_on(said, "bdr"),
        italic=_on(said, "i"),
        struck=any(struck) if struck else None,
        vanished=any(vanished) if vanished else None,
        transparent=transparent,
        colour=colour if is_colour(colour) else "" if colour else None,
        background=highlight or background_of(properties).background,
        size=_whole(size) / 2 if size.isascii() and size.isdigit() else None,
        raised=None if raised is None else {"superscript": 1, "subscript": -1}.get(raised, 0),
    )


def _name(entry: Element) -> str:
    return (setting(entry, "name") or "").strip().lower()[:100]


def _val(said: dict[str, Element], key: str) -> str | None:
    return attribute(said[key], "val") if key in said else None


def _on(said: dict[str, Element], key: str) -> bool | None:
    if key not in said:
        return None
    return (attribute(said[key], "val") or "1").lower() not in ("0", "false", "off", "none", "nil")


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0
