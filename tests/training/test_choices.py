"""Rules that end a training and keep an epoch, and images changed at random: as plain loops do both, and resumable."""

import copy
import os
import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from small_networks import MLP, linear, spec_of
from torch.nn import functional as F
from torchvision import transforms
from torchvision.transforms import v2

from grader.core.choices import EpochRule
from grader.core.network import Recipe
from grader.datasets import load_dataset
from grader.guest.rules import best_epoch, ends
from grader.network.build import build
from grader.training.decision import Rule
from grader.training.lane import RunningLane, train_lane
from grader.training.plan import TrainingPlan
from grader.training.retrain import retrain
from grader.training.samples import Data
from grader.training.trainers import choose_trainer

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("one_thread")]  # it trains

DIGITS = load_dataset("digits")
IMAGES, LABELS = torch.tensor(DIGITS.train.images), torch.tensor(DIGITS.train.labels).long()


DROPS = spec_of(("Flatten", {}), linear(64, 16), ("ReLU", {}), ("Dropout", {"p": 0.3}), linear(16, 10))
NORMS = spec_of(("Flatten", {}), linear(64, 16), ("BatchNorm1d", {"num_features": 16}), ("ReLU", {}), linear(16, 10))


def recipe(**changes):
    usual = {
        "loss": {"type": "CrossEntropyLoss"},
        "optimizer": {"type": "SGD", "settings": {"lr": 0.5}},
        "batch_size": 32,
        "epochs": 30,
        "inputs": {"shape": (8, 8), "divide": 16.0},
        "train_samples": 700,
        "held_out": 130,
    }
    return Recipe.model_validate(usual | changes)


def rule(what="loss", of="validation", better="lower", each="sample", **more):
    watched = {"what": what, "of": of, "each": each, "batch_size": more.pop("batch_size", None)}
    return {"watched": watched, "better": better} | more


def plan(spec, how):
    return TrainingPlan(spec=spec, recipe=how, dataset="digits")


# Each rule, and the same by hand: what ends the training, and what is kept.


def by_hand(net, how, seed, watch, better, patience):
    """A loop as students write it: (epochs trained, losses, accuracy of the network that is kept, of the last)."""
    order = torch.Generator().manual_seed(seed)
    drawn = torch.randperm(len(LABELS), generator=order)
    ours, held = drawn[:700], drawn[700:830]
    tests = torch.tensor(DIGITS.test.images) / 16, torch.tensor(DIGITS.test.labels).long()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    best, best_state, waited, losses = None, None, 0, []
    for _ in range(how.epochs):
        net.train()
        running = []
        for batch in ours[torch.randperm(700, generator=order)].split(32):
            optimizer.zero_grad()
            outputs = net(IMAGES[batch] / 16)
            loss = F.cross_entropy(outputs, LABELS[batch])
            loss.backward()
            optimizer.step()
            running.append((loss.item(), (outputs.argmax(1) == LABELS[batch]).sum().item(), len(batch)))
        losses.append(sum(loss * size for loss, _, size in running) / 700)
        net.eval()
        with torch.no_grad():
            value = watch(net, IMAGES[held] / 16, LABELS[held], running)
        if best is None or better(value, best):
            best, waited, best_state = value, 0, copy.deepcopy(net.state_dict())
        else:
            waited += 1
            if patience is not None and waited >= patience:
                break
    last = (net(tests[0]).argmax(1) == tests[1]).float().mean().item()
    net.load_state_dict(best_state)
    net.eval()
    return len(losses), losses, (net(tests[0]).argmax(1) == tests[1]).float().mean().item(), last


def batch_means(net, x, y, _):
    parts = list(zip(x.split(50), y.split(50), strict=True))
    return sum(F.cross_entropy(net(a), b).item() for a, b in parts) / len(parts)


def lower(value, best):
    return value < best


def higher(value, best):
    return value > best


