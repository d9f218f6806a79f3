"""Whole submissions as data: what several files say together, and what nobody read, from files to verdicts."""

import json

import pytest
from ruamel.yaml import YAML

from grader.pipeline import grade_submission
from grader.rubric import Rubric, load_rubric
from grader.tools import Options, tools_for

pytestmark = pytest.mark.kernel  # documents are parsed in a process

RUBRIC = {
    "id": "layer",
    "title": "A layer",
    "problems": [
        {
            "id": "1",
            "title": "Parameters",
            "points": 1,
            "checks": [{"type": "numeric", "name": "count", "points": 1, "label": ["parameters"], "expect": 608}],
        },
        {
            "id": "2",
            "title": "Shape",
            "points": 1,
            "checks": [{"type": "shape", "name": "shape", "points": 1, "expect": [28, 28, 8]}],
        },
    ],
}
SECOND = "\n\n# Problem 2\n\n28x28x8\n"


def notebook(*cells: str) -> str:
    found = [{"cell_type": "markdown", "metadata": {}, "source": cell} for cell in cells]
    return json.dumps({"cells": found, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


# name: (files, how count and shape end, a part of what is said of them or in the notes)
SUBMISSIONS = {
    "two documents that disagree": (
        {"a.md": "# Problem 1\n\n608 parameters", "b.md": "# Problem 1\n\n600 parameters" + SECOND},
        ("manual", "passed"),
        "could each be the answer",
    ),
    "two documents that agree": (
        {"a.md": "# Problem 1\n\n608 parameters", "b.md": "# Problem 1\n\nIt has 608 parameters." + SECOND},
        ("passed", "passed"),
        "608",
    ),
    "a report and a notebook that disagree": (
        {"a.md": "# Problem 1\n\n608 parameters" + SECOND, "n.ipynb": notebook("# Problem 1\n\n600 parameters")},
        ("manual", "passed"),
        "disagree",
    ),
    "a notebook that answers where the report is empty": (
        {"a.md": "# Problem 1\n" + SECOND, "n.ipynb": notebook("# Problem 1\n\n608 parameters")},
        ("passed", "passed"),
        "608",
    ),
    "a form that the report contradicts": (
        {"a.md": "# Problem 1\n\n600 parameters" + SECOND, "answers.yaml": "'1':\n  count: 608\n"},
        ("passed", "passed"),
        "elsewhere stands",
    ),
    "an answer below the wrong heading": (
        {"a.md": "# Problem 1\n\n608 parameters\n\nThe output is 28x28x8."},
        ("passed", "manual"),
        "may hold it",
    ),
    "nothing at all below a heading": ({"a.md": "# Problem 1\n\n# Problem 2"}, ("failed", "failed"), "is empty"),
    "text that belongs to no problem": (
        {"a.md": "# Notes\n\nI counted 608 parameters in all.\n\n# Problem 2\n\n28x28x8"},
        ("manual", "passed"),
        "belongs to no problem",
    ),
    "a file that nobody reads": ({"a.doc": "\xd0\xcf\x11\xe0 608 parameters"}, ("manual", "manual"), "a.doc"),
    "words that no reader sees": (
        {"a.md": "# Problem 1\n\n<!-- 608 parameters -->" + SECOND},
        ("failed", "passed"),
        "hidden words",
    ),
}


@pytest.fixture(scope="module")
def rubric(tmp_path_factory):
    path = tmp_path_factory.mktemp("rubric") / "layer.yaml"
    YAML().dump(RUBRIC, path)
    return load_rubric(path)


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_a_submission_ends_so(name, rubric, tmp_path):
    files, statuses, said = SUBMISSIONS[name]
    for file, content in files.items():
        (tmp_path / file).write_text(content, encoding="utf-8")
    grade = grade_submission(tmp_path, rubric, tools_for(rubric), Options(retrain=False))
    checks = [check for problem in grade.problems for check in problem.checks]
    assert tuple(check.status for check in checks) == statuses, [check.message for check in checks]
    words = [*(check.message for check in checks), *(check.observed for check in checks), *grade.unread, *grade.notes]
    assert any(said in word for word in words), words


def test_a_rubric_may_insist_on_its_headings(rubric, tmp_path):
    (tmp_path / "a.md").write_text("# Notes\n\nI counted 600 parameters.\n\n# Problem 2\n\n28x28x8")
    strict = rubric.model_copy(update={"unlabelled": "fail"})
    grade = grade_submission(tmp_path, strict, tools_for(strict), Options(retrain=False))
    assert [check.status for problem in grade.problems for check in problem.checks] == ["failed", "passed"]


@pytest.mark.parametrize(("answer", "says"), [("7", "did not pass"), ("a few", "not decided yet")])
@pytest.mark.parametrize("visibility", ["hidden", "after_due_date"])
def test_what_waits_for_a_check_that_is_not_shown_does_not_name_it(answer, says, visibility, tmp_path):
    checks = [
        {"type": "numeric", "name": "kept back", "expect": 60, "points": 1, "visibility": visibility},
        {"type": "numeric", "name": "shown", "expect": 60, "points": 1, "requires": ["kept back"]},
        {"type": "numeric", "name": "as well", "expect": 60, "points": 1, "requires": ["shown"]},
    ]
    problem = {"id": "1A", "title": "Counting", "points": 3, "checks": checks}
    rubric = Rubric.model_validate({"id": "r", "title": "R", "problems": [problem]})
    (tmp_path / "a.md").write_text(f"# Problem 1A\n\nIt has {answer} parameters.\n")
    grade = grade_submission(tmp_path, rubric, tools_for(rubric), Options())
    _, shown, as_well = grade.problems[0].checks
    assert says in shown.message and "kept back" not in shown.message
    assert "“shown”" in as_well.message
