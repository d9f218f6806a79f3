"""MathML to LaTeX: what a reader of the formula sees, never an annotation, since that may say something else."""

from collections.abc import Iterator
from typing import Any

from grader.core.errors import SubmissionError
from grader.documents import symbols

Element = Any  # of lxml, which ships no types

_DROPPED = {"mphantom", "annotation", "annotation-xml", "none", "mprescripts", "maligngroup", "malignmark", "mglyph"}
_OPENING, _CLOSING = "([{|‖⟨⌊⌈", ")]}|‖⟩⌋⌉"
_STRIKES = ("updiagonalstrike", "downdiagonalstrike", "verticalstrike", "horizontalstrike")


def latex(element: Element) -> str:
    """The LaTeX of a formula, without dollars: of a `math` element or any part of one, with a namespace or without.

    Raises SubmissionError for parts in each other so deep that no person wrote them.
    """
    return symbols.tidy(_part(element, 0))


def is_block(element: Element) -> bool:
    """Whether a `math` element is displayed on lines of its own."""
    return bool(element.get("display") == "block" or element.get("mode") == "display")


def _part(element: Element, depth: int) -> str:
    if depth > symbols.DEEPEST:
        raise SubmissionError(f"holds a formula with more than {symbols.DEEPEST} parts in each other")
    name = _name(element)
    if name in _DROPPED or _is_hidden(element):
        return ""
    if name in _TOKENS:
        return _token(element, name)
    children = _children(element)
    if name in _EXACT:
        count, write = _EXACT[name]
        if len(children) == count:
            return write(children, [_part(child, depth + 1) for child in children], element)
    if name == "mtable":
        return symbols.matrix(_rows(element, depth), aligned=_is_aligned(element))
    if name == "mfenced":
        return _fenced(element, children, depth)
    if name == "mmultiscripts":
        return _multiscripts(children, depth)
    if name == "maction":
        return _part(children[0], depth + 1) if children else ""
    if not children:  # a token that isn't known, such as a number of MathML's other half
        return symbols.in_latex((element.text or "").strip())
    inside = _row(children, depth)
    if name == "msqrt":
        return symbols.root(inside)
    if name == "menclose":
        return _enclosed(element, inside)
    return inside


def _row(children: list[Element], depth: int) -> str:
    """Parts side by side; fences around a table become its environment."""
    written: list[str] = []
    at = 0
    while at < len(children):
        table = _lone_table(children[at + 1]) if at + 1 < len(children) else None
        if table is not None and (opening := _fence(children[at], _OPENING)):
            closing = _fence(children[at + 2], _CLOSING) if at + 2 < len(children) else ""
            if symbols.has_environment(opening, closing):
                written.append(symbols.matrix(_rows(table, depth + 1), opening, closing))
                # A brace before cases is often closed by an empty operator.
                at += 3 if closing or _is_empty_operator(children[at + 2 : at + 3]) else 2
                continue
        written.append(_part(children[at], depth + 1))
        at += 1
    return "".join(written)


def _token(element: Element, name: str) -> str:
    text = "".join(element.itertext())
    variant = element.get("mathvariant") or ""
    if name == "mspace":
        return " \\\\ " if element.get("linebreak") == "newline" else " "
    if name in ("mtext", "ms"):
        return symbols.text_in_latex(f'"{text}"' if name == "ms" else text)
    text = text.strip()
    if name == "mi" and len(text) > 1 and variant in ("", "normal") and text.isascii():
        return symbols.name_in_latex(text)
    if name == "mo" and len(text) > 1 and text.replace(" ", "").isalpha():
        return symbols.name_in_latex(text)
    return symbols.in_latex(text, variant)


def _fraction(_: list[Element], parts: list[str], element: Element) -> str:
    return symbols.fraction(*parts, line=(element.get("linethickness") or "1").rstrip("ptexm%") not in ("0", "0.0"))


def _sub(_: list[Element], parts: list[str], __: Element) -> str:
    return symbols.scripts(parts[0], parts[1])


def _sup(_: list[Element], parts: list[str], __: Element) -> str:
    return symbols.scripts(parts[0], "", parts[1])


def _subsup(_: list[Element], parts: list[str], __: Element) -> str:
    return symbols.scripts(*parts)


def _root(_: list[Element], parts: list[str], __: Element) -> str:
    return symbols.root(*parts)


def _over(children: list[Element], parts: list[str], _: Element) -> str:
    return symbols.above(parts[0], parts[1], _character(children[1]))


