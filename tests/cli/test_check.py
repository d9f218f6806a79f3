"""`grader check` as students call it: no options, plain words in any width, nothing that they may not see."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from grader.cli.check import show
from grader.core.outcome import Grade
from grader.report import FORMATS

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "reference" / "demo"
COMMAND = [sys.executable, "-c", "from grader.cli import main; main()"]


def grader(*arguments, cwd=ROOT, **env):
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "COLUMNS": "80", **env},
        timeout=600,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course") / "set"
    done = grader("student", "build", "demo", "--out", folder, "--starter", DEMO / "ben")
    assert done.returncode == 0, done.stderr
    assert "6 read" in done.stdout
    return folder


def test_what_is_handed_out_is_the_edition_and_the_starter_files(handed_out):
    assert sorted(path.name for path in handed_out.iterdir()) == ["demo.grader.yaml", "network.ipynb", "report.md"]


def test_a_student_types_two_words(handed_out):
    done = grader("check", cwd=handed_out, COLUMNS="40", NO_COLOR="1")
    assert done.returncode == 1, done.stderr
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 40
    said = " ".join(done.stdout.split())
    assert "demo.grader.yaml" not in said  # it is no part of what is handed in
    to_do, read, done_already = (said.index(words) for words in ("To do", "Read. Answers are read", "Done ("))
    assert to_do < read < done_already
    assert "2A hidden units (2 points): 64 hidden units; allowed: at most 40." in said
    assert "What to do: Make the layers narrower: 24 units must go." in said
    assert "We read 60 as your answer to 1A." in said and "is right" not in said
    assert "hidden units" in done.stdout and said.index("2A hidden units") < said.index("2A accuracy (3 points)")


def test_what_training_costs_is_said_before_it_starts(handed_out, tmp_path):
    shutil.copytree(DEMO / "cleo", tmp_path / "cleo")
    shutil.copy(handed_out / "demo.grader.yaml", tmp_path)  # in the folder above
    done = grader("check", "cleo", cwd=tmp_path, GRADER_CACHE=str(tmp_path / "cache"))
    lines = done.stderr.splitlines()
    cost = next(n for n, line in enumerate(lines) if "each takes a core about" in line)
    reached = next(n for n, line in enumerate(lines) if "a training reached" in line)
    assert cost < reached
    assert "2 to 5 times" in lines[cost]


def test_where_no_edition_lies_the_error_says_what_to_do(tmp_path):
    done = grader("check", cwd=tmp_path)
    assert done.returncode == 3
    assert "no assignment was found" in done.stderr and "--rubric" in done.stderr


def test_a_class_is_not_graded_by_what_students_have(handed_out, tmp_path):
    done = grader("grade", DEMO, "-r", handed_out / "demo.grader.yaml", "-o", tmp_path / "out", "--trust-submissions")
    assert done.returncode == 3
    assert "student edition" in done.stderr


SECRETS = ("WORD TO THE TA", "secret units", "Never to be shown")


@pytest.fixture(scope="module")
def with_secrets(tmp_path_factory):
    """The demo's rubric with a note and two hidden checks."""
    values = YAML(typ="safe").load(ROOT / "rubrics" / "demo.yaml")
    problem = next(problem for problem in values["problems"] if problem["id"] == "2A")
    problem["checks"] += [
        {"type": "hidden_units", "name": SECRETS[1], "points": 1, "at_most": 7, "visibility": "hidden"},
        {"type": "manual", "name": "style", "points": 1, "note": SECRETS[2], "visibility": "after_published"},
    ]
    problem["checks"][0]["note"] = SECRETS[0]
    problem["checks"][0]["items"] = [{"text": f"{SECRETS[0]} again", "points": 0.1}]
    problem["points"] += 2
    path = tmp_path_factory.mktemp("staff") / "secret.yaml"
    YAML(typ="safe").dump(values, path)
    return path


@pytest.fixture(scope="module")
def for_staff(with_secrets):
    return grader("check", DEMO / "ben", "-r", with_secrets, "--staff", "--format", "json", "--no-retrain").stdout


