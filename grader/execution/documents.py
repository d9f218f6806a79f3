"""The documents of a submission as trees, parsed in the confined process."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from grader.core.document import Document
from grader.documents.answering import DocumentRead
from grader.execution.readings import NotRead, Reading, Readings

_SECONDS = 30.0
_ALL_SECONDS = 180.0
_ANSWER_BYTES = 12 * 2**20
_LARGEST = 100 * 2**20
_MOST_CELLS_TEXT = 20 * 2**20
# What documents bring in is handed over with them.
_BROUGHT_IN = (
    *(".tex", ".ltx", ".latex", ".inc", ".tikz", ".bbl", ".sty", ".cls", ".md", ".markdown", ".rmd", ".qmd", ".rst"),
    *(".org", ".txt", ".html", ".htm", ".csv"),
)
_MOST_BROUGHT_IN = 64 * 2**20
_LARGEST_BROUGHT_IN = 8 * 2**20
_MAIN = b"\\documentclass"
_MAIN_WITHIN = 1 << 16


def read_documents(
    files: Mapping[str, Path],
    root: Path,
    readings: Readings,
    *,
    endings: Mapping[str, str] = {},
    notebooks: Mapping[str, Sequence[tuple[int, str]]] = {},
    seconds: float = _SECONDS,
) -> tuple[dict[str, Document], dict[str, str]]:
    """(the documents by name, in the order of the files; why each other one can't be read).

    `files` are named as they lie below `root`; `endings` names the format of those whose own ending says another. What
    a document brings in, as by LaTeX's `\\input`, is read as a part of it and is none by itself. `notebooks` are the
    numbers and texts of cells, each notebook a document after the others.
    Raises MachineError where no process can be started.
    """
    reader = _Reader(readings, root, seconds)
    # Main files first: then it is known what they bring in.
    for file in sorted(files, key=lambda name: not _is_main(files[name])):
        if file not in reader.used:
            reader.read(file, files[file], endings.get(file) or f".{file.lower().rpartition('.')[2]}")
    for file, cells in notebooks.items():
        reader.read_notebook(file, cells)
    parts = reader.used
    order = [file for file in (*files, *notebooks) if file in reader.documents and file not in parts]
    documents = {file: reader.documents[file] for file in order}
    return documents, {file: why for file, why in reader.unread.items() if file not in parts}


class _Reader:
    """What has been read so far."""

    def __init__(self, readings: Readings, root: Path, seconds: float) -> None:
        self.readings = readings
        self.of_files = Reading("document", seconds, _ALL_SECONDS, _ANSWER_BYTES)
        self.of_cells = Reading("cells", seconds, _ALL_SECONDS, _ANSWER_BYTES)
        self.documents: dict[str, Document] = {}
        self.unread: dict[str, str] = {}
        self.used: set[str] = set()
        self.parts = dict(_brought_in(root))

    def read(self, file: str, path: Path, ending: str) -> None:
        """Read one document, or note why it can't be."""
        if path.stat().st_size > _LARGEST:
            self.unread[file] = f"is larger than {_LARGEST // 2**20} MB"
        else:
            self._ask(self.of_files, file, {"file": file, "ending": ending}, {**self.parts, file: path})

    def read_notebook(self, file: str, cells: Sequence[tuple[int, str]]) -> None:
        """Read the cells of a notebook, or note why they can't be."""
        if sum(len(source) for _, source in cells) > _MOST_CELLS_TEXT:
            self.unread[file] = f"has more than {_MOST_CELLS_TEXT // 2**20} MB of text in its cells"
        else:
            self._ask(self.of_cells, file, {"file": file, "cells": [[number, source] for number, source in cells]}, {})

    def _ask(self, reading: Reading, file: str, question: dict[str, object], files: Mapping[str, Path]) -> None:
        try:
            said = self.readings.ask(reading, question, DocumentRead, files)
        except NotRead as error:
            self.unread[file] = f"{error.why}. {error.hint}" if error.hint else error.why
        except (OSError, UnicodeEncodeError) as error:
            self.unread[file] = f"could not be read ({type(error).__name__})"
        else:
            self.documents[file] = said.document.model_copy(update={"file": file})
            self.used.update(said.used)


def _brought_in(root: Path) -> Iterator[tuple[str, Path]]:
    """What documents may bring in."""
    left = _MOST_BROUGHT_IN
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            path = Path(folder) / name
            if not name.lower().endswith(_BROUGHT_IN) or path.is_symlink() or not path.is_file():
                continue
            size = path.stat().st_size
            if size <= min(left, _LARGEST_BROUGHT_IN):
                left -= size
                yield str(path.relative_to(root)), path


def _is_main(path: Path) -> bool:
    """Whether it is LaTeX that begins a document, and no part of one."""
    if path.suffix.lower() not in (".tex", ".ltx", ".latex"):
        return False
    with open(path, "rb") as file:
        return _MAIN in file.read(_MAIN_WITHIN)
