"""A stand-in for TensorFlow on torch: its Keras, pipelines and simple operations; the rest says that it is not here."""

import contextlib
import functools
import inspect
import re
import sys
from types import SimpleNamespace

from .. import import_hooks
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


def install(folders) -> None:
    """Be ready for the moment when the notebook imports TensorFlow or its data sets."""
    import_hooks.when_missing("tensorflow", _tensorflow)
    import_hooks.when_missing("tensorflow_datasets", functools.partial(_tensorflow_datasets, folders))
    sys.meta_path.append(_NoTensorFlow())


def missing(name) -> PartMissing:
    return PartMissing(f"{name}: {_ONLY_KERAS}")


class _NoTensorFlow:
    """Says why there is no more of TensorFlow, when all others have looked for it."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.startswith("tensorflow."):
            raise ModuleMissing(f"{name}: {_ONLY_KERAS}", name=name)


class _Part(type(sys)):
    """A module of which only a part is here."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise missing(f"{self.__name__}.{name}")


def _part(name, **contents):
    made = _Part(name)
    vars(made).update(contents)
    return made


def _tensorflow():
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
    tensorflow.compat = _part("tensorflow.compat", v1=v1, v2=tensorflow)
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "keras" and not name.startswith(("keras.src", "keras._")):
            sys.modules[f"tensorflow.{name}"] = sys.modules[f"tensorflow.python.{name}"] = module
    for name in ("random", "config", "test", "nn", "math", "data", "compat", "compat.v1"):
        sys.modules[f"tensorflow.{name}"] = functools.reduce(getattr, name.split("."), tensorflow)
    sys.modules["tensorflow.python"] = _part("tensorflow.python", keras=keras)
    return tensorflow


def _operations(keras, torch) -> dict:
    """TensorFlow's functions of tensors, by Keras's: they take arrays, tensors and what a network computes."""
    ops = keras.ops

    def constant(value, dtype=None, shape=None, name=None):
        made = ops.convert_to_tensor(value, dtype)
        return made if shape is None else ops.broadcast_to(made, shape)

    def one_hot(indices, depth, on_value=None, off_value=None, axis=-1, dtype=None, name=None):
        return ops.one_hot(indices, depth, axis=axis, dtype=dtype or "float32")

    def argmax(input, axis=0, output_type=None, name=None):
        return ops.argmax(input, axis)

    def split(value, num_or_size_splits, axis=0, name=None):
        whole = isinstance(num_or_size_splits, int)
        at = num_or_size_splits if whole else ops.cumsum(num_or_size_splits)[:-1]
        return ops.split(ops.convert_to_tensor(value), at if whole else [int(n) for n in at], axis)

    def gather(params, indices, axis=0, **kwargs):
        return ops.take(ops.convert_to_tensor(params), indices, axis=axis)

    def pad(tensor, paddings, mode="CONSTANT", constant_values=0, name=None):
        return ops.pad(tensor, [tuple(int(n) for n in pair) for pair in paddings], mode.lower())

    def filled(fill):
        return lambda shape, dtype="float32", name=None: fill(shape, dtype=dtype)

    def function(func=None, **kwargs):
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


def _nameless(function, arguments):
    """Without the names that TensorFlow gives to operations, and with its arguments by Keras's names."""
    known = inspect.signature(function).parameters

    @functools.wraps(function)
    def call(*args, name=None, **kwargs):
        return function(*args, **{_known(key, known, arguments): value for key, value in kwargs.items()})

    return call


def _known(name, known, arguments):
    return name if name in known else next((n for n in arguments.get(name, ()) if n in known), name)


def _parts(keras, torch, operations) -> dict:
    """Modules of TensorFlow's: pipelines, random numbers, activations, arithmetic."""
    ops = keras.ops

    def confusion_matrix(labels, predictions, num_classes=None, **kwargs):
        rows, columns = (torch.as_tensor(part).long().reshape(-1) for part in (labels, predictions))
        size = num_classes or int(max(rows.max(), columns.max())) + 1
        return torch.bincount(rows * size + columns, minlength=size * size).reshape(size, size)

    def normal(shape, mean=0.0, stddev=1.0, dtype="float32", seed=None, name=None):
        return keras.random.normal(shape, mean, stddev, dtype, seed)

    def uniform(shape, minval=0, maxval=None, dtype="float32", seed=None, name=None):
        draw = keras.random.randint if "int" in dtype else keras.random.uniform
        return draw(shape, minval, 1 if maxval is None else maxval, dtype, seed)

    def shuffle(value, seed=None, name=None):
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


def _machine(keras) -> dict:
    """What notebooks ask of GPUs and logs."""

    def nothing(*args, **kwargs):
        return None

    def none_found(*args, **kwargs):
        return []

    def none_there(*args, **kwargs):
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


def _tensorflow_datasets(folders):
    """`tfds.load(name)`, from the host's copies."""
    import keras
    import tensorflow

    names = {"train": 0, "test": 1}

    def one(split, supervised, batch_size, arrays):
        found = re.fullmatch(r"(train|test)(?:\[(-?\d*)(%?):(-?\d*)(%?)\])?", split.strip())
        if not found:
            raise ValueError(f"the split {split!r} is not known here: give train, test, or a slice of them")
        images, labels = arrays[names[found[1]]]
        start, stop = (_bound(found[at], found[at + 1], len(labels)) for at in (2, 4))
        images = images if images.ndim == 4 else images[..., None]
        made = images[start:stop], labels[start:stop].astype("int64")
        made = made if supervised else dict(zip(("image", "label"), made))
        dataset = tensorflow.data.Dataset.from_tensor_slices(made)
        if batch_size == -1:
            return next(iter(dataset.batch(len(dataset))))
        return dataset.batch(batch_size) if batch_size else dataset

    def load(name, split=None, *, batch_size=None, as_supervised=False, with_info=False, **kwargs):
        asked = re.split(r"[:/]", name)[0]
        found = next(((entry, folder) for entry, folder in served(folders) if entry.tensorflow == asked), None)
        if not asked or found is None:
            raise DataSetMissing(f"{name} of tensorflow_datasets")
        arrays = parts(*found)

        def made(split):
            if isinstance(split, (list, tuple)):
                return [made(part) for part in split]
            return one(split, as_supervised, batch_size, arrays)

        loaded = {part: made(part) for part in names} if split is None else made(split)
        return (loaded, _info(found[0], arrays)) if with_info else loaded

    def as_numpy(dataset):
        if hasattr(dataset, "as_numpy_iterator"):
            return dataset.as_numpy_iterator()
        return keras.tree.map_structure(keras.ops.convert_to_numpy, dataset)

    return _part("tensorflow_datasets", load=load, as_numpy=as_numpy, disable_progress_bar=lambda: None)


def _bound(number, percent, count):
    if not number:
        return None
    return round(int(number) * count / 100) if percent else int(number)


def _info(entry, arrays):
    splits = {name: SimpleNamespace(num_examples=len(labels)) for name, (_, labels) in zip(("train", "test"), arrays)}
    names = list(entry.classes)
    label = SimpleNamespace(num_classes=len(names), names=names, int2str=names.__getitem__, str2int=names.index)
    image = SimpleNamespace(shape=(*entry.shape[-2:], entry.channels), dtype="uint8")
    return SimpleNamespace(name=entry.tensorflow, splits=splits, features={"image": image, "label": label})
