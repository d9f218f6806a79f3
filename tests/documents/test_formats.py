"""Text formats read as documents: what stands there, with its labels, and what nobody sees."""

import contextlib
import shutil
import subprocess

import pytest

from grader.core.errors import SubmissionError
from grader.documents import FORMATS, notebook, parse


def read(text, file="report.md", **beside):
    """The blocks of a text, each as its kind, its label and what is seen of it."""
    raw = text if isinstance(text, bytes) else text.encode()
    return parse(file, raw, lambda name: beside.get(name.partition(".")[0])).blocks


def shown(text, file="report.md", **beside):
    return [(block.kind, block.text) for block in read(text, file, **beside) if block.text]


def seen(text, file="report.md"):
    return "\n".join(block.text for block in read(text, file))


MARKDOWN = {
    "a heading without its space": ("#Task 4\n", [("heading", "Task 4")]),
    "an underlined heading": ("Task 4\n------\n", [("heading", "Task 4")]),
    "several lines above a rule": ("We found 40.\nIt is more.\n---\n", [("paragraph", "We found 40.\nIt is more.")]),
    "a heading in a quotation": ("> # Task 4\n> How many?\n", [("heading", "Task 4"), ("quotation", "> How many?")]),
    "an indented answer": ("    There are 40.\n", [("paragraph", "There are 40.")]),
    "lines as they were typed": ("**Task 4**\nThere are 40.\n", [("paragraph", "Task 4\nThere are 40.")]),
    "stars between factors": ("It is 4 *7* 9 of them.\n", [("paragraph", "It is 4 *7* 9 of them.")]),
    "stars without spaces": ("(3*3*4)*2 + 7*2*k\n", [("paragraph", "(3*3*4)*2 + 7*2*k")]),
    "bold labels on lines": ("**(a)** 40  \n**(b)** x\n", [("paragraph", "(a) 40\n(b) x")]),
    "powers": ("2**5 + 3**2\n", [("paragraph", "2**5 + 3**2")]),
    "emphasis": ("This is *not* right.\n", [("paragraph", "This is not right.")]),
    "labels at lines' starts": ("2A) one\n2B) two\n", [("item", "2A) one"), ("item", "2B) two")]),
    "a list in brackets": ("1) one\n2) two\n", [("item", "1) one"), ("item", "2) two")]),
    "a list that leaves one out": ("1. one\n\n3. three\n", [("item", "1. one"), ("item", "3. three")]),
    "a list numbered by the reader": ("1. one\n1. two\n", [("item", "1. one"), ("item", "2. two")]),
    "a number of figures at a line's start": ("It has\n650) of them\n", [("paragraph", "It has\n650) of them")]),
    "maths with spaces": ("so $ x = 4 $ holds\n", [("paragraph", "so $x = 4$ holds")]),
    "maths in brackets": (r"so \(x = 4\) holds", [("paragraph", "so $x = 4$ holds")]),
    "prices": ("It costs $5 and $6.\n", [("paragraph", "It costs $5 and $6.")]),
    "a displayed minus": ("$$\n- 4\n$$\n", [("formula", "$$- 4$$")]),
    "a minus in a formula that opens late": (
        "so $$\n- 4\n$$\nholds\n",
        [("paragraph", "so"), ("formula", "$$- 4$$"), ("paragraph", "holds")],
    ),
    "an environment": (
        "\\begin{align}\na &= 1\n\\end{align}\n",
        [("formula", "$$\\begin{align} a &= 1 \\end{align}$$")],
    ),
    "escaped brackets": (r"\[4, 5\]", [("paragraph", "[4, 5]")]),
    "an escaped label": (r"\(a\) There are 40 \(with bias\).", [("item", "(a) There are 40 (with bias).")]),
    "a group in bold": (r"{\bf Task 4} is {\em this}.", [("paragraph", "Task 4 is this.")]),
    "a pasted section": ("\\section{Task 4}\nThere are 40.\n", [("heading", "Task 4"), ("paragraph", "There are 40.")]),
    "pasted bold": (r"\textbf{Total:} 40", [("paragraph", "Total: 40")]),
    "a pasted problem": ("\\begin{problem}{4} There are 40.\n", [("paragraph", "Problem 4\nThere are 40.")]),
    "code": ("```\nx = 1\n```\n", [("code", "x = 1")]),
    "a table": ("| a | b |\n|---|---|\n| 1 | 2 |\n", [("table", "| a | b |\n| 1 | 2 |")]),
    "what is no tag": ("if a <b and c> d\n", [("paragraph", "if a <b and c> d")]),
    "details": ("<details>\n\n**Total** 40\n\n</details>\n", [("paragraph", "Total 40")]),
    "a heading in HTML": ("<h2>Task 4</h2>\n\nmore\n", [("heading", "Task 4"), ("paragraph", "more")]),
    "a power in HTML": ("10<sup>-2</sup>", [("paragraph", "10^{-2}")]),
}

