"""Lets notebooks written for Keras 1, 2 or TensorFlow's Keras run on Keras 3 with torch, without TensorFlow."""

import functools
import inspect
import math
import os
import sys
import warnings

from .. import import_hooks
from ..serve import datasets
from . import scikit_keras, tensorflow

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
_ORDERINGS = {"tf": "channels_last", "th": "channels_first", "default": None}
_OLD_FIT = {"nb_epoch": "epochs", "samples_per_epoch": None, "nb_val_samples": None, "show_accuracy": None}
_OLD_GENERATOR = {**_OLD_FIT, "max_q_size": None, "max_queue_size": None, "nb_worker": None, "workers": None}
_OLD_GENERATOR |= {"use_multiprocessing": None, "pickle_safe": None, "val_samples": None}


def install(config: dict) -> None:
    """Be ready for the moment when the notebook imports Keras or TensorFlow."""
    import_hooks.when_imported("keras", lambda keras: _modernise(keras, config.data))
    import_hooks.when_missing("keras", _no_keras)
    for owner in ("keras", "tensorflow.keras", "tensorflow.python.keras"):
        import_hooks.when_missing(f"{owner}.wrappers.scikit_learn", _wrappers)
    tensorflow.install(config.data)


def _no_keras():
    raise ModuleNotFoundError(_NO_KERAS, name="keras")


def _wrappers():
    import keras

    return import_hooks.module("keras.wrappers.scikit_learn", **scikit_keras.make(keras))


def _modernise(keras, folders) -> None:
    """Give Keras 3 the names, arguments and data that notebooks expect."""
    sys.modules["keras.src.utils.module_utils"].tensorflow._available = False  # whatever notebooks may import
    keras.grader_modern = True
    warnings.filterwarnings("ignore", "Do not pass an `input_shape`")
    warnings.filterwarnings("ignore", "You are saving your model as an HDF5 file")
    _old_modules(keras)
    for kind in _classes(keras.layers, keras.Layer):
        if not issubclass(kind, keras.Model):
            _translate(kind, _old_layer)
    keras.Input = keras.layers.Input = _input(keras)
    keras.layers.Convolution2D = _convolution(keras)
    keras.layers.merge = functools.partial(_merge, keras)
    for kind in _classes(keras.optimizers, keras.optimizers.Optimizer):
        _translate(kind, functools.partial(_old_optimizer, keras))
    keras.optimizers.Optimizer.lr = property(
        lambda self: self.learning_rate, lambda self, value: setattr(self, "learning_rate", value)
    )
    _old_backend(keras)
    _old_model(keras)
    _old_callbacks(keras)
    keras.metrics.Metric.reset_states = lambda metric: metric.reset_state()
    _old_names(keras)
    for entry, folder in datasets.served(folders):
        if entry.keras:
            getattr(keras.datasets, entry.keras).load_data = functools.partial(_load_data, entry, folder)


def _classes(module, base):
    found = {id(kind): kind for kind in vars(module).values() if inspect.isclass(kind) and issubclass(kind, base)}
    return [kind for kind in found.values() if "__init__" in vars(kind) and kind is not base]


def _translate(kind, change) -> None:
    """Have the arguments of a class changed before it sees them."""
    original = kind.__init__

    @functools.wraps(original)
    def init(self, *args, **kwargs):
        args, kwargs = change(self, args, kwargs)
        original(self, *args, **kwargs)

    init.__signature__ = inspect.signature(original)  # Keras looks at it
    kind.__init__ = init


def _old_modules(keras) -> None:
    layers = {name: value for name, value in vars(keras.layers).items() if not name.startswith("__")}
    made = {f"layers.{name}": import_hooks.module(f"keras.layers.{name}", **layers) for name in _LAYER_MODULES}
    vars(made["layers.merge"])["merge"] = functools.partial(_merge, keras)
    vars(made["layers.convolutional"])["Convolution2D"] = _convolution(keras)
    np_utils = import_hooks.module("keras.utils.np_utils", to_categorical=_to_categorical(keras))
    np_utils.normalize = keras.utils.normalize
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


def _image_generators(keras) -> None:
    """ImageDataGenerator and what belongs to it, which Keras 3 keeps out of sight."""
    from keras.src.legacy.preprocessing import image

    images = sys.modules["keras.preprocessing.image"]
    for name, value in vars(image).items():
        if getattr(value, "__module__", None) == image.__name__ and not hasattr(images, name):
            setattr(images, name, value)


def _to_categorical(keras):
    original = keras.utils.to_categorical

    @functools.wraps(original)
    def to_categorical(x, num_classes=None, nb_classes=None, **kwargs):
        kwargs.pop("dtype", None)
        return original(x, num_classes or nb_classes)

    return to_categorical


