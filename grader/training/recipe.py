"""From a recipe to torch's own loss, optimiser and schedules; unknown names and settings are refused."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, Final

import torch
from torch import Tensor, nn, optim
from torch.nn import functional

from grader.core.errors import SubmissionError, UnsupportedError
from grader.core.network import LossSpec, OptimizerSpec, ParameterGroup, ScheduleSpec, Settings

OPTIMIZERS: Final[dict[str, tuple[str, ...]]] = {
    "SGD": ("lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize"),
    "Adam": ("lr", "betas", "eps", "weight_decay", "amsgrad", "maximize", "decoupled_weight_decay"),
    "AdamW": ("lr", "betas", "eps", "weight_decay", "amsgrad", "maximize"),
    "RMSprop": ("lr", "alpha", "eps", "weight_decay", "momentum", "centered", "maximize"),
    "Adagrad": ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps", "maximize"),
    "Adadelta": ("lr", "rho", "eps", "weight_decay", "maximize"),
    "NAdam": ("lr", "betas", "eps", "weight_decay", "momentum_decay", "decoupled_weight_decay", "maximize"),
    "RAdam": ("lr", "betas", "eps", "weight_decay", "decoupled_weight_decay", "maximize"),
    "Adamax": ("lr", "betas", "eps", "weight_decay", "maximize"),
}
SCHEDULES: Final[dict[str, tuple[str, ...]]] = {
    "StepLR": ("step_size", "gamma"),
    "MultiStepLR": ("milestones", "gamma"),
    "ExponentialLR": ("gamma",),
    "CosineAnnealingLR": ("T_max", "eta_min"),
    "InverseTimeLR": ("decay",),
    "ConstantLR": ("factor", "total_iters"),
    "PolynomialLR": ("total_iters", "power"),
    "CosineAnnealingWarmRestarts": ("T_0", "T_mult", "eta_min"),
    "CyclicLR": (
        *("base_lr", "max_lr", "step_size_up", "step_size_down", "mode", "gamma", "scale_mode", "cycle_momentum"),
        *("base_momentum", "max_momentum"),
    ),
    "LambdaLR": ("factors",),
    "MultiplicativeLR": ("factors",),
    "ReduceLROnPlateau": (*("mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr", "eps"),),
    "SequentialLR": ("milestones",),
    "ChainedScheduler": (),
    "LinearLR": ("start_factor", "end_factor", "total_iters"),
    "OneCycleLR": (
        *("max_lr", "total_steps", "epochs", "steps_per_epoch", "pct_start", "anneal_strategy", "cycle_momentum"),
        *("base_momentum", "max_momentum", "div_factor", "final_div_factor", "three_phase"),
    ),
}
LOSSES: Final[dict[str, tuple[str, ...]]] = {
    "CrossEntropyLoss": ("label_smoothing", "reduction", "from_logits"),
    "NLLLoss": ("reduction",),
    "MSELoss": ("reduction",),
    "BCELoss": ("reduction",),
    "BCEWithLogitsLoss": ("reduction",),
}


_PROBABILITY = 1e-7  # the smallest that a logarithm is taken of


# torch imports its compiler when the first optimiser is made, to say that the compiler must not trace it: 1.3 s and
# 150 MB for every process that trains. Nothing is compiled here, so what it would be wrapped in is the method itself.
with suppress(AttributeError):
    _add = optim.Optimizer.add_param_group.__wrapped__  # type: ignore[attr-defined]  # there while it is wrapped
    _add.__dict__["__dynamo_disable"] = _add


class Loss:
    """A loss of `torch.nn` on class indices; losses between tensors of one shape get one-hot targets.

    With `from_logits` False a cross entropy is taken of probabilities. Those of a Softmax that ends the network are not
    looked at: `skips` is 1 then, the layers at the end of the network to leave out, and the loss is that of the logits.
    """

    def __init__(self, spec: LossSpec, network: Sequence[nn.Module] = ()) -> None:
        settings = dict(spec.settings)
        of_probabilities = spec.type == "CrossEntropyLoss" and not settings.pop("from_logits", True)
        self.criterion: nn.Module = _make(nn, spec.type, settings, LOSSES, "loss")
        self.skips = int(of_probabilities and bool(network) and isinstance(network[-1], nn.Softmax))
        self.of_probabilities = of_probabilities and not self.skips
        self.one_hot = spec.type in ("MSELoss", "BCELoss", "BCEWithLogitsLoss")

    def __call__(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch: outputs (N, classes), labels (N,) of class indices."""
        targets = functional.one_hot(labels, outputs.shape[1]).to(outputs.dtype) if self.one_hot else labels
        if self.of_probabilities:  # as Keras takes them: made to sum to 1, and never 0
            share = outputs / outputs.sum(1, keepdim=True)
            outputs = torch.log(share.clamp(_PROBABILITY, 1 - _PROBABILITY))
        loss = self.criterion(outputs, targets)
        assert isinstance(loss, Tensor)
        return loss


