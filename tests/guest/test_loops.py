"""Whether the loops around a training step say themselves how often it steps."""

import linecache

import pytest

from grader.guest.watch.source_loops import open_end

# name: (a cell in which `step()` is one step of an optimiser, a part of what is said of it)
CASES = {
    "epochs and batches": ("for epoch in range(3):\n    for batch in range(2):\n        step()", ""),
    "a function": ("def train():\n    for batch in range(2):\n        step()\nfor epoch in range(3):\n    train()", ""),
    "a while that counts": ("epoch = 0\nwhile epoch < 3:\n    step()\n    epoch += 1", ""),
    "a while that counts batches": (
        "count = 0\nwhile count < 6:\n    for batch in range(3):\n        step()\n        count += 1",
        "until a condition holds",
    ),
    "a break in another loop": (
        "for epoch in range(3):\n    step()\n    for batch in range(2):\n        if batch:\n            break", ""
    ),
    "a return behind the loop": ("def train():\n    for epoch in range(3):\n        step()\n    return 1\ntrain()", ""),
    "a break that a flag switches off": (
        "import argparse\nargs = argparse.Namespace(dry=False)\n"
        "for epoch in range(3):\n    step()\n    if args.dry:\n        break",
        "",
    ),
    "a break that a flag switches on at times": (
        "stop = False\nfor epoch in range(3):\n    step()\n    if stop:\n        break\n    stop = epoch > 1",
        "may end the training",
    ),
    "a break that an object decides on": (
        "class Watch: stop = False\nwatch = Watch()\n"
        "for epoch in range(3):\n    step()\n    if watch.stop:\n        break",
        "may end the training",
    ),
    "until it is good": ("good = 0\nwhile good < 3:\n    step()\n    good = good + 1", "until a condition holds"),
    "until a function says so": ("seen = []\nwhile len(seen) < 3:\n    step()\n    seen.append(1)", "until a cond"),
    "for ever": ("n = 0\nwhile True:\n    step()\n    n += 1\n    if n > 2:\n        break", "until a condition holds"),
    "early stopping": (
        "for epoch in range(9):\n    step()\n    if epoch > 2:\n        break", "may end the training before its last"
    ),
    "early stopping around a function": (
        "def train():\n    step()\nfor epoch in range(9):\n    train()\n    if epoch > 2:\n        break",
        "may end the training",
    ),
    "a return from within": (
        "def train():\n    for epoch in range(9):\n        step()\n        if epoch > 2:\n            return\ntrain()",
        "may end the training",
    ),
    "a break of the epoch in the loop of batches": (
        "for epoch in range(3):\n    for batch in range(5):\n        step()\n        if batch == 3:\n            break",
        "may end the training",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_said_of_the_loops(name):
    source, expected = CASES[name]
    file = f"<cell {name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    found = []
    exec(compile(source, file, "exec"), {"step": lambda: found.append(open_end())})
    assert len(found) > 1 and all((expected in said) if expected else said == "" for said in found), found
