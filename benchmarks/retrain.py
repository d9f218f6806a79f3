"""Retraining, measured side by side: seconds per seed and epoch, and how far each is from what the machine can do.

    GRADER_DATA=... python benchmarks/retrain.py [--quick]

Four ways on four networks, all in one run: the loop of a notebook (torchvision's MNIST, DataLoader, ToTensor), the
same loop on tensors in memory, `jax.vmap` over seeds under jit, and the grader's `retrain` from its call to its answer,
scoring after each epoch included. The others don't score, and are measured on a part of an epoch where a whole one
takes minutes. The limit is the arithmetic of the training steps at the measured matmul peak of all cores, plus the
optimiser's traffic at their measured memory bandwidth; who skips pixels that are zero can beat it.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from _processor import processor
from rich.console import Console
from rich.table import Table
from torch import nn

from grader.core.network import InputSpec, LayerSpec, LossSpec, ModelSpec, OptimizerSpec, Recipe
from grader.datasets import load_dataset, served
from grader.machine import cores
from grader.network.build import build
from grader.network.count import count
from grader.training.decision import Rule
from grader.training.plan import TrainingPlan
from grader.training.retrain import retrain

SEEDS = 5
BATCH = 32
SAMPLES = 60_000


def dense(*widths):
    layers = [LayerSpec(type="Flatten")]
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        layers += [LayerSpec(type="ReLU")] if i else []
        layers.append(LayerSpec(type="Linear", settings={"in_features": a, "out_features": b}))
    return ModelSpec(layers=tuple(layers))


def conv(a, b):
    settings = {"in_channels": a, "out_channels": b, "kernel_size": 3}
    return [LayerSpec(type="Conv2d", settings=settings), LayerSpec(type="ReLU")]


POOL = LayerSpec(type="MaxPool2d", settings={"kernel_size": 2})
NETWORKS = {
    "784-100-10": dense(784, 100, 10),
    "784-500-300-200-10": dense(784, 500, 300, 200, 10),
    "784-1000-1000-10": dense(784, 1000, 1000, 10),
    "CNN": ModelSpec(
        layers=(
            *(*conv(1, 32), *conv(32, 32), POOL, *conv(32, 64), POOL, LayerSpec(type="Flatten")),
            LayerSpec(type="Linear", settings={"in_features": 64 * 5 * 5, "out_features": 128}),
            LayerSpec(type="ReLU"),
            LayerSpec(type="Linear", settings={"in_features": 128, "out_features": 10}),
        )
    ),
}


def recipe(epochs=1):
    return Recipe(
        loss=LossSpec(type="CrossEntropyLoss"),
        optimizer=OptimizerSpec(type="Adam", settings={"lr": 0.001}),
        batch_size=BATCH,
        epochs=epochs,
        inputs=InputSpec(shape=(1, 28, 28), divide=255),
    )


def steps(model, batches):
    """Run eager training steps over batches as a notebook does; seconds a step."""
    loss_of, optimizer = nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=0.001)
    started = number = 0
    for images, labels in batches:
        if number == 5:
            started = time.perf_counter()
        optimizer.zero_grad()
        loss = loss_of(model(images), labels)
        loss.backward()
        optimizer.step()
        loss.item()
        number += 1
    return (time.perf_counter() - started) / (number - 5)


def notebook_style(spec, number):
    from torch.utils.data import DataLoader
    from torchvision import transforms
    from torchvision.datasets import MNIST

    data = MNIST(str(served("mnist")["mnist"]), train=True, transform=transforms.ToTensor())
    loader = DataLoader(data, batch_size=BATCH, shuffle=True)
    batches = (batch for batch, _ in zip(loader, range(number + 5)))
    return steps(build(spec), batches) * SAMPLES / BATCH


def in_memory(spec, number):
    train = load_dataset("mnist").train
    images = torch.from_numpy(train.images.copy()).float().div_(255).unsqueeze(1)
    labels = torch.from_numpy(train.labels.astype("int64"))
    order = torch.randperm(SAMPLES)[: (number + 5) * BATCH].split(BATCH)
    return steps(build(spec), ((images[b], labels[b]) for b in order)) * SAMPLES / BATCH


def ours(spec, seeds, epochs):
    """As the grader retrains, from the call to its answer; seconds per seed and epoch of the whole machine."""
    started = time.perf_counter()
    # Of 2n - 1 trainings n that reach the threshold are a majority.
    rule = Rule(planned=2 * seeds - 1)
    plan = TrainingPlan(spec=spec, recipe=recipe(epochs), dataset="mnist")
    found = retrain(plan, threshold=0.0, rule=rule, fresh=True)
    assert len(found.lanes) == seeds, found.obstacle
    return (time.perf_counter() - started) / seeds / epochs


JAX = """
import json, sys, time, os
import numpy as np, jax, jax.numpy as jnp
widths, seeds, batch, number = json.loads(sys.argv[1])
with np.load(sys.argv[2]) as data:
    X, y = jnp.asarray(data["images"]), jnp.asarray(data["labels"])
convolutions = widths == "CNN"
def init(key):
    if convolutions:
        shapes = [(3, 3, 1, 32), (3, 3, 32, 32), (3, 3, 32, 64), (1600, 128), (128, 10)]
    else:
        shapes = list(zip(widths, widths[1:]))
    keys = jax.random.split(key, len(shapes))
    return [(jax.random.normal(k, s) * (1 / np.prod(s[:-1])) ** 0.5, jnp.zeros(s[-1])) for k, s in zip(keys, shapes)]
