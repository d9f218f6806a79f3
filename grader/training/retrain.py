"""Trains a network under one seed after the other until the verdict stands."""

import ctypes
import math
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, suppress
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from grader.core.errors import MachineError, SubmissionError, UnsupportedError
from grader.core.evidence import Lane, Retraining
from grader.core.fault import Fault
from grader.core.limits import Limits
from grader.core.network import InputSpec, ModelSpec, Recipe
from grader.datasets import Dataset, load_dataset
from grader.machine import cores
from grader.network.build import build
from grader.network.count import Count, count
from grader.training.cache import lane_key, lanes_folder, recall, remember
from grader.training.decision import Rule, next_trainings
from grader.training.dense import MOST_PARAMETERS, suits
from grader.training.lane import Training, one_thread
from grader.training.recipe import check_recipe
from grader.training.samples import Samples
from grader.training.verdict import accuracies, conclude

# A lane below this many multiply-adds (forward) is over before another process has imported torch.
_WORTH_A_PROCESS = 10**10
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # names of mallopt's parameters in glibc's malloc.h


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
    on_epoch: Callable[[int, int], None] = lambda *_: None,
) -> Retraining:
    """Train under seeds 0, 1, 2, ... until the rule knows enough.

    `on_lane` is told each finished lane, `on_epoch` how many epochs are trained and how many it takes at least.
    `fresh` trains even what an earlier run has trained. After `time_budget` seconds no more is waited for, and the
    verdict is what is known by then. Without a budget the verdict depends on the arguments alone. A network or recipe
    that can't be trained is an `obstacle` with its `fault`; this function does not raise for it. Ctrl-C passes through,
    and the next call goes on from the epochs that are finished.
    """
    lanes: list[Lane] = []
    obstacle = ""
    fault: Fault | None = None
    notes: tuple[str, ...] = ()
    test_size = 1
    planned = 0
    try:
        dataset = load_dataset(dataset_name)
        test_size = len(dataset.test.labels)
        size = check_trainable(spec, recipe, dataset, limits)
        trained: dict[int, int] = {}

        def told(seed: int, epochs: int) -> None:
            trained[seed] = epochs
            on_epoch(sum(trained.values()), planned * recipe.epochs)

        with _Trainer(spec, recipe, dataset, size, fresh, time.monotonic() + time_budget, told) as trainer:
            while needed := next_trainings(accuracies(lanes), threshold, rule, test_size):
                planned = len(lanes) + needed
                for lane in trainer.train(range(len(lanes), planned)):
                    told(lane.seed, recipe.epochs)
                    lanes.append(lane)
                    on_lane(lane)
    except UnsupportedError as error:
        obstacle, fault = str(error), Fault.grader
    except SubmissionError as error:
        obstacle, fault = str(error), Fault.student
    except TimeoutError:  # what is known by now decides
        done = f"{len(lanes)} of at least {planned} trainings"
        notes = (f"Incomplete: the {time_budget:g} s ended after {done}. Another run goes on from there.",)
    except (ValueError, RuntimeError) as error:
        # torch says so when memory runs out; all else here is a recipe that can't be followed to its end.
        ours = "allocate" in str(error) or isinstance(error, BrokenProcessPool)
        fault = Fault.machine if ours else Fault.student
        obstacle = f"training stopped: {str(error).splitlines()[0]}"
    except (MachineError, MemoryError, OSError) as error:
        obstacle, fault = f"training stopped: {error or type(error).__name__}", Fault.machine
    return conclude(
        lanes,
        dataset_name,
        test_size=test_size,
        threshold=threshold,
        rule=rule,
        obstacle=obstacle,
        fault=fault,
        notes=notes,
    )


def check_trainable(spec: ModelSpec, recipe: Recipe, dataset: Dataset, limits: Limits) -> Count:
    """Count the network and look at the recipe before anything is allocated.

    Raises SubmissionError when the shapes don't fit, the sizes exceed the limits, or a name is unknown.
    """
    size = check_network(spec, recipe.inputs, dataset, limits)
    if recipe.epochs > limits.epochs:
        raise SubmissionError(f"{recipe.epochs:,} epochs are more than the {limits.epochs:,} that are trained")
    check_recipe(recipe.loss, recipe.optimizer, recipe.schedules)
    return size


def check_network(spec: ModelSpec, inputs: InputSpec, dataset: Dataset, limits: Limits) -> Count:
    """Count the network. Raises SubmissionError when it doesn't fit the data set or is larger than the limits."""
    samples = dataset.train.images[0].size
    if math.prod(inputs.shape) != samples:
        raise SubmissionError(
            f"the network takes inputs of shape {inputs.shape}, an image of {dataset.name} has {samples} values"
        )
    size = count(spec, inputs.shape)
    if size.parameters > limits.parameters:
        raise SubmissionError(
            f"{size.parameters:,} parameters are more than the {limits.parameters:,} that are trained"
        )
    last = size.rows[-1].output_shape
    if last is None or len(last) != 1 or last[0] < dataset.classes:
        raise SubmissionError(f"the output has shape {last}, not ({dataset.classes},)")
    return size


