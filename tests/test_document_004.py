"""What the grader must find in a real write-up of CMU 16-720: its claims, judged one by one, each with its line."""

from pathlib import Path

import pytest

from grader.pipeline import grade_submission, tools_for
from grader.rubric import load_rubric

DOCUMENT = Path(__file__).resolve().parents[2] / "shared" / "documents" / "004_465c5c9c92ea546a.txt"
pytestmark = pytest.mark.skipif(not DOCUMENT.is_file(), reason=f"there is no {DOCUMENT.name} in ../shared/documents")


@pytest.fixture(scope="module")
def checks():
    rubric = load_rubric("cmu16720-cnn")
    grade = grade_submission(DOCUMENT, rubric, tools_for(rubric))
    assert grade.status == "complete"
    return {f"{problem.id}/{check.name}": check for problem in grade.problems for check in problem.checks}


# check: (status, line, parts of what is said)
FINDINGS = {
    "1.1a/derivative": ("failed", 41, ["0.3655", "at 0 it is 1/4"]),
    "1.1b/update": ("failed", 55, ["-0.8224", "The sign is wrong"]),
    "1.5a/parameter_count": ("passed", 93, ["8 of 8 layers are right", "62378344"]),
    "1.5b/parameter_count": ("passed", 99, ["138"]),
    "1.5c/parameter_count": ("passed", 104, ["6.8M"]),
    "4.1/test accuracy": ("passed", 118, ["0.976"]),
    "4.2/confusion matrix": ("partial", 124, ["All 10 rows add up", "0.9605", "0.976", "9 as 7", "7 as 2"]),
    "5.1/figure": ("failed", None, ["0 figures"]),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_this_is_found(checks, name):
    status, line, said = FINDINGS[name]
    check = checks[name]
    assert check.status == status, check.message
    assert all(part in f"{check.message} {check.advice}" for part in said), check.message
    assert check.source == (f"{DOCUMENT.name}:{line}" if line else "")


def test_everything_else_is_for_a_person(checks):
    assert {check.status for name, check in checks.items() if name not in FINDINGS} == {"manual"}


def test_every_layer_sum_of_alexnet_is_looked_at(checks):
    observed = checks["1.5a/parameter_count"].observed
    sums = ["34944", "614656", "885120", "1327488", "884992", "37752832", "16781312", "4097000"]
    assert observed.split(", ")[:8] == sums
