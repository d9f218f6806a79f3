"""What holds for every data set: read by the grader, served to notebooks, and trained on again."""

import importlib.util
import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from served import run_cells
from small_data import drawn, small_dataset, write_dataset

from grader.core.errors import MachineError
from grader.core.limits import Limits
from grader.datasets import absent, load_dataset, served_without_test
from grader.guest.datasets import data_sets, registered
from grader.training.again import train_again
from grader.training.decision import Rule
from grader.training.gaps import gaps

IN_FILES = [name for name, entry in data_sets().items() if entry.files]


def sets(door):
    return [name for name, entry in data_sets().items() if getattr(entry, door)]


def test_names_are_registered_once():
    one = data_sets()["mnist"]
    for other, said in (
        (replace(one), "mnist and mnist have the same name: mnist"),
        (replace(one, name="other", title="other", torchvision="", keras=""), "mnist and other have the same file: mn"),
        (replace(one, name="other", title="other", copies={}, samples_on_colab={}, keras=""), "class of torchvision"),
    ):
        with pytest.raises(ValueError, match=said):
            registered([one, other])


def test_one_data_set_is_meant_where_none_is_named():
    assert sum(entry.unspoken for entry in data_sets().values()) == 1


@pytest.mark.parametrize("name", IN_FILES)
def test_what_is_written_is_read(name, tmp_path, monkeypatch):
    train, test = drawn(name, 60, 1), drawn(name, 20, 2)
    folder = write_dataset(name, tmp_path, train, test)
    monkeypatch.setenv("GRADER_DATA", str(tmp_path))
    data = load_dataset(name)
    for split, (images, labels) in ((data.train, train), (data.test, test)):
        assert split.images.dtype == split.labels.dtype == np.uint8
        assert np.array_equal(split.images, images) and np.array_equal(split.labels, labels)
    assert data.channels == data_sets()[name].channels and absent(name) == ""
    (folder / data_sets()[name].files[0]).write_bytes(b"<html>")
    with pytest.raises(MachineError, match=str(folder)):
        load_dataset(name)
    (folder / data_sets()[name].files[0]).unlink()
    with pytest.raises(MachineError, match=f"holds no {data_sets()[name].folder}/"):
        load_dataset(name)