# name: (rule, what the loop looks at, what it calls better)
RULES = {
    "the loss of what is held out": (rule(), lambda net, x, y, _: F.cross_entropy(net(x), y).item(), lower),
    "its mean over batches": (rule(each="batch", batch_size=50), batch_means, lower),
    "its accuracy": (
        rule("accuracy", better="higher"),
        lambda net, x, y, _: (net(x).argmax(1) == y).float().mean().item(), higher,
    ),
    "as good is good enough": (
        rule("accuracy", better="higher", ties=True),
        lambda net, x, y, _: (net(x).argmax(1) == y).float().mean().item(), lambda value, best: value >= best,
    ),
    "by a margin": (
        rule(min_delta=0.02),
        lambda net, x, y, _: F.cross_entropy(net(x), y).item(), lambda value, best: value < best - 0.02,
    ),
    "the loss of the epoch's batches": (
        rule(of="training", min_delta=0.01, each="batch"),
        lambda *given: sum(loss for loss, *_ in given[3]) / len(given[3]), lambda value, best: value < best - 0.01,
    ),
    "the accuracy of the epoch's batches": (
        rule("accuracy", "training", "higher"), lambda *given: sum(right for _, right, _ in given[3]) / 700, higher,
    ),
}  # fmt: skip


@pytest.mark.parametrize("spec", [MLP, NORMS], ids=["dense", "with a norm"])
@pytest.mark.parametrize("name", RULES)
def test_a_rule_ends_and_keeps_as_a_plain_loop_does(name, spec):
    given_rule, watch, better = RULES[name]
    for stops, keeps in ((2, False), (None, True), (2, True)):
        changes = {"stopping": {**given_rule, "patience": stops}} if stops else {"epochs": 8}
        how = recipe(**changes, **({"keeping": given_rule} if keeps else {}))
        lane = train_lane(plan(spec, how), 7)
        torch.manual_seed(7)
        epochs, losses, kept, last = by_hand(build(spec), how, 7, watch, better, stops)
        assert len(lane.curve) == epochs < 30
        assert [point.loss for point in lane.curve] == pytest.approx(losses, rel=1e-4)
        assert lane.accuracy == pytest.approx(kept if keeps else last, abs=0.006)
        assert lane.accuracy == lane.curve[(lane.kept_epoch or 0) - 1].accuracy
        assert (lane.kept_epoch is not None) == keeps


NUMBERS = st.integers(0, 12).map(lambda n: n / 4)


@settings(deadline=None)  # the first case imports Keras
@given(
    st.lists(NUMBERS, min_size=1, max_size=12), st.sampled_from(["min", "max"]), st.integers(0, 4),
    st.sampled_from([0.0, 0.25]), st.none() | NUMBERS, st.integers(0, 3),
)  # fmt: skip
def test_a_rule_is_what_keras_does(values, mode, patience, min_delta, baseline, start):
    os.environ["KERAS_BACKEND"] = "torch"
    keras = pytest.importorskip("keras", reason="the extra [keras] is not installed")
    stops = keras.callbacks.EarlyStopping(
        "value", min_delta, patience, mode=mode, baseline=baseline, restore_best_weights=True, start_from_epoch=start
    )

    class Model:  # what a callback asks of a model
        stop_training, weights = False, None

        def get_weights(self):
            return self.now

        def set_weights(self, weights):
            self.weights = weights

    model = Model()
    stops.set_model(model)
    stops.on_train_begin()
    for epoch, value in enumerate(values):
        model.now = epoch
        stops.on_epoch_end(epoch, {"value": value})
        if model.stop_training:
            break
    stops.on_train_end()
    ours = EpochRule.model_validate(
        rule(
            better="lower" if mode == "min" else "higher", min_delta=min_delta, patience=patience, start=start,
            baseline=baseline,
        )
    )  # fmt: skip
    seen = values[: epoch + 1]
    assert ends(ours, seen) == model.stop_training and not ends(ours, seen[:-1])
    assert best_epoch(ours, seen) == model.weights


def test_what_is_no_number_is_never_the_best():
    ours = EpochRule.model_validate(rule(patience=2))
    assert best_epoch(ours, [float("nan"), 1.0, float("nan")]) == 1
    assert ends(ours, [1.0, float("nan"), float("nan")]) and best_epoch(ours, [float("nan")]) is None


