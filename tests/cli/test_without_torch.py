"""Where torch isn't installed: what needs none works, and what does says how to get it, and how large it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).resolve().parents[2]
# Python imports a module of this name first of all; it finds no torch, as where none is installed.
BLOCKING = """
import sys
class Blocking:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "torchvision"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocking())
"""
INSTALL = "pip install 'dl-grader[torch]'"
CASES = {
    "lint": (["rubric", "lint", "demo"], 0, "4 problems"),
    "an edition": (["student", "build", "demo", "--out", "{}"], 0, "students see 8 judged"),
    "a report": (["check", "reference/dl-hw2", "-r", "dl-hw2"], 0, "6 of 12 points"),
    "a network": (["check", "reference/demo/ada", "-r", "demo", "--no-retrain"], 4, INSTALL),
    "inspect": (["inspect", "reference/demo/ada/network.ipynb"], 4, INSTALL),
    "retrain": (["retrain", "reference/demo/ada/network.ipynb", "--accuracy", "0.9"], 4, INSTALL),
}


@pytest.mark.parametrize("name", CASES)
def test_without_torch(name, tmp_path):
    arguments, code, said = CASES[name]
    (tmp_path / "sitecustomize.py").write_text(BLOCKING)
    done = subprocess.run(
        [sys.executable, "-c", "from grader.cli import main; main()", *(a.format(tmp_path) for a in arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "400"},
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, done.stderr
    told = " ".join(f"{done.stdout} {done.stderr}".split())
    assert said in told
    if code == 4:
        assert "up to 3 GB on Linux" in told
