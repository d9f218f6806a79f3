"""torch's loop, whatever it does to be fast, takes the steps of a loop written by hand: in float64 to nine digits."""

from typing import NamedTuple

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn, optim
from torch.nn import functional as F

from grader.core.network import ModelSpec, Recipe
from grader.network.build import build
from grader.training.plan import TrainingPlan
from grader.training.samples import Samples
from grader.training.schedule import steps
from grader.training.trainers import TRAINERS

pytestmark = pytest.mark.kernel  # it trains

EPOCHS, BATCHES, BATCH, SIDE = 4, 25, 8, 8
SAMPLES = BATCHES * BATCH - 3  # the last batch is smaller
ACTIVATIONS = {
    "ReLU": F.relu, "Tanh": torch.tanh, "Sigmoid": torch.sigmoid, "ELU": F.elu, "GELU": F.gelu, "SiLU": F.silu,
    "SELU": F.selu, "Softplus": F.softplus, "Hardswish": F.hardswish, "Mish": F.mish, "ReLU6": F.relu6,
    "LeakyReLU": F.leaky_relu,
}  # fmt: skip


class Layer(NamedTuple):
    kind: str
    settings: dict = {}
    inputs: tuple[int, ...] | None = None


def mask(p, shape, place, step):
    """The same masks for both loops; whole channels where the shape says so."""
    generator = torch.Generator().manual_seed(1000 * place + step)
    keep = (torch.rand(shape, generator=generator, dtype=torch.float64) >= p).double()
    return keep / (1 - p) if p < 1 else torch.zeros(shape, dtype=torch.float64)


def by_hand(layers, weights, x, step):
    """The forward pass of a training step, in torch's functions."""
    values = {-1: x}
    for place, (kind, chosen, inputs) in enumerate(layers):
        fed = [values[i] for i in inputs or (place - 1,)]
        x, own = fed[0], weights.get(place, [])
        weight, bias = (*own, None, None)[:2]
        if kind == "Conv2d":
            skipped = ("in_channels", "out_channels", "kernel_size", "bias")
            x = F.conv2d(x, weight, bias, **{k: v for k, v in chosen.items() if k not in skipped})
        elif kind == "Linear":
            x = x @ weight.T if bias is None else x @ weight.T + bias
        elif kind in ("BatchNorm1d", "BatchNorm2d"):
            over = [0, 2, 3][: 1 if x.dim() == 2 else 3]
            wide = (1, -1, 1, 1)[: x.dim()]
            centred = x - x.mean(over, keepdim=True)
            x = centred / (centred.square().mean(over, keepdim=True) + 1e-5).sqrt()
            x = x * weight.view(wide) + bias.view(wide)
        elif kind == "LayerNorm":
            centred = x - x.mean(-1, keepdim=True)
            x = centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt() * weight + bias
        elif kind == "Dropout":
            x = x * mask(chosen["p"], x.shape, place, step)
        elif kind == "Dropout2d":
            x = x * mask(chosen["p"], (*x.shape[:2], 1, 1), place, step)
        elif kind == "MaxPool2d":
            x = F.max_pool2d(x, **chosen)
        elif kind == "AvgPool2d":
            x = F.avg_pool2d(x, **chosen)
        elif kind == "Flatten":
            x = x.reshape(len(x), -1)
        elif kind == "Unflatten":
            x = x.reshape(len(x), *chosen["unflattened_size"])
        elif kind == "Add":
            x = fed[0] + fed[1]
        elif kind == "Cat":
            x = torch.cat(fed, 1)
        elif kind in ("Softmax", "LogSoftmax"):
            x = F.softmax(x, 1) if kind == "Softmax" else F.log_softmax(x, 1)
        else:
            x = ACTIVATIONS[kind](x)
        values[place] = x
    return x


def one_hot(labels):
    return F.one_hot(labels, 10).double()


LOSSES = {
    "CrossEntropyLoss": lambda x, y: -F.log_softmax(x, 1)[torch.arange(len(y)), y].mean(),
    "NLLLoss": lambda x, y: -x[torch.arange(len(y)), y].mean(),
    "MSELoss": lambda x, y: (x - one_hot(y)).square().mean(),
    "BCELoss": lambda x, y: -(one_hot(y) * x.log() + (1 - one_hot(y)) * (1 - x).log()).mean(),
    "BCEWithLogitsLoss": lambda x, y: (F.softplus(x) - one_hot(y) * x).mean(),
}


