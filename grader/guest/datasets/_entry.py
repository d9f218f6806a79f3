"""What is known of a data set: one record holds all of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.uint8]]
    Part = tuple[Array, Array]  # images (N, height, width), or (N, 3, height, width) in colour; classes (N,)

Copies = Mapping[str, Callable[[Path], bytes]]  # a file's name to what makes it of the folder of data


class Unreadable(ValueError):
    """A file that isn't what it should be: which, and why."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} {why}")
        self.path, self.why = path, why


@dataclass(frozen=True, eq=False)
class DataSet:
    """A data set for classification: where its files lie, how they are read, and every way that notebooks get it.

    It is called `name` in rubrics, `title` in sentences. Images are uint8 of `shape`, (height, width) or, in colour,
    (3, height, width) as torch has them; values lie in [0, maximum]. Classes count from 0. `samples` are those of the
    training and of the test split.

    `files` lie in `folder` below the folder of all data, as torchvision puts them; there are none where the data comes
    with a package. `read` takes the folder of all data and gives the training and the test split; it raises OSError or
    `Unreadable`. `write` makes the files, by name, of two splits: that is how a notebook is replayed without ever
    seeing the test split. Where it is None, the data set can't be replayed.

    Notebooks get it as the class `torchvision` of `torchvision.datasets`, which `serve` has read the folder; as the
    module `keras` of `keras.datasets`; by its name and number at OpenML; by a word in its name at mldata.org; by its
    name in `tensorflow_datasets`; in `samples_on_colab`; and in files that the web hands out: `copies` by names that
    no other data has, `shared` by names that other data has too. For these `spoken` (a regular expression) says
    how paths and code name this data set; the one that is `unspoken` is meant where nothing else is named, and not
    where `others` are, which are data sets in such files that are not here.
    """

    name: str
    title: str
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    samples: tuple[int, int]
    read: Callable[[Path], tuple[Part, Part]]
    maximum: int = 255
    folder: str = ""
    files: tuple[str, ...] = ()
    write: Callable[[Part, Part], dict[str, bytes]] | None = None
    torchvision: str = ""
    serve: Callable[[Any, Callable[[object], str]], None] = lambda kind, folder_of: None
    keras: str = ""
    keras_columns: bool = False  # whether Keras gives classes as (N, 1)
    openml: tuple[str, int] | None = None
    mldata: str = ""
    tensorflow: str = ""
    samples_on_colab: Copies = field(default_factory=dict)
    copies: Copies = field(default_factory=dict)
    shared: Copies = field(default_factory=dict)
    spoken: str = ""
    unspoken: bool = False
    others: str = ""

    @property
    def channels(self) -> int:
        """3 in colour, else 1."""
        return self.shape[0] if len(self.shape) == 3 else 1
