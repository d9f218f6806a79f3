"""What a command takes from nothing to its end, and where: imports by package, waiting for processes, the rest.

`python benchmarks/start.py [--runs 3]`. Each command is a process of its own, on reports and notebooks that come with
the grader; the first run of each warms the disk and is left out. Then each runs once more under the interpreter's own
import clock and profiler, which slow it down: of that run the shares count, and the wall is that of the others.
"""

import argparse
import cProfile
import io
import json
import os
import pstats
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import redirect_stdout, suppress
from pathlib import Path

from _processor import processor

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = {
    "--help": ["--help"],
    "check of a report": ["check", "reference/cs155-2019-set4", "--rubric", "cs155-2019-set4"],
    "inspect of a dense network": ["inspect", "reference/cs155-2023-set4/set4_3B.ipynb", "--trust-submissions"],
    "check of the demo": [
        "check",
        "reference/demo/ada",
        "--rubric",
        "demo",
        "--trust-submissions",
        "--no-retrain",
    ],
}
GOALS = {"--help": 0.3, "check of a report": 1.0, "inspect of a dense network": 5.0, "check of the demo": 6.0}
WAITING = ("select.select", "select.poll", "epoll", "posix.waitpid", "_thread.lock", "time.sleep")
IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)")


def profiled(command: list[str]) -> None:
    """Run a command in this process, and write down how long it waited, in seconds."""
    from grader.cli import main

    sys.argv = ["grader", *command]
    profile = cProfile.Profile()
    with redirect_stdout(io.StringIO()), suppress(SystemExit):
        profile.runcall(main)
    calls = pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]  # which the type leaves out
    waited = sum(own for (_, _, name), (_, _, own, _, _) in calls if any(wait in name for wait in WAITING))
    print(f"waited {waited}", file=sys.stderr)


def environment(cache: str) -> dict[str, str]:
    return os.environ | {"GRADER_CACHE": cache}


def shares(command: list[str], cache: str) -> tuple[float, Counter[str], float]:
    """(seconds of the run that is looked into, those of imports by package, those of waiting)."""
    argv = [sys.executable, "-X", "importtime", __file__, "--profile", json.dumps(command)]
    started = time.perf_counter()
    done = subprocess.run(argv, cwd=ROOT, env=environment(cache), capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    packages: Counter[str] = Counter()
    for own, name in IMPORT.findall(done.stderr):
        packages[name.split(".")[0]] += int(own) / 1e6
    found = re.search(r"^waited (.*)$", done.stderr, re.MULTILINE)
    return seconds, packages, float(found[1]) if found else 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--profile", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.profile:
        profiled(json.loads(asked.profile))
        return 0
    print(f"on {processor()}, {len(os.sched_getaffinity(0))} cores; seconds")
    with tempfile.TemporaryDirectory() as cache:
        for name, command in COMMANDS.items():
            walls = []
            for _ in range(asked.runs + 1):
                started = time.perf_counter()
                argv = [str(Path(sys.executable).with_name("grader")), *command]
                subprocess.run(argv, cwd=ROOT, env=environment(cache), capture_output=True, check=False)
                walls.append(time.perf_counter() - started)
            seconds, packages, waited = shares(command, cache)
            imports = sum(packages.values())
            print(f"\n{name}: {statistics.median(walls[1:]):.2f} (the first {walls[0]:.2f}; the goal {GOALS[name]:g})")
            print(f"  looked into, {seconds:.2f}: imports {imports:.2f}, waiting {waited:.2f}, the rest "
                  f"{max(seconds - imports - waited, 0):.2f}")  # fmt: skip
            print("  imports: " + ", ".join(f"{package} {own:.2f}" for package, own in packages.most_common(8)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
