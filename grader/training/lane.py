"""One training under one seed, from fresh weights to the accuracy on the test split."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from grader.core.choices import Watched
from grader.core.evidence import EpochPoint, Lane
from grader.core.network import Recipe
from grader.datasets import load_dataset
from grader.guest.rules import best_epoch, ends
from grader.network.build import Network, build
from grader.training import cache
from grader.training.drawing import Drawing
from grader.training.images import Given
from grader.training.means import Means
from grader.training.plan import TrainingPlan
from grader.training.recipe import Loss
from grader.training.samples import Data, Samples
from grader.training.schedule import Measured, plateaus, steps
from grader.training.trainers import TRAINERS, choose_trainer

_SCORE_BATCH = 1000
CHANCE_MARGIN = 1.2
_CHECKPOINT_SECONDS = 1.0


def train_lane(plan: TrainingPlan, seed: int) -> Lane:
    """Train from fresh weights under a seed and score on the test split after every epoch.

    The result depends on the arguments alone: one thread, its own random numbers, the caller's left as they were.
    """
    with one_thread():
        data = Data.of(load_dataset(plan.dataset), plan.device.torch)
        running = RunningLane(plan, choose_trainer(plan), data, seed)
        while not running.finished:
            running.advance()
        return running.lane()


@contextmanager
def one_thread() -> Iterator[None]:
    """torch computes with one thread here: the order of a sum, and so its last bit, depends on their number."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class RunningLane:
    """A lane in the making, one epoch a step. Where it stands can be kept in a file, and it goes on from there.

    Every number that a step depends on is its own, so lanes may take turns, or go on in another process, and end
    with the same bits.
    """

    def __init__(
        self,
        plan: TrainingPlan,
        trainer: str,
        data: Data,
        seed: int,
        checkpoint: Path | None = None,
    ) -> None:
        self.seed, self.recipe, self.data, self.checkpoint = seed, plan.recipe, data, checkpoint
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            # Drawn on the CPU wherever it is trained: under one seed the first weights are the same.
            self.network = build(plan.spec).to(plan.device.torch)
            self.trainer = TRAINERS[trainer].make(self.network, plan, data.train, seed)
        self.shuffling = torch.Generator().manual_seed(seed)
        # As many training samples as the student used, drawn under the seed.
        recipe, count = plan.recipe, len(data.train)
        self.chosen, self.held_out = torch.arange(count), torch.arange(0)
        if recipe.train_samples is not None and recipe.train_samples < count:
            drawn = torch.randperm(count, generator=self.shuffling)
            self.chosen, rest = drawn[: recipe.train_samples], drawn[recipe.train_samples :]
            self.held_out = rest[: recipe.held_out or 0]
        self.watched = list(dict.fromkeys(rule.watched for rule in (recipe.stopping, recipe.keeping) if rule))
        self.drawing = Drawing(torch.Generator().manual_seed(seed).get_state())  # of samples that are held out
        self.seen: list[list[float]] = [[] for _ in self.watched]  # what each was after each epoch
        batches, left = divmod(len(self.chosen), recipe.batch_size)
        self.steps = steps(recipe, batches + (left > 0 and not recipe.drop_last))
        self.measured: list[Measured] = []  # what schedules watch, after each epoch
        self.curve: list[EpochPoint] = []
        self.finite = True
        self.seconds = 0.0
        self.written = time.monotonic()
        if checkpoint is not None and (state := cache.load_state(checkpoint)):
            self._restore(state)

    @property
    def finished(self) -> bool:
        """Whether the recipe is at its end, its rule ends it, or the loss is no longer finite."""
        rule = self.recipe.stopping
        stopped = rule is not None and ends(rule, self.seen[self.watched.index(rule.watched)])
        return len(self.curve) >= self.recipe.epochs or stopped or not self.finite

    @property
    def kept(self) -> EpochPoint | None:
        """The epoch whose network is kept; None before the first."""
        rule = self.recipe.keeping
        best = None if rule is None else best_epoch(rule, self.seen[self.watched.index(rule.watched)])
        return self.curve[-1 if best is None else best] if self.curve else None

    def advance(self) -> None:
        """Train one epoch and score."""
        started = time.perf_counter()
        count = len(self.chosen)
        order = torch.randperm(count, generator=self.shuffling) if self.recipe.shuffle else torch.arange(count)
        loss = self.trainer.epoch(self.chosen[order], self.steps.send(self.measured[-1] if self.measured else None))
        self.finite = math.isfinite(loss)
        self.measured.append({watched: self.trainer.means.of(watched) for watched in plateaus(self.recipe)})
        for watched, seen in zip(self.watched, self.seen, strict=True):
            seen.append(self._watch(watched))
        accuracy = score(self.network, self.data.test, Given.of(self.recipe, "testing"))
        point = EpochPoint(epoch=len(self.curve) + 1, loss=loss if self.finite else 0.0, accuracy=accuracy)
        self.curve.append(point)
        self.seconds += time.perf_counter() - started
        if self.checkpoint and not self.finished and time.monotonic() - self.written > _CHECKPOINT_SECONDS:
            with suppress(OSError):  # costs a killed run its epochs, not this one its end
                self.keep()

    def stop(self) -> None:
        """Let an epoch that another thread is training end early; the lane is of no more use."""
        self.trainer.stop()

    def lane(self) -> Lane:
        """The lane as far as it is trained."""
        kept = self.kept
        accuracy = kept.accuracy if kept else 0.0
        at_chance = accuracy <= CHANCE_MARGIN / self.data.classes
        lost = not self.finite and kept is self.curve[-1]
        return Lane(
            seed=self.seed,
            accuracy=accuracy,
            curve=tuple(self.curve),
            seconds=self.seconds,
            diverged=lost or at_chance,
            kept_epoch=kept.epoch if kept and self.recipe.keeping else None,
        )

    def _watch(self, watched: Watched) -> float:
        if watched.of == "training":
            return self.trainer.means.of(watched)
        with self.drawing.own():
            return validate(self.network, self.data.train, self.held_out, self.recipe, watched)

    def keep(self) -> None:
        """Write where the lane stands. Raises OSError when it can't be written."""
        assert self.checkpoint is not None
        state = {
            "network": self.network.state_dict(),
            "trainer": self.trainer.state(),
            "shuffling": self.shuffling.get_state(),
            "measured": [[*measured.values()] for measured in self.measured],
            "curve": [point.model_dump() for point in self.curve],
            "seen": self.seen,
            "drawing": self.drawing.state(),
            "seconds": self.seconds,
        }
        cache.save_state(self.checkpoint, state)
        self.written = time.monotonic()

    def _restore(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.trainer.restore(state["trainer"])
        self.shuffling.set_state(state["shuffling"])
        self.curve = [EpochPoint.model_validate(point) for point in state["curve"]]
        self.seen = state["seen"]
        self.drawing.restore(state["drawing"])
        self.seconds = state["seconds"]
        self.measured = [dict(zip(plateaus(self.recipe), seen, strict=True)) for seen in state["measured"]]
        for before in [None, *self.measured][: len(self.curve)]:
            self.steps.send(before)


def score(network: Network, samples: Samples, given: Given) -> float:
    """The share of samples whose largest output is at the right class, with the network in eval mode."""
    return int((predictions(network, samples, given) == samples.labels).sum()) / len(samples)


def predictions(network: Network, samples: Samples, given: Given) -> Tensor:
    """The class (N,) of the largest output for each sample, with the network in eval mode."""
    network.eval()
    starts = range(0, len(samples), _SCORE_BATCH)
    with torch.inference_mode():
        made = [network(given(samples.images[start : start + _SCORE_BATCH])).argmax(1) for start in starts]
    return torch.cat(made)


def validate(network: Network, samples: Samples, chosen: Tensor, recipe: Recipe, watched: Watched) -> float:
    """What is watched of these samples, with the network in eval mode."""
    network.eval()
    loss, given = Loss(recipe.loss, list(network.layers)), Given.of(recipe, "validation")
    means = Means()
    weight = next(network.parameters())
    with torch.no_grad():
        for batch in torch.split(chosen.to(weight.device), watched.batch_size or _SCORE_BATCH):
            labels = samples.labels[batch]
            outputs = network(given(samples.images[batch]).to(weight.dtype), len(network.layers) - loss.skips)
            means.add(loss(outputs, labels), outputs, labels)
    return means.of(watched)
