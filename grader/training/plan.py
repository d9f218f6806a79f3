"""What is trained, how, on what: everything that a training's result depends on but its seed."""

from grader.core.limits import Limits
from grader.core.network import ModelSpec, Recipe
from grader.core.record import Record
from grader.training.device import CPU, Device


class TrainingPlan(Record):
    """A network, its recipe, the data set by name, and the device. `limits` say what is too large to be trained."""

    spec: ModelSpec
    recipe: Recipe
    dataset: str
    device: Device = CPU
    limits: Limits = Limits()


class LaneStep(Record):
    """One training under one seed; `cost` in seconds of one core, as expected. Two with one `key` are the same."""

    plan: TrainingPlan
    trainer: str
    seed: int
    key: str
    cost: float
