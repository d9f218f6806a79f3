"""Reads a submission through the confined process: the grader itself looks into none of its files."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG

import nbformat
from nbformat import NotebookNode

from grader.core.document import Document
from grader.core.errors import SubmissionError
from grader.core.handin import Handin
from grader.core.limits import Limits
from grader.execution.readings import Answer, NotRead, Reading, Readings
from grader.execution.run import remove
from grader.execution.sandbox import Sandbox
from grader.intake import Submission, open_submission
from grader.intake.answering import NotebookRead, Packed, Text, Unpacked
from grader.intake.archive import Budget, LeftOut
from grader.intake.kinds import Fate, fate_by_name
from grader.intake.pictures import Named
from grader.intake.slim import CUT
from grader.observation.definitions import Code, Definition, FunctionSought
from grader.observation.form_tree import Form
from grader.observation.labels import Labels
from grader.observation.words import Words

_MB = 2**20
_UNPACK = Reading("unpack", seconds=60, all_seconds=120, most_bytes=4 * _MB)
_PACKED = Reading("packed", seconds=10, all_seconds=30, most_bytes=1000)
_FATE = Reading("fate", seconds=20, all_seconds=60, most_bytes=100_000)
_NOTEBOOK = Reading("notebook", seconds=30, all_seconds=120, most_bytes=16 * _MB)
_TEXT = Reading("text", seconds=10, all_seconds=30, most_bytes=1 * _MB)
_PICTURES = Reading("pictures", seconds=20, all_seconds=60, most_bytes=4 * _MB)
_FORM = Reading("form", seconds=20, all_seconds=60, most_bytes=4 * _MB)
_WORDS = Reading("words", seconds=60, all_seconds=120, most_bytes=16 * _MB)
_FUNCTION = Reading("function", seconds=20, all_seconds=60, most_bytes=4 * _MB)
# Unpacking writes files, and nothing else does.
_UNPACKING = Limits(memory_mb=1024, file_mb=520, disk_mb=1100, processes=32)
_MOST_ENTRIES = 20_000
_MOST_HELPER = 4 * _MB
_OUT = "out"


@contextmanager
def opened(given: Path | Handin, sandbox: Sandbox) -> Iterator[Submission]:
    """`open_submission`, its archives unpacked in a confined process, which ends before anything is read."""
    with Readings(sandbox, _UNPACKING) as readings, open_submission(given, SubmissionReader(readings)) as submission:
        readings.end()
        yield submission


@contextmanager
def reading(sandbox: Sandbox) -> Iterator["SubmissionReader"]:
    """What reads the files and texts of one submission, each in the confined process."""
    with Readings(sandbox) as readings:
        yield SubmissionReader(readings)


class SubmissionReader:
    """Reads one submission. What can't be read raises SubmissionError; MachineError says that nothing can be."""

    def __init__(self, readings: Readings) -> None:
        self.readings = readings

    def unpack(self, path: Path, target: Path, budget: Budget) -> list[LeftOut]:
        """Unpack an archive into an empty folder; what comes back was left out."""
        question = {"file": path.name, "into": _OUT, "files": budget.files, "bytes": budget.bytes, "work": budget.work}
        self.readings.forget()
        try:
            said = self.readings.ask(_UNPACK, question, Unpacked, {path.name: path})
            lost = _copied_out(self.readings.worker.work / _OUT, target, budget)
        except NotRead as error:
            why = error.why if error.why.startswith(("can't", "unpacks")) else f"can't be unpacked: {error.why}"
            raise SubmissionError(why, where=str(path), hint=error.hint) from error
        finally:
            if self.readings.worker.running:
                remove(self.readings.worker.work / _OUT)
        budget.files, budget.bytes, budget.work = said.files, said.bytes, said.work
        return [*said.left, *lost]

    def packs_data(self, path: Path) -> bool:
        """Whether what is packed in one file is data; what can't be told is unpacked, which says why."""
        self.readings.forget()
        try:
            return self.readings.ask(_PACKED, {"file": path.name}, Packed, {path.name: path}).data
        except NotRead:
            return False

    def fate(self, name: str, path: Path) -> Fate:
        """What a file is."""
        known = fate_by_name(name, path.stat().st_size)
        return known or self._ask(_FATE, {"file": name}, Fate, {name: path})

    def notebook(self, name: str, path: Path) -> NotebookNode:
        """A notebook, or a script as one."""
        said = self._ask(_NOTEBOOK, {"file": name}, NotebookRead, {name: path})
        # nbformat is untyped
        notebook: NotebookNode = nbformat.from_dict(  # type: ignore[no-untyped-call]
            {
                "nbformat": 4,
                "nbformat_minor": 4,
                "metadata": {"submitted_as": name} | ({CUT: said.cut} if said.cut else {}),
                "cells": [_cell(cell.model_dump()) for cell in said.cells],
            }
        )
        return notebook

    def text(self, name: str, path: Path) -> str:
        """The text of a file."""
        return self._ask(_TEXT, {"file": name}, Text, {name: path}).text

    def pictures(self, files: Mapping[str, Path], texts: Iterable[str] = ()) -> Named:
        """The pictures that these texts name."""
        return self._ask(_PICTURES, {"files": list(files), "texts": list(texts)}, Named, files)

    def form(self, text: str, file: str) -> Form:
        """What a form of answers holds, whoever's it is."""
        return self._ask(_FORM, {"text": text, "file": file}, Form)

    def words(self, labels: Labels, documents: Sequence[Document], texts: Sequence[Document], *, strict: bool) -> Words:
        """What documents and the words of notebooks say, by problem."""
        question = {
            "labels": labels.model_dump(mode="json"),
            "documents": [document.model_dump(mode="json") for document in documents],
            "texts": [text.model_dump(mode="json") for text in texts],
            "strict": strict,
        }
        return self._ask(_WORDS, question, Words)

    def function(self, names: Sequence[str], code: Iterable[Code]) -> Definition:
        """The function of the first of these names that the code defines."""
        sought = FunctionSought(names=tuple(names), code=tuple(code))
        return self._ask(_FUNCTION, {"sought": sought.model_dump(mode="json")}, Definition)

    def _ask(
        self, reading: Reading, question: Mapping[str, object], answer: type[Answer], files: Mapping[str, Path] = {}
    ) -> Answer:
        try:
            return self.readings.ask(reading, question, answer, files)
        except NotRead as error:
            raise SubmissionError(error.why, hint=error.hint) from error


