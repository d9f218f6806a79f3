"""Unpacks zip and tar archives from strangers: no links, no devices, no way out, caps while unpacking.

An entry that can't be had costs itself alone; an archive that unpacks to too much is refused as a whole.
"""

import bz2
import errno
import gzip
import io
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Any

from grader.core.errors import SubmissionError
from grader.core.record import Record
from grader.intake.junk import environments, lies_in_junk

_TARS = (".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tbz2", ".tbz", ".txz")
_SINGLES = (".gz", ".bz2", ".xz")  # what holds one file, which is called as the rest of the name
_ENDINGS = (".zip", *_TARS, *_SINGLES)
_CHUNK = 1 << 16
_MOST_ENTRIES = 100_000  # with junk
_MOST_DIRECTORY = 32 * 2**20  # bytes of a zip's list of entries, which is read at once
_MOST_LOOKED_AT = 4 * 2**30  # bytes of tars, with junk
_BLOCK = 512  # a tar's
_MAGIC_AT = 257
_OPENERS: tuple[tuple[bytes, Callable[[Path], Any]], ...] = (
    (b"\x1f\x8b", gzip.GzipFile),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
)
# What an entry alone may be at fault for: the disk, or the memory of this machine, are not among them.
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT)
_OF_THE_NAME = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EINVAL, errno.EILSEQ)


class LeftOut(Record):
    """An entry that was not unpacked, and why. `held` says that it held something, so that a person looks for it."""

    name: str
    why: str
    held: bool = True


@dataclass
class Budget:
    """What may still be unpacked; counted while unpacking, since sizes in headers can lie. `each` bounds one entry."""

    files: int
    bytes: int
    each: int | None = None  # bytes
    limits: str = field(init=False)
    work: int = field(init=False)  # also what is thrown away again, as of a bomb inside

    def __post_init__(self) -> None:
        self.limits = f"more than {self.files} files or {self.bytes // 2**20} MB"
        self.work = 2 * self.bytes

    def take(self, files: int, size: int) -> None:
        """Take this much. Raises SubmissionError where that is more than is left."""
        self.files -= files
        self.bytes -= size
        self.work -= size
        if min(self.files, self.bytes, self.work) < 0:
            raise SubmissionError(f"unpacks to {self.limits}")


def is_archive(path: Path) -> bool:
    """Whether its name says that it is an archive that can be unpacked."""
    return path.is_file() and is_archive_name(path.name)


def is_archive_name(name: str) -> bool:
    """Whether a file of this name is an archive that can be unpacked."""
    return name.lower().endswith(_ENDINGS)


def holds_one(path: Path) -> bool:
    """Whether its name says that it is one file that was packed."""
    return path.name.lower().endswith(_SINGLES) and not path.name.lower().endswith(_TARS)


def stem(path: Path) -> str:
    """The name of an archive without its ending."""
    return next(path.name[: -len(ending)] for ending in _ENDINGS if path.name.lower().endswith(ending))


def first_bytes(path: Path, most: int) -> bytes:
    """How what is packed in one file begins; nothing where it can't be unpacked."""
    try:
        with _opened(path) as stream:
            return bytes(stream.read(most))
    except (OSError, EOFError, lzma.LZMAError, zlib.error):
        return b""


def names_in(path: Path) -> frozenset[str]:
    """The names of a zip's entries; none where it is broken, or has too many to look at."""
    try:
        if _directory_bytes(path) > _MOST_DIRECTORY:
            return frozenset()
        with zipfile.ZipFile(path) as archive:
            return frozenset(map(_name, archive.infolist()))
    except Exception:  # zipfile raises many kinds on broken data
        return frozenset()


