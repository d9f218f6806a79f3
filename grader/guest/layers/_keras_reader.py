"""What entries see of the Keras network that is read, and what they may ask of its reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol


class Value(NamedTuple):
    """An intermediate result: which layer made it, and its shape of one sample as Keras has it.

    `mixed`: a vector whose entries stand in another order here: the shape that was laid flat, True where several were.
    `free`: a vector whose entries could stand in any order, since a Dense layer made them.
    """

    position: int
    shape: tuple[int, ...]
    mixed: tuple[int, ...] | bool = False
    free: bool = False


class KerasReader(Protocol):
    """Writes layers of torch's down while it walks through a network of Keras's."""

    torch: Any
    channels_first: bool  # whether Keras too has channels first
    scrambled: bool  # whether outputs of a layer with weights would have to be put in order too

    def layer(self, kind: str, settings: dict[str, Any], name: str, inputs: list[int]) -> int:
        """Write one layer down; its position."""

    def plain(self, kind: str, settings: dict[str, Any], layer: Any, value: Value, shape: tuple[int, ...]) -> Value:
        """Write a layer without weights down, named as Keras's; what is said of its input's order stays true."""

    def pointwise(self, kind: str, settings: dict[str, Any], name: str, value: Value) -> Value:
        """Write an activation down; one with a `dim` works on the channels, as all of Keras's do."""

    def weighted(
        self,
        layer: Any,
        kind: str,
        settings: dict[str, Any],
        value: Value,
        shape: tuple[int, ...],
        initial: dict[str, Any],
        *,
        mixed: tuple[int, ...] | bool = False,
        free: bool = False,
    ) -> Value:
        """Write a layer with weights down, drawn as `initial` says; a second call of it shares them."""

    def drawn(self, layer: Any, weight: str, by: str = "") -> Any:
        """How a layer draws its weight of that name: by its initialiser `by`, `<weight>_initializer` where empty."""

    def applied(self, layer: Any, value: Value, name: str = "") -> Value:
        """Write down the activation that a layer has as its argument."""

    def channels(self, value: Value) -> int:
        """How many channels, or entries of a vector."""

    def places(self, value: Value) -> tuple[int, ...]:
        """Height and width."""

    def in_torch(self, shape: tuple[int, ...]) -> list[int]:
        """A shape of one sample as torch has it."""


def in_torch(layer: Any, weight: str) -> Any:
    """A Keras layer's weight as a tensor of torch's."""
    held = getattr(layer, weight)
    return getattr(held, "value", held).detach()


def scale_and_shift(reader: KerasReader, layer: Any) -> dict[str, Any]:
    """How a normalisation's gamma and beta are drawn."""
    if not layer.scale:
        return {}
    return {"weight": reader.drawn(layer, "gamma"), "bias": reader.drawn(layer, "beta")}


def scale_and_shift_weights(layer: Any, rows: Callable[[Any], Any]) -> dict[str, Any]:
    """A normalisation's gamma and beta by torch's names."""
    if not layer.scale:
        return {}
    return {"weight": rows(in_torch(layer, "gamma")), "bias": rows(in_torch(layer, "beta"))}


def channel_axis(reader: KerasReader, value: Value) -> int:
    """Which axis holds a value's channels, the batch being the first."""
    return 1 if reader.channels_first or len(value.shape) == 1 else len(value.shape)


def same_padding(length: int, reach: int, stride: int) -> tuple[int, int]:
    """Zeros before and after, as Keras pads for an output of length / stride."""
    total = max((-(-length // stride) - 1) * stride + reach - length, 0)
    return total // 2, total - total // 2
