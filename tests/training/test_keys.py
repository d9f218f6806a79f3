"""Results that are kept: whatever they depend on is part of their key, so none is given to anybody else."""

import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from grader.core.evidence import ModelFacts
from grader.core.limits import Limits
from grader.core.network import LayerSpec, ModelSpec, Recipe
from grader.core.record import Record
from grader.datasets import Dataset, Split, load_dataset
from grader.execution.weights import WeightFiles
from grader.training.cache import lane_key
from grader.training.plan import TrainingPlan
from grader.training.replays import Replays

SPEC = ModelSpec(
    layers=(
        LayerSpec(type="Linear", settings={"in_features": 784, "out_features": 5}, name="0"),
        LayerSpec(type="ReLU", name="1"),
        LayerSpec(type="Linear", settings={"in_features": 5, "out_features": 10}, name="2"),
    )
)
RECIPE = Recipe.model_validate(
    {
        "loss": {"type": "CrossEntropyLoss"},
        "optimizer": {"type": "Adam", "settings": {"lr": 0.001}},
        "batch_size": 10,
        "epochs": 2,
        "inputs": {"shape": (784,), "divide": 255.0},
    }
)
PLAN = TrainingPlan(spec=SPEC, recipe=RECIPE, dataset="mnist")


def pixels(count, seed):
    drawn = np.random.default_rng(seed)
    labels = drawn.integers(0, 10, count).astype(np.uint8)
    return Split(drawn.integers(0, 256, (count, 28, 28)).astype(np.uint8), labels)


DATA = Dataset("mnist", pixels(600, 1), pixels(300, 2), 255, title="MNIST")


def changed(split, images=False):
    """The same with one value in its middle changed."""
    made = {"images": split.images.copy(), "labels": split.labels.copy()}
    part = made["images" if images else "labels"]
    part.flat[part.size // 2 + 1] ^= 1
    return Split(**made)


OTHER_DATA = {
    "a pixel of a training image": dataclasses.replace(DATA, train=changed(DATA.train, images=True)),
    "a training label": dataclasses.replace(DATA, train=changed(DATA.train)),
    "a pixel of a test image": dataclasses.replace(DATA, test=changed(DATA.test, images=True)),
    "a test label": dataclasses.replace(DATA, test=changed(DATA.test)),
}


def leaves(record: Record):
    """(the names of fields that lead to it, the value) of each plain value in a record."""
    for name in type(record).model_fields:
        value = getattr(record, name)
        if isinstance(value, Record):
            yield from (((name, *path), leaf) for path, leaf in leaves(value))
        else:
            yield (name,), value


def with_leaf(record, path, value):
    name, *rest = path
    return record.model_copy(update={name: with_leaf(getattr(record, name), rest, value) if rest else value})


OTHERS = {bool: lambda v: not v, int: lambda v: v + 1, float: lambda v: v + 0.5, str: lambda v: f"{v}x"}
RECIPE_FIELDS = [path for path, value in leaves(RECIPE) if type(value) in OTHERS]


@pytest.mark.parametrize("path", RECIPE_FIELDS, ids=".".join)
def test_another_recipe_is_another_training(path):
    value = dict(leaves(RECIPE))[path]
    other = with_leaf(RECIPE, path, OTHERS[type(value)](value))
    assert lane_key(PLAN, "torch-cpu", DATA, 0) != lane_key(
        PLAN.model_copy(update={"recipe": other}), "torch-cpu", DATA, 0
    )


@pytest.mark.parametrize("name", OTHER_DATA)
def test_other_data_are_another_training(name):
    assert lane_key(PLAN, "torch-cpu", DATA, 0) != lane_key(PLAN, "torch-cpu", OTHER_DATA[name], 0)


def test_another_network_seed_or_trainer_is_another_training():
    wider = SPEC.layers[0].model_copy(update={"settings": {"in_features": 784, "out_features": 6}})
    spec = SPEC.model_copy(update={"layers": (wider, *SPEC.layers[1:])})
    keys = {
        lane_key(PLAN, "torch-cpu", DATA, 0),
        lane_key(PLAN, "torch-cpu", DATA, 1),
        lane_key(PLAN, "compiled", DATA, 0),
        lane_key(PLAN.model_copy(update={"spec": spec}), "torch-cpu", DATA, 0),
    }
    assert len(keys) == 4


class Ran:
    """What a full run left."""

    failure, seconds = "", 1.0

    def __init__(self, seed):
        torch.manual_seed(seed)
        made = [torch.nn.Linear(784, 5), torch.nn.Linear(5, 10)]
        state = {f"{i}.{k}": v for i, layer in zip((0, 2), made, strict=True) for k, v in layer.state_dict().items()}
        with TemporaryDirectory() as folder:
            for name in ("0-first", "0-last", "1-first", "1-last"):
                save_file(state, Path(folder) / f"{name}.safetensors")
            self.weights = WeightFiles().collect(Path(folder), most_parameters=10**6)


FILES = {"a.ipynb": b"{}", "b.ipynb": b"{}", "helper.py": b"x = 1", "data/weights.bin": b"\0\1\2"}


@pytest.fixture
def replay(tmp_path, monkeypatch):
    """Asks for one run of a.ipynb and tells how many times a kernel would have been started for it."""
    monkeypatch.setenv("GRADER_CACHE", str(tmp_path / "cache"))
    count = 0

    def ask(files=FILES, cell="train()", limits=Limits(), data=DATA, seed=0, training=0, plan=PLAN, notebook="a.ipynb"):
        nonlocal count
        started = 0

        def run(*_, seed, **__):
            nonlocal started
            started += 1
            return Ran(seed)

        count += 1
        folder = tmp_path / f"submission-{count}"
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                (folder / name).mkdir()
            else:
                (folder / name).write_bytes(content)
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
        replays = Replays(folder, {notebook: book}, limits, run)
        model = ModelFacts(notebook=notebook, spec=SPEC, recipe=RECIPE, training=training)
        assert len(list(replays.runs(model, plan, data, [seed]))) == 1
        return started

    return ask


CHANGES = {
    "a cell": {"cell": "train() "},
    "another notebook": {"files": FILES | {"b.ipynb": b"{ }"}},
    "its own file, whose outputs it could read": {"files": FILES | {"a.ipynb": b"{ }"}},
    "a module": {"files": FILES | {"helper.py": b"x = 2"}},
    "a file in a folder": {"files": FILES | {"data/weights.bin": b"\0\1\3"}},
    "the name of a file": {"files": {n.replace("helper", "helpers"): c for n, c in FILES.items()}},
    "one file more": {"files": FILES | {"more.txt": b""}},
    "an empty folder more": {"files": FILES | {"more": None}},
    "what it is called": {"notebook": "b.ipynb"},
    "the limits": {"limits": Limits(memory_mb=2048)},
    "the seed": {"seed": 1},
    "which training of the notebook": {"training": 1},
    "how inputs are made": {"plan": PLAN.model_copy(update={"recipe": with_leaf(RECIPE, ("inputs", "divide"), 1.0)})},
    **{name: {"data": data} for name, data in OTHER_DATA.items()},
}


def test_the_same_run_is_not_done_again(replay):
    assert replay() == 1
    assert replay() == 0


@pytest.mark.parametrize("name", CHANGES)
def test_another_run_is_done(replay, name):
    assert replay() == 1
    assert replay(**CHANGES[name]) == 1


def test_the_data_on_disk_are_those_that_are_digested():
    data = load_dataset("digits")
    again = load_dataset("digits")
    assert data.digest == again.digest and len({data.digest, *(each.digest for each in OTHER_DATA.values())}) == 5
