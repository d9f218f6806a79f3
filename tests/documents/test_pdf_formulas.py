"""Formulas of PDFs that LaTeX and a browser make: put together again from the places of their letters."""

import pytest
from pdfs import latex, printed

from grader.documents import parse

pytestmark = pytest.mark.kernel

LATEX = {
    "a matrix": (
        r"\[\begin{bmatrix} 2 & 0.5 \\ -1 & 12 \end{bmatrix}\]",
        [r"\begin{bmatrix} 2 & 0.5 \\ -1 & 12 \end{bmatrix}"],
    ),
    "three rows": (
        r"\[A = \begin{pmatrix} 1 & 2 \\ 3 & 4 \\ 5 & 6 \end{pmatrix}\]",
        [r"A = \begin{pmatrix} 1 & 2 \\ 3 & 4 \\ 5 & 6 \end{pmatrix}"],
    ),
    "five rows": (
        r"\[\begin{bmatrix} 1 \\ 2 \\ 3 \\ 4 \\ 5 \end{bmatrix}\]",
        [r"\begin{bmatrix} 1 \\ 2 \\ 3 \\ 4 \\ 5 \end{bmatrix}"],
    ),
    "names before matrices in a row": (
        r"Mean: $\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}$, $\begin{bmatrix} 5 & 6 \\ 7 & 8 \end{bmatrix}$",
        [r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}", r"\begin{bmatrix} 5 & 6 \\ 7 & 8 \end{bmatrix}"],
    ),
    "a factor before": (
        r"\[\frac{1}{4}\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}\]",
        [r"\frac{1}{4} \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}"],
    ),
    "fractions inside": (
        r"\[\begin{bmatrix} \frac{1}{4} & -\frac{1}{2} \\ 0 & \frac{3}{4} \end{bmatrix}\]",
        [r"\begin{bmatrix} \frac{1}{4} & -\frac{1}{2} \\ 0 & \frac{3}{4} \end{bmatrix}"],
    ),
    "a small matrix": (
        r"It is $\left[\begin{smallmatrix} 1 & 2 \\ 3 & 4 \end{smallmatrix}\right]$ here.",
        [r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}"],
    ),
    "transposed": (
        r"\[\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}^T\]",
        [r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}^{T}"],
    ),
    "a determinant": (
        r"\[\begin{vmatrix} 1 & 2 \\ 3 & 4 \end{vmatrix}\]",
        [r"\begin{vmatrix} 1 & 2 \\ 3 & 4 \end{vmatrix}"],
    ),
    "cases": (
        r"\[f = \begin{cases} 1 & x > 0 \\ 0 & x \leq 0 \end{cases}\]",
        [r"f = \begin{cases} 1 & x > 0 \\ 0 & x \leq 0 \end{cases}"],
    ),
    "a label before": (
        r"(d) $A_1 = \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}$",
        [r"A_{1} = \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}"],
    ),
    "a fraction in a sentence": (r"The gradient is $-\frac{3}{4}$, we say.", [r"-\frac{3}{4}"]),
    "a fraction of fractions": (r"\[\frac{1 + \frac{1}{2}}{3}\]", [r"\frac{1 + \frac{1}{2}}{3}"]),
    "powers of ten": (r"There are about $6.08 \times 10^{2}$ weights.", [r"6.08 \times 10^{2}"]),
    "indices": (r"Then $w_{ij}^2 + b_1$ is it.", ["w_{ij}^{2} + b_{1}"]),
    "a root": (r"\[\sqrt{2\pi} \approx 2.5\]", [r"\sqrt{2\pi} \approx 2.5"]),
    "a sum": (r"\[\sum_{i=1}^{n} x_i\]", [r"\sum_{i=1}^{n}x_{i}"]),
    "boxed": (r"Together: \boxed{608} weights.", [r"\boxed{608}"]),
    "a boxed fraction": (r"\[\boxed{\frac{3}{4}}\]", [r"\boxed{\frac{3}{4}}"]),
    "a numbered formula": (r"\begin{equation} x^2 = 4 \end{equation}", ["x^{2} = 4"]),
}


@pytest.fixture(scope="module")
def from_latex(tmp_path_factory):
    """The formulas of each case, all of them pages of one document."""
    body = "\n\\newpage\n".join(f"Here:\n\n{said}\n\nThere." for said, _ in LATEX.values())
    blocks = parse("a.pdf", latex(tmp_path_factory.mktemp("latex"), body)).blocks
    return [
        [run.text for block in blocks if block.source.page == number for run in block.runs if run.formula]
        for number in range(1, len(LATEX) + 1)
    ]


