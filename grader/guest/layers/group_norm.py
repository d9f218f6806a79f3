"""Normalisation of each sample over groups of its channels."""

from typing import Any

from ._keras_reader import KerasReader, Value, channel_axis, scale_and_shift, scale_and_shift_weights
from ._layer_type import CannotError, KerasForm, LayerType


def _read(reader: KerasReader, layer: Any, given: list[Value], shape: tuple[int, ...]) -> Value:
    (value,) = given
    axis = layer.axis if layer.axis > 0 else layer.axis + len(value.shape) + 1
    if axis != channel_axis(reader, value) or len(value.shape) not in (1, 3) or layer.center != layer.scale:
        raise CannotError(f"{layer.name}: its axis, or its scale without center, is not supported")
    if value.mixed:
        raise CannotError(f"{layer.name}: behind a Flatten its groups are others in torch's order")
    settings = {
        "num_groups": layer.groups,
        "num_channels": reader.channels(value),
        "eps": layer.epsilon,
        "affine": layer.scale,
    }
    return reader.weighted(layer, "GroupNorm", settings, value, shape, scale_and_shift(reader, layer))


ENTRIES = (
    LayerType(
        "GroupNorm",
        ("num_groups", "num_channels", "eps", "affine"),
        keras={"GroupNormalization": KerasForm(_read, scale_and_shift_weights)},
        drawn={"weight": "ones_", "bias": "zeros_"},
    ),
)
