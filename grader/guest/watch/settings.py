"""Writes down how losses, optimisers, schedules and loaders were set."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sized
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .. import findings
from ..protocol import Loader, Settings
from ..serve import datasets

if TYPE_CHECKING:
    import torch


def own_or_torch(kind: type, module: ModuleType) -> str:
    """A class of this module of torch's by its name; one of the student's own, whatever its name, as such."""
    return kind.__name__ if getattr(module, kind.__name__, None) is kind else f"the student's own {kind.__name__}"


def described_loader(loader: torch.utils.data.DataLoader[Any], torch: ModuleType) -> Loader:
    """How a loader draws its batches, and of what."""
    kinds = torch.utils.data
    sampler, drawer = loader.sampler, loader.batch_sampler
    name = own_or_torch(type(sampler), kinds)
    if getattr(sampler, "replacement", False):
        name += " with replacement"
    if drawer is not None and type(drawer) is not kinds.BatchSampler:
        name = own_or_torch(type(drawer), kinds)
    return Loader(
        batch_size=loader.batch_size,
        drop_last=loader.drop_last,
        shuffle=not isinstance(sampler, kinds.SequentialSampler),
        sampler=name,
        samples=len(sampler) if isinstance(sampler, Sized) else None,
        dataset=datasets.describe(loader.dataset, torch),
    )


def parameters_of(function: Callable[..., object]) -> Mapping[str, inspect.Parameter]:
    """What a function or a class may be called with."""
    return inspect.signature(function).parameters


def changed(options: Mapping[str, Any], function: Callable[..., object]) -> Settings:
    """The options that differ from their defaults; tensors, and whatever else can't be written, as words."""
    defaults = {name: parameter.default for name, parameter in parameters_of(function).items()}
    settings: Settings = {}
    for name, value in options.items():
        written = findings.plain(value) if value is not None else None
        default = defaults.get(name)
        if written != (list(default) if isinstance(default, tuple) else default):
            settings[name] = written if isinstance(written, (bool, int, float, str)) else "given"
    return settings


def written_down(options: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    """(the options as JSON, the names of those that JSON can't hold)."""
    settings = {key: findings.plain(value) for key, value in options.items() if value is not None}
    return {k: v for k, v in settings.items() if v is not None}, [k for k, v in settings.items() if v is None]


def optimizer_settings(optimizer: torch.optim.Optimizer) -> list[Settings]:
    """Of each parameter group the learning rate, and whatever else differs from the class's defaults."""
    return [_group_settings(optimizer, group) for group in optimizer.param_groups]


def _group_settings(optimizer: torch.optim.Optimizer, group: Mapping[str, Any]) -> Settings:
    settings: Settings = {}
    for key, parameter in parameters_of(type(optimizer)).items():
        value = findings.plain(group[key]) if key in optimizer.defaults else None
        default = findings.plain(parameter.default)
        if value is not None and (key == "lr" or value != default):
            settings[key] = value
    return settings
