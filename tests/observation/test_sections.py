"""Which part of a report answers which problem."""

import re

import pytest
from blocks import document, find_sections, paragraph
from growth import grows_with_length
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.core.document import Document
from grader.core.errors import SubmissionError
from grader.core.evidence import ProblemEvidence, Section
from grader.core.source import Source
from grader.observation.evidence import repeated_headings
from grader.observation.labels import Labels, label_path, plain_title
from grader.observation.sections import align_documents

LABELS = Labels(
    problems={name.lower(): name for name in ("3A", "3B", "3C", "4A", "4B", "4C")},
    titles={"zero padding": "4A", "5 x 5 convolutions": "4B", "max average pooling": "4C", "a network": "3A"},
    chapters={"depth vs width on the mnist dataset": "3", "convolutional neural networks": "4"},
)


def found(text: str) -> dict[str, list[str]]:
    """The texts of each problem's sections, without the blank around them."""
    sections: dict[str, list[str]] = {}
    for section in find_sections(text, "report.md", LABELS):
        sections.setdefault(section.problem, []).append(section.text.strip())
    return sections


HEADINGS = [
    "## Problem 3B",
    "## Problem 3 B",
    "## Problem 3.B",
    "## Problem 3, Part B",
    "## Problem 3(b)",
    "# 3B",
    "#3B",
    "### 3B)",
    "#\tProblem\t3B",
    "3B.",
    "3B)",
    "(3b)",
    "3-B:",
    "Q3B.",
    "**3B**",
    "**3B.**",
    "**Problem 3B**:",
    "__3B__",
    r"\section*{Problem 3B}",
    r"\subsection{3B}",
    r"\textbf{3B}",
    "<h2>Problem 3B</h2>",
    "Problem 3B",
    "Problem 3B:",
    "Question 3b:",
    "Exercise 3B [8 points]",
    "Solution 3B:",
    "Answer to Problem 3B:",
    "\ufeff# Problem 3B",
    "Problem 3\n\n(B) is below.\n\nProblem B:",
    "# 3 Depth vs Width on the MNIST Dataset [23 Points]\n\nProblem B [8 points]:",
    "3 Depth vs Width on the MNIST Dataset (23 points)\n\nSolution B.:",
    "# 3 Depth\n\n## B",
    "# Problem 3\n\n### B)",
    "# Depth vs Width on the MNIST Dataset\n\n## Part B",
    r"\section{3 Depth}" + "\n" + r"\subsection*{Problem B}",
]


@pytest.mark.parametrize("heading", HEADINGS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["unix", "windows"])
def test_a_heading_of_this_style_opens_its_problem(heading: str, newline: str) -> None:
    text = f"Preface\n# 9Z\n{heading}\n\nThe answer.\n\n# Problem 4A\n\nAnother.\n".removeprefix(
        "Preface\n# 9Z\n" if heading.startswith("\ufeff") else ""
    )
    assert found(text.replace("\n", newline)) == {"3B": ["The answer."], "4A": ["Another."]}


