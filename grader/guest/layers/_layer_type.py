"""What an entry of the registry says of its layer, and how it says that something can't be written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from ._keras_reader import KerasReader, Value

Arguments = dict[str, Any]
Settings = dict[str, Any]


class CannotError(Exception):
    """This can't be written down; its words say why."""


class CompiledOp(IntEnum):
    """The operations of the compiled loop, numbered as in `enum Kind` of `grader/training/trainers/dense.cpp`."""

    LINEAR = 0
    RELU = 1
    LEAKY_RELU = 2
    TANH = 3
    SIGMOID = 4
    DROPOUT = 5
    SOFTMAX = 6
    LOG_SOFTMAX = 7


@dataclass(frozen=True)
class FunctionForm:
    """A function of torch's, or a method of a tensor, that does what a layer does.

    `inputs` are the arguments that hold values of the network, `arguments` the others, both in the order in which
    they are given. Those in `refused` must be left out or false, those in `ignored` change nothing. `read` makes of
    the rest (a layer's type, its settings); without it they are the settings themselves.
    """

    arguments: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ("input",)
    read: Callable[[Arguments], tuple[str, Settings]] | None = None


@dataclass(frozen=True)
class KerasForm:
    """A class of Keras's that becomes layers of torch's.

    `read` takes (reader, the Keras layer, the values that it is given, the shape of its output for one sample as Keras
    has it), writes layers down and gives the last one's value. `weights` takes the Keras layer and a function that
    puts a tensor's first dimension into torch's order; it gives tensors by torch's names. An `activation` changes each
    value or each vector of channels, and may be another layer's argument.
    """

    read: Callable[[KerasReader, Any, list[Value], tuple[int, ...]], Value]
    weights: Callable[[Any, Callable[[Any], Any]], dict[str, Any]] | None = None
    activation: bool = False


@dataclass(frozen=True)
class LayerType:
    """One type of layer: how it is read, built, counted, drawn and trained.

    `type` is a class of `torch.nn`, or the name of a `join`, which computes its output from (torch, its inputs, its
    settings). `settings` are the arguments that a spec may give the class, all else is refused; `make` builds it from
    (`torch.nn`, settings) where the class alone doesn't. `functions` are named as in torch, `keras` holds classes of
    layers and of operations by their names, `keras_functions` the settings of functions in `keras.activations`.

    `drawn` says how torch draws the weights where that is a function of `torch.nn.init` without settings. `units` is
    the setting that says how many units the layer makes at each place, None where it makes none; `windowed`: each of
    them sees a window of its input. `affine`: in evaluation its output is an affine function of its input. `idle` says
    of settings why a layer with these does nothing, empty where it does something. `compiled` is what the compiled
    loop trains it as, with the setting `compiled_value` as the operation's number; None leaves it to torch.
    """

    type: str
    settings: tuple[str, ...] = ()
    make: Callable[[Any, Settings], Any] | None = None
    join: Callable[[Any, Sequence[Any], Settings], Any] | None = None
    functions: Mapping[str, FunctionForm] = field(default_factory=dict)
    keras: Mapping[str, KerasForm] = field(default_factory=dict)
    keras_functions: Mapping[str, Settings] = field(default_factory=dict)
    drawn: Mapping[str, str] = field(default_factory=dict)
    units: str | None = None
    windowed: bool = False
    affine: bool = False
    idle: Callable[[Settings], str] = lambda _: ""
    differs_in_evaluation: bool = False
    compiled: CompiledOp | None = None
    compiled_value: str | None = None

    def build(self, nn: Any, settings: Settings) -> Any:
        """A new module; a join is an Identity, since it holds no weights. Raises what torch raises."""
        if self.join is not None:
            return nn.Identity()
        return self.make(nn, settings) if self.make is not None else getattr(nn, self.type)(**settings)

    def settings_of(self, module: Any) -> Settings:
        """The settings that a module of this type was made with."""
        found = {key: getattr(module, key) for key in self.settings if hasattr(module, key)}
        if "bias" in found:
            found["bias"] = found["bias"] is not None
        return {key: tuple(value) if isinstance(value, tuple | list) else value for key, value in found.items()}


def keras_activation(read: Callable[[Any], tuple[str, Settings] | None]) -> KerasForm:
    """A class of Keras's that is one activation of torch's: `read` gives its type and settings, None for others."""

    def written(reader: KerasReader, layer: Any, given: list[Value], shape: tuple[int, ...]) -> Value:
        found = read(layer)
        if found is None:
            raise CannotError(f"{layer.name}: this {type(layer).__name__} is not supported")
        return reader.pointwise(*found, layer.name, given[0])

    return KerasForm(written, activation=True)
