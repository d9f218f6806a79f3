"""What a ReduceLROnPlateau looks at: a number of the training's own batches, told by what it was in each epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..protocol import Watched

if TYPE_CHECKING:
    from .loaders import Loop

_SAME = 3e-6  # relative: sums in float32, and less than one sample in sixty thousand
_LAST = "last"  # batch of an epoch, which nothing can follow
_UNKNOWN = "what it looks at is not the mean loss of its training batches, as far as can be told"


@dataclass
class EpochLoss:
    """The losses of one loop over a loader: of each batch, and how many samples it had."""

    loop: Loop
    losses: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def add(self, loss: float, count: int) -> None:
        """One batch's."""
        self.losses.append(loss)
        self.counts.append(count)

    def ways(self, samples: int, drawn: int) -> Iterator[tuple[float, Watched]]:
        """Each number that a notebook makes of them here, and what it is where nothing is cut.

        Of so many samples `drawn` are in batches.
        """
        batches = self.loop.total() or 0
        by_batch, by_sample = sum(self.losses), math.fsum(x * n for x, n in zip(self.losses, self.counts))

        def way(each: str, scale: float) -> Watched:
            return Watched("loss", "training", each, scale=scale)

        yield by_batch / len(self.losses), way("batch", 1.0)
        yield by_batch / batches, way("batch", 1.0)
        yield by_batch, way("batch", float(batches))
        yield by_batch / samples, way("batch", batches / samples)
        yield by_sample / sum(self.counts), way("sample", 1.0)
        yield by_sample / samples, way("sample", drawn / samples)
        yield by_sample, way("sample", float(drawn))
        yield self.losses[-1], way(_LAST, 1.0)


class Losses:
    """The losses of each epoch of a training, and what its schedule was given after each."""

    def __init__(self) -> None:
        self.epochs: list[EpochLoss] = []
        self.given: list[tuple[int, float]] = []  # (how many epochs there were, the number)

    def add(self, loop: Loop | None, loss: float, count: int) -> None:
        """A batch that was trained on in this loop."""
        if loop is None:
            return
        if not self.epochs or self.epochs[-1].loop is not loop:
            self.epochs.append(EpochLoss(loop))
        self.epochs[-1].add(loss, count)

    def schedule_given(self, number: float) -> None:
        """The schedule is stepped with this number."""
        self.given.append((len(self.epochs), number))

    def watched(self) -> tuple[Watched | None, str]:
        """(what the numbers are, why that isn't known or nothing)."""
        if [count for count, _ in self.given] not in (
            [*range(1, len(self.epochs) + 1)],
            [*range(1, len(self.epochs))],  # before it ends, or without the last
        ):
            return None, "it is not stepped once after each epoch"
        found: list[Watched] | None = None
        alike = True  # whether each batch has as many samples, so that their mean is that of the samples
        for epoch, (_, number) in zip(self.epochs, self.given):
            total, size, samples = epoch.loop.total(), epoch.loop.loader.batch_size, _samples(epoch.loop)
            if not total or not size or not samples:
                return None, _UNKNOWN
            drawn = total * size if epoch.loop.loader.drop_last else samples
            alike &= drawn % size == 0
            fits = [way for value, way in epoch.ways(samples, drawn) if math.isclose(value, number, rel_tol=_SAME)]
            found = fits if found is None else [way for way in found if way in fits]
        kinds = {way.scale if alike and way.each != _LAST else (way.each, way.scale) for way in found or ()}
        if not found or len(kinds) > 1 or found[0].each == _LAST:
            return None, _UNKNOWN
        return found[0], ""


def _samples(loop: Loop) -> int | None:
    """How many samples an epoch has."""
    try:
        return len(loop.loader.sampler)  # type: ignore[arg-type]  # one without a length raises
    except TypeError:
        return None
