"""Are the grader's accuracies those of a plain loop? Two samples of trainings, compared.

    GRADER_DATA=... python benchmarks/equivalence.py [--seeds 30]

Each network is trained under many seeds by the grader, and under as many others by a loop as a student writes it:
torch's own layers, optimiser and shuffling, no code of the grader. Were the two alike, a p-value below 0.01 would come
up once in a hundred such tables for each test.
"""

import argparse
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from scipy.stats import ks_2samp, mannwhitneyu
from torch import nn

from grader.core.network import ModelSpec, Recipe
from grader.datasets import load_dataset
from grader.machine import cores
from grader.training.lane import train_lane
from grader.training.plan import TrainingPlan


def linear(a, b):
    return "Linear", {"in_features": a, "out_features": b}


def conv(a, b):
    return "Conv2d", {"in_channels": a, "out_channels": b, "kernel_size": 3}


# name: layers, optimiser, epochs, training samples, mean and deviation of the inputs
NETWORKS = {
    "784-100-10, Adam, 2 epochs": (
        [("Flatten", {}), linear(784, 100), ("ReLU", {}), linear(100, 10)],
        ("Adam", {"lr": 0.001}), 2, 60_000, (0.0, 1.0),
    ),
    "784-64-32-10 with dropout 0.3, SGD with momentum, 2 epochs": (
        [("Flatten", {}), linear(784, 64), ("ReLU", {}), ("Dropout", {"p": 0.3}), linear(64, 32), ("Tanh", {}),
         linear(32, 10)],
        ("SGD", {"lr": 0.05, "momentum": 0.9}), 2, 60_000, (0.1307, 0.3081),
    ),
    "CNN 8-16 with batch norm and dropout, RMSprop, 2 epochs of 10,000 images": (
        [conv(1, 8), ("BatchNorm2d", {"num_features": 8}), ("ReLU", {}), ("MaxPool2d", {"kernel_size": 2}),
         conv(8, 16), ("ReLU", {}), ("MaxPool2d", {"kernel_size": 2}), ("Dropout2d", {"p": 0.2}), ("Flatten", {}),
         linear(400, 10)],
        ("RMSprop", {"lr": 0.001}), 2, 10_000, (0.1307, 0.3081),
    ),
}  # fmt: skip
BATCH = 32


def ours(job):
    name, seed = job
    layers, (kind, settings), epochs, samples, (mean, std) = NETWORKS[name]
    spec = ModelSpec(layers=[{"type": t, "settings": s} for t, s in layers])
    how = Recipe.model_validate(
        {
            "loss": {"type": "CrossEntropyLoss"},
            "optimizer": {"type": kind, "settings": settings},
            "batch_size": BATCH,
            "epochs": epochs,
            "inputs": {"shape": (1, 28, 28), "divide": 255.0, "mean": mean, "std": std},
            "train_samples": samples,
        }
    )
    return train_lane(TrainingPlan(spec=spec, recipe=how, dataset="mnist"), seed).accuracy


def plain(job):
    name, seed = job
    layers, (kind, settings), epochs, samples, (mean, std) = NETWORKS[name]
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    data = load_dataset("mnist")

    def tensors(split):
        images = torch.from_numpy(split.images.copy()).float().div(255).sub(mean).div(std).unsqueeze(1)
        return images, torch.from_numpy(split.labels.astype("int64"))

    images, labels = tensors(data.train)
    part = torch.randperm(len(labels))[:samples]
    images, labels = images[part], labels[part]
    model = nn.Sequential(*(getattr(nn, t)(**s) for t, s in layers))
    optimizer = getattr(torch.optim, kind)(model.parameters(), **settings)
    for _ in range(epochs):
        model.train()
        for batch in torch.randperm(len(labels)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
    model.eval()
    tests, truth = tensors(data.test)
    with torch.no_grad():
        return int((model(tests).argmax(1) == truth).sum()) / len(truth)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=30)
    seeds = parser.parse_args().seeds
    table = Table("network", "seeds each", "the grader", "plain loop", "Mann-Whitney p", "Kolmogorov-Smirnov p")
    with ProcessPoolExecutor(cores(), mp_context=multiprocessing.get_context("spawn")) as pool:
        for name in NETWORKS:
            a = np.array(list(pool.map(ours, [(name, seed) for seed in range(seeds)])))
            b = np.array(list(pool.map(plain, [(name, 10_000 + seed) for seed in range(seeds)])))
            cells = [f"{x.mean():.4f} ± {x.std(ddof=1):.4f}" for x in (a, b)]
            tests = f"{mannwhitneyu(a, b).pvalue:.2f}", f"{ks_2samp(a, b).pvalue:.2f}"
            table.add_row(name, str(seeds), *cells, *tests)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
