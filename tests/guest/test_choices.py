"""By what rule a notebook ends a training or keeps an epoch: read with certainty, or named as a gap."""

import os

import nbformat
import pytest

from grader.core.limits import Limits
from grader.datasets import load_dataset
from grader.execution import run_notebook
from grader.guest.protocol import Blocks
from grader.observation.models import read_models

PRELUDE = """
import copy, math, numpy as np, torch, torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, Subset, SubsetRandomSampler, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
X, y = torch.tensor(digits.images / 16, dtype=torch.float32), torch.tensor(digits.target)
data, tests = TensorDataset(X[:1437], y[:1437]), TensorDataset(X[1437:], y[1437:])
ours, held = random_split(data, [1200, 237])
loader, valid, test = DataLoader(ours, 32, shuffle=True), DataLoader(held, 50), DataLoader(tests, 100)
criterion = nn.CrossEntropyLoss()

def fresh(*more):
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 20), nn.ReLU(), *more, nn.Linear(20, 10))
    return net, optim.SGD(net.parameters(), lr=0.3)

def epoch_of(net, optimizer):
    net.train()
    losses = []
    for images, labels in loader:
        optimizer.zero_grad()
        loss = criterion(net(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(loader)

def evaluate(net, loader):
    net.eval()
    total = right = seen = 0
    with torch.no_grad():
        for images, labels in loader:
            outputs = net(images)
            total += criterion(outputs, labels).item() * len(labels)
            right += (outputs.argmax(1) == labels).sum().item()
            seen += len(labels)
    return total / seen, right / seen
"""
KERAS = """
import numpy as np, keras
from keras import layers
from keras.callbacks import EarlyStopping, ModelCheckpoint
from sklearn.datasets import load_digits
digits = load_digits()
images, y = digits.images.astype("float32") / 16, digits.target
X, test_X, test_y, y = images[:1437].reshape(-1, 64), images[1437:].reshape(-1, 64), y[1437:], y[:1437]

def fit(callbacks, x=X, y=y, epochs=40, **options):
    model = keras.Sequential([keras.Input((64,)), layers.Dense(20, "relu"), layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=epochs, verbose=0, callbacks=callbacks, **options)
    return model
"""


def rule(what="loss", of="validation", better="lower", each="sample", scale=1.0, batch_size=None, **more):
    watched = {"what": what, "of": of, "each": each, "batch_size": batch_size, "scale": scale}
    usual = {"min_delta": 0.0, "ties": False, "first": None, "start": 0, "baseline": None, "patience": None}
    return {"watched": watched, "better": better, **usual, **more}


def found(epochs, stopping=None, keeping=None, held_out=237, train_samples=1200):
    return {
        "epochs": epochs, "stopping": stopping, "keeping": keeping, "held_out": held_out,
        "train_samples": train_samples, "epochs_are": "at most" if stopping else "counted",
    }  # fmt: skip


