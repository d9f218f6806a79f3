"""Small dense networks on a compiled loop, in C++: torch's steps without dispatching them one by one."""

import ctypes
import hashlib
import math
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from grader.core.errors import SubmissionError
from grader.core.network import InputSpec, Recipe
from grader.files import cache_folder
from grader.guest.layers import LAYERS
from grader.network.build import Network, build, is_join
from grader.training.device import CPU
from grader.training.means import Means
from grader.training.plan import TrainingPlan
from grader.training.recipe import Loss
from grader.training.samples import Samples
from grader.training.schedule import StepSettings, plateaus
from grader.training.trainers.protocol import TrainerType

_SOURCE = Path(__file__).with_name("dense.cpp")
# No finite-math: a diverged loss must stay NaN.
_FLAGS = (
    *("-std=c++17", "-O3", "-march=native", "-fopenmp-simd", "-shared", "-fPIC"),
    *("-fno-math-errno", "-fno-trapping-math", "-fassociative-math", "-fno-signed-zeros"),
)
# As far as these loops were measured beside torch's matrix products: docs/retraining.md.
MOST_PARAMETERS = 6_000_000

_LOSSES = {"CrossEntropyLoss": 0, "NLLLoss": 1, "MSELoss": 2}
_OPTIMIZERS = {"SGD": 0, "Adam": 1, "AdamW": 2, "RMSprop": 3}
_UNSUPPORTED = ("maximize", "amsgrad", "centered", "decoupled_weight_decay")


class _Op(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int32) for name in ("kind", "inputs", "outputs")),
        ("value", ctypes.c_double),
        *((name, ctypes.c_int64) for name in ("weight", "bias")),
    )


class _Run(ctypes.Structure):
    _fields_ = (
        ("width", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in ("begins", "places", "pixels", "labels")),
        *((name, ctypes.c_double) for name in ("divide", "mean", "std")),
        ("order", ctypes.c_void_p),
        *((name, ctypes.c_int64) for name in ("used", "batch")),
        *((name, ctypes.c_int32) for name in ("drop_last", "loss")),
        ("smoothing", ctypes.c_double),
        ("optimizer", ctypes.c_int32),
        *((name, ctypes.c_double) for name in ("beta2", "eps", "decay", "dampening", "alpha")),
        ("nesterov", ctypes.c_int32),
        *((name, ctypes.c_void_p) for name in ("rates", "momenta")),
        ("step", ctypes.c_int64),
        ("seed", ctypes.c_uint64),
        ("stop", ctypes.c_int32),
    )


