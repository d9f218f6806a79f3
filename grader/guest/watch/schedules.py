"""Learning-rate schedules, and whether anything else changes an optimiser's settings."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..protocol import Gap, GapKind, Schedule, Settings
from .session import Session, quiet, wrap
from .settings import optimizer_settings, written_down

if TYPE_CHECKING:
    import torch

    from .gradients import Gradients


class Watched:
    """A schedule at work on an optimiser, and what is written of it."""

    def __init__(self, schedule: object, optimizer: torch.optim.Optimizer, record: Schedule) -> None:
        self.schedule, self.optimizer, self.record = schedule, optimizer, record


class Schedules:
    """All schedules of a notebook, and what each optimiser's groups hold unless the notebook changes them."""

    def __init__(self, session: Session, gradients: Gradients) -> None:
        self.session, self.gradients = session, gradients
        self.watched: list[Watched] = []
        self.unscheduled: dict[
            int, list[Settings]
        ] = {}  # id of an optimiser -> its settings before a schedule changed them
        self.groups: dict[int, list[dict[str, Any]]] = {}  # id of an optimiser -> what its groups hold

    def install(self, module: Any) -> None:
        """Watch the schedules of `torch.optim.lr_scheduler`."""
        kinds = {k for k in vars(module).values() if inspect.isclass(k) and issubclass(k, module.LRScheduler)}
        for kind in kinds:
            self.watch(kind)

    def watch(self, kind: Any) -> None:
        """Watch schedules of a class being made, and stepping."""
        init, watch = kind.__init__, self
        bind = inspect.signature(init).bind

        @functools.wraps(init)
        def watched(schedule: object, *args: Any, **kwargs: Any) -> None:
            seen = watch.begins(kind, schedule, bind, args, kwargs) if type(schedule) is kind else None
            init(schedule, *args, **kwargs)
            if seen is not None:
                seen.record.steps, seen.record.early = 0, False  # a schedule steps once while it is made
                watch.accept(seen.optimizer)

        kind.__init__ = watched
        if "step" in vars(kind):
            wrap(kind, "step", self.will_step, self.stepped)

    @quiet
    def begins(
        self,
        kind: type,
        schedule: object,
        bind: Callable[..., inspect.BoundArguments],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> Watched:
        """A schedule is being made with these arguments; `bind` gives them their names."""
        options = {k: v for k, v in bind(schedule, *args, **kwargs).arguments.items() if k not in ("self", "verbose")}
        optimizer = options.pop("optimizer")
        settings, unwritten = written_down(options)
        seen = Watched(schedule, optimizer, Schedule(kind.__name__, settings, unwritten, steps=0, early=False))
        self.watched.append(seen)
        self.unscheduled.setdefault(id(optimizer), optimizer_settings(optimizer))
        return seen

    @quiet
    def will_step(self, schedule: object, *args: Any, **kwargs: Any) -> None:
        """Before a schedule changes settings: were they changed by hand?"""
        optimizer = getattr(schedule, "optimizer", None)
        if optimizer is not None and self.changed_by_hand(optimizer):
            weights = {id(p) for group in optimizer.param_groups for p in group["params"]}
            self.gradients.gaps.append((weights, CHANGED_BY_HAND))

    @quiet
    def stepped(self, _: None, schedule: object, *args: Any, **kwargs: Any) -> None:
        """After it did."""
        for seen in self.watched:
            if seen.schedule is schedule:
                seen.record.steps += 1
                seen.record.early |= id(seen.optimizer) not in self.session.trainings
                self.accept(seen.optimizer)

    @quiet
    def accept(self, optimizer: torch.optim.Optimizer) -> None:
        """Whatever the optimiser's groups hold now was put there by torch."""
        self.groups[id(optimizer)] = groups(optimizer)

    def changed_by_hand(self, optimizer: torch.optim.Optimizer) -> bool:
        """Whether the notebook changed a setting since torch last did."""
        return id(optimizer) in self.groups and self.groups[id(optimizer)] != groups(optimizer)

    def of(self, optimizer: torch.optim.Optimizer) -> list[Schedule]:
        """What is written of an optimiser's schedules."""
        return [seen.record for seen in self.watched if seen.optimizer is optimizer]


CHANGED_BY_HAND = Gap(GapKind.OPTIMISER, "the learning rate or another setting of the optimiser is changed by hand")


def groups(optimizer: torch.optim.Optimizer) -> list[dict[str, Any]]:
    """The settings of each parameter group, by name."""
    return [{key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups]
