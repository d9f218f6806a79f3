"""A stand-in for TensorFlow on torch: its Keras, pipelines and simple operations; the rest says that it is not here."""

from __future__ import annotations

import contextlib
import functools
import inspect
import re
import sys
from collections.abc import Callable, Container
from types import ModuleType, SimpleNamespace
from typing import Any, Never

from .. import import_hooks
from ..datasets import DataSet
from ..origin import as_given
from ..protocol import DataSetMissing, ModuleMissing, PartMissing
from ..serve.datasets import parts, served
from . import tf_data

_ONLY_KERAS = "TensorFlow itself is not installed here, only its Keras and what feeds it"
_VERSION = "2.20.0"  # of the TensorFlow whose Keras this is
_TYPES = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool", "string")
_SAME = (  # operations that Keras has by the same name, with the same arguments
    *("cast", "reshape", "expand_dims", "squeeze", "stack", "transpose", "matmul", "zeros_like", "ones_like"),
    *("abs", "exp", "sqrt", "square", "add", "subtract", "multiply", "divide", "maximum", "minimum", "equal"),
    *("not_equal", "greater", "less", "where", "tile", "sin", "cos", "tanh", "sigmoid", "shape", "round", "sign"),
)
_RENAMED = {  # TensorFlow's name: Keras's
    "concat": "concatenate",
    "reduce_mean": "mean",
    "reduce_sum": "sum",
    "reduce_max": "max",
    "reduce_min": "min",
    "reduce_any": "any",
    "reduce_all": "all",
    "clip_by_value": "clip",
    "range": "arange",
}
_ARGUMENTS = {  # TensorFlow's names of arguments: Keras's, the first that a function has
    "shape": ("newshape",),
    "perm": ("axes",),
    "values": ("xs", "arrays", "x"),
    "input_tensor": ("x",),
    "tensor": ("x",),
    "input": ("x",),
    "a": ("x1",),
    "b": ("x2",),
    "x": ("x1",),
    "y": ("x2",),
    "clip_value_min": ("x_min",),
    "clip_value_max": ("x_max",),
    "multiples": ("repeats",),
}


def install(folders: dict[str, str]) -> None:
    """Be ready for the moment when the notebook imports TensorFlow or its data sets, whose folders these are."""
    import_hooks.when_missing("tensorflow", _tensorflow)
    import_hooks.when_missing("tensorflow_datasets", functools.partial(_tensorflow_datasets, folders))
    sys.meta_path.append(_NoTensorFlow())


def missing(name: str) -> PartMissing:
    """The error for what TensorFlow has and its stand-in has not."""
    return PartMissing(f"{name}: {_ONLY_KERAS}")


class _NoTensorFlow:
    """Says why there is no more of TensorFlow, when all others have looked for it."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        """Called by Python's import; as the last to be asked, it finds nothing and says why."""
        if name.startswith("tensorflow."):
            raise ModuleMissing(f"{name}: {_ONLY_KERAS}", name=name)


class _Part(ModuleType):
    """A module of which only a part is here."""

    def __getattr__(self, name: str) -> Never:
        if name.startswith("__"):
            raise AttributeError(name)
        raise missing(f"{self.__name__}.{name}")


def _part(name: str, **contents: Any) -> _Part:
    """A module of TensorFlow's that holds these; anything else of it is not here."""
    made = _Part(name)
    vars(made).update(contents)
    return made


def _tensorflow() -> _Part:
    """The module itself, made when the notebook imports it. Keras is its Keras, by each name that it had there."""
    import keras
    import torch

    if not hasattr(keras, "grader_modern"):  # it is being imported, and looks whether TensorFlow is there
        raise ModuleMissing(f"tensorflow: {_ONLY_KERAS}", name="tensorflow")
    operations = _operations(keras, torch)
    contents = {
        "__version__": _VERSION,
        "VERSION": _VERSION,
        "keras": keras,
        "losses": keras.losses,
        "metrics": keras.metrics,
        "optimizers": keras.optimizers,
        "initializers": keras.initializers,
        "newaxis": None,
        "Tensor": torch.Tensor,
        **{name: name for name in _TYPES},
        **operations,
        **_parts(keras, torch, operations),
        **_machine(keras),
    }
    tensorflow = _part("tensorflow", **contents)
    v1 = _part("tensorflow.compat.v1", **contents)
    vars(tensorflow)["compat"] = _part("tensorflow.compat", v1=v1, v2=tensorflow)
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "keras" and not name.startswith(("keras.src", "keras._")):
            sys.modules[f"tensorflow.{name}"] = sys.modules[f"tensorflow.python.{name}"] = module
    for name in ("random", "config", "test", "nn", "math", "data", "compat", "compat.v1"):
        sys.modules[f"tensorflow.{name}"] = functools.reduce(getattr, name.split("."), tensorflow)
    sys.modules["tensorflow.python"] = _part("tensorflow.python", keras=keras)
    return tensorflow


