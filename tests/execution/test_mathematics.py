"""Expressions compared in a confined process: right, wrong, unreadable, and made to hang it."""

import pytest

EQUAL = [
    ("2x + 1", "1 + 2x"),
    (r"$\frac{1}{1+e^{-x}}$", r"\frac{e^x}{1+e^x}"),
    ("(p - y)x", "xp - xy"),
    (r"\frac{1}{2}", "0.5"),
    ("608", "608"),
    (r"\[x^2 + 2x + 1\]", "(x+1)^2"),
]
DIFFERENT = [("2x", "3x"), ("164", "64"), (r"\frac{1}{1+e^{x}}", r"\frac{1}{1+e^{-x}}"), ("x^2", "2x")]
# Never equal, whatever they do to the process that reads them.
HOSTILE = [
    "9**9**9**9",
    "9^{9^{9^{9}}}",
    r"\binom{10^9}{5 \cdot 10^8}",
    "(10^8)!",
    "factorial(10**8)",
    "__import__('os').system('touch /tmp/pwned')",
    "exec('while True: pass')",
    "(" * 900 + "x" + ")" * 900,
    "x^" * 500 + "x",
    r"\frac{1}" * 200,
    "\x00\ud800",
    "",
    "$",
    "NaN",
    "\\int" * 100,
    "x" * 5000,
]


@pytest.mark.parametrize(("given", "expected"), EQUAL)
def test_equal(mathematics, given, expected):
    assert mathematics.equal(given, expected).equal is True


@pytest.mark.parametrize(("given", "expected"), DIFFERENT)
def test_different(mathematics, given, expected):
    assert mathematics.equal(given, expected).equal is False


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (r"\frac{1}{2(1+\frac{1}{e})}", 0.365529),
        ("2^{10}", 1024),
        (r"\sqrt{-1}", None),
        (r"\frac{1}{0}", None),
        ("x", None),
    ],
)
def test_a_constant_has_its_value(mathematics, given, value):
    found = mathematics.equal(given, "0.5")
    assert found.value == pytest.approx(value, abs=1e-6)
    assert found.expected_value == 0.5


@pytest.mark.parametrize(
    ("given", "equal"),
    [
        ("xp - xy", True),
        ("-(y - p)x", True),
        ("(y - p)x", False),
        (r"\frac{(p-y)x^2}{x}", True),
        ("(a - y)x", None),
        (r"\log(x-5)", None),
    ],
)
def test_expressions_in_named_variables(mathematics, given, equal):
    found = mathematics.equal(given, "(p - y)x", ("p", "y", "x"))
    assert found.equal is equal or (equal is None and not found.equal)


def test_a_name_that_the_problem_does_not_use_is_said(mathematics):
    assert "uses a," in mathematics.equal("(a - y)x", "(p - y)x", ("p", "y", "x")).why


def test_what_ended_the_process_once_is_not_asked_again(mathematics):
    first = mathematics.equal("9^{9^{9^{9^9}}}", "1")
    assert not mathematics.worker.running
    assert mathematics.equal("9^{9^{9^{9^9}}}", "2").why == first.why != ""
    assert not mathematics.worker.running


@pytest.mark.parametrize("given", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_expressions_end_in_an_answer(mathematics, given):
    found = mathematics.equal(given, "64")
    assert not found.equal
    assert found.equal is False or found.why
    assert mathematics.equal("64", "64").equal is True  # the next answer is read as usual
