"""Normalisation of each sample over its last dimensions."""

from typing import Any

from ._keras_reader import KerasReader, Value, in_torch
from ._layer_type import CannotError, KerasForm, LayerType


def _read(reader: KerasReader, layer: Any, given: list[Value], shape: tuple[int, ...]) -> Value:
    """Of vectors and rows: of images Keras's normalises over the channels of one place, which torch's can't."""
    (value,) = given
    if list(layer.axis) not in ([-1], [len(value.shape)]) or len(value.shape) > 2:
        raise CannotError(f"{layer.name}: its axis is not supported")
    if layer.rms_scaling or (layer.center and not layer.scale):
        raise CannotError(f"{layer.name}: its rms_scaling, or its center without scale, is not supported")
    settings = {
        "normalized_shape": value.shape[-1:],
        "eps": layer.epsilon,
        "elementwise_affine": layer.scale,
        "bias": layer.center,
    }
    initial = {name: reader.drawn(layer, weight) for name, weight in _named(layer)}
    return reader.weighted(layer, "LayerNorm", settings, value, shape, initial, mixed=value.mixed, free=value.free)


def _named(layer: Any) -> list[tuple[str, str]]:
    """Torch's and Keras's name of each weight that it has."""
    return [("weight", "gamma")] * layer.scale + [("bias", "beta")] * layer.center


def _weights(layer: Any, rows: Any) -> dict[str, Any]:
    return {name: rows(in_torch(layer, weight)) for name, weight in _named(layer)}


ENTRIES = (
    LayerType(
        "LayerNorm",
        ("normalized_shape", "eps", "elementwise_affine", "bias"),
        keras={"LayerNormalization": KerasForm(_read, _weights)},
        drawn={"weight": "ones_", "bias": "zeros_"},
    ),
)