# name: (cell, what the recipe holds). Nothing else is missing from these recipes, and nothing may be said to be.
READ = {
    "a loss, and the weights restored": (
        """
net, optimizer = fresh()
best, bad, kept = float("inf"), 0, None
for epoch in range(60):
    epoch_of(net, optimizer)
    net.eval()
    running = 0.0
    with torch.no_grad():
        for images, labels in valid:
            running += criterion(net(images), labels).item()
    value = running / len(valid)
    print(f"{epoch}: {value:.3f}")
    if value < best:
        best, bad = value, 0
        kept = copy.deepcopy(net.state_dict())
        continue
    bad += 1
    if bad > 3:
        print("enough")
        break
net.load_state_dict(kept)
""",
        found(
            60,
            rule(patience=4, each="batch", batch_size=50),
            rule(each="batch", batch_size=50),
        ),
    ),
    "an accuracy in per cent, saved to a file": (
        """
net, optimizer = fresh(nn.Dropout(0.2))
top, at = 0.0, 0
for number in range(1, 31):
    epoch_of(net, optimizer)
    accuracy = 100 * evaluate(net, valid)[1]
    if accuracy > top + 0.5:
        top, at = accuracy, number
        torch.save({"weights": net.state_dict(), "epoch": number}, "best.pt")
    elif number - at >= 5:
        break
net.load_state_dict(torch.load("best.pt")["weights"])
""",
        found(
            30,
            rule("accuracy", better="higher", min_delta=0.5, scale=100.0, first=0.0, patience=5),
            rule("accuracy", better="higher", min_delta=0.5, scale=100.0, first=0.0),
        ),
    ),
    "a sum of the epoch's own losses": (
        """
net, optimizer = fresh()
lowest, misses = 1e9, 0
for epoch in range(50):
    total = 0
    for images, labels in loader:
        optimizer.zero_grad(); loss = criterion(net(images), labels); loss.backward(); optimizer.step()
        total += loss.item()
    lowest, misses = (total, 0) if total < lowest else (lowest, misses + 1)
    if misses == 2:
        break
""",
        found(50, rule(of="training", each="batch", patience=2), held_out=None),
    ),
    "a class that waits": (
        """
class Patience:
    def __init__(self, most, margin=0.0):
        self.most, self.margin, self.waited, self.best, self.over = most, margin, 0, None, False
    def __call__(self, loss, network):
        score = -loss
        if self.best is None or score > self.best + self.margin:
            self.best = score
            self.waited = 0
            self.keep(network)
        else:
            self.waited += 1
            self.over = self.waited >= self.most
    def keep(self, network):
        torch.save(network.state_dict(), "kept.pt")

def train(net, optimizer, epochs):
    patience = Patience(6, margin=0.01)
    for epoch in range(epochs):
        epoch_of(net, optimizer)
        loss, _ = evaluate(net, valid)
        patience(loss, net)
        if patience.over:
            break
    net.load_state_dict(torch.load("kept.pt"))
    return net
net, optimizer = fresh()
net = train(net, optimizer, 25)
""",
        found(25, rule(min_delta=0.01, patience=6), rule(min_delta=0.01)),
    ),
    "a trainer that is asked": (
        """
class Trainer:
    def __init__(self, net, optimizer):
        self.net, self.optimizer, self.best, self.since = net, optimizer, 0, 0
    def improved(self, accuracy):
        if accuracy >= self.best:
            self.best, self.since = accuracy, 0
            return True
        self.since += 1
        return False
    def run(self, epochs, patience):
        for epoch in range(epochs):
            epoch_of(self.net, self.optimizer)
            _, accuracy = evaluate(self.net, valid)
            if self.improved(accuracy):
                self.weights = {name: value.clone() for name, value in self.net.state_dict().items()}
            if self.since >= patience:
                break
        self.net.load_state_dict(self.weights)
net, optimizer = fresh()
trainer = Trainer(net, optimizer)
trainer.run(epochs=12, patience=3)
""",
        found(
            12,
            rule("accuracy", better="higher", ties=True, patience=3),
            rule("accuracy", better="higher", ties=True),
        ),
    ),
    "after some epochs": (
        """
net, optimizer = fresh()
best, waited = math.inf, 0
for e in range(20):
    epoch_of(net, optimizer)
    loss = evaluate(net, valid)[0]
    if e >= 3:
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        if waited >= 4: break
""",
        found(20, rule(start=3, patience=4)),
    ),
    "what is kept and never used": (
        """
net, optimizer = fresh()
best = 0
for epoch in range(4):
    epoch_of(net, optimizer)
    accuracy = evaluate(net, valid)[1]
    if accuracy > best:
        best = accuracy
        torch.save(net.state_dict(), "never.pt")
""",
        found(4, held_out=None),
    ),
    "a copy that stands for it": (
        """
net, optimizer = fresh()
lowest = None
for epoch in range(6):
    epoch_of(net, optimizer)
    loss, accuracy = evaluate(net, valid)
    if lowest is None or loss < lowest:
        lowest = loss
        best_net = copy.deepcopy(net)
print(evaluate(best_net, test))
""",
        found(6, None, rule()),
    ),
    "samplers of one data set": (
        """
places = np.random.permutation(1437)
loader = DataLoader(data, 32, sampler=SubsetRandomSampler(places[:1000]))
mine = DataLoader(data, 64, sampler=SubsetRandomSampler(places[1000:]))
net, optimizer = fresh()
best = np.inf
for epoch in range(5):
    epoch_of(net, optimizer)
    losses = []
    with torch.no_grad():
        for images, labels in mine:
            losses.append(F.cross_entropy(net(images), labels).item())
    loss = np.mean(losses)
    if loss < best:
        best = loss
        state = copy.deepcopy(net.state_dict())
net.load_state_dict(state)
loader = DataLoader(ours, 32, shuffle=True)
""",
        found(5, None, rule(each="batch", batch_size=64), held_out=437, train_samples=1000),
    ),
}

