"""Words become rows: what stands on one baseline, with the small ones above and below it."""

from bisect import bisect
from dataclasses import dataclass, field
from functools import cached_property

from grader.documents.pdf.atoms import Atom, Box
from grader.documents.pdf.notation import latex_of, runs_together


@dataclass
class Token:
    """A word with what stands at its upper and its lower right."""

    atom: Atom
    upper: list[Atom] = field(default_factory=list)
    lower: list[Atom] = field(default_factory=list)

    @property
    def x0(self) -> float:
        """Its left edge."""
        return self.atom.box.x0

    @property
    def x1(self) -> float:
        """Its right edge, with its scripts."""
        if not self.upper and not self.lower:
            return self.atom.box.x1
        return max(self.atom.box.x1, *(each.box.x1 for each in (*self.upper, *self.lower)))

    @property
    def structured(self) -> bool:
        """Whether plain words would lose what it says."""
        return bool(self.atom.latex or self.upper or self.lower)

    def latex(self) -> str:
        """The token as a part of a formula."""
        base = self.atom.latex or latex_of(self.atom.text, letters_are_names=self.atom.style.math)
        for mark, scripts in (("_", self.lower), ("^", self.upper)):
            if scripts and all(set(each.text) <= {"′", "'"} for each in scripts):
                base += "'" * sum(len(each.text) for each in scripts)
            elif scripts:
                base += f"{mark}{{{latex_line([Token(each) for each in scripts])}}}"
        return base

    def text(self) -> str:
        """The token as plain words."""
        return self.atom.text + "".join(each.text for each in (*self.lower, *self.upper))


@dataclass
class Row:
    """Tokens from left to right on one baseline."""

    tokens: list[Token]
    base: float

    @property
    def x0(self) -> float:
        """Its left edge."""
        return self.tokens[0].x0

    @cached_property
    def x1(self) -> float:
        """Its right edge."""
        return max(token.x1 for token in self.tokens)

    @cached_property
    def size(self) -> float:
        """The size of most of its letters."""
        weights: dict[float, int] = {}
        plain = [token for token in self.tokens if not token.atom.latex]
        for token in plain or self.tokens:
            size = round(token.atom.size, 1)
            weights[size] = weights.get(size, 0) + len(token.atom.text)
        return max(weights, key=lambda size: weights[size])

    @cached_property
    def box(self) -> Box:
        """What it covers."""
        boxes = [token.atom.box for token in self.tokens]
        return Box(self.x0, min(box.y0 for box in boxes), self.x1, max(box.y1 for box in boxes))


