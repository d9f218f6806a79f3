"""Writes a Keras network down in torch's terms: channels come first, an activation is a layer of its own."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from ..layers import KERAS, KERAS_FUNCTIONS, LAYERS, CannotError, Settings, Value, initial_of_keras
from ..protocol import Gap, GapKind, Layer, Loose, Named, Spec
from ..standin.keras_places import doubts_of

if TYPE_CHECKING:
    import torch

_Order = tuple[int, ...] | bool  # of a vector's entries: `Value.mixed`


class Described(NamedTuple):
    """A network as torch's would be written down, and what its trainings need to know.

    `gaps`: how it trains differently. `shape`: of one input here. `weights`: gives them by their names and in their
    order here. `rescaling`: (scale, offset) by which it changes its inputs before its first layer.
    """

    spec: Spec
    gaps: list[Gap]
    shape: list[int] | None
    weights: Callable[[], dict[str, torch.Tensor]]
    rescaling: tuple[float, float] = (1.0, 0.0)


def describe(model: Any, keras: Any, torch: ModuleType, shape: Sequence[int] | None = None) -> Described:
    """Write a network down; what can't be is named in the spec."""
    reader = _Reader(keras, torch)
    given = None
    try:
        graph = reader.graph(model, shape)
        if len(graph._inputs) != 1 or len(graph._outputs) != 1:
            raise CannotError("it has several inputs or outputs")
        known = tuple(graph._inputs[0].shape[1:])
        known = tuple(shape) if None in known and shape is not None else known
        reader.channels_first = "channels_first" in {
            getattr(layer, "data_format", None) for layer in _layers(graph, keras)
        }
        given = reader.in_torch(known)
        last = reader.walk(graph, Value(-1, known))
        if last.mixed:
            raise CannotError("its outputs are those of a Flatten")
        if last.position != len(reader.spec.layers) - 1:
            reader.layer("Identity", {}, "output", [last.position])
    except CannotError as error:
        reader.cannot(model.name, error)
    except Exception as error:
        reader.cannot(model.name, f"it can't be read: {type(error).__name__}: {error}")
    reader.leftovers(model)
    return Described(reader.spec, reader.gaps, given, reader.weights, reader.rescaling)


def _layers(graph: Any, keras: Any) -> Iterator[Any]:
    for layer in graph.layers if hasattr(graph, "layers") else graph._operations:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _layers(layer, keras)


