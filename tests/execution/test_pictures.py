"""Pages as pictures: in the margin stands where an answer begins, and nothing where that isn't found."""

import base64
import io

import numpy as np
import pytest
from pdfs import text, written
from PIL import Image
from sample_grade import check, grade_of, problem

from grader.core.handin import HandedInFile, Handin, Person
from grader.execution import Mark, find_sandbox, page_pictures, pages
from grader.pictures import made_pictures
from grader.tools import Tools

pytestmark = pytest.mark.kernel
INK = (11, 92, 148)


def pages_of(tmp_path, marks, *pages, **how):
    (tmp_path / "a.pdf").write_bytes(written(*pages, **how))
    made = dict(page_pictures(tmp_path / "a.pdf", find_sandbox(), marks))
    return {number: np.array(Image.open(io.BytesIO(picture))) for number, picture in made.items()}


def marked(page):
    """The lines of pixels in which the margin is marked, as a share of the page's height: first and last."""
    rows = np.flatnonzero((page[:, 0] == INK).all(axis=1))
    return (rows[0] / len(page), rows[-1] / len(page)) if len(rows) else None


PAGE = [text(72, 700, "Problem 1A"), text(72, 396, "The gradient vanishes, since all is zero.")]


@pytest.mark.parametrize("size", [(612, 792), (300, 792), (612, 5000)])
def test_a_mark_stands_beside_the_words(tmp_path, size):
    pages = pages_of(tmp_path, {2: [Mark("1A", "The gradient vanishes")]}, PAGE, PAGE, size=size)
    assert marked(pages[1]) is None
    top, bottom = marked(pages[2])
    middle = 1 - 400 / size[1]
    assert top < middle < bottom and bottom - top < 40 / size[1]


NOWHERE = {
    "other words": ("What is not there", {}),
    "a page that lies on its side": ("The gradient vanishes", {"rotate": 90}),
    "no words": ("", {}),
}


@pytest.mark.parametrize("name", NOWHERE)
def test_what_is_not_found_is_not_marked_and_the_page_is_there(tmp_path, name):
    words, how = NOWHERE[name]
    pages = pages_of(tmp_path, {1: [Mark("1A", words)], 7: [Mark("1B", "x")]}, PAGE, **how)
    assert len(pages) == 1 and marked(pages[1]) is None and (pages[1] < 128).any()


def test_any_label_and_any_number_of_marks_is_drawn(tmp_path):
    marks = [Mark("1Ä 李 \u202e" * 20, "The gradient"), *(Mark(f"{n}", "Problem") for n in range(300))]
    assert marked(pages_of(tmp_path, {1: marks}, PAGE)[1]) is not None


@pytest.mark.parametrize("found", [(-900, 0, 5), (900, 0, 5), (0, -5, 5), (0, 5, 900), (0, 5, 5)])
def test_what_a_process_says_that_is_the_files_own_costs_no_picture(found):
    colours = base64.b64encode(bytes([255] * 300)).decode()
    drawn = pages._Drawn(width=10, height=10, colours=colours, found=(found,) * 10_000)
    picture = pages._as_png(drawn, [Mark("1A", "words")])
    assert marked(np.array(Image.open(io.BytesIO(picture)))) is None


def test_each_problem_is_marked_where_its_answer_begins(tmp_path):
    (tmp_path / "a.pdf").write_bytes(written(PAGE))
    words = check("why", "manual", 4, observed="The gradient vanishes, since all is\nzero.", source="a.pdf, page 1")
    other = check("count", "failed", 2, observed="61", source="b.pdf, page 1")
    grade = grade_of(problem("1A", "Words", words, words), problem("1B", "More", other))
    files = (HandedInFile(path=tmp_path / "a.pdf", name="a.pdf"),)
    handin = Handin(key="ada", people=(Person(name="Ada"),), files=files)
    (picture,) = made_pictures(handin, grade, Tools(sandbox=find_sandbox())).values()
    assert marked(np.array(Image.open(io.BytesIO(picture)))) is not None
