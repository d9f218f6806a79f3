"""Learning-rate schedules, and whether anything else changes an optimiser's settings."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ..origin import as_given
from ..protocol import Gap, GapKind, Schedule, Settings
from .factors import Factors, functions_of
from .plateau import Losses
from .session import Session, quiet
from .settings import optimizer_settings, written_down

if TYPE_CHECKING:
    import torch

    from .gradients import Gradients


PLATEAU = "ReduceLROnPlateau"
_MOST_FACTORS = 50_000  # of all schedules of a notebook


@runtime_checkable
class LooksAtLosses(Protocol):
    """A training whose losses are gathered by epoch."""

    epoch_losses: Losses


class Watched:
    """A schedule at work on an optimiser, and what is written of it; `factors` are those that functions give it."""

    def __init__(
        self, schedule: Any, optimizer: torch.optim.Optimizer, record: Schedule, factors: Factors | None
    ) -> None:
        self.schedule, self.optimizer, self.record, self.factors = schedule, optimizer, record, factors
        self.parts: list[Watched] = []
        self.part = False  # whether it is one of another's

    def written(self, epochs: int, batches: int, most: int) -> Schedule:
        """All that is written of it by now, where its optimiser is to take so many steps in so many epochs."""
        parts = [part.written(epochs, batches, most) for part in self.parts]
        record = replace(self.record, parts=parts, unwritten=[*self.record.unwritten])
        if self.factors is None:
            return record
        # A part is stepped by the whole, or not yet: how often is not known of it.
        count = epochs if record.steps in (epochs, epochs - 1) and not self.part else batches
        table = self.factors.table(count + 1) if count < most else None
        if table is None:
            record.unwritten.append("a function of its own")
        else:
            record.settings = {**record.settings, "factors": [*table]}
        return record


class Schedules:
    """All schedules of a notebook, and what each optimiser's groups hold unless the notebook changes them."""

    def __init__(self, session: Session, gradients: Gradients) -> None:
        self.session, self.gradients = session, gradients
        self.watched: list[Watched] = []
        self.depth = 0  # of schedules that are made or stepped by others
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
            watch.depth += 1
            try:
                as_given(init, schedule, *args, **kwargs)
            finally:
                watch.depth -= 1
            if seen is not None:
                seen.record.steps, seen.record.early = 0, False  # a schedule steps once while it is made
                watch.accept(seen.optimizer)

        kind.__init__ = watched
        if "step" in vars(kind):
            kind.step = self.watched_step(kind.step)

    def watched_step(self, step: Callable[..., None]) -> Callable[..., None]:
        """The same `step` of a schedule, watched."""

        @functools.wraps(step)
        def watched(schedule: object, *args: Any, **kwargs: Any) -> None:
            self.will_step(schedule)
            self.depth += 1
            try:
                step(schedule, *args, **kwargs)
            finally:
                self.depth -= 1
            self.stepped(schedule, *args, **kwargs)

        return watched

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
        optimizer = options.pop("optimizer", None) or options["schedulers"][0].optimizer
        factors = functions_of(kind.__name__, options)
        parts = [self.watching(part) for part in options.get("schedulers") or ()]
        if parts and None not in parts:
            options.pop("schedulers")
        settings, unwritten = written_down(options)
        record = Schedule(kind.__name__, settings, unwritten, steps=0, early=False)
        seen = Watched(schedule, optimizer, record, factors)
        seen.parts = [part for part in parts if part is not None]
        for part in seen.parts:
            part.part = True
        self.watched.append(seen)
        self.unscheduled.setdefault(id(optimizer), optimizer_settings(optimizer))
        return seen

    @quiet
    def will_step(self, schedule: object) -> None:
        """Before a schedule changes settings: were they changed by hand?"""
        optimizer = getattr(schedule, "optimizer", None)
        if optimizer is not None and not self.depth and self.changed_by_hand(optimizer):
            weights = {id(p) for group in optimizer.param_groups for p in group["params"]}
            self.gradients.gaps.append((weights, CHANGED_BY_HAND))

    @quiet
    def watching(self, schedule: object) -> Watched | None:
        """What is known of a schedule."""
        return next((seen for seen in self.watched if seen.schedule is schedule), None)

    @quiet
    def stepped(self, schedule: Any, *args: Any, **kwargs: Any) -> None:
        """After it did, with these arguments."""
        for seen in self.watched:
            if seen.schedule is schedule:
                seen.record.steps += 1
                if seen.record.type == PLATEAU:
                    self.plateau_given(seen.optimizer, args, kwargs)
                if seen.factors is not None:
                    seen.factors.look(schedule.last_epoch)
                seen.record.early |= id(seen.optimizer) not in self.session.trainings
                self.accept(seen.optimizer)

    def plateau_given(self, optimizer: object, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """A schedule of this optimiser was given the number that it looks at."""
        training = self.session.trainings.get(id(optimizer))
        if isinstance(training, LooksAtLosses):
            training.epoch_losses.schedule_given(float(kwargs.get("metrics", next(iter(args), math.nan))))

    @quiet
    def accept(self, optimizer: torch.optim.Optimizer) -> None:
        """Whatever the optimiser's groups hold now was put there by torch."""
        self.groups[id(optimizer)] = groups(optimizer)

    def changed_by_hand(self, optimizer: torch.optim.Optimizer) -> bool:
        """Whether the notebook changed a setting since torch last did."""
        return id(optimizer) in self.groups and self.groups[id(optimizer)] != groups(optimizer)

    def rates_alone(self, optimizer: torch.optim.Optimizer) -> bool:
        """Whether learning rates are all that the notebook changed."""

        def others(settings: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [{key: value for key, value in group.items() if key != "lr"} for group in settings]

        return others(self.groups[id(optimizer)]) == others(groups(optimizer))

    def of(self, optimizer: torch.optim.Optimizer, epochs: int, batches: int) -> list[Schedule]:
        """What is written of an optimiser's schedules, where it is to take so many steps in so many epochs."""
        most = _MOST_FACTORS // max(len(self.watched), 1)
        return [
            seen.written(epochs, batches, most)
            for seen in self.watched
            if seen.optimizer is optimizer and not seen.part
        ]


CHANGED_BY_HAND = Gap(GapKind.OPTIMISER, "the learning rate or another setting of the optimiser is changed by hand")


def groups(optimizer: torch.optim.Optimizer) -> list[dict[str, Any]]:
    """The settings of each parameter group, by name."""
    return [{key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups]