class _Trainer:
    """Trains the lanes of one network side by side, an epoch at a time, one a core.

    The compiled loop runs in threads. torch's loop, which draws from random numbers that a process shares, runs in
    processes; a lane passes from one to the next by its checkpoint. When all of it takes less than starting a process,
    it runs here.
    """

    def __init__(
        self,
        spec: ModelSpec,
        recipe: Recipe,
        dataset: Dataset,
        size: Count,
        fresh: bool,
        deadline: float,
        on_epoch: Callable[[int, int], None],
    ) -> None:
        self.spec, self.recipe, self.dataset, self.fresh, self.deadline = spec, recipe, dataset, fresh, deadline
        self.on_epoch = on_epoch
        self.samples = Samples.of(dataset.train)
        compiled = suits(build(spec, "meta"), recipe) if size.parameters <= MOST_PARAMETERS else False
        short = size.operations * len(self.samples) * recipe.epochs < _WORTH_A_PROCESS
        self.elsewhere = not compiled and not short
        self.workers = cores() if compiled or self.elsewhere else 1
        self.trainings: list[Training] = []
        self.others = set(multiprocessing.active_children())
        self.stack = ExitStack()

    def __enter__(self) -> "_Trainer":
        folder = lanes_folder()
        self.folder = folder or Path(self.stack.enter_context(TemporaryDirectory(prefix="grader-lanes-")))
        self.stack.enter_context(one_thread())
        self.executor: Executor
        if self.elsewhere:
            # Ctrl-C reaches every process of the terminal: the workers leave it to this one.
            self.executor = ProcessPoolExecutor(
                self.workers, mp_context=multiprocessing.get_context("spawn"), initializer=_prepare_worker
            )
        else:
            self.executor = ThreadPoolExecutor(self.workers, initializer=torch.set_num_threads, initargs=(1,))
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Lanes that nobody waits for any more are ended, not finished."""
        if kind is not None:
            for worker in set(multiprocessing.active_children()) - self.others:
                worker.terminate()
            for training in self.trainings:
                training.stop()
        self.executor.shutdown(wait=True, cancel_futures=True)
        self.stack.close()

    def train(self, seeds: range) -> Iterator[Lane]:
        """The lanes of these seeds, in order. Raises TimeoutError at the deadline."""
        keys = {seed: lane_key(self.spec, self.recipe, self.dataset, seed) for seed in seeds}
        lanes = {} if self.fresh else {s: lane for s, key in keys.items() if (lane := recall(key))}
        # One step a lane at a time, in turns: all cores are busy until the last lanes end together.
        steps = {seed: self._stepper(seed, keys[seed]) for seed in seeds if seed not in lanes}
        pending = {self.executor.submit(step): seed for seed, step in steps.items()}
        for seed in seeds:
            while seed not in lanes:
                left = self.deadline - time.monotonic()
                done, _ = wait(pending, left if math.isfinite(left) else None, FIRST_COMPLETED)
                if not done:
                    raise TimeoutError
                for future in done:
                    trained = pending.pop(future)
                    lane, finished = future.result()
                    self.on_epoch(trained, len(lane.curve))
                    if finished:
                        lanes[trained] = lane
                        remember(keys[trained], lane)
                        self._checkpoint(keys[trained]).unlink(missing_ok=True)
                    else:
                        pending[self.executor.submit(steps[trained])] = trained
            yield lanes[seed]

    def _checkpoint(self, key: str) -> Path:
        return self.folder / f"{key}.pt"

    def _stepper(self, seed: int, key: str) -> Callable[[], tuple[Lane, bool]]:
        """What trains the lane for one epoch, and says how it stands and whether it is at its end."""
        checkpoint = self._checkpoint(key)
        if self.fresh:
            checkpoint.unlink(missing_ok=True)
        if self.elsewhere:
            return partial(_step_elsewhere, self.spec, self.recipe, self.dataset.name, seed, checkpoint)
        training = Training(self.spec, self.recipe, self.dataset, self.samples, seed, checkpoint)
        self.trainings.append(training)
        return partial(_step, training)


def _step(training: Training) -> tuple[Lane, bool]:
    training.advance()
    return training.lane(), training.finished


def _step_elsewhere(
    spec: ModelSpec, recipe: Recipe, dataset_name: str, seed: int, checkpoint: Path
) -> tuple[Lane, bool]:
    dataset, samples = _samples(dataset_name)
    training = Training(spec, recipe, dataset, samples, seed, checkpoint)
    training.advance()
    if not training.finished:
        training.keep()
    return training.lane(), training.finished


@cache
def _samples(dataset_name: str) -> tuple[Dataset, Samples]:
    dataset = load_dataset(dataset_name)
    return dataset, Samples.of(dataset.train)


def _prepare_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    with suppress(OSError, AttributeError):
        # glibc gives every large array back to the kernel when it is freed, and the next step faults its pages in
        # again: a tenth of the time of a convolutional network.
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, 2**30)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