NUMBERED = Labels(
    problems={
        name: name for name in ("1.1", "1.1.1", "1.2.1", "1.2.2", "1.3a", "1.3b", "2i", "2ii", "3Ci", "3Cii", "6")
    },
    titles={"relu": "1.1.1", "pictures": "6"},
    chapters={"networks by hand": "1", "networks in a library": "2", "part 6 pictures": "Part 6"},
)
# name: (a text, the problem and text of each of its sections)
NESTED = {
    "Roman numbers": ("2 i)\n608\n2 ii)\n28", [("2i", "608"), ("2ii", "28")]),
    "Roman numbers without a gap": ("2i) 608\n2ii) 28", [("2i", "608"), ("2ii", "28")]),
    "letters and Roman numbers": ("problem C\n\nsee below\n3C i)\n1\n3Cii)\n2", [("3Ci", "1"), ("3Cii", "2")]),
    "Roman numbers below a letter": ("# 3\n## C\n### i)\n1\n### ii)\n2", [("3Ci", "1"), ("3Cii", "2")]),
    "points behind a dash": ("Q1.1 - 5 Pts\nyes\n#### **Q6 – 20 pts**\nno", [("1.1", "yes"), ("6", "no")]),
    "a part that is a problem": ("Part 6: Pictures - 20 pts\nno", [("6", "no")]),
    "a chapter that is its only problem": ("Part 6: Pictures (20 pts)\nno", [("6", "no")]),
    "numbers below numbers": (
        "# 1 Networks by hand\n### 1.2 Slopes [3 pts.]\n1. \n$$x$$\n2. \n$$y$$\n# 2 Networks in a library\nz",
        [("1.2.1", "$$x$$"), ("1.2.2", "$$y$$")],
    ),
    "a chapter that isn't the next number below": (
        "## 1.2 Slopes [3 pts.]\n1. \n$$x$$\n# 2 Libraries [9 pts.]\nPart 2: Libraries",
        [("1.2.1", "$$x$$")],
    ),
    "a title with brackets": ("### 1.1 [4 pts.]\n1. ReLU() [0.5 pts.]:\nmax", [("1.1", ""), ("1.1.1", "max")]),
    "letters in brackets": ("Q1.3 - 5 Pts\n• (a) One net\n12\n• (b) Another\n13", [("1.3a", "12"), ("1.3b", "13")]),
    "letters in brackets, not in turn": ("Q1.3 - 5 Pts\n(a) One net\n12\n(c) More", [("1.3a", "12\n(c) More")]),
    "the questions first, then again with answers": (
        "Q1.1 - 5 Pts Why are all of the biases of such networks drawn at 0?\n\nQ6 - 5 Pts Why?\n\n"
        "# Q1.1 - 5 Pts Why are all of the biases of such networks drawn at 0?\nNo harm.",
        [("6", "Why?"), ("1.1", "No harm.")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "sections"), NESTED.values(), ids=NESTED)
def test_labels_of_several_parts_open_their_problem(text: str, sections: list[tuple[str, str]]) -> None:
    found = [
        (s.problem, s.text.removeprefix("One net").removeprefix("Another").strip())
        for s in find_sections(text, "a", NUMBERED)
    ]
    assert [(p, t) for p, t in found if t] == [(p, t) for p, t in sections if t]


LABEL_PARTS = [
    ("3B", ["3", "b"]),
    ("1.1 (a)", ["1", "1", "a"]),
    ("3Cii", ["3", "c", "ii"]),
    ("2 iv", ["2", "iv"]),
    ("first", ["first"]),
]


@pytest.mark.parametrize(("label", "parts"), LABEL_PARTS)
def test_a_label_has_parts(label: str, parts: list[str]) -> None:
    assert list(label_path(label)) == parts


NO_HEADINGS = [
    "1. Average pooling: 2",
    "3. Batch normalisation helps",
    "2 layers are enough",
    "3 batches (small ones)",
    "A network with one layer",
    "B is the bias.",
    "**2 layers** are enough",
    "**A network** with one layer",
    "**4 layers, of which one is hidden**",
    "### 1. Architecture",
    "### a) Architecture",
    "**1. Architecture**",
    "Part A of the data is left out.",
    "Problem C, for instance, shows it.",
    "Problem 4B asks for the same.",
    "Problem 4 was harder.",
    "Solution of the equation: 3",
    "Answer: 608",
    "```python\n# 4 layers\n# Problem 4A\n# 4B\n```",
    "- 4A is another problem",
    "4A-type networks",
    "4B5",
    "4000 iterations",
    "4\n",
]


@pytest.mark.parametrize("line", NO_HEADINGS)
def test_a_line_like_this_in_an_answer_is_no_heading(line: str) -> None:
    text = f"# 3 Depth\n\n## Problem B\n\nBefore.\n{line}\nAfter.\n\n## Problem C\n\nNext."
    sections = {problem: [words(text) for text in texts] for problem, texts in found(text).items()}
    assert sections == {"3B": [words(f"Before.\n{line}\nAfter.")], "3C": ["Next"]}


def words(text: str) -> str:
    """The text without marks of bold, headings and code."""
    return re.sub(r"[\W_]+", " ", text.replace("```python", "```")).strip()


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("Problem 4B: 608 parameters", "608 parameters"),
        ("Problem 4B [2 points]: 608 parameters", "608 parameters"),
        ("4B) The shape is: 28x28x8", "The shape is: 28x28x8"),
        ("4B. 608 parameters, since: 8 * 76", "608 parameters, since: 8 * 76"),
        ("**4B** 608 parameters", "608 parameters"),
        ("### 4B) 608 parameters", "608 parameters"),
        (r"\section*{Problem 4B} 608 parameters", "608 parameters"),
        ("## Problem 4B: 5 x 5 Convolutions", ""),
        ("## Problem 4B (2 points) – 5 x 5 convolutions: 608", "608"),
        ("Solution 4B: " + "words " * 200 + "608", ("words " * 200 + "608")),
    ],
    ids=lambda text: text[:40],
)
def test_an_answer_may_begin_on_the_line_of_its_heading(line: str, answer: str) -> None:
    assert found(line) == {"4B": [answer]}


