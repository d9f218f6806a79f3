"""Marks that honest trainings don't leave on the weights that a notebook hands over."""

import numpy as np
import pytest

from grader.core.evidence import Lane
from grader.training.doubts import SKETCH, Replayed, doubts, sketch

TRUTH = np.random.default_rng(1).integers(0, 10, 2000).astype(np.uint8)


def run(number, wrong, *, learned=0.98, at=None, start=None, from_=None):
    """A run that gets the first samples of its own order wrong; weights at random unless they are given."""
    drawn = np.random.default_rng(100 + number)
    first = drawn.normal(size=SKETCH).astype(np.float32) if start is None else start
    last = first + drawn.normal(size=SKETCH).astype(np.float32) if at is None else at
    order = np.random.default_rng(from_ if from_ is not None else number).permutation(len(TRUTH))
    predicted = TRUTH.copy()
    predicted[order[: int(wrong * len(TRUTH))]] = 10
    lane = Lane(seed=number, accuracy=float((predicted == TRUTH).mean()), curve=(), seconds=1)
    return Replayed(lane=lane, learned=learned, predicted=predicted, first=first, last=last)


def lanes(*accuracies):
    return [Lane(seed=0, accuracy=accuracy, curve=(), seconds=1) for accuracy in accuracies]


LAST = np.ones(SKETCH, np.float32)
# name: (runs, the nearest recipe's lanes, hidden layers, a part of what is said or "" for nothing)
CASES = {
    "honest runs": ([run(n, 0.02) for n in range(3)], lanes(0.975, 0.974), 1, ""),
    "honest runs without a nearest recipe": ([run(n, 0.02) for n in range(3)], [], 1, ""),
    "better than the nearest, as augmentation makes it": ([run(n, 0.015) for n in range(3)], lanes(0.975), 1, ""),
    "right on every test image": ([run(n, 0.0, learned=0.95) for n in range(2)], [], 1, "the test images"),
    "far fewer errors than the nearest": ([run(n, 0.005) for n in range(2)], lanes(0.97, 0.975), 1, "are fewer than"),
    "the same mistakes": ([run(n, 0.02, from_=7) for n in range(2)], [], 1, "the same mistakes"),
    "the same weights but for a little": (
        [run(0, 0.02, at=LAST), run(1, 0.02, at=LAST + np.float32(0.01))],
        [],
        1,
        "ended nearly the same",
    ),
    "the same weights where all trainings end alike": (
        [run(0, 0.02, at=LAST), run(1, 0.02, at=LAST + np.float32(0.01))],
        [],
        0,
        "",
    ),
    "one run alone": ([run(0, 0.02)], lanes(0.97), 1, ""),
    "nothing": ([], [], 1, ""),
}


@pytest.mark.parametrize("name", CASES)
def test_what_speaks_against_weights(name):
    runs, nearest, hidden, said = CASES[name]
    found = doubts(runs, nearest, hidden_layers=hidden)
    assert said in "; ".join(found) if said else found == ()


def test_a_sketch_keeps_distances():
    drawn = np.random.default_rng(0)
    one, other = (drawn.normal(size=20_000).astype(np.float32) for _ in range(2))
    far, near = np.linalg.norm(sketch(one) - sketch(other)), np.linalg.norm(sketch(one) - sketch(one + 1e-3 * other))
    assert far == pytest.approx(np.linalg.norm(one - other), rel=0.2)
    assert near == pytest.approx(1e-3 * np.linalg.norm(other), rel=0.2)
