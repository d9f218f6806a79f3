"""The weights that a full run handed over, as files: one network's may take as much memory as the grader itself."""

import hashlib
import os
import tempfile
import weakref
from pathlib import Path
from stat import S_ISREG

_ALL_BYTES = 512 * 2**20  # of one run
_MOST_TRAININGS = 64  # of one notebook hand over weights
_HEADER_BYTES = 2**20
_PIECE = 2**20


class WeightFiles:
    """Those of its n-th training, as safetensors: `n-first` before its first step, `n-last` at the end.

    The files lie in a folder of their own, which goes with this object. Nobody has looked into them yet.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="grader-weights-"))
        self.digests: dict[str, str] = {}
        self.size = 0
        weakref.finalize(self, _remove, self.folder)

    def file(self, name: str) -> Path | None:
        """The file of that name, where it was handed over."""
        return self.folder / f"{name}.safetensors" if name in self.digests else None

    def collect(self, run: Path, most_parameters: int) -> "WeightFiles":
        """Copy what a notebook left in its folder; of a network that is too large, nothing."""
        most = int(4.1 * most_parameters) + _HEADER_BYTES
        for number in range(_MOST_TRAININGS):
            for name in (f"{number}-first", f"{number}-last"):
                self._copy(run / f"{name}.safetensors", name, most)
        return self

    def _copy(self, path: Path, name: str, most: int) -> None:
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:  # none, or a link
            return
        with open(handle, "rb") as source:
            stat = os.fstat(source.fileno())
            if not S_ISREG(stat.st_mode) or stat.st_size > min(most, _ALL_BYTES - self.size):
                return
            digest, left = hashlib.sha256(), stat.st_size
            with open(self.folder / f"{name}.safetensors", "wb") as copy:
                while left > 0 and (piece := source.read(min(left, _PIECE))):
                    left -= copy.write(piece)
                    digest.update(piece)
        self.size += stat.st_size
        self.digests[name] = digest.hexdigest()


def _remove(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
