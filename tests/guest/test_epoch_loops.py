"""Loops that end early or keep weights, in many spellings: what rule each follows, or that it follows none."""

import copy
import linecache
import textwrap
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from grader.guest.watch import rule_fits, source_loops
from grader.guest.watch.epoch_loops import STOP, EpochLoop, UnreadableError

STOPPER = """
class Stopper:
    def __init__(self, patience=1, margin=0):
        self.patience, self.margin, self.counter, self.smallest = patience, margin, 0, float('inf')
    def over(self, loss):
        if loss < self.smallest:
            self.smallest = loss
            self.counter = 0
        elif loss > (self.smallest + self.margin):
            self.counter += 1
            if self.counter >= self.patience:
                return True
        return False
"""

# name: (a notebook in which `step()` trains and `look()` evaluates, what is looked at, the rule that ends the loop, and
# the rule that keeps weights; None where there is none).
READ = {
    "two counters in an else": (
        """
        best, waited = float('inf'), 0
        for epoch in range(30):
            step()
            loss = look()
            if loss < best:
                best, waited = loss, 0
                state = copy.deepcopy(net.state_dict())
            else:
                waited += 1
                if waited >= 2:
                    break
        """,
        "loss", {"better": "lower", "patience": 2}, {"better": "lower"},
    ),
    "more than a patience": (
        """
        best, bad, patience = 1e9, 0, 5
        for epoch in range(30):
            step()
            loss = look()
            bad = 0 if loss <= best else bad + 1
            best = min(best, loss)
            if bad > patience: break
        """,
        "loss", {"better": "lower", "ties": True, "patience": 6}, None,
    ),
    "the epoch of the best": (
        """
        top, at = 0, 0
        for epoch in tqdm(range(1, 25)):
            step()
            for batch in data:
                right = seen = 1
            accuracy = right / seen
            if accuracy > top:
                top, at = accuracy, epoch
                torch.save(net.state_dict(), 'x')
            if epoch - at >= 4:
                print('enough'); break
        """,
        "accuracy", {"better": "higher", "patience": 4}, {"better": "higher"},
    ),
    "a margin and a flag": (
        """
        lowest, waited = None, 0
        for epoch in range(20):
            step()
            loss = look()
            better = lowest is None or lowest - loss > 1e-3
            if better:
                lowest = loss; waited = 0
            if not better: waited += 1
            stop = waited > 2
            if stop: break
        """,
        "loss", {"better": "lower", "min_delta": 0.001, "patience": 3}, None,
    ),
    "the negative": (
        """
        best, waited = -np.inf, 0
        for epoch in range(20):
            step()
            loss = look()
            score = -loss
            if score > best: best, waited = score, 0
            else: waited = waited + 1
            if waited == 3: break
        """,
        "loss", {"better": "lower", "patience": 3}, None,
    ),
    "a first value to beat": (
        """
        best = 0.9
        for epoch in range(8):
            step()
            accuracy = look()
            if accuracy >= best:
                best = accuracy
                weights = {k: v.clone() for k, v in net.state_dict().items()}
        """,
        "accuracy", None, {"better": "higher", "first": 0.9, "ties": True},
    ),
    "a mean taken in place": (
        """
        low, n = 1e6, 0
        for epoch in range(9):
            total = 0.0
            for batch in data:
                step(); total += 1
            total /= len(data)
            if total < low:
                low, n = total, 0
                continue
            n += 1
            if n == 2: break
        """,
        "total", {"better": "lower", "patience": 2}, None,
    ),
    "a function that is handed on": (
        """
        def check(value, best, count):
            if value > best:
                return value, 0
            return best, count + 1
        def fit(epochs, patience=3):
            best, count = 0.0, 0
            for epoch in range(epochs):
                step()
                accuracy = look()
                best, count = check(accuracy, best, count)
                if count >= patience:
                    break
        fit(15)
        """,
        "accuracy", {"better": "higher", "patience": 3}, None,
    ),
    "only after some epochs": (
        """
        best, waited = 0, 0
        for e in range(20):
            step()
            accuracy = look()
            if e < 4: continue
            if accuracy > best: best, waited = accuracy, 0
            else: waited += 1
            if waited >= 3: break
        """,
        "accuracy", {"better": "higher", "start": 4, "patience": 3}, None,
    ),
    "a class that answers": (
        STOPPER + textwrap.dedent("""
        stopper = Stopper(patience=3)
        for epoch in range(30):
            step()
            loss = look()
            if stopper.over(loss): break
        """),
        "loss", {"better": "lower", "patience": 3}, None,
    ),
}  # fmt: skip

