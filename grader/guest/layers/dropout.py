"""Layers that set values to zero at random while they train."""

from typing import Any

from ._keras_reader import KerasReader, Value
from ._layer_type import Arguments, CannotError, CompiledOp, FunctionForm, KerasForm, LayerType, Settings


def _function(kind: str) -> FunctionForm:
    def read(given: Arguments) -> tuple[str, Settings]:
        return (kind, given) if given.pop("training", True) else ("Identity", {})

    return FunctionForm(("p", "training", "inplace"), read=read)


def _form(kind: str) -> KerasForm:
    def read(reader: KerasReader, layer: Any, given: list[Value], shape: tuple[int, ...]) -> Value:
        if getattr(layer, "noise_shape", None) is not None:
            raise CannotError(f"{layer.name}: a noise_shape is not supported")
        return reader.plain(kind, {"p": layer.rate}, layer, given[0], shape)

    return KerasForm(read)


ENTRIES = (
    LayerType(
        "Dropout",
        ("p",),
        functions={"dropout": _function("Dropout")},
        keras={"Dropout": _form("Dropout")},
        differs_in_evaluation=True,
        compiled=CompiledOp.DROPOUT,
        compiled_value="p",
    ),
    LayerType("Dropout1d", ("p",), differs_in_evaluation=True),
    LayerType(
        "Dropout2d",
        ("p",),
        functions={"dropout2d": _function("Dropout2d")},
        keras={"SpatialDropout2D": _form("Dropout2d")},
        differs_in_evaluation=True,
    ),
    LayerType("AlphaDropout", ("p",), keras={"AlphaDropout": _form("AlphaDropout")}, differs_in_evaluation=True),
)
