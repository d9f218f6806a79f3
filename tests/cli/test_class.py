"""A class: whatever one submission is called, holds or raises, the others are graded and nobody is forgotten."""

import csv
import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from unittest import mock

import pytest
from classes import graded_folder

from grader import class_steps
from grader.cli._terminal import harmless
from grader.execution import Sandbox, find_sandbox
from grader.rubric import load_rubric
from grader.tools import Tools

QUIZ = """id: quiz
title: Quiz
problems:
  - id: 1A
    title: Counting
    points: 1
    checks:
      - {type: numeric, name: count, points: 1, label: [parameters], expect: 60}
"""
STEERS = "\x1b[2J\x1b]0;mine\x07\x9b31m\u202e[red]"
# Names that meet files of ours, each other, or what a file system takes.
NAMES = (
    "gradebook.csv",
    "class.html",
    "salt.txt",
    "Ada",
    "ada",
    "con",
    "feedback.html",
    "\u00fc" * 120,
    f"=1+1{STEERS}",
    "a..b",
    "-rf",
)


@pytest.mark.kernel
def test_no_name_meets_another_or_steers_what_shows_it(tmp_path):
    (tmp_path / "quiz.yaml").write_text(QUIZ)
    for name in NAMES:
        folder = tmp_path / "class" / name
        folder.mkdir(parents=True)
        (folder / f"report {STEERS}.md").write_text("# Problem 1A\n\nThe layer has 60 parameters.\n")
    with zipfile.ZipFile(tmp_path / "class" / "ada.zip", "w") as archive:
        archive.writestr("report.md", "# Problem 1A\n\nThe layer has 61 parameters.\n")
    out = tmp_path / "out"
    argv = ["grade", tmp_path / "class", "--rubric", tmp_path / "quiz.yaml", "--out", out, "--trust-submissions"]
    command = [sys.executable, "-c", "from grader.cli import main; main()", *map(str, argv)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "COLUMNS": "200"}, check=False)
    assert done.returncode == 0, done.stderr
    printed = done.stdout + done.stderr
    assert re.findall("\x1b(?!\\[[0-9;]*m)|[\x00-\x08\x7f-\x9f\u202e]", printed) == []
    folders = [path for path in out.iterdir() if path.is_dir()]
    assert sorted(path.name for path in out.iterdir() if path.is_file()) == [
        "class.html",
        "gradebook.csv",
        "grades.db",
        "salt.txt",
        "standings.json",
    ]
    assert not any(path.name.startswith(("-", ".")) for path in folders)
    assert len(folders) == len({path.name.casefold() for path in folders}) == len(NAMES)
    grades = [json.loads((folder / "grade.json").read_text()) for folder in folders]
    scores = sorted((grade["score"], grade["manual_points"]) for grade in grades)
    assert scores == [(0, 1), *[(1, 0)] * (len(NAMES) - 1)]  # ada.zip is ada's too, and says 61
    assert len({grade["submission"]["id"] for grade in grades}) == len(NAMES)
    for file in [out / "gradebook.csv", out / "class.html", *out.glob("*/feedback.html")]:
        assert re.findall("[\x00-\x08\x1b\x7f-\x9f\u202e]", file.read_text()) == []
    assert not any(line.startswith(("=", "-", "+", "@")) for line in (out / "gradebook.csv").read_text().splitlines())


@pytest.fixture
def graded_class(tmp_path):
    """A class that was graded, and what runs a command in it."""
    (tmp_path / "quiz.yaml").write_text(QUIZ)
    (tmp_path / "other.yaml").write_text(QUIZ.replace("id: quiz", "id: other"))
    for name in ("ada", "ben"):
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "report.md").write_text(
            f"{name}\n\n# Problem 1A\n\nThe layer has 60 parameters.\n"
        )
    tools = Tools(sandbox=find_sandbox())
    graded_folder(tmp_path / "class", load_rubric(str(tmp_path / "quiz.yaml")), tmp_path / "out", tools)
    (tmp_path / "a file").touch()

    def run(*argv):
        command = [sys.executable, "-c", "from grader.cli import main; main()", *argv]
        environment = {**os.environ, "COLUMNS": "1000", "NO_COLOR": "1"}
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    return run


