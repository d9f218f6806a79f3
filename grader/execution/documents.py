"""The documents of a submission as trees, parsed in one confined process that serves for all of them."""

import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from grader.core.document import Document
from grader.core.limits import Limits
from grader.core.record import Record
from grader.execution.sandbox import Sandbox
from grader.execution.worker import Worker, WorkerEnded

_SECONDS = 30.0
_MEMORY_MB = 1024
_ANSWER_BYTES = 64 * 2**20
_ALL_ANSWERS_BYTES = 192 * 2**20
_MOST_FATAL = 5
_MOST_SECONDS = 300.0  # for all documents of a submission
_LARGEST = 100 * 2**20
_MOST_CELLS_TEXT = 20 * 2**20
# What documents bring in is handed over with them.
_BROUGHT_IN = (
    *(".tex", ".ltx", ".latex", ".inc", ".tikz", ".bbl", ".sty", ".cls", ".md", ".markdown", ".rmd", ".qmd", ".rst"),
    *(".org", ".txt", ".html", ".htm", ".csv"),
)
_MOST_BROUGHT_IN = 64 * 2**20
_LARGEST_BROUGHT_IN = 8 * 2**20
_PACKAGES = {name: Path(__file__).parent.parent / name for name in ("core", "documents")}
_MAIN = b"\\documentclass"
_MAIN_WITHIN = 1 << 16


class _Said(Record):
    """A line of the process, not yet believed."""

    document: Document | None = None
    used: tuple[str, ...] = ()
    why: str = ""


def read_documents(
    files: Mapping[str, Path],
    root: Path,
    sandbox: Sandbox,
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
    if not files and not notebooks:
        return {}, {}
    limits = Limits(memory_mb=_MEMORY_MB, file_mb=1, disk_mb=16, processes=32)
    with Worker("documents", sandbox, limits, packages=_PACKAGES) as worker:
        reader = _Reader(worker, root, seconds)
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
    """What the process has read so far, and what may still be asked of it."""

    def __init__(self, worker: Worker, root: Path, seconds: float) -> None:
        self.worker, self.root, self.seconds = worker, root, seconds
        self.documents: dict[str, Document] = {}
        self.unread: dict[str, str] = {}
        self.used: set[str] = set()
        self.fatal = 0
        self.bytes_left = _ALL_ANSWERS_BYTES
        self.seconds_left = _MOST_SECONDS
        self.prepared: Path | None = None

    def read(self, file: str, path: Path, ending: str) -> None:
        """Read one document, or note why it can't be."""
        if path.stat().st_size > _LARGEST:
            self.unread[file] = f"is larger than {_LARGEST // 2**20} MB"
        elif self._may_ask(file):
            try:
                _copy(path, self.worker.handed, file)
            except (OSError, UnicodeEncodeError) as error:
                self.unread[file] = f"could not be read ({type(error).__name__})"
                return
            self._ask(file, {"folder": str(self.worker.handed), "file": file, "ending": ending})

    def read_notebook(self, file: str, cells: Sequence[tuple[int, str]]) -> None:
        """Read the cells of a notebook, or note why they can't be."""
        if sum(len(source) for _, source in cells) > _MOST_CELLS_TEXT:
            self.unread[file] = f"has more than {_MOST_CELLS_TEXT // 2**20} MB of text in its cells"
        elif self._may_ask(file):
            self._ask(file, {"file": file, "cells": [[number, source] for number, source in cells]})

    def _may_ask(self, file: str) -> bool:
        """Whether another document may be asked for; then the process runs, and has what documents bring in."""
        if self.fatal >= _MOST_FATAL or self.bytes_left <= 0 or self.seconds_left <= 0:
            self.unread[file] = "was not read: those before it took too much"
            return False
        self.worker.start()
        if self.prepared != self.worker.handed:
            self._hand_over_parts()
        return True

    def _ask(self, file: str, question: dict[str, object]) -> None:
        started = time.monotonic()
        try:
            line = self.worker.ask(json.dumps(question).encode(), self.seconds, min(_ANSWER_BYTES, self.bytes_left))
            said = _Said.model_validate_json(line)
        except WorkerEnded as ended:
            self.fatal += 1
            late = f"took longer than {self.seconds:g} s to read"
            self.unread[file] = late if ended.late else f"could not be read: {_cause(ended.why)}"
            return
        except ValidationError:
            self.unread[file] = "could not be read: its reader answered with no document"
            return
        finally:
            self.seconds_left -= time.monotonic() - started
        self.bytes_left -= len(line)
        if said.document is None:
            self.unread[file] = said.why or "could not be read"
            return
        self.documents[file] = said.document.model_copy(update={"file": file})
        self.used.update(said.used)

    def _hand_over_parts(self) -> None:
        """Copy what documents may bring in."""
        self.prepared = self.worker.handed
        left = _MOST_BROUGHT_IN
        for folder, _, names in os.walk(self.root):
            for name in sorted(names):
                path = Path(folder) / name
                if not name.lower().endswith(_BROUGHT_IN) or path.is_symlink() or not path.is_file():
                    continue
                size = path.stat().st_size
                if size <= min(left, _LARGEST_BROUGHT_IN):
                    left -= size
                    _copy(path, self.worker.handed, str(path.relative_to(self.root)))


def _copy(path: Path, folder: Path, name: str) -> None:
    """Copy a file to where whoever the process runs as may read it."""
    copy = folder / name
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, copy)
    copy.chmod(0o644)
    for above in copy.parents:
        if above == folder:
            return
        above.chmod(0o755)


def _is_main(path: Path) -> bool:
    """Whether it is LaTeX that begins a document, and no part of one."""
    if path.suffix.lower() not in (".tex", ".ltx", ".latex"):
        return False
    with open(path, "rb") as file:
        return _MAIN in file.read(_MAIN_WITHIN)


def _cause(why: str) -> str:
    """Why the process ended, in words for whoever looks at the document."""
    return f"it needs more memory than {_MEMORY_MB // 1024} GB" if "memory" in why else "its reader ended"