class _Reader:
    """Walks through a network and fills `spec`; `KerasReader` says what the registry's entries may ask of it."""

    def __init__(self, keras: Any, torch: ModuleType) -> None:
        self.keras, self.torch = keras, torch
        self.spec = Spec()
        self.gaps: list[Gap] = []
        self.written: dict[int, int] = {}  # id of a layer -> its position
        self.owners: dict[int, int] = {}  # id of a weight -> id of the layer that had it first
        self.placed: list[tuple[Any, _Order]] = []  # (layer, what its input's order was)
        self.scrambled = False  # whether a Dense layer's outputs would have to be put in order too
        self.channels_first = False  # whether Keras too has channels first
        self.rescaling = (1.0, 0.0)
        self.way: list[tuple[Any, Any]] = []  # (graph, node) where it is now, from the outermost network inwards

    def cannot(self, what: str, why: object) -> None:
        """This part of the network has no place in a spec."""
        self.spec.gaps.append(Gap.of(GapKind.LAYER, f"{what}: {why}"))

    def differs(self, kind: GapKind, why: str) -> None:
        """It trains otherwise than the network that is written down."""
        self.gaps.append(Gap.of(kind, why))

    def layer(
        self, kind: str, settings: Settings, name: str, inputs: list[int], initial: dict[str, Named] | None = None
    ) -> int:
        """Write one layer down; its position."""
        before = len(self.spec.layers) - 1
        written = Layer(kind, settings, initial or {}, str(name)[:200], None if inputs == [before] else inputs)
        self.spec.layers.append(written)
        return before + 1

    def in_torch(self, shape: tuple[int, ...]) -> list[int]:
        """A shape as torch has it."""
        image = len(shape) == 3 and not self.channels_first
        return [shape[2], shape[0], shape[1]] if image else list(shape)

    def channels(self, value: Value) -> int:
        """How many channels, or entries of a vector."""
        return value.shape[0] if self.channels_first else value.shape[-1]

    def places(self, value: Value) -> tuple[int, ...]:
        """Height and width."""
        return value.shape[1:] if self.channels_first else value.shape[:-1]

    # the graph

    def graph(self, model: Any, shape: Sequence[int] | None) -> Any:
        """What a model computes, as Keras writes it down; a model with a call of its own is called once."""
        keras = self.keras
        if "call" in vars(model) or model._forward_hooks or model._forward_pre_hooks:
            raise CannotError("a hook or another forward pass is attached to it")
        own = type(model).call
        if isinstance(model, keras.Sequential) and own is keras.Sequential.call:
            if model._functional is None:
                raise CannotError("the shape of its input is not known")
            return model._functional
        if own.__module__.startswith("keras.") and hasattr(model, "_nodes_by_depth"):
            return model
        if shape is None:
            raise CannotError("the shape of its input is not known")
        given = keras.Input(tuple(shape))
        return keras.Function(given, model.call(given))

    def walk(self, graph: Any, value: Value) -> Value:
        """Write a graph down that is given this value; what it gives."""
        values = {id(graph._inputs[0]): value}
        for depth in sorted(graph._nodes_by_depth, reverse=True):
            for node in graph._nodes_by_depth[depth]:
                if node.operation is None or node.is_input:
                    continue
                given = [values[id(tensor)] for tensor in node.input_tensors]
                shape = tuple(node.output_tensors[0].shape[1:])
                self.way.append((graph, node))
                out = self.operation(node, given)
                self.way.pop()
                if out.shape != shape:
                    out = out._replace(shape=shape)
                values[id(node.output_tensors[0])] = out
        return values[id(graph._outputs[0])]

    def operation(self, node: Any, given: list[Value]) -> Value:
        """One call of a layer, of an operation or of a network in the network; raises CannotError."""
        layer, keras = node.operation, self.keras
        kind = type(layer).__name__
        shape = tuple(node.output_tensors[0].shape[1:])
        if isinstance(layer, keras.Model):
            graph = self.graph(layer, given[0].shape)
            if len(graph._inputs) != 1 or len(graph._outputs) != 1:
                raise CannotError(f"{layer.name} has several inputs or outputs")
            return self.walk(graph, given[0])
        if not type(layer).__module__.startswith("keras."):
            raise CannotError(f"{layer.name}: {kind} is no layer that the grader knows")
        if (
            "call" in vars(layer)
            or getattr(layer, "_forward_hooks", None)
            or getattr(layer, "_forward_pre_hooks", None)
        ):
            raise CannotError(f"{layer.name}: a hook or another forward pass is attached to it")
        self.look_at(layer)
        if kind == "Rescaling":
            return self.rescaled(layer, given[0])
        if kind in _AT_RANDOM and given[0].shape == shape:
            return self.at_random(layer, given[0])
        if kind in KERAS:
            return KERAS[kind].read(self, layer, given, shape)
        raise CannotError(f"{layer.name}: {kind} is no layer that the grader knows")

    def look_at(self, layer: Any) -> None:
        """Whatever in a layer changes its training and has no place in a spec."""
        for why in doubts_of(layer):
            self.cannot(layer.name, f"{why}: which Keras it was written for can't be told")
        for name, value in vars(layer).items():
            if name.endswith(("_regularizer", "_constraint")) and value is not None:
                said = {key: float(f"{number:.6g}") for key, number in _numbers(value)}
                self.differs(GapKind.WEIGHTS, f"{layer.name} has a {name}: {type(value).__name__} {said}")
        if getattr(layer, "dtype", "float32") != "float32" or getattr(layer, "compute_dtype", "float32") != "float32":
            self.differs(GapKind.WEIGHTS, f"{layer.name} computes in {layer.compute_dtype}")

    def weighted(
        self,
        layer: Any,
        kind: str,
        settings: Settings,
        value: Value,
        shape: tuple[int, ...],
        initial: dict[str, Named | None],
        *,
        mixed: _Order = False,
        free: bool = False,
    ) -> Value:
        """A layer with weights; a second call of it shares them."""
        known = {name: drawn for name, drawn in initial.items() if drawn is not None}
        usual = LAYERS[kind].drawn
        if known == {name: Named(usual[name]) for name in known if name in usual}:
            known = {}
        position = self.layer(kind, settings, layer.name, [value.position], known)
        if id(layer) in self.written:
            self.spec.layers[position].shares = self.written[id(layer)]
            self.spec.layers[position].initial = {}
        self.written.setdefault(id(layer), position)
        self.placed.append((layer, value.mixed))
        weights = [w for w in layer.weights if not w.path.endswith(("moving_mean", "moving_variance"))]
        weights = [w for w in weights if "seed_generator" not in w.path]
        if any(self.owners.setdefault(id(w), id(layer)) != id(layer) for w in weights):
            raise CannotError(f"{layer.name}: it uses the weights of another layer")
        with self.torch.device("meta"):
            plain = LAYERS[kind].build(self.torch.nn, settings)
        if sum(p.numel() for p in plain.parameters()) != sum(math.prod(w.shape) for w in weights):
            raise CannotError(f"{layer.name}: its weights are not those that its settings give it")
        return Value(position, shape, mixed, free)

    def weights(self) -> dict[str, torch.Tensor]:
        """What each layer holds now, as torch's layers of the spec would; empty where that can't be said."""
        if self.scrambled or any(order is True for _, order in self.placed):
            return {}
        found: dict[str, torch.Tensor] = {}
        for layer, order in self.placed:
            form = KERAS[type(layer).__name__]
            assert form.weights is not None
            weights = form.weights(layer, functools.partial(_rows, order=order))
            found.update({f"{layer.name}.{name}": tensor.contiguous() for name, tensor in weights.items()})
        return found

    def leftovers(self, model: Any) -> None:
        """Weights of what could not be written act as raw parameters."""
        for weight in model.trainable_weights:
            if id(weight) not in self.owners:
                self.spec.loose.append(Loose(str(weight.path)[:200], list(weight.shape), "parameter"))

    # what is asked for by entries of the registry

    def plain(self, kind: str, settings: Settings, layer: Any, value: Value, shape: tuple[int, ...]) -> Value:
        """A layer without weights."""
        return Value(self.layer(kind, settings, layer.name, [value.position]), shape, value.mixed, value.free)

    def pointwise(self, kind: str, settings: Settings, name: str, value: Value) -> Value:
        """An activation; one with a `dim` works on the channels."""
        if "dim" in LAYERS[kind].settings:
            settings = {"dim": {1: 1, 2: -1, 3: -1 if self.channels_first else 1}[len(value.shape)]}
        return value._replace(position=self.layer(kind, settings, name, [value.position]))

    def applied(self, layer: Any, value: Value, name: str = "") -> Value:
        """The activation that a layer has as an argument."""
        function = layer.activation
        kind = getattr(function, "__name__", type(function).__name__)
        own = not str(getattr(function, "__module__", "")).startswith("keras.")
        if isinstance(function, self.keras.Layer):
            if own or kind not in KERAS or not KERAS[kind].activation:
                raise CannotError(f"{function.name}: this {kind} is not supported")
            return KERAS[kind].read(self, function, [value], value.shape)
        if kind == "linear" and not own:
            return value
        if own or kind not in KERAS_FUNCTIONS:
            raise CannotError(f"{layer.name}: the activation {kind} is not supported")
        return self.pointwise(*KERAS_FUNCTIONS[kind], name or f"{layer.name}.{kind}", value)

    def drawn(self, layer: Any, weight: str, by: str = "") -> Named | None:
        """How a layer draws its weight of that name; None, and a gap, where torch has no such way."""
        initializer = getattr(layer, by or f"{weight}_initializer")
        found = initial_of_keras(initializer, tuple(getattr(layer, weight).shape))
        if found is None:
            kind = type(initializer).__name__
            self.differs(GapKind.WEIGHTS, f"the weights of {layer.name} are drawn by {kind}, which is not supported")
            return None
        return Named(*found)

    # what is no layer

    def rescaled(self, layer: Any, value: Value) -> Value:
        """Of the network's only input, which is recorded as rescaled already."""
        if not isinstance(layer.scale, (int, float)) or not isinstance(layer.offset, (int, float)):
            raise CannotError(f"{layer.name}: a Rescaling by several numbers is not supported")
        if any(made.type not in _SHAPING for made in self.spec.layers) or not all(
            _only_use(graph, node) for graph, node in self.way
        ):
            raise CannotError(f"{layer.name}: a Rescaling behind the first layer is not supported")
        scale, offset = self.rescaling
        self.rescaling = (scale * layer.scale, offset * layer.scale + layer.offset)
        return value

    def at_random(self, layer: Any, value: Value) -> Value:
        """What changes its inputs in training alone: a network that is evaluated goes without it."""
        config = layer.get_config()
        said = ", ".join(f"{key}={config[key]}" for key in _AT_RANDOM[type(layer).__name__] if config.get(key))
        why = f"in training {layer.name} changes values at random: {type(layer).__name__}({said})"
        self.differs(GapKind.AUGMENTATION, why)
        return value


