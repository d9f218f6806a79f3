"""How retraining grows with epochs and seeds, and how much memory it takes.

    GRADER_DATA=... python benchmarks/growth.py [FIGURE.svg]

Each run is a process of its own. Seconds count from the call of `retrain` to its answer, so they include starting other
processes. Memory is the largest sum over the process and its children, looked at ten times a second: its own (Linux's
anonymous pages, which is what a container's limit kills for), and with its part of the mapped files (PSS; most of
that is torch's libraries, which the kernel can give up).
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

RUN = """
import json, sys, time
sys.path.insert(0, {folder!r})
if __name__ == "__main__":
    import torch
    torch.set_num_threads(1)
    import retrain
    name, seeds, epochs = json.loads(sys.argv[1])
    print(retrain.ours(retrain.NETWORKS[name], seeds, epochs) * seeds * epochs)
"""


def run(name, seeds, epochs, scratch):
    """Seconds, and the peaks of own memory and of all memory, in MB."""
    process = subprocess.Popen(
        [sys.executable, scratch, json.dumps([name, seeds, epochs])], stdout=subprocess.PIPE, text=True
    )
    own = everything = 0
    while process.poll() is None:
        sums = [0, 0]
        for part in (psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)):
            try:
                lines = Path(f"/proc/{part.pid}/smaps_rollup").read_text().splitlines()
            except OSError:
                continue
            kilobytes = {words[0]: int(words[1]) for words in map(str.split, lines[1:])}
            sums = [sums[0] + kilobytes["Pss_Anon:"], sums[1] + kilobytes["Pss:"]]
        own, everything = max(own, sums[0]), max(everything, sums[1])
        time.sleep(0.1)
    return float(process.stdout.read()), own / 1024, everything / 1024


def main():
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder) / "run.py"
        scratch.write_text(RUN.format(folder=str(Path(__file__).parent)))
        small, wide = "784-100-10", "784-500-300-200-10"
        run(small, 1, 1, scratch)  # compiles, and reads the data into the page cache
        epochs = {n: run(small, 2, n, scratch) for n in (1, 2, 4, 8, 16)}
        seeds = {n: run(small, n, 4, scratch) for n in (1, 2, 3, 4, 6, 8)}
        memory = {
            small: seeds[8][1:],
            wide: run(wide, 5, 1, scratch)[1:],
            "CNN": run("CNN", 2, 1, scratch)[1:],
        }
    table = Table("two seeds, epochs", "seconds", "seconds an epoch")
    for n, (seconds, *_) in epochs.items():
        table.add_row(str(n), f"{seconds:.2f}", f"{seconds / n:.2f}")
    Console().print(table)
    table = Table("four epochs, seeds", "seconds", "seconds a seed")
    for n, (seconds, *_) in seeds.items():
        table.add_row(str(n), f"{seconds:.2f}", f"{seconds / n:.2f}")
    Console().print(table)
    table = Table("network", "peak of its own memory, MB", "with mapped files, MB")
    for name, (own, everything) in memory.items():
        table.add_row(name, f"{own:.0f}", f"{everything:.0f}")
    Console().print(table)
    if len(sys.argv) > 1:
        plot(sys.argv[1], epochs, seeds)


def plot(path, epochs, seeds):
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(8, 3), sharey=True)
    for axis, found, label in ((axes[0], epochs, "epochs (two seeds)"), (axes[1], seeds, "seeds (four epochs)")):
        axis.plot(list(found), [seconds for seconds, *_ in found.values()], "o-")
        axis.set(xlabel=label, ylim=(0, None), xlim=(0, None))
    axes[0].set_ylabel("seconds")
    figure.tight_layout()
    figure.savefig(path)


if __name__ == "__main__":
    main()
