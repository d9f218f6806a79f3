"""What a training does at its steps besides following gradients is what a loop by hand does, in float64."""

import copy
import math

import pytest
import torch
from torch import nn, optim
from torch.nn import functional as F

from grader.core.choices import Watched
from grader.core.errors import SubmissionError, UnsupportedError
from grader.core.network import ModelSpec, ParameterGroup, Recipe
from grader.core.steps import Accumulation, Clipping
from grader.network.build import build
from grader.training.plan import TrainingPlan
from grader.training.recipe import check_recipe
from grader.training.samples import Samples
from grader.training.schedule import plateaus, steps
from grader.training.trainers import TRAINERS, choose_trainer

pytestmark = pytest.mark.kernel  # it trains

EPOCHS, BATCHES, BATCH, SIDE = 3, 11, 8, 4
SAMPLES = BATCHES * BATCH - 3  # the last batch is smaller
SPEC = ModelSpec(
    layers=[
        {"type": "Flatten"},
        {"type": "Linear", "settings": {"in_features": SIDE * SIDE, "out_features": 12}},
        {"type": "Tanh"},
        {"type": "Linear", "settings": {"in_features": 12, "out_features": 10}},
    ]
)


def recipe(optimizer=("SGD", {"lr": 0.3, "momentum": 0.9}), groups=(), schedule=None, **more):
    return Recipe.model_validate(
        {
            "loss": {"type": "CrossEntropyLoss"},
            "optimizer": {"type": optimizer[0], "settings": optimizer[1], "groups": groups},
            "schedules": [schedule] if schedule else [],
            "batch_size": BATCH,
            "epochs": EPOCHS,
            "inputs": {"shape": (SIDE * SIDE,), "divide": 16.0},
            **more,
        }
    )


def world():
    torch.manual_seed(3)
    net = build(SPEC).double()
    images = torch.randint(0, 17, (SAMPLES, SIDE, SIDE), dtype=torch.uint8)
    return net, images, torch.randint(0, 10, (SAMPLES,)), torch.randperm(SAMPLES)


def ours(how, stop_after=None):
    """The weights after each epoch; the trainer is made anew after `stop_after` epochs and goes on from its state."""
    net, images, labels, order = world()
    plan = TrainingPlan(spec=SPEC, recipe=how, dataset="digits")
    assert choose_trainer(plan) == "torch-cpu"
    trainer = TRAINERS["torch-cpu"].make(net, plan, Samples(images, labels), 3)
    coming, measured, found = steps(how, BATCHES), None, []
    for epoch in range(EPOCHS):
        trainer.epoch(order, coming.send(measured))
        measured = {watched: trainer.means.of(watched) for watched in plateaus(how)}
        found.append([p.detach().clone() for p in net.parameters()])
        if stop_after == epoch + 1:
            state, weights = copy.deepcopy(trainer.state()), copy.deepcopy(net.state_dict())
            net = build(SPEC).double()
            net.load_state_dict(weights)
            trainer = TRAINERS["torch-cpu"].make(net, plan, Samples(images, labels), 3)
            trainer.restore(state)
    return found


def by_hand(make, train_epoch):
    """The weights after each epoch of a loop as a notebook writes it."""
    net, images, labels, order = world()
    net = nn.Sequential(*net.layers)
    x = (images.float() / 16).double().flatten(1)
    batches = [(x[b], labels[b]) for b in order.split(BATCH)]
    made, found = make(net), []
    for epoch in range(EPOCHS):
        train_epoch(net, made, batches, epoch)
        found.append([p.detach().clone() for p in net.parameters()])
    return found


def assert_same(found, expected):
    for mine, hand in zip(found, expected, strict=True):
        for a, b in zip(mine, hand, strict=True):
            assert torch.allclose(a, b, rtol=1e-9, atol=1e-12)


def sgd(net):
    return optim.SGD(net.parameters(), lr=0.3, momentum=0.9, foreach=False)


