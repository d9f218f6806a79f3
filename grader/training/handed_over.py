"""Scores the weights that a notebook handed over after it ran in full, on the host's test split."""

import math
from collections.abc import Iterator

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from grader.core.errors import SubmissionError
from grader.core.evidence import Lane
from grader.core.network import InputSpec, ModelSpec
from grader.datasets import Dataset
from grader.network.build import Network, build
from grader.training.lane import CHANCE_MARGIN, one_thread, score
from grader.training.samples import Samples

_FRESH = 3.0  # times chance: more than that, a network that was never trained does not know


def score_replay(
    spec: ModelSpec, inputs: InputSpec, dataset: Dataset, seed: int, first: bytes, last: bytes, seconds: float
) -> Lane:
    """The lane of one replay, from its network's weights before the first step and at the end (safetensors).

    Raises SubmissionError when the weights are not this network's, or knew the answer before any step.
    """
    with one_thread():
        before, after = (_score(spec, inputs, dataset, raw) for raw in (first, last))
    if before > _FRESH / dataset.classes:
        raise SubmissionError(
            f"before its first step it already had an accuracy of {before:.4f}: its weights were trained elsewhere"
        )
    return Lane(
        seed=seed,
        accuracy=after if math.isfinite(after) else 0.0,
        curve=(),
        seconds=seconds,
        diverged=not after > CHANCE_MARGIN / dataset.classes,
    )


def _score(spec: ModelSpec, inputs: InputSpec, dataset: Dataset, raw: bytes) -> float:
    """The accuracy with these weights; NaN when they aren't finite."""
    network = build(spec)
    try:
        weights = load(raw)
    except (SafetensorError, ValueError, KeyError) as error:
        raise SubmissionError(f"its weights can't be read: {error}") from error
    with torch.no_grad():
        for name, ours in tensors(spec, network):
            theirs = weights.get(name)
            if theirs is None or theirs.shape != ours.shape:
                found = "missing" if theirs is None else f"of shape {tuple(theirs.shape)}, not {tuple(ours.shape)}"
                raise SubmissionError(f"it trained another network when it ran in full: {name} is {found}")
            ours.copy_(theirs)
            if ours.is_floating_point() and not bool(torch.isfinite(ours).all()):
                return math.nan
    return score(network, Samples.of(dataset.test), inputs)


def tensors(spec: ModelSpec, network: Network) -> Iterator[tuple[str, Tensor]]:
    """(the name in the student's network, our tensor) of every weight and running statistic."""
    for layer, module in zip(spec.layers, network.layers, strict=True):
        if layer.shares is None:
            for name, tensor in module.state_dict(keep_vars=True).items():
                yield f"{layer.name}.{name}".lstrip("."), tensor
