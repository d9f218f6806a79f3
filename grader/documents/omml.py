"""Word's formulas (OMML) to LaTeX: what a reader of the formula sees."""

import re
from itertools import groupby
from typing import Any

from grader.core.errors import SubmissionError
from grader.documents import symbols
from grader.documents._package import attribute, child, children, name, setting

Element = Any  # of lxml, which ships no types

_PROPERTIES = ("Pr", "ctrlPr")
_STYLES = {"b": "bold", "bi": "bold-italic"}
_ALPHABETS = {"double-struck", "script", "fraktur", "sans-serif", "monospace"}
_STRIKES = ("strikeH", "strikeV", "strikeBLTR", "strikeTLBR")
_SIDES = ("hideTop", "hideBot", "hideLeft", "hideRight")
# What an author typed and Word didn't build up: a power, a foot.
_TYPED = re.compile(r"([\^_])([-−]?\d{1,40}(?:[.,]\d{1,40})?|[A-Za-z])")


def latex(element: Element) -> str:
    """The LaTeX of an `m:oMath`, without dollars.

    Raises SubmissionError for parts in each other so deep that no person wrote them.
    """
    return symbols.tidy(_part(element, 0))


def _part(element: Element | None, depth: int) -> str:
    if element is None:
        return ""
    if depth > symbols.DEEPEST:
        raise SubmissionError(f"holds a formula with more than {symbols.DEEPEST} parts in each other")
    kind = name(element)
    if kind == "r":
        return _run(element)
    if kind in ("del", "moveFrom"):
        return symbols.struck(_row(element, depth))
    write = _WRITERS.get(kind)
    if write:
        return write(element, depth)
    return _row(element, depth)


def _row(element: Element | None, depth: int) -> str:
    if element is None:
        return ""
    return "".join(_part(part, depth + 1) for part in children(element) if not name(part).endswith(_PROPERTIES))


def _of(element: Element, part: str, depth: int) -> str:
    """The LaTeX of a named part."""
    return _row(child(element, part), depth + 1)


def _run(run: Element) -> str:
    properties = [part for part in children(run) if name(part) == "rPr"]
    words = "".join(
        "\n" if name(part) in ("br", "cr") else " " if name(part) == "tab" else part.text or ""
        for part in children(run)
        if name(part) in ("t", "br", "cr", "tab")
    )
    if not words or any(_is_on(each, "vanish") or _is_white(each) for each in properties):
        return ""
    style = next((value for each in properties if (value := setting(each, "sty"))), "")
    alphabet = next((value for each in properties if (value := setting(each, "scr"))), "")
    if any(_is_on(each, "nor") for each in properties):
        written = symbols.text_in_latex(words)
    else:
        written = _letters(words, alphabet if alphabet in _ALPHABETS else _STYLES.get(style, ""), upright=style == "p")
    is_struck = any(_is_on(each, "strike") or _is_on(each, "dstrike") for each in properties)
    return symbols.struck(written) if is_struck else written


def _letters(words: str, variant: str, *, upright: bool) -> str:
    """Letters in their alphabet; numbers and signs are the same in all of them."""
    written = []
    for are_letters, group in groupby(words, lambda char: char.isalpha()):
        piece = "".join(group)
        if are_letters and upright and len(piece) > 1:
            written.append(symbols.name_in_latex(piece))
        else:
            written.append(symbols.in_latex(piece, variant if are_letters else ""))
    latex = "".join(written)
    return _TYPED.sub(r"\1{\2}", latex.replace("\\_", "_")) if "^" in words or "_" in words else latex


def _is_on(properties: Element, switch: str) -> bool:
    found = child(properties, switch)
    return found is not None and (attribute(found, "val") or "1").lower() not in ("0", "false", "off", "none")


def _is_white(properties: Element) -> bool:
    return (setting(properties, "color") or "").lower() == "ffffff"


def _fraction(element: Element, depth: int) -> str:
    kind = setting(child(element, "fPr"), "type")
    return symbols.fraction(_of(element, "num", depth), _of(element, "den", depth), line=kind != "noBar")


def _scripts(element: Element, depth: int) -> str:
    return symbols.scripts(*(_of(element, part, depth) for part in ("e", "sub", "sup")))


def _prescripts(element: Element, depth: int) -> str:
    return symbols.scripts("{}", _of(element, "sub", depth), _of(element, "sup", depth)) + _of(element, "e", depth)


def _root(element: Element, depth: int) -> str:
    hides = _is_on(properties, "degHide") if (properties := child(element, "radPr")) is not None else False
    return symbols.root(_of(element, "e", depth), "" if hides else _of(element, "deg", depth))