def clipped(clip):
    def epoch(net, optimizer, batches, _):
        for x, y in batches:
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            clip(net)
            optimizer.step()

    return epoch


def each_norm(net):
    for p in net.parameters():
        p.grad *= min(1.0, 0.05 / p.grad.norm().item())


def all_norms(net):
    norm = math.sqrt(sum(p.grad.square().sum().item() for p in net.parameters()))
    for p in net.parameters():
        p.grad *= min(1.0, 0.1 / norm)


def one_layer(net):
    nn.utils.clip_grad_norm_(net[1].parameters(), 0.05, norm_type=1)


CLIPPING = {
    "norm": (Clipping(type="clip_grad_norm_", most=0.1), lambda net: nn.utils.clip_grad_norm_(net.parameters(), 0.1)),
    "largest value as norm": (
        Clipping(type="clip_grad_norm_", most=0.02, norm_type=math.inf),
        lambda net: nn.utils.clip_grad_norm_(net.parameters(), 0.02, norm_type="inf"),
    ),
    "value": (
        Clipping(type="clip_grad_value_", most=0.01),
        lambda net: nn.utils.clip_grad_value_(net.parameters(), 0.01),
    ),
    "one layer": (
        Clipping(type="clip_grad_norm_", most=0.05, norm_type=1, parameters=("1.weight", "1.bias")),
        one_layer,
    ),
    "each parameter": (Clipping(type="clipnorm", most=0.05), each_norm),
    "all parameters, exactly": (Clipping(type="global_clipnorm", most=0.1), all_norms),
}


@pytest.mark.parametrize("name", CLIPPING)
def test_gradients_are_clipped(name):
    clipping, clip = CLIPPING[name]
    found = ours(recipe(clipping=[clipping]))
    assert_same(found, by_hand(sgd, clipped(clip)))
    with pytest.raises(AssertionError):  # it does something
        assert_same(found, by_hand(sgd, clipped(lambda net: None)))


def test_clipping_survives_json():
    how = recipe(clipping=[CLIPPING["largest value as norm"][0]])
    assert Recipe.model_validate_json(how.model_dump_json()) == how


def added_up(every, first, counts, rest, scale):
    """A loop that adds gradients up, in the words of notebooks."""
    seen = {"batches": 0}

    def epoch(net, optimizer, batches, _):
        if rest == "dropped":
            optimizer.zero_grad()
        for i, (x, y) in enumerate(batches):
            (F.cross_entropy(net(x), y) * scale).backward()
            seen["batches"] += 1
            number = i + 1 if counts == "epoch" else seen["batches"]
            last = rest == "stepped" and i + 1 == len(batches)
            if (number - first) % every == 0 or last:
                optimizer.step()
                optimizer.zero_grad()

    return epoch


@pytest.mark.parametrize("rest", ["stepped", "kept", "dropped"])
@pytest.mark.parametrize("counts", ["epoch", "training"])
@pytest.mark.parametrize(("every", "first"), [(4, 4), (3, 1), (2, 2)])
def test_gradients_are_added_up(every, first, counts, rest):
    accumulation = Accumulation(every=every, first=first, counts=counts, rest=rest)
    how = recipe(accumulation=accumulation, loss_scale=0.25)
    expected = by_hand(sgd, added_up(every, first, counts, rest, 0.25))
    assert_same(ours(how), expected)
    assert_same(ours(how, stop_after=1), expected)  # what is left of an epoch survives a checkpoint
    assert_same(ours(how, stop_after=2), expected)


def test_schedules_step_with_the_optimiser_where_gradients_are_added_up():
    how = recipe(
        accumulation=Accumulation(every=2, first=2),
        schedule={"type": "ExponentialLR", "settings": {"gamma": 0.8}, "step": "batch"},
    )

    def make(net):
        optimizer = sgd(net)
        return optimizer, optim.lr_scheduler.ExponentialLR(optimizer, 0.8)

    def epoch(net, made, batches, _):
        for i, (x, y) in enumerate(batches):
            F.cross_entropy(net(x), y).backward()
            if i % 2:
                made[0].step()
                made[0].zero_grad()
                made[1].step()

    assert_same(ours(how), by_hand(make, epoch))


