"""What an optimiser's schedules make of its settings, step by step; torch's own schedules say so."""

from collections.abc import Generator
from typing import Any

import torch

from grader.core.choices import Watched
from grader.core.network import Recipe
from grader.training.accumulation import step_ends
from grader.training.recipe import make_schedules, over_nothing

_CHANGING = ("lr", "momentum", "betas")
StepSettings = list[dict[str, Any]]
"""Of one step: for each parameter group of the optimiser what schedules change."""


Measured = dict[Watched, float]
"""What an epoch gave of each thing that is watched."""


def plateaus(recipe: Recipe) -> list[Watched]:
    """What the recipe's schedules watch."""
    return [schedule.watched for schedule in recipe.schedules if schedule.watched is not None]


def steps(recipe: Recipe, batches: int) -> Generator[list[StepSettings], Measured | None, None]:
    """For each epoch of so many batches, the settings of each of its steps: `lr`, and `momentum` or `betas` if any.

    Where a schedule watches something, it is sent what the epoch before gave. Raises ValueError when a schedule is
    asked for more steps than it has.
    """
    # The schedules run on an optimiser of their own.
    optimizer = over_nothing(recipe.optimizer)
    schedules = make_schedules(recipe.schedules, optimizer)
    groups = optimizer.param_groups
    for weight in (weight for group in groups for weight in group["params"]):
        weight.grad = torch.zeros(1)
    if schedules:
        optimizer.step()  # torch warns when a schedule steps before its optimiser
    each_batch = [scheduler for schedule, scheduler in schedules if schedule.step == "batch"]
    for number in range(recipe.epochs):
        if recipe.rates:
            for group, rate in zip(groups, recipe.rates[number], strict=True):
                group["lr"] = rate
        taken = sum(step_ends(recipe.accumulation, batches, number * batches))
        epoch = []
        for _ in range(taken if each_batch else 1):
            epoch.append([{key: group[key] for key in _CHANGING if key in group} for group in groups])
            for scheduler in each_batch:
                scheduler.step()
        for schedule, scheduler in schedules:
            if schedule.step == "epoch" and schedule.watched is None:
                scheduler.step()
        measured = yield epoch if each_batch else epoch * taken
        for schedule, scheduler in schedules:
            if schedule.watched is not None and measured is not None:
                scheduler.step(measured[schedule.watched])
