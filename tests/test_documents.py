"""What must be found in the real documents: each judged claim with its outcome and the line it stands in."""

from functools import cache

import pytest
from documents import DOCUMENTS, FOLDER, grade_document

from grader.core.outcome import CheckResult, Grade

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"there is no {FOLDER}: the documents are their authors'"),
]

# document: {check: (status, line or None, parts of what is said)}
FINDINGS: dict[str, dict[str, tuple[str, int | None, list[str]]]] = {
    "000_b9132b56ed367495.txt": {
        "2A/version": ("passed", 39, ["Keras 2.2.4", "TensorFlow 1.12.0"]),
        "2C/shape of the training input": ("passed", 52, ["(60000, 784)"]),
        "2D/claimed accuracy": ("passed", 94, ["0.9762"]),
        "2D/training log": ("failed", 68, ["10 epochs", "0.9820", "isn't shown to come from these 10"]),
        "2E/claimed accuracy": ("passed", 141, ["0.9806"]),
        "2E/training log": ("failed", 115, ["10 epochs", "0.9948", "isn't shown to come from these 10"]),
        "2F/claimed accuracy": ("passed", 186, ["0.9832"]),
        "2F/training log": ("failed", 160, ["10 epochs", "0.9980", "isn't shown to come from these 10"]),
        "3B/parameters": ("passed", 199, ["608"]),
        "3C/output shape": ("passed", 203, ["is right"]),
        "3D/average pooling": ("passed", 211, ["4 matrices right"]),
        "3E/max pooling": ("passed", 217, ["4 matrices right"]),
        "3G/ten dropout accuracies": ("passed", 227, ["10 accuracies"]),
        "3G/best dropout": ("passed", 229, ["0.2 with 0.97"]),
    },
    "001_b43ee8e1d2b81170.txt": {
        "1.1.1/function": ("passed", 10, ["`relu` is right on 12 ordinary inputs"]),
        "1.1.2/function": (
            "partial",
            20,
            ["`softmax` is right on 12 ordinary inputs", "softmax(x=[[1000, 0]]) gives [[nan, 0]], expected [[1, 0]]"],
        ),
        "1.1.3/function": ("passed", 35, ["`computeLayer` is right on 12 ordinary inputs"]),
        "1.1.4/function": (
            "passed",
            49,
            ["`CE` is right on 12 ordinary inputs", "Note: log(0)", "gives nan, expected 0"],
        ),
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
    },
    "002_af95111d574ffb24.txt": {
        "2i/parameters": ("passed", 20, ["608"]),
        "2ii/output shape": ("failed", 33, ["28 x 28 x 3 is not", "channel for each of the 8 filters"]),
        "3i/average pooling": ("passed", 37, ["4 matrices right"]),
        "3ii/max pooling": ("passed", 47, ["4 matrices right"]),
        "3Ci/ten epochs": ("passed", 71, ["10 epochs", "98.9033%"]),
        "3Ci/final accuracy": ("passed", 80, ["98.9033%", "98.9% is stated"]),
    },
    "004_465c5c9c92ea546a.txt": {
        "1.1a/derivative": ("failed", 41, ["comes to 0.3655, is not right", "not s(z) s(1 - z)"]),
        "1.1b/update": ("failed", 55, ["comes to -0.8224, is not right", "The sign is wrong"]),
        "1.5a/parameter_count": ("passed", 93, ["8 of 8 layers are right", "62378344"]),
        "1.5b/parameter_count": ("passed", 99, ["138 under “D” is right"]),
        "1.5c/parameter_count": ("passed", 104, ["6.8M is right"]),
        "4.1/test accuracy": ("passed", 118, ["0.976"]),
        "4.2/confusion matrix": (
            "partial",
            124,
            ["All 10 rows add up", "0.9605, which doesn't agree with the reported 0.976", "9 as 7 (19), 7 as 2"],
        ),
        "5.1/figure": ("failed", None, ["0 figures"]),
    },
}
CASES = [(document, check) for document, checks in FINDINGS.items() for check in checks]


@cache
def graded(document: str) -> Grade:
    return grade_document(document)


def checks_of(document: str) -> dict[str, CheckResult]:
    return {f"{problem.id}/{check.name}": check for problem in graded(document).problems for check in problem.checks}


@pytest.mark.parametrize(("document", "check"), CASES, ids=[f"{document[:3]}-{check}" for document, check in CASES])
def test_this_is_found(document, check):
    status, line, said = FINDINGS[document][check]
    found = checks_of(document)[check]
    assert found.status == status, found.message
    assert all(part in f"{found.message} {found.advice}" for part in said), found.message
    assert found.source == (f"{document}:{line}" if line else "")


@pytest.mark.parametrize("document", FINDINGS)
def test_everything_else_is_for_a_person(document):
    others = {check.status for name, check in checks_of(document).items() if name not in FINDINGS[document]}
    assert others == {"manual"}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_machine_never_fails(document):
    grade = graded(document)
    assert not grade.machine_failed
    assert all(check.message for problem in grade.problems for check in problem.checks)


def test_every_layer_sum_of_alexnet_is_looked_at():
    observed = checks_of("004_465c5c9c92ea546a.txt")["1.5a/parameter_count"].observed.split(", ")
    sums = ["34944", "614656", "885120", "1327488", "884992", "37752832", "16781312", "4097000"]
    assert observed[:8] == sums
