"""Serves data sets from the host's read-only copies, and says where a loader's batches come from."""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..datasets import DataSet, data_sets
from ..describe import transforms
from ..import_hooks import when_imported
from ..origin import as_given, instead_of
from ..protocol import Config, Data, DataSetMissing, Sample

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.uint8]]
    Part = tuple[Array, Array]  # images (N, height, width), or (N, height, width, 3) in colour; classes (N,)

Served = Sequence[tuple[DataSet, Path]]  # data sets with the folders that hold them


def served(folders: dict[str, str]) -> Served:
    """(data set, folder that holds it) for each that the host gives, by name."""
    return [(data_sets()[name], Path(folder)) for name, folder in folders.items()]


@functools.cache
def parts(entry: DataSet, folder: Path) -> tuple[Part, ...]:
    """((images, labels) to train with, (images, labels) to test with), as a notebook has them: colours last."""
    numpy = importlib.import_module("numpy")
    return tuple(
        (numpy.moveaxis(images, 1, -1) if images.ndim == 4 else images, labels) for images, labels in entry.read(folder)
    )


def install(config: Config) -> None:
    """Serve the host's copies to torchvision and scikit-learn, and name what can't be served."""
    here = served(config.data)
    when_imported("torchvision.datasets", lambda datasets: _torchvision(datasets, here))
    when_imported("sklearn.datasets", lambda datasets: _sklearn(datasets, here))


def _torchvision(datasets: Any, here: Served) -> None:
    """Let torchvision's classes read the host's copies, whatever root they are given."""
    homes = {getattr(datasets, entry.torchvision): (entry, folder) for entry, folder in here if entry.torchvision}

    def folder_of(self: object) -> str:
        """For one of these classes or a student's subclass of it, but not for torchvision's, which hold other data."""
        theirs = next(kind for kind in type(self).__mro__ if kind.__module__.startswith("torchvision."))
        return str(homes[theirs][1]) if theirs in homes else ""

    for owner in {next(base for base in kind.__mro__ if "__init__" in vars(base)) for kind in homes}:
        _read_local(owner, folder_of)
    for kind, (entry, _) in homes.items():
        entry.serve(kind, folder_of)
    for name in datasets.__all__:
        kind = getattr(datasets, name, None)
        if inspect.isclass(kind) and "__init__" in vars(kind) and "download" in inspect.signature(kind).parameters:
            _say_what_is_missing(kind)


def _read_local(kind: Any, folder_of: Callable[[object], str]) -> None:
    """Have a class read the folder that is found for it, whatever root it is given."""
    original = kind.__init__

    def read_local(self: Any, root: Any = None, *args: Any, **kwargs: Any) -> None:
        arguments = list(args)
        if folder_of(self):
            root = folder_of(self)
            kwargs.pop("download", None)
            arguments = arguments[:3]  # train, transform, target_transform; the fourth is `download`
        original(self, root, *arguments, **kwargs)

    kind.__init__ = instead_of(original, read_local)


def _say_what_is_missing(kind: Any) -> None:
    """Have a class that finds no data say that it is not here."""
    original = kind.__init__

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            as_given(original, self, *args, **kwargs)
        except (OSError, RuntimeError) as error:  # no network, or "Dataset not found or corrupted"
            if isinstance(error, DataSetMissing) or not _is_absence(error):
                raise
            raise DataSetMissing(type(self).__name__, error) from error

    kind.__init__ = init


def _is_absence(error: Exception) -> bool:
    words = str(error).lower()
    return any(said in words for said in ("urlopen", "download", "not found", "no such file", "name resolution"))


def _sklearn(datasets: Any, here: Served) -> None:
    """Let scikit-learn's functions that download give the host's copies."""
    original: Any = getattr(datasets, "fetch_openml", None)

    def fetch_openml(name: Any = None, *args: Any, **options: Any) -> Any:
        number = options.get("data_id")
        for entry, folder in here:
            if entry.openml and (number == entry.openml[1] or str(name).lower() == entry.openml[0].lower()):
                return _openml(entry, folder, options)
        try:
            return as_given(original, name, *args, **{"n_retries": 1, "delay": 0.1, **options})
        except OSError as error:
            raise DataSetMissing(f"{name or number} of OpenML", error) from error

    def fetch_mldata(name: str, *args: Any, **options: Any) -> Any:
        for entry, folder in here:
            if entry.mldata and entry.mldata in name.lower():
                return _mldata(entry, folder)
        raise DataSetMissing(f"{name} of mldata.org")

    datasets.fetch_openml, datasets.fetch_mldata = instead_of(original, fetch_openml), fetch_mldata


