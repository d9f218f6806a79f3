"""A digest of all that was handed in: when it stays the same, so does all that is found in it."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from grader.core.handin import Handin
from grader.intake.junk import ENVIRONMENT, is_junk

_PIECE = 1 << 20


def digest_of_handin(handin: Handin) -> str:
    """Of names and bytes of all files, and of what stands in their place; not of who handed it in, or when.

    Files that nobody looks at, such as an environment of Python's, are left out. Raises OSError for what can't be read.
    """
    digest = hashlib.sha256()

    def add(*parts: bytes) -> None:
        for part in parts:
            digest.update(len(part).to_bytes(8) + part)

    for link in handin.links:
        add(b"link", _raw(link))
    for name, why in sorted(handin.unread.items()):
        add(b"unread", _raw(name), _raw(why))
    for file in sorted(handin.files, key=lambda file: file.name):
        for name, path in _files(file.path, lambda error: add(b"closed", os.fsencode(error.filename))):
            if name not in file.without:
                add(b"file", _raw(f"{file.name}/{name}"))
                _add_content(path, add)
    return digest.hexdigest()


def _files(path: Path, closed: Callable[[OSError], None]) -> Iterator[tuple[str, Path]]:
    """(the name below the path, the path) of all files in a folder, in order; a file alone has no name.

    `closed` is told of folders that can't be read: what is known of the same files without them isn't all of these.
    """
    if not path.is_dir() or path.is_symlink():
        yield "", path
        return
    for inside, folders, names in os.walk(path, onerror=closed):
        folders[:] = sorted(
            name for name in folders if not is_junk(name) and not (Path(inside) / name / ENVIRONMENT).exists()
        )
        for name in sorted(names):
            if not is_junk(name):
                found = Path(inside) / name
                yield str(found.relative_to(path)), found
        for name in folders:
            if (Path(inside) / name).is_symlink():
                yield str((Path(inside) / name).relative_to(path)), Path(inside) / name


def _add_content(path: Path, add: Callable[..., None]) -> None:
    state = path.lstat()
    if stat.S_ISLNK(state.st_mode):
        add(b"to", os.fsencode(os.readlink(path)))
    elif not stat.S_ISREG(state.st_mode):
        add(b"other", str(stat.S_IFMT(state.st_mode)).encode())
    else:
        add(b"size", str(state.st_size).encode())
        inner = hashlib.sha256()
        with open(path, "rb") as content:
            while piece := content.read(_PIECE):
                inner.update(piece)
        add(inner.digest())


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
