"""Which of the files that were handed in fit a pattern."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from unicodedata import normalize

from grader.checks.files import FileSearch, FilesFound
from grader.core.evidence import ProblemEvidence
from grader.providers._base import Grading, Provider


@contextmanager
def _opened(grading: Grading) -> Iterator[Callable[[FileSearch, ProblemEvidence], FilesFound]]:
    submission = grading.submission

    def search(request: FileSearch, _: ProblemEvidence) -> FilesFound:
        fitting = (tuple(file for file in submission.files if _fits(file, pattern)) for pattern in request.patterns)
        return FilesFound(fitting=tuple(fitting), ignored=submission.ignored)

    yield search


def _fits(file: str, pattern: str) -> bool:
    """Whether a file's path, or for a pattern without a folder its name, fits whatever the capitals."""
    name = file if "/" in pattern else PurePosixPath(file).name
    return fnmatchcase(_folded(name), _folded(pattern))


def _folded(name: str) -> str:
    """Without capitals, and ü as one letter: macOS writes it as two."""
    return normalize("NFC", name).lower()


PROVIDER = Provider(asked=FileSearch, gives=FilesFound, open=_opened)
