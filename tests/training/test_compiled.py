"""The compiled loop takes the same steps as torch: in float64 to nine digits after a hundred of them."""

import copy
import math
import platform
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.core.network import InputSpec, LayerSpec, LossSpec, ModelSpec, OptimizerSpec, Recipe, ScheduleSpec
from grader.guest.layers import LAYERS, CompiledOp
from grader.network.build import build
from grader.training.lane import train_lane
from grader.training.plan import TrainingPlan
from grader.training.recipe import Loss, make_optimizer, make_schedules
from grader.training.samples import Samples
from grader.training.schedule import steps
from grader.training.trainers import choose_trainer, compiled

pytestmark = pytest.mark.kernel  # it compiles and trains

STEPS, BATCH, WIDTH = 100, 16, 40


@pytest.fixture(autouse=True)
def _needs_a_compiler():
    if compiled.compiled() is None:
        pytest.skip("no C++ compiler: torch trains everything")


def layer(kind, **setting):
    return LayerSpec(type=kind, settings=setting)


def network(widths, between=("ReLU",), end=(), first=()):
    layers = [layer("Flatten"), *first]
    for i, (a, b) in enumerate(zip((WIDTH, *widths), widths, strict=False)):
        layers += [copy.deepcopy(between[(i - 1) % len(between)])] if i else []
        layers.append(layer("Linear", in_features=a, out_features=b))
    return ModelSpec(layers=(*(x if isinstance(x, LayerSpec) else layer(x) for x in layers), *end))


def recipe(optimizer="SGD", loss="CrossEntropyLoss", schedules=(), inputs=None, batch=BATCH, epochs=1, **changes):
    return Recipe(
        loss=LossSpec(type=loss, settings=changes.pop("loss_settings", {})),
        optimizer=OptimizerSpec(type=optimizer, settings={"lr": 0.01, **changes}),
        schedules=schedules,
        batch_size=batch,
        epochs=epochs,
        inputs=inputs or InputSpec(shape=(WIDTH,), divide=255),
    )


def data(samples, seed=0):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (samples, WIDTH), dtype=torch.uint8, generator=generator)
    images[torch.rand(samples, WIDTH, generator=generator) < 0.6] = 0
    return images, torch.randint(0, 10, (samples,), generator=generator)


def plan(spec, how):
    return TrainingPlan(spec=spec, recipe=how, dataset="digits")


def chosen(spec, how):
    return choose_trainer(plan(spec, how))


def masks(seed, step, op, count, p, batch, width, largest):
    """Dropout's masks, from the documented generator: splitmix64 of a counter."""
    counter = (step * count + op) * largest * width + np.arange(batch * width)
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15) * (counter.astype(np.uint64) + np.uint64(1))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    uniform = (z >> np.uint64(11)).astype(np.float64) * 2.0**-53
    keep = 1 / (1 - p) if p < 1 else 0.0
    return torch.from_numpy(np.where(uniform < p, 0.0, keep).reshape(batch, width))


def plain_loop(net, recipe, images, labels, order, seed):
    """The same training by torch alone, written as a student would; returns the mean loss."""
    layers = [m for m in net.layers if not isinstance(m, nn.Flatten)]  # the images are flat already
    loss_of = Loss(recipe.loss)
    optimizer = make_optimizer(recipe.optimizer, net.named_weights())
    schedules = make_schedules(recipe.schedules, optimizer)
    total = 0.0
    for step, batch in enumerate(order.split(recipe.batch_size)):
        spec = recipe.inputs
        x = ((images[batch].double() / spec.divide) - spec.mean) / spec.std
        for op, module in enumerate(layers):
            if isinstance(module, nn.Dropout):
                x = x * masks(seed, step, op, len(layers), module.p, len(batch), x.shape[1], recipe.batch_size)
            else:
                x = module(x)
        optimizer.zero_grad()
        loss = loss_of(x, labels[batch])
        loss.backward()
        optimizer.step()
        for schedule, scheduler in schedules:
            if schedule.step == "batch":
                scheduler.step()
        total += loss.item() * len(batch)
    return total / len(order)


def assert_same_training(spec, recipe, samples=STEPS * BATCH - 5, seed=3):
    torch.manual_seed(seed)
    net = build(spec).double()
    other = copy.deepcopy(net)
    images, labels = data(samples)
    order = torch.randperm(samples)
    assert chosen(spec, recipe) == "compiled"
    trainer = compiled.CompiledLoop(net, recipe, Samples(images, labels), seed, torch.float64)
    (settings_of_steps,) = steps(recipe, math.ceil(samples / recipe.batch_size))
    loss = trainer.epoch(order, settings_of_steps)
    expected = plain_loop(other, recipe, images, labels, order, seed)
    assert loss == pytest.approx(expected, rel=1e-9)
    for ours, theirs in zip(net.parameters(), other.parameters(), strict=True):
        scale = theirs.abs().max().clamp_min(1e-3)
        assert ((ours - theirs).abs().max() / scale).item() < 1e-9


