"""The built wheel works away from the checkout: demo and templates travel inside it, and no course's answers."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.deep

ROOT = Path(__file__).resolve().parents[2]


def tells_no_answers(names):
    """Whoever may run the grader has what it is installed from: of assignments it holds the demo alone."""
    rubrics = [name for name in names if name.startswith("rubrics/") and name.endswith(".yaml")]
    references = {name.split("/")[1] for name in names if name.startswith("reference/")}
    assert (rubrics, references) == (["rubrics/demo.yaml"], {"demo"})
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


def test_the_wheel_installed_elsewhere_runs_the_demo(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--sdist", "--no-isolation", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,), (source,) = tmp_path.glob("*.whl"), tmp_path.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        tells_no_answers([name.removeprefix("grader/_data/") for name in archive.namelist()])
    with tarfile.open(source) as archive:
        tells_no_answers([name.partition("/")[2] for name in archive.getnames()])
    home = tmp_path / "env"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    # Its dependencies are those of this environment; the grader itself must come from the wheel.
    (site,) = (home / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    where = subprocess.run(
        [python, "-c", "import grader; print(grader.__file__)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert Path(where.stdout.strip()).is_relative_to(site)
    done = subprocess.run(
        [home / "bin" / "grader", "demo", "--out", tmp_path / "pages"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "120"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    scores = {
        line.split("│")[1].strip(): line.split("│")[2].strip() for line in done.stdout.splitlines() if "│" in line
    }
    assert scores == {"ada": "14/16", "ben": "9/16", "cleo": "11/16", "dan": "9.5/16"}
    for student in scores:
        assert (tmp_path / "pages" / student / "feedback.html").stat().st_size > 5000
