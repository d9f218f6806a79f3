"""The host's own copies of data sets: uint8 arrays, memory-mapped where the format allows, read once.

Files come from `GRADER_DATA`, plain or gzipped, laid out as torchvision does; else torchvision downloads them. What a
data set is, `grader/guest/datasets` says.
"""

import gzip
import hashlib
import json
import os
import shutil
import threading
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from grader.core.errors import MachineError
from grader.files import cache_folder, write_whole
from grader.guest.datasets import DataSet, Unreadable, data_sets

Array = np.ndarray[Any, np.dtype[np.uint8]]

_ROWS = 200  # at a time: they stay in the processor's cache
COUNTS = "counts.json"  # beside the files: how many samples a folder has on purpose, `{"train": 1000, "test": 500}`


@dataclass(frozen=True)
class Split:
    """Images (N, height, width), or (N, 3, height, width) in colour, and classes (N,), all uint8."""

    images: Array
    labels: Array

    @cached_property
    def spreads(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        """How far each channel of each image lies from its mean, as a length: (N, channels)."""
        channels = self.images.shape[1] if self.images.ndim == 4 else 1
        found = np.empty((len(self.images), channels), np.float32)
        for start in range(0, len(found), _ROWS):
            rows = self.images[start : start + _ROWS].reshape(-1, channels, self.images[0].size // channels)
            centred = rows - rows.mean(axis=2, keepdims=True, dtype=np.float32)
            found[start : start + _ROWS] = np.linalg.norm(centred, axis=2)
        return found


@dataclass(frozen=True)
class Dataset:
    """A data set with its own train and test split. Raw values lie in [0, maximum]."""

    name: str
    train: Split
    test: Split
    maximum: int
    classes: int = 10
    title: str = ""

    @cached_property
    def digest(self) -> str:
        """Of every byte of both splits, and of what they are called."""
        digest = hashlib.sha256(f"{self.name}\0{self.maximum}\0{self.classes}".encode())
        for split in (self.train, self.test):
            digest.update(f"{split.images.shape}\0".encode())
            digest.update(np.ascontiguousarray(split.images).data)
            digest.update(np.ascontiguousarray(split.labels).data)
        return digest.hexdigest()

    @property
    def channels(self) -> int:
        """3 in colour, else 1."""
        return self.train.images.shape[1] if self.train.images.ndim == 4 else 1


def load_dataset(name: str) -> Dataset:
    """A data set by its name in the registry. Raises MachineError with what to do when it isn't there, or not whole."""
    entry = data_sets()[name]
    folder = _folder(entry)
    try:
        train, test = (Split(images, labels) for images, labels in entry.read(folder))
    except Unreadable as error:
        raise MachineError(error.why, where=str(error.path), hint="Fetch the file again.") from error
    _check(entry, train, test)
    return Dataset(name, train, test, entry.maximum, len(entry.classes), entry.title)


def served(name: str | None) -> dict[str, Path]:
    """What a notebook is served: for a data set in files, its name and the folder where they lie unpacked.

    Raises MachineError naming the folder that was looked at and what helps.
    """
    entry = data_sets()[name] if name else None
    return {entry.name: _folder(entry)} if entry and entry.files else {}


def served_without_test(dataset: Dataset) -> dict[str, Path]:
    """The same, with a test split that is drawn from the training split.

    For code that isn't trusted and trains: what it hands over is scored on a test split that it never saw.
    """
    entry = data_sets()[dataset.name]
    assert entry.write is not None
    drawn = np.random.default_rng(0).permutation(len(dataset.train.labels))[: len(dataset.test.labels)]
    train, stand_in = dataset.train, Split(dataset.train.images[drawn], dataset.train.labels[drawn])
    target = cache_folder() / "data" / f"without-test-{dataset.digest[:32]}"
    if not _whole(entry, target):
        files = entry.write((train.images, train.labels), (stand_in.images, stand_in.labels))
        for name, content in files.items():
            write_whole(target / entry.folder / name, content)
    return {entry.name: target}


def can_be_replayed(name: str) -> bool:
    """Whether a notebook that trains on it can be run in full without ever seeing its test split."""
    return data_sets()[name].write is not None


def absent(name: str) -> str:
    """Why a data set can't be read before anything is fetched, in words; empty where there is something to read."""
    entry = data_sets()[name]
    if not entry.files:
        return ""
    if not _named_folder():
        return f"GRADER_DATA is not set: {entry.title} is downloaded when it is first needed"
    if (Path(_named_folder()).expanduser() / entry.folder).is_dir():
        return ""
    return f"GRADER_DATA holds no {entry.folder}/: on {entry.title} nothing can be graded here"


def _named_folder() -> str:
    return os.environ.get("GRADER_DATA", "")


def _folder(entry: DataSet) -> Path:
    """The folder that holds the data set's own folder with plain files, unpacked into the cache where needed."""
    named = _named_folder()
    if not entry.files:
        return Path()
    if not named:
        cached = cache_folder() / "data"
        if not _whole(entry, cached):
            _download(entry, cached)
        return cached
    root = Path(named).expanduser().resolve()
    if _whole(entry, root):
        return root
    own = root / entry.folder
    missing = [name for name in entry.files if not (own / name).is_file() and not (own / f"{name}.gz").is_file()]
    if missing:
        raise MachineError(
            f"holds no {entry.folder}/{missing[0]} (plain or .gz)",
            where=f"GRADER_DATA={named}",
            hint=f"Point GRADER_DATA at the folder that holds {entry.folder}/, or unset it to download {entry.title}.",
        )
    return _unpack(entry, root)


def _whole(entry: DataSet, root: Path) -> bool:
    return all((root / entry.folder / name).is_file() for name in entry.files)


def _unpack(entry: DataSet, root: Path) -> Path:
    """Unpack gzipped files into the cache, one folder for each source folder and state of its files."""
    own = root / entry.folder
    sources = [plain if (plain := own / name).is_file() else own / f"{name}.gz" for name in entry.files]
    state = [(path.name, seen.st_size, seen.st_mtime_ns, seen.st_ino) for path in sources if (seen := path.stat())]
    key = hashlib.sha256(f"{own}:{state}".encode()).hexdigest()[:16]
    target = cache_folder() / "data" / f"unpacked-{key}"
    for name, path in zip(entry.files, sources, strict=True):
        out = target / entry.folder / name
        if out.is_file():
            continue
        out.parent.mkdir(parents=True, exist_ok=True)
        part = out.with_suffix(f".part{os.getpid()}-{threading.get_ident()}")
        try:
            with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as source, open(part, "wb") as file:
                shutil.copyfileobj(source, file)
        except (OSError, EOFError, zlib.error) as error:
            part.unlink(missing_ok=True)
            raise MachineError(f"can't be unpacked: {error}", where=str(path), hint="Fetch the file again.") from error
        os.replace(part, out)
    return target


def _download(entry: DataSet, target: Path) -> None:
    from torchvision import datasets

    try:
        getattr(datasets, entry.torchvision)(str(target), download=True)
    except Exception as error:  # torchvision raises whatever urllib, ssl or the mirror make of it
        raise MachineError(
            f"{entry.title} is not here and can't be downloaded ({error})",
            where=str(target),
            hint=f"Put its files under FOLDER/{entry.folder}/ and run: export GRADER_DATA=FOLDER",
        ) from error


def _check(entry: DataSet, train: Split, test: Split) -> None:
    """Raise MachineError unless the splits are what the data set is, or what its folder says that it holds."""
    for part, split, count in zip(("train", "test"), (train, test), _counts(entry), strict=True):
        wrong = ""
        if split.images.shape[1:] != entry.shape:
            wrong = f"images of shape {split.images.shape[1:]}; those of {entry.title} are {entry.shape}"
        for what, array in (("images", split.images), ("labels", split.labels)):
            if len(array) != count:
                wrong = f"{len(array)} {what} to {part} with; {entry.title} has {count} here"
        if not wrong and split.labels.max() >= len(entry.classes):
            wrong = f"a class {split.labels.max()}; {entry.title} has {len(entry.classes)}, counted from 0"
        if wrong:
            where = Path(_named_folder()) / entry.folder
            raise MachineError(f"holds {wrong}", where=str(where), hint="Fetch the files again.")


def _counts(entry: DataSet) -> tuple[int, int]:
    """How many samples there must be: those of the data set, unless its folder is a part of it and says so."""
    path = Path(_named_folder()).expanduser() / entry.folder / COUNTS
    if not (_named_folder() and entry.files and path.is_file()):
        return entry.samples
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return int(said["train"]), int(said["test"])
    except (ValueError, KeyError, TypeError) as error:
        raise MachineError(
            f"is no count of samples: {error}", where=str(path), hint='It looks like {"train": 1000, "test": 500}.'
        ) from error
