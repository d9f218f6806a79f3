"""torch's own loop on an accelerator: all lanes of a network in one process, in turns of an epoch."""

import torch

from grader.network.build import Network
from grader.training.device import CPU
from grader.training.plan import TrainingPlan
from grader.training.samples import Samples
from grader.training.trainers.protocol import TrainerType
from grader.training.trainers.torch_loop import TorchLoop

# Those whose fused kernels torch has had on GPUs for as long as the grader supports torch.
_FUSED = ("SGD", "Adam", "AdamW")


def _make(network: Network, plan: TrainingPlan, samples: Samples, seed: int) -> TorchLoop:
    # cuDNN would round the inputs of convolutions to ten bits, and choose its algorithms by measuring.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    numbers = torch.Generator(plan.device.torch).manual_seed(seed).get_state()
    return TorchLoop(network, plan.recipe, samples, numbers, fused=plan.recipe.optimizer.type in _FUSED)


TRAINER = TrainerType(
    name="torch-device",
    version=1,
    lanes="together",
    suits=lambda plan: plan.device != CPU,
    make=_make,
    depends_on=lambda plan: f"{plan.device.driver}, {plan.device.libraries}",
)
