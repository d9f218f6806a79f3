"""MathML as browsers, converters and office programs write it, and the LaTeX that says the same."""

import pytest
from lxml import etree

from grader.core.errors import SubmissionError
from grader.documents.mathml import latex

_MATRIX = "<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mo>−</mo><mn>2</mn></mtd></mtr></mtable>"

CASES = {
    "a number": ("<mn>608</mn>", "608"),
    "digits one by one": ("<mn>6</mn><mn>0</mn><mn>8</mn>", "608"),
    "a minus sign": ("<mi>w</mi><mo>=</mo><mo>−</mo><mn>0.75</mn>", "w=-0.75"),
    "a dash for a minus": ("<mo>–</mo><mn>3</mn>", "-3"),
    "full-width digits": ("<mn>６０８</mn>", "608"),
    "times": ("<mn>3</mn><mo>×</mo><mn>4</mn>", r"3\times 4"),
    "a product without a sign": ("<mn>3</mn><mo>&#x2062;</mo><mi>n</mi>", "3 n"),
    "factors don't become one number": ("<mn>3</mn><mo>&#x2062;</mo><mn>4</mn>", "3 4"),
    "a function applied": ("<mi>log</mi><mo>&#x2061;</mo><mi>p</mi>", r"\log p"),
    "a name": ("<mi>ReLU</mi>", r"\mathrm{ReLU}"),
    "a bold letter": ('<mi mathvariant="bold">W</mi>', r"\mathbf{W}"),
    "a letter of a bold alphabet": ("<mi>𝐖</mi>", r"\mathbf{W}"),
    "an italic letter": ("<mi>𝑥</mi>", "x"),
    "words": ("<mn>97</mn><mtext> percent</mtext>", r"97\text{ percent}"),
    "a number set as words": ("<mtext>608</mtext>", "608"),
    "percent": ("<mn>97</mn><mo>%</mo>", r"97\%"),
    "a fraction": ("<mfrac><mn>1</mn><mi>N</mi></mfrac>", r"\frac{1}{N}"),
    "no line between": ('<mfrac linethickness="0"><mi>n</mi><mi>k</mi></mfrac>', r"\genfrac{}{}{0pt}{}{n}{k}"),
    "a power of a sum": ("<msup><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></msup>", "{a+b}^{2}"),
    "a power of ten": ("<msup><mn>10</mn><mrow><mo>−</mo><mn>3</mn></mrow></msup>", "10^{-3}"),
    "a prime": ("<msup><mi>f</mi><mo>′</mo></msup>", "f'"),
    "degrees": ("<msup><mn>90</mn><mo>°</mo></msup>", r"90^{\circ}"),
    "foot and head": ("<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>", "x_{i}^{2}"),
    "a sum": ("<munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><mi>i</mi>", r"\sum_{i}^{n}i"),
    "a maximum": ("<munder><mi>max</mi><mi>i</mi></munder><mi>z</mi>", r"\max_{i}z"),
    "a hat": ("<mover><mi>y</mi><mo>^</mo></mover>", r"\hat{y}"),
    "a brace with a label": (
        "<munder><munder><mi>a</mi><mo>⏟</mo></munder><mi>n</mi></munder>",
        r"\underbrace{a}_{n}",
    ),
    "a sign over another": ("<mover><mo>=</mo><mo>!</mo></mover>", r"\overset{!}{=}"),
    "roots": ("<msqrt><mn>2</mn><mi>x</mi></msqrt><mroot><mn>8</mn><mn>3</mn></mroot>", r"\sqrt{2x}\sqrt[3]{8}"),
    "brackets": (f"<mo>[</mo>{_MATRIX}<mo>]</mo>", r"\begin{bmatrix} 1 & -2 \end{bmatrix}"),
    "brackets around a row": (f"<mo>[</mo><mrow>{_MATRIX}</mrow><mo>]</mo>", r"\begin{bmatrix} 1 & -2 \end{bmatrix}"),
    "parentheses": (f"<mfenced>{_MATRIX}</mfenced>", r"\begin{pmatrix} 1 & -2 \end{pmatrix}"),
    "bars": (f"<mo>|</mo>{_MATRIX}<mo>|</mo>", r"\begin{vmatrix} 1 & -2 \end{vmatrix}"),
    "no fence": (_MATRIX, r"\begin{matrix} 1 & -2 \end{matrix}"),
    "half open fences": (
        f'<mfenced open="[" close=")">{_MATRIX}</mfenced>',
        r"\left[ \begin{matrix} 1 & -2 \end{matrix} \right)",
    ),
    "cases": (f"<mo>{{</mo>{_MATRIX}<mo></mo>", r"\begin{cases} 1 & -2 \end{cases}"),
    "a factor before a matrix": (
        f"<mn>3</mn><mo>[</mo>{_MATRIX}<mo>]</mo>",
        r"3\begin{bmatrix} 1 & -2 \end{bmatrix}",
    ),
    "equations below each other": (
        '<mtable columnalign="right left"><mtr><mtd><mi>a</mi></mtd><mtd><mo>=</mo><mn>1</mn></mtd></mtr></mtable>',
        r"\begin{aligned} a & =1 \end{aligned}",
    ),
    "a list in fences": ("<mfenced><mn>28</mn><mn>28</mn><mn>8</mn></mfenced>", "(28, 28, 8)"),
    "a box": ('<menclose notation="box"><mn>608</mn></menclose>', r"\boxed{608}"),
    "struck out": ('<menclose notation="updiagonalstrike"><mn>75</mn></menclose><mn>608</mn>', r"\cancel{75}608"),
    "a phantom": ("<mphantom><mn>608</mn></mphantom><mn>75</mn>", "75"),
    "white on white": ('<mstyle mathcolor="white"><mn>608</mn></mstyle><mn>75</mn>', "75"),
    "a space": ("<mn>6</mn><mspace width='1em'/><mn>8</mn>", "6 8"),
    "an annotation says something else": (
        '<semantics><mn>75</mn><annotation encoding="application/x-tex">608</annotation></semantics>',
        "75",
    ),
    "a comment": ("<mn>6<!-- 0 -->8</mn>", "68"),
    "a fraction that lacks a part": ("<mfrac><mn>1</mn></mfrac>", "1"),
    "scripts on both sides": (
        "<mmultiscripts><mi>C</mi><mi>k</mi><none/><mprescripts/><none/><mi>n</mi></mmultiscripts>",
        "{}^{n}C_{k}",
    ),
    "a number of the other half": ("<cn>608</cn>", "608"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://www.w3.org/1998/Math/MathML"'], ids=["bare", "namespaced"])
@pytest.mark.parametrize(("mathml", "expected"), CASES.values(), ids=CASES)
def test_mathml_becomes_latex(mathml, expected, namespace):
    assert latex(etree.fromstring(f"<math{namespace}>{mathml}</math>")) == expected


def test_parts_in_parts_without_end_are_refused():
    with pytest.raises(SubmissionError, match="in each other"):
        latex(etree.fromstring("<math>" + "<msqrt>" * 200 + "</msqrt>" * 200 + "</math>"))
