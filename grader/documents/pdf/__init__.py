"""PDF: what a printer needs, read as its reader sees it: from the places and the looks of its letters."""

import pypdfium2
import pypdfium2.raw as pdfium

from grader.core.document import Block, Run
from grader.core.errors import SubmissionError
from grader.core.source import Source
from grader.documents.format import Beside
from grader.documents.pdf.blocks import blocks_of
from grader.documents.pdf.characters import MOST_CHARACTERS
from grader.documents.pdf.furniture import without_furniture
from grader.documents.pdf.joined_tables import joined
from grader.documents.pdf.page import Page, read_page

_MOST_BYTES = 100 * 2**20
_MOST_PAGES = 300
_MOST_LETTERS = 2_000_000


def parse(raw: bytes, file: str, beside: Beside) -> tuple[Block, ...]:
    """The blocks of a PDF. Raises SubmissionError for one that is broken, encrypted, too large, or holds nothing."""
    del beside
    if len(raw) > _MOST_BYTES:
        raise SubmissionError(f"is larger than {_MOST_BYTES // 2**20} MB", where=file)
    try:
        with pypdfium2.PdfDocument(raw) as document:
            pages, unread = _pages(document, file)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD or "assword" in str(error):
            raise SubmissionError(
                "is encrypted: its text can't be read without a password",
                where=file,
                hint="Export it again, without a password.",
            ) from error
        raise SubmissionError(f"is no readable PDF: {error}", where=file, hint="Export it again.") from error
    without_furniture(pages)
    blocks = (*joined(blocks_of(pages, file)), *unread)
    if not any(page.characters for page in pages):
        raise SubmissionError(
            "holds no text, only pictures: a person reads it",
            where=file,
            hint="Export a PDF with text, or add Markdown.",
        )
    return blocks


def _pages(document: pypdfium2.PdfDocument, file: str) -> tuple[list[Page], list[Block]]:
    """The pages, and a block for each that can't be read."""
    pages: list[Page] = []
    unread: list[Block] = []
    letters = 0
    for i in range(len(document)):
        place = Source(file=file, page=i + 1)
        if i >= _MOST_PAGES or letters >= _MOST_LETTERS:
            unread.append(Block(kind="unread", runs=(Run(text="the rest of a long document"),), source=place))
            break
        try:
            page = document[i]
            try:
                pages.append(read_page(page, i + 1, min(MOST_CHARACTERS, _MOST_LETTERS - letters)))
            finally:
                page.close()
            letters += pages[-1].characters
        except (pypdfium2.PdfiumError, ValueError, OSError):
            unread.append(Block(kind="unread", runs=(Run(text="a page that is broken"),), source=place))
    if len(document) and not pages:
        raise pypdfium2.PdfiumError("none of its pages can be read")
    return pages, unread


__all__ = ["parse"]
