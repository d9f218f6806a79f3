"""Formulas are put together again from places: fractions, roots, limits, matrices and what is boxed.

What is narrowest is put together first, so that a fraction in a matrix is one entry when the matrix is read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from grader.documents.pdf.atoms import Atom, Box, Style
from grader.documents.pdf.notation import latex_of, matrix
from grader.documents.pdf.rows import Row, cells_of, latex_line, rows_of

_MOST = 400  # structures of one page
_BUCKET = 12.0
_AXIS = 0.25  # of the size of letters: how far above the baseline fractions are centred
_WIDEST_RULE = 450
_FAMILIES = {
    "(": "(⎛⎜⎝", ")": ")⎞⎟⎠", "[": "[⎡⎢⎣", "]": "]⎤⎥⎦", "{": "{⎧⎨⎩", "}": "}⎫⎬⎭", "|": "|⏐∣", "‖": "‖∥",
    "⌊": "⌊", "⌋": "⌋", "⌈": "⌈", "⌉": "⌉", "⟨": "⟨", "⟩": "⟩",
}  # fmt: skip
_FAMILY = {piece: family for family, pieces in _FAMILIES.items() for piece in pieces}
_CLOSING = {")": "(", "]": "[", "}": "{", "⌋": "⌊", "⌉": "⌈", "⟩": "⟨"}
_NAMES_WITH_LIMITS = frozenset({"lim", "max", "min", "sup", "inf"})
_WITH_LIMITS = "∑∏⋃⋂∪∩∐⋁⋀"


@dataclass
class _Bracket:
    kind: str
    box: Box
    pieces: list[Atom]
    small: bool = False


class _Desk:
    """The words of a page that are still by themselves, found by height."""

    def __init__(self, atoms: Iterable[Atom]) -> None:
        self._buckets: dict[int, dict[int, Atom]] = {}
        for atom in atoms:
            self.put(atom)

    def put(self, atom: Atom) -> None:
        self._buckets.setdefault(int(atom.y // _BUCKET), {})[atom.order] = atom

    def take(self, atoms: Iterable[Atom]) -> None:
        for atom in atoms:
            self._buckets.get(int(atom.y // _BUCKET), {}).pop(atom.order, None)

    def has(self, atom: Atom) -> bool:
        return self._buckets.get(int(atom.y // _BUCKET), {}).get(atom.order) is atom

    def between(self, low: float, high: float) -> list[Atom]:
        """Those whose centre lies between these heights."""
        buckets = range(int(low // _BUCKET), int(high // _BUCKET) + 1)
        found = (atom for number in buckets for atom in self._buckets.get(number, {}).values())
        return [atom for atom in found if low <= atom.y <= high]

    def all(self) -> list[Atom]:
        return sorted((atom for many in self._buckets.values() for atom in many.values()), key=lambda atom: atom.order)


def composed(atoms: list[Atom], rules: list[Box], frames: list[Box]) -> tuple[list[Atom], list[Box]]:
    """The words, with those of formulas put together, and the rules that were no part of one."""
    shown = _dotted([atom for atom in atoms if not atom.hidden])
    desk = _Desk(shown)
    brackets = _brackets(shown)
    pairs = _pairs(brackets)
    used: set[Box] = set()

    def over(rule: Box) -> None:
        if _root(rule, desk) or _fraction(rule, desk):
            used.add(rule)

    # At one width a formula is put together before it is framed.
    work: list[tuple[float, int, Callable[[], None]]] = [
        *((two.box.x1 - one.box.x0, 1, partial(_matrix, one, two, desk)) for one, two in pairs),
        *((rule.width, 0, partial(over, rule)) for rule in rules if rule.width < _WIDEST_RULE),
        *((frame.width, 2, partial(_framed, frame, desk)) for frame in frames),
        *((a.box.width, 0, partial(_limits, a, desk)) for a in shown if _takes_limits(a)),
    ]
    for _, _, put_together in sorted(work, key=lambda entry: entry[:2])[:_MOST]:
        put_together()
    paired = {id(bracket) for pair in pairs for bracket in pair}
    for bracket in brackets:
        if id(bracket) not in paired and not bracket.small:
            _alone(bracket, desk)
    for atom in desk.all():
        if atom.tall and not atom.latex:
            _replace(desk, [atom], _centred(atom.text, latex_of(atom.text, letters_are_names=True), atom.box, [atom]))
    rest = [rule for rule in rules if rule not in used]
    return sorted([*desk.all(), *(atom for atom in atoms if atom.hidden)], key=lambda atom: atom.order), rest


def _centred(text: str, latex: str, box: Box, parts: list[Atom], size: float | None = None) -> Atom:
    """What is put together of these parts, centred on the axis of its row."""
    first = min(parts, key=lambda atom: atom.order)
    size = size or max(atom.size for atom in parts)
    return Atom(
        text=text, box=box, base=(box.y0 + box.y1) / 2 - _AXIS * size, size=size, style=Style(math=True),
        order=first.order, spaced=first.spaced, latex=latex, link=first.link, struck=all(a.struck for a in parts),
    )  # fmt: skip


def _replace(desk: _Desk, parts: list[Atom], whole: Atom) -> None:
    desk.take(parts)
    desk.put(whole)


def _around(parts: Iterable[Atom], *more: Box) -> Box:
    boxes = [*(atom.box for atom in parts), *more]
    return Box(min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes))


def _plain(rows: list[Row]) -> str:
    return " ".join(" ".join(token.text() for token in row.tokens) for row in rows)


def _in_line(rows: list[Row]) -> str:
    return " ".join(latex_line(row.tokens) for row in rows)


# fractions and roots


def _fraction(rule: Box, desk: _Desk) -> bool:
    y = (rule.y0 + rule.y1) / 2
    near = [
        atom
        for atom in desk.between(y - 60, y + 60)
        if rule.x0 - 3 <= atom.box.x0 and atom.box.x1 <= rule.x1 + 3 and (atom.latex or not atom.tall)
    ]
    above = _next_to([(atom.box.y0 - y, atom) for atom in near if atom.y > y])
    below = _next_to([(y - atom.box.y1, atom) for atom in near if atom.y < y])
    if not above or not below:
        return False
    upper, lower = _around(above), _around(below)
    size, other = max(atom.size for atom in above), max(atom.size for atom in below)
    widest = max(upper.width, lower.width)
    fits = -1.5 <= rule.width - widest <= 0.5 * size + 2
    middle = (rule.x0 + rule.x1) / 2
    centred = all(abs((box.x0 + box.x1) / 2 - middle) < 0.3 * size + 0.8 for box in (upper, lower))
    if not fits or not centred or not 0.75 < size / max(other, 0.1) < 1.34:
        return False
    beside = desk.between(y - 0.9 * size, y + 0.9 * size)
    if _in_prose(lower, below, beside, size):
        return False
    words = any(atom.text.isalpha() and len(atom.text) > 3 and not atom.latex for atom in (*above, *below))
    if words and not _on_axis(rule, y, beside, size):
        return False
    rows = rows_of(above), rows_of(below)
    latex = f"\\frac{{{_in_line(rows[0])}}}{{{_in_line(rows[1])}}}"
    text = f"({_plain(rows[0])})/({_plain(rows[1])})"
    box = _around((*above, *below), rule)
    whole = _centred(text, latex, box, [*above, *below], size)
    _replace(desk, [*above, *below], whole._replace(base=y - _AXIS * size))
    return True


def _next_to(distances: list[tuple[float, Atom]]) -> list[Atom]:
    """The words of the row nearest to a rule, with their scripts."""
    near = [(distance, atom) for distance, atom in distances if distance > -0.35 * atom.size]
    if not near:
        return []
    closest, first = min(near, key=lambda entry: entry[0])
    if closest > 0.75 * first.size:
        return []
    return [atom for distance, atom in near if distance < 0.95 * first.size]


def _in_prose(lower: Box, below: list[Atom], beside: list[Atom], size: float) -> bool:
    """Whether the words below go on at either side, as those of the next line do."""
    base = max(below, key=lambda atom: atom.size).base
    return any(
        abs(atom.base - base) < 0.1 * size
        and atom not in below
        and (0 < atom.box.x0 - lower.x1 < 0.5 * size or 0 < lower.x0 - atom.box.x1 < 0.5 * size)
        and atom.text.isalpha()
        and len(atom.text) > 1
        for atom in beside
    )


def _on_axis(rule: Box, y: float, beside: list[Atom], size: float) -> bool:
    """Whether something stands beside the rule with its own middle at its height."""
    return any(
        y - 0.5 * size < atom.base < y - 0.08 * size
        and (0 <= atom.box.x0 - rule.x1 < 1.3 * size or 0 <= rule.x0 - atom.box.x1 < 1.3 * size)
        for atom in beside
    )


def _root(rule: Box, desk: _Desk) -> bool:
    y = (rule.y0 + rule.y1) / 2
    signs = [
        atom
        for atom in desk.between(y - 80, y + 3)
        if atom.text == "√" and not atom.latex and abs(atom.box.x1 - rule.x0) < 2 and abs(atom.box.y1 - y) < 2.5
    ]
    if not signs:
        return False
    sign = signs[0]
    inside = [
        atom for atom in desk.between(sign.box.y0 - 1, y) if rule.x0 - 1 <= atom.x <= rule.x1 + 1 and atom is not sign
    ]
    if not inside:
        return False
    degree = [
        atom
        for atom in desk.between(sign.y - 0.1 * sign.box.height, sign.box.y1 + 2)
        if sign.box.x0 - 0.3 * sign.size < atom.x < sign.box.x1 - 0.2 * sign.size and atom.size < 0.8 * sign.size
    ]
    rows = rows_of(inside)
    size = max(atom.size for atom in inside)
    base = rows[0].base if len(rows) == 1 else None
    whole = _centred(
        f"√({_plain(rows)})",
        f"\\sqrt{f'[{_in_line(rows_of(degree))}]' if degree else ''}{{{_in_line(rows)}}}",
        _around(inside, rule, sign.box),
        [sign, *inside],
        size,
    )
    _replace(desk, [sign, *inside, *degree], whole._replace(base=base) if base is not None else whole)
    return True


def _limits(sign: Atom, desk: _Desk) -> None:
    """What stands above and below a large sign."""
    size = sign.size
    near = [
        atom
        for atom in desk.between(sign.box.y0 - 1.4 * size, sign.box.y1 + 1.4 * size)
        if atom is not sign and atom.size < 0.93 * size and sign.box.x0 - 1.5 * size < atom.x < sign.box.x1 + 1.5 * size
    ]
    upper = _chain(sign, [atom for atom in near if atom.base > sign.box.y1])
    lower = _chain(sign, [atom for atom in near if atom.box.y1 < sign.box.y0 + 0.15 * size])
    parts = [sign, *upper, *lower]
    latex = latex_of(sign.text, letters_are_names=sign.tall)
    for mark, some in (("_", lower), ("^", upper)):
        if some:
            latex += f"{mark}{{{_in_line(rows_of(some))}}}"
    if sign.tall:
        _replace(desk, parts, _centred(sign.text, latex, sign.box, [sign]))
    elif len(parts) > 1:
        _replace(desk, parts, sign._replace(latex=latex, style=Style(math=True)))


def _takes_limits(atom: Atom) -> bool:
    return (atom.tall and atom.text in _WITH_LIMITS) or atom.text in _NAMES_WITH_LIMITS


def _dotted(atoms: list[Atom]) -> list[Atom]:
    """Three points above each other, or from the upper left to the lower right, become one sign."""
    found: list[Atom] = []
    for atom in atoms:
        found.append(atom._replace(text="⋯", style=Style(math=True)) if atom.text == "···" else atom)
        if atom.text != "." or len(found) < 3 or any(each.text != "." for each in found[-3:]):
            continue
        one, two, three = found[-3:]
        steps = (one.base - two.base, two.base - three.base)
        if 0.15 * atom.size < min(steps) and max(steps) < 0.6 * atom.size and abs(steps[0] - steps[1]) < 1:
            across = three.box.x0 - one.box.x0
            if abs(across) < 1 or 0.3 * atom.size < across < 1.6 * atom.size:
                sign = "⋮" if abs(across) < 1 else "⋱"
                found[-3:] = [two._replace(text=sign, box=_around([one, two, three]), style=Style(math=True))]
    return found


def _chain(sign: Atom, atoms: list[Atom]) -> list[Atom]:
    """Of these words those that hang together and are centred on the sign."""
    groups: list[list[Atom]] = []
    for atom in sorted(atoms, key=lambda atom: atom.box.x0):
        if groups and atom.box.x0 - groups[-1][-1].box.x1 < 0.3 * atom.size:
            groups[-1].append(atom)
        else:
            groups.append([atom])
    for group in groups:
        box = _around(group)
        if abs((box.x0 + box.x1) / 2 - sign.x) < 0.4 * sign.size:
            return group
    return []


# matrices


def _brackets(atoms: list[Atom]) -> list[_Bracket]:
    """Tall brackets, put together of their pieces; and small ones, which may hold a small matrix."""
    tall = [atom for atom in atoms if atom.tall and atom.text in _FAMILY]
    tall.sort(key=lambda atom: (round(atom.box.x0), -atom.box.y1))
    found: list[_Bracket] = []
    for atom in tall:
        family = _FAMILY[atom.text]
        last = found[-1] if found else None
        piece = atom.text not in "()[]{}"
        if (
            last
            and piece
            and (last.kind == family or atom.text == "⎪" or last.pieces[-1].text == "⎪")
            and abs(last.pieces[-1].box.x0 - atom.box.x0) < 1.2
            and -0.3 * atom.size < last.box.y0 - atom.box.y1 < 0.3 * atom.size
        ):
            last.pieces.append(atom)
            last.box = _around(last.pieces)
        else:
            found.append(_Bracket(family, atom.box, [atom]))
    small = [
        _Bracket(_FAMILY[a.text], a.box, [a], small=True) for a in atoms if a.single and not a.tall and a.text in "[]()"
    ]
    return [*found[:_MOST], *small[:_MOST]]


def _pairs(brackets: list[_Bracket]) -> list[tuple[_Bracket, _Bracket]]:
    """Brackets of one height that open and close."""
    pairs: list[tuple[_Bracket, _Bracket]] = []
    opened: list[_Bracket] = []
    for bracket in sorted(brackets, key=lambda bracket: bracket.box.x0):
        partner = next((one for one in reversed(opened) if _closes(one, bracket)), None)
        if partner:
            opened.remove(partner)
            pairs.append((partner, bracket))
        elif bracket.kind not in _CLOSING:
            opened.append(bracket)
    return pairs


def _closes(one: _Bracket, two: _Bracket) -> bool:
    kinds = one.kind == two.kind in "|‖" or one.kind == _CLOSING.get(two.kind)
    slack = 0.12 * two.box.height + 0.5
    return (
        kinds
        and one.small == two.small
        and abs(one.box.y0 - two.box.y0) < slack
        and abs(one.box.y1 - two.box.y1) < slack
    )


def _matrix(one: _Bracket, two: _Bracket, desk: _Desk) -> None:
    low, high = min(one.box.y0, two.box.y0), max(one.box.y1, two.box.y1)
    inside = [
        atom
        for atom in desk.between(low - 1.5, high + 1.5)
        if one.box.x1 - 1 <= atom.x <= two.box.x0 + 1 and not any(atom is p for p in (*one.pieces, *two.pieces))
    ]
    if not inside and not one.small:
        return
    rows = rows_of(inside)
    if one.small and (len(rows) < 2 or any(atom.size > 0.87 * one.pieces[0].size for atom in inside)):
        inside = _unstretched(one, two, desk)
        rows = rows_of(inside)
        if not rows:
            return
    box = _around(inside, one.box, two.box)
    size = max(row.size for row in rows)
    cells = cells_of(rows)
    parts = [*one.pieces, *two.pieces, *inside]
    if len(rows) == 1 and (len(cells[0]) == 1 or one.kind == "|"):
        left, said, right = _delimiter(one.kind), latex_line(rows[0].tokens), _delimiter(two.kind)
        latex = f"\\left{left} {said} \\right{right}" if "\\" in said else f"{left}{said}{right}"
        whole = _centred(f"{one.kind}{_plain(rows)}{two.kind}", latex, box, parts, size)._replace(base=rows[0].base)
    else:
        latex = matrix(one.kind, [[latex_line(cell) for cell in row] for row in cells])
        whole = _centred(f"{one.kind}{_plain(rows)}{two.kind}", latex, box, parts, size)
    if one.small and one.pieces[0].size > size:
        whole = whole._replace(size=one.pieces[0].size, base=one.pieces[0].base)
    _replace(desk, parts, whole)


def _unstretched(one: _Bracket, two: _Bracket, desk: _Desk) -> list[Atom]:
    """The entries between brackets that didn't grow with them, as in browsers without a font for formulas.

    Rows are centred on the brackets, hold no prose, and go on at neither side.
    """
    sign = one.pieces[0]
    size = sign.size
    around = desk.between(sign.y - 5 * size, sign.y + 5 * size)
    left, right = one.box.x1 - 1, two.box.x0 + 1
    own = {sign.order, two.pieces[0].order}
    inside = [atom for atom in around if left <= atom.x <= right and atom.order not in own]
    beside = [
        atom.base
        for atom in around
        if atom.order not in own
        and (0 <= one.box.x0 - atom.box.x1 < 0.8 * size or 0 <= atom.box.x0 - two.box.x1 < 0.8 * size)
    ]
    found: list[Row] = []
    for row in sorted(rows_of(inside), key=lambda row: abs(row.base - sign.base)):
        on_axis = abs(row.base - sign.base) < 0.2 * size
        goes_on = any(abs(base - row.base) < 0.3 * size for base in beside) and not on_axis
        if goes_on or not all(_is_entry(token.atom) for token in row.tokens):
            break
        if abs(row.base - sign.base) > (0.5 + 0.75 * (len(found) + 1)) * size:
            break
        found.append(row)
    bases = sorted(row.base for row in found)
    steps = [two - one for one, two in zip(bases, bases[1:], strict=False)]
    columns = {len(cell) for row in cells_of(found) for cell in [[each for each in row if each]]} if found else set()
    if len(found) < 2 or len(columns) != 1 or abs((bases[0] + bases[-1]) / 2 - sign.base) > 0.3 * size:
        return []
    if max(steps) > 1.5 * size or max(steps) - min(steps) > 0.25 * size or (len(found) % 2 and columns == {1}):
        return []
    return [each for row in found for token in row.tokens for each in (token.atom, *token.upper, *token.lower)]


def _is_entry(atom: Atom) -> bool:
    """Whether a word may stand in a matrix whose brackets didn't grow: no prose, no code."""
    return bool(atom.latex) or (not atom.style.mono and sum(letter.isalpha() for letter in atom.text) < 2)


