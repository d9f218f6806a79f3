"""What is said of a cell that fails: what happened, in which cell, whose doing it is, and what to do."""

import textwrap
from functools import partial

import nbformat
import pytest

from grader.core.evidence import CellRun
from grader.core.limits import Limits
from grader.execution import run_notebook
from grader.observation.evidence import observe_notebook
from grader.observation.explain import explain, notes
from grader.pipeline import grade_submission
from grader.rubric import load_rubric
from grader.tools import tools_for

PRELUDE = (
    "import torch, torch.nn as nn, torch.nn.functional as F, numpy as np\nmodel, x = nn.Linear(4, 2), torch.rand(3, 4)"
)

# name: (a cell that fails, whose doing that is, what is said of it)
FAILS = {
    "Python 2": ("print 'x'", "student", "It is written in Python 2. Write print(...)"),
    "a wrong line": ("a = 1\nb = = 2", "student", "Line 2 is no Python"),
    "an indented line": ("a = 1\n  b = 2", "student", "Line 2 is not indented"),
    "tabs and spaces": ("if x is x:\n    a = 1\n\tb = 2", "student", "Line 3 is not indented"),
    "input": ("input('rate? ')", "student", "It asks for input"),
    "a file": ("open('/content/drive/MyDrive/hw/train.csv')", "student", "The file “train.csv” is not among the files"),
    "a file of numpy": ("np.load('faces.npz')", "student", "“faces.npz” is not among"),
    "a table of digits": ("open('../input/digit-recognizer/train.csv')", "student", "read MNIST through torchvision"),
    "other data of a similar name": ("open('data/notMNIST.npz')", "student", "“notMNIST.npz” is not among"),
    "a picture of a digit": ("open('mnist_digit_7.png')", "student", "“mnist_digit_7.png” is not among"),
    "a file written outside": ("open('/srv/results/a.txt', 'w')", "grader", "It writes “a.txt” to a place"),
    "weights written outside": ("torch.save({}, '/srv/results/a.pt')", "grader", "in a place that it can't have"),
    "an attribute that is gone": ("x.nonsense", "package", "it was run with has no “nonsense”"),
    "an argument that is gone": ("np.mean([1], nonsense=1)", "package", "The version of numpy that it was run with"),
    "an argument once taken by place": (
        "import pandas; pandas.DataFrame({'a': [1]}).drop('a', 1)", "package", "The version of pandas that"
    ),
    "an argument that a library hands on": (
        "import matplotlib.pyplot as plt; plt.plot([1], nonsense=1)", "package", "The version of matplotlib that"
    ),
    "a float for a whole number": ("np.linspace(0, 1, 10.0)", "package", "The version of numpy that it was run with"),
    "an attribute of its own": ("class Mine: pass\nMine().nonsense", "student", "has no attribute 'nonsense'"),
    "an attribute of a list": ("[].nonsense", "student", "has no attribute 'nonsense'"),
    "an argument of its own": ("def own(a): return a\nown(b=1)", "student", "own() got an unexpected keyword argument"),
    "a call of its own": ("own(1, 2)", "student", "own() takes 1 positional argument but 2 were given"),
    "a float of its own": ("range(2.0)", "student", "'float' object cannot be interpreted as an integer"),
    "a file of images": ("from PIL import Image; Image.open('a/b.png')", "student", "“b.png” is not among"),
    "data of idx": ("open('/content/train-images-idx3-ubyte', 'rb')", "student", "“train-images-idx3-ubyte” is not"),
    "an own module": ("paths = 'helpers.py'\nfrom helpers import f", "student", "Hand in helpers.py beside"),
    "an own module that words speak of": ("import drawing_tools", "student", "“drawing_tools.py” is not among those"),
    "an own module that lies elsewhere": ("import hidden_away", "student", "src/hidden_away.py was handed in"),
    "an own package that lies elsewhere": ("import nets_of_mine", "student", "src/nets_of_mine/a.py was handed in"),
    "a name in an own module": ("from beside import nothing", "student", "The module beside of the notebook's own"),
    "a package": ("import skorch", "package", "The package skorch is not installed"),
    "a package that nobody knows": ("import zebra_tools.stripes", "package", "The package zebra_tools is not"),
    "a package that it installs": ("!pip install lucid-learn\nimport lucid", "package", "The package lucid is not"),
    "a package that a comment speaks of": ("import otter_kit  # otter_kit.py", "package", "The package otter_kit is"),
    "a part of a package": ("import torch.nothing_such", "package", "has no part torch.nothing_such"),
    "a part that is gone": ("from scipy.misc import imread", "package", "it was run with has no “imread”"),
    "a name that is gone": ("np.nonsense", "package", "The version of numpy that it was run with has no “nonsense”"),
    "a layer's input": ("model(torch.rand(3, 5))", "student", "takes 4 values for each sample and was given 5"),
    "channels": ("nn.Conv2d(1, 4, 3)(torch.rand(2, 3, 8, 8))", "student", "takes 1 channels and was given 3"),
    "sizes": ("torch.rand(3) + torch.rand(4)", "student", "Two tensors of sizes 3 and 4 in dimension 0"),
    "a view": ("x.view(5, 5)", "student", "12 values can't take the shape [5, 5]"),
    "a batch": ("F.cross_entropy(model(x), torch.tensor([1]))", "student", "given 3 outputs and 1 labels"),
    "saved weights": ("model.load_state_dict(nn.Linear(5, 2).state_dict())", "student", "have the shape [2, 5]"),
    "arrays": ("np.zeros((2, 3)) @ np.zeros((2, 3))", "student", "Shapes don't fit"),
    "backward twice": ("loss = model(x).sum(); loss.backward(); loss.backward()", "student", "a second time through"),
    "backward of nothing": ("torch.rand(1).backward()", "student", "a value that no weight leads to"),
    "in place": ("nn.Parameter(x).add_(1)", "student", "changed in place"),
    "a label": ("F.cross_entropy(model(x), torch.tensor([0, 1, 7]))", "student", "A label is 7, and the"),
    "a table as a tensor": (
        "import pandas; torch.Tensor(pandas.DataFrame({'a': [1, 2, 3], 'b': [4, 5, 6]}))", "student", "table.to_numpy()"
    ),
    "a sweep": ("import wandb; wandb.agent(wandb.sweep({}), print)", "grader", "It lets a server choose how to train"),
    "a setting of a sweep": ("import wandb; wandb.init(); wandb.config.rate", "grader", "It lets a server choose how"),
    "types": ("model(x.double())", "student", "Tensors of different types meet"),
    "gradients in numpy": ("model(x).numpy()", "student", "Write x.detach().numpy()"),
    "a key": ("{}['accuracy']", "student", "There is no entry 'accuracy'"),
    "a gap": ("y = 1  # YOUR CODE HERE\nraise NotImplementedError", "student", "Error. It stops at a part"),
    "an assertion": ("assert 1 > 2", "student", "An assertion does not hold"),
    "an interruption": ("raise KeyboardInterrupt", "student", "It interrupts itself"),
    "arguments": (
        "import argparse; p = argparse.ArgumentParser(); p.add_argument('data'); p.parse_args()", "student",
        "Give each argument a default value",
    ),
    "an ending": ("import sys; sys.exit(0)", "student", "It ends itself, without an error"),
    "memory that another machine may have": ("torch.ones(2**31)", "grader", "more memory than a notebook may have"),
    "an array of that size": ("np.ones(2**31)", "grader", "a limit of the grader's). It needs more memory"),
    "a library that no memory is left for": (
        "import resource\nmost = resource.getrlimit(resource.RLIMIT_DATA)\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (1, most[1]))\n"
        "try:\n    import scipy.io\nfinally:\n    resource.setrlimit(resource.RLIMIT_DATA, most)",
        "grader", "It needs more memory than a notebook may have",
    ),
    "memory that no machine has": ("torch.zeros(10**12)", "student", "more memory than any machine has"),
    "an array that no machine holds": ("np.ones(10**13)", "student", "more memory than any machine has"),
    "a large file": ("open('large', 'wb').write(bytes(65 << 20))", "grader", "It writes more than a notebook may"),
    "files left open": ("kept = [open('/dev/null') for _ in range(10**6)]", "grader", "It has more files open"),
    "threads": (
        "import threading, time\nmany = [threading.Thread(target=time.sleep, args=[3]) for _ in range(9999)]\n"
        "try:\n    for one in many: one.start()\nfinally:\n    for one in many: one.ident and one.join()",
        "grader", "more processes and threads, than a notebook may have",
    ),
    "a GPU": ("assert torch.cuda.is_available()", "grader", "It insists on a GPU, and is run without one"),
    "a GPU, in words": ("raise SystemError('GPU device not found')", "grader", "It insists on a GPU"),
    "a data set of torchvision": (
        "from torchvision.datasets import FashionMNIST; FashionMNIST('.', download=True)", "grader",
        "The data set FashionMNIST is not among those",
    ),
    "another": (
        "from torchvision.datasets import CIFAR10; CIFAR10('.', download=True)", "grader",
        "The data set CIFAR10 is not among those",
    ),
    "a data set of OpenML": (
        "from sklearn.datasets import fetch_openml; fetch_openml('Fashion-MNIST')", "grader",
        "The data set Fashion-MNIST is not among those",
    ),
    "a download": (
        "import urllib.request; urllib.request.urlretrieve('https://example.com/a.csv')", "grader",
        "It asks for something on the internet",
    ),
    "weights from afar": (
        "import torchvision; torchvision.models.resnet18(pretrained=True)", "grader", "something on the internet",
    ),
    "a host by name": (
        "import socket; socket.create_connection(('example.com', 80))", "grader", "something on the internet",
    ),
    "a command": ("%%bash\nwget -q https://example.com/a.csv", "grader", "A command of the shell failed"),
    "a name that nothing makes": ("never_made + 1", "student", "o cell makes “never_made”"),
    "a name that a later cell makes": ("made_later + 1", "student", "“made_later” is made only further down, in cell"),
    "the cell that makes it": ("made_later = 1 / 0", "student", "ZeroDivisionError"),
    "a name from a cell that failed": ("made_later + 2", "student", "which failed before. Mend cell"),
    "something of the student's own": ("raise RuntimeError('my own')", "student", "my own. Run the notebook"),
}  # fmt: skip


