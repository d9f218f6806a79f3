"""Cases of layers as `tests/guest/layers/` states them: what is written, and the layers that it must be read as."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Layers = list[tuple[str, dict[str, Any]]]  # types with their settings, in the order of the spec


@dataclass(frozen=True)
class Module:
    """A module of torch's; its spec is one layer of its type, which prints as it does."""

    shape: tuple[int, ...]  # of one sample
    module: Any
    parameters: int = 0


@dataclass(frozen=True)
class Function:
    """A forward pass in functions of torch's, or what must be said of it where it can't be read."""

    shape: tuple[int, ...]
    forward: Callable[[Any], Any]
    layers: Layers = field(default_factory=list)
    said: str = ""


@dataclass(frozen=True)
class Keras:
    """What Keras makes of an input: `call` takes (keras, the input) and gives the output.

    `initial` names how weights are drawn where that isn't torch's own way.
    """

    shape: tuple[int, ...]  # of one sample, as Keras has it
    call: Callable[[Any, Any], Any]
    layers: Layers = field(default_factory=list)
    parameters: int = 0
    initial: dict[str, str] = field(default_factory=dict)
    said: str = ""
