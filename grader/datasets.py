"""The host's own copy of a data set: uint8 arrays, memory-mapped, read once.

MNIST comes from `GRADER_DATA` (a folder that holds `MNIST/raw/*`, plain or gzipped), else from torchvision's download.
"""

import gzip
import hashlib
import math
import os
import shutil
import struct
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grader.core.errors import MachineError
from grader.files import cache_folder, write_whole

Array = np.ndarray[Any, np.dtype[np.uint8]]

_MNIST_FILES = {
    ("train", "images"): ("train-images-idx3-ubyte", 60_000),
    ("train", "labels"): ("train-labels-idx1-ubyte", 60_000),
    ("test", "images"): ("t10k-images-idx3-ubyte", 10_000),
    ("test", "labels"): ("t10k-labels-idx1-ubyte", 10_000),
}
_DIGITS_TRAIN = 1437  # the first four fifths; the rest, by other writers, is the test split


@dataclass(frozen=True)
class Split:
    """Images (N, height, width) and labels (N,), both uint8."""

    images: Array
    labels: Array


@dataclass(frozen=True)
class Dataset:
    """A data set with its own train and test split. Raw values lie in [0, maximum]."""

    name: str
    train: Split
    test: Split
    maximum: int
    classes: int = 10


def load_dataset(name: str) -> Dataset:
    """The data set `mnist` or `digits`. Raises MachineError with what to do when it isn't there."""
    return _digits() if name == "digits" else _mnist(mnist_folder())


def _digits() -> Dataset:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images, labels = bunch.images.astype(np.uint8), bunch.target.astype(np.uint8)
    cut = _DIGITS_TRAIN
    return Dataset(
        "digits", Split(images[:cut], labels[:cut]), Split(images[cut:], labels[cut:]), maximum=int(images.max())
    )


def mnist_folder() -> Path:
    """The folder that holds `MNIST/raw/` with the four plain idx files, unpacked into the cache where needed.

    Raises MachineError naming the folder that was looked at and the command that helps.
    """
    named = os.environ.get("GRADER_DATA")
    if not named:
        cached = cache_folder() / "data"
        if not _has_plain(cached):
            _download(cached)
        return cached
    root = Path(named).expanduser().resolve()
    if _has_plain(root):
        return root
    missing = [name for name, _ in _MNIST_FILES.values() if not _raw(root, name) and not _raw(root, name + ".gz")]
    if missing:
        raise MachineError(
            f"holds no MNIST/raw/{missing[0]} (plain or .gz)",
            where=f"GRADER_DATA={named}",
            hint="Point GRADER_DATA at the folder that holds MNIST/raw/, or unset it to download MNIST.",
        )
    return _unpack(root)


def folder_without_test(dataset: Dataset) -> Path:
    """A folder like `mnist_folder()` whose test split is drawn from the training split.

    For code that isn't trusted and trains: what it hands over is scored on a test split that it never saw.
    """
    drawn = np.random.default_rng(0).permutation(len(dataset.train.labels))[: len(dataset.test.labels)]
    stand_in = Split(dataset.train.images[drawn], dataset.train.labels[drawn])
    digest = hashlib.sha256(dataset.train.labels.tobytes() + stand_in.images.tobytes()).hexdigest()[:16]
    target = cache_folder() / "data" / f"without-test-{digest}"
    for (part, kind), (name, _) in _MNIST_FILES.items():
        path = target / "MNIST" / "raw" / name
        if not path.is_file():
            array = getattr(dataset.train if part == "train" else stand_in, kind)
            write_whole(path, struct.pack(f">2x2B{array.ndim}I", 8, array.ndim, *array.shape) + array.tobytes())
    return target


def _raw(root: Path, name: str) -> bool:
    return (root / "MNIST" / "raw" / name).is_file()


def _has_plain(root: Path) -> bool:
    return all(_raw(root, name) for name, _ in _MNIST_FILES.values())


def _unpack(root: Path) -> Path:
    """Unpack gzipped files into the cache, one folder for each source folder and modification time."""
    raw = root / "MNIST" / "raw"
    stamp = max(path.stat().st_mtime_ns for path in raw.glob("*-ubyte*"))
    key = hashlib.sha256(f"{root}:{stamp}".encode()).hexdigest()[:16]
    target = cache_folder() / "data" / f"unpacked-{key}"
    for name, _ in _MNIST_FILES.values():
        out = target / "MNIST" / "raw" / name
        if out.is_file():
            continue
        out.parent.mkdir(parents=True, exist_ok=True)
        part = out.with_suffix(f".part{os.getpid()}-{threading.get_ident()}")
        packed = raw / f"{name}.gz"
        try:
            with gzip.open(packed) if packed.is_file() else open(raw / name, "rb") as source, open(part, "wb") as file:
                shutil.copyfileobj(source, file)
        except (OSError, EOFError, zlib.error) as error:
            part.unlink(missing_ok=True)
            raise MachineError(
                f"can't be unpacked: {error}", where=str(packed), hint="Fetch the file again."
            ) from error
        os.replace(part, out)
    return target


def _download(target: Path) -> None:
    from torchvision.datasets import MNIST

    try:
        MNIST(str(target), download=True)
    except Exception as error:  # torchvision raises whatever urllib, ssl or the mirror make of it
        raise MachineError(
            f"MNIST is not here and can't be downloaded ({error})",
            where=str(target),
            hint="Put the four idx files under FOLDER/MNIST/raw/ and run: export GRADER_DATA=FOLDER",
        ) from error


def _mnist(root: Path) -> Dataset:
    arrays = {key: _idx(root / "MNIST" / "raw" / name, count) for key, (name, count) in _MNIST_FILES.items()}
    return Dataset(
        "mnist",
        Split(arrays["train", "images"], arrays["train", "labels"]),
        Split(arrays["test", "images"], arrays["test", "labels"]),
        maximum=255,
    )


def _idx(path: Path, count: int) -> Array:
    """An idx file of unsigned bytes, memory-mapped; the format is told in its first bytes."""
    with open(path, "rb") as file:
        header = file.read(4)
        rank = header[3] if len(header) == 4 and header[:3] == b"\0\0\x08" else 0
        sizes = file.read(4 * rank) if rank in (1, 3) else b""
    if not sizes or len(sizes) != 4 * rank:
        raise MachineError("is no idx file of unsigned bytes", where=str(path), hint="Fetch the file again.")
    shape = struct.unpack(f">{rank}I", sizes)
    offset = 4 + 4 * rank
    size = path.stat().st_size - offset
    if shape[0] != count or size != math.prod(shape):
        raise MachineError(
            f"holds {size} bytes for a shape of {shape}; MNIST has {count} here",
            where=str(path),
            hint="Fetch the file again.",
        )
    # Copy on write: torch warns of arrays that it could not write to.
    return np.memmap(path, dtype=np.uint8, mode="c", offset=offset, shape=shape)