def rows_of(atoms: list[Atom]) -> list[Row]:
    """The rows of these words, from top to bottom."""
    # Large words first: small ones, and those whose baseline was guessed, join the rows that these make.
    tokens = sorted(_scripted(atoms), key=lambda token: (bool(token.atom.latex), -token.atom.size, -token.atom.base))
    bases: list[float] = []
    groups: dict[float, list[Token]] = {}
    for token in tokens:
        place = bisect(bases, token.atom.base)
        near = min(bases[max(place - 1, 0) : place + 1], key=lambda base: abs(base - token.atom.base), default=None)
        if near is not None and abs(near - token.atom.base) < _tolerance(groups[near][0].atom, token.atom):
            groups[near].append(token)
        else:
            bases.insert(place, token.atom.base)
            groups[token.atom.base] = [token]
    rows: list[Row] = []
    for group in (groups[base] for base in reversed(bases)):
        group.sort(key=lambda token: (token.x0, token.atom.order))
        sure = [token.atom.base for token in group if not token.atom.latex]
        base = sorted(sure)[len(sure) // 2] if sure else group[0].atom.base
        if rows and _is_mark_of(rows[-1], group[0], base):
            mark = rows.pop().tokens[0].atom
            box = mark.box._replace(x0=mark.box.x0 - 0.3 * mark.size, x1=mark.box.x1 - 0.3 * mark.size)
            group.insert(0, Token(mark._replace(box=box)))  # a number before a number stays two
        rows.append(Row(group, base))
    return _without_strays(rows)


def _without_strays(rows: list[Row]) -> list[Row]:
    """Rows of few small words right above or below a row are scripts of what they stand over or under."""
    kept: list[Row] = []
    for i, row in enumerate(rows):
        near = [
            other
            for other in rows[max(i - 1, 0) : i + 2]
            if other is not row
            and len(row.tokens) <= 6
            and row.size < 0.83 * other.size
            and abs(row.base - other.base) < 0.95 * other.size
            and other.x0 - 1 <= row.x0
            and row.x1 <= other.x1 + 0.6 * other.size
        ]
        if not near:
            kept.append(row)
            continue
        host = min(near, key=lambda other: abs(row.base - other.base))
        for token in row.tokens:
            to = min(host.tokens, key=lambda each: max(each.x0 - token.atom.x, token.atom.x - each.atom.box.x1))
            (to.upper if row.base > host.base else to.lower).extend([token.atom, *token.upper, *token.lower])
    return kept


def _is_mark_of(row: Row, first: Token, base: float) -> bool:
    """Whether a row is but the raised number before a footnote."""
    mark, size = row.tokens[0], first.atom.size
    alone = len(row.tokens) == 1 and not mark.structured and mark.atom.size < 0.93 * size
    return alone and 0 < row.base - base < 0.6 * size and -1 < first.x0 - mark.x1 < 0.6 * size


def _tolerance(one: Atom, two: Atom) -> float:
    """How far apart baselines of one row may lie: those of what is centred on an axis were guessed."""
    return (0.45 if one.latex or two.latex else 0.3) * max(one.size, two.size, 1)


def _scripted(atoms: list[Atom]) -> list[Token]:
    """Small words at the right of a larger one, above or below its baseline, hang on it. In the order of writing."""
    tokens: list[Token] = []
    edge = 0.0
    for atom in sorted(atoms, key=lambda atom: atom.order):
        if tokens:
            last = tokens[-1]
            up = _script(last, atom, edge)
            if up:
                (last.upper if up > 0 else last.lower).append(atom)
                edge = max(edge, atom.box.x1)
                continue
        tokens.append(Token(atom))
        edge = atom.box.x1
    return tokens


def _script(token: Token, atom: Atom, edge: float) -> int:
    """1 for what stands above, -1 for below, 0 for what is no script of this token."""
    base = token.atom
    size = base.size
    back = 0.8 if base.text == "∫" else 0.25  # an integral leans over what stands below it
    if not -back * size < atom.box.x0 - base.box.x1 or atom.box.x0 - edge > 0.4 * size:
        return 0
    if atom.size > 0.93 * size:
        return 0
    rise = atom.base - base.base
    if base.latex and base.box.height >= 1.5 * size:
        return 1 if atom.base > base.box.y1 - 0.9 * size else -1 if atom.y < base.box.y0 + 0.4 * size else 0
    if abs(rise) < 0.08 * size or abs(rise) > 0.8 * size:
        return 0
    if atom.latex and abs(rise) < 0.3 * size:
        return 0
    return 1 if rise > 0 else -1


def latex_line(tokens: list[Token]) -> str:
    """Tokens of one row as one formula: words of text keep the spaces between them."""
    parts: list[str] = []
    last: Token | None = None
    for token in tokens:
        latex = token.latex()
        if parts and latex.startswith("\\text{") and parts[-1].startswith("\\text{") and parts[-1].endswith("}"):
            parts[-1] = f"{parts[-1][:-1]} {latex[6:]}"
        else:
            apart = last is not None and token.x0 - last.x1 > 0.17 * last.atom.size
            if parts and (apart or runs_together(parts[-1], latex)):
                parts.append(" ")
            parts.append(latex)
        last = token
    return "".join(parts).strip()


def cells_of(rows: list[Row], gap: float = 0.36) -> list[list[list[Token]]]:
    """The tokens of each row in columns: what overlaps from left to right is one column.

    `gap` is what parts cells, of the size of letters.
    """
    pieces: list[list[list[Token]]] = []
    for row in rows:
        cells: list[list[Token]] = []
        for token in row.tokens:
            if cells and token.x0 - max(each.x1 for each in cells[-1]) < gap * row.size:
                cells[-1].append(token)
            else:
                cells.append([token])
        pieces.append(cells)
    spans = sorted((cell[0].x0, max(token.x1 for token in cell)) for cells in pieces for cell in cells)
    columns: list[tuple[float, float]] = []
    for left, right in spans:
        if columns and left < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], right))
        else:
            columns.append((left, right))
    lefts = [left for left, _ in columns]
    table: list[list[list[Token]]] = []
    for cells in pieces:
        line: list[list[Token]] = [[] for _ in columns]
        for cell in cells:
            line[bisect(lefts, cell[0].x0) - 1].extend(cell)
        table.append(line)
    return table