LATEX = {
    "a title over two lines": ("\\newpage\\section*{Task\n  4}There", [("heading", "Task 4"), ("paragraph", "There")]),
    "bold in a group": (r"{\bf Task 4} it", [("paragraph", "Task 4 it")]),
    "an item with a label": (r"\begin{enumerate}\item[Task 4] it\end{enumerate}", [("item", "Task 4 it")]),
    "items as they are printed": (
        r"\begin{enumerate}\item a\begin{enumerate}\item b\end{enumerate}\item c\end{enumerate}",
        [("item", "1. a"), ("item", "(a) b"), ("item", "2. c")],
    ),
    "items that begin later": (
        r"\begin{enumerate}[label=(\roman*), start=3]\item a\end{enumerate}",
        [("item", "(iii) a")],
    ),
    "questions of an examination": (
        r"\begin{questions}\question[5] a\begin{parts}\part b\end{parts}\end{questions}",
        [("item", "1. (5) a"), ("item", "(a) b")],
    ),
    "a problem of a template": (
        r"\begin{problem}{4} it \end{problem}",
        [("heading", "Problem 4"), ("paragraph", "it")],
    ),
    "a counted problem": (
        r"\newtheorem{q}{Question}\begin{document}\begin{q}a\end{q}\begin{q}b\end{q}\end{document}",
        [("heading", "Question 1"), ("paragraph", "a"), ("heading", "Question 2"), ("paragraph", "b")],
    ),
    "a macro for titles": (
        "\\newcommand{\\task}[1]{\\section*{Task #1}}\n\\task{4} it",
        [("heading", "Task 4"), ("paragraph", "it")],
    ),
    "a macro for a value": (r"\newcommand{\total}{40}It is \total.", [("paragraph", "It is 40.")]),
    "a box": (r"It is \fbox{40}.", [("paragraph", "It is 40.")]),
    "signs": (r"caf\'e~--- 5\% of \$4\,000, pages 3--4", [("paragraph", "café — 5% of $4 000, pages 3–4")]),
    "lines": (r"one\\two", [("paragraph", "one\ntwo")]),
    "formulas": (r"$x$ and \[y = 2\] end", [("paragraph", "$x$ and"), ("formula", "$$y = 2$$"), ("paragraph", "end")]),
    "an equation": (
        "\\begin{equation}\\label{e} y = 2 % half\n\\end{equation}",
        [("formula", "$$y = 2$$")],
    ),
    "a table": (r"\begin{tabular}{l|r} a & b \\ \hline 1 & $2$ \end{tabular}", [("table", "| a | b |\n| 1 | $2$ |")]),
    "code": (
        "\\begin{lstlisting}[language=C]\nx = {1; % $\n\\end{lstlisting} z",
        [("code", "x = {1; % $"), ("paragraph", "z")],
    ),
    "a table in a cell": (
        r"\begin{tabular}{l} \begin{tabular}{l} 7 & \textcolor{white}{$8$} \end{tabular} \\ 9 \end{tabular}",
        [("table", "| 7  |\n| 9 |")],
    ),
    "an empty cell over two columns": (
        r"\begin{tabular}{ll}\multicolumn{2}{c}{}\end{tabular}\begin{tabular}{l} 3 \end{tabular}",
        [("table", "| 3 |")],
    ),
    "a title for a table of contents": (
        r"\begin{itemize}\item 5 \texorpdfstring{$a$}{b}\item 6 \texorpdfstring\end{itemize}",
        [("item", "- 5 $a$"), ("item", "- 6")],
    ),
    "a piece that was never cut out": (r"$4\gradercut{7}$ and \gradercut{7}", [("paragraph", "$4$ and")]),
    "a picture": (r"\includegraphics[width=1cm]{a.png}", [("figure", "![](figure)")]),
    "braces that don't close": (r"a } b { c", [("paragraph", "a b c")]),
    "a file put in": (r"\input{other} end", [("heading", "Other"), ("paragraph", "end")]),
}

