"""The plain torch loop, on whatever device the network is: what faster ways are compared with."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from grader.core.network import Recipe
from grader.network.build import Network
from grader.training.accumulation import step_ends
from grader.training.clipping import clip
from grader.training.drawing import Drawing
from grader.training.images import Given
from grader.training.means import Means
from grader.training.recipe import Loss, make_optimizer
from grader.training.samples import Samples
from grader.training.schedule import StepSettings, plateaus


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
        self.given, self.means = Given.of(recipe, "training"), Means()
        self.drawing = Drawing(numbers) if recipe.images else None
        rules = (rule.watched for rule in (recipe.stopping, recipe.keeping) if rule)
        self.watches = any(watched.of == "training" for watched in (*plateaus(recipe), *rules))
        if any(isinstance(layer, nn.Conv2d) for layer in network.layers):
            network.to(memory_format=torch.channels_last)
        self.loss = Loss(recipe.loss, list(network.layers))
        self.optimizer = make_optimizer(recipe.optimizer, network.named_weights(), fused=fused)
        stepped = {id(p) for group in self.optimizer.param_groups for p in group["params"]}
        self.trained = {name: p for name, p in network.named_weights().items() if id(p) in stepped}
        for parameter in network.parameters():
            parameter.requires_grad_(id(parameter) in stepped)
        self.batches = 0  # in all epochs so far

    def epoch(self, order: Tensor, settings: Sequence[StepSettings]) -> float:
        """Train on the samples in this order, with the optimiser's settings for each step; the mean loss."""
        recipe, network = self.recipe, self.network
        network.train()
        weight = next(network.parameters())
        # Summed where it is computed: asking for each step's loss would wait for the device.
        total, seen = torch.zeros((), dtype=torch.float64, device=weight.device), 0
        self.means = Means()
        if recipe.accumulation is None or recipe.accumulation.rest == "dropped":
            self.optimizer.zero_grad()
        batches = torch.split(order.to(weight.device), recipe.batch_size)
        batches = batches[:-1] if recipe.drop_last and len(batches[-1]) < recipe.batch_size else batches
        ends = step_ends(recipe.accumulation, len(batches), self.batches)
        coming = iter(settings)
        with self._own_numbers(weight.device):
            for batch, ends_step in zip(batches, ends, strict=True):
                if self.stopped:
                    break
                images = self.given(self.samples.images[batch]).to(weight.dtype)
                outputs = network(images, len(network.layers) - self.loss.skips)
                loss = self.loss(outputs, self.samples.labels[batch])
                scaled = loss if recipe.loss_scale == 1 else loss * recipe.loss_scale
                scaled.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
                if self.watches:
                    self.means.add(loss, outputs, self.samples.labels[batch])
                if ends_step:
                    self._step(next(coming))
                total, seen = total + loss.detach().double() * len(batch), seen + len(batch)
        self.batches += len(batches)
        return total.item() / max(seen, 1)

    def _step(self, settings: StepSettings) -> None:
        for group, changed in zip(self.optimizer.param_groups, settings, strict=True):
            group.update(changed)
        clip(self.recipe.clipping, self.trained)
        self.optimizer.step()
        self.optimizer.zero_grad()

    def stop(self) -> None:
        """Let an epoch that another thread is training end before its next step."""
        self.stopped = True

    def state(self) -> dict[str, Any]:
        """What the optimiser remembers, where the random numbers stand, and gradients whose step is yet to come."""
        gradients = {name: p.grad for name, p in self.trained.items() if p.grad is not None}
        return {
            "optimizer": self.optimizer.state_dict(),
            "numbers": self.numbers,
            "batches": self.batches,
            "gradients": gradients,
            "drawing": self.drawing.state() if self.drawing else None,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state; the network's weights are restored already."""
        self.optimizer.load_state_dict(state["optimizer"])
        self.numbers, self.batches = state["numbers"], state["batches"]
        for name, gradient in state["gradients"].items():
            self.trained[name].grad = gradient.to(self.trained[name])
        if self.drawing:
            self.drawing.restore(state["drawing"])

    @contextmanager
    def _own_numbers(self, device: torch.device) -> Iterator[None]:
        generator = torch.default_generator if device.type == "cpu" else torch.cuda.default_generators[device.index]
        with self.drawing.own() if self.drawing else nullcontext():
            before = generator.get_state()
            generator.set_state(self.numbers)
            try:
                yield
                self.numbers = generator.get_state()
            finally:
                generator.set_state(before)
