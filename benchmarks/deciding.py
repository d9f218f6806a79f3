"""How often each rule errs, and how many trainings it takes, simulated on really measured accuracies.

    GRADER_DATA=... python benchmarks/deciding.py [--out docs]

Networks are trained under many seeds each; a threshold is put where a known share of them reaches it; each rule then
decides again and again on accuracies drawn from those measured. Writes `deciding.svg` and prints the tables.
"""

import argparse
import math
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from matplotlib.figure import Figure

from grader.core.network import InputSpec, LayerSpec, LossSpec, ModelSpec, OptimizerSpec, Recipe, ScheduleSpec
from grader.datasets import load_dataset
from grader.machine import cores
from grader.training.decision import Rule, chance_of_reaching, decide
from grader.training.lane import train_lane
from grader.training.plan import TrainingPlan

RULES = {
    "five always": None,
    "majority": Rule(kind="majority"),
    "margin": Rule(kind="margin"),
}
DRAWS = 10_000


def dense(*widths, dropout=0.0):
    layers = [LayerSpec(type="Flatten")]
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        if i:
            layers.append(LayerSpec(type="ReLU"))
            layers += [LayerSpec(type="Dropout", settings={"p": dropout})] if dropout else []
        layers.append(LayerSpec(type="Linear", settings={"in_features": a, "out_features": b}))
    return ModelSpec(layers=tuple(layers))


def recipe(side, divide, lr, epochs, optimizer="Adam", gamma=None, batch=32):
    return Recipe(
        loss=LossSpec(type="CrossEntropyLoss"),
        optimizer=OptimizerSpec(type=optimizer, settings={"lr": lr}),
        schedules=(ScheduleSpec(type="ExponentialLR", settings={"gamma": gamma}),) if gamma else (),
        batch_size=batch,
        epochs=epochs,
        inputs=InputSpec(shape=(side, side), divide=divide),
    )


# name: (data set, network, recipe, seeds)
POOLS = {
    "digits, 64-40-10, 20 epochs": ("digits", dense(64, 40, 10), recipe(8, 16, 0.003, 20), 300),
    "digits, 64-40-10, 2 epochs": ("digits", dense(64, 40, 10), recipe(8, 16, 0.003, 2), 300),
    "digits, 64-8-10, 30 epochs": ("digits", dense(64, 8, 10), recipe(8, 16, 0.003, 30), 300),
    "digits, 64-30-20-10, dropout 0.3": ("digits", dense(64, 30, 20, 10, dropout=0.3), recipe(8, 16, 0.003, 20), 300),
    "digits, 64-20-20-20-10, SGD 0.5 (some fall apart)": (
        "digits",
        dense(64, 20, 20, 20, 10),
        recipe(8, 16, 0.5, 12, "SGD"),
        300,
    ),
    "digits, 64-20-20-20-10, SGD 0.65 (many fall apart)": (
        "digits",
        dense(64, 20, 20, 20, 10),
        recipe(8, 16, 0.65, 12, "SGD"),
        300,
    ),
    "mnist, 784-100-10, decaying": ("mnist", dense(784, 100, 10), recipe(28, 255, 0.005, 4, gamma=0.5, batch=128), 60),
    "mnist, 784-100-10, constant": ("mnist", dense(784, 100, 10), recipe(28, 255, 0.001, 3, batch=64), 60),
}


def accuracies(pool, job):
    dataset, spec, how, seeds = job
    lanes = list(pool.map(_lane, [(spec, how, dataset, seed) for seed in range(seeds)], chunksize=5))
    return np.array([math.nan if lane.diverged else lane.accuracy for lane in lanes])


def _lane(job):
    spec, how, dataset, seed = job
    return train_lane(TrainingPlan(spec=spec, recipe=how, dataset=dataset), seed)


