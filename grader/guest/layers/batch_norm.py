"""Normalisation of each channel over the samples of a batch."""

from typing import Any

from ._keras_reader import (
    KerasReader,
    Value,
    channel_axis,
    in_torch,
    scale_and_shift,
    scale_and_shift_weights,
)
from ._layer_type import CannotError, KerasForm, LayerType


def _read(reader: KerasReader, layer: Any, given: list[Value], shape: tuple[int, ...]) -> Value:
    (value,) = given
    axis = layer.axis[0] if isinstance(layer.axis, list | tuple) else layer.axis
    axis = axis if axis > 0 else axis + len(value.shape) + 1
    if axis != channel_axis(reader, value) or len(value.shape) not in (1, 3) or layer.center != layer.scale:
        raise CannotError(f"{layer.name}: its axis, or its scale without center, is not supported")
    settings = {
        "num_features": reader.channels(value),
        "eps": layer.epsilon,
        "momentum": float(f"{1 - layer.momentum:.9g}"),  # torch's is the new batch's part, Keras's the old ones'
        "affine": layer.scale,
    }
    kind = "BatchNorm1d" if len(value.shape) == 1 else "BatchNorm2d"
    initial = scale_and_shift(reader, layer)
    return reader.weighted(layer, kind, settings, value, shape, initial, mixed=value.mixed, free=value.free)


def _weights(layer: Any, rows: Any) -> dict[str, Any]:
    mean, variance = rows(in_torch(layer, "moving_mean")), rows(in_torch(layer, "moving_variance"))
    return {
        "running_mean": mean,
        "running_var": variance,
        **scale_and_shift_weights(layer, rows),
        "num_batches_tracked": mean.new_zeros(()).long(),
    }


def _batch_norm(kind: str, keras: dict[str, KerasForm]) -> LayerType:
    return LayerType(
        kind,
        ("num_features", "eps", "momentum", "affine", "track_running_stats"),
        keras=keras,
        drawn={"weight": "ones_", "bias": "zeros_"},
        affine=True,
        differs_in_evaluation=True,
    )


ENTRIES = (
    _batch_norm("BatchNorm1d", {}),
    _batch_norm("BatchNorm2d", {"BatchNormalization": KerasForm(_read, _weights)}),  # of vectors, the one above
)
