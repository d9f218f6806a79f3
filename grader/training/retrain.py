"""Trains a network under one seed after the other until the verdict stands."""

import math
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from grader.core.errors import MachineError, SubmissionError, UnsupportedError
from grader.core.evidence import Lane, Retraining
from grader.core.limits import Limits
from grader.core.network import ModelSpec, Recipe
from grader.datasets import Dataset, load_dataset
from grader.machine import cores
from grader.network.count import Count, count
from grader.training.cache import lane_key, recall, remember
from grader.training.decision import majority, still_needed
from grader.training.lane import train_lane
from grader.training.recipe import check_recipe

# A lane below this many multiply-adds (forward) is over before another process has imported torch.
_WORTH_A_PROCESS = 10**10


def retrain(
    spec: ModelSpec,
    recipe: Recipe,
    dataset_name: str,
    *,
    threshold: float,
    seeds: int,
    limits: Limits,
    fresh: bool = False,
    on_lane: Callable[[Lane], None] = lambda _: None,
) -> Retraining:
    """Train under seeds 0, 1, 2, ... until more than half of `seeds` have reached the threshold, or can't any more.

    `fresh` trains even what an earlier run has trained. The verdict depends on the arguments alone. A network or
    recipe that can't be trained is an `obstacle` with its `fault`; this function does not raise for it.
    """

    def result(lanes: list[Lane], obstacle: str = "", fault: str = "") -> Retraining:
        return Retraining.model_validate(
            {
                "dataset": dataset_name,
                "threshold": threshold,
                "planned": seeds,
                "lanes": tuple(lanes),
                "verdict": majority([_reaches(lane, threshold) for lane in lanes], seeds),
                "obstacle": obstacle,
                "fault": fault,
            }
        )

    lanes: list[Lane] = []
    try:
        dataset = load_dataset(dataset_name)
        size = check_trainable(spec, recipe, dataset, limits)
        for lane in _lanes(spec, recipe, dataset, threshold, seeds, size, fresh):
            lanes.append(lane)
            on_lane(lane)
    except UnsupportedError as error:
        return result(lanes, str(error))
    except SubmissionError as error:
        return result(lanes, str(error), "student")
    except (ValueError, RuntimeError) as error:
        # torch says so when memory runs out; all else here is a recipe that can't be followed to its end.
        fault = "machine" if "allocate" in str(error) or isinstance(error, BrokenProcessPool) else "student"
        return result(lanes, f"training stopped: {str(error).splitlines()[0]}", fault)
    except (MachineError, MemoryError, OSError) as error:
        return result(lanes, f"training stopped: {error or type(error).__name__}", "machine")
    return result(lanes)


def check_trainable(spec: ModelSpec, recipe: Recipe, dataset: Dataset, limits: Limits) -> Count:
    """Count the network and look at the recipe before anything is allocated.

    Raises SubmissionError when the shapes don't fit, the sizes exceed the limits, or a name is unknown.
    """
    samples = dataset.train.images[0].size
    if math.prod(recipe.inputs.shape) != samples:
        raise SubmissionError(
            f"the network takes inputs of shape {recipe.inputs.shape}, an image of {dataset.name} has {samples} values"
        )
    size = count(spec, recipe.inputs.shape)
    if size.parameters > limits.parameters:
        raise SubmissionError(
            f"{size.parameters:,} parameters are more than the {limits.parameters:,} that are trained"
        )
    if recipe.epochs > limits.epochs:
        raise SubmissionError(f"{recipe.epochs:,} epochs are more than the {limits.epochs:,} that are trained")
    last = size.rows[-1].output_shape
    if last is None or len(last) != 1 or last[0] < dataset.classes:
        raise SubmissionError(f"the output has shape {last}, not ({dataset.classes},)")
    check_recipe(recipe.loss, recipe.optimizer, recipe.schedules)
    return size


def _reaches(lane: Lane, threshold: float) -> bool:
    return lane.accuracy >= threshold and not lane.diverged


def _lanes(
    spec: ModelSpec, recipe: Recipe, dataset: Dataset, threshold: float, seeds: int, size: Count, fresh: bool
) -> Iterator[Lane]:
    """Lanes in the order of their seeds, trained only as far as the decision needs them."""
    reached: list[bool] = []
    with _Trainer(spec, recipe, dataset, size, fresh) as trainer:
        while needed := still_needed(reached, seeds):
            first = len(reached)
            for lane in trainer.train(range(first, first + needed)):
                reached.append(_reaches(lane, threshold))
                yield lane


class _Trainer:
    """Trains lanes here or, when they are long, one process a core."""

    def __init__(self, spec: ModelSpec, recipe: Recipe, dataset: Dataset, size: Count, fresh: bool) -> None:
        self.spec, self.recipe, self.dataset, self.fresh = spec, recipe, dataset, fresh
        operations = size.operations * len(dataset.train.labels) * recipe.epochs
        self.workers = cores() if operations > _WORTH_A_PROCESS else 0
        self.pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "_Trainer":
        return self

    def __exit__(self, *error: object) -> None:
        if self.pool:
            self.pool.shutdown(wait=True, cancel_futures=True)

    def train(self, seeds: range) -> Iterator[Lane]:
        """The lanes of these seeds, in order."""
        keys = {seed: lane_key(self.spec, self.recipe, self.dataset, seed) for seed in seeds}
        known = {} if self.fresh else {s: lane for s, key in keys.items() if (lane := recall(key))}
        futures = self._start([seed for seed in seeds if seed not in known])
        for seed in seeds:
            if seed in known:
                yield known[seed]
                continue
            elsewhere = futures.get(seed)
            lane = elsewhere.result() if elsewhere else train_lane(self.spec, self.recipe, self.dataset, seed)
            remember(keys[seed], lane)
            yield lane

    def _start(self, seeds: list[int]) -> dict[int, Future[Lane]]:
        if not self.workers or not seeds:
            return {}
        if self.pool is None:
            self.pool = ProcessPoolExecutor(self.workers, mp_context=multiprocessing.get_context("spawn"))
        return {
            seed: self.pool.submit(_train_elsewhere, self.spec, self.recipe, self.dataset.name, seed) for seed in seeds
        }


def _train_elsewhere(spec: ModelSpec, recipe: Recipe, dataset_name: str, seed: int) -> Lane:
    return train_lane(spec, recipe, load_dataset(dataset_name), seed)