HTML = {
    "spaces": ("<p>It  has\n <b>40</b>&nbsp;of them.<br>More</p>", [("paragraph", "It has 40 of them.\nMore")]),
    "a list of letters": ("<ol type=a start=3><li>x<li>y</ol>", [("item", "c. x"), ("item", "d. y")]),
    "maths in the text": (r"<p>so $x_1$ and \(y\)</p>", [("paragraph", "so $x_1$ and $y$")]),
    "maths of a script": ('<p>so <script type="math/tex">x_1</script></p>', [("paragraph", "so $x_1$")]),
    "cells of a notebook": (
        '<div class="jp-InputPrompt">In [4]:</div><div class="highlight"><pre>x = 1\n</pre></div>',
        [("code", "x = 1")],
    ),
    "an anchor": ('<h2>Task 4<a class="anchor-link" href="#t">¶</a></h2>', [("heading", "Task 4")]),
    "a table with spans": (
        "<table><tr><th colspan=2>a</th></tr><tr><td rowspan=2>1<td>2</tr><tr><td>3</table>",
        [("table", "| a |  |\n| 1 | 2 |\n|  | 3 |")],
    ),
    "a table of places": ("<table><tr><td><h2>Task 4</h2>It</table>", [("heading", "Task 4"), ("paragraph", "It")]),
    "white words on a dark ground": ('<p style="background:#000;color:#fff">40</p>', [("paragraph", "40")]),
}

OTHERS = {
    "report.rst": ("Task\n====\n\n(a) It is :math:`x_1`.\n", [("heading", "Task"), ("item", "(a) It is $x_1$.")]),
    "report.org": (
        "* Task\n1) It *is* $x_1$.\n| a | b |\n",
        [("heading", "Task"), ("item", "1) It is $x_1$."), ("table", "| a | b |")],
    ),
    "report.rtf": (
        r"{\rtf1 {\b Task}\par a) It is {\strike 4} 5.\par}",
        [("paragraph", "Task"), ("item", "a) It is 5.")],
    ),
    "report.txt": (
        "\\section{Task}\nIt \\emph{is}.\n\\begin{itemize}\n\\item x\n\\end{itemize}\n",
        [("heading", "1 Task"), ("paragraph", "It is."), ("item", "- x")],
    ),
    "report": ("Task\n", [("paragraph", "Task")]),
}


@pytest.mark.parametrize("case", MARKDOWN)
def test_markdown(case):
    text, expected = MARKDOWN[case]
    assert shown(text) == expected


@pytest.mark.parametrize("case", LATEX)
def test_latex(case):
    text, expected = LATEX[case]
    assert shown(text, "report.tex", other=rb"\section*{Other}") == expected


@pytest.mark.parametrize("case", HTML)
def test_html(case):
    text, expected = HTML[case]
    assert shown(text, "report.html") == expected


@pytest.mark.parametrize("file", OTHERS)
def test_other_formats(file):
    text, expected = OTHERS[file]
    found = [
        (
            block.kind,
            f"{block.mark} {block.text}".strip() if block.kind == "heading" else " ".join(block.text.split(" ")),
        )
        for block in read(text, file)
    ]
    assert [(kind, " ".join(words.split())) for kind, words in found] == expected


UNSEEN = {
    "report.md": [
        "<!-- 777 -->",
        "<!-- 777",
        "<del>777</del>",
        "~~777~~",
        '<span style="color: white">777</span>',
        '<div style="display:none">\n\n777\n\n</div>',
        r"$\cancel{777}$",
        r"$\phantom{777} 4$",
        "![777](a.png)",
        "---\nanswer: 777\n---\n",
        "[//]: # (777)\n",
        '<p style="font-size:0">777</p>',
        "<style>.h{display:none}</style>\n\n<span class='h'>777</span>",
        "<template>777</template>",
    ],
    "report.tex": [
        "% 777",
        r"\iffalse 777 { \fi x",
        "\\begin{comment}\n777\n\\end{comment}",
        r"\sout{777}",
        r"\textcolor{white}{777}",
        r"{\color[HTML]{FFFFFF} 777}",
        r"\phantom{777}",
        r"$\textcolor{white}{777} x$",
        r"\begin{document}x\end{document} 777",
        "$y % 777\n$",
    ],
    "report.html": ["<p hidden>777</p>", "<p>x<!-- 777 --></p>", '<p style="position:absolute;left:-9999px">777</p>'],
    "report.org": ["# 777", "a +777+ b", "#+begin_comment\n777\n#+end_comment"],
    "report.rst": [".. 777\n"],
    "report.rtf": [r"{\rtf1 {\v 777} x\par}", r"{\rtf1 \strike 777\strike0  x\par}"],
}


@pytest.mark.parametrize(("file", "text"), [(file, text) for file, texts in UNSEEN.items() for text in texts])
def test_what_is_not_seen_is_no_answer(file, text):
    blocks = read(text, file)
    assert "777" not in "\n".join(block.text for block in blocks)
    runs = [run for block in blocks for run in block.runs]
    kept = [run.text for run in runs if run.hidden or run.struck]
    assert any("777" in text for text in kept), "it is shown to nobody"


def test_numbers_of_sections_are_those_that_latex_prints():
    text = r"\setcounter{section}{2}\section{A}\subsection{B}\section*{C}\appendix\section{D}"
    assert [(block.mark, block.text) for block in read(text, "a.tex")][:3] == [("3", "A"), ("3.1", "B"), ("", "C")]


