"""Maths within words: where a formula between dollars, `\\(…\\)` or `\\[…\\]` ends, and whether it is one."""

import re
import sys
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_DELIMITER = re.compile(r"\\{1,2}[()\[\]]|\\.|\${1,2}", re.DOTALL)
_CLOSES = {"$": "$", "$$": "$$", "\\(": "\\)", "\\[": "\\]", "\\\\(": "\\\\)", "\\\\[": "\\\\]"}
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")
_LONGEST = 20_000


class Formula(NamedTuple):
    """A formula in a text: where it ends, what it says, whether it stands on its own."""

    end: int
    tex: str
    display: bool


def formula_at(text: str, start: int) -> Formula | None:
    """The formula that begins here, or None. All formulas of a text are found in linear time."""
    places = _delimiters(text)
    opening = next((mark for mark in ("\\\\(", "\\\\[", "\\(", "\\[", "$$", "$") if text.startswith(mark, start)), "")
    if not opening:
        return None
    closing = _CLOSES[opening]
    closings = ("$", "$$") if opening == "$" else (closing,)
    end = min(_next(places.get(mark, []), start + len(opening)) for mark in closings)
    if end - start > _LONGEST:  # or there is none
        return None
    tex = text[start + len(opening) : end]
    if not tex.strip() or "\n\n" in tex:
        return None
    if opening == "$" and not _dollars_hold(text, start, tex, end):
        return None
    if opening == "\\[" and ("\\[" in tex or not re.search(r"[\\=^_]", tex)):
        return None  # brackets that a program has escaped
    return Formula(end + len(closing), tex.strip(), opening[-1] == "[" or opening == "$$")


def pieces(text: str) -> Iterator[tuple[str, Formula | None]]:
    """The text cut where its formulas are: words, then the formula behind them; None behind the last."""
    begin = at = 0
    while found := _DELIMITER.search(text, at):
        formula = formula_at(text, found.start()) if found[0] in _CLOSES else None
        if formula:
            yield text[begin : found.start()], formula
            begin = at = formula.end
        else:
            at = found.end()
    yield text[begin:], None


def _dollars_hold(text: str, start: int, tex: str, end: int) -> bool:
    """Whether it is a formula, not the words between two prices."""
    if tex[0].isspace() == tex[-1].isspace():
        return not (tex[0].isspace() and text[start - 1 : start].isdigit() and _WORD.search(tex))
    return not _WORD.search(tex) and not text[end + 1 : end + 2].isdigit()


def _next(places: list[int], start: int) -> int:
    index = bisect_left(places, start)
    return places[index] if index < len(places) else sys.maxsize


@lru_cache(maxsize=4)  # asked for again and again of the same text
def _delimiters(text: str) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for found in _DELIMITER.finditer(text):
        places.setdefault(found[0], []).append(found.start())
    return places


_WRAPPED = re.compile(r"\\begin\{(equation|displaymath|math|dmath)(\*?)\}(.*)\\end\{\1\2\}", re.DOTALL)
_NOTHING = re.compile(r"\\(?:label|tag\*?)\{[^{}]{0,200}\}|\\(?:nonumber|notag|displaystyle|limits)(?![A-Za-z])[ ]?")
_COMMENT = re.compile(r"(?<!\\)((?:\\\\){0,9})%([^\n]*)\n?[ \t]*")
_APART = re.compile(
    r"\\(?:(?P<struck>x?cancel|bcancel|sout|st|xout)|(?P<unseen>[hv]?phantom)"
    r"|textcolor(?:\[\w{1,10}\])?\{(?P<colour>[^{}]{1,40})\})[ ]?"
)


def is_white(colour: str) -> bool:
    """Whether a colour of LaTeX can't be seen on paper."""
    name = "".join(colour.lower().split())
    return name in (
        "white",
        "white!100",
        "ffffff",
        "1,1,1",
        "255,255,255",
        "1.0,1.0,1.0",
        "1",
        "black!0",
        "0,0,0,0",
    ) or name.startswith(("white!100", "black!0!white"))


class Part(NamedTuple):
    """A part of a formula: what is shown, or struck out, or hidden and why."""

    tex: str
    struck: bool = False
    hidden: str = ""


def parts(tex: str) -> list[Part]:
    """A formula without what isn't printed; what is struck out or unseen in it, and its comments, stand apart."""
    notes = [Part(found[2].strip(), hidden="a comment") for found in _COMMENT.finditer(tex) if found[2].strip()]
    tex = _NOTHING.sub("", _COMMENT.sub(r"\1", tex)).strip()
    if wrapped := _WRAPPED.fullmatch(tex):
        tex = wrapped[3].strip()
    found: list[Part] = []
    at = begin = 0
    while apart := _APART.search(tex, at):
        at = apart.end()
        if tex[at : at + 1] != "{" or (apart["colour"] and not is_white(apart["colour"])):
            continue
        end = closing_brace(tex, at)
        if end < 0:
            continue
        outside = tex[begin : apart.start()]
        struck = bool(apart["struck"])
        if struck and outside.count("{") != outside.count("}"):
            continue  # in a fraction, say: it is left as it is written
        inside = Part(tex[at + 1 : end].strip(), struck=struck, hidden="" if struck else "not displayed")
        if struck:
            found += [Part(outside.strip()), inside]
            at = begin = end + 1
        else:
            notes.append(inside)
            tex = f"{tex[: apart.start()]}{tex[end + 1 :]}" if len(notes) < 50 else tex
            at = apart.start() if len(notes) < 50 else end
    return [part for part in (*found, Part(tex[begin:].strip()), *notes) if part.tex]


def closing_brace(text: str, opening: int, longest: int = 20_000) -> int:
    """Where the group ends whose brace opens here; -1 where it doesn't within so many characters."""
    close = _groups(text).get(opening, -1)
    return close if close - opening <= longest else -1


@lru_cache(maxsize=8)  # asked for again and again of the same text
def _groups(text: str) -> dict[int, int]:
    """Where the groups end, by where they begin."""
    groups, opened = {}, []
    for found in _BRACE.finditer(text):
        if found[0] == "{":
            opened.append(found.start())
        elif found[0] == "}" and opened:
            groups[opened.pop()] = found.start()
    return groups


_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
