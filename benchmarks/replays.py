"""What tells trained weights from carried ones: how far honest networks lie from the bounds of `training/doubts.py`.

`GRADER_DATA=… python benchmarks/replays.py` trains each network under eight seeds and prints, over all pairs of seeds:
how much better they do on the test split than on the training split, how often their predictions differ where one of
them errs, and how far their weights end from each other, measured by how far training moved them.
"""

import itertools
import sys

import torch
from torch import Tensor

from grader.core.network import LayerSpec, ModelSpec, Recipe
from grader.datasets import load_dataset
from grader.training.lane import RunningLane, one_thread, predictions
from grader.training.plan import TrainingPlan
from grader.training.samples import Data
from grader.training.trainers import choose_trainer

SEEDS = 8


def layer(kind: str, **settings: object) -> LayerSpec:
    """A layer as a spec has it."""
    return LayerSpec.model_validate({"type": kind, "settings": settings})


def dense(*widths: int, dropout: float = 0.0, by: str = "ReLU") -> list[LayerSpec]:
    """A chain of Linears with an activation between."""
    layers = []
    for i, (wide, out) in enumerate(itertools.pairwise(widths)):
        layers += [layer("Linear", in_features=wide, out_features=out)]
        if i < len(widths) - 2:
            layers += [layer(by)] + ([layer("Dropout", p=dropout)] if dropout else [])
    return layers


CNN = [
    layer("Conv2d", in_channels=1, out_channels=8, kernel_size=3),
    layer("BatchNorm2d", num_features=8),
    layer("ReLU"),
    layer("MaxPool2d", kernel_size=2),
    layer("Dropout", p=0.1),
    layer("Flatten"),
    layer("Linear", in_features=1352, out_features=10),
]
ADAM, SGD = {"type": "Adam", "settings": {"lr": 0.001}}, {"type": "SGD", "settings": {"lr": 0.1, "momentum": 0.9}}
SMALL = {"type": "Adam", "settings": {"lr": 0.0001}}
# name: (layers, optimiser, batch size, epochs, samples)
NETWORKS = {
    "784-10, 1 epoch": (dense(784, 10), ADAM, 32, 1, None),
    "784-10, 10 epochs": (dense(784, 10), SGD, 64, 10, None),
    "784-100-10, 1 epoch": (dense(784, 100, 10), ADAM, 128, 1, None),
    "784-100-10, small steps": (dense(784, 100, 10), SMALL, 128, 1, None),
    "784-100-10, 10 epochs": (dense(784, 100, 10), ADAM, 32, 10, None),
    "784-100-10, dropout": (dense(784, 100, 10, dropout=0.5), SGD, 64, 6, None),
    "784-500-300-200-10": (dense(784, 500, 300, 200, 10, dropout=0.2), ADAM, 64, 4, None),
    "784-30-10, tanh, 1000 samples": (dense(784, 30, 10, by="Tanh"), ADAM, 50, 20, 1000),
    "a convolutional network": (CNN, ADAM, 64, 1, None),
}


def flat(network: torch.nn.Module) -> Tensor:
    """All of its weights in a row."""
    return torch.cat([p.detach().flatten() for p in network.parameters()]).clone()


def main() -> None:
    """Train and print."""
    dataset = load_dataset("mnist")
    data = Data.of(dataset)
    print(f"{'network':32} accuracy  test - train (worst)  differ per error (least)  apart per moved (least)")
    for name, (layers, optimizer, batch, epochs, samples) in NETWORKS.items():
        image = layers[0].type == "Conv2d"
        recipe = Recipe.model_validate(
            {
                "loss": {"type": "CrossEntropyLoss"},
                "optimizer": optimizer,
                "batch_size": batch,
                "epochs": epochs,
                "inputs": {"shape": (1, 28, 28) if image else (784,), "divide": 255.0},
                "train_samples": samples,
            }
        )
        plan = TrainingPlan(spec=ModelSpec(layers=tuple(layers)), recipe=recipe, dataset="mnist")
        seen = []
        with one_thread():
            for seed in range(SEEDS):
                lane = RunningLane(plan, choose_trainer(plan), data, seed)
                first = flat(lane.network)
                while not lane.finished:
                    lane.advance()
                made = [predictions(lane.network, split, recipe.inputs) for split in (data.test, data.train)]
                test, train = (made[0] == data.test.labels), (made[1] == data.train.labels)
                seen.append(
                    (first, flat(lane.network), made[0], float(test.float().mean()), float(train.float().mean()))
                )
        better = max(test - train for *_, test, train in seen)
        pairs = list(itertools.combinations(seen, 2))
        differ = min(float((a[2] != b[2]).float().mean()) / max(2 - a[3] - b[3], 1e-9) for a, b in pairs)
        apart = min(float((a[1] - b[1]).norm() / max((a[1] - a[0]).norm(), (b[1] - b[0]).norm())) for a, b in pairs)
        mean = sum(test for *_, test, _ in seen) / SEEDS
        print(f"{name:32} {mean:8.4f}  {better:20.4f}  {differ:24.3f}  {apart:23.3f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
