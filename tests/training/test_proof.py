"""A device is trained on only after it has shown that it trains as the CPU does; the CPU stands in for it here."""

import pytest

from grader.core.errors import MachineError
from grader.files import cache_folder
from grader.training import proof
from grader.training.decision import Rule
from grader.training.device import CPU, Device, find_device
from grader.training.lane import train_lane
from grader.training.proof import proof_of, prove, proved_device
from grader.training.retrain import retrain

STAND_IN = Device(name="stand-in", torch="cpu", kind="stand-in:CPU", driver="1", libraries="1")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADER_CACHE", str(tmp_path))


@pytest.fixture(scope="module")
def trained():
    """Trains, and remembers what was trained: broken devices differ from a sound one in a few trainings only."""
    known = {}

    def train(plan, seed):
        key = plan.model_dump_json(), seed
        if key not in known:
            known[key] = train_lane(plan, seed)
        return known[key]

    return train


@pytest.mark.deep
def test_a_device_that_trains_as_the_cpu_does_is_proved(trained, monkeypatch):
    monkeypatch.setattr("grader.training.device.accelerators", lambda: (STAND_IN,))
    with pytest.raises(MachineError, match="grader doctor --prove stand-in"):
        proved_device("stand-in")
    found = prove(STAND_IN, train=trained)
    assert found.holds and len(found.comparisons) == 3
    assert all(len({*c.cpu_accuracies, *c.accuracies}) > 1 for c in found.comparisons)
    assert proof_of(STAND_IN) == found and proved_device("stand-in") == STAND_IN
    for changed in ({"driver": "2"}, {"libraries": "2"}, {"kind": "stand-in:another"}):
        assert proof_of(STAND_IN.model_copy(update=changed)) is None
    monkeypatch.setattr(proof, "machine", lambda: "torch 99")
    assert proof_of(STAND_IN) is None


def _another_rate(plan, seed, train):
    if plan.recipe.optimizer.type != "SGD":
        return train(plan, seed)
    optimizer = plan.recipe.optimizer.model_copy(update={"settings": {"lr": 0.05005, "momentum": 0.9}})
    return train(plan.model_copy(update={"recipe": plan.recipe.model_copy(update={"optimizer": optimizer})}), seed)


def _without_masks(plan, seed, train):
    layers = [
        layer.model_copy(update={"settings": {"p": 0.0}}) if layer.type == "Dropout" else layer
        for layer in plan.spec.layers
    ]
    return train(plan.model_copy(update={"spec": plan.spec.model_copy(update={"layers": tuple(layers)})}), seed)


def _ends_early(plan, seed, train):
    changes = {} if plan.recipe.train_samples or plan.recipe.optimizer.type != "SGD" else {"epochs": 2}
    return train(plan.model_copy(update={"recipe": plan.recipe.model_copy(update=changes)}), seed)


def _gives_up(plan, seed, train):
    lane = train(plan, seed)
    return lane.model_copy(update={"curve": lane.curve[:-1]}) if plan.recipe.train_samples else lane


# name: (what the device makes of a plan, a part of what is found)
BROKEN = {
    "a learning rate a thousandth too large": (_another_rate, "dense: the first losses"),
    "dropout that drops nothing": (_without_masks, "dropout and batch norm: the last losses"),
    "trainings that end early": (_ends_early, "dense: the last losses"),
    "a loss that is no number": (_gives_up, "convolutional: the first losses"),
}


@pytest.mark.deep
@pytest.mark.parametrize("name", BROKEN)
def test_a_device_that_trains_otherwise_is_refused(name, trained):
    change, said = BROKEN[name]

    def train(plan, seed):
        return trained(plan, seed) if plan.device == CPU else change(plan, seed, trained)

    prove(STAND_IN, train=trained)  # what held before is no longer believed
    found = prove(STAND_IN, train=train)
    assert not found.holds and any(said in fault for fault in found.faults), found.faults
    assert proof_of(STAND_IN) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"null", b"\xff"])
def test_a_broken_proof_proves_nothing(content):
    path = cache_folder() / "proofs" / "stand-in.json"
    path.parent.mkdir()
    path.write_bytes(content)
    assert proof_of(STAND_IN) is None


def test_a_device_that_is_not_there_is_the_machines_fault(monkeypatch):
    monkeypatch.setattr("grader.training.device.accelerators", lambda: ())
    with pytest.raises(MachineError, match="no device cuda"):
        proved_device("cuda")
    assert proved_device("cpu") == CPU


@pytest.mark.gpu
def test_a_gpu_trains_as_the_cpu_does():
    device = find_device("cuda")
    found = prove(device)
    assert found.holds, found.faults
    plan = next(iter(proof.plans().values())).model_copy(update={"device": device})
    trained_there = retrain(plan, threshold=0.5, rule=Rule(planned=5), fresh=True)
    assert trained_there.verdict == "reached" and trained_there.device == device.kind
    assert [lane.accuracy for lane in trained_there.lanes] == [train_lane(plan, seed).accuracy for seed in range(3)]
