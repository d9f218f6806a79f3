"""Formulas in a text: their sides, names and lines, and that no text stops the search."""

import pytest
from growth import grows_with_length
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.core.source import Source
from grader.observation.formulas import read_formulas


def read(text, first=1):
    lines = range(first, first + text.count("\n") + 1)
    return read_formulas(text, [Source(file="report.md", line=line) for line in lines])


def sides(text):
    return [formula.sides for formula in read(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$a = b = c$", [("a", "b", "c")]),
        ("$$a \\approx b$$", [("a", "b")]),
        (r"\[a = b\] and \(c = d\)", [("a", "b"), ("c", "d")]),
        (r"\begin{equation*}a = b\end{equation*}", [("a", "b")]),
        (r"$$\begin{aligned} a &= b \\ &= c \end{aligned}$$", [("a", "b", "c")]),
        ("$$a = b$$\n\nplug in:\n\n$$= c$$", [("a", "b", "c")]),
        ("$$a = b$$\n\nplug in:\n\n$$d$$\n\n$$= c$$", [("a", "b", "d", "c")]),
        (r"$$a = b, c = d$$", [("a", "b"), ("c", "d")]),
        (r"$$a = b, \quad f(x) = d$$", [("a", "b"), ("f(x)", "d")]),
        (r"$\therefore w = 2$", [("w", "2")]),
        (r"$w = \boxed{2}$ and so on", [("2",)]),
        ("The slope is y = 0.5*2 = 1, as it should.", [("y", "0.5*2", "1")]),
        ("f(x_1, x_2) = max(0, x_1 + x_2)", [("f(x_1, x_2)", "max(0, x_1 + x_2)")]),
        ("$a$ costs 5", [("a",)]),
        ("It costs $5, not more.\n\n$a = b$", [("a", "b")]),
        ("$96 imes 3 = 288$", [(r"96 \times  3", "288")]),
        ("$a = rac{1}{2}$", [("a", r"\frac{1}{2}")]),
        ("no formula here", []),
    ],
)
def test_the_sides_of_a_formula(text, found):
    normal = [tuple(" ".join(side.split()) for side in formula) for formula in sides(text)]
    assert normal == [tuple(" ".join(side.split()) for side in formula) for formula in found]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("$L_1: a = b$", "L_1"),
        ("L_1: $a = b$", "L_1"),
        ("Total = $12$", "Total"),
        ("Total:\n$a = b$", "Total"),
        ("- Conv 1: 3 = b", "Conv 1"),
        ("$a = b$", ""),
    ],
)
def test_the_name_of_a_formula(text, name):
    assert [formula.name for formula in read(text)] == [name]


def test_a_formula_knows_its_line_and_strength():
    text = "One.\n\n$$a\n= b$$\n\nThe answer is $2$."
    assert [(f.source.line, f.strength) for f in read(text, first=10)] == [(12, "asserted"), (15, "final")]


PIECES = [
    "$",
    "$$",
    "\\[",
    "\\]",
    "=",
    "a",
    " ",
    "\n",
    "\\\\",
    "\\boxed{",
    "}",
    "\\begin{align}",
    "\\end{align}",
    ":",
    "(",
    "&",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
@settings(max_examples=200, deadline=None)
def test_no_text_stops_the_search(text):
    assert all(formula.sides for formula in read(text))


@pytest.mark.parametrize(
    "piece", [*PIECES, "$a=", "= ", "a = b\n", "$a$ ", "\\\\ ", "\\begin{align}a=b", "imes", ", a"]
)
def test_half_a_megabyte_of_anything_is_searched_in_seconds(piece):
    text = (piece * (500_000 // len(piece) + 1))[:500_000]
    assert grows_with_length(read, text)
