"""Whatever of the grader's own fails within a notebook, no cell's end is charged to the student for it."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from small_data import small_mnist

from grader.core.evidence import CellRun
from grader.core.fault import Fault
from grader.datasets import served
from grader.guest.protocol import Config
from grader.observation.explain import explain
from grader.observation.findings import Failure

pytestmark = pytest.mark.deep

FAULTS = Path(__file__).parent.parent / "support" / "faults_of_ours.py"
# What stands between a notebook and the libraries; what only watches is called within.
FUNCTIONS = ("standin.", "serve.", "import_hooks.", "start.")
# That libraries and the guest itself catch of their own, and one that none does.
ERRORS = ("ZeroDivisionError", "AttributeError", "KeyError", "TypeError", "OSError")
EVERY = 1 if os.environ.get("GRADER_ALL_FAULTS") else 10  # of them so many: all take several minutes
LOADED = (
    *("torch", "numpy", "IPython", "keras", "torchvision", "sklearn.datasets", "sklearn.model_selection"),
    *("pandas", "matplotlib.pyplot", "tqdm.notebook", "requests", "h5py"),
)
AGAIN = ("keras", "torchvision", "torchvision.datasets", "torchvision.transforms", "sklearn.datasets")
_SCRIPT = """\
import numpy as np, torch, torchvision, random, io, os
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset
from torchvision import datasets, transforms
x, y = torch.rand(40, 8), torch.randint(3, (40,))
# %%
shop = datasets.MNIST(".", download=True, transform=transforms.ToTensor())
scaled = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
shop_n = datasets.MNIST(".", train=False, transform=scaled)
# %%
device = "cuda" if torch.cuda.is_available() else "cpu"
net = nn.Sequential(nn.Flatten(), nn.Linear(784, 20), nn.ReLU(), nn.Dropout(0.2), nn.Linear(20, 10)).to("cuda")
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3); self.bn = nn.BatchNorm2d(4); self.fc = nn.Linear(4 * 13 * 13, 10)
    def forward(self, a):
        a = torch.nn.functional.max_pool2d(torch.relu(self.bn(self.conv(a))), 2)
        return torch.log_softmax(self.fc(a.view(a.size(0), -1)), 1)
cnn = Net().cuda()
# %%
train = DataLoader(shop, batch_size=64, shuffle=torch.cuda.is_available(), pin_memory=True, num_workers=2)
test = DataLoader(shop_n, batch_size=100)
odd = DataLoader(Subset(shop, range(128)), batch_size=32, sampler=torch.utils.data.SubsetRandomSampler(range(100)))
# %%
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5, verbose=True)
best = 0
for epoch in range(3):
    net.train()
    for images, labels in train:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = criterion(net(images), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    scheduler.step()
    net.eval()
    right = total = 0
    with torch.no_grad():
        for images, labels in test:
            right += (net(images).argmax(1) == labels).sum().item(); total += len(labels)
    if right / total > best:
        best = right / total
        torch.save(net.state_dict(), "best.pt")
net.load_state_dict(torch.load("best.pt"))
# %%
opt = torch.optim.Adam(cnn.parameters(), 1e-3)
plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, patience=1)
for epoch in range(2):
    for i, (a, b) in enumerate(odd):
        out = cnn.forward(a)
        loss = torch.nn.functional.nll_loss(out, b) / 2
        loss.backward()
        if (i + 1) % 2 == 0:
            opt.step(); opt.zero_grad()
    plateau.step(loss.item())
    for group in opt.param_groups: group["lr"] = 1e-3 / (epoch + 1)
print(loss.data[0])
# %%
tiny = nn.Sequential(nn.Linear(8, 5), nn.Tanh(), nn.Linear(5, 3))
sgd = torch.optim.SGD(tiny.parameters(), lr=0.5)
for step in range(6):
    order = torch.randperm(40)
    for k in range(0, 40, 10):
        p = order[k:k + 10]
        sgd.zero_grad(); l = nn.functional.cross_entropy(tiny(x[p]), y[p]); l.backward(); sgd.step()