def _operations(keras: Any, torch: Any) -> dict[str, Any]:
    """TensorFlow's functions of tensors, by Keras's: they take arrays, tensors and what a network computes."""
    ops = keras.ops

    def constant(value: Any, dtype: str | None = None, shape: Any = None, name: str | None = None) -> Any:
        made = ops.convert_to_tensor(value, dtype)
        return made if shape is None else ops.broadcast_to(made, shape)

    def one_hot(
        indices: Any,
        depth: int,
        on_value: Any = None,
        off_value: Any = None,
        axis: int = -1,
        dtype: str | None = None,
        name: str | None = None,
    ) -> Any:
        return ops.one_hot(indices, depth, axis=axis, dtype=dtype or "float32")

    def argmax(input: Any, axis: int = 0, output_type: Any = None, name: str | None = None) -> Any:
        return ops.argmax(input, axis)

    def split(value: Any, num_or_size_splits: Any, axis: int = 0, name: str | None = None) -> Any:
        whole = isinstance(num_or_size_splits, int)
        at = num_or_size_splits if whole else ops.cumsum(num_or_size_splits)[:-1]
        return ops.split(ops.convert_to_tensor(value), at if whole else [int(n) for n in at], axis)

    def gather(params: Any, indices: Any, axis: int = 0, **kwargs: Any) -> Any:
        return ops.take(ops.convert_to_tensor(params), indices, axis=axis)

    def pad(
        tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0, name: str | None = None
    ) -> Any:
        return ops.pad(tensor, [tuple(int(n) for n in pair) for pair in paddings], mode.lower())

    def filled(fill: Callable[..., Any]) -> Callable[..., Any]:
        return lambda shape, dtype="float32", name=None: fill(shape, dtype=dtype)

    def function(func: Callable[..., Any] | None = None, **kwargs: Any) -> Callable[..., Any]:
        return func if func is not None else (lambda func: func)

    same = {name: _nameless(getattr(ops, name), _ARGUMENTS) for name in _SAME}
    renamed = {name: _nameless(getattr(ops, theirs), _ARGUMENTS) for name, theirs in _RENAMED.items()}
    return {
        **same,
        **renamed,
        **dict.fromkeys(("constant", "convert_to_tensor", "identity"), constant),
        "one_hot": one_hot,
        "argmax": argmax,
        "split": split,
        "gather": gather,
        "pad": pad,
        "zeros": filled(ops.zeros),
        "ones": filled(ops.ones),
        "function": function,
        "print": print,
        "is_tensor": lambda value: isinstance(value, torch.Tensor),
    }


def _nameless(function: Callable[..., Any], arguments: dict[str, tuple[str, ...]]) -> Callable[..., Any]:
    """Without the names that TensorFlow gives to operations, and with its arguments by Keras's names."""
    known = inspect.signature(function).parameters

    @functools.wraps(function)
    def call(*args: Any, name: str | None = None, **kwargs: Any) -> Any:
        return as_given(function, *args, **{_known(key, known, arguments): value for key, value in kwargs.items()})

    return call


def _known(name: str, known: Container[str], arguments: dict[str, tuple[str, ...]]) -> str:
    """Keras's name for an argument of TensorFlow's, as the function that takes it has it."""
    return name if name in known else next((n for n in arguments.get(name, ()) if n in known), name)


def _parts(keras: Any, torch: Any, operations: dict[str, Any]) -> dict[str, Any]:
    """Modules of TensorFlow's: pipelines, random numbers, activations, arithmetic."""
    ops = keras.ops

    def confusion_matrix(labels: Any, predictions: Any, num_classes: int | None = None, **kwargs: Any) -> Any:
        rows, columns = (torch.as_tensor(part).long().reshape(-1) for part in (labels, predictions))
        size = num_classes or int(max(rows.max(), columns.max())) + 1
        return torch.bincount(rows * size + columns, minlength=size * size).reshape(size, size)

    def normal(
        shape: Any,
        mean: float = 0.0,
        stddev: float = 1.0,
        dtype: str = "float32",
        seed: int | None = None,
        name: str | None = None,
    ) -> Any:
        return keras.random.normal(shape, mean, stddev, dtype, seed)

    def uniform(
        shape: Any,
        minval: Any = 0,
        maxval: Any = None,
        dtype: str = "float32",
        seed: int | None = None,
        name: str | None = None,
    ) -> Any:
        draw = keras.random.randint if "int" in dtype else keras.random.uniform
        return draw(shape, minval, 1 if maxval is None else maxval, dtype, seed)

    def shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Any:
        return keras.random.shuffle(ops.convert_to_tensor(value), seed=seed)

    dataset = tf_data.make(torch, keras, missing)
    drawn = {"set_seed": keras.utils.set_random_seed, "normal": normal, "uniform": uniform, "shuffle": shuffle}
    activations = {name: f for name, f in vars(keras.activations).items() if inspect.isfunction(f)}
    return {
        "data": _part("tensorflow.data", Dataset=dataset, AUTOTUNE=-1, experimental=SimpleNamespace(AUTOTUNE=-1)),
        "random": _part("tensorflow.random", **drawn),
        "nn": _part("tensorflow.nn", **activations),
        "math": _part("tensorflow.math", confusion_matrix=confusion_matrix, log=ops.log, **operations),
    }