@pytest.fixture(scope="module")
def observe(sandbox, kernels):
    """How a notebook of these cells ran."""
    return partial(observed, sandbox, kernels)


def observed(sandbox, kernels, cells, folder, words="", **limits):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(textwrap.dedent(cell)) for cell in cells])
    if words:
        notebook.cells.append(nbformat.v4.new_markdown_cell(words))
    artefact = run_notebook(notebook, folder, sandbox, Limits(**limits), data=None, warm=kernels)
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return observe_notebook(
        notebook, "a.ipynb", cells=artefact.cells, findings=artefact.findings, failure=artefact.failure, files=files
    ).run


@pytest.fixture(scope="module")
def failed(tmp_path_factory, observe):
    folder = tmp_path_factory.mktemp("submission")
    for name in ("beside.py", "src/hidden_away.py", "src/nets_of_mine/a.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("a = 1\n")
    words = "My figures are drawn by drawing_tools.py."
    run = observe([PRELUDE, *(cell for cell, _, _ in FAILS.values())], folder, words)
    assert run.failure == "" and run.cells[0].status == "ok"
    return dict(zip(FAILS, run.cells[1:], strict=True))


@pytest.mark.parametrize("name", FAILS)
def test_what_is_said_of_a_cell(name, failed):
    _, fault, said = FAILS[name]
    cell = failed[name]
    assert (cell.status, cell.fault) == ("error", fault), cell.explanation
    assert said in cell.explanation


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("rate = best = 0.1", "made only further down"),
        ("a = 1; best = 2", "made only further down"),
        ("(worst, best) = 1, 2", "made only further down"),
        ("if a: best = 1", "made only further down"),
        ("while (best := 1) < 0: pass", "made only further down"),
        ("best: int = 1", "made only further down"),
        ("%%capture best\nprint(1)", "made only further down"),
        ("f(best=1)", "no cell makes “best”"),
        ("best.rate = 1", "no cell makes “best”"),
        ("a = best", "no cell makes “best”"),
        ("from helpers import *", "“best” is not there"),
    ],
)
def test_a_name_is_said_to_be_made_nowhere_only_where_no_line_can_make_it(made, said):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("best"), nbformat.v4.new_code_cell(made)])
    error = CellRun(index=1, status="error", error="NameError: name 'best' is not defined")
    (cell,) = explain(notebook, [error])
    assert said.lower() in cell.explanation.lower()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            'NotImplementedError: Module [Net] is missing the required "forward" function',
            "The network Net has no forward",
        ),
        ("NotImplementedError: Could not run 'aten::add'", "Run the notebook again"),
        ("UnpicklingError: Weights only load failed. This file can still be loaded", "weights_only=False"),
    ],
)
def test_a_library_s_error_is_not_told_as_another(error, said):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("net(x)")])
    (cell,) = explain(notebook, [CellRun(index=1, status="error", error=error)])
    assert said in cell.explanation


