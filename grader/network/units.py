"""Which layers of a network do anything, which of them make hidden units, and how many: from its wiring and shapes."""

import math
from collections.abc import Collection, Sequence

from grader.core.network import LayerSpec
from grader.core.record import Record
from grader.guest.layers import LAYERS

Shape = tuple[int, ...] | None
Wiring = Sequence[tuple[int, ...]]

_UNREACHED = "what it puts out reaches no output of the network"


class Units(Record):
    """What the layers of a network do, and its hidden units and layers.

    `idle` says of each layer why it does nothing, empty where it does something. `merged` are the positions of layers
    that are one linear map with the next ones, since nothing but affine operations stands between them.

    A Linear makes one unit for each value that it puts out for a sample. Where it works along one of several
    dimensions, fewer weights make these: `least_units` counts its out_features then, `hidden_units` its values.
    `most_units` counts the values of convolutions as well; one that has a single place is a Linear by another name.
    `made` holds by position how many of the `hidden_units` a layer makes. `hidden_layers` are the hidden Linears that
    aren't merged, `least_layers` those that stand one behind the other.
    """

    idle: tuple[str, ...]
    merged: frozenset[int]
    made: dict[int, int]
    hidden_units: int
    least_units: int
    most_units: int
    hidden_layers: int
    least_layers: int


def units_of(layers: Sequence[LayerSpec], wiring: Wiring, shapes: Sequence[Shape]) -> Units:
    """Of layers that are each fed from the positions `wiring`, with the shapes of their outputs where these are known.

    A layer whose output feeds no other Linear or convolution makes the network's outputs, unless what comes after it
    takes some of them together, as pooling does.
    """
    idle = _idle(layers, wiring)
    making = {p for p, layer in enumerate(layers) if LAYERS[layer.type].units and not idle[p]}
    affine = {p for p, layer in enumerate(layers) if LAYERS[layer.type].affine or idle[p]}
    feeding, merged = _feeding(wiring, {p for p in range(len(layers)) if idle[p] != _UNREACHED}, making, affine)
    outputs = math.prod(shapes[-1]) if shapes and shapes[-1] is not None else None
    hidden = [p for p in sorted(making) if p in feeding or _values(layers[p], shapes[p]) > (outputs or math.inf)]
    dense = [p for p in hidden if not LAYERS[layers[p].type].windowed or _has_one_place(shapes[p])]
    made = {p: _values(layers[p], shapes[p]) for p in dense}
    apart = [p for p in dense if p not in merged]
    return Units(
        idle=idle,
        merged=frozenset(merged & making),
        made=made,
        hidden_units=sum(made.values()),
        least_units=sum(_width(layers[p]) for p in dense),
        most_units=sum(_values(layers[p], shapes[p]) for p in hidden),
        hidden_layers=len(apart),
        least_layers=_longest(wiring, apart),
    )


def _idle(layers: Sequence[LayerSpec], wiring: Wiring) -> tuple[str, ...]:
    reached = {len(layers) - 1}
    for position in range(len(layers) - 1, -1, -1):
        if position in reached:
            reached.update(wiring[position])
    return tuple(
        LAYERS[layer.type].idle(layer.settings) if position in reached else _UNREACHED
        for position, layer in enumerate(layers)
    )


def _feeding(
    wiring: Wiring, reached: Collection[int], making: Collection[int], affine: Collection[int]
) -> tuple[set[int], set[int]]:
    """(positions whose output goes into one that makes units; those for which only affine operations are between)."""
    plain: set[int] = set()  # reaches one by affine operations alone
    bent: set[int] = set()  # reaches one through an operation that isn't
    for position in sorted(reached, reverse=True):  # what it feeds comes later, so that is known
        on = position in plain or position in bent
        for source in wiring[position]:
            if position in making or (position in affine and position in plain):
                plain.add(source)
            if position not in making and (position in bent or (on and position not in affine)):
                bent.add(source)
    return plain | bent, plain - bent


def _longest(wiring: Wiring, counted: Collection[int]) -> int:
    """The most of these that stand one behind the other."""
    behind = {-1: 0}
    for position, sources in enumerate(wiring):
        behind[position] = max((behind[source] for source in sources), default=0) + (position in counted)
    return max(behind.values())


def _width(layer: LayerSpec) -> int:
    size = layer.settings[LAYERS[layer.type].units or ""]
    assert isinstance(size, int)  # torch has built it
    return size


def _values(layer: LayerSpec, shape: Shape) -> int:
    """How many values it puts out for one sample; its width where that isn't known."""
    return _width(layer) if shape is None else math.prod(shape)


def _has_one_place(shape: Shape) -> bool:
    return shape is not None and math.prod(shape[1:]) == 1