def _machine(keras: Any) -> dict[str, Any]:
    """What notebooks ask of GPUs and logs."""

    def nothing(*args: Any, **kwargs: Any) -> None:
        return None

    def none_found(*args: Any, **kwargs: Any) -> list[Any]:
        return []

    def none_there(*args: Any, **kwargs: Any) -> bool:
        return False

    devices = dict.fromkeys(("list_physical_devices", "list_logical_devices", "get_visible_devices"), none_found)
    settings = dict.fromkeys(("set_visible_devices", "set_memory_growth", "enable_op_determinism"), nothing)
    experimental = _part("tensorflow.config.experimental", **settings, **devices)
    return {
        "set_random_seed": keras.utils.set_random_seed,
        "config": _part(
            "tensorflow.config", experimental=experimental, run_functions_eagerly=nothing, **settings, **devices
        ),
        "test": _part(
            "tensorflow.test",
            gpu_device_name=lambda: "",
            is_gpu_available=none_there,
            is_built_with_cuda=none_there,
        ),
        "logging": _part("tensorflow.logging", set_verbosity=nothing, ERROR=40, WARN=30, INFO=20, FATAL=50),
        "get_logger": lambda: __import__("logging").getLogger("tensorflow"),
        "executing_eagerly": lambda: True,
        "enable_eager_execution": nothing,
        "device": lambda *args: contextlib.nullcontext(),
    }


def _tensorflow_datasets(folders: dict[str, str]) -> _Part:
    """`tfds.load(name)`, from the host's copies."""
    import keras
    import tensorflow

    names = {"train": 0, "test": 1}

    def one(split: str, supervised: bool, batch_size: int | None, arrays: Any) -> Any:
        found = re.fullmatch(r"(train|test)(?:\[(-?\d*)(%?):(-?\d*)(%?)\])?", split.strip())
        if not found:
            raise ValueError(f"the split {split!r} is not known here: give train, test, or a slice of them")
        images, labels = arrays[names[found[1]]]
        start, stop = (_bound(found[at], found[at + 1], len(labels)) for at in (2, 4))
        images = images if images.ndim == 4 else images[..., None]
        made: Any = images[start:stop], labels[start:stop].astype("int64")
        made = made if supervised else dict(zip(("image", "label"), made))
        dataset = tensorflow.data.Dataset.from_tensor_slices(made)
        if batch_size == -1:
            return next(iter(dataset.batch(len(dataset))))
        return dataset.batch(batch_size) if batch_size else dataset

    def load(
        name: str,
        split: Any = None,
        *,
        batch_size: int | None = None,
        as_supervised: bool = False,
        with_info: bool = False,
        **kwargs: Any,
    ) -> Any:
        asked = re.split(r"[:/]", name)[0]
        found = next(((entry, folder) for entry, folder in served(folders) if entry.tensorflow == asked), None)
        if not asked or found is None:
            raise DataSetMissing(f"{name} of tensorflow_datasets")
        arrays = parts(*found)

        def made(split: Any) -> Any:
            if isinstance(split, (list, tuple)):
                return [made(part) for part in split]
            return one(split, as_supervised, batch_size, arrays)

        loaded = {part: made(part) for part in names} if split is None else made(split)
        return (loaded, _info(found[0], arrays)) if with_info else loaded

    def as_numpy(dataset: Any) -> Any:
        if hasattr(dataset, "as_numpy_iterator"):
            return dataset.as_numpy_iterator()
        return keras.tree.map_structure(keras.ops.convert_to_numpy, dataset)

    return _part("tensorflow_datasets", load=load, as_numpy=as_numpy, disable_progress_bar=lambda: None)


def _bound(number: str | None, percent: str | None, count: int) -> int | None:
    """Where a slice of a split begins or ends, in samples; None where it is left open."""
    if not number:
        return None
    return round(int(number) * count / 100) if percent else int(number)


def _info(entry: DataSet, arrays: Any) -> SimpleNamespace:
    """What `with_info` gives: how many samples each split has, and what they look like."""
    splits = {name: SimpleNamespace(num_examples=len(labels)) for name, (_, labels) in zip(("train", "test"), arrays)}
    names = list(entry.classes)
    label = SimpleNamespace(num_classes=len(names), names=names, int2str=names.__getitem__, str2int=names.index)
    image = SimpleNamespace(shape=(*entry.shape[-2:], entry.channels), dtype="uint8")
    return SimpleNamespace(name=entry.tensorflow, splits=splits, features={"image": image, "label": label})
