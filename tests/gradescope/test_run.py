"""A run in the platform's folders: what results.json says at every moment, whatever was handed in or happens."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import jsonschema
import nbformat
import pytest
from class_commands import arguments, grader

from grader.gradescope.metadata import read_submitted
from grader.gradescope.place import Settings

pytestmark = pytest.mark.kernel

SCHEMA = json.loads((Path(__file__).parent / "results.schema.json").read_text())
RUBRIC = """id: quiz
title: Quiz
late: {per_day: 0.1}
limits: {cell_seconds: 60}
problems:
  - id: 1A
    title: Counting
    points: 8
    checks:
      - {type: numeric, name: count, points: 6, label: [parameters], expect: 608}
      - {type: manual, name: why, points: 2}
  - id: 2A
    title: A variable
    points: 2
    checks:
      - {type: variable, name: total, points: 2, variable: total, expect: 4}
"""
RIGHT = "# Problem 1A\n\n608 parameters, because each filter has a bias.\n"


@pytest.fixture
def place(tmp_path):
    """The platform's folders, with an autograder that was built for it."""
    (tmp_path / "quiz.yaml").write_text(RUBRIC)
    code, said = grader(
        "gradescope", "build", tmp_path / "quiz.yaml", "-o", tmp_path / "autograder.zip", "--minutes", 5
    )
    assert code == 0, said
    with zipfile.ZipFile(tmp_path / "autograder.zip") as archive:
        archive.extractall(tmp_path / "source")
    (tmp_path / "submission").mkdir()
    return tmp_path


def hand_in(place, text=RIGHT, *cells):
    (place / "submission" / "report.md").write_text(text)
    if cells:
        cells = [nbformat.v4.new_markdown_cell("# Problem 2A"), *map(nbformat.v4.new_code_cell, cells)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), place / "submission" / "work.ipynb")


def results(place):
    found = json.loads((place / "results" / "results.json").read_text())
    jsonschema.validate(found, SCHEMA)
    return found


def run(place, **environment):
    code, said = grader("gradescope", "run", "--root", place, **environment)
    assert code == 0, said
    return results(place)


def ends(found):
    """How each test ended: its score where it has one, else why it has none."""
    return {test["number"]: test.get("score", test["extra_data"]["status"]) for test in found["tests"]}


def test_a_submission_gets_what_it_deserves(place):
    hand_in(place, RIGHT, "total = 2 + 2")
    found = run(place)
    assert (found["score"], ends(found)) == (8, {"1A.1": 6, "1A.2": "manual", "2A.1": 2})
    assert found["stdout_visibility"] == "hidden"


@pytest.mark.parametrize(
    ("text", "cells", "expected"),
    [
        ("# Problem 1A\n\n600 parameters\n", ("total = 5",), {"1A.1": 0, "1A.2": "manual", "2A.1": 0}),
        ("", (), {"1A.1": 0, "1A.2": "manual", "2A.1": 0}),
        (None, (), {"1A.1": "manual", "1A.2": "manual", "2A.1": "manual"}),
    ],
    ids=["wrong", "an empty report", "nothing"],
)
def test_every_submission_has_results(text, cells, expected, place):
    if text is not None:
        hand_in(place, text, *cells)
    found = run(place)
    assert (found["score"], ends(found)) == (0, expected)


def test_what_was_judged_stands_when_the_run_is_killed(place):
    hand_in(place, RIGHT, "import time; time.sleep(300)", "total = 4")
    log = place / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(arguments("gradescope", "run", "--root", place), stdout=out, stderr=out)
    seen, until = [], time.monotonic() + 120
    while "running work.ipynb" not in log.read_text():
        assert time.monotonic() < until, log.read_text()
        if (place / "results" / "results.json").is_file():
            seen.append(results(place))
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert seen
    found = results(place)
    assert found["score"] == 0
    assert set(ends(found).values()) == {"error"}
    assert "not finished here" in found["tests"][0]["output"]


def test_what_the_platforms_time_ends_is_the_machines_failure(place):
    hand_in(place, RIGHT, "import time; time.sleep(300)", "total = 5")
    settings = place / "source" / "settings.json"
    told = Settings.model_validate_json(settings.read_bytes())
    settings.write_text(told.model_copy(update={"minutes": 0.75}).model_dump_json())
    found = run(place)
    assert ends(found) == {"1A.1": 6, "1A.2": "manual", "2A.1": "error"}
    assert found["score"] == 6