# Images, each made by torchvision's own transforms.


def written(kind, v2=False, parts=(), **settings):
    return {"type": kind, "settings": settings, "v2": v2, "parts": list(parts)}


NEW = [written("ToImage", True), written("ToDtype", True, dtype="float32", scale=True)]
TENSOR, SCALED = written("ToTensor"), written("Normalize", mean=(0.02,), std=(0.03,))
# name: (as it is written, as a notebook has it)
CHANGES = {
    "turned": ([written("RandomRotation", degrees=(-10.0, 10.0))], [transforms.RandomRotation(10)]),
    "moved": (
        [written("RandomAffine", degrees=(0.0, 0.0), translate=(0.1, 0.1), scale=(0.9, 1.1), interpolation="bilinear")],
        [transforms.RandomAffine(0, (0.1, 0.1), (0.9, 1.1), interpolation=transforms.InterpolationMode.BILINEAR)],
    ),
    "cropped and flipped": (
        [written("RandomCrop", size=(8, 8), padding=2), written("RandomHorizontalFlip", p=0.5)],
        [transforms.RandomCrop(8, padding=2), transforms.RandomHorizontalFlip()],
    ),
    "at times": (
        [written("RandomApply", parts=[written("GaussianBlur", kernel_size=(3, 3), sigma=(0.1, 2.0))], p=0.3)],
        [transforms.RandomApply([transforms.GaussianBlur(3)], 0.3)],
    ),
    "one of several": (
        [written("RandomChoice", parts=[written("RandomRotation", degrees=(-9.0, 9.0)), written("RandomInvert")])],
        [transforms.RandomChoice([transforms.RandomRotation(9), transforms.RandomInvert()])],
    ),
    "resized": ([written("Resize", size=8), written("CenterCrop", size=(8, 8))],
                [transforms.Resize(8), transforms.CenterCrop(8)]),
}  # fmt: skip


def mean_losses(net, made, how, seed):
    """The losses of a plain loop over a torchvision-like data set, from the random numbers that a lane has."""
    order = torch.Generator().manual_seed(seed)
    ours = torch.randperm(len(LABELS), generator=order)[:200]
    pictures = [Image.fromarray(image.numpy(), mode="L") for image in IMAGES]
    optimizer, losses = torch.optim.SGD(net.parameters(), lr=0.5), []
    for _ in range(how.epochs):
        net.train()
        total = 0.0
        for batch in ours[torch.randperm(200, generator=order)].split(32):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(torch.stack([made(pictures[i]) for i in batch])), LABELS[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / 200)
    return losses


@pytest.mark.parametrize("new", [False, True], ids=["v1", "v2"])
@pytest.mark.parametrize("name", CHANGES)
def test_images_are_changed_as_torchvision_does(name, new):
    steps, theirs = CHANGES[name]
    ends_in = [*NEW, {**SCALED, "v2": True}] if new else [TENSOR, SCALED]
    if new:
        steps = [{**step, "v2": True, "parts": [{**part, "v2": True} for part in step["parts"]]} for step in steps]
        theirs = [again(step) for step in theirs]
    last = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize((0.02,), (0.03,))]
    made = v2.Compose([*theirs, *last]) if new else transforms.Compose(
        [*theirs, transforms.ToTensor(), transforms.Normalize((0.02,), (0.03,))]
    )  # fmt: skip
    plain = ends_in if name != "resized" else [*steps, *ends_in]
    images = {"training": [*steps, *ends_in], "testing": plain}
    how = recipe(images=images, train_samples=200, held_out=None, epochs=3)
    running = RunningLane(plan(MLP, how), choose_trainer(plan(MLP, how)), Data.of(DIGITS), 7)
    drawing = running.trainer.state()["drawing"]
    torch.manual_seed(7)
    net = build(MLP)
    random.setstate(drawing["python"])
    torch.set_rng_state(running.trainer.state()["numbers"])
    expected = mean_losses(net, made, how, 7)
    while not running.finished:
        running.advance()
    assert [point.loss for point in running.curve] == pytest.approx(expected, rel=1e-4)
    clean = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.02,), (0.03,))])
    tests = torch.stack([clean(Image.fromarray(image, mode="L")) for image in DIGITS.test.images])
    net.eval()
    right = (net(tests).argmax(1) == torch.tensor(DIGITS.test.labels)).float().mean().item()
    assert running.lane().accuracy == pytest.approx(right, abs=0.006)


