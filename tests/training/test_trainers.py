"""Which trainer trains a plan follows from the plan; who trained, and where, is part of what a lane is kept under."""

import pytest

from grader.core.fault import Fault
from grader.core.network import LayerSpec, ModelSpec, Recipe
from grader.datasets import load_dataset
from grader.training.cache import lane_key
from grader.training.decision import Rule
from grader.training.device import CPU, Device
from grader.training.plan import TrainingPlan
from grader.training.retrain import retrain
from grader.training.trainers import TRAINERS, choose_trainer, compiled, registry

STAND_IN = Device(name="stand-in", torch="cpu", kind="stand-in:CPU", driver="1", libraries="1")
DIGITS = load_dataset("digits")


def plan(*layers, device=CPU, **changes):
    recipe = {
        "loss": {"type": "CrossEntropyLoss"},
        "optimizer": {"type": "SGD", "settings": {"lr": 0.1}},
        "batch_size": 64,
        "epochs": 2,
        "inputs": {"shape": (1, 8, 8), "divide": 16.0},
    }
    spec = ModelSpec(layers=[LayerSpec(type=kind, settings=settings) for kind, settings in layers])
    return TrainingPlan(spec=spec, recipe=Recipe.model_validate(recipe | changes), dataset="digits", device=device)


DENSE = (("Flatten", {}), ("Linear", {"in_features": 64, "out_features": 16}), ("ReLU", {}),
         ("Dropout", {"p": 0.3}), ("Linear", {"in_features": 16, "out_features": 10}))  # fmt: skip
CONV = (("Conv2d", {"in_channels": 1, "out_channels": 3, "kernel_size": 3}), ("ReLU", {}), ("Dropout", {"p": 0.3}),
        ("Flatten", {}), ("Linear", {"in_features": 108, "out_features": 10}))  # fmt: skip


@pytest.mark.parametrize(
    ("trained", "name"),
    [
        (plan(*DENSE), "compiled" if compiled.compiled() else "torch-cpu"),
        (plan(*CONV), "torch-cpu"),
        (plan(*DENSE, device=STAND_IN), "torch-device"),
        (plan(*CONV, device=STAND_IN), "torch-device"),
    ],
)
def test_the_trainer_follows_from_the_plan(trained, name):
    assert choose_trainer(trained) == name
    found = retrain(trained, threshold=0.2, rule=Rule(planned=1), fresh=True)
    assert (found.trainer, found.device, found.obstacle) == (name, trained.device.kind, "")


def test_without_a_compiler_torch_trains(monkeypatch):
    monkeypatch.setattr(compiled, "compiled", lambda: None)
    assert choose_trainer(plan(*DENSE)) == "torch-cpu"


def test_two_trainers_of_one_name_are_refused():
    with pytest.raises(ValueError, match="torch-cpu"):
        registry([*TRAINERS.values(), TRAINERS["torch-cpu"]])


def test_a_lane_is_kept_under_who_trained_it_and_where(monkeypatch):
    cpu, there = plan(*CONV), plan(*CONV, device=STAND_IN)
    keys = [
        lane_key(cpu, "torch-cpu", DIGITS, 0),
        lane_key(cpu, "torch-cpu", DIGITS, 1),
        lane_key(cpu, "compiled", DIGITS, 0),
        lane_key(there, "torch-device", DIGITS, 0),
        *(
            lane_key(plan(*CONV, device=STAND_IN.model_copy(update=changed)), "torch-device", DIGITS, 0)
            for changed in ({"kind": "stand-in:another"}, {"driver": "2"}, {"libraries": "2"})
        ),
        lane_key(plan(*CONV, epochs=3), "torch-cpu", DIGITS, 0),
    ]
    from dataclasses import replace

    changed = {**TRAINERS, "torch-cpu": replace(TRAINERS["torch-cpu"], version=99)}
    monkeypatch.setattr("grader.training.cache.TRAINERS", changed)
    keys.append(lane_key(cpu, "torch-cpu", DIGITS, 0))
    assert len(set(keys)) == len(keys)
    assert lane_key(cpu, "compiled", DIGITS, 0) == keys[2]


def test_lanes_that_share_a_device_are_those_that_each_is_alone():
    there = plan(*CONV, device=STAND_IN, epochs=3)
    together = retrain(there, threshold=0.0, rule=Rule(planned=5), fresh=True).lanes
    alone = [retrain(there, threshold=0.0, rule=Rule(planned=1), fresh=True).lanes[0]]
    assert len(together) == 3 and len({lane.curve for lane in together}) == 3
    assert together[0].curve == alone[0].curve


# name: (an error that the trainer raises, where it trains, whose doing it is)
ERRORS = {
    "a recipe that can't be followed": (ValueError("x"), CPU, Fault.student),
    "torch on the CPU": (RuntimeError("x"), CPU, Fault.student),
    "no memory": (MemoryError(), CPU, Fault.machine),
    "no memory for a tensor": (None, CPU, Fault.machine),
    "an accelerator": (RuntimeError("x"), STAND_IN, Fault.machine),
    "a recipe that can't be followed on an accelerator": (ValueError("x"), STAND_IN, Fault.student),
}


@pytest.mark.parametrize("name", ERRORS)
def test_whose_doing_it_is_that_a_training_stops(name, monkeypatch):
    error, device, fault = ERRORS[name]

    def epoch(*_):
        if error is None:
            import torch

            torch.empty(10**15)
        raise error

    from grader.training.trainers.torch_loop import TorchLoop

    monkeypatch.setattr(TorchLoop, "epoch", epoch)
    found = retrain(plan(*CONV, device=device), threshold=0.5, rule=Rule(planned=1), fresh=True)
    assert found.fault is fault and found.obstacle.startswith("training stopped: ")
