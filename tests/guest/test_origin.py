"""Whose an error is: one raised inside of any stand-in is never the notebook's, one of the notebook's own always is.

A tour uses the stand-ins; which of the guest's functions it enters is recorded, and in each of these an error is raised
as it is entered, one at a time. So nothing here names them.
"""

import json
import textwrap

import nbformat
import pytest
from small_data import small_mnist

from grader.core.limits import Limits
from grader.datasets import served
from grader.execution import run_notebook
from grader.guest.protocol import Origin
from grader.observation.evidence import observe_notebook

SETUP = """
import numpy as np, torch, torchvision, random, io, os
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset
from torchvision import datasets, transforms
x, y = torch.rand(40, 8), torch.randint(3, (40,))
shop = datasets.MNIST(".", download=True, transform=transforms.ToTensor())
"""
# Each piece is run by itself, as a cell: first as it is, then with an error in each function of ours that it enters.
TOUR = {
    "torch": """
net = nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3)).to("cuda:0")
opt = torch.optim.SGD(net.parameters(), lr=0.1)
plan = torch.optim.lr_scheduler.StepLR(opt, 1, verbose=True)
for epoch in range(2):
    for a, b in DataLoader(TensorDataset(x, y), batch_size=8, shuffle=True):
        opt.zero_grad(); loss = nn.functional.cross_entropy(net(a.cuda()), b); loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step(); loss.data[0]
    plan.step()
net.load_state_dict(net.state_dict()); net.eval()(x)
""",
    "loaders": """
batches = iter(DataLoader(Subset(shop, range(30)), batch_size=10)); batches.next()
for a, b in DataLoader([(x[i], int(y[i])) for i in range(20)], batch_size=5): pass
""",
    "files": """
open("made.txt", "w").write("x"); open("made.txt").read(); np.savetxt("a.txt", [1.0]); np.loadtxt("a.txt")
torch.save({"a": x}, "w.pt"); torch.load("w.pt"); os.path.exists("w.pt"); os.listdir(".")
torch.nn.init.xavier_uniform(torch.empty(3, 3)); torch.Generator("cuda"); torch.cuda.get_device_name(0)
""",
    "magics": "%timeit -n3 -r2 sum(range(10))\nspent = %timeit -o -n1 -r1 sum(range(10))\n%time a = 1",
    "keras": """
import keras
from keras import layers
z = np.eye(3)[y.numpy()]
model = keras.Sequential([layers.Input((8,)), layers.Dense(np.int64(5), "relu"), layers.Dense(3, "softmax")])
model.compile(keras.optimizers.SGD(lr=0.1, decay=1e-6), "categorical_crossentropy", ["acc"])
model.fit(x.numpy(), z, nb_epoch=2, validation_split=0.2, verbose=0)
model.evaluate(x.numpy(), z, verbose=0); model.predict([x.numpy()], verbose=0); model.predict_classes(x.numpy())
model.train_on_batch(x.numpy(), z); model.save("m.h5"); keras.models.load_model("m.h5")
""",
}
INJECTION = '''
import gc, sys, types
def fail(*args, **kwargs):
    raise ZeroDivisionError("injected")

def entered(cell):
    """The code of the guest's functions that a cell enters."""
    found = {}
    def note(frame, event, argument):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(GUEST) and code.co_filename.rpartition("/")[2] not in OUT:
            found[code] = None
    sys.setprofile(note)
    try:
        result = shell.run_cell(cell)
    finally:
        sys.setprofile(None)
    assert result.success, result.error_in_exec or result.error_before_exec
    return list(found)

def injected(cell, code):
    """Whose the error is that ends a cell when this code raises one as it is entered; None where none does."""
    functions = made_of.get(code, [])
    raising = fail.__code__.replace(
        co_filename=code.co_filename, co_name=code.co_name, co_qualname=code.co_qualname, co_freevars=code.co_freevars
    )
    for function in functions:
        function.__code__ = raising
    try:
        result = shell.run_cell(cell)
    finally:
        for function in functions:
            function.__code__ = code
    error = result.error_in_exec or result.error_before_exec
    if error is None or isinstance(error, Refusal):
        return None
    whose = origin.origin_of(error)
    return "notebook: " + repr(error) if whose is None else whose[0].value
'''
DRIVER = """
import json, logging
shell = get_ipython()
shell.showtraceback = shell._showtraceback = lambda *args, **kwargs: None
origin = sys.modules["grader_guest.origin"]
Refusal = sys.modules["grader_guest.protocol"].Refusal
GUEST, OUT = origin.GUEST, {"origin.py", "protocol.py"}
shell.run_cell(SETUP)
told = {}
for name, cell in TOUR.items():
    codes = dict.fromkeys(entered(cell))
    made_of = {}
    for function in gc.get_objects():  # those that a cell itself makes anew are left as they are
        if type(function) is types.FunctionType and function.__code__ in codes:
            made_of.setdefault(function.__code__, []).append(function)
    for code in codes:
        told[f"{name}: {code.co_filename[len(GUEST) + 1:]}, {code.co_qualname}"] = injected(cell, code)
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory, sandbox):
    """For each function of ours that the tour enters, whose an error raised in there is taken to be."""
    source = "\n".join(
        (
            f"SETUP, TOUR = {SETUP!r}, {TOUR!r}",
            "import sys",
            f"exec(compile({INJECTION!r}, '<injection>', 'exec'))",
            DRIVER,
        )
    )
    cells = [source, "import keras", "told = json.dumps(told)", "print(told)"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    with small_mnist(tmp_path_factory.mktemp("data")):
        save = "with open('told.json', 'w') as file: file.write(told)"
        notebook.cells.append(nbformat.v4.new_code_cell(save))
        parts = [f"told_{i} = told[{1900 * i}:{1900 * (i + 1)}]" for i in range(40)]
        notebook.cells.append(nbformat.v4.new_code_cell("\n".join(parts)))
        names = tuple(f"told_{i}" for i in range(40))
        limits = Limits(cell_seconds=280, notebook_seconds=290)
        folder = tmp_path_factory.mktemp("submission")
        artefact = run_notebook(notebook, folder, sandbox, limits, data=served("mnist"), variables=names)
    assert [cell.error for cell in artefact.cells] == [""] * len(notebook.cells), artefact.failure
    variables = json.loads(artefact.findings)["variables"]
    return json.loads("".join(variables[name] for name in names if variables.get(name)))


def test_an_error_in_a_stand_in_is_never_the_notebooks(told):
    assert len(told) > 100
    charged = {place: whose for place, whose in told.items() if whose not in (None, Origin.GRADER)}
    assert charged == {}


# What a student does wrong, by a call that something of ours stands in for.
MISTAKES = {
    "a layer's input": "net = nn.Linear(4, 2); net(x)",
    "a loss": "nn.functional.cross_entropy(torch.rand(3, 2), torch.tensor([0, 1]))",
    "backward": "torch.rand(1).backward()",
    "an index": "x[99]",
    "a device": "torch.zeros(2, device='cuda') @ torch.zeros(3, device='cuda')",
    "another type": "torch.rand(2).type('torch.cuda.NoSuchTensor')",
    "weights of another network": "nn.Linear(4, 2).load_state_dict(nn.Linear(5, 2).state_dict())",
    "a schedule": "torch.optim.lr_scheduler.StepLR(None, 1, verbose=True)",
    "places that are not there": "list(DataLoader(Subset(shop, [10**6]), batch_size=1))",
    "tensors that can't be stacked": "list(DataLoader([torch.rand(2), torch.rand(3)], batch_size=2))",
    "a data set that raises": """
