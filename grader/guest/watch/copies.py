"""Copies of networks that are changed and then evaluated, as averages of weights are."""

from __future__ import annotations

import weakref
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..protocol import GapKind
from .gradients import norms
from .session import Session, quiet, wrap

if TYPE_CHECKING:
    import torch

_WHY = "a copy of the network is evaluated, whose weights are others: an average, or those of another time"


class Copies:
    """Which module is a copy of which, and what its weights were then; none is kept alive."""

    def __init__(self, session: Session, torch: ModuleType) -> None:
        self.session, self.torch = session, torch
        self.made: weakref.WeakKeyDictionary[Any, tuple[weakref.ref[Any], list[float | None]]]
        self.made = weakref.WeakKeyDictionary()

    def install(self) -> None:
        """Watch torch's own class of averages; whoever watches `deepcopy` tells of others."""
        wrap(self.torch.optim.swa_utils.AveragedModel, "__init__", None, self.averages)

    @quiet
    def averages(self, _: None, average: Any, model: torch.nn.Module, *args: Any, **kwargs: Any) -> None:
        """A model that averages this one was made."""
        self.copied(model, average)
        self.copied(model, average.module)

    def copied(self, original: object, copy: object) -> None:
        """Something was copied."""
        module = self.torch.nn.Module
        if isinstance(original, module) and isinstance(copy, module):
            self.made[copy] = weakref.ref(original), self.looks(copy)

    @quiet
    def evaluated(self, module: torch.nn.Module) -> None:
        """A module is called to be evaluated."""
        if module not in self.made:
            return
        original, before = self.made[module]
        for training in self.session.of_network(original()):
            if training.steps and self.looks(module) != before:
                training.note(GapKind.EVALUATION, _WHY)

    def looks(self, module: torch.nn.Module) -> list[float | None]:
        """What any change to its weights most likely changes."""
        return norms([parameter.detach() for parameter in module.parameters()], self.torch)