w = torch.zeros(3, requires_grad=True)
(w * 2).sum().backward(); w.data -= 0.1 * w.grad
batches = iter(DataLoader(TensorDataset(x, y), batch_size=4)); batches.next()
# %%
torch.manual_seed(1); np.random.seed(0); random.seed(0)
g = torch.Generator(device="cuda").manual_seed(3)
z0 = torch.zeros(3, device="cuda").type("torch.cuda.FloatTensor").cuda().pin_memory()
torch.cuda.synchronize(); torch.cuda.get_device_name(0); torch.cuda.empty_cache()
start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
start.record(); end.record(); start.elapsed_time(end)
with torch.cuda.stream(torch.cuda.Stream()): pass
# %%
from google.colab import drive, files
drive.mount("/content/drive")
open("/content/drive/My Drive/table.csv").read(); open("/content/table.csv").read()
files.upload()["table.csv"]
from google.colab import userdata; userdata.get("KEY")
import google.colab; google.colab.output.clear()
os.makedirs("/content/drive/MyDrive/models", exist_ok=True)
torch.save(net.state_dict(), "/content/drive/MyDrive/models/a.pt")
torch.load("/content/drive/MyDrive/models/a.pt")
os.path.exists("/content/drive")
# %%
%timeit -n1 -r1 sum(range(10))
%matplotlib notebook
%tensorflow_version 2.x
%load_ext no_such_extension
!echo hi
# %%
%%time
value = 3
# %%
%%nosuchmagic
value = 4
# %%
%cd .
open("made/by/me.txt", "w").write("a")
np.savetxt("numbers.csv", np.eye(3)); np.loadtxt("numbers.csv")
np.loadtxt("sample_data/mnist_test.csv", delimiter=",", max_rows=3)
open("elsewhere/table.csv").read()
import gzip; gzip.open("train-images-idx3-ubyte.gz").read(10)
# %%
import urllib.request
urllib.request.urlopen("https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz").read(10)
import requests
requests.get("https://ossci-datasets.s3.amazonaws.com/mnist/t10k-labels-idx1-ubyte.gz").content[:10]
# %%
import pandas as pd
t = pd.read_csv("table.csv"); t = t.append({"a": 1, "b": 2}, ignore_index=True); t.ix[0]; t.as_matrix()
t.a.iteritems(); t.applymap(lambda v: v); t.ix[0] = 3
pd.read_csv("gone/table.csv").to_csv("made2/t.csv")
import matplotlib, matplotlib.pyplot as plt
matplotlib.use("Qt5Agg"); plt.style.use("seaborn-whitegrid"); plt.figure(); plt.subplot(2, 2 / 1, 1)
plt.hold(True); plt.close()
import time; time.clock(); np.int(3); np.product([1, 2]); xrange(3)
from tqdm.notebook import tqdm; list(tqdm(range(2)))
from IPython.display import set_matplotlib_formats; set_matplotlib_formats("svg")
import collections; collections.Iterable
from sklearn.cross_validation import train_test_split
from torch._six import string_classes
# %%
from sklearn.datasets import fetch_openml
mn = fetch_openml("mnist_784", version=1); mn.data[0]; mn["target"]
from sklearn.datasets import fetch_mldata
fetch_mldata("MNIST original").data.shape
# %%
import wandb
run = wandb.init(project="p", config={"lr": 0.1}); wandb.config.lr; wandb.log({"a": 1}); wandb.watch(net)
run.finish()
wandb.config.update({"k": 2})
from wandb.keras import WandbCallback
with wandb.init() as r: list(r.x)
# %%
import keras
from keras import layers
from keras.layers import Dense, Input, Conv2D, Flatten, Dropout, BatchNormalization, MaxPooling2D
from keras.utils import np_utils, to_categorical
from keras.models import Sequential, Model
from keras import backend as K
z = np.eye(3)[y.numpy()]
# %%
model = Sequential([Input(8), Dense(np.int64(5), "glorot_uniform", "relu"), Dense(3, activation="softmax")])
conv = Sequential([Conv2D(4, 3, 3, input_shape=(28, 28, 1), border_mode="same"), BatchNormalization(mode=0),
                   MaxPooling2D(), Flatten(), Dense(10)])