@pytest.mark.parametrize(
    "mark",
    [
        "Solution B.:",
        "Solution:",
        "## Solution",
        "**Solution.**",
        "Answer B:",
        "### Answer",
        r"\textbf{Answer}",
        "Answer:",
    ],
)
def test_the_question_is_not_taken_for_the_answer(mark: str) -> None:
    text = f"# 4 CNN\n\n## Problem B [2 points]: How many?\n\nOf size 5x5.\n\n{mark}\n\n608\n\n## Problem C\n\n9"
    assert found(text) == {"4B": ["608"], "4C": ["9"]}


def test_an_empty_solution_is_an_empty_answer() -> None:
    assert found("# 4B\nHow many parameters are there?\n\nSolution:\n\n# 4C\n9") == {"4B": [""], "4C": ["9"]}


def test_a_picture_in_the_text_takes_no_room() -> None:
    text = f"# 4B\n![a](data:image/png;base64,{'iVBORw0KGgo' * 600_000})\n# 4C\n9"
    assert found(text)["4C"] == ["9"]
    assert find_sections(text, "report.md", LABELS)[0].figures == 1


def test_an_answer_that_says_answer_keeps_what_stands_before() -> None:
    assert found("# 4B\n\nIts shape is 28x28x8.\n\nAnswer: 608\n") == {"4B": ["Its shape is 28x28x8.\n\nAnswer: 608"]}


def test_a_title_is_a_heading_when_it_is_marked_as_one() -> None:
    assert found("## Zero Padding [5 points]\n\nYes.\n\nZero padding\n\n## On zero padding") == {
        "4A": ["Yes.\n\nZero padding\n\nOn zero padding"]
    }


def test_a_heading_that_occurs_twice_opens_two_sections() -> None:
    assert found("# 4B\n608\n# 4C\n9\n# 4B\n28x28x8") == {"4B": ["608", "28x28x8"], "4C": ["9"]}


def test_a_fence_that_is_never_closed_hides_nothing() -> None:
    assert found("# 4B\n```\n608\n# 4C\n9") == {"4B": ["```\n608"], "4C": ["9"]}


def test_a_report_without_headings_has_no_sections() -> None:
    assert found("The layer has 608 parameters.") == {}


def test_sections_know_their_lines_and_figures() -> None:
    text = (
        "\n# 4B\n\n608 ![plot](a.png)\n![b][1] <img src='c.png'>\n\\includegraphics{d}\n![e](data:image/png;base64,A)"
        "\n\n[1]: b.png"
    )
    (section,) = find_sections(text, "report.md", LABELS)
    assert str(section.source) == "report.md:2"
    assert [str(r.source) for r in section.readings if r.number == 608] == ["report.md:4"]
    assert section.figures == 5


def test_titles_are_compared_without_case_punctuation_and_points() -> None:
    assert plain_title("**Max/Average Pooling** [3 points]:") == "max average pooling"


@given(
    st.one_of(st.text(), st.lists(st.sampled_from([*HEADINGS, *NO_HEADINGS, "\n", "```", "\r", "\x0c"])).map("\n".join))
)
@settings(max_examples=200, deadline=None)
def test_no_text_stops_the_search(text: str) -> None:
    try:
        sections = find_sections(text, "report.md", LABELS)
    except SubmissionError:  # such as no text at all: a person reads it
        return
    for section in sections:
        assert section.problem in LABELS.problems.values()


@pytest.mark.parametrize(
    "piece", ["\n", "# ", "#", "1" + " " * 100_000, "problem ", "**", "3B\n", "![", "![](", "\\section{", "<h1"]
)
def test_half_a_megabyte_of_anything_is_searched_in_seconds(piece: str) -> None:
    text = (piece * (500_000 // len(piece) + 1))[:500_000]

    def align(part: str) -> None:
        align_documents([Document(file="report.md", blocks=(*document("# 4B").blocks, paragraph(part, 2)))], LABELS)

    assert grows_with_length(align, text)


def test_a_heading_that_occurs_twice_is_told_by_what_its_file_counts():
    """Lines of a text, pages of a PDF."""
    places = {
        "a.md": (Source(file="a.md", line=3), Source(file="a.md", line=9)),
        "a.pdf": (Source(file="a.pdf", page=1), Source(file="a.pdf", page=4)),
        "a.docx": (Source(file="a.docx"), Source(file="a.docx")),
    }
    sections = [Section(problem="3A", text="x", source=place) for file in places.values() for place in file]
    assert list(repeated_headings({"3A": ProblemEvidence(problem="3A", sections=tuple(sections))})) == [
        "a.md: the heading of problem 3A stands there 2 times (line 3, line 9); all are read as its answer",
        "a.pdf: the heading of problem 3A stands there 2 times (page 1, page 4); all are read as its answer",
        "a.docx: the heading of problem 3A stands there 2 times; all are read as its answer",
    ]
