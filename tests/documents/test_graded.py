"""Documents on their way through a grading: places, figures, and a person where the machine can't read."""

import base64
import io
import json

import nbformat
import pytest
from classes import graded_folder
from pdfs import text, written
from PIL import Image

from grader.core.source import Source
from grader.pictures import beside, pictures_of
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
PICTURE = "q 200 0 0 100 72 500 cm /Im Do Q"
NUMBER = [text(72, 740, "Problem 1A"), text(72, 700, "It has 608 parameters.")]


@pytest.fixture(scope="module")
def tools():
    return tools_for(RUBRIC)


def judged(folder, files, tools):
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    grade = grade_submission(folder, RUBRIC, tools, Options(retrain=False))
    return {problem.id: problem.checks[0] for problem in grade.problems}


def test_an_answer_in_a_pdf_is_judged_with_its_page(tmp_path, tools):
    first = [text(72, 740, "A title"), text(72, 700, "Problem 1B"), PICTURE, text(72, 450, "It shows noise.")]
    found = judged(tmp_path, {"a.pdf": written(first, NUMBER)}, tools)
    assert (found["1A"].status, found["1A"].source) == ("passed", "a.pdf, page 2")
    assert (found["1B"].status, found["1B"].source) == ("passed", "a.pdf, page 1 (1)")


def test_a_figure_belongs_to_the_problem_that_it_stands_in(tmp_path, tools):
    page = [text(72, 740, "Problem 1A"), PICTURE, text(72, 450, "Problem 1B"), text(72, 400, "There is none.")]
    assert judged(tmp_path, {"a.pdf": written(page)}, tools)["1B"].status == "failed"


# name: (a file, what is said of it)
UNREADABLE = {
    "a broken PDF": ("report.pdf", b"%PDF-1.4 broken", "is no readable PDF"),
    "a scan": ("report.pdf", written(["q 612 0 0 792 0 0 cm /Im Do Q"]), "holds no text, only pictures"),
    "a huge text": ("report.md", b"# Problem 1A\n608\n" * 3_200_000, "report.md holds more than"),
}


@pytest.mark.parametrize(("file", "content", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_can_not_be_read_is_left_to_a_person_and_says_why(file, content, said, tmp_path, tools):
    found = judged(tmp_path, {file: content}, tools)
    assert [(check.status, said in check.message) for check in found.values()] == [("manual", True)] * 2


UNCLEAR = {
    "# Problem 1A\nThe number is 608.\n\nThe number is 600.": "manual",
    "# Problem 1A\n608\n# Problem 1B\n# Problem 1A\n600": "manual",
    "# Problem 1A\nabout 600": "failed",
    "# Problem 1A\n9**9**9**9": "manual",
    "# Problem 1A\nNaN": "manual",
    "# Problem 1A\n164, 608, 64": "manual",
    "# Problem 1A\n1608": "failed",
}


@pytest.mark.parametrize(("report", "status"), UNCLEAR.items())
def test_an_unclear_answer_is_never_passed(report, status, tmp_path, tools):
    assert judged(tmp_path, {"report.md": report}, tools)["1A"].status == status


def png(colour, mode="RGB"):
    """A picture in base64, as a notebook holds it."""
    made = io.BytesIO()
    Image.new(mode, (2000, 300), colour).save(made, "PNG")
    return base64.b64encode(made.getvalue()).decode()


def test_figures_of_notebooks_lie_beside_the_record_by_their_cells(tmp_path, tools):
    submission = tmp_path / "class" / "ada"
    submission.mkdir(parents=True)
    plot, damaged = png((10, 20, 30)), "aGVsbG8="
    clear = png((0, 0, 0, 0), "RGBA")
    outputs = [nbformat.v4.new_output("display_data", data={"image/png": data}) for data in (plot, damaged, [clear])]
    outputs.insert(0, nbformat.v4.new_output("stream", text="loss 0.1"))
    cells = [nbformat.v4.new_markdown_cell("# Problem 1A\n\nSee the plot."), nbformat.v4.new_code_cell("plot()")]
    cells[1]["outputs"] = outputs
    (submission / "my work.ipynb").write_text(json.dumps(nbformat.v4.new_notebook(cells=cells)))
    graded_folder(tmp_path / "class", RUBRIC, tmp_path / "out", tools, Options(retrain=False))
    found = pictures_of(tmp_path / "out" / "ada")
    assert [str(picture) for picture in found] == ["my_work.ipynb, cell 2"] * 2
    looks = []
    for made in found:
        with Image.open(made.path) as picture:
            looks.append((picture.getpixel((5, 5)), picture.width))
    assert looks == [((10, 20, 30), 1000), ((255, 255, 255), 1000)]
    assert beside(found, Source.of("my work.ipynb, cell 1")) == 0
    assert beside(found, Source.of("my work.ipynb, cell 3")) is None
    assert beside(found, Source.of("another.ipynb, cell 1")) is None


def test_pages_lie_beside_the_record_for_whoever_reads_them(tmp_path, tools):
    submission = tmp_path / "class" / "ada"
    submission.mkdir(parents=True)
    (submission / "my report.pdf").write_bytes(written([text(72, 740, "Problem 1A"), text(72, 700, "some")], NUMBER))
    (submission / "broken.pdf").write_bytes(b"%PDF-1.4\nnothing")
    graded_folder(tmp_path / "class", RUBRIC, tmp_path / "out", tools, Options(retrain=False))
    pages = sorted((tmp_path / "out" / "ada" / "pages").iterdir())
    assert [page.name for page in pages] == [f"000{n}-my_report.pdf-page-{n + 1}.png" for n in range(2)]
    with Image.open(pages[0]) as picture:
        assert picture.width == 1000 and len(picture.convert("L").getcolors()) > 1
