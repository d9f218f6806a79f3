"""Schedules of Keras's optimisers that torch has none like: the rate of each step is asked for."""

from __future__ import annotations

from typing import Any

_MOST_STEPS = 20_000


class KerasRates:
    """A schedule of Keras's own, which gives a rate by the number of the step alone."""

    def __init__(self, rate: Any) -> None:
        self.rate = rate
        self.known: list[float] = []
        self.first = self.at(0) or 1.0

    def at(self, step: int) -> float:
        """The rate of one step."""
        return float(self.rate(step))

    def factors(self, count: int) -> list[float]:
        """The first rates, over `first`; none where these are too many."""
        if count > _MOST_STEPS:
            return []
        self.known += [self.at(step) / self.first for step in range(len(self.known), count)]
        return self.known[:count]