def _nary(element: Element, depth: int) -> str:
    properties = child(element, "naryPr")
    sign = setting(properties, "chr")
    limits = [
        "" if properties is not None and _is_on(properties, f"{part}Hide") else _of(element, part, depth)
        for part in ("sub", "sup")
    ]
    return f"{symbols.scripts(symbols.in_latex('∫' if sign is None else sign), *limits)} {_of(element, 'e', depth)}"


def _delimited(element: Element, depth: int) -> str:
    properties = child(element, "dPr")
    opening, closing, separator = (
        default if (value := setting(properties, part)) is None else value
        for part, default in (("begChr", "("), ("endChr", ")"), ("sepChr", "|"))
    )
    parts = [part for part in children(element) if name(part) == "e"]
    if len(parts) == 1:
        inside = [part for part in children(parts[0]) if not name(part).endswith(_PROPERTIES)]
        if len(inside) == 1 and name(inside[0]) in ("m", "eqArr"):
            rows = (
                _matrix_rows(inside[0], depth + 2) if name(inside[0]) == "m" else _equation_rows(inside[0], depth + 2)
            )
            if symbols.has_environment(opening, closing) or opening + closing:
                return symbols.matrix(rows, opening, closing)
    between = f"{symbols.in_latex(separator)} "
    return symbols.in_latex(opening) + between.join(_row(part, depth + 1) for part in parts) + symbols.in_latex(closing)


def _matrix(element: Element, depth: int) -> str:
    columns = child(child(child(element, "mPr"), "mcs"), "mc")
    is_aligned = setting(child(columns, "mcPr"), "mcJc") == "right"
    return symbols.matrix(_matrix_rows(element, depth), aligned=is_aligned)


def _matrix_rows(element: Element, depth: int) -> list[list[str]]:
    return [
        [_row(entry, depth + 2) for entry in children(row) if name(entry) == "e"]
        for row in children(element)
        if name(row) == "mr"
    ]


def _equations(element: Element, depth: int) -> str:
    return symbols.matrix(_equation_rows(element, depth), aligned=True)


def _equation_rows(element: Element, depth: int) -> list[list[str]]:
    """Equations below each other; an ampersand there is a place where they are aligned."""
    return [_row(entry, depth + 1).split("\\&") for entry in children(element) if name(entry) == "e"]


def _function(element: Element, depth: int) -> str:
    return f"{_of(element, 'fName', depth)} {_of(element, 'e', depth)}"


def _accent(element: Element, depth: int) -> str:
    character = setting(child(element, "accPr"), "chr")
    character = "\u0302" if character is None else character
    return symbols.above(_of(element, "e", depth), symbols.in_latex(character), character)


def _bar(element: Element, depth: int) -> str:
    is_above = setting(child(element, "barPr"), "pos") == "top"
    write = symbols.above if is_above else symbols.below
    return write(_of(element, "e", depth), "", "‾" if is_above else "_")


def _group(element: Element, depth: int) -> str:
    properties = child(element, "groupChrPr")
    character, is_above = setting(properties, "chr"), setting(properties, "pos") == "top"
    character = "⏟" if character is None else character
    write = symbols.above if is_above else symbols.below
    return write(_of(element, "e", depth), symbols.in_latex(character), character)


def _low(element: Element, depth: int) -> str:
    return symbols.below(_of(element, "e", depth), _of(element, "lim", depth), _character(element))


def _high(element: Element, depth: int) -> str:
    return symbols.above(_of(element, "e", depth), _of(element, "lim", depth), _character(element))


def _character(element: Element) -> str:
    """The one character that some programs write as a limit where Word has an accent; empty for anything longer."""
    limit = child(element, "lim")
    text = "" if limit is None else "".join(limit.itertext()).strip()
    return text if len(text) == 1 else ""


def _framed(element: Element, depth: int) -> str:
    inside, properties = _of(element, "e", depth), child(element, "borderBoxPr")
    if properties is None:
        return symbols.boxed(inside)
    if any(_is_on(properties, strike) for strike in _STRIKES):
        return symbols.struck(inside)
    return inside if all(_is_on(properties, side) for side in _SIDES) else symbols.boxed(inside)


def _phantom(element: Element, depth: int) -> str:
    shows = setting(child(element, "phantPr"), "show")
    return "" if shows in ("0", "off", "false") else _of(element, "e", depth)


_WRITERS = {
    "f": _fraction,
    "sSup": _scripts,
    "sSub": _scripts,
    "sSubSup": _scripts,
    "sPre": _prescripts,
    "rad": _root,
    "nary": _nary,
    "d": _delimited,
    "m": _matrix,
    "eqArr": _equations,
    "func": _function,
    "acc": _accent,
    "bar": _bar,
    "groupChr": _group,
    "limLow": _low,
    "limUpp": _high,
    "borderBox": _framed,
    "phant": _phantom,
}