def compare(layers, how):
    """Train both ways; raises AssertionError where a loss or a weight differs by more than 1e-9 of its size."""
    torch.manual_seed(5)
    spec = ModelSpec(layers=[{"type": t, "settings": s, "inputs": i} for t, s, i in layers])
    net = build(spec).double()
    images = torch.randint(0, 17, (SAMPLES, SIDE, SIDE), dtype=torch.uint8)
    labels = torch.randint(0, 10, (SAMPLES,))
    order = torch.randperm(SAMPLES)
    weights = {
        i: [p.detach().clone().requires_grad_() for p in layer.parameters(recurse=False)]
        for i, layer in enumerate(net.layers)
    }
    now = {"step": 0}
    for place, layer in enumerate(net.layers):
        if isinstance(layer, nn.Dropout | nn.Dropout2d):
            whole = isinstance(layer, nn.Dropout2d)
            layer.forward = lambda x, layer=layer, place=place, whole=whole: (
                x * mask(layer.p, (*x.shape[:2], 1, 1) if whole else x.shape, place, now["step"])
            )
    net.register_forward_hook(lambda *_: now.update(step=now["step"] + 1))
    plan = TrainingPlan(spec=spec, recipe=how, dataset="digits")
    trainer = TRAINERS["torch-cpu"].make(net, plan, Samples(images, labels), 5)
    ours = [trainer.epoch(order, plan) for plan in steps(how, BATCHES)]

    parameters = [p for own in weights.values() for p in own]
    optimizer = getattr(optim, how.optimizer.type)(parameters, foreach=False, **how.optimizer.settings)
    schedulers = [(s.step, getattr(optim.lr_scheduler, s.type)(optimizer, **s.settings)) for s in how.schedules]
    x = (images.float() / how.inputs.divide - how.inputs.mean) / how.inputs.std
    x = x.double().unsqueeze(1)
    theirs, step = [], 0
    for _ in range(EPOCHS):
        total = 0.0
        for batch in order.split(BATCH):
            optimizer.zero_grad()
            loss = LOSSES[how.loss.type](by_hand(layers, weights, x[batch], step), labels[batch])
            loss.backward()
            optimizer.step()
            for when, scheduler in schedulers:
                if when == "batch":
                    scheduler.step()
            total, step = total + loss.item() * len(batch), step + 1
        for when, scheduler in schedulers:
            if when == "epoch":
                scheduler.step()
        theirs.append(total / SAMPLES)
    assert ours == pytest.approx(theirs, rel=1e-9)
    for mine, hand in zip(net.parameters(), parameters, strict=True):
        scale = hand.detach().abs().max().clamp_min(1e-2)
        assert ((mine - hand).abs().max() / scale).item() < 1e-9


def recipe(optimizer=("SGD", {"lr": 0.05}), loss="CrossEntropyLoss", schedule=None):
    return Recipe.model_validate(
        {
            "loss": {"type": loss},
            "optimizer": {"type": optimizer[0], "settings": optimizer[1]},
            "schedules": [schedule] if schedule else [],
            "batch_size": BATCH,
            "epochs": EPOCHS,
            "inputs": {"shape": (1, SIDE, SIDE), "divide": 16.0, "mean": 0.3, "std": 0.4},
        }
    )


def conv(a, b, **more):
    return Layer("Conv2d", {"in_channels": a, "out_channels": b, "kernel_size": 3} | more)


def linear(a, b):
    return Layer("Linear", {"in_features": a, "out_features": b})


