"""The ways to draw weights that a model spec may name: functions of `torch.nn.init`, and which of Keras's they are."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

_GAIN = ("a", "mode", "nonlinearity")
_CUT_DEVIATION = 0.87962566103423978  # of a standard normal cut at two
Drawn = tuple[str, dict[str, Any]]  # a way by its name, and its settings


@dataclass(frozen=True)
class Initial:
    """A function of `torch.nn.init`: the settings that it may be given, and how many weights it may draw at most."""

    settings: tuple[str, ...] = ()
    most_weights: int | None = None


INITIALS: Final = {
    "uniform_": Initial(("a", "b")),
    "normal_": Initial(("mean", "std")),
    "trunc_normal_": Initial(("mean", "std", "a", "b")),
    "constant_": Initial(("val",)),
    "zeros_": Initial(),
    "ones_": Initial(),
    "eye_": Initial(),
    "xavier_uniform_": Initial(("gain",)),
    "xavier_normal_": Initial(("gain",)),
    "kaiming_uniform_": Initial(_GAIN),
    "kaiming_normal_": Initial(_GAIN),
    "orthogonal_": Initial(("gain",), most_weights=4 * 10**6),  # drawing them decomposes a matrix
}


def initial_of_keras(initializer: Any, shape: tuple[int, ...]) -> Drawn | None:
    """What one of Keras's own initialisers is, for weights of this shape in Keras's order; None where there is none."""
    if not type(initializer).__module__.startswith("keras."):
        return None
    way = _KERAS.get(type(initializer).__name__, lambda _: None)
    found = _scaled(initializer, shape) if hasattr(initializer, "distribution") else way(initializer)
    if found is None:
        return None
    name, settings = found
    return name, {k: float(f"{v:.9g}") if isinstance(v, float) else v for k, v in settings.items()}


def _scaled(initializer: Any, shape: tuple[int, ...]) -> Drawn:
    """Glorot's, He's and LeCun's ways: a variance over the number of inputs, outputs or their mean."""
    around = math.prod(shape[:-2])
    inputs, outputs = around * shape[-min(len(shape), 2)], around * shape[-1]  # of a unit, as Keras counts them
    fan = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2}[initializer.mode]
    variance = initializer.scale / max(1.0, fan)
    if initializer.distribution == "uniform":
        if type(initializer).__name__ == "GlorotUniform":
            return "xavier_uniform_", {}
        if type(initializer).__name__ == "HeUniform":
            return "kaiming_uniform_", {"nonlinearity": "relu"}
        limit = math.sqrt(3 * variance)
        return "uniform_", {"a": -limit, "b": limit}
    if initializer.distribution == "untruncated_normal":
        return "normal_", {"mean": 0.0, "std": math.sqrt(variance)}
    return _truncated(0.0, math.sqrt(variance) / _CUT_DEVIATION)


def _truncated(mean: float, deviation: float) -> Drawn:
    return "trunc_normal_", {"mean": mean, "std": deviation, "a": mean - 2 * deviation, "b": mean + 2 * deviation}


_KERAS: dict[str, Callable[[Any], Drawn | None]] = {
    "Zeros": lambda _: ("zeros_", {}),
    "Ones": lambda _: ("ones_", {}),
    "Constant": lambda of: ("constant_", {"val": float(of.value)}) if isinstance(of.value, (int, float)) else None,
    "RandomNormal": lambda of: ("normal_", {"mean": float(of.mean), "std": float(of.stddev)}),
    "RandomUniform": lambda of: ("uniform_", {"a": float(of.minval), "b": float(of.maxval)}),
    "TruncatedNormal": lambda of: _truncated(float(of.mean), float(of.stddev)),
    "Orthogonal": lambda of: ("orthogonal_", {"gain": float(of.gain)}),
}