def _cell(read: dict[str, object]) -> dict[str, object]:
    """A cell as nbformat has it."""
    if read["cell_type"] == "code":
        return {**read, "metadata": {}}
    return {"cell_type": read["cell_type"], "source": read["source"], "metadata": {}}


def _copied_out(source: Path, target: Path, budget: Budget) -> list[LeftOut]:
    """Copy what was unpacked, of which nothing is believed: regular files alone, and no more than the budget holds.

    The copy is out of the process's reach, so that nothing changes while it is read.
    """
    lost: list[LeftOut] = []
    files, left, entries = budget.files, budget.bytes, 0
    for folder, folders, names, handle in os.fwalk(source, follow_symlinks=False):
        entries += len(folders) + len(names)
        if entries > _MOST_ENTRIES:
            raise NotRead("unpacks to too many files and folders")
        inside = target / os.path.relpath(folder, source)
        for name in names:
            shown = os.path.normpath(os.path.relpath(os.path.join(folder, name), source))
            files -= 1
            if files < 0:
                raise NotRead(f"unpacks to {budget.limits}")
            try:
                inside.mkdir(parents=True, exist_ok=True)
                left -= _copied(name, handle, inside / name, left)
            except OSError as error:
                lost.append(LeftOut(name=shown, why=f"can't be unpacked: {error.strerror}"))
            if left < 0:
                raise NotRead(f"unpacks to {budget.limits}")
    return lost


def _copied(name: str, folder: int, target: Path, most: int) -> int:
    """Copy one regular file of a folder; its size, or one more than `most`."""
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    with open(handle, "rb") as file:
        if not S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "is no regular file")
        if os.fstat(handle).st_size > most:
            return most + 1
        with open(target, "xb") as copy:
            shutil.copyfileobj(file, copy, 1 << 20)
        return target.stat().st_size
