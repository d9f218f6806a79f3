"""Torchvision's transforms as data: their settings, where these make the same transform again."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Mapping
from typing import Any

from .. import findings
from ..protocol import Scalar, Transform

_MOST_PARTS = 20
_DEPTH = 3  # of transforms within transforms
_Setting = Scalar | list[Scalar]
_Unwritten = (AttributeError, TypeError, ValueError, RuntimeError)


def describe(transform: Any, depth: int = 0) -> list[Transform]:
    """The transforms of a data set in their order; those of a plain Compose one by one."""
    parts = getattr(transform, "transforms", None)
    if type(transform).__name__ == "Compose" and isinstance(parts, (list, tuple)) and depth < _DEPTH:
        return [step for part in parts for step in describe(part, depth + 1)]
    return [_one(transform, depth)]


def _one(transform: Any, depth: int) -> Transform:
    kind = type(transform)
    found = Transform(kind.__name__, v2=kind.__module__.startswith("torchvision.transforms.v2."))
    if found.type == "Normalize":
        found.mean, found.std = _numbers(transform.mean), _numbers(transform.std)
    if not kind.__module__.startswith("torchvision.transforms."):
        return found
    try:
        found.settings, found.parts, again = _settings(transform, depth)
        found.written = all(part.written for part in found.parts) and _alike(again, transform)
    except _Unwritten:
        found.settings, found.parts = {}, []
    return found


def _settings(transform: Any, depth: int) -> tuple[dict[str, _Setting], list[Transform], Any]:
    """(the settings that differ from their defaults, the parts, a transform that is made of both)."""
    settings: dict[str, _Setting] = {}
    arguments: dict[str, Any] = {}
    parts: list[Transform] = []
    for name, parameter in inspect.signature(type(transform)).parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        value = getattr(transform, name)
        if name == "transforms":
            steps = list(value)
            if depth >= _DEPTH or len(steps) > _MOST_PARTS:
                raise ValueError("too many transforms")
            parts, arguments[name] = [_one(step, depth + 1) for step in steps], steps
            continue
        if name == "inplace":  # how, not what, is computed
            arguments[name] = value
        written = _plain(value)
        if value is None or name == "inplace" or (name == "interpolation" and value == parameter.default):
            continue
        if written is None:
            raise ValueError(f"{name} can't be written")
        settings[name], arguments[name] = written, value
    return settings, parts, type(transform)(**arguments)


def _plain(value: Any) -> Any:
    """As JSON holds it: an enumeration by its value, a type of numbers by its name, fills of pixels by one number."""
    if isinstance(value, enum.Enum):
        return findings.plain(value.value)
    if type(value).__module__ == "torch" and type(value).__name__ == "dtype":
        return str(value).removeprefix("torch.")
    if isinstance(value, Mapping):  # v2 keeps a fill for each kind of input
        return _plain(next(iter(value.values()))) if len(value) == 1 else None
    return findings.plain(value)


def _alike(one: Any, other: Any) -> bool:
    """Whether two transforms hold the same, as far as their settings go."""
    mine, theirs = (
        {key: repr(value) for key, value in vars(step).items() if not key.startswith("_") or key == "_fill"}
        for step in (one, other)
    )
    return mine == theirs


def _numbers(values: Any) -> list[float]:
    """One number for each channel, or one for all."""
    try:
        return [float(v) for v in values]
    except TypeError:
        return [float(values)]