MISTAKES = {
    "another assignment's results": ("grade class --rubric other.yaml --out out", 2, "out holds the results of quiz"),
    "a mistyped export": ("grade clas --rubric quiz.yaml --out new", 1, "no such file or folder"),
    "a roster that isn't there": ("grade class --rubric quiz.yaml --out new --roster people.csv", 2, "people.csv"),
    "extensions that aren't there": ("grade class --rubric quiz.yaml --out new --extensions more.yaml", 2, "more.yaml"),
    "a place that is a file": ("export out --to canvas --out 'a file/there'", 4, "a file"),
}


@pytest.mark.kernel
def test_a_mistake_is_said_and_nothing_is_written(graded_class, tmp_path):
    for name, (argv, code, said) in MISTAKES.items():
        found = graded_class(*shlex.split(argv))
        assert (found[0], said in found[1]) == (code, True), (name, found)
        assert not (tmp_path / "new").exists(), name
    assert json.loads((tmp_path / "out" / "standings.json").read_text())["rubric"] == "quiz"


RAISED = [MemoryError(), RecursionError("deep"), BrokenProcessPool("ended"), CancelledError(), ValueError("\x1b[2J")]


@pytest.mark.kernel  # the versions of the machine are asked of a command
@pytest.mark.parametrize("raised", RAISED, ids=lambda error: type(error).__name__)
def test_whatever_is_raised_over_a_submission_costs_that_one(raised, tmp_path, monkeypatch):
    (tmp_path / "quiz.yaml").write_text(QUIZ)
    for name in ("ada", "ben"):
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "report.md").write_text(name)
    rubric = load_rubric(str(tmp_path / "quiz.yaml"))
    tools = Tools(sandbox=Sandbox(layer="limits", sentence=""))

    def graded(handin, *_):
        if handin.key == "ada":
            raise raised
        return class_steps.set_aside(handin.key, rubric, tools, "not read", "manual")

    monkeypatch.setattr(class_steps, "grade_submission", graded)
    found = graded_folder(tmp_path / "class", rubric, tmp_path / "out", tools)
    assert [(one.key, one.state) for one in found.standings] == [("ada", "error"), ("ben", "waiting")]
    assert found.standings[0].error == 1
    page = (tmp_path / "out" / "ada" / "feedback.html").read_text()
    assert type(raised).__name__ in page
    assert "\x1b" not in page
    assert (tmp_path / "out" / "gradebook.csv").read_text().count("\n") == 3
    shown = (tmp_path / "out" / "class.html").read_text()
    assert type(raised).__name__ in shown.partition('role="alert"')[2] and "\x1b" not in shown


def test_who_ends_the_run_ends_it_and_everyone_has_a_row(tmp_path, monkeypatch):
    (tmp_path / "quiz.yaml").write_text(QUIZ)
    for name in ("ada", "ben"):
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "report.md").write_text(name)
    rubric = load_rubric(str(tmp_path / "quiz.yaml"))
    tools = Tools(sandbox=Sandbox(layer="limits", sentence=""))
    monkeypatch.setattr(class_steps, "grade_submission", mock.Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        graded_folder(tmp_path / "class", rubric, tmp_path / "out", tools)
    rows = csv.DictReader((tmp_path / "out" / "gradebook.csv").read_text("utf-8-sig").splitlines())
    found = [(row["key"], row["state"], row["error_points"]) for row in rows]
    assert found == [("ada", "error", "1"), ("ben", "error", "1")]
    assert "The machine failed on 2 people" in (tmp_path / "out" / "class.html").read_text()


HARMLESS = {
    "words": ("a\tb\n", "a\tb\n"),
    "colours of ours": ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m"),
    "a bar that is drawn again": ("\r\x1b[2K\x1b[1A50 %", "\r\x1b[2K\x1b[1A50 %"),
    "an emptied screen": ("\x1b[2J\x1b[H!", "!"),
    "a title": ("\x1b]0;owned\x07!\x1b]2;x\x1b\\!", "!!"),
    "half an escape": ("\x1b", ""),
    "other controls": ("\x9b2J\x07\x08\x7f!", "2J!"),
    "a line written over": ("passed\rfailed\r\n", "passedfailed\r\n"),
    "words from right to left": ("\u202etxt.\u2066", "txt."),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_nothing_printed_steers_a_terminal(name):
    given, printed = HARMLESS[name]
    assert harmless(given) == printed
