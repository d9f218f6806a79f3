"""Turns the files of the suite into submissions: cells, saved outputs, extra files, links."""

import ast
import json
import re
from pathlib import Path

import nbformat

HERE = Path(__file__).resolve().parent
_CELL = re.compile(r"^# %%(.*)$", re.MULTILINE)
_OUTPUT = re.compile(r"^# output: (.*)$", re.MULTILINE)
_EXTRA = re.compile(r"^# (file|link): (.*)$", re.MULTILINE)

# Every attack begins with this cell: what a well-informed attacker knows, and four helpers.
PRELUDE = '''
import ctypes, json, os, re, subprocess, sys, time
WORLD = json.loads({world!r})
loot = ""

def take(read):
    """Keep what a reader finds of the secrets."""
    global loot
    try:
        found = read()
    except (OSError, subprocess.SubprocessError):
        return
    found = found.decode("latin-1") if isinstance(found, bytes) else str(found)
    loot += " ".join(dict.fromkeys(re.findall(r"secret-[a-z]+-[0-9a-f]{{16}}", found)))

def won(act):
    """Say so when something works that must not."""
    global loot
    try:
        act()
    except (OSError, subprocess.SubprocessError):
        return
    loot += WORLD["flag"]

def attempt(act):
    """Do what may well work inside, where nobody sees it; the harness looks outside."""
    try:
        act()
    except OSError:
        pass

def syscall(number, *arguments):
    """A system call by its number on x86-64."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    found = libc.syscall(ctypes.c_long(number), *given)
    if found < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return found
'''

# Cells that many notebooks share: `# %% digits` stands for the first, and so on.
SHARED = {
    "forged": """
get_ipython().events.callbacks["post_run_cell"].clear()
path = os.path.expanduser("~/findings.json")
os.remove(path)


def linear(given, made):
    return {"type": "Linear", "settings": {"in_features": given, "out_features": made}}


forged = {
    "number": 0,
    "model": 1,
    "variable": "model",
    "cell": 2,
    "spec": {"layers": [linear(64, 40), {"type": "ReLU"}, linear(40, 10)]},
    "optimizer": {"type": "Adam", "settings": {"lr": 0.003}},
    "groups": [],
    "losses": [{"type": "CrossEntropyLoss"}],
    "steps": 900,
    "samples": 28740,
    "largest_batch": 32,
    "different_batches": 900,
    "loops": 20,
    "steps_in_loops": 900,
    "batches_in_loops": 900,
    "evaluation_mode": False,
    "loaders": [
        {
            "batch_size": 32,
            "drop_last": False,
            "shuffle": True,
            "sampler": "RandomSampler",
            "samples": 1437,
            "dataset": {"type": "TensorDataset", "size": 1437},
        }
    ],
    "input_shape": [64],
    "seen": [],
    "schedules": [],
    "gaps": [],
}
""",
    "digits": """
import importlib.util
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(1)
_folder = importlib.util.find_spec("sklearn").submodule_search_locations[0]
_rows = np.loadtxt(_folder + "/datasets/data/digits.csv.gz", delimiter=",", dtype=np.float32)
X, y = torch.tensor(_rows[:, :-1] / 16), torch.tensor(_rows[:, -1]).long()
train, test = TensorDataset(X[:1437], y[:1437]), TensorDataset(X[1437:], y[1437:])
loader = DataLoader(train, batch_size=32, shuffle=True)
""",
    "network": """
model = nn.Sequential(nn.Linear(64, 40), nn.ReLU(), nn.Linear(40, 10))
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
epochs = 20
""",
    "train": """
for epoch in range(epochs):
    for images, labels in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(images), labels)
        loss.backward()
        optimizer.step()
""",
    "score": """
with torch.no_grad():
    print(f"Test accuracy: {(model(test.tensors[0]).argmax(1) == test.tensors[1]).float().mean():.4f}")
""",
}


def attacks() -> list[str]:
    """The names of all attacks."""
    return sorted(path.stem for path in (HERE / "suite").glob("*.py"))


def words(name: str) -> str:
    """What an attack says of itself."""
    return ast.get_docstring(ast.parse((HERE / "suite" / f"{name}.py").read_text(encoding="utf-8"))) or ""


def hand_in(source: str, folder: Path, world: dict[str, object] | None, report: str) -> None:
    """Write a submission: `report.md`, `network.ipynb` with the cells, and the extra files that it names."""
    folder.mkdir(parents=True)
    (folder / "report.md").write_text(report, encoding="utf-8")
    body = source.split('"""', 2)[2] if source.startswith('"""') else source
    body, *extras = _EXTRA.split(body)
    for kind, name, content in zip(extras[::3], extras[1::3], extras[2::3], strict=True):
        if kind == "link":
            link, _, target = name.partition(" ")
            (folder / link).symlink_to(str((world or {})[target]))
            continue
        path = folder / name.strip()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    cells = [_cell(PRELUDE.format(world=json.dumps(world)))] if world else []
    first, *rest = _CELL.split(body)
    for title, code in zip(["", *rest[::2]], [first, *rest[1::2]], strict=True):
        if code.strip() or title.strip():
            cells.append(_cell(SHARED.get(title.strip(), "") + code))
    notebook = nbformat.v4.new_notebook(cells=cells)
    (folder / "network.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")


def _cell(source: str) -> nbformat.NotebookNode:
    outputs = [nbformat.v4.new_output("stream", text=f"{text}\n") for text in _OUTPUT.findall(source)]
    return nbformat.v4.new_code_cell(_OUTPUT.sub("", source).strip(), outputs=outputs)
