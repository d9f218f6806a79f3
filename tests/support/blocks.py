"""Documents for tests, parsed in this process."""

from nbformat import NotebookNode

from grader.core.document import Block, Document, Run
from grader.core.evidence import Section
from grader.core.source import Source
from grader.documents import parse
from grader.documents.notebook import blocks_of
from grader.observation.labels import Labels
from grader.observation.notebooks import words_of
from grader.observation.reading import read_section
from grader.observation.sections import align_documents


def document(text: str, file: str = "report.md") -> Document:
    """The document of a text."""
    return parse(file, text.encode("utf-8", "replace"))


def paragraph(text: str, line: int = 1) -> Block:
    """Words as they are, whatever they hold: no parser looks at them."""
    return Block(kind="paragraph", runs=(Run(text=text),), source=Source(file="report.md", line=line))


def words(notebook: NotebookNode, file: str) -> Document:
    """The words of a notebook's cells."""
    return Document(file=file, blocks=blocks_of(words_of(notebook), file))


def find_sections(text: str, file: str, labels: Labels) -> tuple[Section, ...]:
    """What is read in each section of a text."""
    aligned = align_documents([document(text, file)], labels)
    return tuple(read_section(portion.problem, portion.heading, portion.blocks) for portion in aligned.sections)
