"""Notebooks run in full: the host scores what they trained, and what was not trained there counts for nothing."""

import nbformat
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from small_data import small_mnist

from grader.core.limits import Limits
from grader.datasets import load_dataset, served, served_without_test
from grader.execution import run_notebook
from grader.observation.evidence import observe_notebook
from grader.observation.findings import read_variables
from grader.rubric import load_rubric
from grader.rubric_trials import test_rubric as run_trials
from grader.tools import Options, tools_for
from grader.training.again import train_again
from grader.training.decision import Rule
from grader.training.replay import replay
from grader.training.replays import Replays

pytestmark = pytest.mark.mnist
LIMITS = Limits(replay_seconds=60)

PRELUDE = """
import copy, random, numpy as np, torch, torch.nn.functional as F
from torch import nn
from torchvision import datasets, transforms
random.seed(1); np.random.seed(2); torch.manual_seed(3)
train = datasets.MNIST("data", train=True, download=True, transform=transforms.ToTensor())
test = datasets.MNIST("data", train=False, transform=transforms.ToTensor())
loader = torch.utils.data.DataLoader(train, batch_size=50, shuffle=True)

def make():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 30), nn.ReLU(), nn.Linear(30, 10))

def fit(model, loader=loader, epochs=5, clip=5.0):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    for _ in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(images), labels).backward()
            for p in model.parameters(): p.grad.mul_(min(clip, 0.999))
            optimizer.step()
"""


@pytest.fixture(scope="module", autouse=True)
def _world(tmp_path_factory, sandbox, kernels):
    global SANDBOX, KERNELS
    SANDBOX, KERNELS = sandbox, kernels
    with small_mnist(tmp_path_factory.mktemp("data")):
        yield


def run(*args, **kwargs):
    return run_notebook(*args, warm=KERNELS, **kwargs)


def in_full(*args, **kwargs):
    return run(*args, sandbox=SANDBOX, **kwargs)


def notebook_of(*cells):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in (PRELUDE, *cells)])


def replayed(folder, *cells, seeds=3):
    """What replaying the last network of a notebook gives."""
    notebook, dataset = notebook_of(*cells), load_dataset("mnist")
    artefact = run(notebook, folder, SANDBOX, LIMITS, data=served("mnist"))
    observed = observe_notebook(notebook, "a.ipynb", cells=artefact.cells, findings=artefact.findings, dataset=dataset)
    replays = Replays(folder, {"a.ipynb": notebook}, LIMITS, in_full, fresh=True)
    model, rule = observed.models[-1], Rule(kind="majority", planned=seeds)
    return train_again(model, dataset, replays, threshold=0.6, rule=rule, limits=LIMITS)


def test_gradients_changed_by_hand_are_replayed_and_pass_with_the_nearest_recipes_support(tmp_path):
    result = replayed(tmp_path, "model = make(); fit(model)")
    assert (result.method, result.verdict, result.obstacle, result.unsupported) == ("replay", "reached", "", "")
    assert "gradients are changed by hand" in result.notes[0] and "reaches it" in result.notes[1]
    assert all(lane.accuracy >= 0.6 for lane in result.nearest)
    accuracies = [lane.accuracy for lane in result.lanes]
    assert min(accuracies) > 0.6 and len(set(accuracies)) == len(accuracies)


def test_a_seed_of_the_notebooks_own_is_another_under_another_seed(tmp_path):
    notebook = notebook_of("model = make(); fit(model, epochs=1); drawn = [np.random.rand(), random.random()]")
    data = served_without_test(load_dataset("mnist"))
    weights = []
    for seed in (0, 1, 1):
        artefact = run(notebook, tmp_path, SANDBOX, LIMITS, data=data, seed=seed, variables=(("drawn",),))
        state = load_file(artefact.weights.file("0-last"))
        weights.append(torch.cat([state[key].ravel() for key in sorted(state)]))
    zero, one, again = weights
    assert not torch.equal(zero, one) and torch.equal(one, again)


def test_weights_that_a_later_cell_changes_behind_autograds_back_are_handed_over(tmp_path):
    data = served_without_test(load_dataset("mnist"))
    notebook = notebook_of("model = make(); fit(model, epochs=1)", "for p in model.parameters(): p.data.zero_()")
    artefact = run(notebook, tmp_path, SANDBOX, LIMITS, data=data, seed=0)
    assert not any(tensor.any() for tensor in load_file(artefact.weights.file("0-last")).values())


def test_the_test_split_is_not_there(tmp_path):
    """A notebook that trains on the test split trains on a part of the training split."""
    dataset, data = load_dataset("mnist"), served_without_test(load_dataset("mnist"))
    notebook = notebook_of("sums = test.data.flatten(1).sum(1)[:100].tolist(); model = make(); fit(model, epochs=1)")
    artefact = run(notebook, tmp_path, SANDBOX, LIMITS, data=data, seed=0, variables=(("sums",),))
    seen = set(read_variables(artefact.variables)["sums"])
    hidden = np.asarray(dataset.test.images).reshape(len(dataset.test.labels), -1).sum(1).tolist()
    there = np.asarray(dataset.train.images).reshape(len(dataset.train.labels), -1).sum(1).tolist()
    assert seen <= set(there) and not seen <= set(hidden)