# What follows no rule, or not one that can be told.
UNREAD = {
    "a threshold": "for epoch in range(9):\n    step()\n    a = look()\n    if a > 0.97: break",
    "a margin within which nothing is counted": (
        STOPPER + "stopper = Stopper(3, 0.1)\n"
        "for epoch in range(30):\n    step()\n    loss = look()\n    if stopper.over(loss): break"
    ),
    "a share of the best": (
        "best, n = 1e9, 0\nfor epoch in range(20):\n    step()\n    loss = look()\n"
        "    if loss < 0.99 * best: best, n = loss, 0\n    else: n += 1\n    if n == 3: break"
    ),
    "a count that is never cleared": (
        "best, n = 1e9, 0\nfor epoch in range(20):\n    step()\n    loss = look()\n"
        "    if loss < best: best = loss\n    else: n += 1\n    if n == 3: break"
    ),
    "the epoch before": (
        "last, n = 1e9, 0\nfor epoch in range(20):\n    step()\n    loss = look()\n"
        "    n = 0 if loss < last else n + 1\n    last = loss\n    if n == 3: break"
    ),
    "two numbers": (
        "best, top, n = 9, 0, 0\nfor epoch in range(20):\n    step()\n    loss, a = look(), look()\n"
        "    if loss < best or a > top: best, top, n = min(best, loss), max(a, top), 0\n"
        "    else: n += 1\n    if n == 3: break"
    ),
    "a list": (
        "seen = []\nfor epoch in range(20):\n    step()\n    seen.append(look())\n"
        "    if len(seen) > 2 and seen[-1] > seen[-2]: break"
    ),
    "a mean of what was": (
        "best, n, smooth = 9, 0, 1\nfor epoch in range(20):\n    step()\n    loss = look()\n"
        "    smooth = 0.9 * smooth + 0.1 * loss\n"
        "    if smooth < best: best, n = smooth, 0\n    else: n += 1\n    if n == 3: break"
    ),
    "a global": (
        "best, n = 9, 0\ndef check(loss):\n    global best, n\n    if loss < best: best, n = loss, 0\n"
        "    else: n += 1\nfor epoch in range(20):\n    step()\n    loss = look()\n    check(loss)\n"
        "    if n == 3: break"
    ),
}  # fmt: skip


class Enough(Exception):
    pass


def decisions(name, source):
    """What decides in the loop around `step()`: each place with its expression and its rule."""
    file, found = f"<loop {name}>", []
    source = textwrap.dedent(source)
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)

    def step():
        for frame in source_loops.own_frames():
            for node in reversed(source_loops.loops_around(frame)):
                loop = EpochLoop.of(node, frame)
                if frame.f_code.co_filename == file and loop.counter is not None and loop.reached():
                    found.append(loop)
        raise Enough

    given = {
        "step": partial(step), "look": input, "np": np, "copy": copy, "torch": torch, "tqdm": list, "data": [1, 2],
        "net": SimpleNamespace(state_dict=dict),
    }  # fmt: skip
    with pytest.raises(Enough):
        exec(compile(source, file, "exec"), given)
    rules = {}
    for place, roots in found[0].reached().items() if found else ():
        try:
            (root,) = roots
            rules[place] = root, rule_fits.fit(found[0], place, root)
        except (UnreadableError, ValueError):
            rules[place] = "", None
    return rules


USUAL = {"min_delta": 0.0, "ties": False, "first": None, "start": 0, "baseline": None, "patience": None}


@pytest.mark.parametrize("name", READ)
def test_the_rule_of_a_loop(name):
    source, root, stops, keeps = READ[name]
    found = decisions(name, source)
    assert {seen for seen, _ in found.values()} == {root}
    told = [found.pop(STOP, None), *found.values()]
    for ours, expected in zip(told, (stops, keeps), strict=False):
        assert (ours is None) == (expected is None)
        if ours is not None:
            rule = {key: value for key, value in vars(ours[1][0]).items() if key != "watched"}
            assert rule == {**USUAL, **expected}
    assert len(told) == 1 + (keeps is not None)


@pytest.mark.parametrize("name", UNREAD)
def test_what_follows_no_rule(name):
    assert {rule for _, rule in decisions(name, UNREAD[name]).values()} <= {None}
