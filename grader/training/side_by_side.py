"""Trains the lanes of one network side by side: in threads, in processes, or in turns on one device."""

import ctypes
import math
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from functools import cache, cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from grader.core.evidence import Lane
from grader.datasets import Dataset, load_dataset
from grader.machine import cores
from grader.network.count import Count
from grader.training.cache import lane_key, lanes_folder, recall, remember
from grader.training.lane import RunningLane, one_thread
from grader.training.plan import TrainingPlan
from grader.training.samples import Data
from grader.training.trainers import TRAINERS

WORTH_A_PROCESS = 10.0**10
"""Multiply-adds (forward) of a lane below which it is over before another process has imported torch."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # names of mallopt's parameters in glibc's malloc.h


class SideBySide:
    """The lanes of one network, an epoch at a time, each where its trainer says.

    In processes a lane passes from one to the next by its checkpoint. When all of it takes less than starting a
    process, or there is one core alone, it runs here.
    """

    def __init__(
        self,
        plan: TrainingPlan,
        trainer: str,
        dataset: Dataset,
        size: Count,
        *,
        fresh: bool,
        deadline: float,
        on_epoch: Callable[[int, int], None],
    ) -> None:
        self.plan, self.trainer, self.dataset = plan, trainer, dataset
        self.fresh, self.deadline, self.on_epoch = fresh, deadline, on_epoch
        where = TRAINERS[trainer].lanes
        long = size.operations * len(dataset.train.labels) * plan.recipe.epochs >= WORTH_A_PROCESS
        self.elsewhere = where == "processes" and long and cores() > 1
        self.workers = cores() if self.elsewhere or where == "threads" else 1
        self.running: list[RunningLane] = []
        self.others = set(multiprocessing.active_children())
        self.stack = ExitStack()

    def __enter__(self) -> "SideBySide":
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
            for running in self.running:
                running.stop()
        self.executor.shutdown(wait=True, cancel_futures=True)
        self.stack.close()

    @cached_property
    def data(self) -> Data:
        """The data set on the plan's device."""
        return Data.of(self.dataset, self.plan.device.torch)

    def train(self, seeds: Sequence[int]) -> Iterator[Lane]:
        """The lanes of these seeds, in order. Raises TimeoutError at the deadline."""
        keys = {seed: lane_key(self.plan, self.trainer, self.dataset, seed) for seed in seeds}
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
            return partial(_step_elsewhere, self.plan, self.trainer, seed, checkpoint)
        running = RunningLane(self.plan, self.trainer, self.data, seed, checkpoint)
        self.running.append(running)
        return partial(_step, running)


def _step(running: RunningLane) -> tuple[Lane, bool]:
    running.advance()
    return running.lane(), running.finished


def _step_elsewhere(plan: TrainingPlan, trainer: str, seed: int, checkpoint: Path) -> tuple[Lane, bool]:
    running = RunningLane(plan, trainer, _data(plan.dataset), seed, checkpoint)
    running.advance()
    if not running.finished:
        running.keep()
    return running.lane(), running.finished


@cache
def _data(dataset: str) -> Data:
    return Data.of(load_dataset(dataset))


def _prepare_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    with suppress(OSError, AttributeError):
        # glibc gives every large array back to the kernel when it is freed, and the next step faults its pages in
        # again: a tenth of the time of a convolutional network.
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, 2**30)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