SMALL = (conv(1, 4), Layer("ReLU"), Layer("MaxPool2d", {"kernel_size": 2}), Layer("Flatten"), linear(36, 10))
OPTIMIZERS = {
    "SGD": {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    "Adam": {"lr": 0.01, "weight_decay": 0.1},
    "Adam with amsgrad": {"lr": 0.01, "amsgrad": True},
    "AdamW": {"lr": 0.01, "weight_decay": 0.5, "betas": (0.8, 0.9)},
    "RMSprop": {"lr": 0.01, "momentum": 0.5, "weight_decay": 0.01, "centered": True},
    "Adagrad": {"lr": 0.05, "lr_decay": 0.01, "weight_decay": 0.01, "initial_accumulator_value": 0.1},
    "Adadelta": {"lr": 1.0, "rho": 0.8, "weight_decay": 0.01},
    "NAdam": {"lr": 0.01, "momentum_decay": 0.01, "weight_decay": 0.01},
    "RAdam": {"lr": 0.01, "weight_decay": 0.01},
    "Adamax": {"lr": 0.01, "weight_decay": 0.01},
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimiser(name):
    compare(SMALL, recipe((name.split()[0], OPTIMIZERS[name])))


def schedule(kind, step="epoch", **given):
    return {"type": kind, "settings": given, "step": step}


SCHEDULES = [
    schedule("StepLR", step_size=2, gamma=0.3),
    schedule("StepLR", "batch", step_size=30, gamma=0.3),
    schedule("MultiStepLR", milestones=(1, 3), gamma=0.3),
    schedule("ExponentialLR", gamma=0.7),
    schedule("ExponentialLR", "batch", gamma=0.99),
    schedule("CosineAnnealingLR", T_max=EPOCHS, eta_min=0.001),
    schedule("CosineAnnealingLR", "batch", T_max=EPOCHS * BATCHES),
    schedule("LinearLR", "batch", start_factor=0.1, total_iters=20),
    schedule("OneCycleLR", "batch", max_lr=0.1, total_steps=EPOCHS * BATCHES),
]


@pytest.mark.parametrize(
    "optimizer", [("SGD", {"lr": 0.05, "momentum": 0.9}), ("NAdam", {"lr": 0.01})], ids=["SGD", "NAdam"]
)
@pytest.mark.parametrize("given", SCHEDULES, ids=lambda s: f"{s['type']} a {s['step']}")
def test_every_schedule(given, optimizer):
    compare(SMALL, recipe(optimizer, schedule=given))


ENDS = [
    ((), "CrossEntropyLoss"),
    ((Layer("Softmax", {"dim": 1}),), "CrossEntropyLoss"),
    ((Layer("LogSoftmax", {"dim": 1}),), "NLLLoss"),
    ((Layer("Softmax", {"dim": 1}),), "MSELoss"),
    ((Layer("Sigmoid"),), "BCELoss"),
    ((), "BCEWithLogitsLoss"),
]


@pytest.mark.parametrize(("end", "loss"), ENDS, ids=lambda x: x if isinstance(x, str) else "".join(e.kind for e in x))
def test_every_loss(end, loss):
    compare((*SMALL, *end), recipe(("Adam", {"lr": 0.01}), loss))


@st.composite
def networks(draw):
    """Convolutions, pools, norms, dropout and branches on one 8 by 8 image, then dense layers to ten outputs."""
    layers, channels, side = [], 1, SIDE
    activation = st.sampled_from([*ACTIVATIONS]).map(Layer)
    probability = st.sampled_from([0.0, 0.3, 1.0])
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["conv", "norm", "max", "average", "dropout", "add", "cat"]))
        if kind in ("conv", "norm"):
            kernel, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 2))
            stride, padding = draw(st.integers(1, 2)), draw(st.integers(0, kernel // 2))
            out, groups = draw(st.sampled_from([(channels, channels), (channels * 2, channels), (3, 1), (4, 1)]))
            fits = side + 2 * padding - dilation * (kernel - 1)
            if fits < 1:
                continue
            layers.append(
                conv(channels, out, kernel_size=kernel, stride=stride, padding=padding, dilation=dilation,
                     groups=groups, bias=kind == "conv")
            )  # fmt: skip
            channels, side = out, (fits - 1) // stride + 1
            # No bias before a norm: its gradient is nought but rounding, which some optimisers blow up.
            layers += [Layer("BatchNorm2d", {"num_features": channels})] if kind == "norm" else []
            layers.append(draw(activation))
        elif kind in ("max", "average") and side >= 4:
            layers.append(Layer("MaxPool2d" if kind == "max" else "AvgPool2d", {"kernel_size": 2}))
            side //= 2
        elif kind == "dropout":
            layers.append(Layer("Dropout2d", {"p": draw(probability)}))
        elif kind in ("add", "cat") and layers:
            before = len(layers) - 1
            layers.append(draw(activation))
            layers.append(Layer("Add" if kind == "add" else "Cat", inputs=(before, before + 1)))
            channels *= 1 if kind == "add" else 2
    layers.append(Layer("Flatten"))
    width = channels * side * side
    for _ in range(draw(st.integers(0, 2))):
        out = draw(st.integers(4, 12))  # a norm of two values is a constant, its gradient rounding
        layers.append(linear(width, out))
        extra = draw(st.sampled_from(["", "LayerNorm", "Dropout"]))
        layers += [Layer("LayerNorm", {"normalized_shape": out})] if extra == "LayerNorm" else []
        layers.append(draw(activation))
        layers += [Layer("Dropout", {"p": draw(probability)})] if extra == "Dropout" else []
        width = out
    return (*layers, linear(width, 10))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks(), st.sampled_from([("SGD", OPTIMIZERS["SGD"]), ("AdamW", OPTIMIZERS["AdamW"]), ("Adadelta", {})]))
def test_any_network(layers, optimizer):
    compare(layers, recipe(optimizer))


def test_images_made_of_vectors():
    back = Layer("Unflatten", {"dim": 1, "unflattened_size": (1, 8, 8)})
    compare((Layer("Flatten"), linear(64, 64), back, *SMALL), recipe())
