"""Documents of strangers become blocks: one file a format, found by the endings of names and imported at its first use.

It runs in a confined process: a parser may be led to compute for ever, or to take all memory.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath

from grader.core.document import Document
from grader.core.errors import SubmissionError
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
        DocumentFormat(
            "Markdown", (".md", ".markdown", ".mdown", ".txt", ".text", ".rmd", ".qmd", ""), f"{__name__}.markdown"
        ),
        DocumentFormat("LaTeX", (".tex", ".ltx", ".latex"), f"{__name__}.latex"),
        DocumentFormat("HTML", (".html", ".htm", ".xhtml"), f"{__name__}.html"),
        DocumentFormat("reStructuredText", (".rst", ".rest"), f"{__name__}.rst"),
        DocumentFormat("Org", (".org",), f"{__name__}.org"),
        DocumentFormat("RTF", (".rtf",), f"{__name__}.rtf"),
        DocumentFormat("Word", (".docx", ".docm", ".dotx"), f"{__name__}.docx"),
        DocumentFormat("OpenDocument text", (".odt", ".ott", ".fodt"), f"{__name__}.odt"),
        DocumentFormat("PDF", (".pdf",), f"{__name__}.pdf"),
    )
)


def parse(file: str, raw: bytes, beside: Beside = lambda _: None) -> Document:
    """The document in these bytes. Raises SubmissionError when no format has its ending, or it can't be read."""
    ending = PurePosixPath(file).suffix.lower()
    if ending not in FORMATS:
        raise SubmissionError("is of a format that is not read", where=file)
    return Document(file=file, blocks=FORMATS[ending].parse(raw, file, beside))


__all__ = ["FORMATS", "Beside", "DocumentFormat", "parse", "registry"]
