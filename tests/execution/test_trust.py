"""Where code of submissions runs: one rule for every command, and what is said of what stands in the way."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from container import group
from typer.testing import CliRunner

from grader.cli import app
from grader.execution import Sandbox, try_layer
from grader.machine import own_group

JAIL = Sandbox(layer="jail", sentence="A jail.")
LIMITS = Sandbox(layer="limits", sentence="Nothing confines it.")
QUIZ = """id: quiz
title: Quiz
problems:
  - id: 1A
    title: It
    points: 1
    checks: [{name: it, points: 1, type: CHECK}]
"""


@pytest.mark.parametrize(
    ("sandbox", "user", "trusted", "own", "refused"),
    [
        (JAIL, 0, False, False, False),
        (LIMITS, 1000, False, False, True),
        (LIMITS, 1000, False, True, False),
        (LIMITS, 0, False, False, True),
        (LIMITS, 0, False, True, True),
        (LIMITS, 0, True, False, False),
    ],
)
def test_code_runs_unconfined_only_where_somebody_said_so(sandbox, user, trusted, own, refused, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: user)
    why = sandbox.refuses(trusted=trusted, own=own)
    assert bool(why) == refused
    assert ("that is root" in why) == (refused and user == 0)


@pytest.mark.parametrize("command", ["check", "grade"])
@pytest.mark.parametrize(
    ("check", "trust", "refused"),
    [
        ("variable, variable: x, expect: 1", False, True),
        ("variable, variable: x, expect: 1", True, False),
        ("numeric, label: [x], expect: 1", False, False),
    ],
    ids=["a notebook's", "trusted", "nothing runs"],
)
def test_root_is_asked_before_code_runs_unconfined(command, check, trust, refused, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr("grader.tools.find_sandbox", lambda: LIMITS)
    (tmp_path / "quiz.yaml").write_text(QUIZ.replace("CHECK", check))
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "report.md").write_text("# Problem 1A\n\nx = 1\n")
    where = {"check": ["class/ada"], "grade": ["class", "-o", "out"]}[command]
    monkeypatch.chdir(tmp_path)
    reached = []
    monkeypatch.setattr("grader.pipeline.grade_submission", lambda *_, **__: reached.append(1) or 1 / 0)
    monkeypatch.setattr("grader.batch.grade_class", lambda *_, **__: reached.append(1) or 1 / 0)
    argv = [command, *where, "-r", "quiz.yaml", *(["--trust-submissions"] if trust else [])]
    done = CliRunner().invoke(app, argv)
    assert bool(reached) == (not refused)
    assert ("nothing keeps the code of a submission" in str(done.exception)) == refused


def test_the_folder_that_stands_in_the_way_is_named(monkeypatch):
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        closed = Path(name)  # to its owner alone
        (closed / "python").mkdir()
        monkeypatch.setattr(sys, "prefix", str(closed / "python"))
        monkeypatch.setattr(os, "getuid", lambda: 0)
        assert f"chmod o+x {closed}" in try_layer.__wrapped__("uid")


@pytest.mark.kernel
@pytest.mark.parametrize(("share", "cores"), [(0.5, 1), (1, 1), (1.5, 2), (64, len(os.sched_getaffinity(0)))])
def test_cores_are_those_of_the_container(share, cores):
    if own_group("cpu", 1) is None:
        pytest.xfail("no group of version 1 that limits time can be made here")
    enter = "import sys; open(sys.argv[1] + '/cgroup.procs', 'w').write('0')"
    code = f"{enter}; from grader.machine import cores; print(cores())"
    with group(512, share) as folders:
        cpu = next(folder for folder in folders if (folder / "cpu.cfs_quota_us").exists())
        done = subprocess.run([sys.executable, "-c", code, str(cpu)], capture_output=True, text=True, check=True)
    assert int(done.stdout) == min(cores, len(os.sched_getaffinity(0)))
