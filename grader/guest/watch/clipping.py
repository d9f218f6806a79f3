"""Gradients that torch's functions clip before a step."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..origin import as_given
from ..protocol import Clipping

if TYPE_CHECKING:
    import torch

    from .gradients import Gradients

_FUNCTIONS = {"clip_grad_norm_": ("max_norm", "norm_type"), "clip_grad_value_": ("clip_value", "")}
_MOST = 100  # of one step


class Clip:
    """One call: the weights (ids) whose gradients it clipped, and how; None where that can't be written down."""

    def __init__(self, weights: set[int], how: Clipping | None) -> None:
        self.weights, self.how = weights, how
        self.early = False  # whether more was added to these gradients afterwards


def install(torch: ModuleType, gradients: Gradients) -> None:
    """Watch torch's functions, by both of their places."""
    for name in _FUNCTIONS:
        watched = _watched(name, getattr(torch.nn.utils, name), gradients)
        for owner in (torch.nn.utils, torch.nn.utils.clip_grad):
            setattr(owner, name, watched)


def _watched(name: str, original: Any, gradients: Gradients) -> Any:
    @functools.wraps(original)
    def clip(parameters: Any, *args: Any, **kwargs: Any) -> Any:
        if not hasattr(parameters, "grad"):
            parameters = list(parameters)  # which may be read once
        gradients.will_clip()
        result = as_given(original, parameters, *args, **kwargs)
        gradients.clipped(parameters, functools.partial(_how, name, args, kwargs))
        return result

    return clip


def _how(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Clipping | None:
    """What the arguments behind the parameters say."""
    most, kind = _FUNCTIONS[name]
    given = {**dict(zip((most, kind), args)), **kwargs}
    numbers = [given.get(most), given.get(kind, 2.0)]
    if any(isinstance(number, bool) or not isinstance(number, (int, float, str)) for number in numbers):
        return None
    how = Clipping(name, float(numbers[0]), float(numbers[1]))
    return how if math.isfinite(how.most) and not math.isnan(how.norm_type) else None


def clippings(
    clips: Iterable[Clip], stepped: Iterable[torch.Tensor], names: Mapping[int, str]
) -> tuple[list[Clipping], str]:
    """(how the gradients of these weights are clipped for one step, why that can't be written down or nothing)."""
    graded, found = {id(p) for p in stepped if p.grad is not None}, []
    for clip in clips:
        if clip.how is None:
            return [], "gradients are clipped by something else than a plain number"
        if clip.early:
            return [], "gradients are clipped before all of them are added up"
        if not clip.weights <= graded:
            return [], "gradients are clipped together with those of weights that are not stepped"
        if clip.weights == graded:
            found.append(clip.how)
        elif not clip.weights <= {*names}:
            return [], "gradients of weights outside of the known layers are clipped"
        else:
            found.append(replace(clip.how, parameters=sorted(names[key] for key in clip.weights)))
    return (found, "") if len(found) <= _MOST else ([], f"gradients are clipped {len(found)} times for one step")
