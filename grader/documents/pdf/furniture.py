"""What a printer adds to pages: headers, footers, their numbers. It is nobody's answer."""

import re
from collections import Counter

from grader.documents.pdf.page import Page
from grader.documents.pdf.rows import Row

_MARGIN = 0.2  # of the height of a page
_OUTERMOST = 6  # rows
_EDGE = 48.0  # points: where browsers print
_NUMBER = re.compile(
    r"(?:page |seite |p\. ?|- ?|\[)?(\d{1,4})(?: ?(?:/|of|von|\|) ?(\d{1,4}))?(?: ?-|\])?", re.IGNORECASE
)
_TIME = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4},? \d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]\.?M\.?)?\b", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:file:///|https?://|about:blank|data:|localhost|127\.0\.0\.1)\S*")
_LONGEST = 200


def without_furniture(pages: list[Page]) -> None:
    """Take the furniture out of these pages."""
    edges = {page.number: _edge_rows(page) for page in pages}
    repeated = Counter(
        key for page in pages for row in edges[page.number] for key in {(_shape(row, page), round(row.base / 3))}
    )
    offsets = Counter(
        int(found[1]) - page.number
        for page in pages
        for row in edges[page.number]
        if (found := _NUMBER.fullmatch(_text(row)))
    )
    for page in pages:
        gone: set[int] = set()
        for row in edges[page.number]:
            text = _text(row)
            if _printed(row, text, page):
                gone.add(id(row))
            elif _lone(row, page, gone):
                shape, place = _shape(row, page), round(row.base / 3)
                often = sum(repeated[shape, place + i] for i in (-1, 0, 1))
                number = _NUMBER.fullmatch(text)
                if number:
                    off = int(number[1]) - page.number
                    middle = (row.x0 + row.x1) / 2 / max(page.width, 1)
                    placed = abs(middle - 0.5) < 0.06 or middle > 0.8
                    alone = off == 0 and placed
                    known = alone or not text.isdigit() or (len(pages) > 1 and offsets[off] > 1)
                else:
                    known = often > (2 if _is_bold(row) else 1) and often * 2 >= len(pages)
                if known:
                    gone.add(id(row))
        for region in page.regions:
            region.content[:] = [entry for entry in region.content if id(entry) not in gone]
        page.across[:] = [line for line in page.across if not line.startswith("arXiv:")]


def _shape(row: Row, page: Page) -> str:
    """A line without the number of its page, where it stands apart: `Problem 2` on page 2 keeps its number."""
    tokens = row.tokens
    for edge, rest in ((tokens[-1], tokens[:-1]), (tokens[0], tokens[1:])):
        if rest and edge.atom.text.isdigit() and abs(int(edge.atom.text[:6]) - page.number) < 20:
            gap = edge.x0 - rest[-1].x1 if edge is tokens[-1] else rest[0].x0 - edge.x1
            if gap > 2 * row.size:
                return _text(Row(rest, row.base))
    return _text(row)


def _is_bold(row: Row) -> bool:
    return all(token.atom.style.bold or token.atom.marked for token in row.tokens)


def _text(row: Row) -> str:
    return " ".join(" ".join(token.text() for token in row.tokens).split())[:_LONGEST]


def _edge_rows(page: Page) -> list[Row]:
    """The outermost rows of a page, from the edges inwards."""
    rows = [entry for region in page.regions for entry in region.content if isinstance(entry, Row)]
    rows.sort(key=lambda row: row.base)
    low = [row for row in rows[:_OUTERMOST] if row.base < _MARGIN * page.height]
    high = [row for row in rows[::-1][:_OUTERMOST] if row.base > (1 - _MARGIN) * page.height]
    return low + high


def _printed(row: Row, text: str, page: Page) -> bool:
    """Whether a browser printed it: a time at the upper edge, an address or `1/1` at the lower one."""
    if row.base > page.height - _EDGE:
        return bool(_TIME.match(text) or _TIME.search(text[-30:]))
    if row.base < _EDGE:
        number = re.search(r"(?:^| )\d{1,4} ?/ ?\d{1,4}$", text)
        return bool(_ADDRESS.match(text) or (number and row.base < 0.75 * _EDGE) or _TIME.match(text))
    return False


def _lone(row: Row, page: Page, gone: set[int]) -> bool:
    """Whether nothing stands further out than this row, nothing close to it, and something else on the page."""
    rest = [entry for region in page.regions for entry in region.content if entry is not row and id(entry) not in gone]
    inwards = -1 if row.base > page.height / 2 else 1
    near = 1.7 * max(row.size, 8)
    met = False
    for entry in rest:
        if isinstance(entry, Row):
            distance = (entry.base - row.base) * inwards
        else:
            distance = (entry.box.y1 - row.base) * inwards if inwards < 0 else entry.box.y0 - row.base
            if entry.box.height > 0.6 * page.height:  # a scan, a ground
                continue
        if distance < -3 or 3 < distance < near:
            return False
        met |= distance >= near
    return met
