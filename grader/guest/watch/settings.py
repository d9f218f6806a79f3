"""Writes down how losses, optimisers, schedules and loaders were set."""

import inspect

from .. import findings
from ..protocol import Loader
from ..serve import datasets


def own_or_torch(kind, module):
    """A class of torch by its name; a class of the student's own, whatever its name, as such."""
    return kind.__name__ if getattr(module, kind.__name__, None) is kind else f"the student's own {kind.__name__}"


def described_loader(loader, torch):
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
        samples=len(sampler) if hasattr(sampler, "__len__") else None,
        dataset=datasets.describe(loader.dataset, torch),
    )


def parameters_of(function):
    """What a function or a class may be called with."""
    return inspect.signature(function).parameters


def changed(options, function):
    """The options that differ from their defaults; tensors, and whatever else can't be written, as words."""
    defaults = {name: parameter.default for name, parameter in parameters_of(function).items()}
    settings = {}
    for name, value in options.items():
        written = findings.plain(value) if value is not None else None
        default = defaults.get(name)
        if written != (list(default) if isinstance(default, tuple) else default):
            settings[name] = written if isinstance(written, (bool, int, float, str)) else "given"
    return settings


def written_down(options):
    """(the options as JSON, the names of those that JSON can't hold)."""
    settings = {key: findings.plain(value) for key, value in options.items() if value is not None}
    return {k: v for k, v in settings.items() if v is not None}, [k for k, v in settings.items() if v is None]


def optimizer_settings(optimizer):
    """The learning rate, and whatever else differs from the class's defaults."""
    group, settings = optimizer.param_groups[0], {}
    for key, parameter in parameters_of(type(optimizer)).items():
        value = findings.plain(group[key]) if key in optimizer.defaults else None
        default = findings.plain(parameter.default)
        if value is not None and (key == "lr" or value != default):
            settings[key] = value
    return settings
