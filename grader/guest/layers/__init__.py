"""One file is one layer, or a close family: how it is read from torch and from Keras, built, counted and trained.

The folder is the registry. Every module here that doesn't start with an underscore has `ENTRIES`; a new layer is a new
file, and nothing else has to know of it. Both sides import it: the kernel, as a copy, reads networks with it, the
grader builds and counts them. It needs nothing but the standard library; torch and Keras come as arguments.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules

from ._initials import INITIALS, Initial, initial_of_keras
from ._keras_reader import KerasReader, Value
from ._layer_type import CannotError, CompiledOp, FunctionForm, KerasForm, LayerType, Settings

__all__ = [
    "FUNCTIONS",
    "INITIALS",
    "KERAS",
    "KERAS_FUNCTIONS",
    "LAYERS",
    "CannotError",
    "CompiledOp",
    "FunctionForm",
    "Initial",
    "KerasForm",
    "KerasReader",
    "LayerType",
    "Registry",
    "Settings",
    "Value",
    "collect",
    "entries",
    "initial_of_keras",
]


@dataclass(frozen=True)
class Registry:
    """All entries, by each of their names.

    `layers` by type; `functions` of torch with the type that they become; `keras` layers and operations by class;
    `keras_functions` of `keras.activations` with type and settings.
    """

    layers: dict[str, LayerType] = field(default_factory=dict)
    functions: dict[str, tuple[str, FunctionForm]] = field(default_factory=dict)
    keras: dict[str, KerasForm] = field(default_factory=dict)
    keras_functions: dict[str, tuple[str, Settings]] = field(default_factory=dict)


def collect(places: Mapping[str, Iterable[LayerType]]) -> Registry:
    """The registry of the entries that stand in these places.

    Raises ValueError, with both places, where a name is taken already.
    """
    registry = Registry()
    taken: dict[tuple[str, str], str] = {}

    def take(what: str, name: str, place: str) -> None:
        if (what, name) in taken:
            raise ValueError(f"{what} {name} is in {taken[what, name]} and in {place}: take one of them out")
        taken[what, name] = place

    for module, entries in places.items():
        for entry in entries:
            place = f"{module} ({entry.type})"
            take("the layer", entry.type, place)
            registry.layers[entry.type] = entry
            for name, function in entry.functions.items():
                take("the function", name, place)
                registry.functions[name] = entry.type, function
            for name, form in entry.keras.items():
                take("Keras's class", name, place)
                registry.keras[name] = form
            for name, settings in entry.keras_functions.items():
                take("Keras's activation", name, place)
                registry.keras_functions[name] = entry.type, settings
    return registry


def entries() -> dict[str, tuple[LayerType, ...]]:
    """The entries of each file of this folder."""
    names = sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_"))
    return {name: import_module(f"{__name__}.{name}").ENTRIES for name in names}


_REGISTRY = collect(entries())
LAYERS = _REGISTRY.layers
FUNCTIONS = _REGISTRY.functions
KERAS = _REGISTRY.keras
KERAS_FUNCTIONS = _REGISTRY.keras_functions
