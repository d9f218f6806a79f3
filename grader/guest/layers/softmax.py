"""Probabilities, or their logarithms, of the entries along one dimension."""

from typing import Any

from ._layer_type import CompiledOp, FunctionForm, LayerType, Settings, keras_activation

_FUNCTION = FunctionForm(("dim", "_stacklevel", "dtype"), refused=("dtype",), ignored=("_stacklevel",))


def _of_vectors(kind: str) -> Any:
    """Without a dimension torch takes this one for a batch of vectors, with a warning."""

    def make(nn: Any, settings: Settings) -> Any:
        return getattr(nn, kind)(dim=1 if settings.get("dim") is None else settings["dim"])

    return make


def _over_the_batch(given: Settings) -> str:
    return "it is taken over the samples of a batch, not over the classes" if given.get("dim") == 0 else ""


ENTRIES = (
    LayerType(
        "Softmax",
        ("dim",),
        make=_of_vectors("Softmax"),
        functions={"softmax": _FUNCTION},
        keras={"Softmax": keras_activation(lambda layer: ("Softmax", {}) if layer.axis in (-1, [-1]) else None)},
        keras_functions={"softmax": {}},
        idle=_over_the_batch,
        compiled=CompiledOp.SOFTMAX,
    ),
    LayerType(
        "LogSoftmax",
        ("dim",),
        make=_of_vectors("LogSoftmax"),
        functions={"log_softmax": _FUNCTION},
        keras_functions={"log_softmax": {}},
        idle=_over_the_batch,
        compiled=CompiledOp.LOG_SOFTMAX,
    ),
)
