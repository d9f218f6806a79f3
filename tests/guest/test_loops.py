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
    "an exception that says stop": (
        "class Stop(Exception): pass\ntry:\n    for epoch in range(9):\n        step()\n"
        "        if epoch > 2: raise Stop\nexcept Stop: pass",
        "may end the training",
    ),
    "an exception of a function that is called": (
        "class Stop(Exception): pass\ndef look(epoch):\n    if epoch > 2: raise Stop\ndef train():\n"
        "    for epoch in range(9):\n        step()\n        look(epoch)\ntry: train()\nexcept Stop: pass",
        "may end the training",
    ),
    "an exception of an object that is called": (
        "class Stopper:\n    seen = 0\n    def __call__(self):\n        self.seen += 1\n"
        "        if self.seen > 2: raise StopIteration\nstopper = Stopper()\ntry:\n    for epoch in range(9):\n"
        "        step(); stopper()\nexcept StopIteration: pass",
        "may end the training",
    ),
    "an exception of a part of an object": (
        "class Patience:\n    def look(self, epoch):\n        if epoch > 2: raise StopIteration\n"
        "class Trainer:\n    patience = Patience()\n    def fit(self):\n        try:\n"
        "            for epoch in range(9):\n                step(); self.patience.look(epoch)\n"
        "        except StopIteration: pass\nTrainer().fit()",
        "may end the training",
    ),
    "an exception that nobody catches": (
        "for epoch in range(2):\n    step()\n    if epoch > 2: raise ValueError('it diverged')", ""
    ),
    "a try that nothing ends": ("try:\n    for epoch in range(2): step()\nexcept KeyboardInterrupt: pass", ""),
    "a generator that ends": (
        "good = []\ndef epochs():\n    while len(good) < 3: yield\nfor _ in epochs():\n    step(); good.append(1)",
        "may end the training",
    ),
    "a generator that counts": (
        "def epochs():\n    for epoch in range(3): yield epoch\nfor epoch in epochs():\n    step()", ""
    ),
    "as long as": (
        "from itertools import takewhile\ngood = []\nfor epoch in takewhile(lambda e: len(good) < 3, range(9)):\n"
        "    step(); good.append(1)",
        "may end the training",
    ),
    "until a sentinel": (
        "left = [1, 2, 3]\nfor epoch in iter(lambda: left.pop() if left else 0, 0): step()", "may end the training"
    ),
    "epochs that are passed over": (
        "stopped = False\nfor epoch in range(9):\n    if stopped: continue\n    for batch in range(2): step()\n"
        "    stopped = epoch > 1",
        "may end the training",
    ),
    "epochs that an object passes over": (
        "class Stopper: stop = False\nstopper = Stopper()\ndef train():\n    for batch in range(2): step()\n"
        "for epoch in range(9):\n    if not stopper.stop: train()\n    stopper.stop = epoch > 1",
        "may end the training",
    ),
    "phases": (
        "for epoch in range(2):\n    for phase in ('train', 'test'):\n        if phase == 'train':\n"
        "            for batch in range(2): step()",
        "",
    ),
    "every other batch": ("for epoch in range(2):\n    for i in range(4):\n        if i % 2: step()", ""),
    "while it isn't stopped": (
        "class Stopper: stop = False\nstopper, seen = Stopper(), 0\nwhile not stopper.stop:\n    step()\n"
        "    seen += 1\n    stopper.stop = seen > 2",
        "until a condition holds",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_said_of_the_loops(name):
    source, expected = CASES[name]
    file = f"<cell {name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    found = []
    exec(compile(source, file, "exec"), {"step": lambda: found.append(open_end()), "__name__": "__main__"})
    assert len(found) > 1 and all((expected in said) if expected else said == "" for said in found), found