def test_times_are_the_platforms(place):
    hand_in(place, RIGHT, "total = 4")
    told = {
        "id": 7,
        "created_at": "2026-03-03T12:00:00.25-08:00",
        "assignment": {"due_date": "2026-03-01T12:00:00-08:00"},
        "users": [{"id": 1, "name": "Ada", "email": "ada@example.edu", "assignment": {"due_date": None}}],
        "previous_submissions": [{"score": 3}, {"score": 4}],
    }
    (place / "submission_metadata.json").write_text(json.dumps(told))
    found = run(place)
    assert (found["score"], found["extra_data"]["attempt"]) == (pytest.approx(6.4), 3)
    assert "8 of 10 points become 6.4" in found["output"]
    told["users"][0]["assignment"]["due_date"] = "2026-03-04T12:00:00-08:00"
    (place / "submission_metadata.json").write_text(json.dumps(told))
    assert run(place)["score"] == 8


ODD = [
    "", "{", "[]", "7", '"text"', "{}", '{"users": 3}', '{"users": [3, null, {}]}', '{"assignment": []}',
    '{"created_at": "yesterday", "assignment": {"due_date": 5}}', '{"created_at": "2026-01-01T00:00:00"}',
    '{"id": {}, "previous_submissions": {}}', '{"id": "../../etc"}', "[" * 100_000, '{"users": [{"name": ["x"]}]}',
    '{"created_at": "2026-01-01T00:00:00Z", "assignment": {"due_date": "2026-01-01T00:00:00+99:00"}}',
]  # fmt: skip


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_metadata_costs_nothing(text, tmp_path):
    (tmp_path / "submission_metadata.json").write_text(text)
    handin, due, extensions = read_submitted(tmp_path, tmp_path / "submission_metadata.json")
    assert (due, extensions, handin.late) == ("", {}, None)
    assert len(handin.people) == 1


def test_the_script_has_results_where_nothing_is_installed(place):
    environment = {**os.environ, "GRADER_AUTOGRADER": str(place), "GRADER_HOME": str(place / "nothing")}
    done = subprocess.run(["bash", place / "source" / "run_autograder"], env=environment, check=False)
    assert done.returncode == 0
    found = json.loads((place / "results" / "results.json").read_text())
    assert "not your doing" in found["output"]


def test_the_script_grades(place):
    hand_in(place)
    home = place / "home" / "bin"
    home.mkdir(parents=True)
    (home / "grader").write_text(f'#!/bin/sh\nexec {sys.executable} -c "from grader.cli import main; main()" "$@"\n')
    (home / "grader").chmod(0o755)
    environment = {**os.environ, "GRADER_AUTOGRADER": str(place), "GRADER_HOME": str(place / "home")}
    subprocess.run(["bash", place / "source" / "run_autograder"], env=environment, check=True)
    assert ends(results(place))["1A.1"] == 6


def test_the_same_input_makes_the_same_autograder(place):
    code, _ = grader("gradescope", "build", place / "quiz.yaml", "-o", place / "again.zip", "--minutes", 5)
    assert code == 0
    assert (place / "again.zip").read_bytes() == (place / "autograder.zip").read_bytes()
    with zipfile.ZipFile(place / "again.zip") as archive:
        names = archive.namelist()
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in archive.infolist()}
    assert {"setup.sh", "run_autograder", "Dockerfile", "rubric.yaml", "settings.json", "requirements.txt"} < {*names}
    assert (modes["setup.sh"], modes["run_autograder"], modes["rubric.yaml"]) == (0o755, 0o755, 0o644)
    (wheel,) = [name for name in names if name.endswith(".whl")]
    with zipfile.ZipFile(place / "source" / wheel) as archive:
        inside = archive.namelist()
    assert "grader/_data/templates/feedback.html.j2" in inside
    assert not [name for name in inside if "reference" in name.split("/") or name.endswith(".yaml")]
    pinned = (place / "source" / "requirements.txt").read_text().splitlines()
    assert all("==" in line for line in pinned)
    assert not [line for line in pinned if line.startswith(("nvidia", "triton", "dl-grader", "pytest"))]


def test_a_hidden_check_is_said_to_hide_the_total(place):
    hidden = RUBRIC.replace("expect: 4", "expect: 4, visibility: after_due_date")
    (place / "hidden.yaml").write_text(hidden)
    code, said = grader("gradescope", "build", place / "hidden.yaml", "-o", place / "hidden.zip")
    assert code == 0
    assert "withholds their total until it is due" in said