GROUPS = (
    ParameterGroup(settings={"lr": 0.01, "weight_decay": 0.1}, parameters=("1.weight", "3.weight")),
    ParameterGroup(settings={"lr": 0.1, "betas": (0.5, 0.9)}, parameters=("1.bias", "3.bias")),
)


def grouped(net):
    weights, biases = [net[1].weight, net[3].weight], [net[1].bias, net[3].bias]
    return optim.AdamW(
        [
            {"params": weights, "lr": 0.01, "weight_decay": 0.1},
            {"params": biases, "lr": 0.1, "betas": (0.5, 0.9), "weight_decay": 0.01},
        ],
        foreach=False,
    )


def plain(net, optimizer, batches, _):
    for x, y in batches:
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()


def test_groups_have_settings_of_their_own():
    found = ours(recipe(("AdamW", GROUPS[0].settings), GROUPS))
    assert_same(found, by_hand(grouped, plain))


def test_a_schedule_changes_the_rate_of_each_group():
    one_cycle = {
        "type": "OneCycleLR",
        "settings": {"max_lr": (0.02, 0.2), "total_steps": EPOCHS * BATCHES},
        "step": "batch",
    }

    def make(net):
        optimizer = grouped(net)
        return optimizer, optim.lr_scheduler.OneCycleLR(optimizer, [0.02, 0.2], total_steps=EPOCHS * BATCHES)

    def epoch(net, made, batches, _):
        for batch in batches:
            plain(net, made[0], [batch], _)
            made[1].step()

    assert_same(ours(recipe(("AdamW", GROUPS[0].settings), GROUPS, one_cycle)), by_hand(make, epoch))


def test_what_no_group_names_stays_as_it_is():
    groups = (ParameterGroup(settings={"lr": 0.1}, parameters=("3.weight", "3.bias")),)
    clip = Clipping(type="clip_grad_norm_", most=0.2)

    def make(net):
        net[1].requires_grad_(False)
        return optim.SGD(net[3].parameters(), lr=0.1, foreach=False)

    expected = by_hand(make, clipped(lambda net: nn.utils.clip_grad_norm_(net.parameters(), 0.2)))
    found = ours(recipe(("SGD", {"lr": 0.1}), groups, clipping=[clip]))
    assert_same(found, expected)
    assert torch.equal(found[0][0], found[-1][0]) and not torch.equal(found[0][2], found[-1][2])


def test_a_group_of_what_is_not_there_is_refused():
    groups = (ParameterGroup(settings={"lr": 0.1}, parameters=("7.weight",)),)
    with pytest.raises(SubmissionError, match=r"7\.weight"):
        ours(recipe(("SGD", {"lr": 0.1}), groups))
    with pytest.raises(SubmissionError, match=r"7\.weight"):
        ours(recipe(clipping=[Clipping(type="clipnorm", most=1.0, parameters=("7.weight",))]))


def test_rates_of_each_epoch():
    rates = ((0.3, 0.1), (0.1, 0.1), (0.05, 0.0))

    def epoch(net, optimizer, batches, number):
        for group, rate in zip(optimizer.param_groups, rates[number], strict=True):
            group["lr"] = rate
        plain(net, optimizer, batches, number)

    how = recipe(("AdamW", GROUPS[0].settings), GROUPS, rates=rates)
    assert_same(ours(how), by_hand(grouped, epoch))


def schedule(kind, step="epoch", parts=(), **given):
    return {"type": kind, "settings": given, "step": step, "parts": list(parts)}


