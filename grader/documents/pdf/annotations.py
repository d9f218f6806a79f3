"""What was laid on top of a page: typed words, filled-in fields, comments, ink, lines through words."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field

import pypdfium2.raw as pdfium

from grader.core.document import Run
from grader.documents.pdf.atoms import Atom, Box
from grader.documents.pdf.layout import Thing

_MOST = 500
_LONGEST = 20_000
_HIDDEN = 1 << 1
_DRAWN = (
    pdfium.FPDF_ANNOT_INK,
    pdfium.FPDF_ANNOT_STAMP,
    pdfium.FPDF_ANNOT_POLYGON,
    pdfium.FPDF_ANNOT_POLYLINE,
)
_COMMENTS = (pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_POPUP)


@dataclass
class Annotations:
    """The annotations of a page: what is read as words or seen as drawings, and where words are struck out."""

    things: list[Thing] = field(default_factory=list)
    struck: list[Box] = field(default_factory=list)


def annotations_of(page: object, page_box: Box) -> Annotations:
    """The annotations of a page."""
    found = Annotations()
    for number in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MOST)):
        annotation = pdfium.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        try:
            _read(annotation, page_box, found)
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    return found


def _read(annotation: object, page_box: Box, found: Annotations) -> None:
    kind = pdfium.FPDFAnnot_GetSubtype(annotation)
    place = pdfium.FS_RECTF()
    if not pdfium.FPDFAnnot_GetRect(annotation, place):
        return
    box = _box([place.left, place.right], [place.bottom, place.top], page_box)
    unseen = bool(pdfium.FPDFAnnot_GetFlags(annotation) & _HIDDEN)
    if kind == pdfium.FPDF_ANNOT_STRIKEOUT and not unseen:
        found.struck.extend(_lines(annotation, page_box) or [box])
    elif kind in _DRAWN and not unseen:
        found.things.append(Thing("unread", box, (Run(text="a drawing on top of the page"),)))
    elif kind in (pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_WIDGET, *_COMMENTS):
        said = _string(annotation, "V" if kind == pdfium.FPDF_ANNOT_WIDGET else "Contents").strip()
        reason = "a comment" if kind in _COMMENTS else "a hidden annotation" if unseen else ""
        if said:
            found.things.append(Thing("words", box, (Run(text=said, hidden=reason),)))


def _lines(annotation: object, page_box: Box) -> list[Box]:
    """The lines of words that an annotation marks."""
    quad = pdfium.FS_QUADPOINTSF()
    return [
        _box([quad.x1, quad.x2, quad.x3, quad.x4], [quad.y1, quad.y2, quad.y3, quad.y4], page_box)
        for i in range(min(pdfium.FPDFAnnot_CountAttachmentPoints(annotation), _MOST))
        if pdfium.FPDFAnnot_GetAttachmentPoints(annotation, i, quad)
    ]


def _box(xs: list[float], ys: list[float], page_box: Box) -> Box:
    return Box(min(xs) - page_box.x0, min(ys) - page_box.y0, max(xs) - page_box.x0, max(ys) - page_box.y0)


def _string(annotation: object, key: str) -> str:
    name = key.encode()
    length = pdfium.FPDFAnnot_GetStringValue(annotation, name, None, 0)
    if not 2 < length < _LONGEST:
        return ""
    buffer = (ctypes.c_ushort * (length // 2 + 1))()
    pdfium.FPDFAnnot_GetStringValue(annotation, name, buffer, length)
    text = bytes(buffer).decode("utf-16-le", "replace").rstrip("\0")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def struck_out(atoms: list[Atom], places: list[Box]) -> Iterator[Atom]:
    """The words, struck where an annotation strikes them."""
    for atom in atoms:
        middle = atom.base + 0.3 * atom.size
        yield atom._replace(struck=True) if any(box.holds(atom.x, middle) for box in places[:_MOST]) else atom
