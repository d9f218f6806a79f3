"""From a submission to its first cell executed with torch imported: how long it takes, and what a kernel holds.

    python benchmarks/notebooks.py

In one run, in turns: the grader cold and warm, behind the best layer of this machine; bare nbclient, without any
protection; and `otter run` on a trivial notebook, where otter is on the PATH. Memory is what one kernel has for
itself alone after `import torch` (private pages; of a forked kernel, those that it has changed).
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from rich.console import Console
from rich.table import Table

from grader.core.limits import Limits
from grader.execution import find_sandbox, run_notebook, warm_kernels
from grader.observation.findings import read_variables

ROUNDS = 5
CELL = """
import time, torch
now = time.time()
lines = open("/proc/self/smaps_rollup").read().splitlines()
found = [now, sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024]
"""
OTTER_TEST = """
OK_FORMAT = True
test = {"name": "q1", "points": 1, "suites": [{"cases": [{"code": ">>> x\\n1", "hidden": False, "locked": False}],
        "scored": True, "setup": "", "teardown": "", "type": "doctest"}]}
"""


def notebook(*cells):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def ours(warm, folder):
    """(seconds to the first cell with torch, seconds in all, private MB)."""
    started = time.time()
    sandbox = find_sandbox()
    found = run_notebook(notebook(CELL), folder, sandbox, Limits(), data=None, variables=(("found",),), warm=warm)
    ended = time.time()
    assert (found.failure, found.cells[0].status) == ("", "ok"), found
    at, memory = read_variables(found.variables)["found"]
    return at - started, ended - started, memory


def bare(folder):
    """The same by nbclient alone, with nothing between the notebook and the machine."""
    from nbclient import NotebookClient

    book = notebook(CELL + "\nprint(found)")
    started = time.time()
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    ended = time.time()
    at, memory = json.loads(book.cells[0].outputs[-1].text)
    return at - started, ended - started, memory


def otter(folder):
    """Seconds of `otter run` on a notebook of one trivial cell with one test; None without otter."""
    command = shutil.which("otter")
    if command is None:
        return None
    (folder / "tests").mkdir(exist_ok=True)
    (folder / "tests" / "q1.py").write_text(OTTER_TEST)
    nbformat.write(notebook("x = 1"), folder / "submission.ipynb")
    environment = {**os.environ, "PATH": f"{Path(command).parent}:{os.environ['PATH']}"}
    for line in (
        ["generate", "-t", "tests", "-o", "autograder.zip"],
        ["run", "submission.ipynb", "-a", "autograder.zip"],
    ):
        started = time.time()
        done = subprocess.run(
            [command, *line], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(done.stderr[-400:], file=sys.stderr)
            return None
    return time.time() - started


def main():
    found = {"the grader, cold": [], "the grader, warm": [], "nbclient, no sandbox": [], "otter run, without torch": []}
    with tempfile.TemporaryDirectory() as name, warm_kernels() as warm:
        folder = Path(name) / "submission"
        folder.mkdir()
        while warm and not warm.ready and warm.state == "is still importing":
            time.sleep(0.1)
        for _ in range(ROUNDS):
            found["the grader, cold"].append(ours(None, folder))
            found["the grader, warm"].append(ours(warm, folder))
            found["nbclient, no sandbox"].append(bare(folder))
        others = [otter(Path(name)) for _ in range(2)]
    found["otter run, without torch"] = [(None, seconds, None) for seconds in others if seconds]
    console = Console(width=110)
    console.print(find_sandbox().sentence)
    table = Table("way", "to the first cell with torch, s", "from start to end, s", "a kernel's own memory, MB")
    for way, rounds in found.items():
        columns = list(zip(*rounds))
        cells = [f"{statistics.median(c):.2f}" if c[0] is not None else "" for c in columns] or [
            "not installed",
            "",
            "",
        ]
        table.add_row(way, *cells[:2], cells[2] and cells[2][:-3])
    console.print(table)


if __name__ == "__main__":
    main()
