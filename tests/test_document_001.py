"""What must be found in a real write-up of ECE421, assignment 2: functions run and tables read, each with its line."""

from pathlib import Path

import pytest

from grader.pipeline import grade_submission, tools_for
from grader.rubric import load_rubric

DOCUMENT = Path(__file__).resolve().parents[2] / "shared" / "documents" / "001_b43ee8e1d2b81170.txt"
pytestmark = pytest.mark.skipif(not DOCUMENT.is_file(), reason=f"there is no {DOCUMENT.name} in ../shared/documents")


@pytest.fixture(scope="module")
def checks():
    rubric = load_rubric("ece421-a2")
    grade = grade_submission(DOCUMENT, rubric, tools_for(rubric))
    assert grade.status == "complete"
    return {f"{problem.id}/{check.name}": check for problem in grade.problems for check in problem.checks}


# check: (status, line, parts of what is said)
FINDINGS = {
    "1.1.1/function": ("passed", 10, ["`relu` is right on 12 ordinary inputs"]),
    "1.1.2/function": (
        "partial",
        20,
        ["`softmax` is right on 12 ordinary inputs", "softmax(x=[[1000, 0]]) gives [[nan, 0]], expected [[1, 0]]"],
    ),
    "1.1.3/function": ("passed", 35, ["`computeLayer` is right on 12 ordinary inputs"]),
    "1.1.4/function": ("passed", 49, ["`CE` is right on 12 ordinary inputs", "Note: log(0)", "gives nan, expected 0"]),
    "1.1.5/function": (
        "failed",
        63,
        ["Not the gradient that finite differences give (8 of 8 inputs)", "has shape (1, 1, 1), expected (1, 1)"],
    ),
    "1.2.1/result": ("passed", 93, ["(p_{i} - y_{i})x_{h} is right"]),
    "1.2.2/result": ("passed", 98, ["p_i - y_i is right"]),
    "1.4.1/accuracies": ("passed", 127, ["All 3 numbers are there", "92.1, of k = 1000"]),
    "1.4.1/best number of units": ("passed", 133, ["1000 with 0.921"]),
    "2.1/convolution": ("passed", 149, ["kernel 3 x 3 x 1 x 32; bias1 32"]),
    "2.1/first dense layer": ("passed", 149, ["fc_weights1 ? x 784; fc_bias1 784"]),
    "2.3.1/accuracies": ("passed", 201, ["All 9 numbers are there", "92.33"]),
    "2.3.1/what changes": ("passed", 206, ["3% agrees", "from 0.9233 to 0.8939"]),
    "2.3.2/accuracies": ("passed", 210, ["All 9 numbers are there", "92.55, of p = 0.5"]),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_this_is_found(checks, name):
    status, line, said = FINDINGS[name]
    check = checks[name]
    assert check.status == status, check.message
    assert check.source.endswith(f":{line}")
    assert [part for part in said if part not in check.message] == []


def test_everything_else_is_for_a_person(checks):
    assert {name for name, check in checks.items() if check.type != "manual"} == set(FINDINGS)