i = Input(shape=(8,)); o = layers.merge([Dense(3)(i), Dense(3)(i)], mode="concat")
Model(input=i, output=o).summary()
model.layers[0].output_shape; model.layers[0].get_output_at(0); K.image_dim_ordering(); K.mean(x)
K.set_value(model.weights[0], K.get_value(model.weights[0]))
# %%
opt = keras.optimizers.SGD(lr=0.1, decay=1e-6, momentum=0.9); keras.optimizers.Adam(0.001, 0.9, 0.999, 1e-8)
opt.lr
keras.optimizers.Adadelta(); keras.optimizers.Nadam(schedule_decay=0.003)
keras.optimizers.RMSprop(clipnorm=1.0)
# %%
model.compile(opt, "categorical_crossentropy", ["acc"])
# %%
h = model.fit(x.numpy(), z, nb_epoch=2, validation_split=0.2, verbose=0)
h.history["acc"]; h.history.get("val_acc")
# %%
model.evaluate(x.numpy(), z, verbose=0); model.predict([x.numpy()], verbose=0); model.predict_classes(x.numpy())
model.predict_proba(x.numpy())
# %%
model.train_on_batch(x.numpy(), z)
# %%
model.save("m.h5"); keras.models.load_model("m.h5"); model.save("m"); keras.models.load_model("m")
model.save_weights("w"); model.load_weights("w")
# %%
from keras.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau, LearningRateScheduler
cbs = [EarlyStopping("val_acc", patience=1, restore_best_weights=True), ReduceLROnPlateau(epsilon=0.1),
       ModelCheckpoint("c.{epoch}.h5", monitor="val_acc", save_best_only=True, period=1),
       LearningRateScheduler(lambda e: 0.1 / (e + 1))]
model.compile("sgd", "categorical_crossentropy", metrics=["acc"])
model.fit(x.numpy(), z, 8, 2, validation_data=(x.numpy(), z), callbacks=cbs, verbose=0)
# %%
(a, b), (c, d) = keras.datasets.mnist.load_data(); to_categorical(b[:10], nb_classes=10)
m2 = Sequential([Flatten(input_shape=(28, 28)), layers.Rescaling(1 / 255.0), Dense(10, activation="softmax")])
m2.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
m2.fit(a[:200], b[:200], epochs=1, verbose=0, batch_size=32, class_weight={k: 1.0 for k in range(10)})
# %%
from keras.preprocessing.image import ImageDataGenerator
gen = ImageDataGenerator(rescale=1 / 255)
m2.fit_generator(gen.flow(a[:64].reshape(-1, 28, 28, 1), b[:64], batch_size=32), steps_per_epoch=2, epochs=1, verbose=0)
m2.evaluate_generator(gen.flow(a[:64].reshape(-1, 28, 28, 1), b[:64]), steps=1)
def batches():
    while True: yield a[:32], b[:32]
m2.fit_generator(batches(), samples_per_epoch=2, nb_epoch=1, verbose=0)
# %%
import tensorflow as tf
tf.__version__; tf.random.set_seed(1); tf.config.list_physical_devices("GPU"); tf.test.is_gpu_available()
tf.get_logger().setLevel("ERROR")
tf.reduce_mean(tf.constant([1.0, 2.0])); tf.one_hot(b[:3], 10); tf.cast(a[:2], tf.float32); tf.argmax(z, 1)
tf.split(tf.zeros((4, 2)), 2); tf.gather(z, [0, 1]); tf.pad(tf.ones((2, 2)), [[1, 1], [0, 0]])
tf.concat([z, z], axis=0); tf.reshape(z, [-1])
tf.math.confusion_matrix([1, 2], [1, 1]); tf.random.normal((2, 2)); tf.random.uniform((2,))
tf.random.shuffle(z); tf.nn.relu(tf.constant([1.0]))
with tf.device("/gpu:0"): pass
# %%
ds = tf.data.Dataset.from_tensor_slices((a[:64] / 255.0, b[:64]))
ds = ds.map(lambda u, v: (u, v)).shuffle(64).batch(16).prefetch(tf.data.AUTOTUNE)
m2.fit(ds, epochs=1, verbose=0, class_weight={k: 1.0 for k in range(10)}); m2.evaluate(ds, verbose=0)
len(ds); ds.cardinality(); next(iter(ds.unbatch().take(2).skip(1).repeat(2).enumerate().as_numpy_iterator()))
next(iter(tf.data.Dataset.zip((ds, ds)))); next(iter(ds.concatenate(ds).filter(lambda u, v: True)))
next(iter(tf.data.Dataset.range(3))); next(iter(tf.data.Dataset.from_generator(lambda: iter([np.zeros(2)]))))
next(iter(tf.data.Dataset.from_tensors(np.zeros(2))))
# %%
import tensorflow_datasets as tfds
(tr, te), info = tfds.load("mnist", split=["train", "test[:50%]"], as_supervised=True, with_info=True)
info.splits["train"].num_examples; next(iter(tfds.as_numpy(te)))
# %%
from keras.wrappers.scikit_learn import KerasClassifier
def build(units=4):
    m = Sequential([Dense(units, input_dim=8, activation="relu"), Dense(3, activation="softmax")])
    m.compile("adam", "categorical_crossentropy", metrics=["accuracy"]); return m
