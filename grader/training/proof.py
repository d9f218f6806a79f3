"""Whether a device trains as the CPU does: tried on three small networks, and kept while driver and versions stay."""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import chain, combinations
from typing import Final

from pydantic import ValidationError

from grader.core.errors import MachineError
from grader.core.evidence import Lane
from grader.core.network import LayerSpec, ModelSpec, Recipe
from grader.core.record import Record
from grader.files import cache_folder, write_whole
from grader.training.device import CPU, Device, find_device, machine
from grader.training.lane import train_lane
from grader.training.plan import TrainingPlan
from grader.training.trainers import TRAINERS, choose_trainer

DATASET: Final = "digits"  # it comes along with scikit-learn
SEEDS: Final = 10
TOLERANCE: Final = 1e-5
"""How far the first losses may lie apart, as a share of the CPU's.

Rounding moves them by 6e-8 at most: float32 against float64, twelve steps of these networks. A learning rate that is a
thousandth too large moves them by 1.6e-4 at least (`docs/retraining.md`).
"""
ALPHA: Final = 0.01
"""The chance that a device that trains as the CPU does is refused by any of the two-sample tests together."""

_BATCH, _EPOCHS, _FIRST_BATCHES, _FIRST_EPOCHS = 32, 4, 4, 3


class Comparison(Record):
    """One network on both devices.

    `cpu_losses` and `losses` are the means of its first epochs, four steps each, under the same seed and without
    dropout, whose masks each device draws for itself. The accuracies are those of ten seeds of the CPU and of ten
    others of the device. `accuracies_p` is how often chance alone would set their means that far apart;
    `final_losses_p` the same of the last training losses, which tell masks and updates that accuracies hide.
    """

    network: str
    cpu_losses: tuple[float, ...]
    losses: tuple[float, ...]
    apart: float
    cpu_accuracies: tuple[float, ...]
    accuracies: tuple[float, ...]
    accuracies_p: float
    final_losses_p: float