NORMALISED = InputSpec(shape=(WIDTH,), divide=255, mean=0.1307, std=0.3081)
CASES = {
    "SGD": recipe(),
    "SGD, momentum": recipe(momentum=0.9),
    "SGD, Nesterov, decay": recipe(momentum=0.9, nesterov=True, weight_decay=0.01),
    "SGD, dampening": recipe(momentum=0.9, dampening=0.2),
    "Adam": recipe("Adam"),
    "Adam, decay, betas": recipe("Adam", weight_decay=0.1, betas=(0.8, 0.95), eps=1e-6),
    "AdamW": recipe("AdamW", weight_decay=0.1),
    "RMSprop": recipe("RMSprop"),
    "RMSprop, momentum": recipe("RMSprop", momentum=0.5, weight_decay=0.01, alpha=0.9),
    "normalised inputs": recipe("Adam", inputs=NORMALISED),
    "one cycle, which moves the momentum too": recipe(
        schedules=(ScheduleSpec(type="OneCycleLR", settings={"max_lr": 0.1, "total_steps": STEPS}, step="batch"),),
        momentum=0.9,
    ),
    "one cycle of Adam": recipe(
        "Adam",
        schedules=(ScheduleSpec(type="OneCycleLR", settings={"max_lr": 0.01, "total_steps": STEPS}, step="batch"),),
    ),
    "label smoothing": recipe(loss_settings={"label_smoothing": 0.1}),
    "mean squared error": recipe(loss="MSELoss"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_hundred_steps_agree_with_torch(name):
    assert_same_training(network((24, 10)), CASES[name])


ENDS = {
    "cross entropy on softmax": ((layer("Softmax", dim=1),), "CrossEntropyLoss"),
    "NLL on log-softmax": ((layer("LogSoftmax", dim=1),), "NLLLoss"),
    "squared error on a sigmoid": ((layer("Sigmoid"),), "MSELoss"),
}


@pytest.mark.parametrize("name", ENDS)
def test_the_ends_of_a_network_agree_with_torch(name):
    end, loss = ENDS[name]
    assert_same_training(network((24, 10), end=end), recipe("Adam", loss))


activation = st.sampled_from(
    [
        *(layer(kind) for kind in ("ReLU", "Tanh", "Sigmoid")),
        layer("LeakyReLU", negative_slope=0.2),
        *(layer("Dropout", p=p) for p in (0.0, 0.3, 1.0)),
    ]
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(1, 33), max_size=3),
    st.lists(activation, min_size=1, max_size=3),
    st.sampled_from(["SGD", "Adam", "AdamW", "RMSprop"]),
    st.sampled_from([InputSpec(shape=(WIDTH,), divide=255), NORMALISED]),
    st.integers(1, 19),
    st.sampled_from([(), *((layer("Dropout", p=p),) for p in (0.0, 0.3, 1.0))]),
)
def test_any_chain_agrees_with_torch(widths, between, optimizer, inputs, rest, first):
    # The count of samples leaves a rest: the last batch is smaller.
    spec = network((*widths, 10), between=tuple(between), first=first)
    assert_same_training(spec, recipe(optimizer, inputs=inputs), samples=20 * BATCH + rest)


@pytest.mark.parametrize("inputs", [InputSpec(shape=(WIDTH,), divide=255), NORMALISED], ids=["zeros", "normalised"])
@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 1.0])
def test_dropout_of_the_inputs_agrees_with_torch(p, inputs):
    spec = network((24, 10), between=("ReLU", layer("Dropout", p=0.2)), first=(layer("Dropout", p=p),))
    assert_same_training(spec, recipe("Adam", inputs=inputs))


