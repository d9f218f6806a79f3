"""MNIST: handwritten digits."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import Any

from . import _idx

_SMALL = 20_000  # lines of Colab's smaller table
_FOLDER = "MNIST/raw"


def _npz(root: Path) -> bytes:
    (x_train, y_train), (x_test, y_test) = DATA_SET.read(root)
    return _idx.npz(x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def _pickle(root: Path) -> bytes:
    """Pixels over 256, as in the file of 2010; a sixth of the training part is kept for validation."""
    import gzip
    import pickle

    (images, labels), test = DATA_SET.read(root)
    cut = len(labels) * 5 // 6
    parts = ((images[:cut], labels[:cut]), (images[cut:], labels[cut:]), test)
    scaled = tuple(
        (pixels.reshape(len(pixels), -1).astype("float32") / 256, numbers.astype("int64")) for pixels, numbers in parts
    )
    return gzip.compress(pickle.dumps(scaled, protocol=4), 1)


def _tar(root: Path) -> bytes:
    """The folder that torchvision keeps, as it was handed out when the original site was down."""
    import tarfile

    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
        for name in _idx.FILES:
            archive.add(root / _FOLDER / name, f"{_FOLDER}/{name}", recursive=False)
    return file.getvalue()


def _table(root: Path, *, small: bool) -> bytes:
    """A line per image, its class first. The small one holds other images of the training part than Colab's does."""
    import numpy as np

    images, labels = DATA_SET.read(root)[0 if small else 1]
    rows: Any = np.random.RandomState(0).permutation(len(labels))[:_SMALL] if small else range(len(labels))
    words = [str(number) for number in range(256)]
    lines = [",".join([words[labels[row]], *map(words.__getitem__, images[row].ravel().tolist())]) for row in rows]
    return ("\n".join(lines) + "\n").encode()


DATA_SET = _idx.data_set(
    "mnist",
    "MNIST",
    _FOLDER,
    classes=tuple("0123456789"),
    torchvision="MNIST",
    keras="mnist",
    openml=("mnist_784", 554),
    mldata="mnist",
    tensorflow="mnist",
    samples_on_colab={
        "mnist_train_small.csv": partial(_table, small=True),
        "mnist_test.csv": partial(_table, small=False),
    },
    copies={"mnist.npz": _npz, "mnist.pkl.gz": _pickle, "MNIST.tar.gz": _tar},
    spoken=r"\bmnist\b",
    unspoken=True,
    others="emnist|qmnist|notmnist|kmnist|kuzushiji|fashion",
)
