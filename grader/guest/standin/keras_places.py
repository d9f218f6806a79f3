"""Arguments that Keras takes by place and whose places changed: read as the version that they make sense in.

Where they make sense in several, the age of the notebook decides, as far as its code tells; else the older meaning is
taken, and the doubt stays with the object, so that no network is read as another one unsaid. Keras 2.0 to 2.3 read
what Keras 1 took by place as Keras 1 did, or refused it; TensorFlow's Keras reads it as Keras 3 does.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

_GONE = "weights"  # an argument that no version takes any more
# By class: signatures of older versions, in the names of today.
_OLDER: dict[str, tuple[tuple[str, ...], ...]] = {
    "Dense": (("units", "kernel_initializer", "activation", _GONE, "kernel_regularizer", "bias_regularizer"),),
    "Conv1D": (("filters", "kernel_size", "kernel_initializer", "activation", _GONE, "padding", "strides"),),
    "Conv2D": (("filters", "rows", "columns", "kernel_initializer", "activation", _GONE, "padding", "strides"),),
    "BatchNormalization": (("epsilon", "mode", "axis", "momentum", _GONE, "beta_initializer", "gamma_initializer"),),
    "SGD": (("learning_rate", "momentum", "decay", "nesterov"), ("learning_rate", "momentum", "nesterov", "name")),
    "Adam": (
        ("learning_rate", "beta_1", "beta_2", "epsilon", "decay"),
        ("learning_rate", "beta_1", "beta_2", "amsgrad"),
        ("learning_rate", "beta_1", "beta_2", "epsilon", "amsgrad", "name"),
    ),
    "Adamax": (("learning_rate", "beta_1", "beta_2", "epsilon", "decay"),),
    "Nadam": (("learning_rate", "beta_1", "beta_2", "epsilon", "schedule_decay"),),
    "RMSprop": (
        ("learning_rate", "rho", "epsilon", "decay"),
        ("learning_rate", "rho", "momentum", "epsilon", "centered", "name"),
    ),
    "Adagrad": (
        ("learning_rate", "epsilon", "decay"),
        ("learning_rate", "initial_accumulator_value", "epsilon", "name"),
    ),
    "Adadelta": (("learning_rate", "rho", "epsilon", "decay"), ("learning_rate", "rho", "epsilon", "name")),
}
# Beside these, by name, Keras 2 refused what Keras 1 took by place.
_OF_TODAY = {"Conv2D": {"padding", "strides", "data_format"}}
# Arguments that only Keras 1 took, and Keras 2 until 2.3 for its sake.
_OLD_NAMES = frozenset(
    ("border_mode", "subsample", "dim_ordering", "nb_filter", "nb_row", "nb_col", "filter_length", "pool_length")
    + ("nb_epoch", "samples_per_epoch", "nb_val_samples", "show_accuracy", "init", "bias")
    + ("W_regularizer", "b_regularizer", "W_constraint", "b_constraint")
)
_SURELY_OLD = _OLD_NAMES - {"init", "bias"}  # which functions of other libraries take too
_OLD_MODULES = ("keras.objectives", "keras.backend.tensorflow_backend", "keras.backend.theano_backend")
_OF_TENSORFLOW = ("tensorflow.keras", "tensorflow.python.keras")
_OLD_OUTPUT = re.compile(r"^Using \w+ backend\.|call to the Keras 2 API: ", re.MULTILINE)
_MAGIC = re.compile(r"^(\s*)[%!].*", re.MULTILINE)


class Age(Enum):
    """Which Keras a notebook was written for, as far as its code tells."""

    OLD = "until Keras 2.3"
    TENSORFLOW = "TensorFlow's"
    UNKNOWN = "unknown"


def age_of(sources: Iterable[str], outputs: Iterable[str]) -> Age:
    """By the arguments that its calls name, what it takes Keras from, and what Keras printed into its saved outputs.

    Unknown where these differ.
    """
    modules: set[str] = set()
    old = any(_OLD_OUTPUT.search(output) for output in outputs)
    for source in sources:
        try:
            nodes = [*ast.walk(ast.parse(_MAGIC.sub(r"\1pass", source)))]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in nodes:
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules |= {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Call):
                old |= any(keyword.arg in _SURELY_OLD for keyword in node.keywords)
    roots = {name.split(".")[0] for name in modules}
    if old or any(name.startswith(_OLD_MODULES) for name in modules):
        return Age.UNKNOWN if any(name.startswith(_OF_TENSORFLOW) for name in modules) else Age.OLD
    return Age.TENSORFLOW if "tensorflow" in roots and "keras" not in roots else Age.UNKNOWN


def doubt(owner: Any, why: str) -> None:
    """Note on an object of Keras's that what it was given may mean something else."""
    object.__setattr__(owner, "grader_doubts", (*doubts_of(owner), why))