@pytest.mark.parametrize("name", IN_FILES)
def test_a_replay_never_sees_the_test_split(name, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADER_CACHE", str(tmp_path / "cache"))
    with small_dataset(name, tmp_path / "data") as data:
        ((given, folder),) = served_without_test(data).items()
        (images, labels), (other, classes) = data_sets()[given].read(folder)
    assert np.array_equal(images, data.train.images) and np.array_equal(labels, data.train.labels)
    assert other.shape == data.test.images.shape
    there = {image.tobytes(): label for image, label in zip(data.train.images, data.train.labels, strict=True)}
    assert [there[image.tobytes()] for image in other] == classes.tolist()


TORCH = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms as T

kind, channels, size = datasets.{torchvision}, {channels}, {size}
train = kind("/content/data", train=True, download=True, transform=T.Compose(
    [T.ToTensor(), T.Normalize((0.49, 0.48, 0.45)[:channels], (0.25, 0.24, 0.26)[:channels])]))
test = kind(root="../anywhere", train=False)
class Mine(kind): pass
assert len(Mine("x", True, None, None, True)) == len(train) and train.classes
assert same(train.data, "train", "images") and same(train.targets, "train", "labels")
assert same(test.data, "test", "images") and same(test.targets, "test", "labels")

torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(channels, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                      nn.Linear(4 * ((size - 2) // 2) ** 2, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(6):
    for x, y in DataLoader(train, batch_size=20, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
"""
KERAS = """
import keras
(x, y), (test_x, test_y) = keras.datasets.{keras}.load_data()
assert same(x, "train", "images") and same(y, "train", "labels") and x.dtype == "uint8"
assert same(test_x, "test", "images") and same(test_y, "test", "labels")
x = x.reshape(len(x), {size}, {size}, {channels}).astype("float32") / 255
network = keras.Sequential([keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.Flatten(),
                            keras.layers.Dense(10, activation="softmax")])
network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
network.fit(x, y, epochs=6, batch_size=20)
"""
FLAT = """
(x, y), _ = keras.datasets.{keras}.load_data()
x = (x.reshape(len(x), -1) - 127.5) / 127.5
flat = keras.Sequential([keras.layers.Dense(16, activation="relu"), keras.layers.Dense(10, activation="softmax")])
flat.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
flat.fit(x, y, epochs=6, batch_size=20)
"""
OPENML = """
from sklearn.datasets import fetch_openml
bunch = fetch_openml({openml!r}, version=1, as_frame=False)
assert same(bunch.data[:200], "train", "images") and same(bunch.target[200:].astype(int), "test", "labels")
assert (fetch_openml(data_id={number}, as_frame=False).data == bunch.data).all()
"""
TENSORFLOW = """
import tensorflow_datasets as tfds
(train, test), info = tfds.load({tensorflow!r}, split=["train", "test"], batch_size=-1, with_info=True)
assert same(train["image"], "train", "images") and same(test["label"], "test", "labels")
assert tuple(info.features["image"].shape) == ({size}, {size}, {channels}) and info.features["label"].num_classes == 10
assert info.features["label"].str2int(info.features["label"].names[3]) == 3
"""
DOORS = {"torchvision": TORCH, "keras": KERAS, "openml": OPENML, "tensorflow": TENSORFLOW}


@pytest.fixture(scope="module")
def ran(tmp_path_factory, sandbox, kernels):
    """What the notebook of each data set came to, run once."""
    return cache(lambda name: run_notebook_of(name, tmp_path_factory.mktemp(name), sandbox, kernels))


def run_notebook_of(name, root, sandbox, kernels):
    """One notebook with a cell for each way to get a data set, and one that trains on flattened images."""
    entry = data_sets()[name]
    names, number = entry.openml or ("", 0)
    facts = {
        "torchvision": entry.torchvision, "keras": entry.keras, "openml": names, "number": number,
        "tensorflow": entry.tensorflow, "channels": entry.channels, "size": entry.shape[-1],
    }  # fmt: skip
    doors = {door: cell for door, cell in DOORS.items() if getattr(entry, door)}
    if entry.keras:
        doors["flat"] = FLAT
    cells = [cell.format(**facts) for cell in doors.values()]
    artefact, models, dataset = run_cells(sandbox, kernels, cells, name, root)
    ended = dict(zip(doors, (cell.error for cell in artefact.cells[1:]), strict=True))
    trained = {list(doors)[model.cell - 2]: model for model in models}
    return ended, trained, dataset, root


@pytest.mark.parametrize(("name", "door"), [(name, door) for door in DOORS for name in sets(door)])
def test_notebooks_get_it(name, door, ran):
    if door in ("keras", "tensorflow"):
        needs_keras()
    assert ran(name)[0][door] == ""


def needs_keras():
    if importlib.util.find_spec("keras") is None:
        pytest.skip("the extra [keras] is not installed")


TRAINED = [(n, d) for d in ("torchvision", "keras", "flat") for n in sets("keras" if d == "flat" else d)]


@pytest.mark.parametrize(("name", "door"), TRAINED)
def test_a_network_is_trained_again_on_the_graders_copy(name, door, ran, tmp_path, monkeypatch):
    if door != "torchvision":
        needs_keras()
    ended, trained, dataset, root = ran(name)
    assert ended[door] == "" and gaps(trained[door]) == []
    model, colour = trained[door], dataset.channels > 1
    inputs = model.recipe.inputs
    size = data_sets()[name].shape[-1]
    scaling = {
        "torchvision": ((0.49, 0.48, 0.45), (0.25, 0.24, 0.26)) if colour else (0.49, 0.25),
        "keras": (0.0, 1.0),
        "flat": (0.5, 0.5),
    }[door]
    assert (inputs.divide, inputs.mean, inputs.std) == (255.0, *scaling)
    assert inputs.shape == ((dataset.channels * size**2,) if door == "flat" else (dataset.channels, size, size))
    assert inputs.channels_last == (door == "flat" and colour)
    monkeypatch.setenv("GRADER_DATA", str(root))
    monkeypatch.setenv("GRADER_CACHE", str(tmp_path))
    result = train_again(model, dataset, None, threshold=0.8, rule=Rule(planned=1), limits=Limits())
    assert (result.obstacle, result.verdict) == ("", "reached")


@pytest.mark.parametrize("name", IN_FILES)
def test_the_kernel_is_told_what_is_served_and_no_more(name, ran, sandbox, kernels):
    _, _, dataset, root = ran(name)
    other = next(entry for entry in data_sets().values() if entry.torchvision and entry.name != name)
    cell = f"from torchvision import datasets; datasets.{other.torchvision}('x', download=True)"
    artefact, _, _ = run_cells(sandbox, kernels, [cell], name, root)
    assert artefact.cells[1].error.startswith("DataSetMissing")
    assert dataset.name == name and json.loads(artefact.findings)["served"] == []
