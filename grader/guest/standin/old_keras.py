"""Lets notebooks written for Keras 1, 2 or TensorFlow's Keras run on Keras 3 with torch, without TensorFlow."""

from __future__ import annotations

import functools
import inspect
import math
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Never

from .. import import_hooks
from ..datasets import DataSet
from ..origin import as_given, instead_of
from ..protocol import Config, PackageMissing, as_data
from ..serve import datasets
from . import keras_places, scikit_keras, tensorflow
from .keras_places import Age

_NO_KERAS = 'the package keras is not installed where this is graded; install it with: pip install "dl-grader[keras]"'
_LAYER_MODULES = (
    *("core", "convolutional", "pooling", "normalization", "advanced_activations", "merge", "noise"),
    *("embeddings", "recurrent", "wrappers", "local"),
)
_OLD_ARGUMENTS = {
    "output_dim": "units",
    "nb_filter": "filters",
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
    "border_mode": "padding",
    "subsample": "strides",
    "dim_ordering": "data_format",
    "p": "rate",
}
_OLD_LOSSES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "kld": "kl_divergence",
}
_OLD_RATES = {"Adadelta": 1.0, "Adagrad": 0.01, "Adamax": 0.002, "Nadam": 0.002}  # by default, until Keras 2.3
_PLACE_OF_EPOCHS = 3
_OLD_SCHEDULE_DECAY = 0.004  # of Nadam, by default
_ORDERINGS = {"tf": "channels_last", "th": "channels_first", "default": None}
_OLD_FIT = {"nb_epoch": "epochs", "samples_per_epoch": None, "nb_val_samples": None, "show_accuracy": None}
_OLD_GENERATOR = {**_OLD_FIT, "max_q_size": None, "max_queue_size": None, "nb_worker": None, "workers": None}
_OLD_GENERATOR_ONLY = {"nb_epoch", "nb_val_samples", "max_q_size", "nb_worker", "pickle_safe"}
_OLD_GENERATOR |= {"use_multiprocessing": None, "pickle_safe": None, "val_samples": None}

Arguments = tuple[tuple[Any, ...], dict[str, Any]]  # of one call: by place, and by name
Change = Callable[[Any, tuple[Any, ...], dict[str, Any]], Arguments]  # with the object that they are for


def install(config: Config) -> None:
    """Be ready for the moment when the notebook imports Keras or TensorFlow; called after what watches is in place."""
    import_hooks.when_imported(
        "keras", lambda keras: _modernise(keras, config.data, keras_places.age_of(config.sources, config.outputs))
    )
    import_hooks.when_missing("keras", _no_keras)
    for owner in ("keras", "tensorflow.keras", "tensorflow.python.keras"):
        import_hooks.when_missing(f"{owner}.wrappers.scikit_learn", _wrappers)
    tensorflow.install(config.data)


def _no_keras() -> Never:
    raise PackageMissing(_NO_KERAS, name="keras")


def _wrappers() -> ModuleType:
    """`keras.wrappers.scikit_learn`, under each of its names."""
    import keras

    return import_hooks.module("keras.wrappers.scikit_learn", **scikit_keras.make(keras))


def _modernise(keras: Any, folders: dict[str, str], age: Age) -> None:
    """Give Keras 3 the names, arguments and data that notebooks expect."""
    sys.modules["keras.src.utils.module_utils"].tensorflow._available = False  # whatever notebooks may import
    keras.grader_modern = True
    warnings.filterwarnings("ignore", "Do not pass an `input_shape`")
    warnings.filterwarnings("ignore", "You are saving your model as an HDF5 file")
    _old_modules(keras)
    for kind in _classes(keras.layers, keras.Layer):
        if not issubclass(kind, keras.Model):
            _translate(kind, functools.partial(_old_layer, keras, age))
    keras.Input = keras.layers.Input = _input(keras)
    keras.layers.merge = functools.partial(_merge, keras)
    for kind in _classes(keras.optimizers, keras.optimizers.Optimizer):
        _translate(kind, functools.partial(_old_optimizer, keras, age))
    keras.optimizers.Optimizer.lr = property(
        lambda self: self.learning_rate, lambda self, value: setattr(self, "learning_rate", value)
    )
    _old_backend(keras)
    _old_model(keras, age)
    _old_callbacks(keras)
    _old_layers(keras)
    keras.metrics.Metric.reset_states = lambda metric: metric.reset_state()
    _old_names(keras)
    for entry, folder in datasets.served(folders):
        if entry.keras:
            getattr(keras.datasets, entry.keras).load_data = functools.partial(_load_data, entry, folder)