def _under(children: list[Element], parts: list[str], _: Element) -> str:
    return symbols.below(parts[0], parts[1], _character(children[1]))


def _underover(_: list[Element], parts: list[str], __: Element) -> str:
    return symbols.limits(*parts)


_TOKENS = {"mi", "mn", "mo", "mtext", "ms", "mspace"}
_EXACT = {
    "mfrac": (2, _fraction),
    "msub": (2, _sub),
    "msup": (2, _sup),
    "msubsup": (3, _subsup),
    "mroot": (2, _root),
    "mover": (2, _over),
    "munder": (2, _under),
    "munderover": (3, _underover),
}


def _rows(table: Element, depth: int) -> list[list[str]]:
    rows = []
    for row in _children(table):
        cells = _children(row)[1 if _name(row) == "mlabeledtr" else 0 :]
        rows.append([_row(_children(cell), depth + 2) for cell in cells])
    return rows


def _is_aligned(table: Element) -> bool:
    """Whether its first column ends where its second begins, as in equations below each other."""
    if (table.get("columnalign") or "").startswith("right left"):
        return True
    cell = next((cell for row in _elements(table) for cell in _elements(row)), None)
    if cell is None:
        return False
    return cell.get("columnalign") == "right" or "text-align:right" in (cell.get("style") or "").replace(" ", "")


def _fenced(element: Element, children: list[Element], depth: int) -> str:
    opening, closing = element.get("open", "("), element.get("close", ")")
    if len(children) == 1 and (table := _lone_table(children[0])) is not None:
        return symbols.matrix(_rows(table, depth + 1), opening.strip(), closing.strip())
    marks = "".join(element.get("separators", ",").split())
    written = [symbols.in_latex(opening)]
    for i, child in enumerate(children):
        if i and marks:
            written.append(f"{symbols.in_latex(marks[min(i, len(marks)) - 1])} ")
        written.append(_part(child, depth + 1))
    return "".join([*written, symbols.in_latex(closing)])


def _multiscripts(children: list[Element], depth: int) -> str:
    if not children:
        return ""
    names = [_name(child) for child in children]
    before = names.index("mprescripts") if "mprescripts" in names else len(children)
    parts = [_part(child, depth + 1) for child in children]
    after, prior = parts[1:before], parts[before + 1 :]
    prefix = symbols.scripts("{}", *prior[:2]) if prior else ""
    return prefix + symbols.scripts(parts[0], "".join(after[::2]), "".join(after[1::2]))


def _enclosed(element: Element, inside: str) -> str:
    notation = (element.get("notation") or "longdiv").split()
    if any(strike in notation for strike in _STRIKES):
        return symbols.struck(inside)
    if "radical" in notation:
        return symbols.root(inside)
    return symbols.boxed(inside) if {"box", "roundedbox", "circle"} & set(notation) else inside


def _lone_table(element: Element) -> Element | None:
    """The table that this is, alone in rows around it."""
    for _ in range(symbols.DEEPEST):
        if _name(element) == "mtable":
            return None if _is_hidden(element) else element
        children = _children(element) if _name(element) in ("mrow", "mstyle", "mpadded") else []
        if len(children) != 1 or _is_hidden(element):
            return None
        element = children[0]
    return None


def _fence(element: Element, allowed: str) -> str:
    text = "".join(element.itertext()).strip() if _name(element) == "mo" else ""
    text = "‖" if text in ("∥", "||") else text
    return text if len(text) == 1 and text in allowed else ""


def _is_empty_operator(following: list[Element]) -> bool:
    return any(_name(child) == "mo" and not "".join(child.itertext()).strip() for child in following)


def _character(element: Element) -> str:
    """The one character of an accent."""
    return "".join(element.itertext()).strip() if _name(element) in ("mo", "mi", "mtext") else ""


def _is_hidden(element: Element) -> bool:
    style = (element.get("style") or "").lower().replace(" ", "")
    colour = (element.get("mathcolor") or element.get("color") or "").strip().lower()
    return (
        colour in ("white", "#fff", "#ffffff", "transparent")
        or "display:none" in style
        or "visibility:hidden" in style
        or element.get("hidden") is not None
    )


def _children(element: Element) -> list[Element]:
    return list(_elements(element))


def _elements(element: Element) -> Iterator[Element]:
    for child in element:
        if isinstance(child.tag, str):  # no comments, no instructions
            yield child


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()
