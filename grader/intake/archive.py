"""Unpacks zip and tar archives from strangers: no links, no devices, no way out, caps while unpacking."""

import re
import stat
import tarfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

from grader.core.errors import SubmissionError

_ENDINGS = (".zip", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar", ".tgz")
_CHUNK = 1 << 16


def is_archive(path: Path) -> bool:
    """Whether its name says that it is an archive that can be unpacked."""
    return path.is_file() and path.name.lower().endswith(_ENDINGS)


def stem(path: Path) -> str:
    """The name of an archive without its ending."""
    return next(path.name[: -len(ending)] for ending in _ENDINGS if path.name.lower().endswith(ending))


def unpack(path: Path, target: Path, *, most_files: int, most_bytes: int) -> None:
    """Unpack into an empty folder. Raises SubmissionError naming the entry that is refused."""
    budget = _Budget(path, most_files, most_bytes)
    name = ""
    try:
        if path.name.lower().endswith(".zip"):
            with zipfile.ZipFile(path) as archive:
                for entry in archive.infolist():
                    name = entry.filename
                    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
                        raise SubmissionError(f"entry {name!r} is a link or a device", where=str(path))
                    if entry.flag_bits & 1:
                        raise SubmissionError(f"entry {name!r} is encrypted", where=str(path))
                    out = _inside(target, name, path)
                    if not entry.is_dir():
                        with archive.open(entry) as source:
                            budget.copy(source, out)
        else:
            with tarfile.open(path) as tar:
                for member in tar:
                    name = member.name
                    if not (member.isfile() or member.isdir()):
                        raise SubmissionError(f"entry {name!r} is a link or a device", where=str(path))
                    out = _inside(target, name, path)
                    content = tar.extractfile(member)
                    if content:
                        with content:
                            budget.copy(content, out)
    except SubmissionError:
        raise
    except Exception as error:  # zipfile, tarfile, zlib and lzma each raise their own on broken data
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise SubmissionError(
            f"can't be unpacked{f' at entry {name!r}' if name else ''}: {why}",
            where=str(path),
            hint="Pack the files again as a zip.",
        ) from error


class _Budget:
    """What may still be written; counted while unpacking, since sizes in headers can lie."""

    def __init__(self, path: Path, most_files: int, most_bytes: int) -> None:
        self.path, self.files, self.bytes = path, most_files, most_bytes
        self.limits = f"more than {most_files} files or {most_bytes // 2**20} MB"

    def copy(self, source: IO[bytes], out: Path) -> None:
        self.files -= 1
        out.parent.mkdir(parents=True, exist_ok=True)
        with open(out, "xb") as file:
            while chunk := source.read(_CHUNK):
                self.bytes -= len(chunk)
                if self.files < 0 or self.bytes < 0:
                    raise SubmissionError(f"unpacks to {self.limits}", where=str(self.path))
                file.write(chunk)


def _inside(target: Path, name: str, path: Path) -> Path:
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or "\0" in name or re.match("[A-Za-z]:", name):
        raise SubmissionError(f"entry {name!r} leads out of the archive", where=str(path))
    return target.joinpath(*parts.parts)