WARM, FALL = schedule("LinearLR", start_factor=0.1, total_iters=2), schedule("ExponentialLR", gamma=0.5)
FACTORS = (1.0, 0.5, 0.2, 0.1)
SCHEDULES = {
    "constant": (schedule("ConstantLR", factor=0.2, total_iters=2), lambda o, s: s.ConstantLR(o, 0.2, total_iters=2)),
    "polynomial": (schedule("PolynomialLR", "batch", total_iters=20, power=2), lambda o, s: s.PolynomialLR(o, 20, 2)),
    "restarts": (
        schedule("CosineAnnealingWarmRestarts", "batch", T_0=5, T_mult=2),
        lambda o, s: s.CosineAnnealingWarmRestarts(o, 5, 2),
    ),
    "cycles": (
        schedule("CyclicLR", "batch", base_lr=0.01, max_lr=0.5, step_size_up=4),
        lambda o, s: s.CyclicLR(o, 0.01, 0.5, step_size_up=4),
    ),
    "factors": (schedule("LambdaLR", factors=FACTORS), lambda o, s: s.LambdaLR(o, FACTORS.__getitem__)),
    "products": (
        schedule("MultiplicativeLR", factors=FACTORS),
        lambda o, s: s.MultiplicativeLR(o, FACTORS.__getitem__),
    ),
    "one after the other": (
        schedule("SequentialLR", parts=[WARM, FALL], milestones=(2,)),
        lambda o, s: s.SequentialLR(o, [s.LinearLR(o, 0.1, total_iters=2), s.ExponentialLR(o, 0.5)], [2]),
    ),
    "together": (
        schedule("ChainedScheduler", "batch", parts=[WARM, FALL]),
        lambda o, s: s.ChainedScheduler([s.LinearLR(o, 0.1, total_iters=2), s.ExponentialLR(o, 0.5)]),
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(name):
    spec, made = SCHEDULES[name]

    def make(net):
        optimizer = sgd(net)
        return optimizer, made(optimizer, optim.lr_scheduler)

    def epoch(net, pair, batches, _):
        for batch in batches:
            plain(net, pair[0], [batch], _)
            if spec["step"] == "batch":
                pair[1].step()
        if spec["step"] == "epoch":
            pair[1].step()

    how = recipe(schedule=spec, clipping=[Clipping(type="clip_grad_norm_", most=9.0)])  # so that torch trains it
    assert_same(ours(how), by_hand(make, lambda net, pair, *more: epoch(net, pair, *more)))


def test_factors_that_end_too_soon_are_the_graders_matter():
    how = recipe(schedule=schedule("LambdaLR", "batch", factors=(1.0, 0.5)), loss_scale=2.0)
    with pytest.raises(UnsupportedError, match="2 steps"):
        ours(how)


@pytest.mark.parametrize(("each", "what"), [("sample", "loss"), ("batch", "loss"), ("batch", "accuracy")])
def test_a_plateau_is_followed_by_its_rule(each, what):
    settings = {"factor": 0.1, "patience": 0, "threshold": 0.5, "mode": "min" if what == "loss" else "max"}
    watched = Watched(what=what, of="training", each=each)
    how = recipe(schedule=schedule("ReduceLROnPlateau", **settings) | {"watched": watched})
    rates = []

    def make(net):
        optimizer = sgd(net)
        return optimizer, optim.lr_scheduler.ReduceLROnPlateau(optimizer, **settings)

    def epoch(net, made, batches, _):
        total = count = 0.0
        for x, y in batches:
            made[0].zero_grad()
            outputs = net(x)
            loss = F.cross_entropy(outputs, y)
            loss.backward()
            made[0].step()
            number = loss.item() if what == "loss" else (outputs.argmax(1) == y).double().mean().item()
            weight = len(y) if each == "sample" else 1
            total, count = total + number * weight, count + weight
        rates.append(made[0].param_groups[0]["lr"])
        made[1].step(total / count)

    assert_same(ours(how), by_hand(make, epoch))
    assert rates[-1] < rates[0]  # it did fall


def test_a_plateau_of_nobody_knows_what_is_not_trained():
    how = recipe(schedule=schedule("ReduceLROnPlateau"))
    with pytest.raises(UnsupportedError, match="ReduceLROnPlateau"):
        check_recipe(how.loss, how.optimizer, how.schedules)
