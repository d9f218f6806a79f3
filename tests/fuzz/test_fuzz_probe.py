"""What the guest wrote of its networks, of which nothing is believed: a grade comes out whatever it says."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inputs import JSON, NETWORKS, NOTEBOOK, broken, changed, fuzz, grade, written

LAYERS = [
    {"type": "Flatten", "name": "0"},
    {"type": "Linear", "name": "1", "settings": {"in_features": 64, "out_features": 40}},
    {"type": "ReLU", "name": "2", "inputs": [1], "shares": None},
    {"type": "Linear", "name": "3", "settings": {"in_features": 40, "out_features": 10, "bias": True}},
]
LOADER = {
    "batch_size": 32, "drop_last": False, "shuffle": True, "sampler": "RandomSampler", "samples": 1437,
    "dataset": {"type": "TensorDataset", "size": 1437, "transforms": [{"type": "Normalize", "mean": [1], "std": [2]}]},
}  # fmt: skip
TRAINING = {
    "number": 0, "model": 1, "variable": "model", "cell": 3, "optimizer": {"type": "Adam", "settings": {"lr": 0.001}},
    "spec": {
        "layers": LAYERS, "unused": ["drop"],
        "loose": [{"name": "scale", "shape": [2, 3], "kind": "parameter"}, {"name": "", "shape": [], "kind": "buffer"}],
        "gaps": [{"kind": "layer", "why": "forward: a hook"}],
    },
    "groups": [], "losses": [{"type": "CrossEntropyLoss"}], "steps": 30, "samples": 960, "largest_batch": 32,
    "different_batches": 3, "loops": 30, "steps_in_loops": 30, "batches_in_loops": 30,
    "evaluation_mode": False,
    "loaders": [LOADER], "input_shape": [64], "seen": [{"values": [0.0, 1.0] * 32, "label": 3}],
    "schedules": [{"type": "StepLR", "settings": {"step_size": 2}, "unwritten": [], "steps": 30, "early": False}],
    "gaps": [{"kind": "data", "why": "fewer samples"}],
}  # fmt: skip
REPORT = {
    "trainings": [TRAINING],
    "unfinished": [5],
    "faults": [],
}
BARE = {"trainings": [{**TRAINING, "loaders": [], "schedules": [], "spec": {"layers": LAYERS}}]}
SEED = json.dumps(REPORT).encode()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "2A.ipynb").write_text(json.dumps(NOTEBOOK))
    return tmp_path


@pytest.mark.filterwarnings("ignore")  # torch's words on absurd layers
@fuzz(200)
@given(changed(REPORT, BARE))
def test_reports_that_are_nearly_right(folder, report):
    grade(folder, NETWORKS, written(report))


@fuzz(60)
@given(JSON | st.fixed_dictionaries({"trainings": JSON, "unstepped": JSON}))
def test_any_json(folder, report):
    grade(folder, NETWORKS, written(report))


@pytest.mark.filterwarnings("ignore")
@fuzz(100)
@given(st.text(max_size=50) | (st.binary(max_size=200) | broken(SEED)).map(lambda raw: raw.decode("utf-8", "replace")))
def test_any_text(folder, report):
    grade(folder, NETWORKS, report)
