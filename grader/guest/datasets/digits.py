"""scikit-learn's digits: 8 x 8 pixels of 0 to 16, which notebooks have with the package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ._entry import DataSet

if TYPE_CHECKING:
    from ._entry import Part

_TRAIN = 1437  # the first four fifths; the rest, by other writers, is the test split


def _read(_: Path) -> tuple[Part, Part]:
    """From the package's own file: importing the package takes a second and 80 MB, for pandas and SciPy."""
    import numpy as np

    package = find_spec("sklearn")
    places = (package and package.submodule_search_locations) or []
    files = [file for place in places if (file := Path(place) / "datasets" / "data" / "digits.csv.gz").is_file()]
    if files:
        rows = np.loadtxt(files[0], np.uint8, delimiter=",")
        images, labels = rows[:, :-1].reshape(-1, 8, 8), rows[:, -1].copy()
    else:
        from sklearn.datasets import load_digits

        bunch = load_digits()
        images, labels = bunch.images.astype(np.uint8), bunch.target.astype(np.uint8)
    return (images[:_TRAIN], labels[:_TRAIN]), (images[_TRAIN:], labels[_TRAIN:])


DATA_SET = DataSet(
    name="digits",
    title="scikit-learn's digits",
    shape=(8, 8),
    classes=tuple("0123456789"),
    samples=(_TRAIN, 360),
    read=_read,
    maximum=16,
)
