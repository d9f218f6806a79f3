"""Scores the weights that a notebook handed over after it ran in full, on the host's test split."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from grader.core.errors import SubmissionError
from grader.core.evidence import Lane
from grader.core.network import ModelSpec
from grader.datasets import Dataset
from grader.network.build import Network, build
from grader.training.doubts import Replayed, Vector, sketch
from grader.training.images import Given
from grader.training.lane import CHANCE_MARGIN, one_thread, predictions, score
from grader.training.samples import Samples

_FRESH = 3.0  # times chance: more than that, a network that was never trained does not know


def score_replay(
    spec: ModelSpec, given: Given, dataset: Dataset, seed: int, first: Path, last: Path, seconds: float
) -> Replayed:
    """One replay, from its network's weights before the first step and at the end (safetensors files).

    `given` is what it is given in tests.

    Raises SubmissionError when the weights are not this network's, or knew the answer before any step.
    """
    test, train = Samples.of(dataset.test), Samples.of(dataset.train)
    with one_thread():
        began, ended = (_loaded(spec, file) for file in (first, last))
        before = score(began, test, given) if _is_finite(began) else math.nan
        if before > _FRESH / dataset.classes:
            raise SubmissionError(
                f"before its first step it already had an accuracy of {before:.4f}: its weights were trained elsewhere"
            )
        finite = _is_finite(ended)
        predicted = predictions(ended, test, given)
        after = float((predicted == test.labels).float().mean()) if finite else 0.0
        learned = score(ended, train, given) if finite else 0.0
    lane = Lane(
        seed=seed,
        accuracy=after,
        curve=(),
        seconds=seconds,
        diverged=not after > CHANCE_MARGIN / dataset.classes,
    )
    return Replayed(
        lane=lane,
        learned=learned,
        predicted=predicted.numpy().astype(np.uint8),
        first=sketch(_flat(began)),
        last=sketch(_flat(ended)),
    )


def _flat(network: Network) -> Vector:
    return torch.cat([p.detach().flatten() for p in network.parameters()]).nan_to_num().numpy()


def _is_finite(network: Network) -> bool:
    return all(bool(torch.isfinite(t).all()) for t in network.state_dict().values() if t.is_floating_point())


def _loaded(spec: ModelSpec, file: Path) -> Network:
    """The network with these weights."""
    network = build(spec)
    try:
        with safe_open(file, framework="pt") as weights, torch.no_grad():
            there = set(weights.keys())
            for name, ours in tensors(spec, network):
                shape = tuple(weights.get_slice(name).get_shape()) if name in there else None
                if shape != tuple(ours.shape):
                    found = "missing" if shape is None else f"of shape {shape}, not {tuple(ours.shape)}"
                    raise SubmissionError(f"it trained another network when it ran in full: {name} is {found}")
                ours.copy_(weights.get_tensor(name))  # one at a time, and none that isn't asked for
    except (SafetensorError, ValueError, KeyError) as error:
        raise SubmissionError(f"its weights can't be read: {error}") from error
    return network


def tensors(spec: ModelSpec, network: Network) -> Iterator[tuple[str, Tensor]]:
    """(the name in the student's network, our tensor) of every weight and running statistic."""
    for layer, module in zip(spec.layers, network.layers, strict=True):
        if layer.shares is None:
            for name, tensor in module.state_dict(keep_vars=True).items():
                yield f"{layer.name}.{name}".lstrip("."), tensor
