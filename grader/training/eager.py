"""The plain torch loop: every network and recipe, and what faster ways are compared with."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from grader.core.network import InputSpec, Recipe
from grader.network.build import Network
from grader.training.recipe import Loss, make_optimizer
from grader.training.samples import Samples

# torch's fused kernels update all of an optimiser's tensors in one pass over memory.
_FUSED = ("SGD", "Adam", "AdamW", "Adagrad")


class EagerTrainer:
    """Trains a network in place by torch's own operations, one epoch a call."""

    def __init__(self, network: Network, recipe: Recipe, samples: Samples) -> None:
        self.network, self.recipe, self.samples = network, recipe, samples
        if any(isinstance(layer, nn.Conv2d) for layer in network.layers):
            network.to(memory_format=torch.channels_last)
        self.loss = Loss(recipe.loss, list(network.layers))
        self.optimizer = make_optimizer(recipe.optimizer, network.parameters(), fused=recipe.optimizer.type in _FUSED)

    def epoch(self, order: Tensor, settings: Iterable[dict[str, Any]]) -> float:
        """Train on the samples in this order, with the optimiser's settings for each step; the mean loss."""
        recipe, network = self.recipe, self.network
        network.train()
        dtype = next(network.parameters()).dtype
        total, seen = 0.0, 0
        for batch, changed in zip(torch.split(order, recipe.batch_size), settings, strict=False):
            self.optimizer.param_groups[0].update(changed)
            self.optimizer.zero_grad()
            images = inputs(self.samples.images[batch], recipe.inputs).to(dtype)
            outputs = network(images, len(network.layers) - self.loss.skips)
            loss = self.loss(outputs, self.samples.labels[batch])
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
            self.optimizer.step()
            total, seen = total + loss.item() * len(batch), seen + len(batch)
        return total / max(seen, 1)

    def state(self) -> dict[str, Any]:
        """What the optimiser remembers; the weights are the network's."""
        return self.optimizer.state_dict()

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state; the network's weights are restored already."""
        self.optimizer.load_state_dict(state)


def inputs(images: Tensor, spec: InputSpec) -> Tensor:
    """Raw uint8 images (N, height, width) or (N, 3, height, width) as the network gets them: float32 (N, *shape)."""
    scaled = images.to(torch.float32).div_(spec.divide)
    if spec.mean or spec.std != 1:
        scaled.sub_(_each_channel(spec.mean)).div_(_each_channel(spec.std))
    if spec.channels_last and scaled.ndim == 4:
        scaled = scaled.movedim(1, -1)
    return scaled.reshape(len(images), *spec.shape)


def _each_channel(number: float | tuple[float, ...]) -> float | Tensor:
    return torch.tensor(number).view(-1, 1, 1) if isinstance(number, tuple) else number