def _classes(module: Any, base: type[Any]) -> list[type[Any]]:
    """The classes of a module that are made otherwise than the one that they come from."""
    found = {id(kind): kind for kind in vars(module).values() if inspect.isclass(kind) and issubclass(kind, base)}
    return [kind for kind in found.values() if "__init__" in vars(kind) and kind is not base]


def _translate(kind: Any, change: Change) -> None:
    """Have the arguments of a class changed before it sees them."""
    original = kind.__init__

    def translated(self: Any, *args: Any, **kwargs: Any) -> None:
        args, kwargs = change(self, _python(args), _python(kwargs))
        original(self, *args, **kwargs)

    init = instead_of(original, translated)
    init.__signature__ = inspect.signature(original)  # type: ignore[attr-defined]  # Keras looks at it
    kind.__init__ = init


def _python(value: Any) -> Any:
    """Arguments with Python's own numbers: until Keras 3 those of numpy were taken anywhere."""
    if type(value) in (tuple, list):
        return type(value)(_python(part) for part in value)
    if type(value) is dict:
        return {key: _python(part) for key, part in value.items()}
    number = type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0
    return as_data(value) if number else value


def _old_modules(keras: Any) -> None:
    """Modules of Keras 1 and 2 by their old names, filled from those of today."""
    layers = {name: value for name, value in vars(keras.layers).items() if not name.startswith("__")}
    made = {f"layers.{name}": import_hooks.module(f"keras.layers.{name}", **layers) for name in _LAYER_MODULES}
    vars(made["layers.merge"])["merge"] = functools.partial(_merge, keras)
    np_utils = import_hooks.module(
        "keras.utils.np_utils", to_categorical=_to_categorical(keras), normalize=keras.utils.normalize
    )
    keras.utils.to_categorical = np_utils.to_categorical
    made["utils.np_utils"] = np_utils
    made["utils.vis_utils"] = import_hooks.module(
        "keras.utils.vis_utils", plot_model=keras.utils.plot_model, model_to_dot=keras.utils.model_to_dot
    )
    made["utils.generic_utils"] = import_hooks.module("keras.utils.generic_utils", **vars(keras.utils))
    made["objectives"] = keras.losses
    made["layers.experimental"] = import_hooks.module("keras.layers.experimental")
    made["layers.experimental.preprocessing"] = import_hooks.module("keras.layers.experimental.preprocessing", **layers)
    made["optimizers.legacy"] = import_hooks.module("keras.optimizers.legacy", **vars(keras.optimizers))
    _image_generators(keras)
    for name, module in made.items():
        owner, _, last = f"keras.{name}".rpartition(".")
        sys.modules[f"keras.{name}"] = module
        if name != "layers.merge":  # in Keras 1 a function of this name, in Keras 2 a module
            setattr(sys.modules[owner], last, module)
    for old, now in (("maxnorm", "MaxNorm"), ("unitnorm", "UnitNorm"), ("nonneg", "NonNeg")):
        if not hasattr(keras.constraints, old):
            setattr(keras.constraints, old, getattr(keras.constraints, now))


def _image_generators(keras: Any) -> None:
    """ImageDataGenerator and what belongs to it, which Keras 3 keeps out of sight."""
    from keras.src.legacy.preprocessing import image

    images = sys.modules["keras.preprocessing.image"]
    for name, value in vars(image).items():
        if getattr(value, "__module__", None) == image.__name__ and not hasattr(images, name):
            setattr(images, name, value)


