"""Operations on several values, which are no classes of `torch.nn`."""

import functools
from collections.abc import Sequence
from typing import Any

from ._keras_reader import KerasReader, Value
from ._layer_type import Arguments, CannotError, FunctionForm, KerasForm, LayerType, Settings


def _sum(torch: Any, inputs: Sequence[Any], settings: Settings) -> Any:
    return functools.reduce(torch.add, inputs)


def _cat(torch: Any, inputs: Sequence[Any], settings: Settings) -> Any:
    dim = settings.get("dim", 1)
    return torch.cat(inputs, dim if isinstance(dim, int) else 1)


def _addition(given: Arguments) -> tuple[str, Settings]:
    if given:
        raise CannotError("an addition with a factor is not supported")
    return "Add", {}


def _concatenation(given: Arguments) -> tuple[str, Settings]:
    return "Cat", {"dim": given.get("dim", 0)}


def _read_add(reader: KerasReader, layer: Any, given: list[Value], shape: tuple[int, ...]) -> Value:
    if len({value.shape for value in given}) > 1 or any(value.mixed for value in given) or len(given) < 2:
        raise CannotError(f"{layer.name}: this addition is not supported")
    return Value(reader.layer("Add", {}, layer.name, [value.position for value in given]), shape)


def _read_concatenate(reader: KerasReader, layer: Any, given: list[Value], shape: tuple[int, ...]) -> Value:
    rank = len(shape) + 1
    axis = layer.axis if layer.axis >= 0 else layer.axis + rank
    dim = {1: 2, 2: 3, 3: 1}[axis] if rank == 4 and not reader.channels_first else axis
    position = reader.layer("Cat", {"dim": dim}, layer.name, [value.position for value in given])
    return Value(position, shape, any(value.mixed for value in given))


ENTRIES = (
    LayerType(
        "Add",
        join=_sum,
        affine=True,
        functions=dict.fromkeys(("add", "add_"), FunctionForm(("alpha",), inputs=("input", "other"), read=_addition)),
        keras={"Add": KerasForm(_read_add)},
    ),
    LayerType(
        "Cat",
        ("dim",),
        join=_cat,
        affine=True,
        functions=dict.fromkeys(
            ("cat", "concat", "concatenate"), FunctionForm(("dim",), inputs=("tensors",), read=_concatenation)
        ),
        keras={"Concatenate": KerasForm(_read_concatenate)},
    ),
)
