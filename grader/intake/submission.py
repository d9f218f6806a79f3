"""One student's files, wherever they come from."""

import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from grader.core.errors import MachineError, SubmissionError
from grader.core.handin import HandedInFile, Handin, Person
from grader.core.record import Record
from grader.core.text import whole
from grader.intake.archive import Budget, LeftOut, holds_one, is_archive, stem
from grader.intake.junk import ENVIRONMENT, is_junk
from grader.intake.kinds import may_answer, points_at_an_answer
from grader.intake.reader import Direct, FileReader

MOST_FILES = 2000
MOST_BYTES = 500 * 2**20
_DEPTH = 3  # of archives in archives


class Submission(Record):
    """Who handed in what. `files` are regular files relative to `root`; `ignored` says what was left out and why.

    `unpacked` are the archives among the files whose content lies beside them; `unread` says of what was handed in and
    can't be had why a person must look.
    """

    id: str
    root: Path
    files: tuple[str, ...]
    ignored: tuple[str, ...] = ()
    unpacked: tuple[str, ...] = ()
    unread: dict[str, str] = {}

    def of_kind(self, suffixes: tuple[str, ...]) -> tuple[str, ...]:
        """The files with one of these endings."""
        return tuple(name for name in self.files if name.lower().endswith(suffixes))


@contextmanager
def open_submission(given: Path | Handin, reader: FileReader = Direct()) -> Iterator[Submission]:
    """Open a folder, a zip or tar archive, a single file, or all that a hand-in holds, with the archives in it.

    A folder is read where it is; several files and folders, a folder that holds archives, and these, are a copy that is
    removed after. A hand-in gives the submission its key, and what stands for files of it is unread.
    Raises SubmissionError when there is nothing there, nothing in it, or more than the caps allow.
    """
    handin = given if isinstance(given, Handin) else _alone(given)
    where = handin.source or handin.key
    unread = {link: f"stands in the place of a file: {link} was not opened" for link in handin.links} | handin.unread
    only = handin.files[0] if len(handin.files) == 1 else None
    found = None
    if only and only.path.is_dir():
        found = _collect(only.path, where, handin.key, only.without)
        if not any(_to_unpack(only.path / name, reader) for name in found.files):
            yield _filled(found, where, unread)
            return
    scratch = Path(tempfile.mkdtemp(prefix="grader-files-"))
    try:
        tree = _Unpacking(scratch, where, reader)
        if found:
            tree.copy(found, scratch)
        elif only and is_archive(only.path):
            tree.add(only.path, scratch)
            if holds_one(only.path) and (packed := scratch / stem(only.path)).is_file():
                packed.rename(scratch / _inside(stem(Path(only.name))))
        else:
            for file in handin.files:
                tree.put(file)
        tree.unpack_all()
        # One folder that an archive wraps its files in means nothing.
        yield _filled(tree.submission(handin.key, wrapped=only is not None and not found), where, unread)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _alone(path: Path) -> Handin:
    """A path that was handed in, by whom nobody said."""
    if not path.exists():
        raise SubmissionError("no such file or folder", where=str(path))
    if path.is_dir():
        name = path.resolve().name
    elif path.is_file():
        name = stem(path) if is_archive(path) else path.stem
    else:
        raise SubmissionError("is neither a folder nor a regular file", where=str(path))
    name = whole(name)
    file = HandedInFile(path=path, name=whole(path.name))
    return Handin(key=name, people=(Person(name=name),), files=(file,), source=whole(str(path)))