def test_staff_see_all_of_it(for_staff):
    assert all(secret in for_staff for secret in SECRETS)


@pytest.mark.parametrize("format", ["table", *FORMATS])
def test_no_format_shows_what_a_student_may_not_see(format, for_staff, capsys):
    grade = Grade.model_validate_json(for_staff)
    show(grade, format, None, staff=False)
    said = capsys.readouterr().out
    assert said and not [secret for secret in SECRETS if secret in said]


@pytest.mark.parametrize("options", [[], ["--format", "json"]], ids=["the usual", "json"])
def test_the_command_shows_nothing_of_it_either(options, with_secrets):
    done = grader("check", DEMO / "ben", "-r", with_secrets, *options, "--no-retrain")
    assert done.returncode == 1 and "2A" in done.stdout
    assert not [secret for secret in SECRETS if secret in done.stdout]


def test_github_gets_a_line_for_each_thing_to_do():
    done = grader("check", DEMO / "dan", "-r", "demo", "--format", "github", "--no-retrain")
    line = next(line for line in done.stdout.splitlines() if "1A parameters" in line)
    assert line.startswith(
        "::error file=report.md,line=5,title=1A parameters (1.5 points%2C not passed)::54 is not right"
    )
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in done.stdout.splitlines())


def test_a_page_is_not_written_among_what_is_handed_in(handed_out):
    done = grader("check", "--html", "page.html", cwd=handed_out)
    assert done.returncode == 2
    assert not (handed_out / "page.html").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="it is ended by a signal")
def test_watching_reads_again_what_changed(handed_out, tmp_path):
    folder = tmp_path / "work"
    shutil.copytree(handed_out, folder)
    with subprocess.Popen(
        [*COMMAND, "check", "--watch", "--no-retrain"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
    ) as watching:
        assert watching.stdout is not None
        try:
            first = until(watching.stdout, "waiting for changes")
            assert "We read 60 as your answer" in first and "running network.ipynb" in first
            report = folder / "report.md"
            report.write_text(report.read_text().replace("60", "54"))
            second = until(watching.stdout, "waiting for changes")
            assert "changed: report.md" in second and "We read 54 as your answer" in second
        finally:
            watching.send_signal(signal.SIGINT)
            try:
                watching.communicate(timeout=60)
            finally:
                watching.kill()
    assert watching.returncode == 130


def until(stream, words):
    """All lines up to the one with these words."""
    seen, ends = [], time.monotonic() + 300
    for line in stream:
        seen.append(line)
        if words in line or time.monotonic() > ends:
            break
    return "".join(seen)


def test_gradescope_gets_its_results_of_what_can_not_be_read_too(tmp_path):
    (tmp_path / "empty").mkdir()
    done = grader("check", "empty", "-r", "demo", "--format", "gradescope", cwd=tmp_path)
    results = json.loads(done.stdout)
    assert (done.returncode, results["score"]) == (1, 0)
    assert results["tests"] and not any("status" in test for test in results["tests"])  # a person looks, nothing failed


def test_what_the_rubric_says_of_gradescope_holds_without_its_container_too(tmp_path):
    (tmp_path / "report.md").write_text("# 1A\n\nThe layer has 60 parameters.\n\n# 1B\n\nIt vanishes.\n")
    counted = {"type": "numeric", "name": "count", "points": 1, "label": ["parameters"], "expect": 60}
    words = {"type": "manual", "name": "why", "points": 2}
    problems = [
        {"id": "1A", "title": "Counting", "points": 1, "checks": [counted]},
        {"id": "1B", "title": "Words", "points": 2, "checks": [words]},
    ]
    rubric = tmp_path.parent / "quiz.yaml"
    for waiting, shown in (("shown", 2), ("left out", 1)):
        values = {"id": "quiz", "title": "Quiz", "problems": problems, "gradescope": {"waiting": waiting}}
        YAML(typ="safe").dump(values, rubric)
        found = json.loads(grader("check", tmp_path, "-r", rubric, "--format", "gradescope").stdout)
        assert len(found["tests"]) == shown and found["score"] == 1