def make_optimizer(
    spec: OptimizerSpec, parameters: Mapping[str, nn.Parameter], *, fused: bool = False
) -> optim.Optimizer:
    """The optimiser over a network's parameters by name, or over those that its groups name.

    Raises SubmissionError when it is unknown or its settings are wrong.
    """
    groups = spec.groups or (ParameterGroup(settings=spec.settings, parameters=tuple(parameters)),)
    unknown = sorted({name for group in groups for name in group.parameters} - {*parameters})
    if unknown:
        raise SubmissionError(f"the optimiser steps {', '.join(unknown)}, which the network doesn't have")
    if not any(group.parameters for group in groups):
        raise SubmissionError("the network has nothing to train")
    for group in groups:  # what is wrong with the settings of one is said before torch takes the others
        _make(optim, spec.type, group.settings, OPTIMIZERS, "optimiser", [nn.Parameter(torch.zeros(1))])
    stepped = [{"params": [parameters[name] for name in group.parameters], **group.settings} for group in groups]
    # What torch reads once, when an optimiser is made, and of no group.
    options = {key: value for key, value in spec.settings.items() if key == "initial_accumulator_value"}
    optimizer: optim.Optimizer = getattr(optim, spec.type)(stepped, **options, **({"fused": True} if fused else {}))
    return optimizer


def over_nothing(spec: OptimizerSpec) -> optim.Optimizer:
    """The optimiser over weights that nobody trains, one for each of its groups."""
    groups = spec.groups or (ParameterGroup(settings=spec.settings),)
    named = tuple(group.model_copy(update={"parameters": (str(i),)}) for i, group in enumerate(groups))
    weights = {str(i): nn.Parameter(torch.zeros(1)) for i in range(len(groups))}
    return make_optimizer(spec.model_copy(update={"groups": named}), weights)


class InverseTimeLR(optim.lr_scheduler.LambdaLR):
    """The schedule behind the `decay` of Keras's optimisers: lr / (1 + decay * steps)."""

    def __init__(self, optimizer: optim.Optimizer, decay: float) -> None:
        super().__init__(optimizer, lambda steps: 1 / (1 + decay * steps))


class FactorsLR(optim.lr_scheduler.LambdaLR):
    """A LambdaLR whose function is written down as what it gives."""

    def __init__(self, optimizer: optim.Optimizer, factors: Sequence[float]) -> None:
        super().__init__(optimizer, lambda steps: _nth(factors, steps))


class ProductsLR(optim.lr_scheduler.MultiplicativeLR):
    """A MultiplicativeLR, likewise."""

    def __init__(self, optimizer: optim.Optimizer, factors: Sequence[float]) -> None:
        super().__init__(optimizer, lambda steps: _nth(factors, steps))


def _nth(factors: Sequence[float], steps: int) -> float:
    if steps >= len(factors):
        raise UnsupportedError(f"what a schedule's function gives is known for {len(factors)} steps alone")
    return factors[steps]


_OURS: Final = {"InverseTimeLR": InverseTimeLR, "LambdaLR": FactorsLR, "MultiplicativeLR": ProductsLR}
_SCHEDULERS: Final = SimpleNamespace(**{**vars(optim.lr_scheduler), **_OURS})


def make_schedules(specs: Iterable[ScheduleSpec], optimizer: optim.Optimizer) -> list[tuple[ScheduleSpec, Any]]:
    """The schedules over the optimiser, each beside its spec, which says when it steps."""
    return [(spec, _schedule(spec, optimizer)) for spec in specs]


def _schedule(spec: ScheduleSpec, optimizer: optim.Optimizer) -> Any:
    parts = [_schedule(part, optimizer) for part in spec.parts]
    if spec.type == "ReduceLROnPlateau" and (spec.watched is None or spec.step == "batch"):
        raise UnsupportedError("ReduceLROnPlateau is followed where it looks at a known number of each epoch")
    if spec.type == "ChainedScheduler":
        return _make(_SCHEDULERS, spec.type, spec.settings, SCHEDULES, "schedule", parts)
    arguments = [optimizer, parts] if parts else [optimizer]
    return _make(_SCHEDULERS, spec.type, spec.settings, SCHEDULES, "schedule", *arguments)


def _make(
    module: Any, name: str, settings: Settings, allowed: dict[str, tuple[str, ...]], what: str, *arguments: Any
) -> Any:
    if name not in allowed:
        raise UnsupportedError(f"{name} is no {what} that the grader can train with")
    unknown = sorted(set(settings) - set(allowed[name]))
    if unknown:
        raise UnsupportedError(f"{name} with {', '.join(unknown)} is not trained by the grader")
    try:
        return getattr(module, name)(*arguments, **settings)
    except (TypeError, ValueError, RuntimeError) as error:
        raise SubmissionError(f"{name}: {error}") from error


def check_recipe(loss: LossSpec, optimizer: OptimizerSpec, schedules: Iterable[ScheduleSpec]) -> None:
    """Raise SubmissionError unless all parts can be made; costs nothing."""
    Loss(loss)
    make_schedules(schedules, over_nothing(optimizer))
