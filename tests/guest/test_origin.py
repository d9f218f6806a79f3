"""Whose an error is: a stand-in's own is never the notebook's, and the notebook's own always is."""

import sys
import textwrap
from types import FunctionType, ModuleType

import nbformat
import pandas
import pytest
from small_data import small_mnist

from grader.core.limits import Limits
from grader.datasets import served
from grader.execution import run_notebook
from grader.guest import import_hooks, origin
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
KERAS = """
import keras
from keras import layers
z = np.eye(3)[y.numpy()]
model = keras.Sequential([layers.Input((8,)), layers.Dense(np.int64(5), "relu"), layers.Dense(3, "softmax")])
model.compile(keras.optimizers.SGD(lr=0.1, decay=1e-6), "categorical_crossentropy", ["acc"])
model.fit(x.numpy(), z, nb_epoch=2, validation_split=0.2, verbose=0)
model.evaluate(x.numpy(), z, verbose=0); model.predict([x.numpy()], verbose=0); model.predict_classes(x.numpy())
model.train_on_batch(x.numpy(), z); model.save("m.h5"); keras.models.load_model("m.h5")
"""


def ours(*args):
    """Fails within the guest's folder, as far as its frames tell."""
    raise ZeroDivisionError("ours")


OURS = FunctionType(ours.__code__.replace(co_filename=f"{origin.GUEST}/anywhere.py"), globals())


def test_a_stand_in_that_fails_by_itself_leaves_the_original():
    told = []
    origin.tell(lambda error, where: told.append((str(error), where)))
    assert origin.instead_of(int, OURS)("3") == 3
    assert told == [("ours", f"anywhere.py, line {ours.__code__.co_firstlineno + 2}, in ours")]


def test_a_stand_in_that_fails_where_the_original_fails_otherwise_is_at_fault():
    with pytest.raises(ZeroDivisionError) as caught:
        origin.instead_of(int, OURS)("x")
    assert origin.origin_of(caught.value)[0] is Origin.GRADER


def test_what_fails_in_the_original_as_well_is_the_notebooks():
    with pytest.raises(ZeroDivisionError) as caught:
        origin.instead_of(divmod, OURS)(1, 0)
    assert origin.origin_of(caught.value) is None


def test_a_trial_shows_whose_an_error_is_and_gives_nothing():
    with pytest.raises(ZeroDivisionError) as caught:
        origin.instead_of(int, OURS, trial=float)("3")
    assert origin.origin_of(caught.value)[0] is Origin.GRADER


def test_an_error_of_another_process_is_whose_it_was_there():
    """As a loader's worker and a pool of processes tell of it."""
    for file, whose in ((f"{origin.GUEST}/standin/gpu.py", Origin.GRADER), ("/home/me/net.py", None)):
        there = (
            f'Traceback (most recent call last):\n  File "{file}", line 3, in call\n    call()\nZeroDivisionError: ours'
        )
        here = ZeroDivisionError(f"Caught ZeroDivisionError in DataLoader worker process 0.\nOriginal {there}")
        pooled = ZeroDivisionError("ours")
        pooled.__cause__ = RuntimeError(there)
        for error in (here, pooled):
            found = origin.origin_of(error)
            assert (found and found[0]) is whose


@pytest.fixture
def lacking(monkeypatch):
    """What was found to be lacking, by this test alone."""
    monkeypatch.setattr(origin, "_lacking", [])


def test_a_library_that_was_not_changed_may_be_why_any_later_cell_fails(lacking):
    told = []
    origin.tell(lambda error, where: told.append(str(error)))
    mistake = ValueError("no such argument")
    assert origin.origin_of(mistake) is None
    import_hooks.when_imported("json", OURS)
    assert told == ["ours"]
    assert origin.origin_of(mistake)[0] is Origin.GRADER


