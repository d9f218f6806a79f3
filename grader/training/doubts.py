"""What speaks against weights that a notebook handed over: marks that honest trainings don't leave. Pure."""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grader.core.evidence import Lane
from grader.core.record import Record

BETTER_ON_TEST = 0.03
"""How much better than on the training split a network is at most on the test split, which it never saw."""
LEAST_DIFFERENT = 0.05
"""How often the predictions of two trainings differ at least, as a share of the samples that either gets wrong."""
LEAST_APART = 0.3
"""How far the weights of two trainings end from each other at least, as a multiple of how far training moved them."""
MOST_BETTER = 0.4
"""What share of the nearest recipe's errors the notebook's own runs make at least."""

SKETCH = 256
"""Numbers that stand for a network's weights: distances between these are right to a few per cent."""

Vector = NDArray[np.float32]


class Replayed(Record):
    """One full run's network as the host scored it: its lane, and what tells it from that of another run.

    `learned` is its accuracy on the training split, `predicted` holds the class of each sample of the test split;
    `first` and `last` are sketches of its weights before the first step and at the end.
    """

    model_config = {"arbitrary_types_allowed": True, "frozen": True}

    lane: Lane
    learned: float
    predicted: NDArray[np.uint8]
    first: Vector
    last: Vector


def sketch(weights: Vector) -> Vector:
    """A random projection of weights (N,) to (SKETCH,), always the same for the same N, that keeps distances.

    A count sketch: Charikar, Chen and Farach-Colton, Finding frequent items in data streams, 2002.
    """
    drawn = np.random.default_rng(0)
    places, signs = drawn.integers(0, SKETCH, len(weights)), drawn.choice((-1.0, 1.0), len(weights))
    return np.bincount(places, weights * signs, SKETCH).astype(np.float32)


def doubts(runs: Sequence[Replayed], nearest: Sequence[Lane], *, hidden_layers: int) -> tuple[str, ...]:
    """Why these runs look like none that were trained as declared; empty where nothing speaks against them.

    `nearest` are trainings of the nearest recipe that the host can follow itself. Without `hidden_layers` there is one
    best network, which all trainings approach: then nearness says nothing.
    """
    found = []
    for run in runs:
        if run.lane.accuracy - run.learned > BETTER_ON_TEST:
            found.append(
                f"one run is right on {run.lane.accuracy:.4f} of the test images and on {run.learned:.4f} of the "
                "training images, as a network that was trained on the test images would be"
            )
            break
    if hidden_layers:
        found += _alike(runs)
    if nearest and runs:
        ours, theirs = (1 - np.mean([lane.accuracy for lane in lanes]) for lanes in (nearest, [r.lane for r in runs]))
        if theirs < MOST_BETTER * ours:
            found.append(
                f"its errors ({theirs:.2%}) are fewer than {MOST_BETTER:.0%} of those that the network makes when the "
                f"grader trains it by the nearest recipe ({ours:.2%})"
            )
    return tuple(found)


def _alike(runs: Sequence[Replayed]) -> list[str]:
    """What pairs of runs have in common that seeds would have told apart."""
    found = []
    pairs = list(itertools.combinations(runs, 2))
    wrong = [2 - a.lane.accuracy - b.lane.accuracy for a, b in pairs]
    differ = [float(np.mean(a.predicted != b.predicted)) for a, b in pairs]
    if any(d < LEAST_DIFFERENT * w for d, w in zip(differ, wrong, strict=True)):
        found.append("two runs under different seeds make nearly the same mistakes")
    for a, b in pairs:
        moved = max(np.linalg.norm(a.last - a.first), np.linalg.norm(b.last - b.first))
        if np.linalg.norm(a.last - b.last) < LEAST_APART * moved:
            found.append("the weights of two runs under different seeds ended nearly the same")
            break
    return found
