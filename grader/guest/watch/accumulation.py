"""Which batches lead to which steps, where gradients of several are added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from ..protocol import Accumulation

_WAYS = [*product(("epoch", "training"), (("kept", False), ("dropped", False), ("stepped", False), ("stepped", True)))]


@dataclass
class Epoch:
    """One loop over a loader: how many batches it has, how many were seen, and what steps were taken.

    Each step is (the number of batches before it in this loop, the backward passes that led to it). `whole`: the loop
    ran to its own end.
    """

    total: int | None
    seen: int
    whole: bool
    steps: list[tuple[int, int]]


def accumulation(epochs: Sequence[Epoch]) -> tuple[Accumulation | None, str]:
    """(how gradients are added up, or None where each batch has its step; why that isn't known, or nothing)."""
    steps = [step for epoch in epochs for step in epoch.steps]
    if all(passes == 1 for _, passes in steps):
        return None, ""
    places = [place for place, _ in epochs[0].steps]
    totals = [epoch.total for epoch in epochs if epoch.total is not None]
    if not places or len(totals) < len(epochs):
        return None, "several backward passes lead to a step"
    every = places[1] - places[0] if len(places) > 1 else max(places[0], 2)
    fitting = []
    for counts, (rest, behind) in _WAYS:
        rule = Accumulation(every, places[0], counts, rest)
        if _steps(rule, [(e.seen, e.whole or behind) for e in epochs]) == [e.steps for e in epochs]:
            fitting.append(rule)
    if not fitting:
        return None, "several backward passes lead to a step, and not always as many"
    # Ways that can't be told apart by what was seen must come to the same where nothing is cut.
    wholes = [_steps(rule, [(total, True) for total in totals]) for rule in fitting]
    if any(whole != wholes[0] for whole in wholes):
        return None, f"gradients of {every} batches are added up; what becomes of an epoch's rest is not known"
    return fitting[0], ""


def _steps(rule: Accumulation, epochs: Sequence[tuple[int, bool]]) -> list[list[tuple[int, int]]]:
    """The steps that a rule takes in epochs of so many batches; of each whether its last one is seen as the last."""
    taken: list[list[tuple[int, int]]] = []
    pending = counted = 0
    for batches, ends in epochs:
        taken.append([])
        counted = 0 if rule.counts == "epoch" else counted
        pending = 0 if rule.rest == "dropped" else pending
        for place in range(1, batches + 1):
            pending, counted = pending + 1, counted + 1
            due = counted >= rule.first and (counted - rule.first) % rule.every == 0
            if due or (rule.rest == "stepped" and ends and place == batches):
                taken[-1].append((place, pending))
                pending = 0
    return taken
