"""Documents of strangers become blocks: one file a format, found by the endings of names.

It runs in a confined process: a parser may be led to compute for ever, or to take all memory.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath

from grader.core.document import Document
from grader.core.errors import SubmissionError
from grader.documents import docx, html, latex, markdown, odt, org, pdf, rst, rtf
from grader.documents.format import Beside, DocumentFormat


def registry(formats: Iterable[DocumentFormat]) -> dict[str, DocumentFormat]:
    """The formats by ending. Raises ValueError for two with one ending."""
    found: dict[str, DocumentFormat] = {}
    for entry in formats:
        for ending in entry.endings:
            if ending in found:
                raise ValueError(f"two formats read {ending}: {found[ending].name} and {entry.name}")
            found[ending] = entry
    return found


FORMATS = registry(
    (
        *(markdown.FORMAT, latex.FORMAT, html.FORMAT, rst.FORMAT, org.FORMAT, rtf.FORMAT),
        *(docx.FORMAT, odt.FORMAT, pdf.FORMAT),
    )
)


def parse(file: str, raw: bytes, beside: Beside = lambda _: None) -> Document:
    """The document in these bytes. Raises SubmissionError when no format has its ending, or it can't be read."""
    ending = PurePosixPath(file).suffix.lower()
    if ending not in FORMATS:
        raise SubmissionError("is of a format that is not read", where=file)
    return Document(file=file, blocks=FORMATS[ending].parse(raw, file, beside))


__all__ = ["FORMATS", "Beside", "DocumentFormat", "parse", "registry"]
