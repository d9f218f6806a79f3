"""The same text as Word's and OpenDocument's files, by pandoc: the same words, formulas and tables come back."""

import subprocess

import pytest

from grader.documents import parse

pytestmark = pytest.mark.kernel

FORMULAS = {
    r"8 \cdot (75 + 1) = 608": r"8\cdot(75+1)=608",
    r"w = -0.75": "w=-0.75",
    r"28 \times 28 \times 8": r"28\times 28\times 8",
    r"\frac{1}{4} x^2 + \sqrt{2} + \sqrt[3]{x}": r"\frac{1}{4}x^{2}+\sqrt{2}+\sqrt[3]{x}",
    r"6.08 \times 10^{-2}": r"6.08\times 10^{-2}",
    r"\begin{bmatrix} 1 & -2 \\ 0.5 & 4 \end{bmatrix}": r"\begin{bmatrix} 1&-2\\0.5&4\end{bmatrix}",
    r"\left(\begin{matrix} 1 & 2 \end{matrix}\right)": r"\begin{pmatrix} 1&2\end{pmatrix}",
    r"\frac{1}{4}\begin{bmatrix} 4 & 2 \\ 2 & 1 \end{bmatrix}": r"\frac{1}{4}\begin{bmatrix} 4&2\\2&1\end{bmatrix}",
    r"\begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases}": r"\begin{cases} 1&x>0\\0&\text{else}\end{cases}",
    r"\begin{aligned} a &= 3 \\ b &= 4 \end{aligned}": r"\begin{aligned} a&=3\\b&=4\end{aligned}",
    r"\sum_{i=1}^{n} x_i^2": r"\sum_{i=1}^{n}x_{i}^{2}",
    r"\max_{i} z_i": r"\max_{i}z_{i}",
    r"\hat{y} + \bar{x}": r"\hat{y}+\bar{x}",
    r"\mathbf{W}^\top x": r"\mathbf{W}^{\top}x",
    r"\alpha \leq \beta \neq \infty": r"\alpha\leq\beta\neq\infty",
    r"97.5\%": r"97.5\%",
    r"\underbrace{a + b}_{n}": r"\underbrace{a+b}_{n}",
    r"f'(x)": "f'(x)",
}
_MARKDOWN = """
# Problem 1

There are **608** parameters, not ~~75~~, see [the notebook](https://example.org).

## (a) Shapes

1.  first
2.  second

    a)  inner
    b)  again

-   a bullet

| layer | count |
|-------|-------|
| conv  | 608   |
| dense | $n^2$ |

> The task.

```
loss: 0.25
acc: 0.97
```

It is about 10^-3^ of all.[^note]

[^note]: With the biases.
"""


@pytest.fixture(params=["docx", "odt"])
def converted(request, tmp_path):
    """Markdown to the blocks of a converted file."""

    def read(markdown):
        out = tmp_path / f"report.{request.param}"
        command = ["pandoc", "--from", "markdown", "--to", request.param, "--output", str(out)]
        try:
            subprocess.run(command, input=markdown, text=True, check=True, capture_output=True)
        except FileNotFoundError:
            pytest.skip("pandoc is not installed")
        return parse(out.name, out.read_bytes()).blocks

    return read


def _tight(latex):
    return "".join(latex.split())


def test_formulas_come_back(converted):
    text = "\n\n".join(f"It is ${formula}$ then.\n\n$${formula}$$" for formula in FORMULAS)
    blocks = converted(text)
    for kind in ("paragraph", "formula"):
        found = [run.text for block in blocks if block.kind == kind for run in block.runs if run.formula]
        assert [_tight(each) for each in found] == [_tight(each) for each in FORMULAS.values()]


def test_words_come_back(converted):
    blocks = converted(_MARKDOWN)
    assert [(block.kind, block.level, block.text) for block in blocks] == [
        ("heading", 1, "Problem 1"),
        ("paragraph", 0, "There are 608 parameters, not , see the notebook."),
        ("heading", 2, "(a) Shapes"),
        ("item", 1, "1. first"),
        ("item", 1, "2. second"),
        ("item", 2, "a) inner"),
        ("item", 2, "b) again"),
        ("item", 1, "- a bullet"),
        ("table", 0, "| layer | count |\n| conv | 608 |\n| dense | $n^{2}$ |"),
        ("quotation", 0, "> The task."),
        ("code", 0, "loss: 0.25\nacc: 0.97"),
        ("paragraph", 0, "It is about 10^{-3} of all."),
        ("paragraph", 0, "With the biases."),
    ]
    words = blocks[1].runs
    assert [run.text for run in words if run.bold] == ["608"]
    assert [run.text for run in words if run.struck] == ["75"]
    assert [run.link for run in words if run.link] == ["https://example.org"]
