"""Grades a class of submissions: seconds, processor time, memory, and where they go; then once more, unchanged.

`python benchmarks/class.py [--submissions 200] [--notebooks] [--rubric FILE --report FILE] [--profile]`. The class is
made here, of reports that answer eight problems, each with its own words and mistakes, with `--notebooks` each beside a
notebook whose network is inspected and not trained again; or of copies of `--report` with a line of their own, which
are graded by `--rubric`. Exits with 1 where a submission was not graded as it deserves.
"""

import argparse
import atexit
import cProfile
import os
import pstats
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import nbformat
from _processor import processor

from grader.batch import Class, grade_class
from grader.intake.handins import handed_in
from grader.rubric import load_rubric
from grader.tools import tools_for

RUBRIC = """
id: answers-only
title: Answers only
problems:
"""
# What is asked: the check, its answer, and a wrong one.
NUMBERS = {
    "parameters of the first layer": (7850, 7840),
    "hidden units": (128, 100),
    "padding": (2, 3),
    "the loss of a network that guesses": (2.3026, 10),
    "weights of the convolution": (600, 608),
    "the receptive field": (7, 9),
}
NETWORK = """  - id: '9'
    title: a network of at most 64 hidden units
    points: 1
    checks:
      - {type: hidden_units, name: hidden units, points: 1, at_most: 64}
"""
CODE = """import torch
from sklearn.datasets import load_digits
from torch import nn

digits = load_digits()
images = torch.tensor(digits.data / 16, dtype=torch.float32)
data = torch.utils.data.TensorDataset(images, torch.tensor(digits.target))
network = nn.Sequential(nn.Linear(64, {units}), nn.ReLU(), nn.Linear({units}, 10))
optimiser = torch.optim.Adam(network.parameters())
for epoch in range(20):
    for batch, labels in torch.utils.data.DataLoader(data, batch_size=32, shuffle=True):
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(batch), labels).backward()
        optimiser.step()
"""
CHOICES = {"the better optimiser": ("Adam", "SGD"), "the layer that forgets": ("dropout", "pooling")}
WORDS = ("I counted them one by one.", "This follows from the shapes.", "As in the lecture.", "We get this by hand.")


def rubric(notebooks: bool) -> str:
    """Eight problems of one point each, and one for a notebook."""
    lines = [RUBRIC]
    for number, (asked, (right, _)) in enumerate(NUMBERS.items(), 1):
        lines.append(f"  - id: '{number}'\n    title: {asked}\n    points: 1\n    checks:\n")
        lines.append(f"      - {{type: numeric, name: '{asked}', points: 1, expect: {right}, tolerance: 0.001}}\n")
    for number, (asked, words) in enumerate(CHOICES.items(), len(NUMBERS) + 1):
        options = ", ".join(f"{word}: [{word}]" for word in words)
        lines.append(f"  - id: '{number}'\n    title: {asked}\n    points: 1\n    checks:\n")
        lines.append(
            f"      - {{type: choice, name: '{asked}', points: 1, options: {{{options}}}, expect: {words[0]}}}\n"
        )
    return "".join([*lines, NETWORK if notebooks else ""])


def notebook(number: int) -> tuple[str, int]:
    """(the notebook of this student, the points that it deserves)."""
    units = 40 + number % 50
    cells = [nbformat.v4.new_markdown_cell("# Problem 9"), nbformat.v4.new_code_cell(CODE.format(units=units))]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells)), int(units <= 64)


def report(number: int) -> tuple[str, int]:
    """(the report of this student, the points that it deserves)."""
    dice = random.Random(number)
    lines, points = [f"# Homework of student {number}\n"], 0
    for place, answers in enumerate((NUMBERS | CHOICES).values(), 1):
        right = dice.random() < 0.8
        points += right
        lines.append(f"## Problem {place}\n\n{dice.choice(WORDS)}\n\nThe answer: {answers[not right]}\n")
    return "\n".join(lines), points


def _removed(folder: Path) -> None:
    with suppress(OSError):  # what still ends in it goes with the machine's next start
        folder.rmdir()


def counted() -> Callable[[], float] | None:
    """Gives the processor's seconds of this process and of all below it, also of those that nobody waits for.

    Processes in a jail end with it, and only a control group knows what they took. None where none can be had.
    """
    folder = Path("/sys/fs/cgroup/cpuacct") / f"grader-class-{os.getpid()}"
    try:
        folder.mkdir()
        (folder / "cgroup.procs").write_text("0")
    except OSError:
        return None
    atexit.register(_removed, folder)
    atexit.register((folder.parent / "cgroup.procs").write_text, str(os.getpid()))
    return lambda: int((folder / "cpuacct.usage").read_text()) / 1e9


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=200)
    parser.add_argument("--notebooks", action="store_true", help="give everyone a notebook too")
    parser.add_argument("--rubric", type=Path, help="another rubric, for --report")
    parser.add_argument("--report", type=Path, help="what each student hands in, with a line of their own")
    parser.add_argument("--workers", type=int, default=1, help="processes that grade side by side")
    parser.add_argument("--profile", action="store_true", help="print where the grader's own time goes")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        (base / "rubric.yaml").write_text(rubric(asked.notebooks))
        loaded = load_rubric(asked.rubric or base / "rubric.yaml")
        tools = tools_for(loaded)
        deserved = {}
        for number in range(asked.submissions):
            folder = base / "class" / f"student-{number:04}"
            folder.mkdir(parents=True)
            text, points = report(number)
            if asked.report:
                text = f"{asked.report.read_text()}\n\nHanded in by student {number}.\n"
            else:
                deserved[folder.name] = points
            (folder / "report.md").write_text(text)
            if asked.notebooks:
                text, points = notebook(number)
                (folder / "network.ipynb").write_text(text)
                deserved[folder.name] += points
        usage, profile = counted(), cProfile.Profile()
        before = usage() if usage else 0.0, time.process_time(), time.perf_counter()
        if asked.profile:
            profile.enable()
        found = handed_in(base / "class", scratch=base / "out" / ".handed-in", layout="plain")
        given = Class(handed_in=found, rubric=loaded, workers=asked.workers)
        graded = grade_class(given, base / "out", tools)
        profile.disable()
        after = usage() if usage else 0.0, time.process_time(), time.perf_counter()
        again = grade_class(given, base / "out", tools)
        rerun = time.perf_counter() - after[-1]
    everything, own, seconds = (now - then for now, then in zip(after, before))
    each = 1000 / asked.submissions
    held = "a notebook each" if asked.notebooks else "answers only"
    print(f"{asked.submissions} submissions with {held}, on {processor()}, {tools.sandbox.layer}")
    print(
        f"{seconds:.1f} s: {each * seconds:.0f} ms a submission; of processor time the grader took {each * own:.0f} ms"
    )
    if usage:
        print(f"and confined processes, with those that fork them, {each * (everything - own):.0f} ms")
    print(f"the main process held {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")
    print(f"once more, unchanged: {rerun:.1f} s, {again.known} known")
    if asked.profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(60)
    found = {standing.key: standing.points for standing in graded.standings}
    wrong = {name: (found.get(name), points) for name, points in deserved.items() if found.get(name) != points}
    for name, (score, points) in list(wrong.items())[:10]:
        print(f"{name} has {score} points instead of {points}")
    return bool(wrong or graded.ungraded)


if __name__ == "__main__":
    sys.exit(main())