class CompiledLoop:
    """Trains a chain of Linear layers and activations in place, one epoch a call.

    The network's parameters become views of one block of memory that the compiled loop works on, so torch scores the
    network at any time. `dtype` is float32, or float64 for comparing with torch.
    """

    def __init__(
        self,
        network: Network,
        recipe: Recipe,
        samples: Samples,
        seed: int,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.library = compiled()
        assert self.library is not None
        layers = _chain(network)
        layers = layers[: len(layers) - Loss(recipe.loss, layers).skips]
        self.lanes: int = self.library.vector_bytes() // dtype.itemsize
        rows = [(m.in_features + (m.bias is not None), m.out_features) for m in layers if isinstance(m, nn.Linear)]
        size = sum(count * self._padded(width) for count, width in rows)
        self.parameters, self.first, self.second = (torch.zeros(size, dtype=dtype) for _ in range(3))
        width = samples.images[0].numel()
        self.ops = (_Op * len(layers))(*self._ops(layers, width))
        self.means = Means()  # it suits no plan that watches them
        self.samples = samples  # the run points into its arrays
        begins, places, pixels = samples.nonzero
        settings = _settings(recipe)
        inputs: InputSpec = recipe.inputs
        self.run = _Run(
            width=width,
            begins=begins.data_ptr(),
            places=places.data_ptr(),
            pixels=pixels.data_ptr(),
            labels=samples.labels.data_ptr(),
            divide=inputs.divide,
            mean=inputs.mean,
            std=inputs.std,
            batch=recipe.batch_size,
            drop_last=recipe.drop_last,
            loss=_LOSSES[recipe.loss.type],
            smoothing=recipe.loss.settings.get("label_smoothing") or 0.0,
            optimizer=_OPTIMIZERS[recipe.optimizer.type],
            beta2=settings["betas"][1] if "betas" in settings else 0.0,
            eps=settings.get("eps", 0.0),
            decay=settings["weight_decay"],
            dampening=settings.get("dampening", 0.0),
            alpha=settings.get("alpha", 0.0),
            nesterov=bool(settings.get("nesterov", False)),
            step=0,
            seed=seed,
        )
        self.train = self.library.epoch_double if dtype == torch.float64 else self.library.epoch_float

    def _ops(self, layers: Sequence[nn.Module], width: int) -> list[_Op]:
        """The operations; moves every Linear's weights into the block, input by input."""
        ops, used = [], 0
        for layer in layers:
            entry = LAYERS[type(layer).__name__]
            value = getattr(layer, entry.compiled_value) if entry.compiled_value is not None else 0.0
            op = _Op(kind=entry.compiled, inputs=width, outputs=width, value=value, weight=-1, bias=-1)
            if isinstance(layer, nn.Linear):
                op.outputs = width = layer.out_features
                op.weight = used
                stride = self._padded(width)
                block = self.parameters[used : used + layer.in_features * stride].view(-1, stride)[:, :width]
                block.copy_(layer.weight.detach().t())
                layer.weight = nn.Parameter(block.t())
                used += layer.in_features * stride
                if layer.bias is not None:
                    op.bias = used
                    bias = self.parameters[used : used + width]
                    bias.copy_(layer.bias.detach())
                    layer.bias = nn.Parameter(bias)
                    used += stride
            ops.append(op)
        return ops

    def _padded(self, width: int) -> int:
        return -(-width // self.lanes) * self.lanes

    def epoch(self, order: Tensor, settings: Sequence[StepSettings]) -> float:
        """Train on the samples in this order, with the optimiser's settings for each step; the mean loss."""
        rates = torch.tensor([group["lr"] for (group,) in settings], dtype=torch.float64)
        # For Adam the first beta, which is what schedules change of it.
        momenta = [group["betas"][0] if "betas" in group else group["momentum"] for (group,) in settings]
        momentum = torch.tensor(momenta, dtype=torch.float64)
        self.run.order, self.run.used = order.data_ptr(), len(order)
        self.run.rates, self.run.momenta = rates.data_ptr(), momentum.data_ptr()
        pointers = (block.data_ptr() for block in (self.parameters, self.first, self.second))
        loss = self.train(self.ops, len(self.ops), *pointers, ctypes.byref(self.run))
        self.run.step += len(settings)
        return float(loss)

    def stop(self) -> None:
        """Let an epoch that another thread is training end after its present step."""
        self.run.stop = 1

    def state(self) -> dict[str, Any]:
        """What the optimiser remembers; the weights are the network's."""
        return {"first": self.first, "second": self.second, "step": self.run.step}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state; the network's weights are restored already."""
        self.first.copy_(state["first"])
        self.second.copy_(state["second"])
        self.run.step = state["step"]


def suits(plan: TrainingPlan) -> bool:
    """Whether the compiled loop can train this and is the faster way; a matter of the plan and the compiler."""
    recipe = plan.recipe
    if plan.device != CPU or not _knows(recipe):
        return False
    try:
        network = build(plan.spec, "meta")
    except SubmissionError:
        return False  # whoever builds it for training says why
    layers = _chain(network)
    return (
        bool(layers)
        and _begins_well(layers, recipe.inputs, network)
        and all(LAYERS[type(layer).__name__].compiled is not None for layer in layers)
        and all(layer.dim in (1, -1) for layer in layers if isinstance(layer, nn.Softmax | nn.LogSoftmax))
        and len({id(layer) for layer in layers if isinstance(layer, nn.Linear)})
        == sum(isinstance(layer, nn.Linear) for layer in layers)
        and sum(p.numel() for p in network.parameters()) <= MOST_PARAMETERS
        and not (recipe.inputs.channels_last or isinstance(recipe.inputs.mean, tuple))
        and not isinstance(recipe.inputs.std, tuple)
        and not Loss(recipe.loss, layers).of_probabilities
        and compiled() is not None  # last: it compiles at its first call
    )


def _knows(recipe: Recipe) -> bool:
    """Whether the loop has this loss, this optimiser and nothing besides, and what is watched can be seen around it."""
    settings = recipe.optimizer.settings
    rules = [rule for rule in (recipe.stopping, recipe.keeping) if rule is not None]
    return (
        not (recipe.optimizer.groups or recipe.clipping or recipe.accumulation or recipe.loss_scale != 1)
        and recipe.images is None
        and not any(watched.of == "training" for watched in (*plateaus(recipe), *(rule.watched for rule in rules)))
        and recipe.loss.type in _LOSSES
        and recipe.loss.settings.get("reduction", "mean") == "mean"
        and recipe.optimizer.type in _OPTIMIZERS
        and not any(settings.get(name) for name in _UNSUPPORTED)
        and settings.get("eps") != 0  # the padding's updates would be 0 / 0
    )


def _chain(network: Network) -> list[nn.Module]:
    """The layers in a row, without those that change nothing here; empty when they are no chain."""
    if any(wires != (i - 1,) for i, wires in enumerate(network.wiring)) or any(map(is_join, network.spec.layers)):
        return []
    kept: list[nn.Module] = []
    flat = False
    for layer in network.layers:
        if _flattens(layer) and (flat or not any(isinstance(before, nn.Linear) for before in kept)):
            flat = True  # and where it was flat it stays so: what else the loop knows keeps a sample's shape
        elif not isinstance(layer, nn.Identity):
            kept.append(layer)
    return kept


def _flattens(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Flatten) and layer.start_dim == 1 and layer.end_dim == -1


def _begins_well(layers: Sequence[nn.Module], inputs: InputSpec, network: Network) -> bool:
    """A Linear of all pixels comes first, or one dropout of the inputs before it: the loop lists what it leaves."""
    first = layers[1] if isinstance(layers[0], nn.Dropout) and len(layers) > 1 else layers[0]
    flat = len(inputs.shape) == 1 or any(map(_flattens, network.layers))
    return flat and isinstance(first, nn.Linear) and first.in_features == math.prod(inputs.shape)


def _settings(recipe: Recipe) -> dict[str, Any]:
    """The optimiser's settings with torch's defaults filled in."""
    made = getattr(torch.optim, recipe.optimizer.type)([nn.Parameter(torch.zeros(1))], **recipe.optimizer.settings)
    return dict(made.param_groups[0])


@cache
def compiled() -> ctypes.CDLL | None:
    """The compiled loop, built once for this machine; None without a C++ compiler, and torch trains instead."""
    compiler = _compiler()
    if compiler is None:
        return None
    key = hashlib.sha256(_SOURCE.read_bytes() + f"{compiler}{_FLAGS}{platform.node()}{_processor()}".encode())
    library = cache_folder() / "kernels" / f"dense-{key.hexdigest()[:16]}.so"
    try:
        if not library.is_file():
            library.parent.mkdir(parents=True, exist_ok=True)
            built = library.with_suffix(f".{os.getpid()}")
            subprocess.run([compiler, *_FLAGS, _SOURCE, "-o", built], capture_output=True, timeout=120, check=True)
            os.replace(built, library)
        loaded = ctypes.CDLL(str(library))
    except (OSError, subprocess.SubprocessError):
        return None
    for function in (loaded.epoch_float, loaded.epoch_double):
        function.restype = ctypes.c_double
        function.argtypes = [ctypes.c_void_p, ctypes.c_int32, *[ctypes.c_void_p] * 4]
    return loaded


def _compiler() -> str | None:
    return next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)


def _processor() -> str:
    """What -march=native looks at."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def _make(network: Network, plan: TrainingPlan, samples: Samples, seed: int) -> CompiledLoop:
    return CompiledLoop(network, plan.recipe, samples, seed)


TRAINER = TrainerType(
    name="compiled",
    version=2,
    lanes="threads",
    suits=suits,
    make=_make,
    # The order of its sums follows from the vectors that the compiler makes of it.
    depends_on=lambda _: f"{_compiler()} {_FLAGS} {_processor()}",
    faster=3.0,  # 2.6 to 6.2 times: docs/retraining.md
)