class _Unpacking:
    """A folder of ours that fills with what archives hold, each beside the archive in a folder of its name."""

    def __init__(self, root: Path, where: str, reader: FileReader) -> None:
        self.root, self.where, self.reader = root, where, reader
        self.budget = Budget(MOST_FILES, MOST_BYTES)
        self.left: dict[Path, LeftOut] = {}
        self.unpacked: dict[Path, Path] = {}  # an archive, and the folder of what it holds
        self.unread: dict[Path, str] = {}
        self.ignored: tuple[str, ...] = ()

    def take(self, file: Path) -> None:
        """Count a file that is handed in as it is."""
        if file.stat().st_size > MOST_BYTES:
            raise SubmissionError(f"is larger than {MOST_BYTES // 2**20} MB", where=str(file))
        self.budget.take(1, file.stat().st_size)

    def put(self, file: HandedInFile) -> None:
        """Copy a file or a folder to where it was handed in."""
        place = self.root / _inside(file.name)
        if place == self.root and not file.path.is_dir():
            place = self.root / file.path.name
        if file.path.is_dir():
            found = _collect(file.path, self.where, "", file.without)
            self.copy(found, place)
        elif not file.path.is_file():
            raise MachineError("is no longer there", where=str(file.path), hint="Begin again with the export.")
        else:
            self.take(file.path)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.path, _free(place))

    def copy(self, found: Submission, target: Path) -> None:
        """Copy the files of a folder."""
        at = target.relative_to(self.root)
        self.ignored += tuple(str(at / entry) for entry in found.ignored)
        self.unread |= {target / name: why for name, why in found.unread.items()}
        for name in found.files:
            self.take(found.root / name)
            copy = target / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(found.root / name, _free(copy))

    def add(self, archive: Path, target: Path) -> None:
        """Unpack one archive. Raises SubmissionError where it can't be, or is too much."""
        for entry in self.reader.unpack(archive, target, self.budget):
            self.left[target / entry.name.lstrip("/\\")] = entry

    def unpack_all(self) -> None:
        """Unpack the archives that lie here, and those in them. One that can't be costs itself."""
        fresh = [self.root]
        for depth in range(_DEPTH + 1):
            archives = [path for folder in fresh for path in _files_below(folder) if _to_unpack(path, self.reader)]
            if depth == _DEPTH:
                self.unread |= dict.fromkeys(archives, f"lies in more than {_DEPTH} archives and was not unpacked")
                return
            fresh = [folder for archive in archives if (folder := self._unpack_inner(archive))]

    def _unpack_inner(self, archive: Path) -> Path | None:
        files, size = self.budget.files, self.budget.bytes
        folder = _free(archive.with_name(stem(archive) or "archive"))
        try:
            folder.mkdir()
            self.add(archive, folder)
        except (SubmissionError, OSError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            self.budget.files, self.budget.bytes = files, size
            self.unread[archive] = getattr(error, "found", f"can't be unpacked: {error}")
            return None
        self.unpacked[archive] = folder
        return folder

    def submission(self, name: str, *, wrapped: bool) -> Submission:
        """What lies here now, begun where there is more than one folder, or an archive and what it holds."""
        root = self.root
        while inner := self._only(root, wrapped=wrapped):
            root, wrapped = inner
        found = _collect(root, self.where, name)
        left = {_shown(path, root): entry for path, entry in self.left.items() if path.is_relative_to(root)}
        above = {f"{path.name}": entry for path, entry in self.left.items() if not path.is_relative_to(root)}
        ignored = [f"{file} ({entry.why})" for file, entry in (left | above).items()]
        unread = {_shown(path, root): why for path, why in self.unread.items() if path.is_relative_to(root)}
        unread |= {file: entry.why for file, entry in (left | above).items() if entry.held or points_at_an_answer(file)}
        unpacked = [_shown(path, root) for path in self.unpacked if path.is_relative_to(root)]
        return found.model_copy(
            update={
                "ignored": (*self.ignored, *found.ignored, *ignored),
                "unread": found.unread | unread,
                "unpacked": tuple(unpacked),
            }
        )

    def _only(self, folder: Path, *, wrapped: bool) -> tuple[Path, bool] | None:
        """(the one folder that stands for all that is here, whether one in it may be stripped too)."""
        inside = [path for path in folder.iterdir() if not is_junk(path.name)]
        archives = [path for path in inside if self.unpacked.get(path) in inside]
        rest = [path for path in inside if path not in archives]
        if len(rest) != 1 or not rest[0].is_dir() or rest[0].is_symlink():
            return None
        if archives:
            return (rest[0], True) if self.unpacked[archives[0]] == rest[0] else None
        return (rest[0], False) if wrapped else None


def _to_unpack(path: Path, reader: FileReader) -> bool:
    """Whether it is an archive that may hold what was handed in: data that is packed alone stays as it is."""
    if not is_archive(path):
        return False
    return not holds_one(path) or (may_answer(stem(path)) and not reader.packs_data(path))


def _free(path: Path) -> Path:
    """This path, or one with a number where it is taken; names have an end at 255 bytes."""
    names = (path.with_name(f"{path.name[:60]} ({number})") for number in range(2, MOST_FILES + 3))
    return path if not path.exists() else next(name for name in names if not name.exists())


def _files_below(folder: Path) -> Iterator[Path]:
    for inside, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_junk(name))
        yield from (Path(inside) / name for name in sorted(names) if not is_junk(name))


