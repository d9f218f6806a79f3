"""Documents for tests: Markdown-like text as blocks."""

from grader.core.document import Document
from grader.core.evidence import Section
from grader.documents.lines import document_of
from grader.observation.labels import Labels
from grader.observation.reading import read_section
from grader.observation.sections import align_documents


def document(text: str, file: str = "report.md") -> Document:
    """The document of a text."""
    return document_of(text, file)


def find_sections(text: str, file: str, labels: Labels) -> tuple[Section, ...]:
    """What is read in each section of a text."""
    aligned = align_documents([document(text, file)], labels)
    return tuple(read_section(portion.problem, portion.heading, portion.blocks) for portion in aligned.sections)