class Mine(torch.utils.data.Dataset):
    def __len__(self): return 3
    def __getitem__(self, place): raise ValueError("mine")
list(DataLoader(Mine()))""",
    "a transform": "list(DataLoader(datasets.MNIST('.', transform=transforms.Normalize(0.5, 0.5)), batch_size=2))",
    "no tensor": "list(DataLoader(datasets.MNIST('.'), batch_size=2))",
    "the end of a loader": "batches = iter(DataLoader([1])); next(batches); batches.next()",
    "a file": "open('nothing_here.csv')",
    "a mode": "open('made_by_none', 'rz')",
    "a file of weights": "torch.load('nothing_here.pt')",
    "a file of numbers": "np.loadtxt('nothing_here.txt')",
    "an option of a magic": "%timeit -n1 -r1 undefined_name()",
    "a cell of a magic": "%%time\n1 / 0",
    "keras: a layer": "layers.Dense(-3)",
    "keras: an activation": "layers.Dense(3, activation='no_such')",
    "keras: samples": "model.fit(np.zeros((40, 9)), z, epochs=1, verbose=0)",
    "keras: labels": "model.fit(x.numpy(), np.zeros((7, 3)), epochs=1, verbose=0)",
    "keras: samples by old names": "model.fit(np.zeros((40, 9)), z, nb_epoch=1, verbose=0)",
    "keras: an evaluation": "model.evaluate(np.zeros((40, 9)), z, verbose=0)",
    "keras: a prediction": "model.predict(np.zeros((40, 9)), verbose=0)",
    "keras: a list of samples": "model.predict([np.zeros((40, 9))], verbose=0)",
    "keras: a batch": "model.train_on_batch(np.zeros((40, 9)), z)",
    "keras: a loss": "model.compile('sgd', 'no_such_loss'); model.fit(x.numpy(), z, verbose=0)",
    "keras: an optimiser": "model.compile('no_such_optimizer', 'mse')",
    "keras: a file": "keras.models.load_model('nothing_here.h5')",
    "keras: a callback": """
class Mine(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None): raise ValueError("mine")
model.compile("sgd", "categorical_crossentropy"); model.fit(x.numpy(), z, verbose=0, callbacks=[Mine()])""",
}


def test_a_students_mistake_stays_theirs(tmp_path, sandbox, tmp_path_factory):
    cells = [SETUP, TOUR["keras"], *map(textwrap.dedent, MISTAKES.values())]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.strip()) for cell in cells])
    with small_mnist(tmp_path_factory.mktemp("data")):
        artefact = run_notebook(notebook, tmp_path, sandbox, Limits(), data=served("mnist"))
    run = observe_notebook(notebook, "a.ipynb", cells=artefact.cells, findings=artefact.findings).run
    assert [cell.status for cell in run.cells[:2]] == ["ok", "ok"], run.cells[:2]
    ends = dict(zip(MISTAKES, run.cells[2:], strict=True))
    charged = {name: cell.explanation for name, cell in ends.items() if cell.fault != "student"}
    assert charged == {}, charged
