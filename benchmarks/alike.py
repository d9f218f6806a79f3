"""How well and how fast near-identical code is found: the figures of docs/alike.md.

    python benchmarks/alike.py [--copydetect]

Honest: the corpus's notebooks, each by itself (all by one author, many are variants of one another: the hardest case),
and as students who hand in three of them beside the same starter code. Copies: the disguises of tests/support, each of
each. A copy is found where it is a pair with what it was made of; honest pairs listed are false ones.
"""

import io
import random
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

import corpus  # noqa: E402  # of the tests
from disguises import DISGUISES  # noqa: E402

from grader.alike import Piece, Work, alike, find  # noqa: E402

PARTS = (0.4, 0.5, 0.6, 0.7, 0.8)
STARTER = """
import torch
from torch import nn, optim
from torchvision import datasets, transforms
transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
train_set = datasets.MNIST('./data', train=True, download=True, transform=transform)
test_set = datasets.MNIST('./data', train=False, download=True, transform=transform)
def evaluate(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in loader:
            correct += (model(data).argmax(1) == target).sum().item()
    return correct / len(loader.dataset)
def count_parameters(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
"""
console = Console()


def works_of(students):
    return [
        Work(key=key, code=tuple(Piece(file="n.ipynb", cell=n, text=c) for n, c in enumerate(cells, 1)))
        for key, cells in students.items()
    ]


def singles():
    """The corpus's notebooks that are Python without magics, so that they can be disguised."""
    found = {}
    for path in sorted(corpus.FOLDER.glob("*.md")):
        cells = [match[3] for match in corpus._BLOCK.finditer(path.read_text()) if match[1] == "python"]
        try:
            for disguise in DISGUISES.values():
                disguise(cells)
        except SyntaxError:
            continue
        found[path.stem] = cells
    return found


def students(notebooks):
    names = sorted(notebooks)
    random.Random(3).shuffle(names)
    threes = zip(names[::3], names[1::3], names[2::3])
    return {three[0]: [STARTER, *(cell for name in three for cell in notebooks[name])] for three in threes}


def found_by_winnowing(class_):
    pairs = alike(works_of(class_)).pairs
    return {part: {frozenset(pair.keys) for pair in pairs if pair.strength >= part} for part in PARTS}


def found_by_copydetect(class_):
    import copydetect  # not a dependency: compared here alone

    starter = copydetect.CodeFingerprint("starter.py", 25, 1, fp=io.StringIO(STARTER)).hashes
    prints = {
        key: copydetect.CodeFingerprint(f"{key}.py", 25, 1, sorted(starter), fp=io.StringIO("\n".join(cells)))
        for key, cells in class_.items()
    }
    found = {part: set() for part in PARTS}
    names = sorted(prints)
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            _, parts, _ = copydetect.compare_files(prints[one], prints[other])
            for part in PARTS:
                if max(parts) >= part:
                    found[part].add(frozenset((one, other)))
    return found


def accuracy(title, honest, finding):
    false = {part: len(pairs) for part, pairs in finding(honest).items()}
    table = Table(*("", *(f"from {part:g}" for part in PARTS)), title=title)
    count = len(honest)
    table.add_row(f"honest pairs listed, of {count * (count - 1) // 2:,}", *(f"{false[part]}" for part in PARTS))
    for name, disguise in DISGUISES.items():
        # A fifth copies, so that what they share does not pass for the course's own.
        rights, wrongs = dict.fromkeys(PARTS, 0), dict.fromkeys(PARTS, 0)
        for turn in range(5):
            copied = sorted(honest)[turn::5]
            class_ = honest | {f"{key}*": disguise(honest[key]) for key in copied}
            copies = {frozenset((key, f"{key}*")) for key in copied}
            for part, pairs in finding(class_).items():
                rights[part] += len(pairs & copies)
                plain = {frozenset(key.rstrip("*") for key in pair) for pair in pairs - copies}
                wrongs[part] += len(plain)
        table.add_row(
            f"{name}: recall, precision",
            *(f"{rights[p] / count:.0%}, {rights[p] / max(1, rights[p] + wrongs[p]):.0%}" for p in PARTS),
        )
    console.print(table)


def timed(words, works, **more):
    begin = time.process_time()
    found = alike(works, **more)
    console.print(f"{words}: {time.process_time() - begin:.1f} s, {len(found.pairs)} pairs, {len(found.said)} remarks")


def speed(notebooks):
    """Processor seconds of this process."""
    names, draw = sorted(notebooks), random.Random(5)
    for size in (300, 1000):
        class_ = {f"s{n:04}": [STARTER, *(c for k in draw.sample(names, 4) for c in notebooks[k])] for n in range(size)}
        timed(f"{size} hand-ins of four notebooks", works_of(class_))
    class_ = {f"s{n:03}": [STARTER, *notebooks[names[n % 5 * 9]]] for n in range(300)}
    timed("300 in five circles, each handing in the same", works_of(class_))
    line = "x = model(x)\n"
    hostile = {
        "100,000 identical lines": [line * 100_000],
        "10,000 cells": [line] * 10_000,
        "5 MB of brackets": ["(" * 5_000_000],
        "5 MB of quotes": ["\"'" * 2_500_000],
        "5 MB of open strings": ["f'{\n" * 1_250_000],
        "5 MB of backslashes": ["\\\n" * 2_500_000],
        "5 MB of names": ["a.b.c.d.e\n" * 500_000],
        "5 MB of numbers": [f"{10**40}\n" * 120_000],
        "5 MB of spaces": [(" " * 4_999 + "\n") * 1_000],
        "5 MB of names in lines of 5,000": [("a" * 4_999 + "\n") * 1_000],
        "5 MB of dots in lines of 5,000": [("a." * 2_450 + "\n") * 1_000],
        "5 MB of at signs": [("@" * 4_900 + "\n") * 1_000],
        "5 MB of imports": ["from " * 900 + "\n" for _ in range(1_000)],
        "5 MB at random": ["".join(random.Random(1).choices("abc.=()[]'\"\n \\{}#", k=5_000_000))],
    }
    for words, cells in hostile.items():
        timed(words, works_of({"one": cells, "other": cells}))
    texts = [Work(key=k, texts=(Piece(file="r.md", text="a b c d e f\n" * 400_000),)) for k in "ab"]
    timed("5 MB of a text", texts)
    many = {f"{n:03}": ["".join(random.Random(n % 150).choices("abc.=()[]\n ", k=400_000))] for n in range(24)}
    timed("24 of 0.4 MB at random", works_of(many))


if __name__ == "__main__":
    notebooks = singles()
    usual = find.WAYS["code"]
    find.WAYS["code"] = usual._replace(part=min(PARTS))
    begin = time.process_time()
    finding = found_by_copydetect if "--copydetect" in sys.argv else found_by_winnowing
    if finding is found_by_winnowing:  # the other compares every two, which takes minutes here
        accuracy("each notebook by itself", notebooks, finding)
    accuracy("students with three notebooks and the starter code", students(notebooks), finding)
    console.print(f"in {time.process_time() - begin:.0f} s")
    if finding is found_by_winnowing:
        find.WAYS["code"] = usual
        speed(notebooks)
