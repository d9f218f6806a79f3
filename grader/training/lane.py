"""One training under one seed, from fresh weights to the accuracy on the test split."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from grader.core.evidence import EpochPoint, Lane
from grader.core.network import InputSpec, ModelSpec, Recipe
from grader.datasets import Dataset
from grader.network.build import Network, build
from grader.training import cache
from grader.training.dense import DenseTrainer, suits
from grader.training.eager import EagerTrainer, inputs
from grader.training.samples import Samples
from grader.training.schedule import steps

_SCORE_BATCH = 1000
CHANCE_MARGIN = 1.2
_CHECKPOINT_SECONDS = 1.0


def train_lane(spec: ModelSpec, recipe: Recipe, dataset: Dataset, seed: int) -> Lane:
    """Train from fresh weights under a seed and score on the test split after every epoch.

    The result depends on the arguments alone: one thread, its own random numbers, the caller's left as they were.
    """
    with one_thread():
        training = Training(spec, recipe, dataset, Samples.of(dataset.train), seed)
        while not training.finished:
            training.advance()
        return training.lane()


@contextmanager
def one_thread() -> Iterator[None]:
    """torch computes with one thread here: the order of a sum, and so its last bit, depends on their number."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class Training:
    """A lane in the making, one epoch a step. Where it stands can be kept in a file, and it goes on from there.

    Every number that a step depends on is its own, so trainings may take turns, or go on in another process, and end
    with the same bits.
    """

    def __init__(
        self,
        spec: ModelSpec,
        recipe: Recipe,
        dataset: Dataset,
        samples: Samples,
        seed: int,
        checkpoint: Path | None = None,
    ) -> None:
        self.seed, self.recipe, self.dataset, self.samples, self.checkpoint = seed, recipe, dataset, samples, checkpoint
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = build(spec)
            self.numbers = torch.get_rng_state()
        self.shuffling = torch.Generator().manual_seed(seed)
        # As many training samples as the student used, drawn under the seed.
        self.chosen = torch.arange(len(samples))
        if recipe.train_samples is not None and recipe.train_samples < len(samples):
            self.chosen = torch.randperm(len(samples), generator=self.shuffling)[: recipe.train_samples]
        self.trainer = (
            DenseTrainer(self.network, recipe, samples, seed)
            if suits(self.network, recipe)
            else EagerTrainer(self.network, recipe, samples)
        )
        batches, rest = divmod(len(self.chosen), recipe.batch_size)
        self.plan = steps(recipe, batches + (rest > 0 and not recipe.drop_last))
        self.curve: list[EpochPoint] = []
        self.finite = True
        self.seconds = 0.0
        self.kept = time.monotonic()
        if checkpoint is not None and (state := cache.load_state(checkpoint)):
            self._restore(state)

    @property
    def finished(self) -> bool:
        """Whether the recipe is at its end, or the loss is no longer finite."""
        return len(self.curve) >= self.recipe.epochs or not self.finite

    def advance(self) -> None:
        """Train one epoch and score."""
        started = time.perf_counter()
        count = len(self.chosen)
        order = torch.randperm(count, generator=self.shuffling) if self.recipe.shuffle else torch.arange(count)
        settings = next(self.plan)
        if isinstance(self.trainer, DenseTrainer):
            loss = self.trainer.epoch(self.chosen[order], settings)  # its random numbers are its own
        else:
            with torch.random.fork_rng(devices=[]):
                torch.set_rng_state(self.numbers)
                loss = self.trainer.epoch(self.chosen[order], settings)
                self.numbers = torch.get_rng_state()
        self.finite = math.isfinite(loss)
        accuracy = score(self.network, Samples.of(self.dataset.test), self.recipe.inputs)
        point = EpochPoint(epoch=len(self.curve) + 1, loss=loss if self.finite else 0.0, accuracy=accuracy)
        self.curve.append(point)
        self.seconds += time.perf_counter() - started
        if self.checkpoint and not self.finished and time.monotonic() - self.kept > _CHECKPOINT_SECONDS:
            with suppress(OSError):  # costs a killed run its epochs, not this one its end
                self.keep()

    def stop(self) -> None:
        """Let an epoch that another thread is training end early; the training is of no more use."""
        if isinstance(self.trainer, DenseTrainer):
            self.trainer.stop()

    def lane(self) -> Lane:
        """The lane as far as it is trained."""
        accuracy = self.curve[-1].accuracy if self.curve else 0.0
        at_chance = accuracy <= CHANCE_MARGIN / self.dataset.classes
        return Lane(
            seed=self.seed,
            accuracy=accuracy,
            curve=tuple(self.curve),
            seconds=self.seconds,
            diverged=not self.finite or at_chance,
        )

    def keep(self) -> None:
        """Write where the training stands. Raises OSError when it can't be written."""
        assert self.checkpoint is not None
        state = {
            "network": self.network.state_dict(),
            "trainer": self.trainer.state(),
            "numbers": self.numbers,
            "shuffling": self.shuffling.get_state(),
            "curve": [point.model_dump() for point in self.curve],
            "seconds": self.seconds,
        }
        cache.save_state(self.checkpoint, state)
        self.kept = time.monotonic()

    def _restore(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.trainer.restore(state["trainer"])
        self.numbers = state["numbers"]
        self.shuffling.set_state(state["shuffling"])
        self.curve = [EpochPoint.model_validate(point) for point in state["curve"]]
        self.seconds = state["seconds"]
        for _ in islice(self.plan, len(self.curve)):
            pass


def score(network: Network, samples: Samples, spec: InputSpec) -> float:
    """The share of samples whose largest output is at the right class, with the network in eval mode."""
    network.eval()
    right = 0
    with torch.inference_mode():
        for start in range(0, len(samples), _SCORE_BATCH):
            part = slice(start, start + _SCORE_BATCH)
            outputs = network(inputs(samples.images[part], spec))
            right += int((outputs.argmax(1) == samples.labels[part]).sum())
    return right / len(samples)