def thresholds(values):
    """(name, threshold, share that reaches it) for a pool: clear cases, and shares near those named."""
    finite = np.sort(values[np.isfinite(values)])
    spread = max(finite.std(), 1e-4)
    wanted = {} if len(finite) < len(values) else {"clear pass": finite.min() - 6 * spread}
    wanted |= {"clear fail": finite.max() + 6 * spread}
    for share in (0.95, 0.8, 0.65, 0.5, 0.35, 0.2, 0.05):
        wanted[f"{share:.2f}"] = float(np.quantile(np.nan_to_num(values, nan=-1.0), 1 - share))
    return [(name, t, float(np.mean(np.nan_to_num(values, nan=-1.0) >= t))) for name, t in wanted.items()]


def simulate(values, threshold, test_size, rule, rng):
    """(share of wrong verdicts, mean number of trainings) over many draws of five trainings."""
    truth = np.mean(np.nan_to_num(values, nan=-1.0) >= threshold) > 0.5
    wrong = used = 0
    drawn = rng.choice(values, size=(DRAWS, 5))
    known = {}
    for row in drawn:
        for n in range(1, 6):
            if rule is None:
                verdict = "undecided" if n < 5 else decide(list(row), threshold, Rule(), test_size)
            else:
                key = (n, row[:n].tobytes())
                if key not in known:
                    known[key] = decide([float(a) for a in row[:n]], threshold, rule, test_size)
                verdict = known[key]
            if verdict != "undecided":
                used += n
                wrong += (verdict == "reached") != truth
                break
    return wrong / DRAWS, used / DRAWS


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    out = parser.parse_args().out
    rng = np.random.default_rng(0)
    with ProcessPoolExecutor(cores(), mp_context=multiprocessing.get_context("spawn")) as pool:
        pools = {name: accuracies(pool, job) for name, job in POOLS.items()}
    print("| network | seeds | diverged | mean accuracy | standard deviation | as a multiple of sqrt(a(1-a)/n) |")
    print("|---|---|---|---|---|---|")
    for name, values in pools.items():
        finite = values[np.isfinite(values)]
        mean, size = finite.mean(), len(load_dataset(POOLS[name][0]).test.labels)
        ratio = finite.std() / math.sqrt(mean * (1 - mean) / size)
        print(
            f"| {name} | {len(values)} | {len(values) - len(finite)} | {mean:.4f} | {finite.std():.4f} | {ratio:.2f} |"
        )
    rows = []
    for name, values in pools.items():
        size = len(load_dataset(POOLS[name][0]).test.labels)
        for case, threshold, share in thresholds(values):
            found = {rule: simulate(values, threshold, size, RULES[rule], rng) for rule in RULES}
            rows.append((name, case, share, found))
    print(
        "\n| network | share that reaches the threshold |" + "".join(f" {rule}: wrong, trainings |" for rule in RULES)
    )
    print("|---|---|" + "---|" * len(RULES))
    for name, case, share, found in rows:
        cells = "".join(f" {wrong:.1%}, {used:.2f} |" for wrong, used in found.values())
        print(f"| {name} | {share:.2f}{' (' + case + ')' if case.startswith('clear') else ''} |{cells}")
    figure = Figure(figsize=(9, 4))
    left, right = figure.subplots(1, 2)
    for rule, marker in zip(RULES, "sox"):
        shares = [row[2] for row in rows]
        left.plot(shares, [row[3][rule][0] for row in rows], marker, fillstyle="none", label=rule)
        right.plot(shares, [row[3][rule][1] for row in rows], marker, fillstyle="none", label=rule)
    left.set(xlabel="share of trainings that reach the threshold", ylabel="wrong verdicts")
    right.set(xlabel="share of trainings that reach the threshold", ylabel="mean number of trainings", ylim=(0, 5.3))
    left.legend()
    figure.tight_layout()
    figure.savefig(out / "deciding.svg", metadata={"Date": None})
    example = [0.9788, 0.9776]
    chance = chance_of_reaching(example, 0.975, 10000)
    print(f"\nThe chance that one more training reaches 0.975 after {example}: {chance:.3f}")


if __name__ == "__main__":
    main()
