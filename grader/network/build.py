"""Builds the network that a model spec describes, from torch's own layers and nothing else."""

import torch
from torch import Tensor, nn

from grader.core.errors import SubmissionError
from grader.core.network import InitialSpec, LayerSpec, ModelSpec, Settings
from grader.guest.layers import INITIALS, LAYERS

_MAX_SIZE = 10**8


class Network(nn.Module):
    """The layers of a spec in its order, each fed from its inputs.

    Weights as torch initialises them, but for those of which the spec says how they are drawn.
    """

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        self.spec = spec
        self.wiring: list[tuple[int, ...]] = []
        for position, layer in enumerate(spec.layers):
            inputs = layer.inputs if layer.inputs is not None else (position - 1,)
            if not inputs or any(not -1 <= i < position for i in inputs):
                raise SubmissionError(f"takes its input from {list(inputs)}", where=_place(position, layer))
            if len(inputs) > 1 and not is_join(layer):
                raise SubmissionError(f"takes {len(inputs)} inputs", where=_place(position, layer))
            self.wiring.append(inputs)
            self.layers.append(self._layer(position, layer))

    def _layer(self, position: int, layer: LayerSpec) -> nn.Module:
        if layer.shares is not None:
            if not 0 <= layer.shares < position or type(self.layers[layer.shares]).__name__ != layer.type:
                raise SubmissionError(
                    f"shares weights with layer {layer.shares}, which is no earlier {layer.type}",
                    where=_place(position, layer),
                )
            return self.layers[layer.shares]
        where = _place(position, layer)
        module = build_layer(layer, where)
        for name, initial in layer.initial.items():
            _draw(module, name, initial, where)
        return module

    def named_weights(self) -> dict[str, nn.Parameter]:
        """Its parameters, each by its layer's position and its name there: `3.weight`; shared ones by their first."""
        return {name.removeprefix("layers."): parameter for name, parameter in self.named_parameters()}

    def apply_layer(self, position: int, fed: list[Tensor]) -> Tensor:
        """The output of one layer for its inputs."""
        layer = self.spec.layers[position]
        join = LAYERS[layer.type].join
        out = self.layers[position](fed[0]) if join is None else join(torch, fed, layer.settings)
        assert isinstance(out, Tensor)
        return out

    def forward(self, inputs: Tensor, layers: int | None = None) -> Tensor:
        """`inputs` is a batch; the output is that of the last layer, or of the last of the first `layers`."""
        values: dict[int, Tensor] = {-1: inputs}
        out = inputs
        for position, wires in enumerate(self.wiring[:layers]):
            out = self.apply_layer(position, [values[i] for i in wires])
            values[position] = out
        return out


def build(spec: ModelSpec, device: str = "cpu") -> Network:
    """The network on a device; `meta` allocates nothing.

    Raises SubmissionError naming the layer when one is unknown, has settings that torch refuses, or an absurd size.
    """
    if not spec.layers:
        raise SubmissionError("the network has no layers")
    with torch.device(device):
        return Network(spec)


def build_layer(layer: LayerSpec, where: str) -> nn.Module:
    """One layer of `torch.nn` from its settings; joins become Identity, since they hold no weights."""
    known = LAYERS.get(layer.type)
    if known is None:
        raise SubmissionError(f"{layer.type} is no layer that the grader knows", where=where)
    _check_settings(layer.type, layer.settings, known.settings, where)
    try:
        module = known.build(nn, dict(layer.settings))
    except (TypeError, ValueError, RuntimeError, ArithmeticError, AttributeError) as error:
        raise SubmissionError(f"{layer.type}: {error}", where=where) from error
    assert isinstance(module, nn.Module)
    return module


def _draw(module: nn.Module, name: str, initial: InitialSpec, where: str) -> None:
    """Draw one parameter anew as the spec says."""
    parameter = dict(module.named_parameters()).get(name)
    known = INITIALS.get(initial.type)
    if parameter is None:
        raise SubmissionError(f"has no parameter {name} to draw", where=where)
    if known is None:
        raise SubmissionError(f"{initial.type} is no way to draw weights that the grader knows", where=where)
    _check_settings(initial.type, initial.settings, known.settings, where)
    if known.most_weights is not None and parameter.numel() > known.most_weights:
        raise SubmissionError(f"{initial.type} of {parameter.numel():,} weights draws too many", where=where)
    try:
        with torch.no_grad():
            getattr(nn.init, initial.type)(parameter, **initial.settings)
    except (TypeError, ValueError, RuntimeError, ArithmeticError) as error:
        raise SubmissionError(f"{initial.type} of {name}: {error}", where=where) from error


def _check_settings(name: str, settings: Settings, allowed: tuple[str, ...], where: str) -> None:
    unknown = sorted(set(settings) - set(allowed))
    if unknown:
        raise SubmissionError(f"{name} has no setting {', '.join(unknown)}", where=where)
    for key, value in settings.items():
        numbers = value if isinstance(value, tuple) else (value,)
        if any(isinstance(n, int | float) and abs(n) > _MAX_SIZE for n in numbers):
            raise SubmissionError(f"{key}={value} is absurdly large", where=where)


def is_join(layer: LayerSpec) -> bool:
    """Whether it is an operation on several inputs, and no class of `torch.nn`."""
    return layer.type in LAYERS and LAYERS[layer.type].join is not None


def _place(position: int, layer: LayerSpec) -> str:
    return f"layer {position + 1} ({layer.name or layer.type})"
