"""Layers that move values about and compute nothing.

What torch's `view`, `reshape` and their like do depends on the graph around them: `describe/modules.py` reads them.
"""

import math
from typing import Any

from ._keras_reader import KerasReader, Value
from ._layer_type import CannotError, KerasForm, LayerType


def _flatten(reader: KerasReader, layer: Any, given: list[Value], shape: tuple[int, ...]) -> Value:
    (value,) = given
    mixed = value.shape if _reordered(reader, value.shape) else value.mixed
    return reader.plain("Flatten", {}, layer, value, shape)._replace(mixed=mixed)


def _reshape(reader: KerasReader, layer: Any, given: list[Value], shape: tuple[int, ...]) -> Value:
    (value,) = given
    if len(value.shape) > 1:
        value = _flatten(reader, layer, given, (math.prod(value.shape),))
    if len(shape) == 1:
        return value
    reordered = _reordered(reader, shape)
    if value.mixed or (reordered and not value.free):
        raise CannotError(f"{layer.name}: it mixes channels and places")
    reader.scrambled |= reordered
    sizes = {"dim": 1, "unflattened_size": tuple(reader.in_torch(shape))}
    return reader.plain("Unflatten", sizes, layer, value, shape)._replace(free=False)


def _reordered(reader: KerasReader, shape: tuple[int, ...]) -> bool:
    """Whether the values of an image of this shape stand in another order in torch."""
    return len(shape) == 3 and not reader.channels_first and shape[2] > 1 and shape[0] * shape[1] > 1


def _zero_padding(reader: KerasReader, layer: Any, given: list[Value], shape: tuple[int, ...]) -> Value:
    (top, bottom), (left, right) = layer.padding
    return reader.plain("ZeroPad2d", {"padding": (left, right, top, bottom)}, layer, given[0], shape)


ENTRIES = (
    LayerType("Flatten", ("start_dim", "end_dim"), keras={"Flatten": KerasForm(_flatten)}, affine=True),
    LayerType("Unflatten", ("dim", "unflattened_size"), keras={"Reshape": KerasForm(_reshape)}, affine=True),
    LayerType("ZeroPad2d", ("padding",), keras={"ZeroPadding2D": KerasForm(_zero_padding)}, affine=True),
    LayerType("Identity", affine=True),
)
