"""Rubric items: in a rubric's file, offered to who grades, and written back where people made others."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sample_grade import check, grade_of, problem
from stored_class import provenance
from typer.testing import CliRunner

from grader.cli import app
from grader.core.decision import Item
from grader.core.errors import RubricError
from grader.core.outcome import RubricItem, SubmissionInfo
from grader.core.stored import RunStart
from grader.review.state import Review
from grader.rubric import available_rubrics, load_rubric
from grader.rubric.edition import edition_text, student_edition
from grader.rubric.items import keep_items
from grader.rubric.load import find_rubric
from grader.store import Decisions, Results, Store

NOW = datetime(2026, 3, 1, tzinfo=UTC)
QUIZ = """\
id: quiz
title: Quiz   # of week three
problems:
  - id: 1A
    title: Words
    points: 6
    checks:
      # read by a person
      - type: manual
        name: why
        points: 4
        note: 'Wants the zero gradient'
      - {type: manual, name: how, points: 2}   # short
"""


def item(text="no gradient: it's “gone”", points=-1.0, check="why", problem="1A", version=1, **more):
    about = {"id": f"{problem} {check} {text}", "problem": problem, "check": check, "by": "Kim", "at": NOW}
    return Item(**about | {"text": text, "points": points, "version": version} | more)


@pytest.fixture
def quiz(tmp_path):
    path = tmp_path / "quiz.yaml"
    path.write_text(QUIZ)
    return path


def items_of(path, name):
    return [
        (i.text, i.points) for p in load_rubric(path).problems for c in p.checks if c.title == name for i in c.items
    ]


def test_items_are_written_and_the_rest_of_the_file_stays(quiz):
    kept = keep_items(quiz, [item(), item("half of it", -0.5), item("right", 1, "how")])
    assert kept == {("1A", "why"): 2, ("1A", "how"): 1}
    assert items_of(quiz, "why") == [("no gradient: it's “gone”", -1), ("half of it", -0.5)]
    assert items_of(quiz, "how") == [("right", 1)]
    lines = quiz.read_text().splitlines()
    for line in QUIZ.splitlines()[:-1]:
        assert line in lines
    assert lines[-1].endswith("# short")


def test_what_people_removed_leaves_the_file_and_what_nobody_touched_stays(quiz):
    keep_items(quiz, [item(), item("right", 1, "how")])
    assert keep_items(quiz, [item(removed=True, version=2), item("of another", problem="9Z")]) == {("1A", "why"): 0}
    assert items_of(quiz, "why") == [] and items_of(quiz, "how") == [("right", 1)]
    once = quiz.read_text()
    assert keep_items(quiz, []) == {} and quiz.read_text() == once


@pytest.mark.parametrize("name", available_rubrics())
def test_every_rubric_takes_items_and_says_the_same_besides(name, tmp_path):
    path = tmp_path / f"{name}.yaml"
    path.write_bytes(find_rubric(name).read_bytes())
    before = load_rubric(path)
    made = [
        item(points=-c.points / 2, check=c.title, problem=p.id) for p in before.problems for c in p.checks if c.points
    ]
    keep_items(path, made)
    after = load_rubric(path)
    assert [p.points for p in after.problems] == [p.points for p in before.problems]
    comments = [line.strip() for line in find_rubric(name).read_text().splitlines() if line.strip().startswith("#")]
    assert set(comments) <= {line.strip() for line in path.read_text().splitlines()}


def test_a_check_that_stands_for_two_is_not_written_for_both(tmp_path):
    path = tmp_path / "twice.yaml"
    path.write_text(
        "id: twice\ntitle: Twice\nproblems:\n"
        "  - {id: 1A, title: A, points: 1, checks: [&same {type: manual, points: 1}]}\n"
        "  - {id: 1B, title: B, points: 1, checks: [*same]}\n"
    )
    before = path.read_bytes()
    with pytest.raises(RubricError, match="changing more"):
        keep_items(path, [item(check="manual")])
    assert path.read_bytes() == before


def test_a_rubric_of_ours_is_not_written():
    name = available_rubrics()[0]
    with pytest.raises(RubricError, match="comes with the grader"):
        keep_items(name, [])


WRONG = {
    "both signs": ("[{text: a, points: 1}, {text: b, points: -1}]", "all give points, or all take some"),
    "too much": ("[{text: a, points: -5}]", "more than the 4 points"),
    "no text": ('[{text: "", points: -1}]', "text"),
    "no points": ("[{text: a}]", "points"),
    "not a number": ("[{text: a, points: .nan}]", "points"),
}


@pytest.mark.parametrize("name", WRONG)
def test_items_that_do_not_fit_are_refused_with_their_line(quiz, name):
    items, why = WRONG[name]
    quiz.write_text(QUIZ.replace("        points: 4\n", f"        points: 4\n        items: {items}\n"))
    with pytest.raises(RubricError, match=why) as refused:
        load_rubric(quiz)
    assert "quiz.yaml:" in str(refused.value)


def test_students_get_no_items(quiz):
    keep_items(quiz, [item(), item("right", 1, "how")])
    text = edition_text(student_edition(load_rubric(quiz)))
    assert "items" not in text and "gradient" not in text


@pytest.fixture
def reviewed(tmp_path):
    """A class whose rubric had items."""
    items = (RubricItem(text="no gradient", points=-1), RubricItem(text="no sum", points=-2))
    with Store.open(tmp_path) as store:
        run = store.begin_run(RunStart())
        made = grade_of(
            problem("1A", "Words", check("why", "manual", 4, items=items)), submission=SubmissionInfo(id="ada")
        )
        store.save_grade(run, "ada", provenance(submission="ada"), made)
        yield store


def test_a_rubrics_items_are_offered_once_and_what_people_make_of_them_stays(reviewed, tmp_path):
    for _ in range(2):
        Review(reviewed, Results(tmp_path), lambda keys: None).bring_up_to_date()
        known = Decisions(reviewed).items()
        assert [(i.text, i.points, i.by) for i in known.values()] == [
            ("no gradient", -1, "the rubric"),
            ("no sum", -2, "the rubric"),
        ]
    first = next(iter(known.values()))
    Decisions(reviewed).save_item(first.model_copy(update={"removed": True, "version": 2, "by": "Kim"}))
    review = Review(reviewed, Results(tmp_path), lambda keys: None)
    review.bring_up_to_date()
    assert [i.removed for i in review.newest.items.values()].count(True) == 1 and len(review.newest.items) == 2


def test_the_command_writes_what_a_class_made(reviewed, tmp_path, quiz):
    Review(reviewed, Results(tmp_path), lambda keys: None).bring_up_to_date()
    done = CliRunner().invoke(app, ["rubric", "items", str(quiz), str(tmp_path)])
    assert done.exit_code == 0 and "1A, why: 2 items" in done.output
    assert items_of(quiz, "why") == [("no gradient", -1), ("no sum", -2)]
    assert Path(quiz).read_text().count("items:") == 1