def again(step):
    """The same transform of `v2`."""
    kind = getattr(v2, type(step).__name__)
    if isinstance(step, transforms.RandomApply):
        return kind([again(part) for part in step.transforms], step.p)
    if isinstance(step, transforms.RandomChoice):
        return kind([again(part) for part in step.transforms])
    names = ("degrees", "translate", "scale", "interpolation", "size", "padding", "p", "kernel_size", "sigma")
    return kind(**{name: getattr(step, name) for name in names if hasattr(step, name)})


UNKNOWN = {
    "a transform that is none": [written("rm_rf"), TENSOR],
    "a setting that is not known": [written("RandomRotation", degrees=10, turbo=True), TENSOR],
    "an image of a terabyte": [written("Resize", size=(10**6, 10**6)), TENSOR],
    "an image that grows": [*[written("Pad", padding=900)] * 3, TENSOR],
    "a word for degrees": [written("RandomRotation", degrees="many"), TENSOR],
    "no tensor at the end": [written("RandomRotation", degrees=10)],
    "another size": [written("Resize", size=(16, 16)), TENSOR],
    "a crop that is too large": [written("RandomCrop", size=(30, 30)), TENSOR],
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_torchvision_cannot_do_is_no_fault_of_the_student(name):
    how = recipe(images={"training": UNKNOWN[name], "testing": [TENSOR]})
    found = retrain(plan(MLP, how), threshold=0.5, rule=Rule(planned=1), fresh=True)
    assert found.lanes == () and found.obstacle and found.fault == "grader"


def test_more_than_there_is_cannot_be_held_out():
    for changes in ({"held_out": 800}, {"held_out": None}):
        how = recipe(stopping=rule(patience=2), **changes)
        found = retrain(plan(MLP, how), threshold=0.5, rule=Rule(planned=1), fresh=True)
        assert "held out" in found.obstacle and found.fault == "grader"


AUGMENTED = {"training": [*CHANGES["one of several"][0], TENSOR], "testing": [TENSOR], "validation": "training"}
RESUMED = {
    "compiled": (MLP, {}),
    "by torch": (DROPS, {"stopping": rule("accuracy", "training", "higher", patience=3)}),
    "with images": (DROPS, {"images": AUGMENTED}),
}


@pytest.mark.parametrize("name", RESUMED)
def test_a_training_goes_on_from_its_checkpoint_bit_for_bit(name, tmp_path):
    spec, changes = RESUMED[name]
    how = recipe(**{"stopping": rule(patience=2), "keeping": rule("accuracy", better="higher"), **changes, "epochs": 9})
    by, data = choose_trainer(plan(spec, how)), Data.of(DIGITS)
    assert (by == "compiled") == (name == "compiled")
    whole = RunningLane(plan(spec, how), by, data, 3)
    while not whole.finished:
        random.seed(len(whole.curve))
        torch.manual_seed(len(whole.curve))  # whatever happens between
        part = RunningLane(plan(spec, how), by, data, 3, tmp_path / "lane.pt")
        part.advance()
        part.keep()
        whole.advance()
    assert part.finished and part.curve == whole.curve
    assert part.lane().model_copy(update={"seconds": 0}) == whole.lane().model_copy(update={"seconds": 0})
    for ours, theirs in zip(part.network.state_dict().values(), whole.network.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_lane_leaves_all_random_numbers_as_they_were():
    before = random.getstate(), torch.get_rng_state()
    how = recipe(images=AUGMENTED, stopping=rule(patience=2), epochs=2)
    train_lane(plan(MLP, how), 1)
    assert random.getstate() == before[0] and torch.equal(torch.get_rng_state(), before[1])