# name: (cell, a part of the gap that must be named, how many epochs there are and what is known of that)
NAMED = {
    "the test split": (
        """
net, optimizer = fresh()
best, waited = 0, 0
for epoch in range(30):
    epoch_of(net, optimizer)
    accuracy = evaluate(net, test)[1]
    if accuracy > best: best, waited = accuracy, 0
    else: waited += 1
    if waited == 5: break
""",
        "by the test split", (30, "at most"),
    ),
    "an accuracy by half of it": (
        """
net, optimizer = fresh()
best, waited = 0, 0
for epoch in range(30):
    epoch_of(net, optimizer)
    accuracy = evaluate(net, valid)[1]
    if accuracy > 1.01 * best: best, waited = accuracy, 0
    else: waited += 1
    if waited == 5: break
""",
        "is no rule that is known", (30, "at most"),
    ),
    "samples that are trained on": (
        """
net, optimizer = fresh()
watched = DataLoader(Subset(data, ours.indices[:200]), 50)
best = np.inf
for epoch in range(4):
    epoch_of(net, optimizer)
    loss = evaluate(net, watched)[0]
    if loss < best:
        best = loss; state = copy.deepcopy(net.state_dict())
net.load_state_dict(state)
""",
        "may be some that it is trained on", (4, "counted"),
    ),
    "a threshold": (
        """
net, optimizer = fresh()
for epoch in range(40):
    epoch_of(net, optimizer)
    if evaluate(net, valid)[1] > 0.98: break
""",
        "a condition may end the training", (40, "at most"),
    ),
    "a list of losses": (
        """
net, optimizer = fresh()
losses = []
for epoch in range(40):
    epoch_of(net, optimizer)
    losses.append(evaluate(net, valid)[0])
    if len(losses) > 4 and losses[-1] > losses[-4]: break
""",
        "a condition may end the training", (40, "at most"),
    ),
    "no copy of the weights": (
        """
net, optimizer = fresh()
best = 0
for epoch in range(4):
    epoch_of(net, optimizer)
    accuracy = evaluate(net, valid)[1]
    if accuracy > best: best, state = accuracy, net.state_dict()
net.load_state_dict(state)
""",
        "weights are loaded into it", (4, "counted"),
    ),
    "a copy that nobody asks": (
        """
net, optimizer = fresh()
lowest = np.inf
for epoch in range(5):
    epoch_of(net, optimizer)
    loss, accuracy = evaluate(net, valid)
    if loss < lowest:
        lowest = loss
        best_net = copy.deepcopy(net)
""",
        "a copy of the network was kept", (5, "counted"),
    ),
    "trained on from the best": (
        """
net, optimizer = fresh()
best = np.inf
for epoch in range(4):
    epoch_of(net, optimizer)
    loss = evaluate(net, valid)[0]
    if loss < best: best, state = loss, copy.deepcopy(net.state_dict())
net.load_state_dict(state)
epoch_of(net, optimizer)
""",
        "it is trained on after the weights of another epoch", (5, "counted"),
    ),
    "validated as in training": (
        """
net, optimizer = fresh(nn.Dropout(0.5))
best, waited = np.inf, 0
for epoch in range(9):
    epoch_of(net, optimizer)
    loss = 0
    with torch.no_grad():
        for images, labels in valid: loss += criterion(net(images), labels).item()
    if loss < best: best, waited = loss, 0
    else: waited += 1
    if waited > 2: break
""",
        "network in training mode", (9, "at most"),
    ),
    "another loss": (
        """
net, optimizer = fresh()
best, waited = np.inf, 0
for epoch in range(9):
    epoch_of(net, optimizer)
    net.eval()
    loss = 0
    with torch.no_grad():
        for images, labels in valid: loss += F.mse_loss(net(images), F.one_hot(labels, 10).float()).item()
    if loss < best: best, waited = loss, 0
    else: waited += 1
    if waited > 2: break
""",
        "neither a loss nor an accuracy", (9, "at most"),
    ),
    "two things at once": (
        """
net, optimizer = fresh()
best, top, waited = np.inf, 0, 0
for epoch in range(9):
    epoch_of(net, optimizer)
    loss, accuracy = evaluate(net, valid)
    if loss < best and accuracy > top: best, top, waited = loss, accuracy, 0
    else: waited += 1
    if waited > 2: break
""",
        "it depends on accuracy and loss", (9, "at most"),
    ),
    "without end": (
        """
net, optimizer = fresh()
best, waited = np.inf, 0
while True:
    epoch_of(net, optimizer)
    loss = evaluate(net, valid)[0]
    if loss < best: best, waited = loss, 0
    else: waited += 1
    if waited > 2: break
""",
        "until a condition holds", (None, "unknown"),
    ),
}  # fmt: skip

