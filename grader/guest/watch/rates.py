"""Learning rates that a notebook sets by hand, from epoch to epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import source_loops, source_rates

if TYPE_CHECKING:
    import torch

_MOST_RATES = 20_000


class Rates:
    """The rates of one optimiser's groups at each step, and whether the notebook itself changed them."""

    def __init__(self) -> None:
        self.by_hand = False
        self.files = source_loops.files()
        self.seen: dict[int, set[tuple[float, ...]]] = {}  # number of a loop -> the rates of its steps
        self.outside = False  # whether a step was taken in no loop over a loader

    def look(self, optimizer: torch.optim.Optimizer, loop: int | None) -> None:
        """A step is taken, in the loop of this number."""
        rates = tuple(float(group["lr"]) for group in optimizer.param_groups)
        if loop is None:
            self.outside = True
        else:
            self.seen.setdefault(loop, set()).add(rates)

    def written(self) -> tuple[list[list[float]], str]:
        """(the rates of each epoch where they were set by hand, why these aren't known or nothing).

        What a shortened training shows of them is what the whole one has only where nothing measured decides.
        """
        if not self.by_hand:
            return [], _MEASURED if source_rates.follow_epochs(self.files) is False else ""
        if self.outside or any(len(rates) > 1 for rates in self.seen.values()):
            return [], "the learning rate is changed by hand within an epoch"
        if sum(len(rates) for (rates,) in self.seen.values()) > _MOST_RATES:
            return [], "the learning rate is changed by hand"
        if not source_rates.follow_epochs():
            return [], _MEASURED
        return [list(rates) for (rates,) in self.seen.values()], ""


_MEASURED = "the learning rate is changed by hand, and not by the number of the epoch alone"