def unpack(path: Path, target: Path, budget: Budget) -> list[LeftOut]:
    """Unpack into an empty folder; what comes back was left out.

    Raises SubmissionError for what is no archive, is broken, or unpacks to more than the budget holds.
    """
    with _blamed(path):
        if _is_zip(path):
            return _unzip(path, target, budget)
        with _opened(path) as stream:
            if _is_tar(path, stream):
                return _untar(stream, target, budget)
            if not _is_packed(path):
                raise SubmissionError("can't be unpacked: it is no archive")
            return [left] if (left := _one(stream.read, target, stem(path), budget)) else []


def stated(path: Path) -> dict[str, int]:
    """The sizes in bytes that an archive states of its entries, junk left out; the names of folders end with `/`.

    Nothing is unpacked.
    Raises SubmissionError for what is neither a zip nor a tar, is broken, or has too many entries.
    """
    with _blamed(path):
        if _is_zip(path):
            if _directory_bytes(path) > _MOST_DIRECTORY:
                raise SubmissionError(f"holds more than {_MOST_ENTRIES} files")
            with zipfile.ZipFile(path) as archive:
                sizes = [(_name(entry), entry.file_size) for entry in archive.infolist()]
        else:
            with _opened(path) as stream:
                if not _is_tar(path, stream):
                    raise SubmissionError("can't be unpacked: it is no archive of several files")
                with tarfile.TarFile(fileobj=_Careful(stream)) as tar:
                    entries = islice(tar, _MOST_ENTRIES + 1)
                    sizes = [(f"{entry.name}/" if entry.isdir() else entry.name, entry.size) for entry in entries]
        if len(sizes) > _MOST_ENTRIES:
            raise SubmissionError(f"holds more than {_MOST_ENTRIES} files")
        skipped = environments(name for name, _ in sizes)
        return {name: size for name, size in sizes if not lies_in_junk(name, skipped)}


@contextmanager
def _blamed(path: Path) -> Iterator[None]:
    """Whatever is wrong with an archive is said of it."""
    try:
        yield
    except SubmissionError as error:
        raise SubmissionError(error.found, where=str(path), hint=error.hint) from error
    except Exception as error:  # zipfile, tarfile, zlib and lzma each raise their own on broken data
        raise SubmissionError(
            f"can't be unpacked: {_said(error)}", where=str(path), hint="Pack the files again as a zip."
        ) from error


def _is_packed(path: Path) -> bool:
    with open(path, "rb") as file:
        head = file.read(8)
    return any(head.startswith(magic) for magic, _ in _OPENERS)


def _is_zip(path: Path) -> bool:
    with open(path, "rb") as file:
        head = file.read(2)
    return not _is_packed(path) and (head == b"PK" or path.name.lower().endswith(".zip"))


def _is_tar(path: Path, stream: Any) -> bool:
    head = stream.read(_BLOCK)
    stream.seek(0)
    return bytes(head[_MAGIC_AT:]).startswith(b"ustar") or path.name.lower().endswith(_TARS)


def _opened(path: Path) -> Any:
    with open(path, "rb") as file:
        head = file.read(8)
    return next((opener(path) for magic, opener in _OPENERS if head.startswith(magic)), None) or open(path, "rb")


def _unzip(path: Path, target: Path, budget: Budget) -> list[LeftOut]:
    if _directory_bytes(path) > _MOST_DIRECTORY:
        raise SubmissionError(f"unpacks to {budget.limits}")
    left: list[LeftOut] = []
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if len(entries) > _MOST_ENTRIES:
            raise SubmissionError(f"unpacks to {budget.limits}")
        skipped = environments(map(_name, entries))
        for entry in entries:
            name = _name(entry)
            if lies_in_junk(name, skipped) or entry.is_dir():
                continue
            if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
                left.append(LeftOut(name=name, why="a link or a device", held=False))
            elif entry.flag_bits & 1:
                left.append(LeftOut(name=name, why="encrypted"))
            elif too_large := _too_large(name, entry.file_size, budget):
                left.append(too_large)
            elif refused := _copied(lambda entry=entry: archive.open(entry), target, name, budget):  # type: ignore[misc]
                left.append(refused)
    return left