def _old_layer(layer, args, kwargs):
    """Names of arguments in Keras 1, and its kernels of two numbers."""
    kind = type(layer).__name__
    known = inspect.signature(type(layer).__init__).parameters
    rows = kwargs.pop("nb_row", None)
    if rows is not None:
        kwargs["kernel_size"] = (rows, kwargs.pop("nb_col"))
    elif kind == "Conv2D" and len(args) == 3 and {"border_mode", "subsample", "init", "dim_ordering"} & set(kwargs):
        args = (args[0], tuple(args[1:]))
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


def _input(keras):
    original = keras.Input

    @functools.wraps(original)
    def Input(shape=None, *args, **kwargs):  # noqa: N802
        return original((shape,) if isinstance(shape, int) else shape, *args, **kwargs)  # (784) is no tuple

    return Input


def _convolution(keras):
    """Convolution2D(filters, rows, columns) of Keras 1, and the name that it still has in Keras 3."""

    def Convolution2D(*args, **kwargs):  # noqa: N802
        if len(args) >= 3 and isinstance(args[1], int) and isinstance(args[2], int):
            args = (args[0], (args[1], args[2]), *args[3:])
        return keras.layers.Conv2D(*args, **kwargs)

    return Convolution2D


def _merge(keras, inputs, mode="sum", concat_axis=-1, **kwargs):
    if mode == "concat":
        return keras.layers.concatenate(inputs, axis=concat_axis)
    joins = {"sum": "add", "mul": "multiply", "ave": "average", "max": "maximum", "dot": "dot"}
    return getattr(keras.layers, joins[mode])(inputs)


def _old_optimizer(keras, optimizer, args, kwargs):
    if "lr" in kwargs:
        kwargs["learning_rate"] = kwargs.pop("lr")
    decay = kwargs.pop("decay", None)
    if kwargs.get("epsilon", 0) is None:
        del kwargs["epsilon"]
    known = inspect.signature(type(optimizer).__init__).parameters
    object.__setattr__(optimizer, "grader_default_rate", not args and "learning_rate" not in kwargs)
    if decay:
        rate = args[0] if args else kwargs.get("learning_rate", known["learning_rate"].default)
        kwargs["learning_rate"] = keras.optimizers.schedules.InverseTimeDecay(float(rate), 1, float(decay))
        args = args[1:]
    return args, kwargs