@pytest.mark.parametrize("case", LATEX)
def test_a_formula_that_latex_set_is_read(case, from_latex):
    assert from_latex[list(LATEX).index(case)] == LATEX[case][1]


def test_a_document_of_latex_is_read_in_its_order(tmp_path):
    body = r"""\section{Layers}\subsection*{Problem 1: Na\"ive counting}
The layer has $5 \cdot 5 \cdot 3 = 75$ weights, \textbf{surely}.
\begin{itemize}\item one\item two\end{itemize}
\begin{tabular}{lr}\hline Layer & Number \\ \hline Conv & 608 \\ Dense & 10 \\ \hline\end{tabular}
\begin{verbatim}
for x in y:
    print(x)
\end{verbatim}
An efficient office. See \href{https://example.org/a}{this page}."""
    blocks = parse("a.pdf", latex(tmp_path, body, r"\usepackage{hyperref}")).blocks
    assert [(block.kind, block.level, block.text) for block in blocks] == [
        ("heading", 1, "1 Layers"),
        ("heading", 2, "Problem 1: Naïve counting"),
        ("paragraph", 0, "The layer has 5 · 5 · 3 = 75 weights, surely."),
        ("item", 1, "- one"),
        ("item", 1, "- two"),
        ("table", 0, "| Layer | Number |\n| Conv | 608 |\n| Dense | 10 |"),
        ("code", 0, "for x in y:\n    print(x)"),
        ("paragraph", 0, "An efficient office. See this page."),
    ]
    assert "https://example.org/a" in {run.link for run in blocks[-1].runs}


ROWS = "<mtr><mtd><mn>{}</mn></mtd><mtd><mn>{}</mn></mtd></mtr>"
MATRIX = f"<mrow><mo>[</mo><mtable>{ROWS.format(1, 0.5)}{ROWS.format(0.5, 0.25)}</mtable><mo>]</mo></mrow>"
TALL = f"<mrow><mo>(</mo><mtable>{''.join(ROWS.format(i, i + 1) for i in range(3))}</mtable><mo>)</mo></mrow>"
FONTS = {"with a font for formulas": "", "without": "math, math * { font-family: 'Liberation Serif' !important }"}


@pytest.mark.parametrize("style", FONTS.values(), ids=FONTS)
def test_what_a_browser_prints_is_read_without_its_header_and_footer(style, tmp_path):
    body = f"""<style>{style}</style><h1>Set 3</h1><h2>(a) Shape</h2>
    <p>It is <math><mn>28</mn><mo>×</mo><mn>28</mn></math>.</p>
    <p><math display="block">{MATRIX}</math></p>
    <p>It is <math><mo>−</mo><mfrac><mn>3</mn><mn>4</mn></mfrac></math> of 10<sup>3</sup>.</p>
    <p>Not <s>600</s> but <b>608</b>.</p><p><u>Problem 2</u></p>
    <table border="1"><tr><th>Layer</th><th>Number</th></tr><tr><td>Conv</td><td>608</td></tr></table>
    <p>So <span style="border: 1px solid black; padding: 2px">608</span> it is.<span style="color: white">607</span></p>
    <svg width="80" height="20"><path d="M1 1 C 5 9 9 5 15 15 L 4 18 Z M 20 1 C 25 9 29 5 35 15 L 24 18 Z"/></svg>
    <p style="background: #222; color: white">The end.</p>"""
    blocks = parse("a.pdf", printed(tmp_path, body)).blocks
    assert [(block.kind, block.text) for block in blocks if not block.hidden] == [
        ("heading", "Set 3"),
        ("heading", "(a) Shape"),
        ("paragraph", "It is 28 × 28."),
        ("formula", r"$$\begin{bmatrix} 1 & 0.5 \\ 0.5 & 0.25 \end{bmatrix}$$"),
        ("paragraph", r"It is $-\frac{3}{4}$ of $10^{3}$."),
        ("paragraph", "Not  but 608."),
        ("heading", "Problem 2"),
        ("table", "| Layer | Number |\n| Conv | 608 |"),
        ("paragraph", r"So $\boxed{608}$ it is."),
        ("unread", ""),
        ("paragraph", "The end."),
    ]
    assert [run.hidden for block in blocks for run in block.runs if run.text == "607"] == ["white text"]


def test_tall_brackets_of_a_browser_are_put_together(tmp_path):
    (block,) = parse("a.pdf", printed(tmp_path, f'<math display="block">{TALL}</math>')).blocks
    assert block.runs[0].text == r"\begin{pmatrix} 0 & 1 \\ 1 & 2 \\ 2 & 3 \end{pmatrix}"