def test_a_module_of_the_students_own_is_left_as_it_is(lacking, tmp_path, monkeypatch):
    (tmp_path / "their_library.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(import_hooks, "_finder", import_hooks._Finder())
    monkeypatch.setattr(sys, "meta_path", [import_hooks._finder, *sys.meta_path])
    import_hooks.when_imported("their_library", OURS)
    assert __import__("their_library").value == 1
    assert origin.origin_of(ValueError("theirs")) is None


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


def test_of_two_libraries_with_such_a_function_the_one_that_was_called_is_named(monkeypatch):
    elsewhere = ModuleType("elsewhere")
    exec("class DataFrame:\n    def drop(self, labels, *, axis=0): pass", elsewhere.__dict__)
    monkeypatch.setattr(sys, "modules", {"elsewhere": elsewhere, **sys.modules})
    for frame, library in ((elsewhere.DataFrame(), "elsewhere"), (pandas.DataFrame({"a": [1]}), "pandas")):
        with pytest.raises(TypeError) as raised:
            exec("frame.drop('a', 1)", {"frame": frame, "__name__": "__main__"})
        assert origin.origin_of(raised.value) == (Origin.LIBRARY, library)


def test_a_students_mistake_stays_theirs(tmp_path, sandbox, tmp_path_factory):
    cells = [SETUP, KERAS, *map(textwrap.dedent, MISTAKES.values())]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.strip()) for cell in cells])
    with small_mnist(tmp_path_factory.mktemp("data")):
        artefact = run_notebook(notebook, tmp_path, sandbox, Limits(), data=served("mnist"))
    run = observe_notebook(notebook, "a.ipynb", cells=artefact.cells, findings=artefact.findings).run
    assert [cell.status for cell in run.cells[:2]] == ["ok", "ok"], run.cells[:2]
    ends = dict(zip(MISTAKES, run.cells[2:], strict=True))
    charged = {name: cell.explanation for name, cell in ends.items() if cell.fault != "student"}
    assert charged == {}, charged


@pytest.mark.parametrize(
    ("place", "code", "whose"),
    [
        ("lib/site-packages", "raise RuntimeError('operator nms does not exist')", (Origin.IMPORT, "halfway")),
        ("lib/site-packages", "import lib_that_is_not_there", (Origin.IMPORT, "halfway")),
        ("lib/site-packages", "[].gone", (Origin.IMPORT, "halfway")),
        ("lib/site-packages", "import theirs", None),
        ("work", "raise RuntimeError('mine')", None),
    ],
    ids=["breaks", "lacks another", "another version", "calls the notebook's own", "the notebook's own module"],
)
def test_a_library_that_can_not_be_imported_is_not_the_notebooks_fault(place, code, whose, tmp_path, monkeypatch):
    for folder in ("lib/site-packages", "work"):
        (tmp_path / folder).mkdir(parents=True)
        monkeypatch.syspath_prepend(tmp_path / folder)
    (tmp_path / "work" / "theirs.py").write_text("1 / 0\n")
    (tmp_path / place / "halfway.py").write_text(f"{code}\n")
    with pytest.raises((RuntimeError, ImportError, AttributeError, ZeroDivisionError)) as raised:
        exec(compile("import halfway", "cell 1", "exec"), {"__name__": "__main__"})
    assert origin.origin_of(raised.value) == whose


def test_a_notebook_whose_library_can_not_be_imported_goes_to_a_person(tmp_path, sandbox):
    cells = ["import sys; sys.modules['PIL'] = None", "import torchvision", "transform = torchvision.transforms"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    artefact = run_notebook(notebook, tmp_path, sandbox, Limits(), data={})
    run = observe_notebook(notebook, "a.ipynb", cells=artefact.cells, findings=artefact.findings).run
    assert [(cell.status, cell.fault) for cell in run.cells] == [
        ("ok", None),
        ("error", "package"),
        ("error", "package"),
    ]
    assert "torchvision fails while it is imported" in run.cells[1].explanation
