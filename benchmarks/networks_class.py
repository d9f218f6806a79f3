"""A class that hands in set 4's three dense networks, graded; and a script that runs each notebook five times.

`python benchmarks/networks_class.py [--people 30] [--epochs N] [--baseline 1]`. Everyone's networks differ in their
learning rate, so that no training serves two. The script is nbclient alone, which runs each notebook as it is, one
after the other: it is timed on the notebooks of as many people as `--baseline` says, and counted for five runs of
everyone's. `--epochs` shortens the trainings of both, which favours the script, since the grader's other steps stay as
long as they are. The grader ends a majority of five when three trainings have decided it, as it always does.
It needs `pip install '.[bench]'`, and MNIST in GRADER_DATA.
"""

import argparse
import gzip
import os
import re
import tempfile
import time
from pathlib import Path

import nbformat
from _processor import processor
from nbclient import NotebookClient

from grader.batch import Class, grade_class
from grader.intake.handins import handed_in
from grader.rubric import load_rubric
from grader.tools import Options, tools_for

ROOT = Path(__file__).resolve().parent.parent
SET = "cs155-2023-set4"
PROBLEMS = ("3B", "3C", "3D")
RUNS = 5
RATE = re.compile(r"\b((?:max_)?lr=|LEARNING_RATE = )(\d+\.\d+)")
EPOCHS = re.compile(r"^(EPOCHS|epochs) = \d+$", re.M)


def hand_in(folder: Path, number: int, epochs: int | None) -> None:
    """The three notebooks, with this person's learning rates."""
    folder.mkdir(parents=True)
    for problem in PROBLEMS:
        notebook = nbformat.read(ROOT / "reference" / SET / f"set4_{problem}.ipynb", as_version=4)
        for cell in notebook.cells:
            cell.source = RATE.sub(lambda m: f"{m[1]}{float(m[2]) * (1 + number / 1000):.6f}", cell.source)
            if epochs:
                cell.source = EPOCHS.sub(rf"\1 = {epochs}", cell.source)
        nbformat.write(notebook, folder / f"set4_{problem}.ipynb")


def rubric(folder: Path) -> Path:
    """The three problems of the assignment's rubric, by themselves."""
    text = (ROOT / "rubrics" / f"{SET}.yaml").read_text(encoding="utf-8")
    blocks = re.split(r"(?m)^(?=  - id: )", text[text.index("\nproblems:") :])
    kept = [block for block in blocks if re.match(rf"  - id: ({'|'.join(PROBLEMS)})\n", block)]
    path = folder / "rubric.yaml"
    path.write_text(f"id: networks\ntitle: Three networks\ndataset: mnist\nproblems:\n{''.join(kept)}")
    return path


def script(folder: Path, scratch: Path) -> float:
    """Seconds in which nbclient runs the notebooks of a folder once, its data beside them."""
    seconds = 0.0
    for path in sorted(folder.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        started = time.perf_counter()
        NotebookClient(notebook, timeout=None, resources={"metadata": {"path": str(scratch)}}).execute()
        seconds += time.perf_counter() - started
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--epochs", type=int, help="of each training; else what the notebooks say")
    parser.add_argument("--baseline", type=int, default=1, help="people whose notebooks the script runs, once each")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        for number in range(asked.people):
            hand_in(base / "class" / f"student-{number:03}", number, asked.epochs)
        mnist = base / "scratch" / "data" / "MNIST" / "raw"
        mnist.mkdir(parents=True)
        for path in (Path(os.environ["GRADER_DATA"]) / "MNIST" / "raw").glob("*-ubyte*"):
            unpacked = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            (mnist / path.name.removesuffix(".gz")).write_bytes(unpacked)  # torchvision looks for no other form
        people = sorted((base / "class").iterdir())[: asked.baseline]
        once = sum(script(folder, base / "scratch") for folder in people) / len(people)
        loaded = load_rubric(str(rubric(base)))
        found = handed_in(base / "class", scratch=base / "unpacked", layout="plain")
        given = Class(handed_in=found, rubric=loaded, options=Options(fresh=True), workers=asked.workers)
        started = time.perf_counter()
        graded = grade_class(given, base / "out", tools_for(loaded))
        seconds = time.perf_counter() - started
    of_script = once * RUNS * asked.people
    print(f"{asked.people} people with three networks each, on {processor()}")
    print(f"nbclient runs three notebooks in {once:.0f} s: {of_script:,.0f} s for {RUNS} runs of everyone's")
    print(f"the grader took {seconds:,.0f} s, {seconds / asked.people:.1f} s a person: {of_script / seconds:.1f}x")
    points = sorted({standing.points for standing in graded.standings})
    print(f"points: {', '.join(f'{p:g}' for p in points)} of {loaded.max_score:g}; not graded: {len(graded.ungraded)}")


if __name__ == "__main__":
    main()
