"""What is read from a text: values, how clearly each is asserted, and nothing that would stop the grader."""

import pytest
from blocks import document, paragraph
from growth import grows_with_length
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.core.evidence import Reading
from grader.observation.answers import read_answers


def read(text: str) -> tuple[Reading, ...]:
    return read_answers(document(text).blocks)


def numbers(text: str) -> list[float]:
    return [r.number for r in read(text) if r.number is not None]


def best(text: str) -> list[float]:
    """The most clearly asserted numbers."""
    order = ["final", "asserted", "mentioned"]
    readings = [r for r in read(text) if r.kind == "number"]
    strongest = min((order.index(r.strength) for r in readings), default=0)
    return [r.number for r in readings if order.index(r.strength) == strongest]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("608 parameters", 608),
        ("There are = 608", 608),
        ("608.", 608),
        ("There are\n\n608. It is easy to see.", 608),
        ("(608 parameters)", 608),
        ("8*5*5*3 + 8 = 608", 608),
        (r"there are $8 \text{ filters} * 5 * 5 * 3 + 8 \text{ biases} = 608$ parameters", 608),
        ("8 filters * 5 * 5 * 3 + 8 biases = 608", 608),
        (r"$8 \cdot (5 \cdot 5 \cdot 3 + 1) = 608$", 608),
        (r"$8(5 \cdot 5 \cdot 3 + 1) = 608$", 608),
        ("8 x 76 = 608", 608),
        ("The count is 608 = 8(75 + 1)", 608),
        (r"$\boxed{608}$", 608),
        (r"\boxed{\text{608}}", 608),
        (r"$\mathbf{608}$", 608),
        ("**608**", 608),
        ("It has **608 parameters**.", 608),
        ("*608*", 608),
        ("__608__", 608),
        ("`608`", 608),
        ("* 608 parameters", 608),
        ("- 608 parameters", 608),
        ("The 3 below.\n- 608 parameters", 608),
        ("~~600~~ 608", 608),
        ("60,000", 60000),
        (r"$60{,}000$", 60000),
        (r"$60\,000$", 60000),
        ("60 000 images", 60000),
        ("60k images", 60000),
        ("1e5", 1e5),
        ("97.62%", 0.9762),
        (r"97.62 \%", 0.9762),
        ("−5", -5),
        ("two layers", 2),
        ("164", 164),
        ("9784/10000", 0.9784),
    ],
)
def test_a_number_in_this_spelling_is_read(text: str, value: float) -> None:
    assert best(text)[-1] == value
    assert set(best(text)) <= {value, 3}  # the 3 of the line above a bullet


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9**9",
        "1e999",
        "NaN and inf and -inf",
        "9" * 20_000,
        "ReLU(0) after Linear(784, 100)",
        "3-5",
        "608abc",
        "v608",
        "1.2.3",
    ],
    ids=lambda text: text[:20],
)
def test_this_is_no_number_that_a_student_asserts(text: str) -> None:
    assert numbers(text) == []


def test_a_number_is_never_read_from_the_middle_of_another() -> None:
    assert numbers("164 and 1,600,5 and 12.64") == [164, 12.64]


@pytest.mark.parametrize(
    ("text", "strength"),
    [
        (r"$\boxed{608}$", "final"),
        ("The answer is **608**.", "final"),
        ("Answer: 608", "final"),
        ("the number of parameters is 608", "asserted"),
        ("= 608", "asserted"),
        ("so 608 in all", "final"),
        ("608 parameters", "mentioned"),
        ("about 600", "mentioned"),
    ],
)
def test_how_clearly_a_value_is_asserted(text: str, strength: str) -> None:
    assert [r.strength for r in read(text)] == [strength]


@pytest.mark.parametrize(
    "text",
    [
        "28x28x8",
        "28 x 28 x 8",
        "28 × 28 × 8",
        "28X28X8.",
        "28 by 28 by 8",
        r"$28 \times 28 \times 8$",
        r"$28\times28\times8$",
        "(28, 28, 8)",
        "(28,28,8,)",
        r"$\left(28, 28, 8\right)$",
        "[28, 28, 8]",
        "torch.Size([28, 28, 8])",
        "x.shape(28, 28, 8)",
        "**28x28x8**",
        r"$\mathbb{R}^{28 \times 28 \times 8}$",
    ],
)
def test_a_shape_in_this_spelling_is_read(text: str) -> None:
    assert [r.shape for r in read(f"The output is {text}") if r.kind == "shape"] == [(28, 28, 8)]


@pytest.mark.parametrize(
    "text", ["8 x 75 = 600", "Conv2d(3, 8, 5)", "28x99999999999999999999x8", "28x28x8px", "1x2x3x4x5x6", "[0.1, 0.2]"]
)
def test_this_is_no_shape(text: str) -> None:
    assert [r for r in read(text) if r.kind == "shape"] == []


def matrices(text: str) -> list[tuple[tuple[float, ...], ...]]:
    return [r.matrix for r in read(text) if r.matrix]


@pytest.mark.parametrize(
    "text",
    [
        r"$\begin{bmatrix} 1 & 0.5 \\ 0.5 & 0.25 \end{bmatrix}$",
        r"\begin{pmatrix}1&\frac{1}{2}\\\frac12&\dfrac{1}{4}\end{pmatrix}",
        "\\begin{array}{|cc|}\n1 & 1/2 \\\\\n1/2 & 1 / 4 \\\\ \\hline\n\\end{array}",
        "[[1, 0.5], [0.5, 0.25]]",
        "tensor([[1.0000, 0.5000],\n        [0.5000, 0.2500]])",
        "[[1.   0.5 ]\n [0.5  0.25]]",
        "[1 0.5; 0.5 0.25]",
        "[1, 0.5; 1/2, 1/4]",
        r"\begin{bmatrix} 1 & ½ \\ ½ & ¼ \end{bmatrix}",
    ],
)
def test_a_matrix_in_this_spelling_is_read(text: str) -> None:
    assert matrices(text) == [((1, 0.5), (0.5, 0.25))]