def _inside(name: str) -> Path:
    """A name under which something was handed in, as a path that leads nowhere else."""
    return Path(*(part for part in PurePosixPath(name).parts if part not in ("..", "/")))


def _filled(submission: Submission, where: str, unread: dict[str, str]) -> Submission:
    """The submission with what else nobody read of it. Raises SubmissionError where it holds no file."""
    if submission.files:
        return submission.model_copy(update={"unread": submission.unread | unread}) if unread else submission
    if left := (*(f"{file} ({why})" for file, why in unread.items()), *submission.ignored):
        raise SubmissionError(f"holds nothing that can be graded: {', '.join(left[:5])}", where=where)
    raise SubmissionError("is empty: there is nothing to grade", where=where)


def _collect(root: Path, where: str, name: str, without: Collection[str] = ()) -> Submission:
    files: list[str] = []
    ignored: list[str] = []
    unread: dict[str, str] = {}
    total = 0

    def leave_out(path: Path, why: str, *, held: bool = True) -> None:
        shown = _shown(path, root)
        ignored.append(f"{shown} ({why})")
        if held or points_at_an_answer(shown):
            unread[shown] = f"was left out: {why}"

    def unreadable(error: OSError) -> None:
        leave_out(Path(error.filename), str(error.strerror))

    for folder, folders, names in os.walk(root, onerror=unreadable):
        if ENVIRONMENT in names and Path(folder) != root:
            folders.clear()
            continue
        folders[:] = sorted(d for d in folders if not is_junk(d))
        for linked in [d for d in folders if (Path(folder) / d).is_symlink()]:
            folders.remove(linked)
            leave_out(Path(folder) / linked, "a link", held=False)
        for entry in sorted(names):
            path = Path(folder) / entry
            if is_junk(entry) or (entry in without and Path(folder) == root):
                continue
            relative = _shown(path, root)
            if path.is_symlink() or not path.is_file():
                leave_out(path, "a link" if path.is_symlink() else "no regular file", held=False)
                continue
            if relative != str(path.relative_to(root)):
                leave_out(path, "its name is not UTF-8")
                continue
            files.append(relative)
            total += path.stat().st_size
            if len(files) > MOST_FILES or total > MOST_BYTES:
                limits = f"{MOST_FILES} files or {MOST_BYTES // 2**20} MB"
                raise SubmissionError(f"holds more than {limits}", where=where)
    return Submission(id=name, root=root, files=tuple(files), ignored=tuple(ignored), unread=unread)


def _shown(path: Path, root: Path) -> str:
    """A path relative to the root, as text that can be written anywhere."""
    return str(path.relative_to(root)).encode("utf-8", "replace").decode()
