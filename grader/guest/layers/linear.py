"""A layer whose units see all of their inputs."""

from typing import Any

from ._keras_reader import KerasReader, Value, in_torch
from ._layer_type import CannotError, CompiledOp, KerasForm, LayerType


def _dense(reader: KerasReader, layer: Any, given: list[Value], shape: tuple[int, ...]) -> Value:
    (value,) = given
    if len(value.shape) > 2:
        raise CannotError(f"{layer.name}: a Dense layer over the channels of an image is not supported")
    settings = {"in_features": value.shape[-1], "out_features": layer.units, "bias": layer.use_bias}
    initial = {"weight": reader.drawn(layer, "kernel")}
    if layer.use_bias:
        initial["bias"] = reader.drawn(layer, "bias")
    made = reader.weighted(layer, "Linear", settings, value, shape, initial, free=len(shape) == 1)
    return reader.applied(layer, made)


def _weights(layer: Any, rows: Any) -> dict[str, Any]:
    found = {"weight": rows(in_torch(layer, "kernel")).T}
    return {**found, "bias": in_torch(layer, "bias")} if layer.use_bias else found


ENTRIES = (
    LayerType(
        "Linear",
        ("in_features", "out_features", "bias"),
        keras={"Dense": KerasForm(_dense, _weights)},
        units="out_features",
        affine=True,
        compiled=CompiledOp.LINEAR,
    ),
)
