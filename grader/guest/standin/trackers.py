"""Stands in for services that only watch a training: what they are told goes nowhere, settings come back as given."""

import functools
from types import ModuleType

from ..import_hooks import when_missing
from ..protocol import ServerMissing

_PLAIN = ("tensorboardX", "mlflow", "mlflow.pytorch", "mlflow.keras", "wandb.keras", "wandb.integration.keras")
_ASKS = "the settings of a sweep are chosen by the server of wandb, which nothing reaches while this is graded"


def install() -> None:
    """Be ready for notebooks that import one which is not here."""
    when_missing("wandb", _Wandb)
    for name in _PLAIN:
        when_missing(name, functools.partial(_Inert, name))


class _Nothing:
    """Whatever is asked of it is nothing again: a run, an image, a callback."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args, **kwargs):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return None

    def __iter__(self):
        return iter(())

    def __setitem__(self, key, value):
        pass


class _Inert(ModuleType):
    """A module that holds nothing."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Nothing()


class _Settings(dict):
    """`wandb.config`: what the notebook gave, by key or as an attribute."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError as error:
            raise ServerMissing(f"wandb.config has no {name!r}; {_ASKS}") from error

    __setattr__ = dict.__setitem__

    def update(self, given=None, **options):
        super().update(given if isinstance(given, dict) else vars(given or _Settings()))


class _Run(_Nothing):
    def __init__(self, settings):
        self.config = settings


class _Wandb(_Inert):
    """`wandb` without its server."""

    def __init__(self):
        super().__init__("wandb")
        self.config = _Settings()
        self.run = None

    def init(self, *args, config=None, **kwargs):
        self.config.update(config)
        self.run = _Run(self.config)
        return self.run

    def sweep(self, *args, **kwargs):
        raise ServerMissing(_ASKS)

    agent = sweep
