"""What evaluations of a network beside its training gave: losses and right answers of each batch of a loader."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..protocol import Sample
from .loaders import Loaders, Loop
from .session import Session, quiet

if TYPE_CHECKING:
    import torch

    from .losses import Loss

_SHOWN = 4
_MOST_WHOLE = 6  # passes beside one training
_MOST_SECONDS = 2.0  # of a pass that is seen to its end for once
_MOST_PASSES = 16  # since the last look at them


@dataclass
class Batch:
    """One batch: its mean loss and how many were right, as far as they were seen."""

    size: int
    loss: float | None = None
    right: int | None = None


@dataclass
class Pass:
    """One pass over a loader: batches that were seen, how many it has, how many samples these hold.

    `training_mode`: a part of the network was in training mode. `kinds` are the losses that were taken.
    """

    loader: Any
    of: int | None
    samples: int | None
    batches: list[Batch] = field(default_factory=list)
    training_mode: bool = False
    kinds: set[str] = field(default_factory=set)
    shown: list[Sample] = field(default_factory=list)


class Evaluations:
    """Passes over loaders in which networks were only evaluated, by network and loop, the latest last."""

    def __init__(self, session: Session, loaders: Loaders, torch: Any) -> None:
        self.session, self.loaders, self.torch = session, loaders, torch
        self.passes: dict[tuple[int, int], Pass] = {}
        self.whole: dict[int, set[int]] = {}  # id of a training, which stays -> loops that were seen to their ends
        self.latest: tuple[Pass, Batch] | None = None
        loaders.wanted_whole = self.wanted_whole

    @quiet
    def called(self, network: torch.nn.Module, given: Any, output: Any, trains: bool) -> None:
        """A network gave this output; `trains`: it was in training mode, with gradients."""
        loop = self.loaders.loop
        self.latest = None
        if trains or loop is None or not isinstance(output, self.torch.Tensor) or output.dim() != 2:
            return
        for one in self.session.trainings.values():
            if (choices := getattr(one, "choices", None)) is not None:
                choices.called(network)
        training = next((one for one in self.session.of_network(network) if hasattr(one, "evaluated")), None)
        if training is None:
            return
        found = self.passes.get((id(network), loop.number))
        if found is None:
            found = self.passes[id(network), loop.number] = Pass(loop.loader, *counts(loop.loader))
            training.evaluated(loop)
            while len(self.passes) > _MOST_PASSES:
                self.passes.pop(next(iter(self.passes)))
        batch = Batch(len(output))
        found.batches.append(batch)
        found.training_mode |= any(module.training for module in network.modules())
        loaded = loop.loaded()
        labels = loaded[1] if loaded is not None else None
        if (
            isinstance(labels, self.torch.Tensor)
            and labels.shape == output.shape[:1]
            and not labels.is_floating_point()
        ):
            batch.right = int((output.detach().argmax(1) == labels).sum())
            if not found.shown:
                rows = given.detach()[:_SHOWN].reshape(min(len(given), _SHOWN), -1).tolist()
                found.shown = [
                    Sample([float(f"{v:.7g}") for v in row], label) for row, label in zip(rows, labels.tolist())
                ]
        self.latest = found, batch

    @quiet
    def loss(self, loss: Loss) -> None:
        """A loss was taken: of the latest output, where it is of as many samples."""
        if self.latest is None or loss.value.numel() != 1 or len(loss.given) != self.latest[1].size:
            return
        found, batch = self.latest
        if batch.loss is None:
            reduction = loss.settings.get("reduction", "mean")
            batch.loss = float(loss.value.detach()) / (batch.size if reduction == "sum" else 1)
            found.kinds.add(str((loss.kind, {k: v for k, v in loss.settings.items() if k != "reduction"})))

    def take(self, network: object) -> list[Pass]:
        """The passes of a network since they were last taken."""
        keys = [key for key in self.passes if key[0] == id(network)]
        return [self.passes.pop(key) for key in keys]

    def wanted_whole(self, loop: Loop) -> bool:
        """Whether a pass is to be seen to its end: its last batch, where that is smaller, tells how means are taken."""
        latest = next(reversed(self.session.trainings.values()), None)
        if not getattr(latest, "wants_whole", False) or time.monotonic() - loop.started > _MOST_SECONDS:
            return False
        self.whole.setdefault(id(latest), set()).add(loop.number)
        return len(self.whole[id(latest)]) <= _MOST_WHOLE


def counts(loader: Any) -> tuple[int | None, int | None]:
    """(how many batches a loader has, how many samples these hold); None where that isn't known."""
    try:
        batches, samples = len(loader), len(loader.sampler)
    except TypeError:
        return None, None
    return batches, min(samples, batches * loader.batch_size) if loader.drop_last else samples