def _delimiter(kind: str) -> str:
    return latex_of(kind, letters_are_names=True)


def _alone(bracket: _Bracket, desk: _Desk) -> None:
    """A bracket without its partner: a brace before several rows, or a mark of its own."""
    pieces = [piece for piece in bracket.pieces if desk.has(piece)]
    if not pieces:
        return
    inside: list[Atom] = []
    if bracket.kind == "{":
        edge = bracket.box.x1
        for atom in sorted(desk.between(bracket.box.y0, bracket.box.y1), key=lambda atom: atom.box.x0):
            if atom.x > bracket.box.x1 and atom.box.x0 - edge < 4 * bracket.pieces[0].size:
                inside.append(atom)
                edge = max(edge, atom.box.x1)
    rows = rows_of(inside)
    if len(rows) > 1:
        body = r" \\ ".join(" & ".join(latex_line(cell) for cell in row) for row in cells_of(rows))
        latex = f"\\begin{{cases}} {body} \\end{{cases}}"
        whole = _centred(f"{{{_plain(rows)}", latex, _around(inside, bracket.box), [*pieces, *inside], rows[0].size)
        _replace(desk, [*pieces, *inside], whole)
    else:
        latex = latex_of(bracket.kind, letters_are_names=True)
        _replace(desk, pieces, _centred(bracket.kind, latex, bracket.box, pieces))


def _framed(frame: Box, desk: _Desk) -> None:
    """A formula in a frame is boxed; words in a frame stand out."""
    if frame.height > 120:
        return
    inside = [atom for atom in desk.between(frame.y0, frame.y1) if frame.x0 < atom.x < frame.x1]
    if not 0 < len(inside) <= 60:
        return
    rows = rows_of(inside)
    words = any(
        atom.text.isalpha() and len(atom.text) > 1 and not atom.style.math and not atom.latex for atom in inside
    )
    if words or len(rows) > 1:
        for atom in inside:
            _replace(desk, [atom], atom._replace(marked=True))
        return
    box = _around(inside)
    whole = _centred(_plain(rows), f"\\boxed{{{_in_line(rows)}}}", box, inside, rows[0].size)
    _replace(desk, inside, whole._replace(base=rows[0].base))