class Proof(Record):
    """What came of trying a device: it `holds` where every comparison stays within its bounds.

    `trainer` and `machine` are the versions of the trainer, of torch, and the platform that it was tried with.
    """

    device: Device
    machine: str
    trainer: str
    date: str
    comparisons: tuple[Comparison, ...]
    faults: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the device trains as the CPU does, as far as was tried."""
        return not self.faults


Train = Callable[[TrainingPlan, int], Lane]


def prove(device: Device, *, train: Train = train_lane, say: Callable[[str], None] = lambda _: None) -> Proof:
    """Train three small networks on the CPU and on the device, compare, and keep what came of it.

    `say` is told each network before it is tried. Raises OSError when the proof can't be written.
    """
    comparisons = []
    for name, plan in plans().items():
        say(f"{name}: {SEEDS} trainings on the CPU and on {device.kind}")
        comparisons.append(_compare(name, plan, device, train))
    proof = Proof(
        device=device,
        machine=machine(),
        trainer=_trainer(device),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        comparisons=tuple(comparisons),
        faults=tuple(fault for comparison in comparisons for fault in _faults(comparison)),
    )
    path = cache_folder() / "proofs" / f"{device.name}.json"
    write_whole(path, proof.model_dump_json(indent=2))
    return proof


def proof_of(device: Device) -> Proof | None:
    """The proof that holds for this very device, driver, torch and trainer; None when there is none."""
    try:
        proof = Proof.model_validate_json((cache_folder() / "proofs" / f"{device.name}.json").read_bytes())
    except (OSError, ValidationError):
        return None
    same = (proof.device, proof.machine, proof.trainer) == (device, machine(), _trainer(device))
    return proof if same and proof.holds else None


def proved_device(name: str) -> Device:
    """The device of that name, to train on. Raises MachineError when it isn't there, or hasn't proved itself."""
    device = find_device(name)
    if device != CPU and proof_of(device) is None:
        raise MachineError(
            f"{device.kind} has not proved that it trains as the CPU does, with this driver and this torch",
            hint=f"Run: grader doctor --prove {name}. Without --device networks are trained on the CPU.",
        )
    return device


def _compare(name: str, plan: TrainingPlan, device: Device, train: Train) -> Comparison:
    there = plan.model_copy(update={"device": device})
    cpu_losses, losses = (_losses(train(_first_steps(p), 0)) for p in (plan, there))
    # Other seeds there: pairs that start alike would agree more than the test takes for granted.
    cpu = [train(plan, seed) for seed in range(SEEDS)]
    lanes = [train(there, seed) for seed in range(SEEDS, 2 * SEEDS)]
    cpu_accuracies, accuracies = (tuple(lane.accuracy for lane in some) for some in (cpu, lanes))
    cpu_finals, finals = ([_losses(lane)[-1] for lane in some] for some in (cpu, lanes))
    return Comparison(
        network=name,
        cpu_losses=cpu_losses,
        losses=losses,
        apart=_apart(cpu_losses, losses),
        cpu_accuracies=cpu_accuracies,
        accuracies=accuracies,
        accuracies_p=_chance_alone(cpu_accuracies, accuracies),
        final_losses_p=_chance_alone(cpu_finals, finals),
    )


def _losses(lane: Lane) -> tuple[float, ...]:
    """The mean loss of each epoch; nought where it was no longer finite, which ends a training."""
    return tuple(point.loss for point in lane.curve)


def _apart(losses: Sequence[float], others: Sequence[float]) -> float:
    """How far they lie apart at most, as a share of the first."""
    if len(losses) != len(others):
        return math.inf
    return max(abs(a - b) / a if a else math.inf for a, b in zip(losses, others, strict=True))


def _faults(found: Comparison) -> list[str]:
    level = ALPHA / (2 * len(plans()))
    faults = []
    if not found.apart <= TOLERANCE:
        faults.append(f"{found.network}: the first losses lie {found.apart:.1e} apart, allowed are {TOLERANCE:g}")
    for what, p in (("accuracies", found.accuracies_p), ("last losses", found.final_losses_p)):
        if not p >= level:
            faults.append(f"{found.network}: the {what} differ by more than chance (p = {p:.1e}, least {level:.1e})")
    return faults


def _chance_alone(one: Sequence[float], other: Sequence[float]) -> float:
    """The p-value of a two-sided permutation test of the difference of means: exact, however many values tie."""
    import numpy as np

    values, half = np.array((*one, *other)), len(one)
    splits = np.fromiter(chain.from_iterable(combinations(range(2 * half), half)), np.int8).reshape(-1, half)
    sums = values[splits].sum(axis=1)
    middle = values.sum() / 2
    rounding = 1e-9 * np.abs(values).sum()
    return float((np.abs(sums - middle) >= abs(values[:half].sum() - middle) - rounding).mean())


def _trainer(device: Device) -> str:
    """What trains there, by name and version."""
    (name,) = {choose_trainer(plan.model_copy(update={"device": device})) for plan in plans().values()}
    return f"{name} {TRAINERS[name].version}"


def _first_steps(plan: TrainingPlan) -> TrainingPlan:
    """The same without dropout, on four batches, for three epochs."""
    layers = tuple(
        layer.model_copy(update={"settings": {"p": 0.0}}) if layer.type == "Dropout" else layer
        for layer in plan.spec.layers
    )
    changes = {"epochs": _FIRST_EPOCHS, "train_samples": _FIRST_BATCHES * _BATCH}
    return plan.model_copy(
        update={
            "spec": plan.spec.model_copy(update={"layers": layers}),
            "recipe": plan.recipe.model_copy(update=changes),
        }
    )


def plans() -> dict[str, TrainingPlan]:
    """Three networks that between them use what students use, each with another optimiser."""

    def linear(inputs: int, outputs: int) -> LayerSpec:
        return LayerSpec(type="Linear", settings={"in_features": inputs, "out_features": outputs})

    def conv(inputs: int, outputs: int) -> LayerSpec:
        return LayerSpec(
            type="Conv2d", settings={"in_channels": inputs, "out_channels": outputs, "kernel_size": 3, "padding": 1}
        )

    relu, flatten = LayerSpec(type="ReLU"), LayerSpec(type="Flatten")
    pool = LayerSpec(type="MaxPool2d", settings={"kernel_size": 2})
    norm = LayerSpec(type="BatchNorm2d", settings={"num_features": 8})
    dropout = LayerSpec(type="Dropout", settings={"p": 0.3})
    return {
        "dense": _plan("SGD", {"lr": 0.05, "momentum": 0.9}, flatten, linear(64, 32), relu, linear(32, 10)),
        "convolutional": _plan(
            "Adam", {"lr": 0.003}, conv(1, 8), relu, pool, conv(8, 16), relu, pool, flatten, linear(64, 10)
        ),
        "dropout and batch norm": _plan(
            "AdamW", {"lr": 0.003}, conv(1, 8), norm, relu, pool, dropout, flatten, linear(128, 10)
        ),
    }


def _plan(optimizer: str, settings: dict[str, float], *layers: LayerSpec) -> TrainingPlan:
    recipe = Recipe.model_validate(
        {
            "loss": {"type": "CrossEntropyLoss"},
            "optimizer": {"type": optimizer, "settings": settings},
            "batch_size": _BATCH,
            "epochs": _EPOCHS,
            "inputs": {"shape": (1, 8, 8), "divide": 16.0, "mean": 0.3, "std": 0.4},
        }
    )
    return TrainingPlan(spec=ModelSpec(layers=layers), recipe=recipe, dataset=DATASET)