@pytest.mark.parametrize(
    "text",
    [
        r"\begin{bmatrix} a & 1 \\ 2 & 3 \end{bmatrix}",
        "[[1, 2], [3]]",
        "[[1, 1/0]]",
        "[[1, 1e999], [1, 2]]",
        f"[[1, 1/{'9' * 5000}]]",
        "[[1, 2], [3, 4]",
    ],
    ids=lambda text: text[:30],
)
def test_this_is_no_matrix(text: str) -> None:
    assert matrices(text) == []


LEADS = {
    "a heading each": ("Average pooling:\n\n{a}, {a}\n\nMax pooling:\n\n{m}, {m}", ["average"] * 2 + ["max"] * 2),
    "the words on the same line": ("max: {m}, average: {a}", ["max", "average"]),
    "images counted in between": ("**Average**\nImage 1: {a}\nImage 2: {a}\n**Max**\n{m}", ["average"] * 2 + ["max"]),
    "the question's matrix in between": (
        "Max pooling\n$${q} \\rightarrow {m}$$\n$${q} \\rightarrow {m}$$",
        ["max"] * 4,
    ),
}


@pytest.mark.parametrize(("text", "leads"), LEADS.values(), ids=LEADS)
def test_each_matrix_gets_the_words_that_lead_to_it(text: str, leads: list[str]) -> None:
    text = text.format(a="[1 0.5; 0.5 0.25]", m="[[1, 1], [1, 1]]", q=r"\begin{bmatrix} 1 & 2 & 3 \end{bmatrix}")
    found = [{word for word in ("average", "max") if word in r.lead} for r in read(text) if r.kind == "matrix"]
    assert found == [{lead} for lead in leads]


@pytest.mark.parametrize(
    ("text", "around"),
    [
        ("Two. The layer has\n608 parameters, all in all. Done.", ("the layer has\n", " parameters, all in all.")),
        ("60000 training images\n608 test images", ("", " test images")),
        ("| height | 28 |\n| width | 608 |\n| depth | 1 |", ("| width | ", " |")),
        ("- 28 high\n- 608 wide", ("", " wide")),
    ],
)
def test_a_value_knows_its_sentence(text: str, around: tuple[str, str]) -> None:
    reading = next(r for r in read(text) if r.number == 608)
    assert (reading.before, reading.after) == around


def test_a_value_knows_its_line() -> None:
    readings = read("One\n\n$$[1 2;\n3 4]$$\n\n608 and 28x28")
    assert [r.source.line for r in readings] == [1, 3, 6, 6, 6, 6]


SPELLINGS = st.sampled_from(
    ["{0}", "{0:,}", "${0}$", "**{0}**", "`{0}`", "_{0}_", r"\boxed{{{0}}}", "{0:.2f}", "({0})"]
)
SHAPES = st.sampled_from(
    ["{0}x{1}x{2}", "{0} × {1} × {2}", r"${0} \times {1} \times {2}$", "({0}, {1}, {2})", "[{0},{1},{2}]"]
)
SENTENCES = st.sampled_from(
    ["{}", "It is {}.", "The layer has {} parameters, as asked", "So: {}\n", "- {}\n- none", "= {}"]
)


@given(st.integers(0, 10**9), SPELLINGS, SENTENCES)
@settings(max_examples=150, deadline=None)
def test_any_number_in_any_spelling_and_sentence_is_read_back(value: int, spelling: str, sentence: str) -> None:
    assert numbers(sentence.format(spelling.format(value))) == [value]


@given(st.tuples(*[st.integers(1, 9999)] * 3), SHAPES, SENTENCES)
@settings(max_examples=150, deadline=None)
def test_any_shape_in_any_spelling_and_sentence_is_read_back(
    shape: tuple[int, ...], spelling: str, sentence: str
) -> None:
    assert [r.shape for r in read(sentence.format(spelling.format(*shape))) if r.shape] == [shape]


PIECES = ["608", "[", "]", ";", ",", " ", "\n", "$", "**", "\\frac{1}{0}", "\\begin{bmatrix}", "\\end{bmatrix}", "&"]
PIECES += ["\\\\", "x", "(", ")", "1e9", ".", "%", "~~", "\\text{", "}", "= ", "is ", "one", "²", "٣", "\x00", "\ufeff"]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
@settings(max_examples=300, deadline=None)
def test_no_text_stops_the_reading(text: str) -> None:
    for reading in read_answers([paragraph(text)]):
        assert reading.number is None or abs(reading.number) < float("inf")


HOSTILE = [
    "1 ",
    "1\n",
    "[[1]] ",
    "[1;1]",
    "[[1],[",
    "\\begin{bmatrix}",
    "1 x 1 x ",
    "(1, ",
    "**1",
    "![",
    "~~1",
    "1,111",
    "\\text{",
]


@pytest.mark.parametrize(
    "piece", [*HOSTILE, "(1, 1" + " " * 10**6, "[[1]" + " " * 10**6], ids=lambda piece: repr(piece[:20])
)
def test_half_a_megabyte_of_anything_is_read_in_seconds(piece: str) -> None:
    text = (piece * (500_000 // len(piece) + 1))[:500_000]
    assert len(read_answers([paragraph(text)])) <= 2000
    assert grows_with_length(lambda part: read_answers([paragraph(part)]), text)


def test_fifty_thousand_numbers_are_capped() -> None:
    assert len(read_answers([paragraph(", ".join(map(str, range(50_000))))])) == 2000
