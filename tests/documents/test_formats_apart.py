"""Formats are imported when they are needed, and long documents cost what they hold."""

import json
import subprocess
import sys

import pytest

from grader.core.errors import SubmissionError
from grader.documents import FORMATS, DocumentFormat, parse, registry

LIBRARIES = ("lxml", "markdown_it", "docutils", "pylatexenc", "striprtf", "pypdfium2", "numpy")


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("file", "needed"),
    [("", set()), ("report.md", {"lxml", "markdown_it"}), ("report.tex", set()), ("report.html", {"lxml"})],
)
def test_a_document_imports_the_libraries_of_its_format_alone(file, needed):
    code = (
        "import json, sys\n"
        "from grader.documents import parse\n"
        f"if {file!r}: parse({file!r}, b'There are 45 of them.')\n"
        f"print(json.dumps([name for name in {LIBRARIES!r} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)) == needed


def test_no_two_formats_read_one_ending():
    one, other = (DocumentFormat(name, (".abc",), "") for name in ("One", "Other"))
    with pytest.raises(ValueError, match="two formats read .abc: One and Other"):
        registry([one, other])
    assert len(FORMATS) > 9


def rows(file, text):
    return [row for block in parse(file, text.encode()).blocks for row in block.rows]


@pytest.mark.parametrize("count", [5_000, 12_345])
def test_a_long_table_loses_no_row(count):
    tables = {
        "a.md": "| n | m |\n|---|---|\n" + "".join(f"| {n} | x |\n" for n in range(count)),
        "a.html": f"<table>{''.join(f'<tr><td>{n}<td>x' for n in range(count))}</table>",
        "a.tex": "\\begin{tabular}{ll}" + "".join(f"{n} & x \\\\\n" for n in range(count)) + "\\end{tabular}",
    }
    for file, text in tables.items():
        found = [row[0][0].text for row in rows(file, text)]
        assert found[-count:] == [str(n) for n in range(count)], file


@pytest.mark.parametrize(
    ("file", "before", "between", "behind"),
    [("a.html", "<table><tr><td>", "<td>", "</table>"), ("a.tex", "\\begin{tabular}{l}", " & ", "\\end{tabular}")],
)
def test_a_wide_table_loses_no_cell(file, before, between, behind):
    numbers = [str(n) for n in range(450)]
    found = rows(file, before + between.join(numbers) + behind)
    assert [cell[0].text for row in found for cell in row if cell] == numbers


def test_one_wide_row_makes_no_large_table():
    text = "<table><tr><td colspan=200>1</td></tr>" + "<tr><td>2</td></tr>" * 4_000 + "</table>"
    assert sum(map(len, rows("a.html", text))) < 250_000


def test_items_of_a_long_list_are_numbered():
    items = parse("a.rst", "".join(f"{n}. word\n" for n in range(3, 503)).encode()).blocks
    assert [block.mark for block in items] == [f"{n}." for n in range(3, 503)]


def test_a_word_that_takes_for_ever_is_not_read():
    with pytest.raises(SubmissionError, match="a word of more than"):
        parse("a.rst", b"\\end{a}" * 1_000)
