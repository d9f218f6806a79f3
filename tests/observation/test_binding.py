"""A report on a network is held against its notebook's code: every honest way agrees with it, and no forgery does."""

import json
import re
import textwrap
from pathlib import Path

import nbformat
import pytest
import torch  # noqa: F401  # its first import starts a process
from ruamel.yaml import YAML

from grader.observation.evidence import observe_notebook
from grader.observation.live_code import CodePiece

CASES = YAML(typ="safe").load(Path(__file__).with_name("bindings.yaml"))
HEAD = """
import torch
from torch import nn
import torch.nn.functional as F
loader = torch.utils.data.DataLoader(data, batch_size=32, shuffle=True)
"""
LOOP = """
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
for epoch in range(20):
    for x, y in loader:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
"""
NETWORK = "model = nn.Sequential(nn.Linear(64, 40), nn.ReLU(), nn.Linear(40, 10))\n"
USUAL = {"HEAD": HEAD, "NETWORK": NETWORK, "LOOP": LOOP}


def linear(given, made):
    return {"type": "Linear", "settings": {"in_features": given, "out_features": made, "bias": True}}


def conv(given, made, size):
    sizes = {"in_channels": given, "out_channels": made, "kernel_size": [size, size], "stride": [1, 1]}
    return {"type": "Conv2d", "settings": {**sizes, "padding": [0, 0], "dilation": [1, 1], "groups": 1}}


def plain(kind, **settings):
    return {"type": kind, "settings": settings}


MLP = [linear(64, 40), plain("ReLU"), linear(40, 10)]
POOL = plain("MaxPool2d", kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
LAYERS = {
    "mlp": MLP,
    "wide": [linear(64, 400), plain("ReLU"), linear(400, 10)],
    "with_dropout": [*MLP[:2], plain("Dropout", p=0.5), MLP[2]],
    "with_softmax": [*MLP, plain("Softmax")],
    "lenet": [conv(1, 6, 5), plain("ReLU"), POOL, plain("Flatten"), linear(600, 10)],
    "deep": [conv(3, 64, 3), plain("ReLU")] * 20,
}


def unbound(code, layers="mlp", lr=0.003, loaders=1):
    """What is said of the network of a notebook with this code whose kernel reports it."""
    code = re.sub(r"^([ \t]*)# (HEAD|NETWORK|LOOP)$", lambda m: textwrap.indent(USUAL[m[2]], m[1]), code, flags=re.M)
    cells, *files = re.split(r"^# file: (\S+)\n", code, flags=re.M)
    cells = [cell.strip("\n") for cell in re.split(r"^# %%\n", cells, flags=re.M)]
    loader = {"batch_size": 32, "drop_last": False, "shuffle": True, "sampler": "RandomSampler", "samples": 1437}
    training = {
        "number": 0, "model": 1, "variable": "model", "cell": len(cells), "spec": {"layers": LAYERS[layers]},
        "optimizer": {"type": "Adam", "settings": {"lr": lr}}, "losses": [{"type": "CrossEntropyLoss"}],
        "steps": 900, "samples": 28740, "largest_batch": 32, "different_batches": 900, "loops": 20,
        "steps_in_loops": 900, "batches_in_loops": 900, "input_shape": [64],
        "loaders": [{**loader, "dataset": {"type": "TensorDataset", "size": 1437}}] * loaders,
    }  # fmt: skip
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    beside = [CodePiece(file=file, source=source) for file, source in zip(files[::2], files[1::2], strict=True)]
    findings = json.dumps({"trainings": [training]})
    (model,) = observe_notebook(notebook, "a.ipynb", findings=findings, beside=beside).models
    return model.unbound


@pytest.mark.parametrize("name", CASES["honest"])
def test_what_an_honest_notebook_does_stands_in_its_code(name):
    assert unbound(**CASES["honest"][name]) == ()


@pytest.mark.parametrize("name", CASES["forged"])
def test_what_the_code_does_not_hold_is_named(name):
    case = dict(CASES["forged"][name])
    missing = case.pop("missing")
    found = unbound(**case)
    assert any(missing in why for why in found), found


HOSTILE = {
    "signs without end": ("x = " + "-" * 20_000 + "1", "nested too deeply"),
    "a chain without end": ("x" + ".a" * 60_000, "nested too deeply"),
    "more than is read": ("x = [" + "1," * 250_000 + "]", "more than 400,000 characters"),
    "conditions without end": ("if x: pass\n" + "elif x: pass\n" * 5_000, "nested too deeply"),
    "functions and calls without end": ("def f(a): step\n" * 5_000 + "f(1)\n" * 20_000, "the code"),
    "functions that call the next": ("".join(f"def f{i}(): f{i + 1}()\n" for i in range(8_000)) + "f0()", "no code"),
    "names that are each other": (
        "".join(f"n{i} = n{i + 1}\n" for i in range(8_000)) + "n0(64, n1).step()",
        "too many expressions",
    ),
    "sites without end": ("nn.Linear(1, 1)\n" * 20_000 + "x.step()", "out_features"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_code_that_is_made_to_be_long_is_left_to_a_person(name):
    code, missing = HOSTILE[name]
    found = unbound(code)
    assert any(missing in why for why in found), found
