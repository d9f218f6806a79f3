"""Probabilities, or their logarithms, of the entries along one dimension."""

from typing import Any

from ._layer_type import CompiledOp, FunctionForm, LayerType, Settings, keras_activation

_FUNCTION = FunctionForm(("dim", "_stacklevel", "dtype"), refused=("dtype",), ignored=("_stacklevel",))


def _of_vectors(kind: str) -> Any:
    """Without a dimension torch takes this one for a batch of vectors, with a warning."""

    def make(nn: Any, settings: Settings) -> Any:
        return getattr(nn, kind)(dim=1 if settings.get("dim") is None else settings["dim"])

    return make


ENTRIES = (
    LayerType(
        "Softmax",
        ("dim",),
        make=_of_vectors("Softmax"),
        functions={"softmax": _FUNCTION},
        keras={"Softmax": keras_activation(lambda layer: ("Softmax", {}) if layer.axis in (-1, [-1]) else None)},
        keras_functions={"softmax": {}},
        compiled=CompiledOp.SOFTMAX,
    ),
    LayerType(
        "LogSoftmax",
        ("dim",),
        make=_of_vectors("LogSoftmax"),
        functions={"log_softmax": _FUNCTION},
        keras_functions={"log_softmax": {}},
        compiled=CompiledOp.LOG_SOFTMAX,
    ),
)
