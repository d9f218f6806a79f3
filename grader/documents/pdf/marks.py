"""Lines drawn through words and under them."""

from bisect import bisect_left, bisect_right

from grader.documents.pdf.atoms import Atom, Box


def marked(atoms: list[Atom], rules: list[Box], slanted: list[Box]) -> list[Atom]:
    """The words, struck where a line runs through them, and marked where one runs under them."""
    if not rules and not slanted:
        return atoms
    heights = sorted(((rule.y0 + rule.y1) / 2, rule) for rule in rules)
    ys = [y for y, _ in heights]
    found = []
    for atom in atoms:
        size = atom.size
        low, high = bisect_left(ys, atom.base - 0.3 * size), bisect_right(ys, atom.base + 0.75 * size)
        for y, rule in heights[low : min(high, low + 50)]:
            shared = min(rule.x1, atom.box.x1) - max(rule.x0, atom.box.x0)
            if shared < 0.6 * atom.box.width or atom.hidden:
                continue
            through = atom.base + 0.12 * size < y < atom.base + 0.5 * size
            if atom.latex:
                through = abs(y - atom.y) < 0.15 * size
            if through:
                atom = atom._replace(struck=True)
            elif y < atom.base + 0.03 * size and rule.width < 1.6 * size + 40 * max(len(atom.text), 8):
                atom = atom._replace(marked=True)
        for stroke in slanted[:50]:
            if _crosses(stroke, atom):
                atom = atom._replace(struck=True)
        found.append(atom)
    return found


def _crosses(stroke: Box, atom: Atom) -> bool:
    """Whether a stroke from corner to corner crosses a word out."""
    size = atom.size
    return (
        stroke.height < 3 * max(size, atom.box.height)
        and stroke.holds(atom.x, atom.y)
        and stroke.width > 0.5 * atom.box.width
        and stroke.height > 0.3 * size
    )
