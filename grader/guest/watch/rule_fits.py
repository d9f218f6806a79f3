"""The rule that an epoch loop follows, found by comparing what both do with made-up numbers."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..protocol import EpochRule, Watched
from ..rules import best_epoch, ends
from .epoch_loops import STOP, EpochLoop, Place, UnreadableError

_SEQUENCES = 24  # of each kind
_MOST_EPOCHS = 60  # of a sequence, where that is enough to see it end twice
_MOST_PATIENCE = 200
_MOST_SECONDS = 5.0  # of following one loop
_MOST_CANDIDATES = 8  # numbers of the notebook's that may be a margin, or what the first epoch has to beat
_MOST_MARGIN, _MOST_FIRST = 20.0, 1e6
_NOTHING = Watched("loss", "validation")  # what is watched is found elsewhere


def fit(loop: EpochLoop, target: Place, root: str) -> tuple[EpochRule, bool] | None:
    """(the rule, whether it is the same where epochs are exactly alike); None where no rule does what the loop does.

    Raises UnreadableError where the loop can't be followed.
    """
    counted = len(loop.counter or ())
    if not counted:
        return None
    loop.numbers.clear()
    runs = _Runs(loop, target, root)
    runs.of([0.5, 0.4][:counted])
    numbers = sorted(loop.numbers)
    patience = {better: _patience(runs, better, counted, target) for better in ("lower", "higher")}
    waited = max((waits for waits in patience.values() if waits is not None), default=0)
    if waited > _MOST_PATIENCE:
        return None
    epochs = min(counted, max(_MOST_EPOCHS, 2 * waited + 10))
    margins = [0.0, *(n for n in numbers if 0 < n <= _MOST_MARGIN)][:_MOST_CANDIDATES]
    firsts = [None, *(float(n) for n in numbers if 0 <= n < _MOST_FIRST)][:_MOST_CANDIDATES]
    starts = [0, *(int(n) + more for n in numbers if n == int(n) and 0 < n < epochs for more in (-1, 0, 1))]
    scales = sorted({*margins, *(first for first in firsts if first is not None)})
    smooth, even = list(_smooth(epochs, scales)), list(_even(epochs, scales))
    for better, start, first, margin in itertools.product(("lower", "higher"), dict.fromkeys(starts), firsts, margins):
        waits = patience[better]
        if target == STOP and waits is None:
            continue
        for wait in dict.fromkeys([waits, waits + 1, waits - start] if waits is not None else [None]):
            if wait is not None and wait < 1:
                continue
            rule = EpochRule(_NOTHING, better, margin, first=first, start=start, patience=wait)
            if not all(_same(rule, target, values, runs) for values in smooth):
                continue
            for ties in (False, True):
                exact = replace(rule, ties=ties)
                if all(_same(exact, target, values, runs) for values in (*even, *smooth)):
                    return exact, True
            return rule, False
    return None


class _Runs:
    """What the loop does with each sequence, followed once."""

    def __init__(self, loop: EpochLoop, target: Place, root: str) -> None:
        self.loop, self.target, self.root = loop, target, root
        self.known: dict[tuple[float, ...], list[bool]] = {}
        self.began = time.monotonic()

    def of(self, values: Sequence[float]) -> list[bool]:
        """After which epochs it happens."""
        if time.monotonic() - self.began > _MOST_SECONDS:
            raise UnreadableError("what decides takes too long to follow")
        key = tuple(values)
        if key not in self.known:
            self.known[key] = self.loop.follow(self.target, self.root, key)
        return self.known[key]


def _patience(runs: _Runs, better: str, epochs: int, target: Place) -> int | None:
    """After how many epochs that are worse than the first the loop ends; None where it doesn't."""
    if target != STOP:
        return None
    step = 0.5 / epochs if better == "lower" else -0.5 / epochs
    happened = runs.of([0.6 + step * epoch for epoch in range(epochs)])
    return len(happened) - 1 if happened[-1] else None


def _same(rule: EpochRule, target: Place, values: Sequence[float], runs: _Runs) -> bool:
    """Whether a rule does what the loop does."""
    happened = runs.of(values)
    if target == STOP:
        stopped = next((n for n in range(1, len(values) + 1) if ends(rule, values[:n])), None)
        return stopped == (len(happened) if happened[-1] else None)
    # Up to where something else ends the loop.
    best = [best_epoch(rule, values[: n + 1]) == n for n in range(len(happened))]
    return best == happened


def _smooth(epochs: int, numbers: Sequence[float]) -> Iterable[list[float]]:
    """Numbers as losses and accuracies are, no two of them alike: by steps about as large as any margin.

    They begin near those of the notebook's own numbers that the first epoch may have to beat.
    """
    draw = random.Random(0)  # noqa: S311  # no secret
    sizes = [0.003, 0.05, 0.5, *(3 * number for number in numbers if number)]
    for number, size in enumerate(sizes * max(_SEQUENCES // len(sizes), 2)):
        near, down = draw.choice([1.0, 1.0, *numbers]), draw.uniform(0.1, 0.9)
        value = near + draw.uniform(-1, 1) * max(size, 0.3 * near)
        values = []
        for _ in range(epochs if number % 4 == 0 else min(epochs, 12)):
            value += size * draw.uniform(0.01, 1) * (-1 if draw.random() < down else 1)
            value = abs(value) or size
            values.append(value)
        yield values


def _even(epochs: int, numbers: Sequence[float]) -> Iterable[list[float]]:
    """Numbers of which many are alike, in steps that add up exactly."""
    draw = random.Random(1)  # noqa: S311  # no secret
    sizes = [1 / 8, *(number for number in numbers if number)]
    for _ in range(_SEQUENCES):
        size = draw.choice(sizes)
        yield [draw.randint(1, 6) * size for _ in range(min(epochs, 14))]
