"""Follows a rule from epoch to epoch: which was the best, and whether training ends. Both sides use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Rule(Protocol):
    """What `EpochRule` holds, on either side."""

    @property
    def better(self) -> str:
        """Which values are: "lower" or "higher"."""

    @property
    def min_delta(self) -> float:
        """By how much at least."""

    @property
    def ties(self) -> bool:
        """Whether exactly so much is enough."""

    @property
    def first(self) -> float | None:
        """What the first epoch has to beat."""

    @property
    def start(self) -> int:
        """How many epochs aren't looked at."""

    @property
    def baseline(self) -> float | None:
        """What else a best epoch has to beat before waiting begins anew."""

    @property
    def patience(self) -> int | None:
        """How many epochs are waited for a better one."""


def best_epoch(rule: Rule, values: Sequence[float]) -> int | None:
    """The position of the best epoch so far by what was seen after each; None where none was better than nothing."""
    return _follow(rule, values)[0]


def ends(rule: Rule, values: Sequence[float]) -> bool:
    """Whether training ends after the last of these epochs, or ended before."""
    return _follow(rule, values)[1]


def _follow(rule: Rule, values: Sequence[float]) -> tuple[int | None, bool]:
    chosen, best, waited = None, rule.first, 0
    for epoch, value in enumerate(values):
        if epoch < rule.start:
            continue
        waited += 1
        if _better(rule, value, best):
            chosen, best = epoch, value
            if rule.baseline is None or _better(rule, value, rule.baseline):
                waited = 0
        elif rule.patience is not None and waited >= rule.patience:
            return chosen, True
    return chosen, False


def _better(rule: Rule, value: float, than: float | None) -> bool:
    if than is None:
        return value == value  # what is no number is better than nothing else either
    gain = value - rule.min_delta - than if rule.better == "higher" else than - (value + rule.min_delta)
    return gain >= 0 if rule.ties else gain > 0
