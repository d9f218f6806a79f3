"""What a machine's own memory ends is the machine's failure, never the student's."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

pytestmark = pytest.mark.kernel

RUBRIC = """id: small
title: Small
limits: {memory_mb: 4096}
problems:
  - id: 1A
    title: Counting
    points: 2
    checks:
      - {type: numeric, name: count, points: 2, label: [parameters], expect: 608}
  - id: 2A
    title: A variable
    points: 3
    checks:
      - {type: variable, name: total, points: 3, variable: total, expect: 4}
"""
GREEDY = "x = b'x' * (3 << 30)"
ENTER = "import os, sys; open(sys.argv[1] + '/cgroup.procs', 'w').write('0'); os.execvp(sys.argv[2], sys.argv[2:])"
READ_ONLY = 'mount --bind {0} {0} && mount -o remount,ro,bind {0} && exec "$@"'


@pytest.fixture
def small():
    """A group of 900 MB, as a small container is one."""
    line = next((line for line in Path("/proc/self/cgroup").read_text().splitlines() if ":memory:" in line), "")
    folder = Path("/sys/fs/cgroup/memory") / line.rpartition(":")[2].lstrip("/") / f"grader-small-{os.getpid()}"
    try:
        folder.mkdir()
        for name in ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"):
            if (folder / name).is_file():
                (folder / name).write_text(str(900 << 20))
    except OSError as error:
        pytest.xfail(f"no group of less memory can be made here: {error}")  # no installation brings one about
    yield folder
    folder.rmdir()


@pytest.mark.parametrize("own_groups", [True, False], ids=["groups of its own", "no group of its own"])
def test_what_the_machines_memory_ends_is_its_own_failure(own_groups, small, tmp_path):
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "report.md").write_text("# Problem 1A\n\n608 parameters\n")
    cells = [nbformat.v4.new_markdown_cell("# Problem 2A"), *map(nbformat.v4.new_code_cell, (GREEDY, "total = 4"))]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "ada" / "work.ipynb")
    command = [sys.executable, "-c", "from grader.cli import main; main()", "check", "ada", "-r", "rubric.yaml"]
    if not own_groups:
        command = ["unshare", "-m", "sh", "-c", READ_ONLY.format("/sys/fs/cgroup/memory"), "sh", *command]
    argv = [sys.executable, "-c", ENTER, str(small), *command, "--format", "markdown", "--staff"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    if not own_groups and "mount" in done.stderr:
        pytest.xfail("nothing can be mounted here")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "| count | 2 of 2 |" in done.stdout
    assert "| total | 0 of 3 | ! Not graded |" in done.stdout
    assert "this machine has" in done.stdout
