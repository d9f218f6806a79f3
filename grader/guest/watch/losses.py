"""The losses that a notebook computes: their kind, their settings, and what they were taken of."""

import functools
import inspect
from collections import deque

from .session import wrap
from .settings import changed, own_or_torch, parameters_of

_KEPT = 8  # of which a step may come
_REDUCED = {"MeanBackward0": "mean", "SumBackward0": "sum"}
_SCALED = ("MulBackward0", "DivBackward0")
_FUNCTIONS = {
    "cross_entropy": "CrossEntropyLoss",
    "nll_loss": "NLLLoss",
    "mse_loss": "MSELoss",
    "binary_cross_entropy": "BCELoss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
}


class Loss:
    """One evaluation of a loss: what it was taken of, and the tensor that it gave."""

    def __init__(self, kind, settings, given, target, value):
        self.kind, self.settings, self.given, self.target, self.value = kind, settings, given, target, value


class Losses:
    """The last losses, oldest first."""

    def __init__(self, session, torch):
        self.session, self.torch = session, torch
        self.latest = deque(maxlen=_KEPT)

    def install(self, forward):
        """Watch losses that are called as functions, outside of any module."""
        functional = self.torch.nn.functional
        for name, kind in _FUNCTIONS.items():
            function = getattr(functional, name)
            seen = functools.partial(self.function_called, forward, kind, function)
            wrap(functional, name, None, functools.partial(self.session.quietly, seen))

    def function_called(self, forward, kind, function, value, *args, **kwargs):
        """`torch.nn.functional` gave this loss."""
        if forward.depth == 0 and value.requires_grad:
            options = dict(inspect.signature(function).bind(*args, **kwargs).arguments)
            given, target = options.pop("input"), options.pop("target")
            self.latest.append(Loss(kind, changed(options, function), given, target, value))

    def module_called(self, module, given, value):
        """A module that is a loss was called with these tensors."""
        kind = type(module)
        settings = {name: getattr(module, name) for name in parameters_of(kind) if hasattr(module, name)}
        name = own_or_torch(kind, self.torch.nn)
        self.latest.append(Loss(name, changed(settings, kind), given[0], given[-1], value))

    def at(self, tensor):
        """The loss that this is: the value that was given, or the mean or sum of those that were given one a sample."""
        for place, loss in enumerate(self.latest):
            if loss.value is tensor:
                return loss
            reduction, single = _REDUCED.get(type(tensor.grad_fn).__name__), loss.settings.get("reduction") == "none"
            whole = reduction and tensor.dim() == 0 and tensor.grad_fn.next_functions[0][0] is loss.value.grad_fn
            if single and whole and "weight" not in loss.settings:
                settings = {key: value for key, value in loss.settings.items() if key != "reduction"}
                settings.update({} if reduction == "mean" else {"reduction": reduction})
                self.latest[place] = Loss(loss.kind, settings, loss.given, loss.target, tensor)
                return self.latest[place]
        return None

    def multiple_of(self, tensor):
        """The loss that this is a positive multiple of, as where it is divided by a number of batches; else None."""
        if type(tensor.grad_fn).__name__ not in _SCALED:
            return None
        (source, *others) = [function for function, _ in tensor.grad_fn.next_functions if function is not None]
        for loss in reversed(self.latest):
            if not others and source is loss.value.grad_fn and float(tensor.detach()) * float(loss.value.detach()) > 0:
                return loss
        return None

    def forget(self):
        """All of them led to steps."""
        self.latest.clear()

    def forget_until(self, used):
        """Those that led to a step, and older ones: another network may be between its loss and its step."""
        while self.latest and (not used or any(loss in self.latest for loss in used)):
            self.latest.popleft()
