"""The losses that a notebook computes: their kind, their settings, and what they were taken of."""

from __future__ import annotations

import functools
import inspect
import math
from collections import deque
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..protocol import Settings
from .session import Session, wrap
from .settings import changed, own_or_torch, parameters_of

if TYPE_CHECKING:
    import torch

    from .forward import Calls

_KEPT = 8  # of which a step may come
_REDUCED = {"MeanBackward0": "mean", "SumBackward0": "sum"}
_SCALED = ("MulBackward0", "DivBackward0")
_MOST_FACTORS = 4
_FUNCTIONS = {
    "cross_entropy": "CrossEntropyLoss",
    "nll_loss": "NLLLoss",
    "mse_loss": "MSELoss",
    "binary_cross_entropy": "BCELoss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
}


class Loss:
    """One evaluation of a loss: what it was taken of, and the tensor that it gave.

    `kind` is its class in `torch.nn`, or says in words that it is none; `settings` are those that differ from defaults.
    """

    def __init__(
        self, kind: str, settings: Settings, given: torch.Tensor, target: torch.Tensor, value: torch.Tensor
    ) -> None:
        self.kind, self.settings, self.given, self.target, self.value = kind, settings, given, target, value


class Losses:
    """The last losses, oldest first."""

    def __init__(self, session: Session, torch: ModuleType) -> None:
        self.session, self.torch = session, torch
        self.latest: deque[Loss] = deque(maxlen=_KEPT)
        self.evaluated: Callable[[Loss], object] = lambda loss: None  # told of each, those without gradients too

    def install(self, forward: Calls) -> None:
        """Watch losses that are called as functions, outside of any module; `forward` knows whether one is called."""
        functional = self.torch.nn.functional
        for name, kind in _FUNCTIONS.items():
            function = getattr(functional, name)
            seen = functools.partial(self.function_called, forward, kind, function)
            wrap(functional, name, None, functools.partial(self.session.quietly, seen))

    def function_called(
        self, forward: Calls, kind: str, function: Callable[..., object], value: torch.Tensor, *args: Any, **kwargs: Any
    ) -> None:
        """`torch.nn.functional` gave this loss."""
        if forward.depth == 0:
            options = dict(inspect.signature(function).bind(*args, **kwargs).arguments)
            given, target = options.pop("input"), options.pop("target")
            self.take(Loss(kind, changed(options, function), given, target, value))

    def take(self, loss: Loss) -> None:
        """A loss was taken; one without gradients leads to no step."""
        if loss.value.requires_grad:
            self.latest.append(loss)
        self.evaluated(loss)

    def module_called(self, module: torch.nn.Module, given: Sequence[torch.Tensor], value: torch.Tensor) -> None:
        """A module that is a loss was called with these tensors."""
        kind: type = type(module)
        settings = {name: getattr(module, name) for name in parameters_of(kind) if hasattr(module, name)}
        name = own_or_torch(kind, self.torch.nn)
        self.take(Loss(name, changed(settings, kind), given[0], given[-1], value))

    def at(self, tensor: torch.Tensor) -> Loss | None:
        """The loss that this is: the value that was given, or the mean or sum of those that were given one a sample."""
        node = tensor.grad_fn
        for place, loss in enumerate(self.latest):
            if loss.value is tensor:
                return loss
            reduction, single = _REDUCED.get(type(node).__name__), loss.settings.get("reduction") == "none"
            whole = reduction and tensor.dim() == 0 and node and node.next_functions[0][0] is loss.value.grad_fn
            if single and whole and "weight" not in loss.settings:
                settings = {key: value for key, value in loss.settings.items() if key != "reduction"}
                settings.update({} if reduction == "mean" else {"reduction": reduction})
                self.latest[place] = Loss(loss.kind, settings, loss.given, loss.target, tensor)
                return self.latest[place]
        return None

    def multiple_of(self, tensor: torch.Tensor) -> tuple[Loss, float] | None:
        """(the loss that this is a positive multiple of, by how much), as where it is divided by a count."""
        node, factor = tensor.grad_fn, 1.0
        for _ in range(_MOST_FACTORS):
            if node is None or type(node).__name__ not in _SCALED:
                return None
            (source, *others) = [function for function, _ in node.next_functions if function is not None]
            number = getattr(node, "_saved_other", None)
            if others or number is None or number.numel() != 1 or not float(number) > 0:
                return None
            factor = factor / float(number) if "Div" in type(node).__name__ else factor * float(number)
            for loss in (loss for loss in reversed(self.latest) if loss.value.numel() == tensor.numel() == 1):
                if source is loss.value.grad_fn and _close(float(tensor.detach()), factor * float(loss.value.detach())):
                    return loss, factor
            node = source
        return None

    def forget(self) -> None:
        """All of them led to steps."""
        self.latest.clear()

    def forget_until(self, used: Sequence[Loss]) -> None:
        """Those that led to a step, and older ones: another network may be between its loss and its step."""
        while self.latest and (not used or any(loss in self.latest for loss in used)):
            self.latest.popleft()


def _close(one: float, other: float) -> bool:
    """Whether two numbers are the same but for rounding."""
    return math.isclose(one, other, rel_tol=1e-4)
