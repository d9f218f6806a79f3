"""A small part of the real MNIST in the place of the whole, for tests that train notebooks in full."""

import gzip
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from grader import datasets

_SIZES = {"train": 1000, "t10k": 500}


@contextmanager
def small_mnist(root: Path) -> Iterator[datasets.Dataset]:
    """Write it into an empty folder, and let everything in this process take it for MNIST."""
    source = os.environ.get("GRADER_DATA")
    if not source:
        pytest.skip("GRADER_DATA names no folder with the real MNIST")
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    sizes = {}
    for key, (name, _) in datasets._MNIST_FILES.items():
        size = _SIZES[name.split("-")[0]]
        header, values = _first(Path(source) / "MNIST" / "raw" / name, size)
        (raw / name).write_bytes(header + values)
        sizes[key] = name, size
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "_MNIST_FILES", sizes)
        patch.setattr("grader.training.side_by_side.WORTH_A_PROCESS", float("inf"))  # none would know of it
        patch.setenv("GRADER_DATA", str(root))
        yield datasets.load_dataset("mnist")


def _first(path: Path, count: int) -> tuple[bytes, bytes]:
    """The header and the values of an idx file of the first samples of a real one."""
    with open(path, "rb") if path.is_file() else gzip.open(f"{path}.gz", "rb") as file:
        kind = file.read(4)
        shape = struct.unpack(f">{kind[3]}I", file.read(4 * kind[3]))
        small = (count, *shape[1:])
        return kind + struct.pack(f">{kind[3]}I", *small), file.read(int(np.prod(small)))
