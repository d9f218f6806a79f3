"""What an optimiser's schedules make of its settings, step by step; torch's own schedules say so."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from grader.core.network import Recipe
from grader.training.recipe import make_optimizer, make_schedules

_CHANGING = ("lr", "momentum", "betas")


def steps(recipe: Recipe, steps_per_epoch: int) -> Iterator[list[dict[str, Any]]]:
    """For each epoch, the settings of each of its steps: `lr`, and `momentum` or `betas` where there are.

    Raises ValueError when a schedule is asked for more steps than it has.
    """
    # The schedules run on an optimiser of their own, over a weight that nobody trains.
    weight = nn.Parameter(torch.zeros(1))
    optimizer = make_optimizer(recipe.optimizer, [weight])
    schedules = make_schedules(recipe.schedules, optimizer)
    weight.grad = torch.zeros(1)
    if schedules:
        optimizer.step()  # torch warns when a schedule steps before its optimiser
    group = optimizer.param_groups[0]
    each_batch = [scheduler for schedule, scheduler in schedules if schedule.step == "batch"]
    for _ in range(recipe.epochs):
        epoch = []
        for _ in range(steps_per_epoch if each_batch else 1):
            epoch.append({key: group[key] for key in _CHANGING if key in group})
            for scheduler in each_batch:
                scheduler.step()
        for schedule, scheduler in schedules:
            if schedule.step == "epoch":
                scheduler.step()
        yield epoch if each_batch else epoch * steps_per_epoch