def _to_categorical(keras: Any) -> Callable[..., Any]:
    """`to_categorical` with the old name of an argument, and with `dtype`, which is gone."""
    original = keras.utils.to_categorical

    @functools.wraps(original)
    def to_categorical(x: Any, num_classes: int | None = None, nb_classes: int | None = None, **kwargs: Any) -> Any:
        kwargs.pop("dtype", None)
        return as_given(original, x, num_classes or nb_classes)

    return to_categorical


def _old_layer(keras: Any, age: Age, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
    """Names and places of arguments in Keras 1 and 2."""
    kind = type(layer).__name__
    known = inspect.signature(type(layer).__init__).parameters
    args, kwargs = keras_places.named(keras, layer, args, kwargs, age)
    rows = kwargs.pop("nb_row", None)
    if rows is not None:
        kwargs["kernel_size"] = (rows, kwargs.pop("nb_col"))
    for name in ("units", "filters"):  # len(x) / 2, which Keras took until Keras 3
        if isinstance(kwargs.get(name), float):
            kwargs[name] = int(kwargs[name])
        elif args and isinstance(args[0], float) and [*known][1] == name:
            args = (int(args[0]), *args[1:])
    for old, now in _OLD_ARGUMENTS.items():
        if old in kwargs and now in known and old not in known:
            kwargs[now] = kwargs.pop(old)
    if kwargs.get("data_format") in _ORDERINGS:
        kwargs["data_format"] = _ORDERINGS[kwargs["data_format"]]
    if "batch_input_shape" in kwargs:
        kwargs["input_shape"] = tuple(kwargs.pop("batch_input_shape"))[1:]
    for name in ("input_shape", "shape"):
        if isinstance(kwargs.get(name), int):  # (784) is no tuple
            kwargs[name] = (kwargs[name],)
    if kind == "BatchNormalization":
        kwargs.pop("mode", None)
    return args, kwargs


def _input(keras: Any) -> Callable[..., Any]:
    """`Input`, whose shape may be one number."""
    original = keras.Input

    @functools.wraps(original)
    def Input(shape: Any = None, *args: Any, **kwargs: Any) -> Any:  # noqa: N802
        given = _python(shape)
        given = (given,) if isinstance(given, int) else given  # (784) is no tuple
        return as_given(original, given, *args, **_python(kwargs))

    return Input


def _merge(keras: Any, inputs: Any, mode: str = "sum", concat_axis: int = -1, **kwargs: Any) -> Any:
    """Layers joined as Keras 1 says it."""
    if mode == "concat":
        return keras.layers.concatenate(inputs, axis=concat_axis)
    joins = {"sum": "add", "mul": "multiply", "ave": "average", "max": "maximum", "dot": "dot"}
    return getattr(keras.layers, joins[mode])(inputs)


def _old_optimizer(keras: Any, age: Age, optimizer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
    """`lr`, `decay`, places, and the learning rate where it was left to Keras, whose default has changed."""
    args, kwargs = keras_places.named(keras, optimizer, args, kwargs, age)
    if "lr" in kwargs:
        kwargs["learning_rate"] = kwargs.pop("lr")
    decay = kwargs.pop("decay", None)
    if kwargs.get("epsilon", 0) is None:
        del kwargs["epsilon"]
    known = inspect.signature(type(optimizer).__init__).parameters
    kind = type(optimizer).__name__
    if kind in _OLD_RATES and not args and "learning_rate" not in kwargs:
        if age is Age.OLD:
            kwargs["learning_rate"] = _OLD_RATES[kind]
        elif age is Age.UNKNOWN:
            now = known["learning_rate"].default
            keras_places.doubt(
                optimizer,
                f"{kind} without a learning rate: by default it is {now:g} here and in TensorFlow 2; "
                f"in Keras until 2.3 it was {_OLD_RATES[kind]:g}",
            )
    if kwargs.pop("schedule_decay", _OLD_SCHEDULE_DECAY) != _OLD_SCHEDULE_DECAY:
        keras_places.doubt(optimizer, f"{kind} with a schedule_decay, which Keras 3 doesn't take")
    if decay:
        rate = args[0] if args else kwargs.get("learning_rate", known["learning_rate"].default)
        kwargs["learning_rate"] = keras.optimizers.schedules.InverseTimeDecay(float(rate), 1, float(decay))
        args = args[1:]
    return args, kwargs


def _old_names(keras: Any) -> None:
    """Optimisers in small letters, losses and metrics by their short names."""
    keras.metrics.accuracy = sys.modules["keras.src.metrics.accuracy_metrics"].accuracy
    for name in ("SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "Adamax", "Nadam"):
        setattr(keras.optimizers, name.lower(), getattr(keras.optimizers, name))
    for old, now in _OLD_LOSSES.items():
        for owner in (keras.losses, keras.metrics):
            for name in (old, old.upper()):
                setattr(owner, name, getattr(keras.losses, now))


def _old_backend(keras: Any) -> None:
    """`keras.backend`: what is gone, and for the rest the operations that took its place."""
    backend = keras.backend
    orderings = {value: key for key, value in _ORDERINGS.items()}

    def missing(name: str) -> Any:
        if not name.startswith("__") and hasattr(keras.ops, name):
            return getattr(keras.ops, name)
        raise AttributeError(f"module 'keras.backend' has no attribute {name!r}")

    def set_value(variable: Any, value: Any) -> None:
        variable.assign(value)

    backend.image_dim_ordering = lambda: orderings[backend.image_data_format()]
    backend.set_image_dim_ordering = lambda ordering: backend.set_image_data_format(_ORDERINGS[ordering])
    backend.get_value = backend.eval = lambda variable: keras.ops.convert_to_numpy(variable)
    backend.set_value = set_value
    backend.__getattr__ = missing


def _old_model(keras: Any, age: Age) -> None:
    """Methods and arguments of models that are gone."""
    model, functional = keras.Model, type(_small_model(keras))
    new = model.__new__

    def create(cls: type[Any], *args: Any, **kwargs: Any) -> Any:
        return as_given(new, cls, *args, **_renamed(kwargs, {"input": "inputs", "output": "outputs"}))

    model.__new__ = staticmethod(create)
    _translate(functional, lambda _, args, kwargs: (args, _renamed(kwargs, {"input": "inputs", "output": "outputs"})))
    _old_compile_of(model)
    _call_with(model, "fit", _old_fit)
    if age is Age.OLD:
        _doubt_epochs(model)
    _call_with(model, "evaluate", lambda kwargs: _renamed(kwargs, {"show_accuracy": None}))

    def fit_generator(self: Any, generator: Any, *args: Any, **kwargs: Any) -> Any:
        names = ("steps_per_epoch", "epochs", "verbose", "callbacks", "validation_data", "validation_steps")
        given = dict(zip(names, args))
        if kwargs.keys() & _OLD_GENERATOR_ONLY:  # there the second place held samples
            given.pop("steps_per_epoch", None)
        kwargs.update(given)
        return self.fit(generator, **_renamed(kwargs, _OLD_GENERATOR))

    def classes(self: Any, x: Any, **kwargs: Any) -> Any:
        shares = self.predict(x, **kwargs)
        return shares.argmax(-1) if shares.shape[-1] > 1 else (shares > 0.5).astype("int32")

    model.fit_generator = fit_generator
    model.evaluate_generator = lambda self, generator, steps=None, **kwargs: self.evaluate(generator, steps=steps)
    model.predict_generator = lambda self, generator, steps=None, **kwargs: self.predict(generator, steps=steps)
    model.predict_classes = classes
    model.predict_proba = lambda self, x, **kwargs: self.predict(x, **kwargs)
    for name, ending in (("save", ".keras"), ("save_weights", ".weights.h5")):
        _save_under(model, name, ending)
    for owner in (model, keras.models, keras.saving):
        for name in ("load_weights", "load_model"):
            if hasattr(owner, name):
                _load_from(owner, name)


def _old_compile_of(model: Any) -> None:
    """`compile(optimizer, loss, metrics)`: in Keras 3 the weights of losses stand third."""
    original = model.compile

    @functools.wraps(original)
    def compile(self: Any, *args: Any, **kwargs: Any) -> Any:
        if len(args) > 2 and any(not isinstance(metric, (int, float)) for metric in _listed(args[2]) or ()):
            weights = {"loss_weights": args[3]} if len(args) > 3 and not isinstance(args[3], str) else {}
            args, kwargs = args[:2], {"metrics": args[2], **weights, **kwargs}
        return as_given(original, self, *args, **_old_compile(kwargs))

    model.compile = compile


def _old_fit(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `fit` as Keras 3 has them."""
    kwargs = _renamed(kwargs, _OLD_FIT)
    for name in ("steps_per_epoch", "validation_steps"):
        if isinstance(kwargs.get(name), float):  # len(x) / batch_size
            kwargs[name] = math.ceil(kwargs[name])
    return kwargs


def _doubt_epochs(model: Any) -> None:
    """A training that says no number of epochs had ten or one."""
    original = model.fit

    @functools.wraps(original)
    def fit(self: Any, *args: Any, **kwargs: Any) -> Any:
        if len(args) <= _PLACE_OF_EPOCHS and not kwargs.keys() & {"epochs", "nb_epoch"}:
            keras_places.doubt(self, "fit without a number of epochs meant 10 until Keras 2.0, and means 1 since")
        return as_given(original, self, *args, **kwargs)

    model.fit = fit


def _small_model(keras: Any) -> Any:
    """A model of the kind that is made of inputs and outputs."""
    given = keras.Input((1,))
    return keras.Model(given, given)


def _renamed(kwargs: dict[str, Any], names: Mapping[str, str | None]) -> dict[str, Any]:
    """Old arguments by their new names; those of None are gone."""
    return {now: value for key, value in kwargs.items() if (now := names.get(key, key)) is not None}


def _call_with(owner: Any, name: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Have the named arguments of a method changed before it sees them."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return as_given(original, self, *args, **change(kwargs))

    setattr(owner, name, call)


def _listed(value: Any) -> Any:
    """A list where Keras takes one: a single value in a list of its own."""
    return value if isinstance(value, (list, tuple, dict)) or value is None else [value]


def _old_compile(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The metrics of `compile` as Keras 3 has them."""
    if "metrics" in kwargs:
        kwargs["metrics"] = _listed(kwargs["metrics"])
    metrics = kwargs.get("metrics")
    if isinstance(metrics, (list, tuple)):
        kwargs["metrics"] = ["accuracy" if metric == "acc" else metric for metric in metrics]
    kwargs.pop("class_mode", None)
    return kwargs


def _save_under(owner: Any, name: str, ending: str) -> None:
    """Keras 3 asks for certain endings of a file's name: it gets them behind the student's own."""
    original = getattr(owner, name)

    def save(self: Any, filepath: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs.pop("save_format", None)
        return original(self, _ended(filepath, ending), *args, **kwargs)

    setattr(owner, name, instead_of(original, save))


def _ended(path: str | os.PathLike[str], ending: str) -> str:
    name = str(path)
    accepted = (ending, ".h5", ".hdf5") if ending == ".keras" else (ending,)
    return name if name.endswith(accepted) else name + ending


def _load_from(owner: Any, name: str) -> None:
    """What was saved under an ending that Keras 3 asks for is found without it."""
    original = getattr(owner, name)

    def load(*args: Any, **kwargs: Any) -> Any:
        at = 0 if name == "load_model" else 1
        given, key = list(args), "filepath"
        path = given[at] if len(given) > at else kwargs.get(key)
        there = next((p for e in ("", ".weights.h5", ".keras") if os.path.exists(p := f"{path}{e}")), path)
        if len(given) > at:
            given[at] = there
        else:
            kwargs[key] = there
        kwargs.pop("by_name", None)
        return original(*given, **kwargs)

    setattr(owner, name, instead_of(original, load))


class _History(dict[str, Any]):
    """What was measured, by the names of Keras 3 and of Keras 2."""

    def __missing__(self, key: str) -> Any:
        other = key[: -len("acc")] + "accuracy" if key.endswith("acc") else key.replace("accuracy", "acc")
        if other != key and dict.__contains__(self, other):
            return self[other]
        raise KeyError(key)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key under either name."""
        try:
            return self[key]
        except KeyError:
            return default


class _ShapeOf:
    """`layer.output_shape`, of which a class of the notebook's may have one of its own."""

    def __init__(self, keras: Any, name: str) -> None:
        self.keras, self.name = keras, name

    def __get__(self, layer: Any, kind: type[Any] | None = None) -> Any:
        if layer is None:
            return self
        found = self.keras.tree.map_structure(lambda tensor: tuple(tensor.shape), getattr(layer, self.name))
        return [found] if isinstance(layer, self.keras.layers.InputLayer) else found


def _tensors_at(layer: Any, name: str, index: int) -> Any:
    """What a layer was given or gave in one of its calls."""
    found = getattr(layer._inbound_nodes[index], f"{name}_tensors")
    return found[0] if len(found) == 1 else found


def _old_layers(keras: Any) -> None:
    """What layers said of their shapes, and of the places in the network that they stand in."""
    for name in ("input", "output"):
        if not hasattr(keras.Layer, f"{name}_shape"):
            setattr(keras.Layer, f"{name}_shape", _ShapeOf(keras, name))
        if not hasattr(keras.Layer, f"get_{name}_at"):
            setattr(keras.Layer, f"get_{name}_at", functools.partialmethod(_tensors_at, name))


def _old_callbacks(keras: Any) -> None:
    """Callbacks that watch `acc` or take old arguments, and a history that has both names."""
    callbacks = keras.callbacks

    def of_today(text: str) -> str:
        return text.replace("val_acc:", "val_accuracy:").replace("{acc:", "{accuracy:")

    def change(callback: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
        given, kwargs = list(args), dict(kwargs)
        at = 1 if isinstance(callback, callbacks.ModelCheckpoint) else 0
        names = {"acc": "accuracy", "val_acc": "val_accuracy"}
        if len(given) > at:
            given[at] = names.get(given[at], given[at])
        if "monitor" in kwargs:
            kwargs["monitor"] = names.get(kwargs["monitor"], kwargs["monitor"])
        if at:
            ending = ".weights.h5" if kwargs.get("save_weights_only") else ".keras"
            if "period" in kwargs:
                kwargs.pop("period")
            path = given.pop(0) if given else kwargs.pop("filepath")
            path = of_today(str(path))
            accepted = (ending, ".h5") if ending == ".keras" else (ending,)
            given.insert(0, path if path.endswith(accepted) else path + ending)
        if "epsilon" in kwargs and isinstance(callback, callbacks.ReduceLROnPlateau):
            kwargs["min_delta"] = kwargs.pop("epsilon")
        return tuple(given), kwargs

    for kind in (callbacks.EarlyStopping, callbacks.ModelCheckpoint, callbacks.ReduceLROnPlateau):
        _translate(kind, change)
    python_utils: Any = sys.modules["keras.src.utils.python_utils"]
    logs_of = python_utils.pythonify_logs
    python_utils.pythonify_logs = lambda logs: _History(logs_of(logs))
    begin = callbacks.History.on_train_begin

    @functools.wraps(begin)
    def on_train_begin(self: Any, logs: dict[str, Any] | None = None) -> None:
        begin(self, logs)
        self.history = _History(self.history)

    callbacks.History.on_train_begin = on_train_begin


def _load_data(entry: DataSet, folder: Path, path: str | None = None) -> Any:
    """A data set as Keras gives it, read from the host's copy."""
    return datasets.keras_arrays(entry, folder)
