"""One training under one seed, from fresh weights to the accuracy on the test split."""

import math
import time

import numpy as np
import torch
from torch import Tensor

from grader.core.evidence import EpochPoint, Lane
from grader.core.network import InputSpec, ModelSpec, Recipe
from grader.datasets import Dataset, Split
from grader.network.build import Network, build
from grader.training.dense import DenseTrainer, suits
from grader.training.eager import EagerTrainer, inputs
from grader.training.schedule import steps

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
            curve, finite = _train(build(spec), recipe, dataset, seed)
    finally:
        torch.set_num_threads(threads)
    accuracy = curve[-1].accuracy if curve else 0.0
    at_chance = accuracy <= _CHANCE_MARGIN / dataset.classes
    return Lane(
        seed=seed,
        accuracy=accuracy,
        curve=tuple(curve),
        seconds=time.perf_counter() - started,
        diverged=not finite or at_chance,
    )


def _train(network: Network, recipe: Recipe, dataset: Dataset, seed: int) -> tuple[list[EpochPoint], bool]:
    """The learning curve, and whether the loss stayed finite; a training ends where it didn't."""
    shuffling = torch.Generator().manual_seed(seed)
    train = _subset(dataset.train, recipe.train_samples, shuffling)
    images, labels = torch.from_numpy(np.ascontiguousarray(train.images)), _labels(train)
    trainer = (
        DenseTrainer(network, recipe, images, labels, seed)
        if suits(network, recipe)
        else EagerTrainer(network, recipe, images, labels)
    )
    batches, rest = divmod(len(labels), recipe.batch_size)
    curve: list[EpochPoint] = []
    for settings in steps(recipe, batches + (rest > 0 and not recipe.drop_last)):
        order = torch.randperm(len(labels), generator=shuffling) if recipe.shuffle else torch.arange(len(labels))
        loss = trainer.epoch(order, settings)
        finite = math.isfinite(loss)
        accuracy = score(network, dataset.test, recipe.inputs)
        curve.append(EpochPoint(epoch=len(curve) + 1, loss=loss if finite else 0.0, accuracy=accuracy))
        if not finite:
            return curve, False
    return curve, True


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


def _labels(split: Split) -> Tensor:
    return torch.from_numpy(split.labels.astype(np.int64))


def _subset(split: Split, samples: int | None, generator: torch.Generator) -> Split:
    """As many training samples as the student used, drawn under the seed."""
    if samples is None or samples >= len(split.labels):
        return split
    chosen = torch.randperm(len(split.labels), generator=generator)[:samples].numpy()
    return Split(split.images[chosen], split.labels[chosen])
