"""The text of a PDF, page by page, with its links and figures where they stand."""

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from grader.core.errors import SubmissionError

_MOST_BYTES = 100 * 2**20
_MOST_PAGES = 300
_MOST_ITEMS = 200
_SMALLEST_FIGURE = 30  # points along each side; smaller pictures are bullets and rules
_ENCRYPTED = "is encrypted: its text can't be read without a password"


def pdf_text(path: Path, name: str) -> str:
    """The pages, each begun by a form feed but the first. A link is followed by its address, a figure is `![figure]`.

    Raises SubmissionError for a PDF that is broken, encrypted, or holds no text.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise SubmissionError(f"is larger than {_MOST_BYTES // 2**20} MB", where=name)
    try:
        with pypdfium2.PdfDocument(path) as document:
            pages = [_page(document[i]) for i in range(min(len(document), _MOST_PAGES))]
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD or "assword" in str(error):
            raise SubmissionError(_ENCRYPTED, where=name, hint="Export it again, without a password.") from error
        raise SubmissionError(f"is no readable PDF: {error}", where=name, hint="Export it again.") from error
    if not any(words.strip() for words, _ in pages):
        raise SubmissionError(
            "holds no text, only pictures: a person reads it",
            where=name,
            hint="Export a PDF with text, or add Markdown.",
        )
    return "\n\f".join(text for _, text in pages)


def _page(page: pypdfium2.PdfPage) -> tuple[str, str]:
    """(the words of a page, these with its links and figures)."""
    textpage = page.get_textpage()
    words = textpage.get_text_range().replace("\f", " ")
    try:
        additions = [*_links(page, textpage, words), *_figures(page, textpage, words)]
    except (pypdfium2.PdfiumError, ValueError, OSError):  # a page that is partly broken still has its words
        additions = []
    text = words
    for position, addition in sorted(additions, reverse=True):
        text = text[:position] + addition + text[position:]
    return words, text.replace("\r\n", "\n").replace("\r", "\n")


def _links(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, words: str) -> Iterator[tuple[int, str]]:
    """The addresses that lie behind words, each with the position after them; not those that are written out."""
    at, link = ctypes.c_int(0), pdfium.FPDF_LINK()
    for _ in range(_MOST_ITEMS):
        if not pdfium.FPDFLink_Enumerate(page, at, link):
            break
        action = pdfium.FPDFLink_GetAction(link)
        length = pdfium.FPDFAction_GetURIPath(page.pdf, action, None, 0) if action else 0
        if not 1 < length < 2000:
            continue
        buffer = ctypes.create_string_buffer(length)
        pdfium.FPDFAction_GetURIPath(page.pdf, action, buffer, length)
        address = buffer.value.decode("utf-8", "replace").strip()
        box = pdfium.FS_RECTF()
        if not address or address in words or not pdfium.FPDFLink_GetAnnotRect(link, box):
            continue
        said = " ".join(textpage.get_text_bounded(box.left, box.bottom, box.right, box.top).split())
        found = words.find(said) if said else -1
        position = found + len(said) if found >= 0 else _below(textpage, words, box.bottom)
        yield position, f" <{address}> "


def _figures(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, words: str) -> Iterator[tuple[int, str]]:
    """A mark for each embedded image, before the first line that stands below it."""
    for number, image in enumerate(page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,), max_depth=5)):
        if number >= _MOST_ITEMS:
            break
        left, bottom, right, top = image.get_bounds() if hasattr(image, "get_bounds") else image.get_pos()
        if min(right - left, top - bottom) >= _SMALLEST_FIGURE:
            yield _below(textpage, words, bottom), "\n![figure](embedded)\n"


def _below(textpage: pypdfium2.PdfTextPage, words: str, height: float) -> int:
    """Where the first line below this height begins; the end of the page where there is none."""
    start = 0
    for line in words.split("\n"):
        inked = len(line) - len(line.lstrip())
        if line.strip() and start + inked < textpage.count_chars():
            *_, top = textpage.get_charbox(start + inked)
            if top <= height:
                return start
        start += len(line) + 1
    return len(words)
