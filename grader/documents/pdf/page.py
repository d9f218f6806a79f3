"""One page: what PDFium says of it becomes regions of rows, tables and things."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace

import pypdfium2

from grader.core.document import Run
from grader.documents.pdf.annotations import annotations_of, struck_out
from grader.documents.pdf.atoms import Atom, Box
from grader.documents.pdf.characters import MOST_CHARACTERS, turned, words_of
from grader.documents.pdf.drawings import drawn_on
from grader.documents.pdf.formulas import composed
from grader.documents.pdf.layout import Region, Thing, regions_of
from grader.documents.pdf.links import linked, links_of
from grader.documents.pdf.marks import marked
from grader.documents.pdf.pictures import things_on
from grader.documents.pdf.rows import rows_of
from grader.documents.pdf.runs import runs_of
from grader.documents.pdf.tables import Table, between_rules, grids_of, ruled
from grader.documents.pdf.visibility import looked_at


@dataclass
class Page:
    """A page as it is read. `hidden` is what stands on it unseen, by height."""

    number: int
    width: float
    height: float
    regions: list[Region]
    across: list[str] = field(default_factory=list)
    hidden: list[tuple[float, Run]] = field(default_factory=list)
    bullets: list[Box] = field(default_factory=list)
    characters: int = 0
    cut: bool = False


def read_page(page: pypdfium2.PdfPage, number: int, most: int = MOST_CHARACTERS) -> Page:
    """Read a page, of which at most so many characters are looked at."""
    page_box = Box(*page.get_bbox())
    textpage = page.get_textpage()
    try:
        drawn = drawn_on(page.raw)
        if page_box.x0 or page_box.y0:
            drawn.move(-page_box.x0, -page_box.y0)
        words = words_of(textpage.raw, page_box, drawn, most)
        links = list(links_of(page.raw, page.pdf.raw, page_box))
        notes = annotations_of(page.raw, page_box)
    finally:
        textpage.close()
    if words.turn:
        links = [(turned(box, words.turn, page_box), address) for box, address in links]
        notes.struck = [turned(box, words.turn, page_box) for box in notes.struck]
        notes.things = [replace(thing, box=turned(thing.box, words.turn, page_box)) for thing in notes.things]
    seen = looked_at(page, words.along, words.turn, (words.width, words.height), bool(drawn.inner))
    atoms, bare = linked(seen, links)
    unseen = _hidden([atom for atom in atoms if atom.hidden])
    atoms = [atom for atom in atoms if not atom.hidden]
    things, atoms = things_on(drawn, atoms, words.width, words.height)
    grids, frames, rules = grids_of(drawn.level, drawn.upright, drawn.frames)
    placed: list[Table | Thing] = [*things, *_bare(bare), *notes.things]
    if notes.struck:
        atoms = list(struck_out(atoms, notes.struck))
    atoms, rules = composed(atoms, rules, frames)
    for grid in grids:
        inside = [atom for atom in atoms if grid.box.holds(atom.x, atom.y, 1)]
        table = ruled(grid, inside)
        if table:
            placed.append(table)
            atoms = _without(atoms, inside)
    by_height = sorted(atoms, key=lambda atom: atom.y)
    heights = [atom.y for atom in by_height]

    def atoms_in(box: Box) -> list[Atom]:
        some = by_height[bisect_left(heights, box.y0) : bisect_right(heights, box.y1)]
        return [atom for atom in some if box.x0 <= atom.x <= box.x1]

    tables, used = between_rules(rules, atoms_in)
    for table in tables:
        atoms = _without(atoms, [atom for atom in atoms if table.box.holds(atom.x, atom.y, 2)])
    placed.extend(tables)
    spent = set(used)
    atoms = marked(atoms, [rule for rule in rules if rule not in spent], drawn.slanted)
    return Page(
        number=number,
        width=words.width,
        height=words.height,
        regions=regions_of(atoms, placed),
        across=words.across,
        hidden=unseen,
        bullets=drawn.bullets,
        characters=sum(len(atom.text) for atom in words.along) + sum(thing.kind == "words" for thing in notes.things),
        cut=words.cut or drawn.cut,
    )


def _without(atoms: list[Atom], some: list[Atom]) -> list[Atom]:
    orders = {atom.order for atom in some}
    return [atom for atom in atoms if atom.order not in orders]


def _hidden(atoms: list[Atom]) -> list[tuple[float, Run]]:
    """Words that nobody sees, a run for each row of them and each reason."""
    found: list[tuple[float, Run]] = []
    for reason in sorted({atom.hidden for atom in atoms}):
        for row in rows_of([atom for atom in atoms if atom.hidden == reason]):
            text = "".join(run.text for run in runs_of(row))
            found.append((row.base, Run(text=text, hidden=reason)))
    return found


def _bare(links: list[tuple[Box, str]]) -> list[Thing]:
    """Links that lie behind a picture, say."""
    return [Thing("link", box, (Run(text=address, link=address),)) for box, address in links]