def doubts_of(owner: Any) -> tuple[str, ...]:
    """What was noted."""
    return getattr(owner, "grader_doubts", ())


def named(
    keras: Any, made: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], age: Age
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a class by today's meaning of their places, or by name; `made` is the object that they make."""
    kind = type(made).__name__
    if len(args) < 2 - (kind == "BatchNormalization") or kind not in _OLDER:
        return args, dict(kwargs)
    today = [name for name in inspect.signature(type(made).__init__).parameters if name != "self"]
    if kwargs.keys() & _OLD_NAMES:
        age = Age.OLD
    readings = [read for names in _OLDER[kind] if (read := _reading(keras, names, args, kwargs)) is not None]
    if kwargs.keys() & _OF_TODAY.get(kind, set()):
        readings = []
    plain = _reading(keras, today, args, kwargs)
    if plain is not None and (age is Age.TENSORFLOW or all(read == plain for read in readings)):
        return args, dict(kwargs)
    if not readings:
        return args, dict(kwargs)
    if plain is not None and age is Age.UNKNOWN:
        shown = ", ".join(map(repr, args))
        doubt(made, f"{kind}({shown}) meant {_said(readings[0])} until Keras 2.3, and means {_said(plain)} since")
    return (), {**readings[0], **kwargs}


def _reading(
    keras: Any, names: Sequence[str], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The arguments by these names, without what changes nothing; None where a value doesn't suit its name."""
    given = dict(zip(names, args))
    if len(args) > len(names) or given.keys() & kwargs.keys():
        return None
    if not all(_suits(keras, name, value) for name, value in given.items()):
        return None
    if "rows" in given and "columns" in given:
        given = {"kernel_size": (given.pop("rows"), given.pop("columns")), **given}
    elif "rows" in given:
        given["kernel_size"] = given.pop("rows")
    return {
        name: value
        for name, value in given.items()
        if value is not None and not (name.endswith("decay") and value == 0) and name not in (_GONE, "mode", "name")
    }


def _suits(keras: Any, name: str, value: Any) -> bool:
    """Whether a value makes sense for an argument."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if name in ("rows", "columns", "axis"):
        return isinstance(value, int) and not isinstance(value, bool)
    if name in ("units", "filters"):
        return number
    if name in ("strides", "kernel_size"):
        return isinstance(value, (int, tuple, list))
    if name in ("use_bias", "nesterov", "amsgrad", "centered"):
        return isinstance(value, bool) or (isinstance(value, int) and value in (0, 1))
    if name == "activation":
        return not isinstance(value, str) or hasattr(keras.activations, value)
    if name.endswith("initializer"):
        return _draws(keras, value) if isinstance(value, str) else not number
    if name == "padding":
        return isinstance(value, str) and value.lower() in ("valid", "same", "causal")
    if name == "name":
        return isinstance(value, str)
    if name == "epsilon":
        return value is None or (number and 0 <= value <= _MOST_EPSILON)
    if name == "momentum":
        return number and (value == 0 or value > _MOST_EPSILON)
    if name == "initial_accumulator_value":
        return number and value > _MOST_EPSILON
    if name == "mode":
        return value in (0, 1, 2)
    if name == "weight_decay":
        return value is None or number
    if name == "decay":
        return number
    return True


def _draws(keras: Any, name: str) -> bool:
    """Whether weights can be drawn by this name."""
    try:
        return keras.initializers.get(name) is not None
    except ValueError:
        return False


_MOST_EPSILON = 0.005  # above it stand momenta and first sums of squares, below it what is added to a divisor


def _said(read: Mapping[str, Any]) -> str:
    named = (f"{name}={value!r}" for name, value in read.items() if name not in ("filters", "units", "learning_rate"))
    return ", ".join(named) or "its defaults"
