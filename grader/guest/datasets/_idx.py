"""Data sets in idx files: two of images and two of classes, under the names that MNIST gave them.

The format: two zero bytes, 8 for unsigned bytes, the rank, then each size in four bytes, big-endian, then the values.
"""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._entry import DataSet, Unreadable

if TYPE_CHECKING:
    from ._entry import Array, Part

FILES = tuple(f"{part}-{what}-ubyte" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1"))


def data_set(name: str, title: str, folder: str, **known: Any) -> DataSet:
    """A data set of 60,000 + 10,000 images of 28 x 28 in ten classes, whose four files lie in `folder`."""
    given = {"shape": (28, 28), "samples": (60_000, 10_000), "read": partial(_read, folder=folder), "write": _write}
    given |= {"files": FILES, "serve": partial(_serve, folder), "shared": _shared(folder)}
    return DataSet(name=name, title=title, folder=folder, **{**given, **known})


def read_file(path: Path, rank: int) -> Array:
    """The array in an idx file of unsigned bytes, memory-mapped. Raises OSError, or `Unreadable`."""
    import numpy as np

    with open(path, "rb") as file:
        kind, sizes = file.read(4), file.read(4 * rank)
    if kind != bytes((0, 0, 8, rank)) or len(sizes) != 4 * rank:
        raise Unreadable(path, f"is no idx file of unsigned bytes of rank {rank}")
    shape = struct.unpack(f">{rank}I", sizes)
    offset = 4 + 4 * rank
    size = path.stat().st_size - offset
    if size != math.prod(shape):
        raise Unreadable(path, f"holds {size} bytes for a shape of {shape}")
    if not size:
        raise Unreadable(path, "holds no samples")
    # Copy on write: torch warns of arrays that it could not write to.
    return np.memmap(path, dtype=np.uint8, mode="c", offset=offset, shape=shape)


def npz(**arrays: Array) -> bytes:
    """Arrays as `numpy.savez` writes them."""
    import numpy as np

    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]  # numpy takes names of arrays for its own flag
    return file.getvalue()


def _read(root: Path, folder: str) -> tuple[Part, Part]:
    images, labels, test_images, test_labels = (
        read_file(root / folder / name, 3 if "images" in name else 1) for name in FILES
    )
    return (images, labels), (test_images, test_labels)


def _write(train: Part, test: Part) -> dict[str, bytes]:
    return {
        name: struct.pack(f">2x2B{array.ndim}I", 8, array.ndim, *array.shape) + array.tobytes()
        for name, array in zip(FILES, (*train, *test), strict=True)
    }


def _serve(folder: str, kind: Any, folder_of: Callable[[object], str]) -> None:
    """Have the class of torchvision find its files, also where a student's subclass has another name."""
    raw_folder = kind.raw_folder
    kind.raw_folder = property(lambda self: f"{root}/{folder}" if (root := folder_of(self)) else raw_folder.fget(self))


def _shared(folder: str) -> dict[str, Callable[[Path], bytes]]:
    """The four files by the names that are in use, packed and not."""
    made: dict[str, Callable[[Path], bytes]] = {}
    for file in FILES:
        for name in (file, file.replace("-idx", ".idx")):
            made[name] = partial(_plain, name=f"{folder}/{file}")
            made[f"{name}.gz"] = partial(_packed, name=f"{folder}/{file}")
    return made


def _plain(root: Path, name: str) -> bytes:
    return (root / name).read_bytes()


def _packed(root: Path, name: str) -> bytes:
    import gzip

    return gzip.compress(_plain(root, name), 1)