def test_a_flatten_where_all_is_flat_changes_nothing():
    flatten, dropout = layer("Flatten"), layer("Dropout", p=0.2)
    spec = network((24, 10), between=("ReLU", dropout))
    inputs = InputSpec(shape=(1, 5, WIDTH // 5), divide=255)
    _, *rest = spec.layers
    for layers in ((dropout, flatten, *rest), (flatten, dropout, flatten, *rest[:2], flatten, *rest[2:])):
        assert_same_training(ModelSpec(layers=layers), recipe("Adam", inputs=inputs))


# What a machine without the widest vectors of this one would compile.
WIDTHS = {"as here": ((), 64), "without AVX-512": (("-mno-avx512f",), 32), "without AVX": (("-mno-avx",), 16)}


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the flags are those of x86")
@pytest.mark.parametrize(("flags", "most"), WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("inputs", [InputSpec(shape=(WIDTH,), divide=255), NORMALISED], ids=["zeros", "normalised"])
def test_every_width_of_vectors_agrees_with_torch(flags, most, inputs, monkeypatch):
    monkeypatch.setattr(compiled, "_FLAGS", (*compiled._FLAGS, *flags))
    library = compiled.compiled.__wrapped__()
    assert library is not None and library.vector_bytes() <= most
    monkeypatch.setattr(compiled, "compiled", lambda: library)
    # Wider and deeper than a panel, and no multiple of a vector, a tile or a panel.
    spec = network((150, 203, 10), between=("ReLU", layer("Dropout", p=0.2)))
    assert_same_training(spec, recipe("Adam", inputs=inputs, batch=150), samples=20 * 150 - 31)


def test_the_operations_are_numbered_as_in_the_source():
    names = re.search(r"enum Kind : int32_t \{ (.*) \};", Path(compiled.__file__).with_name("dense.cpp").read_text())[1]
    assert [(op.name, op.value) for op in CompiledOp] == [(name, i) for i, name in enumerate(names.split(", "))]
    assert sorted(entry.compiled for entry in LAYERS.values() if entry.compiled is not None) == list(CompiledOp)


def test_what_the_loop_cannot_train_is_left_to_torch():
    good = network((24, 10))
    assert chosen(good, recipe()) == "compiled"
    for spec, what in (
        (network((24, 10), between=("GELU",)), recipe()),
        (good, recipe("Adagrad")),
        (good, recipe("Adam", amsgrad=True)),
        (good, recipe(loss_settings={"reduction": "sum"})),
        (ModelSpec(layers=(*good.layers, LayerSpec(type="Add", inputs=(1, 3)))), recipe()),
        (network((130_000, 10)), recipe()),
        (network((24, 10), first=(layer("Dropout", p=0.1), layer("ReLU"))), recipe()),
        (network((24, 10), first=(layer("Dropout", p=0.1), layer("Dropout", p=0.1))), recipe()),
        (network((24, 10)), recipe(inputs=InputSpec(shape=(1, WIDTH + 1)))),
        (ModelSpec(layers=good.layers[1:]), recipe(inputs=InputSpec(shape=(2, WIDTH)))),
        (good, recipe("Adam", eps=0)),
        (good, recipe(inputs=InputSpec(shape=(WIDTH,), mean=(0.1, 0.2, 0.3)))),
        (good, recipe(inputs=InputSpec(shape=(WIDTH,), std=(0.1, 0.2, 0.3)))),
        (good, recipe(inputs=InputSpec(shape=(WIDTH,), channels_last=True))),
    ):
        assert chosen(spec, what) == "torch-cpu"


def test_shared_layers_are_left_to_torch():
    spec = network((WIDTH, 10))
    again = LayerSpec(type="Linear", settings=spec.layers[1].settings, shares=1)
    shared = ModelSpec(layers=(*spec.layers[:2], again, *spec.layers[2:]))
    assert chosen(shared, recipe()) == "torch-cpu"


def test_a_training_without_the_compiled_loop_ends_where_one_with_it_does(monkeypatch):
    spec = ModelSpec(
        layers=(
            layer("Linear", in_features=64, out_features=40),
            layer("ReLU"),
            layer("Linear", in_features=40, out_features=10),
        )
    )
    what = recipe("Adam", inputs=InputSpec(shape=(64,), divide=16), batch=32, epochs=5)
    with_loop = train_lane(plan(spec, what), 0)
    monkeypatch.setattr(compiled, "compiled", lambda: None)
    by_torch = train_lane(plan(spec, what), 0)
    for ours, theirs in zip(with_loop.curve, by_torch.curve, strict=True):
        assert ours.loss == pytest.approx(theirs.loss, rel=1e-3)
        assert ours.accuracy == pytest.approx(theirs.accuracy, abs=0.01)


def test_a_loss_that_becomes_infinite_is_told():
    spec = ModelSpec(layers=(layer("Linear", in_features=64, out_features=10),))
    how = recipe(lr=1e38, inputs=InputSpec(shape=(64,), divide=0.001), epochs=3)
    lane = train_lane(plan(spec, how), 0)
    assert lane.diverged