def _name(entry: zipfile.ZipInfo) -> str:
    """The name of an entry; macOS writes it in UTF-8 and doesn't say so, which zipfile then reads as of DOS."""
    if entry.flag_bits & 0x800 or entry.filename.isascii():
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def _too_large(name: str, size: int, budget: Budget) -> LeftOut | None:
    if budget.each is None or size <= budget.each:
        return None
    return LeftOut(name=name, why=f"larger than {budget.each // 2**20} MB")


def _directory_bytes(path: Path) -> int:
    """The size of a zip's list of entries, as its end states it."""
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - 2**16 - 200))
        tail = file.read()
    at, wide = tail.rfind(b"PK\x05\x06"), tail.rfind(b"PK\x06\x06")
    stated = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    return max(stated, int.from_bytes(tail[wide + 40 : wide + 48], "little")) if stated == 2**32 - 1 else stated


class _Careful(io.RawIOBase):
    """A stream from which nothing large is read at once: a header of a tar may say that it is as large as memory."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= 1 << 20:
            raise SubmissionError("can't be unpacked: a header of it is too large")
        return bytes(self.stream.read(size))

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self.stream.seek(offset, whence))

    def tell(self) -> int:
        return int(self.stream.tell())

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def _untar(stream: Any, target: Path, budget: Budget) -> list[LeftOut]:
    left: list[LeftOut] = []
    with tarfile.TarFile(fileobj=_Careful(stream)) as tar:
        members = []
        looked_at = 0
        for member in islice(tar, _MOST_ENTRIES + 1):
            members.append(member)
            looked_at += member.size
            if len(members) > _MOST_ENTRIES or looked_at > max(_MOST_LOOKED_AT, budget.bytes):
                raise SubmissionError(f"unpacks to {budget.limits}")
        skipped = environments(member.name for member in members)
        for member in members:
            if lies_in_junk(member.name, skipped) or member.isdir():
                continue
            if not member.isfile():
                left.append(LeftOut(name=member.name, why="a link or a device", held=False))
            elif too_large := _too_large(member.name, member.size, budget):
                left.append(too_large)
            elif refused := _copied(lambda member=member: tar.extractfile(member), target, member.name, budget):  # type: ignore[misc]
                left.append(refused)
    return left


def _copied(open_entry: Callable[[], IO[bytes] | None], target: Path, name: str, budget: Budget) -> LeftOut | None:
    """Copy an entry to its place; what comes back says why it can't be."""
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or "\0" in name or re.match("[A-Za-z]:", name) or not parts.name:
        return LeftOut(name=name, why="its name leads out of the archive")
    try:
        content = open_entry()
    except Exception as error:  # an unknown way of packing, a header that contradicts the list of entries
        return LeftOut(name=name, why=f"can't be unpacked: {_said(error)}")
    if content is None:
        return LeftOut(name=name, why="holds no file", held=False)
    with content:
        return _one(content.read, target, str(parts), budget)


def _one(read: Callable[[int], bytes], target: Path, name: str, budget: Budget) -> LeftOut | None:
    out = target / name
    budget.take(1, 0)
    try:
        if out.is_symlink() or out.exists():
            return LeftOut(name=name, why="is there twice")
        out.parent.mkdir(parents=True, exist_ok=True)
        out.touch(exist_ok=False)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno not in _OF_THE_NAME:
            raise
        return LeftOut(name=name, why=f"can't be written: {_said(error)}")
    with open(out, "wb") as file:
        try:
            while chunk := read(_CHUNK):
                budget.take(0, len(chunk))
                file.write(chunk)
        except SubmissionError:
            raise
        except Exception as error:  # broken data; half a file is none
            if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
                raise
            out.unlink()
            return LeftOut(name=name, why=f"can't be unpacked: {_said(error)}")
    return None


def _said(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
