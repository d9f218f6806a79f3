"""Help for writing a rubric: a first version, warnings of what is probably not meant, and the page about it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.checks import check_types
from grader.rubric import available_rubrics, load_rubric
from grader.rubric.docs import rubric_docs
from grader.rubric.lint import lint
from grader.rubric.new import KINDS, Draft, new_rubric

ROOT = Path(__file__).resolve().parents[2]


def grader(*arguments, stdin=""):
    return subprocess.run(
        [sys.executable, "-c", "from grader.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        input=stdin,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        timeout=120,
        check=False,
    )


def test_the_page_about_rubrics_is_what_the_code_says():
    page = (ROOT / "docs" / "rubrics.md").read_text()
    assert page == rubric_docs(), "run: make docs"


def test_the_page_has_every_check_type_with_every_key():
    parts = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^### `|\Z)", rubric_docs(), re.MULTILINE | re.DOTALL))
    assert list(parts) == list(check_types())
    shared = {"type", "name", "points", "visibility", "requires", "note", "items"}
    for name, check in check_types().items():
        assert all(f"| `{key}` |" in parts[name] for key in check.model_fields if key not in shared), name


def test_the_rubric_on_the_page_is_one(tmp_path):
    example = re.search(r"```yaml\n(.*?)```", rubric_docs(), re.DOTALL)
    (tmp_path / "quiz.yaml").write_text(example[1])
    assert lint(load_rubric(tmp_path / "quiz.yaml")) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_rubric_lints(kind, tmp_path):
    path = tmp_path / "quiz.yaml"
    path.write_text(new_rubric("quiz", "A: quiz", [Draft(id="1.2", title="3: a title", points=2.5, kind=kind)]))
    rubric = load_rubric(path)
    assert (rubric.problems[0].id, rubric.problems[0].title, rubric.max_score) == ("1.2", "3: a title", 2.5)
    assert lint(rubric) == []


@pytest.mark.kernel
def test_new_writes_a_rubric_from_options(tmp_path):
    path = tmp_path / "my quiz.yaml"
    done = grader(
        "rubric", "new", path, "--title", "Quiz", "--problem", "1A,2,number,Counting", "--problem", "1B,3,manual,"
    )
    assert done.returncode == 0, done.stderr
    rubric = load_rubric(path)
    assert (rubric.id, [(p.id, p.title, p.points) for p in rubric.problems]) == (
        "my-quiz",
        [("1A", "Counting", 2), ("1B", "Problem 1B", 3)],
    )


@pytest.mark.kernel
def test_new_asks_for_what_is_not_said(tmp_path):
    path = tmp_path / "quiz.yaml"
    done = grader("rubric", "new", path, stdin="Quiz\n1A\nCounting\n2\nnumber\n\n")
    assert done.returncode == 0, done.stderr
    assert load_rubric(path).problems[0].title == "Counting"


@pytest.mark.kernel
def test_new_overwrites_nothing(tmp_path):
    (tmp_path / "quiz.yaml").write_text("mine")
    done = grader("rubric", "new", tmp_path / "quiz.yaml", "--title", "Quiz", "--problem", "1A,2,number,Counting")
    assert (done.returncode, (tmp_path / "quiz.yaml").read_text()) == (3, "mine")


@pytest.mark.kernel
@pytest.mark.parametrize(
    "problem", ["1A", "1A,many,number,Counting", "1A,2,guess,Counting", ",2,number,x", "1A,nan,manual,x"]
)
def test_new_says_what_it_does_not_understand(problem, tmp_path):
    done = grader("rubric", "new", tmp_path / "quiz.yaml", "--title", "Quiz", "--problem", problem)
    assert done.returncode == 3 and "LABEL,POINTS,KIND,TITLE" in done.stderr


def quiz(tmp_path, check, text=""):
    path = tmp_path / "quiz.yaml"
    problem = f"- id: 1A\n  title: T\n  points: 1\n  text: '{text}'\n  checks:\n  - {check}\n"
    path.write_text(f"id: quiz\ntitle: Quiz\nproblems:\n{problem}")
    return lint(load_rubric(path))


TOLD = {
    "in the question": (
        "{type: numeric, expect: 608, points: 1}",
        "Show that it is 608.",
        "`text` tells the answer, 608",
    ),
    "in the name": ("{type: numeric, name: is it 608, expect: 608, points: 1}", "", "name tells the answer, 608"),
    "in a label": ("{type: numeric, label: ['608'], expect: 608, points: 1}", "", "what is asked tells the answer"),
    "by a mistake": (
        "{type: numeric, expect: 608, points: 1, mistakes: [{match: 600, say: It is 608.}]}",
        "",
        "what a mistake says tells the answer, 608",
    ),
    "a shape": ("{type: shape, expect: [28, 28, 8], points: 1}", "Why 28 x 28 x 8?", "tells the answer, 28x28x8"),
    "a count": ("{type: parameter_count, total: 79510, points: 1}", "Show 79510.", "tells the answer, 79510"),
    "a formula": ("{type: expression, expect: 2x+1, variables: [x], points: 1}", "Get 2x+1.", "tells the answer, 2x+1"),
}


@pytest.mark.parametrize(("check", "text", "said"), TOLD.values(), ids=TOLD)
def test_an_answer_that_students_are_shown_is_warned_of(check, text, said, tmp_path):
    assert any(said in warning for warning in quiz(tmp_path, check, text))


@pytest.mark.parametrize("text", ["608.5 or 1608 or v608", "16080"])
def test_another_number_does_not_tell_the_answer(text, tmp_path):
    assert quiz(tmp_path, "{type: numeric, expect: 608, points: 1}", text) == []


@pytest.mark.parametrize("name", available_rubrics())
def test_no_rubric_that_comes_along_tells_an_answer(name):
    assert not [warning for warning in lint(load_rubric(name)) if "tells the answer" in warning]


MISTAKES = {
    "matrices": "{type: matrices, expect: [[[1, 2]]], points: 1, mistakes: [{match: [[1, 2]], say: x}]}",
    "expression": "{type: expression, expect: '2 x', variables: [x], points: 1, mistakes: [{match: 2x, say: x}]}",
    "parameter_count": "{type: parameter_count, total: 79510, points: 1, mistakes: [{match: 79510, say: x}]}",
}


@pytest.mark.parametrize("check", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_that_is_accepted_as_right_is_warned_of(check, tmp_path):
    assert any("is accepted as right" in warning for warning in quiz(tmp_path, check))
