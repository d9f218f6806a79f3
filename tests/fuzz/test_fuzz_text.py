"""Reports of any text are read, in a time that grows with their length alone."""

import time
from contextlib import suppress

from blocks import document, find_sections
from hypothesis import given
from hypothesis import strategies as st
from inputs import ANSWERS, fuzz

from grader.core.errors import SubmissionError
from grader.core.source import Source
from grader.observation.claims import read_claims
from grader.observation.evidence import labels_of, observe

LABELS = labels_of(ANSWERS)
PIECES = [
    *(
        "# Problem 1A\n",
        "## 1B\n",
        "1A)",
        "Solution 1A:",
        "**1A**",
        "\\section{1B}",
        "<h2>1A</h2>",
        "Answer: ",
        "```\n",
    ),
    *(
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "[[",
        "]]",
        "[1, 2], ",
        "[1 2; 3 4]",
        "\\begin{bmatrix}",
        "\\end{bmatrix}",
        "1 & 2 \\\\",
    ),
    *(
        "1e999999",
        "9**9**9**9",
        "NaN",
        "1/0",
        "-",
        "1,000",
        "1,",
        "0.5",
        "%",
        "k",
        "9" * 400,
        "½",
        "\\frac{1}{2}",
        "\\frac12",
    ),
    *(
        "28x28x3",
        "(3, 4)",
        "5 × ",
        "x",
        "1 x",
        " by ",
        "is ",
        "= ",
        "\\boxed{",
        "\\text{",
        "~~",
        "~~a~~",
        "\\cancel{",
        "*",
        "_",
    ),
    *(
        "**",
        "__",
        "*a",
        "_a_",
        "![a](b)",
        "![",
        "<img",
        "<b>",
        "\\left",
        "and ",
        "or ",
        "?",
        "(?:",
        ".*",
        "\\d+",
        "a",
        "Z",
        " ",
    ),
    *(
        "\n",
        "\n\n",
        "\r",
        "\r\n",
        "\t",
        "\0",
        "\x1b[2J",
        "\u202e",
        "\u2028",
        "\u00a0",
        "\ufeff",
        "９",
        "²",
        "é",
        "🙂",
        "|",
        "&",
        ";",
    ),
    *(
        "parameters",
        "accuracy: 0.98",
        "acc",
        "epoch 3/10",
        "1e-3",
        "accuracy on the ",
        "train_",
        "PyTorch 2.1",
        "four ",
        "Part ",
    ),
]
PIECES += [
    *(
        "\t",
        "| ",
        "|---|---|\n",
        "| 10 | 0.9 |\n",
        "test (%)\t",
        "k = 10\t",
        "\n\t0\t1\t2\n",
        "[[8, 1, 1], [0, 9, 0], [2, 0, 9]]",
    ),
    *(
        "Epoch 1/3\n",
        "Epoch 2/3 acc: 0.95",
        "1: 91 %\n2: 92 %\n3: 93 %\n",
        "val_acc: ",
        "loss: nan",
        "\x08",
        "~~",
        "# Problem 1C\n",
    ),
    *(
        "0.9, 0.92, 0.95 ",
        "the best is 0.1 ",
        "2 is mistaken for 0. ",
        "https://colab.research.google.com/",
        "\\begin{tabular}",
    ),
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=9), max_size=40).map("".join)
UNITS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4)


def read(text):
    """The processor seconds that reading takes."""
    started = time.process_time()
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    sections = ()
    with suppress(SubmissionError):  # a person reads what is nested too deeply, or a paragraph that is too long
        sections = find_sections("# Problem 1A\n" + text, "report.md", LABELS)
    for section in sections:
        for reading in section.readings:
            assert 1 <= reading.source.line <= lines + 1
            # None of the three where a number can't be read.
            assert (reading.number is not None) + (reading.shape is not None) + (reading.matrix is not None) <= 1
    for claim in read_claims(text, Source(file="a.ipynb")):
        assert 0 <= claim.accuracy <= 1
    return time.process_time() - started


@fuzz(200)
@given(TEXTS)
def test_any_text(text):
    read(text)


@fuzz(150)
@given(TEXTS, st.sampled_from(["1A", "1B", "1C"]))
def test_every_check_judges_any_text(text, problem):
    evidence = observe(ANSWERS, {"report.md": document(f"# Problem {problem}\n{text}")}, {})
    for problem in ANSWERS.problems:
        for check in problem.checks:
            outcome = check.judge(evidence[problem.id])
            assert outcome.message
            assert 0 <= outcome.share <= 1


@fuzz(25)
@given(UNITS, st.sampled_from(["", "x", "\n", "# Problem 1B\n"]))
def test_long_texts_take_time_in_proportion(unit, end):
    repeated = "".join(unit)
    short, long = (repeated * (length // len(repeated)) + end for length in (10_000, 50_000))
    assert read(long) < 15 * read(short) + 1
