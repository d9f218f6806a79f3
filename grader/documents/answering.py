"""What the confined process answers of documents: the parsers run there alone."""

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from grader.core.document import Document
from grader.core.errors import SubmissionError
from grader.core.record import Record
from grader.documents import FORMATS


class DocumentRead(Record):
    """A document, and the files that it brought in."""

    document: Document
    used: tuple[str, ...] = ()


def document(folder: str, file: str, ending: str) -> DocumentRead:
    """One document. What it brings in is looked for beside it, in that folder alone."""
    if ending not in FORMATS:
        raise SubmissionError("is of a format that is not read")
    used: list[str] = []

    def beside(name: str) -> bytes | None:
        place = os.path.normpath(os.path.join(os.path.dirname(file), name))
        path = Path(folder) / place
        if place.startswith(("..", "/")) or not path.is_file():
            return None
        used.append(place)
        return path.read_bytes()

    raw = (Path(folder) / file).read_bytes()
    found = Document(file=file, blocks=FORMATS[ending].parse(raw, file, beside))
    return DocumentRead(document=found, used=tuple(name for name in dict.fromkeys(used) if name != file))


def cells(folder: str, file: str, cells: Sequence[Sequence[object]]) -> DocumentRead:  # noqa: ARG001  # of every question
    """The words of a notebook, by its cells."""
    blocks = import_module("grader.documents.notebook").blocks_of([(number, text) for number, text in cells], file)
    return DocumentRead(document=Document(file=file, blocks=blocks))
