"""CIFAR-10: small photographs in colour, in pickles of Python's."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._entry import DataSet, Unreadable
from ._pickles import read_pickle

if TYPE_CHECKING:
    from ._entry import Array, Part

_FOLDER = "cifar-10-batches-py"
_BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))
_TEST, _META = "test_batch", "batches.meta"
_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_SHAPE = (3, 32, 32)


def _read(root: Path) -> tuple[Part, Part]:
    import numpy as np

    batches = [_batch(root / _FOLDER / name) for name in _BATCHES]
    images, labels = (np.concatenate(arrays) for arrays in zip(*batches, strict=True))
    return (images, labels), _batch(root / _FOLDER / _TEST)


def _batch(path: Path) -> Part:
    """The images (N, 3, 32, 32) and classes of one file."""
    import numpy as np

    found: Any = read_pickle(path)
    data, labels = (found.get("data"), found.get("labels")) if isinstance(found, dict) else (None, None)
    pixels = _SHAPE[0] * _SHAPE[1] * _SHAPE[2]
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != pixels or not len(data):
        raise Unreadable(path, f"holds no `data` of {pixels} bytes an image")
    if not isinstance(labels, list) or not all(type(label) is int and 0 <= label < 256 for label in labels):
        raise Unreadable(path, "holds no `labels`")
    if len(labels) != len(data):
        raise Unreadable(path, f"holds {len(data)} images and {len(labels)} labels")
    return data.reshape(-1, *_SHAPE), np.array(labels, np.uint8)


def _write(train: Part, test: Part) -> dict[str, bytes]:
    import pickle

    import numpy as np

    parts = [np.array_split(array, len(_BATCHES)) for array in train]
    files = {name: _pickled(images, labels) for name, images, labels in zip(_BATCHES, *parts, strict=True)}
    meta = {"label_names": list(_CLASSES), "num_cases_per_batch": len(parts[1][0]), "num_vis": train[0][0].size}
    return {**files, _TEST: _pickled(*test), _META: pickle.dumps(meta, protocol=2)}


def _pickled(images: Array, labels: Array) -> bytes:
    import pickle

    batch = {"data": images.reshape(len(images), -1), "labels": labels.tolist(), "filenames": [""] * len(labels)}
    return pickle.dumps(batch, protocol=4)


def _serve(kind: Any, folder_of: Callable[[object], str]) -> None:
    """Have the class of torchvision read the host's copy whatever the sums of its files are."""
    check, load_meta = kind._check_integrity, kind._load_meta

    def local_meta(self: Any) -> None:
        if folder_of(self):
            self.classes = list(_CLASSES)
            self.class_to_idx = {name: number for number, name in enumerate(_CLASSES)}
        else:
            load_meta(self)

    kind._check_integrity = lambda self: bool(folder_of(self)) or check(self)
    kind._load_meta = local_meta


def _file(root: Path, name: str) -> bytes:
    return (root / _FOLDER / name).read_bytes()


def _tar(root: Path) -> bytes:
    """The archive that it is handed out in."""
    import tarfile

    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
        for name in DATA_SET.files:
            archive.add(root / _FOLDER / name, f"{_FOLDER}/{name}", recursive=False)
    return file.getvalue()


_FILES = (*_BATCHES, _TEST, _META)

DATA_SET = DataSet(
    name="cifar10",
    title="CIFAR-10",
    shape=_SHAPE,
    classes=_CLASSES,
    samples=(50_000, 10_000),
    read=_read,
    write=_write,
    folder=_FOLDER,
    files=_FILES,
    torchvision="CIFAR10",
    serve=_serve,
    keras="cifar10",
    keras_columns=True,
    tensorflow="cifar10",
    copies={
        **{name: partial(_file, name=name) for name in _FILES},
        **dict.fromkeys((f"{_FOLDER}.tar.gz", "cifar-10-python.tar.gz"), _tar),
    },
)
