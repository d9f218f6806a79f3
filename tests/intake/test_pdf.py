"""PDFs: text with pages, links and figures where they stand, and a clear outcome for those that can't be read."""

import matplotlib
import pytest
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from PIL import Image

from grader.batch import grade_class
from grader.core.errors import SubmissionError
from grader.intake.read import read_document
from grader.pipeline import grade_submission
from grader.rubric import Rubric
from grader.tools import Options, tools_for

RUBRIC = Rubric.model_validate(
    {
        "id": "quiz",
        "title": "A quiz",
        "problems": [
            {
                "id": "1A",
                "title": "Parameters",
                "points": 1,
                "checks": [{"type": "numeric", "expect": 608, "points": 1}],
            },
            {"id": "1B", "title": "A figure", "points": 1, "checks": [{"type": "figure", "points": 1}]},
        ],
    }
)
COLAB = "https://colab.research.google.com/drive/1a2b3c"
# Standard security with keys that no password fits.
ENCRYPTED = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [] /Count 0>> endobj
3 0 obj <</Filter /Standard /V 1 /R 2 /P -4 /O (oooooooooooooooooooooooooooooooo)
/U (uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu)>> endobj
trailer <</Root 1 0 R /Encrypt 3 0 R /ID [(0123456789abcdef) (0123456789abcdef)]>>
%%EOF
"""


def written(path, *pages):
    """A PDF of these pages: each a list of lines with their heights, of links, or of pictures."""
    with matplotlib.rc_context({"pdf.fonttype": 42}), PdfPages(path) as pdf:
        for page in pages:
            figure = Figure(figsize=(6, 8))
            for height, what in page:
                if what == "picture":
                    figure.figimage([[0, 1, 0.5] * 40] * 100, 100, int(800 * height))
                else:
                    figure.text(0.1, height, *what.split("|")[:1], url=what.partition("|")[2] or None)
            pdf.savefig(figure)
    return path


@pytest.fixture(scope="module")
def tools():
    return tools_for(RUBRIC)


def judged(path, tools):
    grade = grade_submission(path, RUBRIC, tools, Options(retrain=False))
    return {problem.id: problem.checks[0] for problem in grade.problems}


@pytest.mark.kernel
def test_an_answer_in_a_pdf_is_judged_with_its_page(tmp_path, tools):
    first = [(0.9, "A title"), (0.8, "Problem 1B"), (0.5, "picture"), (0.3, "It shows noise.")]
    found = judged(written(tmp_path / "a.pdf", first, [(0.9, "Problem 1A"), (0.8, "608 parameters")]), tools)
    assert (found["1A"].status, found["1A"].source) == ("passed", "a.pdf, page 2")
    assert (found["1B"].status, found["1B"].source) == ("passed", "a.pdf, page 1 (1)")


def test_a_figure_belongs_to_the_problem_that_it_stands_in(tmp_path, tools):
    page = [(0.9, "Problem 1A"), (0.5, "picture"), (0.3, "Problem 1B"), (0.2, "None.")]
    assert judged(written(tmp_path / "a.pdf", page), tools)["1B"].status == "failed"


def test_a_link_behind_words_is_read(tmp_path):
    text = read_document(written(tmp_path / "a.pdf", [(0.9, f"my notebook|{COLAB}"), (0.8, "more")]), "a.pdf")
    assert text.split("\n")[0].split() == ["my", "notebook", f"<{COLAB}>"]


UNREADABLE = {
    "broken": (b"%PDF-1.4 broken", "is no readable PDF"),
    "empty": (b"", "is no readable PDF"),
    "encrypted": (ENCRYPTED, "is encrypted"),
}


@pytest.mark.parametrize(("content", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_can_not_be_read_is_left_to_a_person_and_says_why(content, said, tmp_path, tools):
    (tmp_path / "report.pdf").write_bytes(content)
    with pytest.raises(SubmissionError, match=said):
        read_document(tmp_path / "report.pdf", "report.pdf")
    found = judged(tmp_path / "report.pdf", tools)
    assert [(check.status, said in check.message) for check in found.values()] == [("manual", True)] * 2


def test_a_scan_without_text_is_left_to_a_person(tmp_path, tools):
    found = judged(written(tmp_path / "scan.pdf", [(0.5, "picture")]), tools)
    assert [(c.status, "holds no text, only pictures" in c.message) for c in found.values()] == [("manual", True)] * 2


def test_fifty_megabytes_of_markdown_are_left_to_a_person(tmp_path, tools):
    (tmp_path / "report.md").write_bytes(b"# Problem 1A\n608\n" * 3_200_000)
    check = judged(tmp_path / "report.md", tools)["1A"]
    assert check.status == "manual"
    assert check.message.startswith("report.md ")


@pytest.mark.parametrize(
    ("report", "status"),
    [
        ("# Problem 1A\nThe number is 608.\n\nThe number is 600.", "manual"),
        ("# Problem 1A\n608\n# Problem 1B\n# Problem 1A\n600", "manual"),
        ("# Problem 1A\nabout 600", "failed"),
        ("# Problem 1A\n9**9**9**9", "manual"),
        ("# Problem 1A\nNaN", "manual"),
        ("# Problem 1A\n164, 608, 64", "manual"),
        ("# Problem 1A\n1608", "failed"),
    ],
)
def test_an_unclear_answer_is_never_passed(report, status, tmp_path, tools):
    (tmp_path / "report.md").write_text(report)
    assert judged(tmp_path / "report.md", tools)["1A"].status == status


@pytest.mark.kernel
def test_pages_lie_beside_the_record_for_whoever_reads_them(tmp_path, tools):
    submission = tmp_path / "class" / "ada"
    submission.mkdir(parents=True)
    written(submission / "my report.pdf", [(0.9, "Problem 1A"), (0.8, "some parameters")], [(0.9, "more")])
    (submission / "broken.pdf").write_bytes(b"%PDF-1.4\nnothing")
    grade_class(tmp_path / "class", RUBRIC, tmp_path / "out", tools, Options(retrain=False))
    pages = sorted((tmp_path / "out" / "ada" / "pages").iterdir())
    assert [page.name for page in pages] == ["my_report-1.png", "my_report-2.png"]
    with Image.open(pages[0]) as picture:
        assert picture.width == 1000 and len(picture.convert("L").getcolors()) > 1