KERAS_READ = {
    "the best weights restored": (
        "model = fit([EarlyStopping(patience=3, min_delta=0.01, restore_best_weights=True)], validation_split=0.2)",
        found(40, rule(min_delta=0.01, patience=3), rule(min_delta=0.01), 288, 1149),
    ),
    "an accuracy, by its old name": (
        "model = fit([EarlyStopping('val_acc', patience=2, mode='max')], x=X[:1000], y=y[:1000],\n"
        "            validation_data=(X[1000:], y[1000:]))",
        found(40, rule("accuracy", better="higher", patience=2), None, 437, 1000),
    ),
    "the epoch's own loss": (
        "model = fit([EarlyStopping(monitor='loss', patience=1, start_from_epoch=4, baseline=0.5)])",
        found(40, rule(of="training", patience=1, start=4, baseline=0.5), held_out=None, train_samples=None),
    ),
    "saved and loaded": (
        "saves = ModelCheckpoint('top.h5', 'val_accuracy', save_best_only=True, save_weights_only=True)\n"
        "model = fit([saves], validation_split=0.1, epochs=6)\nmodel.load_weights('top.h5')",
        found(6, None, rule("accuracy", better="higher"), 144, 1293),
    ),
    "saved and never loaded": (
        "model = fit([ModelCheckpoint('other.keras', save_best_only=True)], validation_split=0.1, epochs=6)",
        found(6, held_out=None, train_samples=1293),
    ),
    "nothing to look at": (
        "model = fit([EarlyStopping(patience=1)], epochs=3)", found(3, held_out=None, train_samples=None)
    ),
}  # fmt: skip
KERAS_NAMED = {
    "the test split": (
        "model = fit([EarlyStopping(patience=3)], validation_data=(test_X, test_y))",
        "by the test split", (40, "at most"),
    ),
    "samples that are trained on": (
        "model = fit([EarlyStopping(patience=3)], validation_data=(X[:300], y[:300]))",
        "may be some that it is trained on", (40, "at most"),
    ),
    "two calls of fit": (
        "model = fit([], epochs=2, validation_split=0.2)\n"
        "model.fit(X, y, epochs=9, verbose=0, validation_split=0.2, callbacks=[EarlyStopping(patience=1)])",
        "only one of several calls of fit", (11, "unknown"),
    ),
    "another file loaded": (
        "model = fit([ModelCheckpoint('a.weights.h5', save_weights_only=True)], validation_split=0.1, epochs=3)\n"
        "model.load_weights('a.weights.h5')",
        "weights are loaded into it", (3, "counted"),
    ),
    "something else": (
        "model = fit([EarlyStopping('val_precision', mode='max')], validation_split=0.1)",
        "watches val_precision", (40, "unknown"),
    ),
}  # fmt: skip


def models_of(cases, prelude, tmp_path_factory, sandbox, kernels):
    cells = [prelude, *(case[0] for case in cases)]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    artefact = run_notebook(notebook, tmp_path_factory.mktemp("submission"), sandbox, Limits(), data=None, warm=kernels)
    models, fault = read_models(artefact.findings, "a.ipynb", load_dataset("digits"))
    assert fault == ""
    last = {model.cell: model for model in models}
    return [(last.get(number), artefact.cells[number - 1].error) for number in range(2, len(cells) + 1)]


@pytest.fixture(scope="module")
def by_torch(tmp_path_factory, sandbox, kernels):
    cases = {**{("read", k): v for k, v in READ.items()}, **{("named", k): v for k, v in NAMED.items()}}
    return dict(zip(cases, models_of(cases.values(), PRELUDE, tmp_path_factory, sandbox, kernels), strict=True))


@pytest.fixture(scope="module")
def by_keras(tmp_path_factory, sandbox, kernels):
    os.environ["KERAS_BACKEND"] = "torch"
    pytest.importorskip("keras", reason="the extra [keras] is not installed")
    cases = {**{("read", k): v for k, v in KERAS_READ.items()}, **{("named", k): v for k, v in KERAS_NAMED.items()}}
    return dict(zip(cases, models_of(cases.values(), KERAS, tmp_path_factory, sandbox, kernels), strict=True))


def holds(model, error, expected):
    assert error == ""
    said = [str(gap) for gap in (*model.spec.gaps, *model.recipe.gaps) if gap.blocks(Blocks.REFIT)]
    recipe = model.recipe.model_dump(mode="json")
    assert (said, {key: recipe[key] for key in expected}) == ([], expected)


def says(model, error, named, epochs, known):
    assert error == "" or known == "unknown"
    said = [str(gap) for gap in (*model.spec.gaps, *model.recipe.gaps) if gap.blocks(Blocks.REFIT)]
    assert any(named in words for words in said), said
    assert model.recipe.epochs_are == known
    assert epochs in (None, model.recipe.epochs)


@pytest.mark.parametrize("name", READ)
def test_a_loop_is_read(name, by_torch):
    holds(*by_torch["read", name], READ[name][1])


@pytest.mark.parametrize("name", NAMED)
def test_what_no_rule_says_is_named(name, by_torch):
    says(*by_torch["named", name], NAMED[name][1], *NAMED[name][2])


@pytest.mark.parametrize("name", KERAS_READ)
def test_a_callback_is_read(name, by_keras):
    holds(*by_keras["read", name], KERAS_READ[name][1])


@pytest.mark.parametrize("name", KERAS_NAMED)
def test_what_a_callback_does_else_is_named(name, by_keras):
    says(*by_keras["named", name], KERAS_NAMED[name][1], *KERAS_NAMED[name][2])