k = KerasClassifier(build_fn=build, epochs=1, verbose=0); k.fit(x.numpy(), y.numpy())
k.predict(x.numpy(), verbose=0); k.score(x.numpy(), y.numpy(), verbose=0)
from sklearn.model_selection import cross_val_score, GridSearchCV
# %%
cross_val_score(KerasClassifier(build_fn=build, epochs=1, verbose=0), x.numpy(), y.numpy(), cv=2)
# %%
for u, v in DataLoader(TensorDataset(x, y), batch_size=8, num_workers=2): pass
class Own(torch.utils.data.Dataset):
    def __len__(self): return 6
    def __getitem__(self, k): return torch.rand(2).cuda(), open("table.csv").read() and 1
for u, v in DataLoader(Own(), batch_size=3, num_workers=1): pass
getattr(model.layers[0], "output_shape", None)
"""
CELLS = [cell.strip() for cell in _SCRIPT.split("# %%\n")]
NOTEBOOK = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])


def failed(home: Path) -> Iterator[dict]:
    """What the program tells: first what was called, then how cells ended in which a function failed."""
    (home / "work").mkdir()
    (home / "work" / "table.csv").write_text("a,b\n1,2\n3,4\n")
    config = Config(
        out=str(home / "findings.json"),
        file="a.ipynb",
        cells=[*range(len(CELLS))],
        sources=CELLS,
        outputs=[],
        batches=3,
        thorough=False,
        idle_seconds=100,
        data={name: str(folder) for name, folder in served("mnist").items()},
        watches=True,
        seed=None,
        weights=str(home),
    )
    (home / "config.json").write_text(config.to_json())
    given = {
        "config": str(home / "config.json"),
        "cells": CELLS,
        "modules": LOADED,
        "again": AGAIN,
        "functions": FUNCTIONS,
        "every": EVERY,
        "errors": ERRORS,
        "jobs": os.cpu_count(),
    }
    (home / "given.json").write_text(json.dumps(given))
    own = {
        "HOME": str(home),
        "TMPDIR": str(home),
        "KERAS_BACKEND": "torch",
        "MPLBACKEND": "agg",
        "OMP_NUM_THREADS": "1",
        "PYTHONWARNINGS": "ignore",
    }
    command = [sys.executable, str(FAULTS), str(home / "given.json")]
    done = subprocess.run(command, cwd=home / "work", env={**os.environ, **own}, stdout=subprocess.PIPE, check=True)
    yield from map(json.loads, done.stdout.splitlines())


def test_whatever_of_ours_fails_is_never_the_students(tmp_path, tmp_path_factory):
    with small_mnist(tmp_path_factory.mktemp("data")):
        plan, *ends = failed(tmp_path)
    assert [error for error, _ in plan["cells"] if error] == []
    called = {plan["names"][number] for _, functions in plan["cells"] for number in functions}
    reached = [name for name in called if name.startswith(FUNCTIONS)]
    assert len(reached) > 300  # a cell that no longer reaches what it should is noticed
    assert len({end["function"] for end in ends}) == math.ceil(len(reached) / EVERY)
    charged = []
    for end in ends:
        number, error = end["cell"], end["error"]
        if error is None:
            continue  # the notebook was spared
        failures = {number: Failure(cell=number, origin=end["origin"], place="")} if end["origin"] else {}
        (cell,) = explain(NOTEBOOK, [CellRun(index=number, status="error", error=error)], failures=failures)
        if cell.fault is not Fault.machine:
            charged.append((end["function"], error, cell.fault))
    assert charged == []
