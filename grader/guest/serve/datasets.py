"""Serves data sets from the host's read-only copy, and says where a loader's batches come from."""

import functools
import gzip
import importlib
import inspect
import sys
from pathlib import Path

from ..import_hooks import when_imported
from ..protocol import Data, DataSetMissing, Transform

_PARTS = ("train", "t10k")
FILES = tuple(f"{part}-{what}-ubyte" for part in _PARTS for what in ("images-idx3", "labels-idx1"))


def install(config: dict) -> None:
    """Serve MNIST from the host's copy to torchvision and scikit-learn, and name what can't be served."""
    when_imported("torchvision.datasets", lambda datasets: _torchvision(datasets, config.data))
    when_imported("sklearn.datasets", lambda datasets: _sklearn(datasets, config.data))


def _torchvision(datasets, folder) -> None:
    if folder:
        _local_mnist(datasets.MNIST, folder)
    for name in datasets.__all__:
        kind = getattr(datasets, name, None)
        if inspect.isclass(kind) and "__init__" in vars(kind) and "download" in inspect.signature(kind).parameters:
            _say_what_is_missing(kind)


def _local_mnist(kind, folder) -> None:
    """Let `torchvision.datasets.MNIST` read the host's copy, whatever root it is given."""
    original, raw_folder = kind.__init__, kind.raw_folder

    def local(self):
        """MNIST itself or a student's subclass, but not torchvision's, which hold other data."""
        return type(self) is kind or not type(self).__module__.startswith("torchvision")

    @functools.wraps(original)
    def read_local(self, root=None, *args, **kwargs):
        arguments = list(args)
        if local(self):
            root = folder
            kwargs.pop("download", None)
            arguments = arguments[:3]  # train, transform, target_transform; the fourth is `download`
        original(self, root, *arguments, **kwargs)

    kind.__init__ = read_local
    kind.raw_folder = property(lambda self: f"{folder}/MNIST/raw" if local(self) else raw_folder.fget(self))


def _say_what_is_missing(kind) -> None:
    original = kind.__init__

    @functools.wraps(original)
    def init(self, *args, **kwargs):
        try:
            original(self, *args, **kwargs)
        except (OSError, RuntimeError) as error:  # no network, or "Dataset not found or corrupted"
            if isinstance(error, DataSetMissing) or not _is_absence(error):
                raise
            raise DataSetMissing(type(self).__name__, error) from error

    kind.__init__ = init


def _is_absence(error) -> bool:
    words = str(error).lower()
    return any(said in words for said in ("urlopen", "download", "not found", "no such file", "name resolution"))


def _sklearn(datasets, folder) -> None:
    original = getattr(datasets, "fetch_openml", None)

    @functools.wraps(original)
    def fetch_openml(name=None, *args, **options):
        number = options.get("data_id")
        if folder and (number == 554 or str(name).lower() == "mnist_784"):
            return _openml(folder, options)
        try:
            return original(name, *args, **{"n_retries": 1, "delay": 0.1, **options})
        except OSError as error:
            raise DataSetMissing(f"{name or number} of OpenML", error) from error

    def fetch_mldata(name, *args, **options):
        if folder and "mnist" in name.lower():
            return _mldata(folder)
        raise DataSetMissing(f"{name} of mldata.org")

    datasets.fetch_openml, datasets.fetch_mldata = fetch_openml, fetch_mldata


def _openml(folder, options):
    """`mnist_784` as scikit-learn gives it: 70000 x 784, the training part first, classes as strings."""
    images, labels = _all(folder)
    names = [f"pixel{i}" for i in range(1, 785)]
    data, target, frame = images.astype("int64"), labels.astype(str).astype(object), None
    if options.get("as_frame", "auto") is not False:
        pandas = importlib.import_module("pandas")
        data = _frame(pandas)(data, columns=names, copy=False)
        target = pandas.Series(target, name="class", dtype="category")
        frame = pandas.concat([data, target], axis=1)
    if options.get("return_X_y"):
        return data, target
    return _bunch(
        data=data, target=target, frame=frame, categories={}, feature_names=names, target_names=["class"],
        DESCR="MNIST, from the grader's copy", details={"name": "mnist_784", "id": "554"}, url="",
    )  # fmt: skip


def _bunch(**contents):
    return importlib.import_module("sklearn.utils").Bunch(**contents)


@functools.cache
def _frame(pandas):
    """A data frame that gives rows where it is indexed like the array that it was until scikit-learn 0.24."""

    class DataFrame(pandas.DataFrame):
        @property
        def _constructor(self):
            return DataFrame

        def __getitem__(self, key):
            try:
                return super().__getitem__(key)
            except (KeyError, TypeError, pandas.errors.InvalidIndexError):
                if isinstance(key, str):
                    raise
                return self.to_numpy()[key]

    return DataFrame


def _mldata(folder):
    """`MNIST original`: numbers as classes, and each part sorted by class."""
    (_, training), _ = parts(folder)
    images, labels = _all(folder)
    order = sorted(range(len(labels)), key=lambda i: (i >= len(training), labels[i]))
    return _bunch(data=images[order], target=labels[order].astype(float), COL_NAMES=["label", "data"], DESCR="MNIST")


def _all(folder):
    """(images 70000 x 784, labels 70000), the training part first."""
    numpy = importlib.import_module("numpy")
    return tuple(numpy.concatenate(arrays) for arrays in zip(*parts(folder), strict=True))


@functools.cache
def parts(folder):
    """(images N x 784, labels N) of the training part and of the test part."""
    numpy = importlib.import_module("numpy")
    arrays = [numpy.frombuffer(raw(folder, name), numpy.uint8) for name in FILES]
    return tuple((images[16:].reshape(-1, 784), labels[8:]) for images, labels in (arrays[:2], arrays[2:]))


def raw(folder, name):
    """One of the four idx files, unpacked."""
    path = Path(folder) / "MNIST" / "raw" / name
    packed = path.with_name(path.name + ".gz")
    return path.read_bytes() if path.is_file() else gzip.decompress(packed.read_bytes())


def describe(dataset, torch) -> Data:
    """What a data set is: its class, its size, and the transforms between raw pixels and its values."""
    size = len(dataset) if hasattr(dataset, "__len__") else None
    while isinstance(dataset, torch.utils.data.Subset):
        dataset = dataset.dataset
    transform, steps = getattr(dataset, "transform", None), None
    if "torchvision" in sys.modules and transform is not None:
        steps = [_transform(step) for step in getattr(transform, "transforms", [transform])]
    return Data(type(dataset).__name__, size, steps)


def _transform(transform) -> Transform:
    name = type(transform).__name__
    if name == "Normalize":
        return Transform(name, _numbers(transform.mean), _numbers(transform.std))
    return Transform(name)


def _numbers(values) -> list:
    try:
        return [float(v) for v in values]
    except TypeError:
        return [float(values)]