def _old_names(keras) -> None:
    keras.metrics.accuracy = sys.modules["keras.src.metrics.accuracy_metrics"].accuracy
    for name in ("SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "Adamax", "Nadam"):
        setattr(keras.optimizers, name.lower(), getattr(keras.optimizers, name))
    for old, now in _OLD_LOSSES.items():
        for owner in (keras.losses, keras.metrics):
            for name in (old, old.upper()):
                setattr(owner, name, getattr(keras.losses, now))


def _old_backend(keras) -> None:
    backend = keras.backend
    orderings = {value: key for key, value in _ORDERINGS.items()}

    def missing(name):
        if not name.startswith("__") and hasattr(keras.ops, name):
            return getattr(keras.ops, name)
        raise AttributeError(f"module 'keras.backend' has no attribute {name!r}")

    def set_value(variable, value):
        variable.assign(value)

    backend.image_dim_ordering = lambda: orderings[backend.image_data_format()]
    backend.set_image_dim_ordering = lambda ordering: backend.set_image_data_format(_ORDERINGS[ordering])
    backend.get_value = backend.eval = lambda variable: keras.ops.convert_to_numpy(variable)
    backend.set_value = set_value
    backend.__getattr__ = missing


def _old_model(keras) -> None:
    model, functional = keras.Model, type(_small_model(keras))
    new = model.__new__

    def create(cls, *args, **kwargs):
        return new(cls, *args, **_renamed(kwargs, {"input": "inputs", "output": "outputs"}))

    model.__new__ = staticmethod(create)
    _translate(functional, lambda _, args, kwargs: (args, _renamed(kwargs, {"input": "inputs", "output": "outputs"})))
    _old_compile_of(model)
    _call_with(model, "fit", _old_fit)
    _call_with(model, "evaluate", lambda kwargs: _renamed(kwargs, {"show_accuracy": None}))

    def fit_generator(self, generator, *args, **kwargs):
        names = ("steps_per_epoch", "epochs", "verbose", "callbacks", "validation_data", "validation_steps")
        kwargs.update(zip(names, args))
        return self.fit(generator, **_renamed(kwargs, _OLD_GENERATOR))

    def classes(self, x, **kwargs):
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


def _old_compile_of(model) -> None:
    """`compile(optimizer, loss, metrics)`: in Keras 3 the weights of losses stand third."""
    original = model.compile

    @functools.wraps(original)
    def compile(self, *args, **kwargs):
        if len(args) > 2 and any(not isinstance(metric, (int, float)) for metric in _listed(args[2]) or ()):
            args, kwargs = args[:2], {"metrics": args[2], **kwargs}
        return original(self, *args, **_old_compile(kwargs))

    model.compile = compile


def _old_fit(kwargs):
    kwargs = _renamed(kwargs, _OLD_FIT)
    for name in ("steps_per_epoch", "validation_steps"):
        if isinstance(kwargs.get(name), float):  # len(x) / batch_size
            kwargs[name] = math.ceil(kwargs[name])
    return kwargs


def _small_model(keras):
    given = keras.Input((1,))
    return keras.Model(given, given)


def _renamed(kwargs, names):
    """Old arguments by their new names; those of None are gone."""
    kept = {names.get(key, key): value for key, value in kwargs.items()}
    kept.pop(None, None)
    return kept


def _call_with(owner, name, change) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def call(self, *args, **kwargs):
        return original(self, *args, **change(kwargs))

    setattr(owner, name, call)


def _listed(value):
    return value if isinstance(value, (list, tuple, dict)) or value is None else [value]


def _old_compile(kwargs):
    if "metrics" in kwargs:
        kwargs["metrics"] = _listed(kwargs["metrics"])
    metrics = kwargs.get("metrics")
    if isinstance(metrics, (list, tuple)):
        kwargs["metrics"] = ["accuracy" if metric == "acc" else metric for metric in metrics]
    kwargs.pop("class_mode", None)
    return kwargs


def _save_under(owner, name, ending) -> None:
    """Keras 3 asks for certain endings of a file's name: it gets them behind the student's own."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def save(self, filepath, *args, **kwargs):
        kwargs.pop("save_format", None)
        return original(self, _ended(filepath, ending), *args, **kwargs)

    setattr(owner, name, save)


def _ended(path, ending):
    path = str(path)
    accepted = (ending, ".h5", ".hdf5") if ending == ".keras" else (ending,)
    return path if path.endswith(accepted) else path + ending


def _load_from(owner, name) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def load(*args, **kwargs):
        at = 0 if name == "load_model" else 1
        args, key = list(args), "filepath"
        path = args[at] if len(args) > at else kwargs.get(key)
        there = next((p for e in ("", ".weights.h5", ".keras") if os.path.exists(p := f"{path}{e}")), path)
        if len(args) > at:
            args[at] = there
        else:
            kwargs[key] = there
        kwargs.pop("by_name", None)
        return original(*args, **kwargs)

    setattr(owner, name, load)


class _History(dict):
    """What was measured, by the names of Keras 3 and of Keras 2."""

    def __missing__(self, key):
        other = key[: -len("acc")] + "accuracy" if key.endswith("acc") else key.replace("accuracy", "acc")
        if other != key and dict.__contains__(self, other):
            return self[other]
        raise KeyError(key)

    def get(self, key, default=None):
        try:
            return self[key]
        except KeyError:
            return default


def _old_callbacks(keras) -> None:
    callbacks = keras.callbacks

    def of_today(text):
        return text.replace("val_acc:", "val_accuracy:").replace("{acc:", "{accuracy:")

    def change(callback, args, kwargs):
        args, kwargs = list(args), dict(kwargs)
        at = 1 if isinstance(callback, callbacks.ModelCheckpoint) else 0
        names = {"acc": "accuracy", "val_acc": "val_accuracy"}
        if len(args) > at:
            args[at] = names.get(args[at], args[at])
        if "monitor" in kwargs:
            kwargs["monitor"] = names.get(kwargs["monitor"], kwargs["monitor"])
        if at:
            ending = ".weights.h5" if kwargs.get("save_weights_only") else ".keras"
            if "period" in kwargs:
                kwargs.pop("period")
            path = args.pop(0) if args else kwargs.pop("filepath")
            path = of_today(str(path))
            accepted = (ending, ".h5") if ending == ".keras" else (ending,)
            args.insert(0, path if path.endswith(accepted) else path + ending)
        if "epsilon" in kwargs and isinstance(callback, callbacks.ReduceLROnPlateau):
            kwargs["min_delta"] = kwargs.pop("epsilon")
        return args, kwargs

    for kind in (callbacks.EarlyStopping, callbacks.ModelCheckpoint, callbacks.ReduceLROnPlateau):
        _translate(kind, change)
    python_utils = sys.modules["keras.src.utils.python_utils"]
    logs_of = python_utils.pythonify_logs
    python_utils.pythonify_logs = lambda logs: _History(logs_of(logs))
    begin = callbacks.History.on_train_begin

    @functools.wraps(begin)
    def on_train_begin(self, logs=None):
        begin(self, logs)
        self.history = _History(self.history)

    callbacks.History.on_train_begin = on_train_begin


def _load_data(entry, folder, path=None):
    """A data set as Keras gives it, read from the host's copy."""
    return datasets.keras_arrays(entry, folder)
