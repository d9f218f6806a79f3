"""Clips gradients before a step, as torch's functions and Keras's optimisers do."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from grader.core.errors import SubmissionError
from grader.core.steps import Clipping


def clip(clipping: Iterable[Clipping], parameters: Mapping[str, nn.Parameter]) -> None:
    """Clip the gradients of those that are named, each clipping after the one before."""
    for each in clipping:
        try:
            chosen = [parameters[name] for name in each.parameters] or [*parameters.values()]
        except KeyError as missing:
            raise SubmissionError(f"the network has no parameter {missing.args[0]} to clip the gradient of") from None
        _clip(each, [parameter for parameter in chosen if parameter.grad is not None])


def _clip(clipping: Clipping, parameters: list[nn.Parameter]) -> None:
    match clipping.type:
        case "clip_grad_norm_":
            nn.utils.clip_grad_norm_(parameters, clipping.most, clipping.norm_type)
        case "clip_grad_value_":
            nn.utils.clip_grad_value_(parameters, clipping.most)
        case "clipnorm":
            for parameter in parameters:
                _scale([parameter], clipping.most)
        case "global_clipnorm":
            _scale(parameters, clipping.most)


def _scale(parameters: list[nn.Parameter], most: float) -> None:
    """As Keras does: torch adds a millionth to the norm, and Keras doesn't."""
    gradients: list[Tensor] = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if gradients:
        norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
        torch._foreach_mul_(gradients, most / norm.clamp(min=most))
