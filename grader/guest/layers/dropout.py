"""Layers that set values to zero at random while they train."""

from typing import Any

from ._keras_reader import KerasReader, Value
from ._layer_type import Arguments, CannotError, CompiledOp, FunctionForm, KerasForm, LayerType, Settings

_LEAST = 1e-3  # of the values; below that it is there in name alone


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


def _idle(given: Settings) -> str:
    p = given.get("p", 0.5)
    return f"p={p:g} drops nothing to speak of" if p < _LEAST else ""


ENTRIES = (
    LayerType(
        "Dropout",
        ("p",),
        functions={"dropout": _function("Dropout")},
        keras={"Dropout": _form("Dropout")},
        affine=True,
        differs_in_evaluation=True,
        idle=_idle,
        compiled=CompiledOp.DROPOUT,
        compiled_value="p",
    ),
    LayerType("Dropout1d", ("p",), affine=True, differs_in_evaluation=True, idle=_idle),
    LayerType(
        "Dropout2d",
        ("p",),
        functions={"dropout2d": _function("Dropout2d")},
        keras={"SpatialDropout2D": _form("Dropout2d")},
        affine=True,
        differs_in_evaluation=True,
        idle=_idle,
    ),
    LayerType(
        "AlphaDropout",
        ("p",),
        keras={"AlphaDropout": _form("AlphaDropout")},
        affine=True,
        differs_in_evaluation=True,
        idle=_idle,
    ),
)
