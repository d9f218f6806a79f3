"""What is drawn and not written: pictures, diagrams, formulas made of paths."""

from grader.core.document import Run
from grader.documents.pdf.atoms import Atom, Box
from grader.documents.pdf.drawings import Drawn
from grader.documents.pdf.layout import Thing

_SMALLEST_FIGURE = 30  # points along each side; smaller pictures hold a formula at most
_SMALLEST = 6
_NEAR = 8.0  # points between shapes of one drawing
_CHART = 90.0
_TICKS = 36.0  # points: how far from a diagram its numbers stand
_NUMBER = frozenset("0123456789.,+-−×e%")
_MOST_THINGS = 200

FORMULA = Run(text="a formula drawn as a picture")
DRAWING = Run(text="a drawing, which may hold handwriting")
PAGE = Run(text="a page that is a picture")
SCAN = Run(text="a scanned page: its words come from recognition")


def things_on(drawn: Drawn, atoms: list[Atom], width: float, height: float) -> tuple[list[Thing], list[Atom]]:
    """What is drawn on a page, and the words that don't belong to a diagram."""
    things: list[Thing] = []
    area = width * height
    written = [atom for atom in atoms if not atom.hidden]
    for picture in drawn.pictures[:_MOST_THINGS]:
        box = Box(max(picture.x0, 0), max(picture.y0, 0), min(picture.x1, width), min(picture.y1, height))
        if min(box.width, box.height) >= _SMALLEST_FIGURE:
            things.append(Thing("figure", box))
            if box.width * box.height > 0.6 * area:
                things.append(Thing("unread", box, (SCAN if written else PAGE,)))
        elif box.width >= _SMALLEST and box.height >= _SMALLEST:
            things.append(Thing("unread", box, (FORMULA,)))
    for box, many in _clusters(drawn.shapes)[:_MOST_THINGS]:
        inside = [atom for atom in written if box.holds(atom.x, atom.y)]
        if many > 3 and box.width >= _CHART and box.height >= _CHART:
            inside += _ticks(box, written)
        if box.width >= _CHART and box.height >= _CHART and many > 3 and len(inside) < 150:
            ours = {atom.order for atom in inside}
            written = [atom for atom in written if atom.order not in ours]
            atoms = [atom for atom in atoms if atom.order not in ours]
            words = " ".join(atom.text for atom in inside)
            things.append(Thing("figure", box, (Run(text=words),) if words else ()))
            # Letters drawn by hand look like any other drawing.
            if not inside:
                things.append(Thing("unread", box, (DRAWING,)))
        elif len(inside) < 20 and box.width * box.height < 0.9 * area:
            things.append(Thing("unread", box, (FORMULA,)))
        elif many > 3:
            things.append(Thing("unread", box, (DRAWING,)))
    return things, atoms


def _ticks(box: Box, atoms: list[Atom]) -> list[Atom]:
    """The numbers along the sides of a diagram, where there are several."""
    near = [
        atom
        for atom in atoms
        if box.holds(atom.x, atom.y, _TICKS) and not box.holds(atom.x, atom.y) and set(atom.text) <= _NUMBER
    ]
    under = [atom for atom in near if atom.y < box.y0]
    beside = [atom for atom in near if atom.y >= box.y0]
    return [atom for side in (under, beside) if len(side) > 2 for atom in side]


def _clusters(shapes: list[Box]) -> list[tuple[Box, int]]:
    """Shapes that lie near each other, as one, with how many they are."""
    parent = list(range(len(shapes)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    # On a lattice each shape meets those of its cells alone; a cell needs to know but one of its shapes.
    cells: dict[tuple[int, int], int] = {}
    for i, box in enumerate(shapes):
        columns = range(int(box.x0 // _NEAR), int(box.x1 // _NEAR) + 2)
        lines = range(int(box.y0 // _NEAR), int(box.y1 // _NEAR) + 2)
        if len(columns) * len(lines) > 4000:
            continue
        for column in columns:
            for line in lines:
                other = cells.setdefault((column, line), i)
                parent[root(i)] = root(other)
    groups: dict[int, list[Box]] = {}
    for i, box in enumerate(shapes):
        groups.setdefault(root(i), []).append(box)
    return [
        (Box(min(b.x0 for b in g), min(b.y0 for b in g), max(b.x1 for b in g), max(b.y1 for b in g)), len(g))
        for g in groups.values()
    ]
