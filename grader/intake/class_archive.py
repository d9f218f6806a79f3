"""Opens the archive of a class: unpacked once, into a folder that is called by its content."""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from pydantic import TypeAdapter

from grader.core.errors import MachineError, SubmissionError
from grader.core.record import Record
from grader.core.text import whole
from grader.intake import archive
from grader.intake.archive import Budget, LeftOut
from grader.intake.submission import MOST_BYTES

_FILES, _LEFT = "files", "left-out.json"
_VERSION = 1  # of what unpacking makes of an archive: another one is unpacked again
_MOST_FILES = 100_000
_KEPT_FREE = 0.1  # of what is free: the results need room too
_LIST = TypeAdapter(tuple[LeftOut, ...])


class Unpacked(Record):
    """The folder of what an archive holds, and what of it was left out."""

    folder: Path
    left: tuple[LeftOut, ...]


def unpack_class(path: Path, scratch: Path) -> Unpacked:
    """Unpack the archive of a class below `scratch`, or find it unpacked there by an earlier run.

    An entry that can't be had is left out, and so is one that is larger than a whole submission may be. Raises
    SubmissionError where the archive can't be unpacked, MachineError where the disk has no room for it: both are known
    before anything is written, as far as the archive states its sizes.
    """
    try:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        scratch.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MachineError(f"can't be opened: {error.strerror}", where=str(error.filename or path)) from error
    place = scratch / f"{digest}-{_VERSION}"
    if not (place / _LEFT).is_file():
        shutil.rmtree(place, ignore_errors=True)
        _unpack(path, place)
    left = _LIST.validate_json((place / _LEFT).read_bytes())
    if not any((place / _FILES).iterdir()):
        if any(entry.why == "encrypted" for entry in left):
            hint = "Unpack it with its password, and name the folder."
            raise SubmissionError("is encrypted", where=str(path), hint=hint)
        raise SubmissionError("holds no files", where=str(path))
    return Unpacked(folder=place / _FILES, left=left)


def _unpack(path: Path, place: Path) -> None:
    sizes = archive.stated(path)
    budget = _budget(sizes, place.parent, path)
    # Under another name until it is whole, so that a run that was killed leaves nothing that looks so.
    half = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        (half / _FILES).mkdir()
        left = archive.unpack(path, half / _FILES, budget)
        _make_folders(half / _FILES, sizes)
        named = tuple(LeftOut(name=whole(entry.name), why=whole(entry.why), held=entry.held) for entry in left)
        (half / _LEFT).write_bytes(_LIST.dump_json(named))
        os.rename(half, place)
        for killed in place.parent.glob(f".{place.name}.*"):
            shutil.rmtree(killed, ignore_errors=True)
    except (OSError, SubmissionError) as error:
        cause = error.__cause__ if isinstance(error, SubmissionError) else error
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_room(path, place.parent, "more than is free") from error
        if not place.is_dir():  # else another run was first
            raise
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _make_folders(target: Path, names: Iterable[str]) -> None:
    """Make the empty folders too: whose folder is empty handed in nothing, and is somebody."""
    for name in names:
        if name.endswith("/") and not leads_out(name):
            with suppress(OSError):
                (target / name).mkdir(parents=True, exist_ok=True)


def leads_out(name: str) -> bool:
    """Whether the name of an entry leads out of its archive."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or not path.name or "\0" in name


def _budget(sizes: Mapping[str, int], scratch: Path, path: Path) -> Budget:
    """What may be unpacked. An archive that holds one file alone, such as another archive, is bounded by the disk."""
    each = MOST_BYTES if sum(not name.endswith("/") for name in sizes) > 1 else None
    total = sum(size for size in sizes.values() if each is None or size <= each)
    most = int(shutil.disk_usage(scratch).free * (1 - _KEPT_FREE))
    if total > most:
        raise _no_room(path, scratch, f"{total / 2**30:.1f} GB, and {most / 2**30:.1f} GB may be filled")
    return Budget(_MOST_FILES, most, each)


def _no_room(path: Path, scratch: Path, why: str) -> MachineError:
    hint = f"Make room in {scratch}, or unpack it elsewhere and name the folder."
    return MachineError(f"unpacks to {why}", where=str(path), hint=hint)
