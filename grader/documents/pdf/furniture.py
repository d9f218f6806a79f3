"""What a printer adds to pages: headers, footers, their numbers. It is nobody's answer."""

import re
from collections import Counter

from grader.documents.pdf.page import Page
from grader.documents.pdf.rows import Row

_MARGIN = 0.135  # of the height of a page
_EDGE = 48.0  # points: where browsers print
_NUMBER = re.compile(
    r"(?:page |seite |p\. ?|- ?|\[)?(\d{1,4})(?: ?(?:/|of|von|\|) ?(\d{1,4}))?(?: ?-|\])?", re.IGNORECASE
)
_TIME = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4},? \d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]\.?M\.?)?\b", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:file:///|https?://|about:blank|data:|localhost|127\.0\.0\.1)\S*")
_DIGITS = re.compile(r"\d+")
_LONGEST = 200


def without_furniture(pages: list[Page]) -> None:
    """Take the furniture out of these pages."""
    edges = [(page, row, _text(row)) for page in pages for row in _edge_rows(page)]
    repeated = Counter((_DIGITS.sub("#", text), round(row.base / 3)) for _, row, text in edges)
    numbers = Counter(int(found[1]) - page.number for page, _, text in edges if (found := _NUMBER.fullmatch(text)))
    for page in pages:
        mine = [(row, text) for each, row, text in edges if each is page]
        gone = {id(row) for row, text in mine if _printed(row, text, page)}
        # A heading at the top of two pages ("Problem 1", "Problem 2") stands close to what it heads.
        for row, text in mine:
            shape, place = _DIGITS.sub("#", text), round(row.base / 3)
            often = sum(repeated[shape, place + i] for i in (-1, 0, 1))
            apart = _apart(row, page, gone)
            number = _NUMBER.fullmatch(text)
            if number and apart:
                off = int(number[1]) - page.number
                named = not text.isdigit()
                if off == 0 or named or (len(pages) > 1 and numbers[off] > 1):
                    gone.add(id(row))
            elif apart and often > 1 and often * 2 >= len(pages) and row.size < 1.3 * _body(page):
                gone.add(id(row))
        for region in page.regions:
            region.content[:] = [entry for entry in region.content if id(entry) not in gone]
    for page in pages:
        page.across[:] = [line for line in page.across if not line.startswith("arXiv:")]


def _text(row: Row) -> str:
    return " ".join(" ".join(token.text() for token in row.tokens).split())[:_LONGEST]


def _edge_rows(page: Page) -> list[Row]:
    """The rows in the margins."""
    low, high = _MARGIN * page.height, (1 - _MARGIN) * page.height
    rows = [entry for region in page.regions for entry in region.content if isinstance(entry, Row)]
    return [row for row in rows if row.base < low or row.base > high]


def _printed(row: Row, text: str, page: Page) -> bool:
    """Whether a browser printed it: a time at the upper edge, an address or `1/1` at the lower one."""
    if row.base > page.height - _EDGE:
        return bool(_TIME.match(text) or _TIME.search(text[-30:]))
    if row.base < _EDGE:
        number = re.search(r"(?:^| )\d{1,4} ?/ ?\d{1,4}$", text)
        return bool(_ADDRESS.match(text) or (number and row.base < 0.75 * _EDGE) or _TIME.match(text))
    return False


def _apart(row: Row, page: Page, gone: set[int]) -> bool:
    """Whether nothing else stands close to it, towards the middle of the page."""
    rest = [entry for region in page.regions for entry in region.content if entry is not row and id(entry) not in gone]
    inwards = -1 if row.base > page.height / 2 else 1
    near = 1.7 * max(row.size, 8)
    for entry in rest:
        if isinstance(entry, Row):
            distance = (entry.base - row.base) * inwards
            near_enough = min(row.x1, entry.x1) - max(row.x0, entry.x0) > -200
        else:
            distance = (entry.box.y1 - row.base if inwards < 0 else entry.box.y0 - row.base) * inwards
            near_enough = entry.box.height < 0.6 * page.height
        if near_enough and 0.5 < distance < near:
            return False
    return True


def _body(page: Page) -> float:
    sizes = Counter(
        round(entry.size, 1) for region in page.regions for entry in region.content if isinstance(entry, Row)
    )
    return max(sizes, key=lambda size: sizes[size], default=10.0)
