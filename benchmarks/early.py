"""Whether a training may end before its last epoch where its curve is clearly above the threshold: measured, not built.

    GRADER_DATA=... python benchmarks/early.py [--seeds 24]

Networks are trained under many seeds to their end. Then each is ended, on paper, after the first epoch from the middle
on whose accuracy lies K standard errors of the test set above a threshold (0.7 sqrt(a(1-a)/n), the spread of trainings:
docs/deciding.md), and counted as one that reaches it. The table has the epochs that are left of all, and how many were
counted so and end below the threshold.
"""

import argparse
import math
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _processor import processor
from deciding import POOLS, dense, recipe

from grader.core.network import OptimizerSpec, ScheduleSpec
from grader.datasets import load_dataset
from grader.machine import cores
from grader.training.lane import train_lane
from grader.training.plan import TrainingPlan

MARGINS = (2.0, 4.0)
THRESHOLDS = {"all, by far": None, "95 %": 0.95, "80 %": 0.8, "half": 0.5}


def one_cycle(epochs, batch, most, optimizer):
    """A recipe as set 4's reference has it: one warm-up and one decay over the whole run."""
    steps = epochs * -(-60_000 // batch)
    cycle = ScheduleSpec(type="OneCycleLR", settings={"max_lr": most, "total_steps": steps}, step="batch")
    spec = OptimizerSpec(type=optimizer, settings={"lr": most} | ({"momentum": 0.9} if optimizer == "SGD" else {}))
    return recipe(28, 255, most, epochs, batch=batch).model_copy(update={"optimizer": spec, "schedules": (cycle,)})


DECAYING = recipe(28, 255, 0.005, 8, gamma=0.7, batch=128)
CONSTANT = recipe(28, 255, 0.001, 10, batch=128)
SMALL, LARGE = dense(784, 140, 60, 10, dropout=0.1), dense(784, 256, 128, 64, 10, dropout=0.1)
MORE = {
    "mnist, 784-100-10, decaying, 8 epochs": ("mnist", dense(784, 100, 10), DECAYING),
    "mnist, 784-100-10, constant, 10 epochs": ("mnist", dense(784, 100, 10), CONSTANT),
    "mnist, 784-140-60-10, one cycle": ("mnist", SMALL, one_cycle(7, 128, 0.005, "AdamW")),
    "mnist, 784-256-128-64-10, one cycle": ("mnist", LARGE, one_cycle(8, 128, 0.2, "SGD")),
}


def curve(job):
    dataset, spec, how, seed = job
    lane = train_lane(TrainingPlan(spec=spec, recipe=how, dataset=dataset), seed)
    return [point.accuracy for point in lane.curve]


def ended(values, threshold, margin, size):
    """(epochs that are left, share of the trainings that are counted as reaching it and don't)."""
    epochs, wrong = 0, 0
    for points in values:
        last = len(points)
        for epoch in range(math.ceil(last / 2), last):
            a = points[epoch - 1]
            if a - threshold >= margin * 0.7 * math.sqrt(a * (1 - a) / size):
                wrong += points[-1] < threshold
                last = epoch
                break
        epochs += last
    return epochs / sum(map(len, values)), wrong / len(values)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=24)
    seeds = parser.parse_args().seeds
    pools = {name: job[:3] for name, job in POOLS.items() if job[2].epochs >= 8} | MORE
    print(processor())
    print("| network | reached by | " + " | ".join(f"{k:g} errors above: epochs, wrong" for k in MARGINS) + " |")
    print("|---|---|" + "---|" * len(MARGINS))
    with ProcessPoolExecutor(cores(), mp_context=multiprocessing.get_context("spawn")) as pool:
        for name, (dataset, spec, how) in pools.items():
            values = list(pool.map(curve, [(dataset, spec, how, seed) for seed in range(seeds)]))
            finals = np.array([points[-1] for points in values])
            size = len(load_dataset(dataset).test.labels)
            for reached, share in THRESHOLDS.items():
                clear = finals.min() - 6 * max(finals.std(), 1e-4)
                threshold = clear if share is None else float(np.quantile(finals, 1 - share))
                found = [ended(values, threshold, margin, size) for margin in MARGINS]
                cells = " | ".join(f"{epochs:.2f}, {wrong:.1%}" for epochs, wrong in found)
                print(f"| {name} | {reached} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
