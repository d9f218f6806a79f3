"""One student's files, wherever they come from."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.core.errors import SubmissionError
from grader.core.record import Record
from grader.intake.archive import is_archive, stem, unpack

MOST_FILES = 2000
MOST_BYTES = 500 * 2**20
_SKIPPED = frozenset({"__MACOSX", ".git", ".ipynb_checkpoints", "__pycache__", ".DS_Store", ".venv", "node_modules"})

DOCUMENTS = (".md", ".markdown", ".txt", ".tex", ".pdf")
NOTEBOOKS = (".ipynb",)
SCRIPTS = (".py",)


class Submission(Record):
    """Who handed in what. `files` are regular files relative to `root`; `ignored` says what was left out and why."""

    id: str
    root: Path
    files: tuple[str, ...]
    ignored: tuple[str, ...] = ()

    def of_kind(self, suffixes: tuple[str, ...]) -> tuple[str, ...]:
        """The files with one of these endings."""
        return tuple(name for name in self.files if name.lower().endswith(suffixes))


@contextmanager
def open_submission(path: Path) -> Iterator[Submission]:
    """Open a folder, a zip or tar archive, or a single file. Archives are unpacked to a folder that is removed after.

    Raises SubmissionError when there is nothing there, nothing in it, or more than the caps allow.
    """
    if not path.exists():
        raise SubmissionError("no such file or folder", where=str(path))
    if path.is_dir():
        yield _collect(path, path.resolve().name, path)
        return
    if not path.is_file():
        raise SubmissionError("is neither a folder nor a regular file", where=str(path))
    scratch = Path(tempfile.mkdtemp(prefix="grader-files-"))
    try:
        if is_archive(path):
            unpack(path, scratch, most_files=MOST_FILES, most_bytes=MOST_BYTES)
            yield _collect(_only_folder(scratch), stem(path), path)
        else:
            if path.stat().st_size > MOST_BYTES:
                raise SubmissionError(f"is larger than {MOST_BYTES // 2**20} MB", where=str(path))
            shutil.copy(path, scratch / path.name)
            yield _collect(scratch, path.stem, path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def submissions_in(folder: Path) -> list[Path]:
    """The submissions of a class: each subfolder and each archive of the folder, by name.

    Raises SubmissionError when there are none.
    """
    if not folder.is_dir():
        raise SubmissionError("is no folder of submissions", where=str(folder))
    found = [
        path
        for path in sorted(folder.iterdir())
        if not _junk(path.name) and not path.name.startswith(".") and (path.is_dir() or is_archive(path))
    ]
    if not found:
        raise SubmissionError(
            "holds no submissions",
            where=str(folder),
            hint="Each submission is a folder or a zip in it. For a single one use: grader check",
        )
    return found


def _junk(name: str) -> bool:
    """What systems and tools leave in folders, such as macOS's `._notebook.ipynb`."""
    return name in _SKIPPED or name.startswith("._")


def _only_folder(folder: Path) -> Path:
    """The one folder that an archive wraps its files in, or the folder itself."""
    inside = [path for path in folder.iterdir() if not _junk(path.name)]
    return inside[0] if len(inside) == 1 and inside[0].is_dir() and not inside[0].is_symlink() else folder


def _collect(root: Path, name: str, given: Path) -> Submission:
    files: list[str] = []
    ignored: list[str] = []
    total = 0

    def unreadable(error: OSError) -> None:
        ignored.append(f"{Path(error.filename).relative_to(root)} ({error.strerror})")

    for folder, folders, names in os.walk(root, onerror=unreadable):
        folders[:] = sorted(d for d in folders if not _junk(d))
        for linked in [d for d in folders if (Path(folder) / d).is_symlink()]:
            folders.remove(linked)
            ignored.append(f"{_shown(Path(folder) / linked, root)} (a link)")
        for entry in sorted(names):
            path = Path(folder) / entry
            if _junk(entry):
                continue
            relative = _shown(path, root)
            if path.is_symlink() or not path.is_file():
                ignored.append(f"{relative} ({'a link' if path.is_symlink() else 'no regular file'})")
                continue
            if relative != str(path.relative_to(root)):
                ignored.append(f"{relative} (its name is not UTF-8)")
                continue
            files.append(relative)
            total += path.stat().st_size
            if len(files) > MOST_FILES or total > MOST_BYTES:
                limits = f"{MOST_FILES} files or {MOST_BYTES // 2**20} MB"
                raise SubmissionError(f"holds more than {limits}", where=str(given))
    if not files:
        raise SubmissionError("is empty: there is nothing to grade", where=str(given))
    return Submission(id=name, root=root, files=tuple(files), ignored=tuple(ignored))


def _shown(path: Path, root: Path) -> str:
    """A path relative to the root, as text that can be written anywhere."""
    return str(path.relative_to(root)).encode("utf-8", "replace").decode()
