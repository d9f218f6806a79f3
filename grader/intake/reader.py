"""What looks into the files of a submission: in this process, or in one that strangers' files may end."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from nbformat import NotebookNode

from grader.core.text import decoded
from grader.intake import archive
from grader.intake.archive import Budget, LeftOut
from grader.intake.kinds import Fate, fate_of, is_data
from grader.intake.pictures import Named, pictures_named
from grader.intake.read import read_notebook, read_text

_MOST_TEXT = 20 * 2**20
_HEAD = 4096


class FileReader(Protocol):
    """All that is read of files; whatever can't be raises SubmissionError, or OSError."""

    def unpack(self, path: Path, target: Path, budget: Budget) -> list[LeftOut]:
        """Unpack an archive into an empty folder; what comes back was left out."""

    def packs_data(self, path: Path) -> bool:
        """Whether what is packed in one file is data of programs."""

    def fate(self, name: str, path: Path) -> Fate:
        """What a file is."""

    def notebook(self, name: str, path: Path) -> NotebookNode:
        """A notebook, or a script as one."""

    def text(self, name: str, path: Path) -> str:
        """The text of a file."""

    def pictures(self, files: Mapping[str, Path], texts: Iterable[str] = ()) -> Named:
        """The pictures that these texts name."""


class Direct:
    """Reads in this process: for files that are trusted, and within the confined process."""

    def unpack(self, path: Path, target: Path, budget: Budget) -> list[LeftOut]:
        """Unpack an archive into an empty folder; what comes back was left out."""
        return archive.unpack(path, target, budget)

    def packs_data(self, path: Path) -> bool:
        """Whether what is packed in one file is data of programs."""
        return is_data(archive.first_bytes(path, _HEAD))

    def fate(self, name: str, path: Path) -> Fate:
        """What a file is."""
        return fate_of(name, path)

    def notebook(self, name: str, path: Path) -> NotebookNode:
        """A notebook, or a script as one."""
        return read_notebook(path, name)

    def text(self, name: str, path: Path) -> str:
        """The text of a file."""
        return read_text(path, name)

    def pictures(self, files: Mapping[str, Path], texts: Iterable[str] = ()) -> Named:
        """The pictures that these texts name."""
        return pictures_named([*map(_beginning, files.values()), *texts])


def _beginning(path: Path) -> str:
    with open(path, "rb") as file:
        return decoded(file.read(_MOST_TEXT))
