"""A full run under a seed of the host's: every seeding is shifted by it, and trained weights are handed over."""

from __future__ import annotations

import functools
import os
import random
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from ..origin import as_given
from ..protocol import Named, Training
from .forward import Calls
from .gradients import norms
from .optimisers import watch_steps
from .session import Session, quiet
from .settings import own_or_torch

if TYPE_CHECKING:
    import torch

_STEP = 1_000_003  # between the shifts of two seeds, so that a notebook that seeds 0, 1, 2, ... meets no seed twice
_MOST_BYTES = 256 * 2**20


def install(seed: int, torch: Any) -> None:
    """Seed everything, and see to it that the notebook's own seeds give other numbers under another seed."""
    shift = seed * _STEP
    _shift(random, "seed", shift)
    _shift_numpy(shift)
    torch.Generator = _generator(torch.Generator, shift)
    original = torch.manual_seed

    @functools.wraps(original)
    def manual_seed(number: int) -> Any:
        return as_given(original, (int(number) + shift) % 2**63)

    torch.manual_seed = torch.random.manual_seed = manual_seed
    random.seed(0)
    manual_seed(0)


def _shift(owner: object, name: str, shift: int, most: int = 2**63) -> None:
    """Add to whatever whole number a function is seeded with; seeds are below `most`."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def seeded(seed: Any = None, *args: Any, **kwargs: Any) -> Any:
        if isinstance(seed, int):
            seed = (seed + shift) % most
        return as_given(original, seed, *args, **kwargs)

    setattr(owner, name, seeded)


def _shift_numpy(shift: int) -> None:
    """Numpy's seeds, where the kernel has it."""
    try:
        import numpy
    except ImportError:
        return
    _shift(numpy.random, "seed", shift, 2**32)
    _shift(numpy.random, "default_rng", shift)
    numpy.random.seed(0)


def _generator(kind: type[torch.Generator], shift: int) -> type[torch.Generator]:
    """A generator whose own seed is shifted."""

    class Generator(kind):  # type: ignore[valid-type,misc]  # torch is given at run time
        def manual_seed(self, seed: int) -> torch.Generator:
            super().manual_seed((int(seed) + shift) % 2**63)
            return self

    return Generator


class Replay:
    """Finds the networks that torch's optimisers train in a full run, and hands over their weights."""

    def __init__(self, session: Session, torch: ModuleType) -> None:
        self.session, self.torch = session, torch
        self.calls = Calls(session, torch)

    def install(self) -> None:
        """Watch modules being called, and optimisers stepping."""
        self.calls.install()
        watch_steps(self.before_step, self.after_step)

    def forget(self) -> None:
        """What was called so far led to the steps of others."""
        self.calls.last = {}

    @quiet
    def before_step(self, optimizer: torch.optim.Optimizer, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Before every step: the first one of an optimiser begins a training."""
        training = self.session.trainings.get(id(optimizer))
        if training is None:
            parameters = [p for group in optimizer.param_groups for p in group["params"]]
            if self.calls.are_given(parameters):
                return
            network = self.calls.holder(parameters)
            training = ReplayedTraining(self.session, self.torch, optimizer, network, parameters)
        self.session.begin(id(optimizer), training)
        training.record.steps += 1

    @quiet
    def after_step(self, optimizer: torch.optim.Optimizer, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """After every step."""
        self.forget()


class ReplayedTraining:
    """One optimiser at work in a full run."""

    by_torch = True

    def __init__(
        self,
        session: Session,
        torch: ModuleType,
        optimizer: torch.optim.Optimizer,
        network: torch.nn.Module | None,
        parameters: list[torch.Tensor],
    ) -> None:
        self.session, self.network, self.parameters = session, network, parameters
        self.optimizer = optimizer  # held, so that no other gets its id
        self.record = Training(
            number=len(session.trainings),
            model=id(network),
            variable=session.name_of(network),
            cell=session.cell,
            optimizer=Named(own_or_torch(type(optimizer), torch.optim)),
        )
        self.note = self.record.note
        if network is not None and session.weights is not None:
            session.weights.first(self.record.number, network)

    @property
    def steps(self) -> int:
        """Taken so far."""
        return self.record.steps

    def remember(self) -> None:
        """Nothing: in a replay it doesn't matter what changed the weights."""

    def end_cell(self) -> None:
        """After each cell."""
        if self.network is not None and self.session.weights is not None:
            self.session.weights.last(self.record.number, self.network)

    def finished(self) -> Training:
        """The whole record by now."""
        return self.record


class HasWeights(Protocol):
    """A module of torch's, or what has weights as one."""

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Its weights by name."""


class Weights:
    """Hands over the weights of every trained network: before its first step, and as they are after each cell."""

    def __init__(self, folder: str, torch: ModuleType) -> None:
        self.folder, self.torch = folder, torch
        # Number of a training -> what its network's weights looked like when they were handed over.
        self.shown: dict[int, list[float | None]] = {}

    def first(self, number: int, model: HasWeights) -> None:
        """Before the first step of the n-th training."""
        self.write(f"{number}-first", model)

    def last(self, number: int, model: HasWeights) -> None:
        """After a cell, when it changed anything."""
        looks = norms([value for value in model.state_dict().values() if value.is_floating_point()], self.torch)
        if self.shown.get(number) != looks:
            self.write(f"{number}-last", model)
            self.shown[number] = looks

    def write(self, name: str, model: HasWeights) -> None:
        """Replace one file, whole or not at all; weights of more than 256 MiB are not handed over."""
        from safetensors.torch import save

        state = {key: value.detach().contiguous().clone() for key, value in model.state_dict().items()}
        if sum(value.numel() * value.element_size() for value in state.values()) > _MOST_BYTES:
            return
        path = os.path.join(self.folder, f"{name}.safetensors")
        with open(f"{path}.part", "wb") as file:
            file.write(save(state))
        os.replace(f"{path}.part", path)