# name: (cells behind the first, a part of why a person decides). Each hands over weights that it did not train.
CHEATS = {
    "weights from a file that was handed in": (
        ("model = make(); model.load_state_dict(torch.load('trained.pt')); fit(model, epochs=1)",),
        "its weights were trained elsewhere",
    ),
    "weights from a file at the end": (
        ("model = make(); fit(model, epochs=1); model.load_state_dict(torch.load('trained.pt'))",),
        "the very same weights",
    ),
    "an optimiser that loads weights": (
        (
            "class Adam(torch.optim.Adam):\n"
            "    def step(self, closure=None):\n"
            "        super().step()\n"
            "        for p, q in zip(model.parameters(), torch.load('trained.pt').values()): p.data.copy_(q)\n"
            "model = make()\n"
            "optimizer = Adam(model.parameters())\n"
            "for images, labels in loader:\n"
            "    optimizer.zero_grad(); F.cross_entropy(model(images), labels).backward(); optimizer.step()",
        ),
        "the very same weights",
    ),
    "another network in the full run": (
        ("model = make()\nif len([model(x) for x, _ in loader]) > 9: model = nn.Sequential("
         "nn.Flatten(), nn.Linear(784, 500), nn.ReLU(), nn.Linear(500, 10))\nfit(model)",),
        "it trained another network when it ran in full",
    ),
    "no training in the full run": (
        ("model = make()\nif len([model(x) for x, _ in loader]) < 10: fit(model)",), "no weights came back",
    ),
    "weights from a file, disturbed a little under each seed": (
        ("model = make(); fit(model, epochs=1)\n"
         "for p, q in zip(model.parameters(), torch.load('trained.pt').values()):\n"
         "    p.data.copy_(q + 1e-3 * torch.randn_like(q))",),
        "",
    ),
    "one training that is counted under each seed": (
        ("fixed = torch.default_generator.manual_seed\nfixed(7); model = make()\n"
         "fit(model, loader=torch.utils.data.DataLoader(train, batch_size=50))\n"
         "for p in model.parameters(): p.data.add_(1e-6 * random.random())",),
        "ended nearly the same",
    ),
    "more epochs where no one looks": (
        ("few = torch.utils.data.DataLoader(torch.utils.data.Subset(train, range(300)), batch_size=50, shuffle=True)\n"
         "model = make(); fit(model, loader=few, epochs=20 if len([model(x) for x, _ in loader]) > 9 else 1)",),
        "does not reach it",
    ),
    "weights that are no numbers": (
        ("model = make(); fit(model, clip=1e9)\nmodel[1].weight.data.fill_(float('nan'))",), "",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with weights that somebody trained on the very images that the host scores on."""
    folder = tmp_path_factory.mktemp("submission")
    dataset = load_dataset("mnist")
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 30), torch.nn.ReLU(), torch.nn.Linear(30, 10))
    images = torch.tensor(np.asarray(dataset.test.images)).float() / 255
    labels = torch.tensor(np.asarray(dataset.test.labels)).long()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(100):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    torch.save(model.state_dict(), folder / "trained.pt")
    return folder


@pytest.mark.parametrize("name", CHEATS)
def test_weights_that_were_not_trained_there_earn_nothing(name, trained):
    cells, why = CHEATS[name]
    result = replayed(trained, *cells)
    assert result.verdict != "reached" or result.obstacle or result.unsupported
    assert why in result.obstacle + result.unsupported


def test_a_rubric_may_leave_replays_to_a_person(tmp_path):
    notebook, dataset = notebook_of("model = make(); fit(model)"), load_dataset("mnist")
    artefact = run(notebook, tmp_path, SANDBOX, LIMITS, data=served("mnist"))
    observed = observe_notebook(notebook, "a.ipynb", cells=artefact.cells, findings=artefact.findings, dataset=dataset)
    rule = Rule(kind="majority", planned=3)
    result = train_again(observed.models[-1], dataset, None, threshold=0.6, rule=rule, limits=LIMITS)
    assert result.lanes == () and "gradients are changed by hand" in result.obstacle


def test_a_run_that_takes_too_long_is_a_persons(tmp_path):
    notebook, dataset = (
        notebook_of(
            "import time\nmodel = make(); fit(model)\nif len([model(x) for x, _ in loader]) > 5: time.sleep(60)"
        ),
        load_dataset("mnist"),
    )
    artefact = run(notebook, tmp_path, SANDBOX, LIMITS, data=served("mnist"))
    observed = observe_notebook(notebook, "a.ipynb", cells=artefact.cells, findings=artefact.findings, dataset=dataset)
    limits = Limits(replay_seconds=15)
    replays = Replays(tmp_path, {"a.ipynb": notebook}, limits, in_full, fresh=True)
    result = replay(observed.models[-1], dataset, replays, threshold=0.6, rule=Rule(kind="majority", planned=1))
    assert result.lanes == () and "took longer than the 15 s" in result.obstacle


REPLAYED = """
id: replayed
title: A notebook that no recipe holds
dataset: mnist
reference: {reference}
problems:
  - id: 2A
    title: A network
    points: 4
    checks:
      - {{type: accuracy, points: 4, at_least: 0.6, seeds: 3}}
mutants:
  - name: gradients made nothing
    edits: [{{file: 2A.ipynb, replace: "fit(model)", by: "fit(model, clip=0.0)"}}]
    loses: {{2A/accuracy: 4}}
"""


def test_a_rubric_with_a_replayed_reference_is_tested_like_others(tmp_path):
    reference = tmp_path / "reference"
    reference.mkdir()
    nbformat.write(notebook_of("model = make(); fit(model)"), reference / "2A.ipynb")
    (tmp_path / "replayed.yaml").write_text(REPLAYED.format(reference=reference))
    rubric = load_rubric(str(tmp_path / "replayed.yaml"))
    found = {trial.name: trial.faults for trial in run_trials(rubric, tools_for(rubric), Options())}
    assert found == {"reference": (), "gradients made nothing": ()}
