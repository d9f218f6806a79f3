"""Networks trained again: alike for a seed wherever it runs, as a plain loop trains them, and never a crash."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context

import psutil
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_networks import MLP, linear, spec_of
from torch import nn, optim
from torch.nn import functional as F

from grader.core.limits import Limits
from grader.core.majority import majority
from grader.core.network import Recipe
from grader.datasets import load_dataset
from grader.files import cache_folder
from grader.training.decision import Rule, still_needed
from grader.training.lane import RunningLane, train_lane
from grader.training.plan import TrainingPlan
from grader.training.retrain import retrain
from grader.training.samples import Data
from grader.training.trainers import choose_trainer

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("one_thread")]  # it trains, some in processes of its own

DIGITS = load_dataset("digits")


def recipe(**changes):
    given = {
        "loss": {"type": "CrossEntropyLoss"},
        "optimizer": {"type": "SGD", "settings": {"lr": 0.1}},
        "batch_size": 64,
        "epochs": 2,
        "inputs": {"shape": (8, 8), "divide": 16.0},
    }
    return Recipe.model_validate(given | changes)


CONV = spec_of(
    ("Conv2d", {"in_channels": 1, "out_channels": 3, "kernel_size": 3}),
    ("BatchNorm2d", {"num_features": 3}), ("ReLU", {}), ("Dropout", {"p": 0.2}), ("Flatten", {}), linear(108, 10),
)  # fmt: skip
IMAGE = {"inputs": {"shape": (1, 8, 8), "divide": 16.0, "mean": 0.3, "std": 0.4}}


def plan(spec, how, **more):
    return TrainingPlan(spec=spec, recipe=how, dataset="digits", **more)


def running(spec, how, seed, checkpoint=None):
    return RunningLane(plan(spec, how), choose_trainer(plan(spec, how)), Data.of(DIGITS), seed, checkpoint)


def again(spec=MLP, threshold=0.8, seeds=1, limits=Limits(), **rest):
    how = rest.pop("recipe", None) or recipe()
    return retrain(plan(spec, how, limits=limits), threshold=threshold, rule=Rule(planned=seeds), **rest)


def told(lane):
    return lane.seed, lane.accuracy, lane.curve, lane.diverged


def lane_of(spec, how, seed):
    return told(train_lane(plan(spec, how), seed))


@pytest.fixture(scope="module")
def elsewhere():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.mark.parametrize(("spec", "how"), [(MLP, recipe()), (CONV, recipe(**IMAGE))], ids=["dense", "convolutions"])
def test_a_lane_depends_on_its_seed_alone(spec, how, elsewhere):
    torch.manual_seed(99)
    torch.set_num_threads(2)
    state = torch.get_rng_state()
    first = [lane_of(spec, how, seed) for seed in (3, 4)]
    assert torch.equal(torch.get_rng_state(), state) and torch.get_num_threads() == 2
    torch.manual_seed(1)
    assert [lane_of(spec, how, seed) for seed in (4, 3)] == first[::-1]
    assert first[0][1:] != first[1][1:]
    assert list(elsewhere.map(lane_of, [spec] * 2, [how] * 2, (3, 4))) == first


BINARY = F.binary_cross_entropy_with_logits
DECOUPLED = {"lr": 0.01, "weight_decay": 0.5, "decoupled_weight_decay": True}
WEIGHTED = {"type": "CrossEntropyLoss", "settings": {"weight": "given"}}


def one_hot(labels):
    return F.one_hot(labels, 10).float()


def cycle(optimizer):
    return optim.lr_scheduler.OneCycleLR(optimizer, 0.2, total_steps=46), True


def one_cycle(steps):
    settings = {"max_lr": 0.2, "total_steps": steps}
    return {"schedules": [{"type": "OneCycleLR", "settings": settings, "step": "batch"}]}


STEP = {"schedules": [{"type": "StepLR", "settings": {"step_size": 1, "gamma": 0.1}}]}
# name: (network, what the recipe changes, optimiser, schedule and whether it steps per batch, loss)
LOOPS = {
    "plain": (MLP, {}, None, None, F.cross_entropy),
    "in order": (MLP, {"shuffle": False}, None, None, F.cross_entropy),
    "the last batch dropped": (MLP, {"drop_last": True, "batch_size": 500}, None, None, F.cross_entropy),
    "a part of the samples": (MLP, {"train_samples": 300}, None, None, F.cross_entropy),
    "one batch an epoch": (MLP, {"batch_size": 5000}, None, None, F.cross_entropy),
    "a schedule per epoch": (MLP, STEP, None, lambda o: (optim.lr_scheduler.StepLR(o, 1, 0.1), False), F.cross_entropy),
    "a schedule per batch": (
        MLP, one_cycle(46), None, cycle, F.cross_entropy
    ),
    "Adam": (
        MLP, {"optimizer": {"type": "Adam", "settings": {"lr": 0.01, "weight_decay": 0.1}}},
        lambda p: optim.Adam(p, lr=0.01, weight_decay=0.1), None, F.cross_entropy,
    ),
    "Adam with decoupled decay": (
        MLP, {"optimizer": {"type": "Adam", "settings": DECOUPLED}},
        lambda p: optim.AdamW(p, lr=0.01, weight_decay=0.5), None, F.cross_entropy,
    ),
    "smoothed labels": (
        MLP, {"loss": {"type": "CrossEntropyLoss", "settings": {"label_smoothing": 0.2}}}, None, None,
        lambda o, t: F.cross_entropy(o, t, label_smoothing=0.2),
    ),
    "one-hot targets": (MLP, {"loss": {"type": "MSELoss"}}, None, None, lambda o, t: F.mse_loss(o, one_hot(t))),
    "binary losses": (
        MLP, {"loss": {"type": "BCEWithLogitsLoss"}}, None, None,
        lambda o, t: BINARY(o, one_hot(t)),
    ),
    "mean and deviation": (MLP, {"inputs": {**IMAGE["inputs"], "shape": (8, 8)}}, None, None, F.cross_entropy),
}  # fmt: skip


@pytest.mark.parametrize("name", LOOPS)
def test_it_trains_as_a_plain_loop_does(name):
    spec, changes, make, schedule, loss_of = LOOPS[name]
    how = recipe(**changes)
    curve = train_lane(plan(spec, how), 7).curve

    torch.manual_seed(7)
    order = torch.Generator().manual_seed(7)
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    optimizer = make(net.parameters()) if make else optim.SGD(net.parameters(), lr=0.1)
    scheduler, per_batch = schedule(optimizer) if schedule else (None, False)
    images, labels = torch.tensor(DIGITS.train.images), torch.tensor(DIGITS.train.labels).long()
    images = (images / 16 - how.inputs.mean) / how.inputs.std
    if how.train_samples:
        part = torch.randperm(1437, generator=order)[: how.train_samples]
        images, labels = images[part], labels[part]
    for point in curve:
        rows = torch.randperm(len(labels), generator=order) if how.shuffle else torch.arange(len(labels))
        losses = []
        for start in range(0, len(rows), how.batch_size):
            batch = rows[start : start + how.batch_size]
            if how.drop_last and len(batch) < how.batch_size:
                continue
            optimizer.zero_grad()
            loss = loss_of(net(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            losses += [loss.item()] * len(batch)
            if scheduler and per_batch:
                scheduler.step()
        if scheduler and not per_batch:
            scheduler.step()
        assert point.loss == pytest.approx(sum(losses) / len(losses), rel=1e-4)
    tests = (torch.tensor(DIGITS.test.images) / 16 - how.inputs.mean) / how.inputs.std
    right = (net(tests).argmax(1) == torch.tensor(DIGITS.test.labels)).float().mean().item()
    assert curve[-1].accuracy == pytest.approx(right, abs=0.006)  # two samples of 360


@given(st.lists(st.booleans(), min_size=1, max_size=9))
def test_the_majority_is_never_contradicted(outcomes):
    planned = len(outcomes)
    whole = "reached" if sum(outcomes) > planned / 2 else "missed"
    assert majority(outcomes, planned) == whole
    for n in range(planned):
        needed = still_needed(outcomes[:n], planned)
        assert majority(outcomes[:n], planned) in (("undecided",) if needed else (whole,))
        if needed:
            best = [outcomes[:n] + [way] * needed for way in (True, False)]
            assert any(majority(way, planned) != "undecided" for way in best)
            too_few = [outcomes[:n] + [way] * (needed - 1) for way in (True, False)]
            assert all(majority(way, planned) == "undecided" for way in too_few)


def test_it_stops_when_it_knows():
    seen = []
    found = again(recipe=recipe(epochs=5), threshold=0.5, seeds=5, on_lane=seen.append)
    assert found.verdict == "reached" and [lane.seed for lane in found.lanes] == [0, 1, 2]
    assert seen == list(found.lanes)
    found = again(recipe=recipe(epochs=1), seeds=5, threshold=0.999)
    assert found.verdict == "missed" and len(found.lanes) == 3 and (found.obstacle, found.fault) == ("", None)


def test_a_time_budget_ends_with_what_is_known():
    how = recipe(epochs=100, batch_size=2, **IMAGE)
    found = again(CONV, recipe=how, seeds=5, time_budget=1.0, fresh=True)
    assert found.verdict == "undecided" and found.notes[0].startswith("Incomplete: the 1 s ended after 0 of at least 3")


def sgd(**settings):
    return {"optimizer": {"type": "SGD", "settings": {"lr": 0.1} | settings}}


@pytest.mark.parametrize("lr", [1e6, 1e30, float("inf")])
def test_a_lane_that_diverges_reaches_nothing(lr):
    found = again(recipe=recipe(**sgd(lr=lr)), threshold=0.01)
    assert [lane.diverged for lane in found.lanes] == [True]
    assert found.verdict == "missed"


WIDE = spec_of(("Flatten", {}), linear(64, 10**5), linear(10**5, 10**4), linear(10**4, 10))
SHORT = spec_of(("Flatten", {}), linear(64, 2))
# name: (network, what the recipe changes, whose fault it is, what is said)
OBSTACLES = {
    "an unknown loss": (MLP, {"loss": {"type": "HuberLoss"}}, "grader", "HuberLoss is no loss"),
    "a loss with weights": (MLP, {"loss": WEIGHTED}, "grader", "with weight"),
    "an optimiser of the student's own": (MLP, {"optimizer": {"type": "the student's own SGD"}}, "grader", "own SGD"),
    "a setting that is not known": (MLP, sgd(turbo=True), "grader", "with turbo"),
    "an unknown schedule": (MLP, {"schedules": [{"type": "TidalLR"}]}, "grader", "TidalLR is no schedule"),
    "a schedule without its settings": (MLP, {"schedules": [{"type": "StepLR"}]}, "student", "StepLR"),
    "a negative learning rate": (MLP, sgd(lr=-1.0), "student", "Invalid learning rate"),
    "a word for a learning rate": (MLP, sgd(lr="high"), "student", "SGD"),
    "a thousand million epochs": (MLP, {"epochs": 10**9}, "student", "1,000,000,000 epochs are more than"),
    "a thousand million parameters": (WIDE, {}, "student", "parameters are more than"),
    "a layer that doesn't fit": (spec_of(linear(7, 10)), {}, "student", "doesn't fit"),
    "inputs of another size": (MLP, {"inputs": {"shape": (28, 28)}}, "student", "an image of digits has 64 values"),
    "too few outputs": (SHORT, {}, "student", "the output has shape (2,), not (10,)"),
    "an image as output": (spec_of(("Identity", {})), {}, "student", "the output has shape (8, 8)"),
    "nothing to train": (spec_of(("Flatten", {})), {}, "student", "nothing to train"),
    "a schedule that ends too early": (MLP, one_cycle(20), "student", "training stopped: Tried to step"),
    "a batch of one for a batch norm": (
        spec_of(("Flatten", {}), ("BatchNorm1d", {"num_features": 64}), linear(64, 10)), {"batch_size": 4}, "student",
        "Expected more than 1 value per channel",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OBSTACLES)
def test_what_cannot_be_trained_is_said(name):
    spec, changes, fault, said = OBSTACLES[name]
    before = psutil.Process().memory_info().rss
    found = again(spec, recipe=recipe(**changes))
    assert said in found.obstacle and found.fault == fault
    assert (found.verdict, found.lanes) == ("undecided", ())
    assert psutil.Process().memory_info().rss - before < 100 * 2**20


def test_missing_data_is_the_machines_fault(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADER_DATA", str(tmp_path))
    found = retrain(TrainingPlan(spec=MLP, recipe=recipe(), dataset="mnist"), threshold=0.9, rule=Rule(planned=1))
    assert found.fault == "machine" and "MNIST" in found.obstacle


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "lanes"


def test_a_lane_is_trained_once(own_cache):
    first = again(seeds=3)
    second = again(seeds=3)
    assert [told(lane) for lane in second.lanes] == [told(lane) for lane in first.lanes]
    assert [[lane.cached for lane in found.lanes] for found in (first, second)] == [[False] * 2, [True] * 2]
    assert not any(lane.cached for lane in again(seeds=3, fresh=True).lanes)
    assert not any(lane.cached for lane in again(seeds=3, recipe=recipe(**sgd(lr=0.11))).lanes)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"seed": 0', b"\xff", b"null"])
def test_a_broken_cache_is_not_believed(content, own_cache):
    first = again()
    (path,) = own_cache.iterdir()
    path.write_bytes(content)
    second = again()
    assert [told(lane) for lane in second.lanes] == [told(lane) for lane in first.lanes]
    assert not second.lanes[0].cached and again().lanes[0].cached


def test_a_cache_that_cannot_be_written_costs_nothing(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GRADER_CACHE", str(tmp_path / "file"))
    assert cache_folder().is_file()
    assert len(again().lanes) == 1


CYCLE = {"type": "OneCycleLR", "settings": {"max_lr": 0.2, "total_steps": 3 * 23}, "step": "batch"}
DROPS = spec_of(("Flatten", {}), linear(64, 16), ("ReLU", {}), ("Dropout", {"p": 0.3}), linear(16, 10))
ADAM = {"optimizer": {"type": "Adam", "settings": {"lr": 0.01}}}
KEPT = {
    "compiled": (DROPS, recipe(epochs=3, **ADAM, schedules=[CYCLE])),
    "by torch": (CONV, recipe(epochs=3, **IMAGE, **ADAM, schedules=[CYCLE], train_samples=1400)),
}


@pytest.mark.parametrize("name", KEPT)
def test_a_training_goes_on_from_its_checkpoint_bit_for_bit(name, tmp_path):
    spec, how = KEPT[name]
    whole = running(spec, how, 3)
    for epoch in range(3):
        torch.manual_seed(epoch)  # whatever happens between
        part = running(spec, how, 3, tmp_path / "lane.pt")
        assert len(part.curve) == epoch
        part.advance()
        part.keep()
        whole.advance()
    assert part.finished and part.curve == whole.curve
    for ours, theirs in zip(part.network.state_dict().values(), whole.network.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"null"])
def test_a_broken_checkpoint_is_not_believed(content, tmp_path):
    (tmp_path / "lane.pt").write_bytes(content)
    spec, how = KEPT["compiled"]
    assert running(spec, how, 3, tmp_path / "lane.pt").curve == []


@pytest.mark.parametrize("name", KEPT)
def test_a_lane_is_the_same_in_any_company(name, monkeypatch):
    monkeypatch.setattr("grader.training.side_by_side.WORTH_A_PROCESS", 0)
    spec, how = KEPT[name]
    found = again(spec, recipe=how, seeds=7, threshold=0.0, fresh=True)
    assert [told(lane) for lane in found.lanes] == [lane_of(spec, how, seed) for seed in range(4)]


KILLED = """
    if __name__ == "__main__":
        from grader.core.network import ModelSpec, Recipe
        from grader.training import side_by_side
        from grader.training.decision import Rule
        from grader.training.plan import TrainingPlan
        from grader.training.retrain import retrain
        side_by_side.WORTH_A_PROCESS = 0
        spec, recipe = ModelSpec.model_validate_json({spec!r}), Recipe.model_validate_json({recipe!r})
        retrain(
            TrainingPlan(spec=spec, recipe=recipe, dataset="digits"), threshold=0.9, rule=Rule(planned=1),
            on_epoch=lambda done, total: print(done, total, flush=True),
        )
