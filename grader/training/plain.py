"""One training under one seed: the plain torch loop, which everything faster is compared with."""

import math
import time

import numpy as np
import torch
from torch import Tensor

from grader.core.evidence import EpochPoint, Lane
from grader.core.network import InputSpec, ModelSpec, Recipe
from grader.datasets import Array, Dataset, Split
from grader.network.build import Network, build
from grader.training.recipe import Loss, make_optimizer, make_schedules

_SCORE_BATCH = 1000
_CHANCE_MARGIN = 1.2


def train_lane(spec: ModelSpec, recipe: Recipe, dataset: Dataset, seed: int) -> Lane:
    """Train from fresh weights under a seed and score on the test split after every epoch.

    The result depends on the arguments alone: one thread, its own random numbers, the caller's left as they were.
    """
    started = time.perf_counter()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            curve, diverged = _train(build(spec), recipe, dataset, torch.Generator().manual_seed(seed))
    finally:
        torch.set_num_threads(threads)
    accuracy = curve[-1].accuracy if curve else 0.0
    at_chance = accuracy <= _CHANCE_MARGIN / dataset.classes
    return Lane(
        seed=seed,
        accuracy=accuracy,
        curve=tuple(curve),
        seconds=time.perf_counter() - started,
        diverged=diverged or at_chance,
    )


def _train(
    network: Network, recipe: Recipe, dataset: Dataset, shuffling: torch.Generator
) -> tuple[list[EpochPoint], bool]:
    loss_of = Loss(recipe.loss)
    optimizer = make_optimizer(recipe.optimizer, network.parameters())
    schedules = make_schedules(recipe.schedules, optimizer)
    train = _subset(dataset.train, recipe.train_samples, shuffling)
    images, labels = torch.from_numpy(np.ascontiguousarray(train.images)), _labels(train)
    curve: list[EpochPoint] = []
    for epoch in range(1, recipe.epochs + 1):
        network.train()
        order = torch.randperm(len(labels), generator=shuffling) if recipe.shuffle else torch.arange(len(labels))
        total, seen = 0.0, 0
        for batch in torch.split(order, recipe.batch_size):
            if recipe.drop_last and len(batch) < recipe.batch_size:
                break
            optimizer.zero_grad()
            loss = loss_of(network(inputs(images[batch], recipe.inputs)), labels[batch])
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
            optimizer.step()
            for schedule, scheduler in schedules:
                if schedule.step == "batch":
                    scheduler.step()
            total, seen = total + loss.item() * len(batch), seen + len(batch)
        for schedule, scheduler in schedules:
            if schedule.step == "epoch":
                scheduler.step()
        mean = total / max(seen, 1)
        finite = math.isfinite(mean)
        curve.append(
            EpochPoint(epoch=epoch, loss=mean if finite else 0.0, accuracy=score(network, dataset.test, recipe.inputs))
        )
        if not finite:
            return curve, True
    return curve, False


def score(network: Network, split: Split, spec: InputSpec) -> float:
    """The share of samples whose largest output is at the right class, with the network in eval mode."""
    network.eval()
    images, labels = torch.from_numpy(np.ascontiguousarray(split.images)), _labels(split)
    right = 0
    with torch.inference_mode():
        for start in range(0, len(labels), _SCORE_BATCH):
            part = slice(start, start + _SCORE_BATCH)
            outputs = network(inputs(images[part], spec))
            right += int((outputs.argmax(1) == labels[part]).sum())
    return right / len(labels)


def inputs(images: Tensor, spec: InputSpec) -> Tensor:
    """Raw uint8 images (N, height, width) as the network gets them: float32 (N, *shape)."""
    scaled = images.to(torch.float32).div_(spec.divide)
    if spec.mean or spec.std != 1:
        scaled.sub_(spec.mean).div_(spec.std)
    return scaled.reshape(len(images), *spec.shape)


def _labels(split: Split) -> Tensor:
    return torch.from_numpy(split.labels.astype(np.int64))


def _subset(split: Split, samples: int | None, generator: torch.Generator) -> Split:
    """As many training samples as the student used, drawn under the seed."""
    total: Array = split.labels
    if samples is None or samples >= len(total):
        return split
    chosen = torch.randperm(len(total), generator=generator)[:samples].numpy()
    return Split(split.images[chosen], split.labels[chosen])
