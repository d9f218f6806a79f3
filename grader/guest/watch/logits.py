"""Operations between a network's output and its loss that, with it, amount to another loss of the output itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .losses import Loss

if TYPE_CHECKING:
    import torch

    from ..protocol import Spec
    from .forward import Call

_MOST_OPERATIONS = 3
_LOG_SOFTMAX, _SOFTMAX, _LOG, _SIGMOID = "LogSoftmaxBackward0", "SoftmaxBackward0", "LogBackward0", "SigmoidBackward0"
# (loss, what it is taken of, from the output on) -> the loss of the output that has the same value and gradient.
_SAME: dict[tuple[str, tuple[str, ...]], str] = {
    ("NLLLoss", (_LOG_SOFTMAX,)): "CrossEntropyLoss",
    ("NLLLoss", (_SOFTMAX, _LOG)): "CrossEntropyLoss",
    ("CrossEntropyLoss", (_LOG_SOFTMAX,)): "CrossEntropyLoss",  # of log-probabilities log-softmax changes nothing
    ("CrossEntropyLoss", (_SOFTMAX, _LOG)): "CrossEntropyLoss",
    ("BCELoss", (_SIGMOID,)): "BCEWithLogitsLoss",
}


def of_output(loss: Loss, call: Call | None, spec: Spec | None) -> Loss | None:
    """The same loss as one of the network's output; None where it is none that is known.

    `call` is the pass that gave the output, `spec` the network.
    """
    if call is None:
        return None
    if loss.given.data_ptr() == call.output.data_ptr() and loss.given.numel() == call.output.numel():
        return loss
    operations = _between(loss.given, call)
    if not operations or call.output.dim() != 2 or not all(map(_along_classes, operations)):
        return None
    names = tuple(type(node).__name__ for node in reversed(operations))
    if kind := _SAME.get((loss.kind, names)):
        return Loss(kind, loss.settings, call.output, loss.target, loss.value)
    last = spec.layers[-1] if spec is not None and spec.layers else None
    if loss.kind == "NLLLoss" and names == (_LOG,) and last and last.type == "Softmax" and _classes(last.settings):
        return Loss("CrossEntropyLoss", {**loss.settings, "from_logits": False}, call.output, loss.target, loss.value)
    return None


def _between(tensor: torch.Tensor, call: Call) -> list[Any]:
    """The operations that made a tensor of the output of a call, the last one first; none where others took part."""
    node: Any = tensor.grad_fn
    found: list[Any] = []
    while node is not None and len(found) <= _MOST_OPERATIONS:
        if call.made_by(node):
            return found
        found.append(node)
        sources = [source for source, _ in node.next_functions if source is not None]
        node = sources[0] if len(sources) == 1 else None
    return []


def _along_classes(node: Any) -> bool:
    """Whether an operation along a dimension is one along the classes; torch holds -1 as the largest of numbers."""
    return getattr(node, "_saved_dim", 1) in (1, -1, 2**64 - 1)


def _classes(settings: Any) -> bool:
    return settings.get("dim") in (None, 1, -1)