"""


@pytest.mark.parametrize("name", ["compiled", "by torch"])
def test_a_killed_run_goes_on_where_it_was(name, own_cache, tmp_path, monkeypatch):
    spec, how = KEPT[name]
    how = how.model_copy(update={"epochs": 60, "batch_size": 1, "schedules": ()})
    path = tmp_path / "training.py"
    path.write_text(textwrap.dedent(KILLED).format(spec=spec.model_dump_json(), recipe=how.model_dump_json()))
    process = subprocess.Popen([sys.executable, path], stdout=subprocess.PIPE, text=True, start_new_session=True)
    told_before = []
    for line in process.stdout:
        told_before.append([int(n) for n in line.split()])
        if list(own_cache.glob("*.pt")):
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.wait()
    assert told_before[0] == [1, 60]
    monkeypatch.setattr("grader.training.side_by_side.WORTH_A_PROCESS", 0)
    epochs = []

    class Enough(Exception):
        pass

    def first(done, total):
        epochs.append(done)
        raise Enough

    with pytest.raises(Enough):
        again(spec, recipe=how, on_epoch=first)
    assert epochs[0] > 1


@pytest.mark.parametrize("whole_group", [True, False], ids=["from the terminal", "to the process alone"])
def test_ctrl_c_leaves_no_process(whole_group, tmp_path):
    script = """
        if __name__ == "__main__":
            from grader.core.network import ModelSpec, Recipe
            from grader.training import side_by_side
            from grader.training.decision import Rule
            from grader.training.plan import TrainingPlan
            from grader.training.retrain import retrain
            side_by_side.WORTH_A_PROCESS = 0
            print("begins", flush=True)
            spec, recipe = ModelSpec.model_validate_json({spec!r}), Recipe.model_validate_json({recipe!r})
            plan = TrainingPlan(spec=spec, recipe=recipe, dataset="digits")
            retrain(plan, threshold=0.9, rule=Rule(), fresh=True)
    """
    how = recipe(**IMAGE, epochs=100, batch_size=1)
    script = textwrap.dedent(script).format(spec=CONV.model_dump_json(), recipe=how.model_dump_json())
    path = tmp_path / "training.py"
    path.write_text(script)
    process = subprocess.Popen(
        [sys.executable, path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )
    try:
        assert process.stdout.readline() == "begins\n"
        until, used = time.monotonic() + 30, 0.0
        while used < 4 and time.monotonic() < until:  # seconds of work: the workers are up, and train
            time.sleep(0.2)
            children = psutil.Process(process.pid).children(recursive=True)
            used = sum(child.cpu_times().user for child in children)
        assert len(children) >= 2
        (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
        assert process.wait(15) != 0
        _, alive = psutil.wait_procs(children, timeout=5)
        assert alive == []
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
