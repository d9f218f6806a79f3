"""torch's own loop on the CPU: every network and recipe, one lane a process, whose random numbers torch draws from."""

import torch

from grader.network.build import Network
from grader.training.device import CPU
from grader.training.plan import TrainingPlan
from grader.training.samples import Samples
from grader.training.trainers.protocol import TrainerType
from grader.training.trainers.torch_loop import TorchLoop

# torch's fused kernels update all of an optimiser's tensors in one pass over memory.
_FUSED = ("SGD", "Adam", "AdamW", "Adagrad")


def _make(network: Network, plan: TrainingPlan, samples: Samples, seed: int) -> TorchLoop:  # noqa: ARG001  # every trainer's
    fused = plan.recipe.optimizer.type in _FUSED
    return TorchLoop(network, plan.recipe, samples, torch.get_rng_state(), fused=fused)


TRAINER = TrainerType(
    name="torch-cpu",
    version=1,
    lanes="processes",
    suits=lambda plan: plan.device == CPU,
    make=_make,
    depends_on=lambda _: torch.backends.cpu.get_cpu_capability(),
)