def test_sections_without_numbers_have_none():
    for depth in ("0", "-2", r"-\maxdimen"):
        text = rf"\setcounter{{secnumdepth}}{{{depth}}}\begin{{document}}\section{{A}}"
        assert [block.mark for block in read(text, "a.tex")] == [""]


def test_a_command_before_a_blank_line_is_whole():
    text = "\\title{Report}\n\\begin{document}\n\\maketitle\n\nThere are 40.\\par\n\nMore.\n"
    assert seen(text, "a.tex") == "Report\nThere are 40.\nMore."


def test_an_item_without_words_keeps_its_label():
    text = "\\begin{enumerate}\n\\item\n\\end{enumerate}\nThere are 40."
    assert shown(text, "a.tex") == [("item", "1. "), ("paragraph", "There are 40.")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings(encoding):
    assert seen("The café has 40 of them.\r\nMore".encode(encoding)) == "The café has 40 of them.\nMore"


def test_words_are_read_as_they_are_seen():
    assert seen("6\u200b5\u00ad0 and \u202e056\u202c and \uff16") == "650 and 650 and \uff16"


def test_bytes_that_are_no_text():
    with pytest.raises(SubmissionError, match="not text"):
        read(b"\x01\x00\x00\x02\x00\x03\x00\x00\x00" * 50)


def test_pictures_in_the_text_are_no_words():
    blocks = read(f"![a](data:image/png;base64,{'QUJD' * 5000})\n\nend\n")
    assert max(len(run.text) for block in blocks for run in block.runs) < 100
    assert blocks[-1].text == "end"


def test_a_drawn_formula_is_unread():
    drawn = '<p>It is <mjx-container><svg><g data-mml-node="math"><path d=""/></g></svg></mjx-container></p>'
    assert [block.kind for block in read(drawn, "a.html")] == ["paragraph", "unread"]


def test_a_file_that_is_not_there_is_unread():
    assert [block.kind for block in read(r"a \input{gone} b", "a.tex")] == ["paragraph", "unread", "paragraph"]


def test_lines_are_where_a_person_finds_them():
    assert [block.source.line for block in read("# A\n\nb\n(a) c\n\n<p>d</p>\n")] == [1, 3, 4, 6]
    assert [
        block.source.line
        for block in read("\\section{A}\n\n% x\nb\n\n\\begin{verbatim}\n\n\\end{verbatim}\nc\n", "a.tex")
    ][-1] == 9


def test_cells_of_a_notebook():
    blocks = notebook.blocks_of([(2, "# A"), (5, "<div hidden>"), (7, "b")], "a.ipynb")
    assert [(block.text, str(block.source)) for block in blocks] == [("A", "a.ipynb, cell 2"), ("b", "a.ipynb, cell 7")]


@pytest.mark.parametrize("file", ["a.md", "a.tex", "a.html", "a.rst", "a.org", "a.rtf"])
@pytest.mark.parametrize(
    "sign", ["[", "*", ">", "$", "{", "<", "\\", "<div>", "- ", "\\begin{a}", "> ", "\\textbf{", "<b>", "``", "|"]
)
def test_hostile_texts_end(file, sign):
    """What is nested without end, or opens and never closes, is read or refused."""
    start = "{\\rtf1 " if file.endswith("rtf") else ""
    with contextlib.suppress(SubmissionError):
        read(start + sign * 30_000, file)


REPORT = """# Homework

## Task 1

The layer has **40** parameters; ~~39~~ was a slip.

1.  First: $28 \\times 28$
2.  Second: 0.75

-   a bullet

$$y = \\frac{1}{2}$$

| Layer | Parameters |
|-------|------------|
| conv  | 40         |

``` python
x = 1
```
"""


@pytest.mark.kernel
@pytest.mark.skipif(not shutil.which("pandoc"), reason="pandoc is not installed")
@pytest.mark.parametrize("format", ["latex", "html --mathjax", "rst", "org"])
def test_one_report_in_all_formats(format):
    name, *options = format.split()
    converted = subprocess.run(
        ["pandoc", "-f", "markdown", "-t", name, *options, "-s"],
        input=REPORT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    file = {"latex": "a.tex"}.get(name, f"a.{name}")
    expected = [(block.kind, "".join(block.text.split())) for block in read(REPORT) if block.text.strip()]
    found = [(block.kind, "".join(block.text.split())) for block in read(converted, file) if block.text.strip()]
    assert [entry for entry in found if entry[1]] == expected


def test_every_format_has_its_endings():
    assert {".md", ".tex", ".html", ".rst", ".org", ".rtf", ".txt", ".rmd", ".qmd", ""} <= set(FORMATS)
