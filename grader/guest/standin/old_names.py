"""Lets notebooks that were written for older libraries run on those that are here."""

from __future__ import annotations

import builtins
import functools
import importlib
import inspect
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from ..import_hooks import module, when_imported, when_missing
from ..origin import as_given

# module: {a name that it no longer has: what it is called now}
_RENAMED = {
    "numpy": {
        "Inf": "inf", "Infinity": "inf", "infty": "inf", "PINF": "inf", "NaN": "nan", "NAN": "nan",
        "product": "prod", "cumproduct": "cumprod", "sometrue": "any", "alltrue": "all", "in1d": "isin",
        "trapz": "trapezoid", "row_stack": "vstack", "round_": "round", "mat": "asmatrix", "msort": "sort",
        "float_": "float64", "complex_": "complex128", "string_": "bytes_", "unicode_": "str_",
    },
    "torch.nn.init": {
        f"{name}": f"{name}_"
        for name in (
            *("xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "normal", "uniform"),
            *("constant", "orthogonal", "eye", "dirac", "sparse"),
        )
    },
    "torchvision.transforms": {"Scale": "Resize", "RandomSizedCrop": "RandomResizedCrop"},
    "torchvision.transforms.transforms": {"Scale": "Resize", "RandomSizedCrop": "RandomResizedCrop"},
    "time": {"clock": "perf_counter"},
}  # fmt: skip
_BUILTINS = (int, float, object, complex, str, bool)
_PYTHON_2 = {"xrange": range, "unicode": str, "basestring": str, "long": int, "unichr": chr}
# A module that is gone: where its contents are now.
_MOVED = {
    "sklearn.cross_validation": "sklearn.model_selection",
    "sklearn.grid_search": "sklearn.model_selection",
    "sklearn.externals.joblib": "joblib",
}


def install() -> None:
    """Everything that needs no library to be here; each is changed when the notebook imports it."""
    for name, names in _RENAMED.items():
        when_imported(name, functools.partial(_rename, names))
    for name, now in _MOVED.items():
        when_missing(name, functools.partial(_moved, name, now))
    for name, meaning in _PYTHON_2.items():
        if not hasattr(builtins, name):
            setattr(builtins, name, meaning)
    when_imported("collections", _abstract_names)
    when_imported("numpy", _builtin_names)
    when_imported("sklearn.externals", lambda it: setattr(it, "joblib", importlib.import_module("joblib")))
    when_imported("matplotlib.style", _styles)
    when_imported("matplotlib.pyplot", _hold)
    when_imported("matplotlib", _one_backend)
    when_imported("matplotlib.gridspec", _whole_numbers)
    when_imported("cv2", _no_windows)
    when_imported("IPython.display", _figure_formats)
    when_imported("pandas", _frames)
    when_imported("tqdm.notebook", _bars_without_widgets)
    when_missing("torch._six", _six)


def _rename(names: dict[str, str], it: Any) -> None:
    """Give a module the names that it no longer has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # asking for a deprecated name says so
        for name, now in names.items():
            if not hasattr(it, name) and hasattr(it, now):
                setattr(it, name, getattr(it, now))


def _moved(name: str, now: str) -> ModuleType:
    """A module of a name that is gone, with what is in the one that took its place."""
    return module(name, **{k: v for k, v in vars(importlib.import_module(now)).items() if not k.startswith("__")})


def _abstract_names(collections: Any) -> None:
    """`collections.Iterable` and others, which are in `collections.abc` alone now."""
    for name in collections.abc.__all__:
        if not hasattr(collections, name):
            setattr(collections, name, getattr(collections.abc, name))


def _builtin_names(numpy: Any) -> None:
    """`numpy.int` and others, which were Python's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for kind in _BUILTINS:
            if not hasattr(numpy, kind.__name__):
                setattr(numpy, kind.__name__, kind)


def _six() -> ModuleType:
    """What torch kept of the library six, for Python 2."""
    return module(
        "torch._six",
        string_classes=(str, bytes),
        int_classes=int,
        inf=float("inf"),
        nan=float("nan"),
        container_abcs=importlib.import_module("collections.abc"),
    )


def _styles(style: Any) -> None:
    """`seaborn-whitegrid` is called `seaborn-v0_8-whitegrid` now."""
    for name in [name for name in style.library if name.startswith("seaborn-v0_8")]:
        style.library.setdefault(name.replace("-v0_8", ""), style.library[name])


def _hold(pyplot: Any) -> None:
    """Figures hold what was drawn, always."""
    if not hasattr(pyplot, "hold"):
        pyplot.hold = pyplot.Axes.hold = lambda *args, **kwargs: None


def _one_backend(matplotlib: Any) -> None:
    """Whatever shows figures, here they are only drawn."""
    matplotlib.use = functools.wraps(matplotlib.use)(lambda *args, **kwargs: None)


def _whole_numbers(gridspec: Any) -> None:
    """Rows and columns of figures may be 20 / 2, as they could until matplotlib 3.7."""

    def whole(value: Any) -> Any:
        return int(value) if isinstance(value, float) and value.is_integer() else value

    base, spec = gridspec.GridSpecBase, gridspec.SubplotSpec
    make, find = base.__init__, spec._from_subplot_args

    @functools.wraps(make)
    def init(self: Any, nrows: Any, ncols: Any, *args: Any, **kwargs: Any) -> None:
        as_given(make, self, whole(nrows), whole(ncols), *args, **kwargs)

    base.__init__ = init
    spec._from_subplot_args = staticmethod(lambda figure, args: as_given(find, figure, tuple(map(whole, args))))


def _no_windows(cv2: Any) -> None:
    """Where there is no screen, windows show nothing and no key is pressed."""
    for name in ("imshow", "namedWindow", "moveWindow", "resizeWindow", "destroyWindow", "destroyAllWindows"):
        setattr(cv2, name, lambda *args, **kwargs: None)
    cv2.waitKey = cv2.waitKeyEx = cv2.pollKey = lambda *args, **kwargs: -1


def _bars_without_widgets(notebook: Any) -> None:
    """Bars of progress in text, where ipywidgets is not installed."""
    if notebook.IProgress is not None:
        return
    std = importlib.import_module("tqdm.std")
    notebook.tqdm = notebook.tqdm_notebook = std.tqdm
    notebook.trange = notebook.tnrange = std.trange


def _figure_formats(display: Any) -> None:
    """Where the formats of figures were set until IPython 8; nobody looks at them here."""
    for name in ("set_matplotlib_formats", "set_matplotlib_close"):
        if not hasattr(display, name):
            setattr(display, name, lambda *args, **kwargs: None)


def _frames(pandas: Any) -> None:
    """`append`, `ix` and other methods of data frames that are gone."""

    def append(self: Any, other: Any, ignore_index: bool = False, **options: Any) -> Any:
        rows = other if isinstance(other, list) else [other]
        if type(self) is pandas.Series:
            return pandas.concat([self, *rows], ignore_index=ignore_index)
        rows = [row if isinstance(row, pandas.DataFrame) else _row(pandas, row) for row in rows]
        return pandas.concat([part for part in (self, *rows) if len(part)] or [self], ignore_index=ignore_index)

    frame, series = pandas.DataFrame, pandas.Series
    for kind, name, method in (
        *((kind, "append", append) for kind in (frame, series)),
        *((kind, "ix", property(_ByEither)) for kind in (frame, series)),
        *((kind, "iteritems", lambda self: self.items()) for kind in (frame, series)),
        *((kind, "as_matrix", lambda self, columns=None: _values(self, columns)) for kind in (frame, series)),
        (frame, "applymap", lambda self, function, **options: self.map(function, **options)),
    ):
        if not hasattr(kind, name):
            setattr(kind, name, method)


def _row(pandas: Any, values: Any) -> Any:
    """A data frame of one row, from a dict or a series, whose name is the row's."""
    named = isinstance(values, pandas.Series) and values.name is not None
    return pandas.DataFrame([dict(values)], index=[values.name] if named else None)


def _values(frame: Any, columns: Any) -> Any:
    """The values of a frame or of some columns of it, as numpy's array."""
    return (frame if columns is None else frame[columns]).to_numpy()


class _ByEither:
    """`frame.ix[...]`: by label, and where there is none such, by position."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    def __getitem__(self, key: Any) -> Any:
        try:
            return self.frame.loc[key]
        except (KeyError, TypeError, IndexError):
            return self.frame.iloc[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self.frame.loc[key] = value


def install_torch(torch: Any) -> None:
    """The same for torch, and its GPU if there is none; called when everything that watches is in place."""
    loader = torch.utils.data.DataLoader
    begin = loader.__iter__
    loader.__iter__ = lambda self: _Batches(begin(self))
    schedules = torch.optim.lr_scheduler
    for kind in vars(schedules).values():
        if inspect.isclass(kind) and issubclass(kind, schedules.LRScheduler) and "__init__" in vars(kind):
            _without_verbose(kind)
    _first_of_a_number(torch.Tensor)
    load = torch.load
    torch.load = functools.wraps(load)(
        lambda *args, **options: as_given(load, *args, **{"weights_only": False, **options})
    )
    if not torch.cuda.is_available():
        from . import gpu

        gpu.install(torch)


class _Batches:
    """An iterator that still has the method it had in Python 2."""

    def __init__(self, batches: Iterator[Any]) -> None:
        self.batches = batches

    def __iter__(self) -> _Batches:
        return self

    def __next__(self) -> Any:
        return as_given(next, self.batches)

    next = __next__


def _without_verbose(kind: Any) -> None:
    """Let a schedule be made with `verbose`, which it no longer takes."""
    make = kind.__init__
    if "verbose" in inspect.signature(make).parameters:
        return

    @functools.wraps(make)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        kwargs.pop("verbose", None)
        as_given(make, self, *args, **kwargs)

    kind.__init__ = init


def _first_of_a_number(tensor: Any) -> None:
    """`loss.data[0]`, from when a loss had one element in one dimension; only where indexing would raise."""
    take = tensor.__getitem__

    @functools.wraps(take)
    def getitem(self: Any, key: Any) -> Any:
        try:
            return as_given(take, self, key)
        except IndexError:
            if type(key) is int and key == 0 and self.dim() == 0:
                return self if self.requires_grad else self.item()
            raise

    tensor.__getitem__ = getitem
