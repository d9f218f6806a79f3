"""Grades a class in which every second submission is an attack: how long it takes, and what the grader itself holds.

`python benchmarks/hostile_class.py [--submissions 50] [--hours 2]`. The attacks are those of `tests/attacks/suite`, one
after the other, and some that are whole submissions. Exits with 1 where an honest submission was not graded as it
deserves, an attack earned what it doesn't deserve, the time was exceeded, or the grader held 500 MB or more.
"""

import argparse
import json
import os
import re
import secrets
import sys
import tempfile
import threading
import time
from itertools import cycle
from pathlib import Path

ATTACKS = Path(__file__).resolve().parent.parent / "tests" / "attacks"
sys.path[:0] = [str(ATTACKS), str(ATTACKS.parent / "support")]

from cells import attacks, hand_in  # noqa: E402  # what the suite itself is written in
from classes import graded_folder  # noqa: E402

from grader.budget import ClassBudget  # noqa: E402
from grader.rubric import load_rubric  # noqa: E402
from grader.tools import tools_for  # noqa: E402

MOST_MB = 500
HIDDEN = ("why", "secret value", "secret name")  # what only the attacks are after, or a person reads
RIGHT = "# Problem 1A\n\nThe layer has 60 parameters.\n"
DEAR = """
# %% digits
model = nn.Sequential(nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 8, 3, padding=200), nn.ReLU(),
                      *[nn.Conv2d(8, 8, 3, padding=1) for _ in range(20)], nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                      nn.Linear(8, 10))
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
for epoch in range(50):
    for images, labels in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(images[:1]), labels[:1])
        loss.backward()
        optimizer.step()
"""
# Submissions that are attacks as a whole: name, and the code of each of their notebooks.
WHOLE = {
    "many_loops": ["while True: pass"] * 16,
    "a_network_that_trains_for_hours": [DEAR],
    "sleepers": ["import time\ntime.sleep(10**6)"] * 6,
}


def build(folder: Path, count: int) -> dict[str, str]:
    """Write the class; the attack in each submission that holds one."""
    kinds = cycle([*WHOLE, *attacks()])
    held = {}
    for number in range(count):
        name = f"{number:03}"
        if number % 2 == 0:
            hand_in((ATTACKS / "honest.py").read_text(encoding="utf-8"), folder / name, None, RIGHT)
            continue
        kind = held[name] = next(kinds)
        for copy, source in enumerate(WHOLE.get(kind, [])):
            hand_in(source, folder / name / f"part{copy}", None, "# Problem 1A\n")
        if kind not in WHOLE:
            source = (ATTACKS / "suite" / f"{kind}.py").read_text(encoding="utf-8")
            hand_in(source, folder / name, world(folder.parent, name), "# Problem 1A\n")
    return held


def world(base: Path, name: str) -> dict[str, object]:
    """What an attack is told of where it is: much of it is not there."""
    places = ("rubric", "other", "class", "results", "beside", "home", "package", "site", "agent")
    told: dict[str, object] = {place: str(base / place) for place in places}
    mark = f"attack-{secrets.token_hex(6)}"
    told |= {"base": str(base), "grader": os.getpid(), "tcp": 9, "udp": 9, "abstract": mark, "mark": f"{mark}-{name}"}
    return told | {"flag": f"success-{secrets.token_hex(8)}", "mine": "secret-mine-0123456789abcdef", "me": name}


class Memory:
    """The most memory that this process has held: its own, and with the files of libraries that it has mapped."""

    def __init__(self) -> None:
        self.own = 0.0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self.own = max(self.own, self.now("RssAnon") + self.now("RssShmem"))
            time.sleep(0.02)

    @staticmethod
    def now(name: str) -> float:
        """A size in this process's status, in MB."""
        found = re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
        return int(found[1]) / 1024 if found else 0.0


def main() -> None:
    """Build, grade, tell."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--submissions", type=int, default=50)
    options.add_argument("--hours", type=float)
    asked = options.parse_args()
    seconds = asked.hours and asked.hours * 3600
    with tempfile.TemporaryDirectory(prefix="grader-class-") as name:
        base = Path(name)
        (base / "class").mkdir()
        text = (ATTACKS / "rubric.yaml").read_text(encoding="utf-8")
        text = text.replace("SECRET", secrets.token_hex(8))
        text = text.replace("cell_seconds: 8, notebook_seconds: 16", "cell_seconds: 20, notebook_seconds: 40")
        (base / "rubric.yaml").write_text(text, encoding="utf-8")
        held = build(base / "class", asked.submissions)
        rubric = load_rubric(str(base / "rubric.yaml"))
        memory, started = Memory(), time.monotonic()
        graded_folder(
            base / "class",
            rubric,
            base / "results",
            tools_for(rubric, lambda told: print(f"{time.monotonic() - started:6.0f} s  {told}", file=sys.stderr)),
            seconds=seconds,
        )
        taken, clock = time.monotonic() - started, ClassBudget(asked.submissions, seconds)
        faults = list(judged(base, asked.submissions, held))
    if taken > (allowed := clock.share(1)):
        faults.append(f"it took {taken:,.0f} s of {allowed:,.0f}")
    if memory.own >= MOST_MB:
        faults.append(f"the grader held {memory.own:.0f} MB")
    print(f"{asked.submissions} submissions, {len(held)} of them attacks: {taken:,.0f} s", end=", ")
    print(f"{taken / asked.submissions:.1f} s each; the grader held {memory.own:.0f} MB of its own", end=", ")
    print(f"{memory.now('VmHWM'):.0f} MB with mapped files")
    print("\n".join(faults) or "all as deserved")
    sys.exit(bool(faults))


def judged(base: Path, count: int, held: dict[str, str]) -> "list[str]":
    """What was not graded as it deserves."""
    faults = []
    for name in (f"{number:03}" for number in range(count)):
        path = base / "results" / name / "grade.json"
        if not path.is_file():
            faults.append(f"{name} {held.get(name, 'honest')}: not graded")
            continue
        grade = json.loads(path.read_text(encoding="utf-8"))
        found = {check["name"]: check["status"] for problem in grade["problems"] for check in problem["checks"]}
        if name not in held and [s for c, s in found.items() if c not in HIDDEN] != ["passed"] * 6:
            faults.append(f"{name} honest: {found} {grade['notes']}")
        if name in held and (found["accuracy"] == "passed" or found["count"] == "passed"):
            faults.append(f"{name} {held[name]}: {found}")
    return faults


if __name__ == "__main__":
    main()
