"""Kuzushiji-MNIST: old Japanese characters, in MNIST's files and in NumPy's."""

from functools import partial
from pathlib import Path

from . import _idx


def _npz(root: Path, part: int, what: int) -> bytes:
    """One of the four files of the Center for Open Data in the Humanities, each of one array without a name."""
    return _idx.npz(arr_0=DATA_SET.read(root)[part][what])


DATA_SET = _idx.data_set(
    "kmnist",
    "Kuzushiji-MNIST",
    "KMNIST/raw",
    classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    torchvision="KMNIST",
    openml=("Kuzushiji-MNIST", 41982),
    tensorflow="kmnist",
    copies={
        f"kmnist-{name}-{kind}.npz": partial(_npz, part=part, what=what)
        for part, name in enumerate(("train", "test"))
        for what, kind in enumerate(("imgs", "labels"))
    },
    spoken="kmnist|kuzushiji",
)
