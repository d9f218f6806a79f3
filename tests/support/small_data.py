"""Small data sets in the format of the whole ones, for tests that need no more."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from grader.datasets import COUNTS, Dataset, load_dataset
from grader.guest.datasets import data_sets


def drawn(name: str, count: int, seed: int):
    """Images that can be told apart and learnt: a pattern for each class, and noise."""
    entry, random = data_sets()[name], np.random.default_rng(seed)
    patterns = np.random.default_rng(0).integers(0, 160, (len(entry.classes), *entry.shape))
    labels = (np.arange(count) % len(entry.classes)).astype(np.uint8)
    noise = random.integers(0, 96, (count, *entry.shape))
    return (patterns[labels] + noise).astype(np.uint8), labels


def write_dataset(name: str, root: Path, train, test) -> Path:
    """Write two pairs (images, labels) as a data set's files, and say how many they are; the folder of the files."""
    entry = data_sets()[name]
    folder = root / entry.folder
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in entry.write(train, test).items():
        (folder / file).write_bytes(content)
    (folder / COUNTS).write_text(json.dumps({"train": len(train[1]), "test": len(test[1])}))
    return folder


@contextmanager
def small_dataset(name: str, root: Path, train: int = 200, test: int = 100) -> Iterator[Dataset]:
    """A drawn data set in an empty folder, which is GRADER_DATA meanwhile."""
    write_dataset(name, root, drawn(name, train, 1), drawn(name, test, 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_DATA", str(root))
        yield load_dataset(name)


@contextmanager
def small_mnist(root: Path) -> Iterator[Dataset]:
    """A part of the real MNIST in the place of the whole, for tests that train notebooks in full."""
    if not os.environ.get("GRADER_DATA"):
        pytest.skip("GRADER_DATA names no folder with the real MNIST")
    whole = load_dataset("mnist")
    splits = (whole.train, 1000), (whole.test, 500)
    write_dataset("mnist", root, *((split.images[:count], split.labels[:count]) for split, count in splits))
    with pytest.MonkeyPatch.context() as patch:
        # Trainings this short are over before other processes have imported torch.
        patch.setattr("grader.training.side_by_side.WORTH_A_PROCESS", float("inf"))
        patch.setenv("GRADER_DATA", str(root))
        yield load_dataset("mnist")
