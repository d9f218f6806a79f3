"""Lets notebooks that were written for a GPU, or for older libraries, run on what is here."""

import functools
import inspect
import sys
import warnings

# Names that numpy no longer has, and what they meant.
_NUMPY = {
    "Inf": "inf", "Infinity": "inf", "infty": "inf", "PINF": "inf", "NaN": "nan", "NAN": "nan",
    "product": "prod", "cumproduct": "cumprod", "sometrue": "any", "alltrue": "all", "in1d": "isin",
    "trapz": "trapezoid", "row_stack": "vstack", "round_": "round", "mat": "asmatrix", "msort": "sort",
    "float_": "float64", "complex_": "complex128", "string_": "bytes_", "unicode_": "str_",
}  # fmt: skip
_BUILTINS = (int, float, object, complex, str)
_FACTORIES = (
    *("tensor", "as_tensor", "zeros", "ones", "empty", "full", "eye", "arange", "linspace", "rand", "randn", "randint"),
    *("randperm", "zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like"),
)


def install_numpy() -> None:
    """Give numpy the names back that it has dropped."""
    try:
        import numpy
    except ImportError:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, now in _NUMPY.items():
            if not hasattr(numpy, name) and hasattr(numpy, now):
                setattr(numpy, name, getattr(numpy, now))
        for kind in _BUILTINS:
            if not hasattr(numpy, kind.__name__):
                setattr(numpy, kind.__name__, kind)


def install_torch(torch) -> None:
    """The same for torch; called when everything that watches is in place."""
    _old_names(torch)
    if not torch.cuda.is_available():
        _without_gpu(torch)


def _old_names(torch) -> None:
    loader = torch.utils.data.DataLoader
    begin = loader.__iter__
    loader.__iter__ = lambda self: _Batches(begin(self))
    schedules = torch.optim.lr_scheduler
    for kind in vars(schedules).values():
        if inspect.isclass(kind) and issubclass(kind, schedules.LRScheduler) and "__init__" in vars(kind):
            _without_verbose(kind)
    for name in (
        "xavier_uniform",
        "xavier_normal",
        "kaiming_uniform",
        "kaiming_normal",
        "normal",
        "uniform",
        "constant",
    ):
        if not hasattr(torch.nn.init, name):
            setattr(torch.nn.init, name, getattr(torch.nn.init, f"{name}_"))
    if "ipywidgets" not in sys.modules:
        _bars_without_widgets()


class _Batches:
    """An iterator that still has the method it had in Python 2."""

    def __init__(self, batches):
        self.batches = batches

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.batches)

    next = __next__


def _without_verbose(kind) -> None:
    make = kind.__init__
    if "verbose" in inspect.signature(make).parameters:
        return

    @functools.wraps(make)
    def init(self, *args, **kwargs):
        kwargs.pop("verbose", None)
        make(self, *args, **kwargs)

    kind.__init__ = init


def _bars_without_widgets() -> None:
    try:
        import ipywidgets  # noqa: F401
    except ImportError:
        pass
    else:
        return
    try:
        from tqdm import notebook, std
    except ImportError:
        return
    notebook.tqdm = notebook.tqdm_notebook = std.tqdm
    notebook.trange = notebook.tnrange = std.trange


def _without_gpu(torch) -> None:
    """What is sent to a GPU stays where it is."""

    def here(value):
        if isinstance(value, str) and value.split(":")[0] in ("cuda", "mps"):
            return "cpu"
        if isinstance(value, torch.device) and value.type in ("cuda", "mps"):
            return torch.device("cpu")
        return value

    def wrap(owner, name):
        original = getattr(owner, name)

        @functools.wraps(original)
        def call(*args, **kwargs):
            for key in ("device", "map_location"):
                if key in kwargs:
                    kwargs[key] = here(kwargs[key])
            return original(*map(here, args), **kwargs)

        setattr(owner, name, call)

    for owner in (torch.Tensor, torch.nn.Module):
        owner.cuda = lambda self, *args, **kwargs: self
        wrap(owner, "to")
    for name in _FACTORIES:
        wrap(torch, name)
    wrap(torch, "load")