def _rows(tensor: torch.Tensor, order: _Order) -> torch.Tensor:
    """A tensor whose first dimension stands in torch's order behind a Flatten of this shape."""
    if isinstance(order, bool):
        return tensor
    rest = tensor.shape[1:]
    return tensor.reshape(*order, *rest).movedim(2, 0).reshape(-1, *rest)


def _only_use(graph: Any, node: Any) -> bool:
    """Whether nothing else in a graph takes what a node is given, back to the graph's input."""
    nodes = [node for level in graph._nodes_by_depth.values() for node in level]
    while not node.is_input:
        tensor = node.input_tensors[0]
        if sum(any(taken is tensor for taken in user.input_tensors) for user in nodes) != 1:
            return False
        node = next(maker for maker in nodes if any(made is tensor for made in maker.output_tensors))
    return True


def _numbers(thing: object) -> list[tuple[str, float]]:
    return [(key, float(v)) for key, v in vars(thing).items() if isinstance(v, (int, float)) or hasattr(v, "item")]


_SHAPING = ("Flatten", "Unflatten")
_AT_RANDOM = {  # layers that do something in training alone: the settings that say what
    "GaussianNoise": ("stddev",),
    "GaussianDropout": ("rate",),
    "RandomBrightness": ("factor",),
    "RandomContrast": ("factor",),
    "RandomFlip": ("mode",),
    "RandomRotation": ("factor",),
    "RandomTranslation": ("height_factor", "width_factor"),
    "RandomZoom": ("height_factor", "width_factor"),
}