def net(params, x):
    if convolutions:
        h = x.reshape(-1, 28, 28, 1)
        def pool(h):
            return jax.lax.reduce_window(h, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        for i, (w, b) in enumerate(params[:3]):
            order = ("NHWC", "HWIO", "NHWC")
            h = jax.nn.relu(jax.lax.conv_general_dilated(h, w, (1, 1), "VALID", dimension_numbers=order) + b)
            h = pool(h) if i else h
        x, params = h.reshape(len(x), -1), params[3:]
    for w, b in params[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = params[-1]
    return x @ w + b
def loss(params, x, labels):
    logits = net(params, x)
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1))
def step(state, index):
    params, m, v, t = state
    x, labels = X[index].astype(jnp.float32) / 255, y[index]
    grads = jax.grad(loss)(params, x, labels)
    t = t + 1
    tm = jax.tree_util.tree_map
    m = tm(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
    v = tm(lambda v, g: 0.999 * v + 0.001 * g * g, v, grads)
    c1, c2 = 1 - 0.9 ** t, 1 - 0.999 ** t
    params = tm(lambda p, m, v: p - 0.001 / c1 * m / (jnp.sqrt(v / c2) + 1e-8), params, m, v)
    return (params, m, v, t), 0.0
@jax.jit
def epoch(state, order):
    return jax.vmap(lambda s, o: jax.lax.scan(step, s, o)[0])(state, order)
def fresh(key):
    p = init(key)
    zeros = jax.tree_util.tree_map(jnp.zeros_like, p)
    return p, zeros, zeros, jnp.float32(0)
state = jax.vmap(fresh)(jax.random.split(jax.random.PRNGKey(0), seeds))
rng = np.random.default_rng(0)
order = jnp.asarray(np.stack([rng.permutation(len(X))[: number * batch].reshape(number, batch) for _ in range(seeds)]))
jax.block_until_ready(epoch(state, order))
started = time.perf_counter()
jax.block_until_ready(epoch(state, order))
print((time.perf_counter() - started) / seeds / number)
"""


def with_jax(name, spec, number):
    """`jax.vmap` over seeds and `lax.scan` over steps, compiled; None without jax."""
    import tempfile

    import numpy as np

    train = load_dataset("mnist").train
    linears = [layer.settings for layer in spec.layers if layer.type == "Linear"]
    widths = name if name == "CNN" else [linears[0]["in_features"], *(s["out_features"] for s in linears)]
    with tempfile.TemporaryDirectory() as folder:
        np.savez(f"{folder}/data.npz", images=train.images.reshape(SAMPLES, -1), labels=train.labels.astype("int32"))
        environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
        done = subprocess.run(
            [sys.executable, "-c", JAX, json.dumps([widths, SEEDS, BATCH, number]), f"{folder}/data.npz"],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1], file=sys.stderr)
        return None
    return float(done.stdout) * SAMPLES / BATCH


def _peak(_):
    """Multiply-adds a second of one core in a large matmul, while the other cores do the same."""
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    best = 0.0
    for _ in range(12):
        started = time.perf_counter()
        a @ b
        best = max(best, 1024**3 / (time.perf_counter() - started))
    return best


def _bandwidth(_):
    """Bytes a second of one core that reads one large array and writes another, while the others do the same."""
    a = torch.zeros(2**25)
    b = torch.empty_like(a)
    best = 0.0
    for _ in range(8):
        started = time.perf_counter()
        b.copy_(a)
        best = max(best, 2 * a.numel() * 4 / (time.perf_counter() - started))
    return best


def limit(spec, peak, bandwidth):
    """Seconds per seed and epoch: three products a step (forward, two backward), and seven arrays through memory."""
    size = count(spec, (1, 28, 28))
    arithmetic = 3 * size.operations * SAMPLES / peak
    # Adam reads gradient, weight and two moments, and writes weight and moments.
    traffic = 7 * 4 * size.parameters * (SAMPLES / BATCH) / bandwidth
    return arithmetic + traffic


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the work; rougher figures")
    scale = 0.2 if parser.parse_args().quick else 1.0
    torch.set_num_threads(1)
    with ProcessPoolExecutor(cores(), mp_context=multiprocessing.get_context("spawn")) as pool:
        peak = sum(pool.map(_peak, range(cores())))
        bandwidth = sum(pool.map(_bandwidth, range(cores())))
    console = Console(width=130)
    machine = f"{processor()}, matmul peak {2 * peak / 1e9:.0f} GFLOP/s, copy {bandwidth / 1e9:.1f} GB/s"
    console.print(f"{machine}, torch {torch.__version__}")
    table = Table("network", "way", "s per seed and epoch", "grader is faster by", "of the limit")
    ours(NETWORKS["784-100-10"], 1, 1)  # compiles the loop, once a machine, and imports what torch imports late
    for name, spec in NETWORKS.items():
        small = name != "CNN"
        torch.set_num_threads(cores())  # a notebook has all cores
        measured = {
            "notebook-style loop": notebook_style(spec, int((600 if small else 40) * scale)),
            "tensors in memory": in_memory(spec, int((1200 if small else 40) * scale)),
            "jax.vmap over seeds": with_jax(name, spec, int((1875 if small else 8) * scale) or 2),
        }
        torch.set_num_threads(1)
        mine = ours(spec, SEEDS if small else 2, 3 if small else 1)
        least = limit(spec, peak, bandwidth)
        for way, seconds in (*measured.items(), ("the grader", mine), ("limit", least)):
            if seconds is not None:
                table.add_row(name, way, f"{seconds:.3f}", f"{seconds / mine:.1f}x", f"{least / seconds:.0%}")
        table.add_section()
    console.print(table)


if __name__ == "__main__":
    main()
