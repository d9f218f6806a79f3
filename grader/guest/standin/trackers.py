"""Stands in for services that only watch a training: what they are told goes nowhere, settings come back as given."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Never

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

    def __getattr__(self, name: str) -> _Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> _Nothing:
        return self

    def __enter__(self) -> _Nothing:
        return self

    def __exit__(self, *exception: Any) -> None:
        return None

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __setitem__(self, key: Any, value: Any) -> None:
        pass


class _Inert(ModuleType):
    """A module that holds nothing."""

    def __getattr__(self, name: str) -> _Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Nothing()


class _Settings(dict[str, Any]):
    """`wandb.config`: what the notebook gave, by key or as an attribute."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as error:
            raise ServerMissing(f"wandb.config has no {name!r}; {_ASKS}") from error

    __setattr__ = dict.__setitem__

    def update(self, given: Any = None, **options: Any) -> None:  # type: ignore[override]  # as wandb's own
        """Take settings over, from a dict or from arguments of a program."""
        super().update(given if isinstance(given, dict) else vars(given or _Settings()))


class _Run(_Nothing):
    """A training that wandb is told of."""

    def __init__(self, settings: _Settings) -> None:
        self.config = settings


class _Wandb(_Inert):
    """`wandb` without its server."""

    def __init__(self) -> None:
        super().__init__("wandb")
        self.config = _Settings()
        self.run: _Run | None = None

    def init(self, *args: Any, config: Any = None, **kwargs: Any) -> _Run:
        """Begin a run: what it is told goes nowhere, and its settings are those given."""
        self.config.update(config)
        run = self.run = _Run(self.config)
        return run

    def sweep(self, *args: Any, **kwargs: Any) -> Never:
        """Raises ServerMissing: without the server there are no settings to train with."""
        raise ServerMissing(_ASKS)

    agent = sweep