def test_a_package_that_is_missing():
    """As where the extra is not installed."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("import cv2"), nbformat.v4.new_code_cell("cv2")]
    )
    cells = [
        CellRun(index=1, status="error", error="ModuleNotFoundError: No module named 'cv2'"),
        CellRun(index=2, status="error", error="NameError: name 'cv2' is not defined"),
    ]
    missing, follows = explain(notebook, cells)
    assert missing.fault == follows.fault == "package"
    assert "The package cv2 is not installed where it was run" in missing.explanation
    assert "“cv2” is made in cell 1, which failed before" in follows.explanation


# name: (cells, limits, what the notes say of them)
ENDS = {
    "an endless loop": (["while True: pass"], {"cell_seconds": 1}, "cell 1: took longer than the 1 s"),
    "one that won't be interrupted": (
        ["import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", "a = 1"],
        {"cell_seconds": 1}, "cell 1: took longer than the 1 s",
    ),
    "too long in all": (["import time; time.sleep(9)"], {"notebook_seconds": 1}, "the 1 s that a notebook may take"),
    "an exit": (["import os; os._exit(1)"], {}, "a.ipynb, cell 1: SystemExit: 1. It ends itself"),
    "a fall": (["import ctypes; ctypes.string_at(0)", "a = 1"], {}, "a.ipynb, cell 1: the kernel died"),
    "too much memory": (["x = bytearray(3 << 30)"], {"memory_mb": 1024}, "It needs more memory than a notebook"),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_what_is_said_of_an_end(name, tmp_path, observe):
    cells, limits, said = ENDS[name]
    told = list(notes(observe(cells, tmp_path, **limits)))
    assert said in told[0]
    assert told[1:] == ["a.ipynb: 1 cells after that were not run"] * (len(cells) - 1)


def test_nothing_is_said_of_cells_that_ran(tmp_path, observe):
    assert list(notes(observe(["a = 1", "%time b = a"], tmp_path))) == []


def test_a_notebook_without_code_says_so(tmp_path, sandbox, kernels):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Problem 3B")])
    artefact = run_notebook(notebook, tmp_path, sandbox, Limits(), data=None, warm=kernels)
    run = observe_notebook(notebook, "a.ipynb", cells=artefact.cells, findings=artefact.findings).run
    assert list(notes(run)) == ["a.ipynb: has no code cells, so there was nothing to run"]


def test_many_failures_are_told_in_few_notes():
    """Also where the sources are made to be slow to read."""
    hostile = "a,   " * 20_000 + "\n" + "pip install " * 20_000 + "\nassert " + "cuda " * 20_000
    sources = [hostile] * 5 + ["x"] * 9995
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    cells = [CellRun(index=i + 1, status="error", error="NameError: name 'x' is not defined") for i in range(10_000)]
    run = observe_notebook(notebook, "a.ipynb", cells=cells).run
    told = list(notes(run))
    assert len(told) < 30 and "9,980 more cells failed" in "".join(told)


# name: (cells of which the first fails, what is said of those that follow from it)
FOLLOW = {
    "one": (["a = 1 / 0", "a"], "a.ipynb, cell 2: failed because cell 1 did"),
    "a chain": (["a = 1 / 0", "b = a", "c = b + a", "d = 1"], "a.ipynb, cells 2 and 3: failed because cell 1 did"),
    "many": (["a = 1 / 0", *["a"] * 30], f"a.ipynb, cells {', '.join(map(str, range(2, 14)))} and 18 more: failed"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLLOW)
def test_what_follows_from_a_failure_is_told_in_one_note(name, tmp_path, observe):
    cells, said = FOLLOW[name]
    cause, follows = notes(observe(cells, tmp_path))
    assert "ZeroDivisionError" in cause and follows.startswith(said)


# name: (a cell before the network could be trained, how the check of its hidden units ends)
GRADED = {
    "the student's own error": ("1 / 0", "failed"),
    "a package that is missing": ("!pip install lucid\nimport lucid", "manual"),
    "a package that nobody spoke of": ("import zebra_tools", "manual"),
    "a library that has changed": ("import numpy as np; np.nonsense", "manual"),
    "a data set that is not here": ("import torchvision.datasets as d; d.FashionMNIST('.', download=True)", "manual"),
}


@pytest.mark.kernel
@pytest.mark.parametrize("name", GRADED)
def test_what_is_not_the_students_doing_goes_to_a_person(name, tmp_path):
    cell, status = GRADED[name]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# 2A"), nbformat.v4.new_code_cell(cell), nbformat.v4.new_code_cell("1")]
    )
    nbformat.write(notebook, tmp_path / "2A.ipynb")
    rubric = load_rubric("demo")
    grade = grade_submission(tmp_path, rubric, tools_for(rubric))
    checks = {check.name: check for problem in grade.problems for check in problem.checks}
    assert checks["hidden units"].status == status, checks["hidden units"].message
    assert any(note.startswith("2A.ipynb, cell 2: ") for note in grade.notes), grade.notes
