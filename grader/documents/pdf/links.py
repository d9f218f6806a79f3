"""Where words lead: the addresses that lie behind places of a page."""

import ctypes
from collections.abc import Iterator

import pypdfium2.raw as pdfium

from grader.documents.pdf.atoms import Atom, Box

_MOST = 200
_LONGEST = 2000


def links_of(page: object, document: object, page_box: Box) -> Iterator[tuple[Box, str]]:
    """The places of a page that lead to an address."""
    at, link, place = ctypes.c_int(0), pdfium.FPDF_LINK(), pdfium.FS_RECTF()
    for _ in range(_MOST):
        if not pdfium.FPDFLink_Enumerate(page, at, link):
            return
        action = pdfium.FPDFLink_GetAction(link)
        length = pdfium.FPDFAction_GetURIPath(document, action, None, 0) if action else 0
        if not 1 < length < _LONGEST or not pdfium.FPDFLink_GetAnnotRect(link, place):
            continue
        buffer = ctypes.create_string_buffer(length)
        pdfium.FPDFAction_GetURIPath(document, action, buffer, length)
        address = buffer.value.decode("utf-8", "replace").strip()
        if address:
            x0, x1 = sorted((place.left - page_box.x0, place.right - page_box.x0))
            y0, y1 = sorted((place.bottom - page_box.y0, place.top - page_box.y0))
            yield Box(x0, y0, x1, y1), address


def linked(atoms: list[Atom], links: list[tuple[Box, str]]) -> tuple[list[Atom], list[tuple[Box, str]]]:
    """The words with their addresses, and the links that lie behind no word."""
    found: list[Atom] = []
    met: set[int] = set()
    for atom in atoms:
        for number, (box, address) in enumerate(links):
            if box.holds(atom.x, atom.base + 0.25 * atom.size, 1):
                met.add(number)
                # An address that is written out needs no other.
                atom = atom if atom.text.strip("<>().,") == address else atom._replace(link=address)
                break
        found.append(atom)
    return found, [link for number, link in enumerate(links) if number not in met]