def _openml(entry: DataSet, folder: Path, options: dict[str, Any]) -> Any:
    """As scikit-learn gives it: a row an image, the training part first, classes as strings."""
    assert entry.openml is not None
    images, labels = _rows(entry, folder)
    names = [f"pixel{i}" for i in range(1, images.shape[1] + 1)]
    data, target, frame = images.astype("int64"), labels.astype(str).astype(object), None
    if options.get("as_frame", "auto") is not False:
        pandas = importlib.import_module("pandas")
        data = _frame(pandas)(data, columns=names, copy=False)
        target = pandas.Series(target, name="class", dtype="category")
        frame = pandas.concat([data, target], axis=1)
    if options.get("return_X_y"):
        return data, target
    name, number = entry.openml
    return _bunch(
        data=data, target=target, frame=frame, categories={}, feature_names=names, target_names=["class"],
        DESCR=f"{entry.title}, from the grader's copy", details={"name": name, "id": str(number)}, url="",
    )  # fmt: skip


def _bunch(**contents: Any) -> Any:
    return importlib.import_module("sklearn.utils").Bunch(**contents)


@functools.cache
def _frame(pandas: Any) -> Callable[..., Any]:
    """A data frame that gives rows where it is indexed like the array that it was until scikit-learn 0.24."""

    class DataFrame(pandas.DataFrame):  # type: ignore[misc]  # of whatever pandas the kernel has
        @property
        def _constructor(self) -> Callable[..., Any]:
            return DataFrame

        def __getitem__(self, key: Any) -> Any:
            try:
                return super().__getitem__(key)
            except (KeyError, TypeError, pandas.errors.InvalidIndexError):
                if isinstance(key, str):
                    raise
                return self.to_numpy()[key]

    return DataFrame


def _mldata(entry: DataSet, folder: Path) -> Any:
    """As mldata.org had it: numbers as classes, and each part sorted by class."""
    (_, training), _ = parts(entry, folder)
    images, labels = _rows(entry, folder)
    order = sorted(range(len(labels)), key=lambda i: (i >= len(training), labels[i]))
    return _bunch(
        data=images[order], target=labels[order].astype(float), COL_NAMES=["label", "data"], DESCR=entry.title
    )


def _rows(entry: DataSet, folder: Path) -> Part:
    """(images N x pixels, labels N), the training part first."""
    numpy = importlib.import_module("numpy")
    images, labels = (numpy.concatenate(arrays) for arrays in zip(*parts(entry, folder), strict=True))
    return images.reshape(len(images), -1), labels


def keras_arrays(entry: DataSet, folder: Path) -> tuple[Part, ...]:
    """What `keras.datasets` gives: two pairs of arrays that the notebook may change."""
    return tuple(
        (images.copy(), labels.reshape(-1, 1).copy() if entry.keras_columns else labels.copy())
        for images, labels in parts(entry, folder)
    )


def describe(dataset: Any, torch: ModuleType) -> Data:
    """What a data set is: its class, its size, and the transforms between raw pixels and its values."""
    size = len(dataset) if hasattr(dataset, "__len__") else None
    dataset, _ = whole(dataset, torch)
    transform, steps = getattr(dataset, "transform", None), None
    if "torchvision" in sys.modules and transform is not None:
        steps = transforms.describe(transform)
    plain = type(dataset).__module__.startswith("torchvision.datasets.")
    plain = plain and getattr(dataset, "target_transform", None) is None and "__getitem__" not in vars(dataset)
    return Data(type(dataset).__name__, size, steps, plain)


def whole(dataset: Any, torch: ModuleType) -> tuple[Any, Sequence[int] | None]:
    """(the data set that this is a part of, which of its samples; None for all of them)."""
    places: Sequence[int] | None = None
    while type(dataset) is torch.utils.data.Subset:
        inner = dataset.indices
        places = [int(inner[place]) for place in places] if places is not None else [int(place) for place in inner]
        dataset = dataset.dataset
    return dataset, places


def apart(ours: Any, others: Any, torch: ModuleType) -> bool:
    """Whether two loaders draw from parts of one data set that share no sample; False where that can't be said."""
    parts = []
    for loader in (ours, others):
        dataset, places = whole(loader.dataset, torch)
        drawn = getattr(loader.sampler, "indices", None)
        if drawn is not None:
            places = [places[int(place)] if places is not None else int(place) for place in drawn]
        if places is None:
            return False
        parts.append((dataset, {*places}))
    (one, some), (other, rest) = parts
    alike = one is other or (
        type(one) is type(other)
        and getattr(one, "train", None) is getattr(other, "train", 0)
        and len(one) == len(other)
    )
    return alike and not some & rest


def raw(dataset: Any, torch: ModuleType, most: int) -> list[Sample]:
    """Some samples as a data set of torchvision's holds them, before its transforms; none where that isn't known."""
    dataset, places = whole(dataset, torch)
    images, labels = getattr(dataset, "data", None), getattr(dataset, "targets", None)
    if images is None or labels is None or len(images) != len(labels):
        return []
    found = []
    for place in range(min(most, len(labels))) if places is None else places[:most]:
        values = torch.as_tensor(images[place]).reshape(-1).tolist()
        found.append(Sample([float(value) for value in values], int(labels[place])))
    return found
