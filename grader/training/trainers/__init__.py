"""The ways to train, one file each; which one trains a plan follows from the plan alone."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from grader.core.errors import UnsupportedError
from grader.training.plan import TrainingPlan
from grader.training.trainers import compiled, torch_cpu, torch_device
from grader.training.trainers.protocol import Trainer, TrainerType


def registry(entries: Iterable[TrainerType]) -> Mapping[str, TrainerType]:
    """The trainers by name, those that are preferred first. Raises ValueError for two of one name."""
    found: dict[str, TrainerType] = {}
    for entry in entries:
        if entry.name in found:
            raise ValueError(f"two trainers are called {entry.name}")
        found[entry.name] = entry
    return MappingProxyType(found)  # its order decides, so nobody changes it


TRAINERS = registry((compiled.TRAINER, torch_cpu.TRAINER, torch_device.TRAINER))


def choose_trainer(plan: TrainingPlan) -> str:
    """The name of the first trainer that suits the plan.

    Chosen once for a plan and handed on, so that all that is done for it means the same trainer.
    """
    for name, trainer in TRAINERS.items():
        if trainer.suits(plan):
            return name
    raise UnsupportedError(f"nothing trains on {plan.device.kind}")


__all__ = ["TRAINERS", "Trainer", "TrainerType", "choose_trainer", "registry"]
