"""Trains a network under one seed after the other until the verdict stands."""

import math
import multiprocessing
import signal
import time
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
from grader.training.decision import Rule, chance_interval, chance_of_reaching, decide, next_trainings
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
    rule: Rule,
    limits: Limits,
    fresh: bool = False,
    time_budget: float = math.inf,
    on_lane: Callable[[Lane], None] = lambda _: None,
) -> Retraining:
    """Train under seeds 0, 1, 2, ... until the rule knows enough.

    `fresh` trains even what an earlier run has trained. After `time_budget` seconds no more is waited for, and the
    verdict is what is known by then. Without a budget the verdict depends on the arguments alone. A network or recipe
    that can't be trained is an `obstacle` with its `fault`; this function does not raise for it. Ctrl-C passes through,
    and finished lanes are kept for the next call.
    """
    lanes: list[Lane] = []
    obstacle, fault = "", ""
    test_size = 1
    try:
        dataset = load_dataset(dataset_name)
        test_size = len(dataset.test.labels)
        size = check_trainable(spec, recipe, dataset, limits)
        with _Trainer(spec, recipe, dataset, size, fresh, time.monotonic() + time_budget) as trainer:
            while needed := next_trainings(_accuracies(lanes), threshold, rule, test_size):
                for lane in trainer.train(range(len(lanes), len(lanes) + needed)):
                    lanes.append(lane)
                    on_lane(lane)
    except UnsupportedError as error:
        obstacle = str(error)
    except SubmissionError as error:
        obstacle, fault = str(error), "student"
    except TimeoutError:
        pass  # what is known by now decides
    except (ValueError, RuntimeError) as error:
        # torch says so when memory runs out; all else here is a recipe that can't be followed to its end.
        fault = "machine" if "allocate" in str(error) or isinstance(error, BrokenProcessPool) else "student"
        obstacle = f"training stopped: {str(error).splitlines()[0]}"
    except (MachineError, MemoryError, OSError) as error:
        obstacle, fault = f"training stopped: {error or type(error).__name__}", "machine"
    accuracies = _accuracies(lanes)
    return Retraining.model_validate(
        {
            "dataset": dataset_name,
            "threshold": threshold,
            "planned": rule.planned,
            "rule": rule.kind,
            "lanes": tuple(lanes),
            "verdict": decide(accuracies, threshold, rule, test_size),
            "chance": chance_of_reaching(accuracies, threshold, test_size) if lanes else None,
            "interval": chance_interval([a >= threshold for a in accuracies]) if lanes else None,
            "obstacle": obstacle,
            "fault": fault,
        }
    )


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


def _accuracies(lanes: list[Lane]) -> list[float]:
    """For the decision: NaN where a training diverged, which reaches no threshold."""
    return [math.nan if lane.diverged else lane.accuracy for lane in lanes]


class _Trainer:
    """Trains lanes here or, when they are long, one process a core."""

    def __init__(
        self, spec: ModelSpec, recipe: Recipe, dataset: Dataset, size: Count, fresh: bool, deadline: float
    ) -> None:
        self.spec, self.recipe, self.dataset, self.fresh, self.deadline = spec, recipe, dataset, fresh, deadline
        operations = size.operations * len(dataset.train.labels) * recipe.epochs
        self.workers = cores() if operations > _WORTH_A_PROCESS else 0
        self.pool: ProcessPoolExecutor | None = None
        self.others = set(multiprocessing.active_children())

    def __enter__(self) -> "_Trainer":
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Lanes that nobody waits for any more are ended, not finished."""
        if self.pool:
            if kind is not None:
                for worker in set(multiprocessing.active_children()) - self.others:
                    worker.terminate()
            self.pool.shutdown(wait=True, cancel_futures=True)

    def train(self, seeds: range) -> Iterator[Lane]:
        """The lanes of these seeds, in order. Raises TimeoutError at the deadline."""
        keys = {seed: lane_key(self.spec, self.recipe, self.dataset, seed) for seed in seeds}
        known = {} if self.fresh else {s: lane for s, key in keys.items() if (lane := recall(key))}
        futures = self._start([seed for seed in seeds if seed not in known])
        for seed in seeds:
            if seed in known:
                yield known[seed]
                continue
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            elsewhere = futures.get(seed)
            lane = (
                elsewhere.result(left if math.isfinite(left) else None)
                if elsewhere
                else train_lane(self.spec, self.recipe, self.dataset, seed)
            )
            remember(keys[seed], lane)
            yield lane

    def _start(self, seeds: list[int]) -> dict[int, Future[Lane]]:
        if not self.workers or not seeds:
            return {}
        if self.pool is None:
            # Ctrl-C reaches every process of the terminal: the workers leave it to this one.
            self.pool = ProcessPoolExecutor(
                self.workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=signal.signal,
                initargs=(signal.SIGINT, signal.SIG_IGN),
            )
        return {
            seed: self.pool.submit(_train_elsewhere, self.spec, self.recipe, self.dataset.name, seed) for seed in seeds
        }


def _train_elsewhere(spec: ModelSpec, recipe: Recipe, dataset_name: str, seed: int) -> Lane:
    return train_lane(spec, recipe, load_dataset(dataset_name), seed)
