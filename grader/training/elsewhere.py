"""A lane as a step of its own, which any process of any machine can do: named by one, trained by another."""

import time
from functools import cache

from grader.core.evidence import Lane
from grader.datasets import Dataset, load_dataset
from grader.training.cache import lane_key, lanes_folder, recall, remember
from grader.training.decision import Rule, next_trainings
from grader.training.device import CPU
from grader.training.lane import RunningLane, one_thread
from grader.training.plan import LaneStep, TrainingPlan
from grader.training.samples import Data
from grader.training.seeds import seeds_of
from grader.training.verdict import accuracies


def finished(
    plan: TrainingPlan, trainer: str, dataset: Dataset, threshold: float, rule: Rule, salt: str
) -> tuple[list[Lane], dict[int, str]]:
    """(the lanes that are there, in order; the seeds that the rule needs next, with their keys)."""
    lanes: list[Lane] = []
    while needed := next_trainings(accuracies(lanes), threshold, rule, len(dataset.test.labels)):
        seeds = seeds_of(salt, range(len(lanes), len(lanes) + needed))
        keys = {seed: lane_key(plan, trainer, dataset, seed) for seed in seeds}
        found = {seed: lane for seed, key in keys.items() if (lane := recall(key))}
        if missing := {seed: key for seed, key in keys.items() if seed not in found}:
            return lanes, missing
        lanes += found.values()
    return lanes, {}


def train_step(step: LaneStep, seconds: float) -> Lane | None:
    """The lane, which is remembered; None where the seconds ended first, and another call goes on from there.

    Raises what training raises.
    """
    if lane := recall(step.key):
        return lane
    folder = lanes_folder()
    checkpoint = folder / f"{step.key}.pt" if folder else None
    until = time.monotonic() + seconds
    with one_thread():
        running = RunningLane(step.plan, step.trainer, _data(step.plan), step.seed, checkpoint)
        while not running.finished:
            if time.monotonic() >= until:
                if checkpoint is not None:
                    running.keep()
                return None
            running.advance()
    remember(step.key, running.lane())
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    return running.lane()


def _data(plan: TrainingPlan) -> Data:
    return _cached(plan.dataset) if plan.device == CPU else Data.of(load_dataset(plan.dataset), plan.device.torch)


@cache
def _cached(dataset: str) -> Data:
    return Data.of(load_dataset(dataset))
