"""The plain torch loop, on whatever device the network is: what faster ways are compared with."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from grader.core.network import Recipe
from grader.network.build import Network
from grader.training.recipe import Loss, make_optimizer
from grader.training.samples import Samples, inputs


class TorchLoop:
    """Trains a network in place by torch's own operations, one epoch a call.

    `numbers` is the state of the device's random numbers that dropout draws its first masks from. torch draws them from
    one generator a device: during an epoch it is in the state of this training, afterwards in the one it was in.
    """

    def __init__(
        self, network: Network, recipe: Recipe, samples: Samples, numbers: Tensor, *, fused: bool = False
    ) -> None:
        self.network, self.recipe, self.samples, self.numbers = network, recipe, samples, numbers
        self.stopped = False
        if any(isinstance(layer, nn.Conv2d) for layer in network.layers):
            network.to(memory_format=torch.channels_last)
        self.loss = Loss(recipe.loss, list(network.layers))
        self.optimizer = make_optimizer(recipe.optimizer, network.parameters(), fused=fused)

    def epoch(self, order: Tensor, settings: Sequence[dict[str, Any]]) -> float:
        """Train on the samples in this order, with the optimiser's settings for each step; the mean loss."""
        recipe, network = self.recipe, self.network
        network.train()
        weight = next(network.parameters())
        # Summed where it is computed: asking for each step's loss would wait for the device.
        total, seen = torch.zeros((), dtype=torch.float64, device=weight.device), 0
        with self._own_numbers(weight.device):
            for batch, changed in zip(torch.split(order.to(weight.device), recipe.batch_size), settings, strict=False):
                if self.stopped:
                    break
                self.optimizer.param_groups[0].update(changed)
                self.optimizer.zero_grad()
                images = inputs(self.samples.images[batch], recipe.inputs).to(weight.dtype)
                outputs = network(images, len(network.layers) - self.loss.skips)
                loss = self.loss(outputs, self.samples.labels[batch])
                loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
                self.optimizer.step()
                total, seen = total + loss.detach().double() * len(batch), seen + len(batch)
        return total.item() / max(seen, 1)

    def stop(self) -> None:
        """Let an epoch that another thread is training end before its next step."""
        self.stopped = True

    def state(self) -> dict[str, Any]:
        """What the optimiser remembers, and where the random numbers stand."""
        return {"optimizer": self.optimizer.state_dict(), "numbers": self.numbers}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state; the network's weights are restored already."""
        self.optimizer.load_state_dict(state["optimizer"])
        self.numbers = state["numbers"]

    @contextmanager
    def _own_numbers(self, device: torch.device) -> Iterator[None]:
        generator = torch.default_generator if device.type == "cpu" else torch.cuda.default_generators[device.index]
        before = generator.get_state()
        generator.set_state(self.numbers)
        try:
            yield
            self.numbers = generator.get_state()
        finally:
            generator.set_state(before)
