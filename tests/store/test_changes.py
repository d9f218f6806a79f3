"""`grader diff`: whose points changed, in which check, from what to what, and why."""

import json
from datetime import UTC, datetime

import pytest
from sample_grade import check, grade_of, problem
from stored_class import grade, provenance
from typer.testing import CliRunner

from grader.cli import app
from grader.core.decision import Decision, Place
from grader.core.handin import HandedIn, Handin, Person
from grader.core.stored import RunStart
from grader.store import Decisions, Store
from grader.store.changes import changes

BEFORE, AFTER = grade(8, message="61 is wrong"), grade(9, message="60 is right")
FAILED = grade(0, lost=0, error=10)
SET = {"seeds": 5}

# What is saved in two runs, with the runs' own facts, and the reasons that are given.
WHY = {
    "the submission": ({}, {}, {"submission": "x"}, {}, ["the submission changed"]),
    "the rubric": ({}, {}, {"rubric": "x"}, {}, ["the rubric changed"]),
    "the data": ({}, {}, {"data": "x"}, {}, ["the data changed"]),
    "the grader": ({}, {"grader": "1"}, {"grader": "x"}, {"grader": "2"}, ["the grader changed (grader 1 → 2)"]),
    "its code": ({}, {}, {"grader": "x"}, {}, ["the grader changed"]),
    "torch": ({}, {"torch": "2.4"}, {"grader": "x"}, {"torch": "2.5"}, ["the grader changed (torch 2.4 → 2.5)"]),
    "settings": (
        {},
        {"settings": SET | {"device": "cpu"}},
        {"settings": "x"},
        {"settings": {"seeds": 9, "device": "cpu", "fresh": True}},
        ["settings changed (seeds 5 → 9, fresh none → True)"],
    ),
    "the salt": (
        {},
        {"salt": "a"},
        {"settings": "x"},
        {"salt": "b"},
        ["settings changed (another salt, which gives other seeds)"],
    ),
    "several": ({}, {}, {"submission": "x", "rubric": "x"}, {}, ["the submission changed", "the rubric changed"]),
    "nothing": ({}, {"settings": SET}, {}, {"settings": SET}, ["the same inputs gave another result"]),
}


@pytest.mark.parametrize(("old", "began", "new", "later", "reasons"), WHY.values(), ids=WHY)
def test_the_reasons_follow_from_what_a_result_depends_on(where, old, began, new, later, reasons):
    with Store.open(where) as store:
        for facts, digests, given in ((began, old, BEFORE), (later, new, AFTER)):
            store.save_grade(store.begin_run(RunStart(**facts)), "ada", provenance(**digests), given)
        found = changes(store, *store.runs())
    (change,) = found.changed
    assert list(change.reasons) == reasons
    assert (change.key, change.before, change.after) == ("ada", (8, 10, 0, 0), (9, 11, 0, 0))
    (said,) = change.checks
    assert (said.problem, said.check, said.before.message, said.after.message) == (
        "1A",
        "right",
        "61 is wrong",
        "60 is right",
    )
    assert found.unchanged == 0 and not found.kept


def checked(*checks):
    return grade_of(problem("1A", "Counting", *checks))


# The checks of two grades, and which are told of: (name, earned before, earned after), None where there is none.
CHECKS = {
    "points": ([check("a", points=2)], [check("a", "failed", 2)], [("a", 2, 0)]),
    "a person decided": ([check("a", "manual", 2)], [check("a", "failed", 2)], [("a", 0, 0)]),
    "the machine failed": ([check("a", "error", 2)], [check("a", "failed", 2)], [("a", 0, 0)]),
    "words alone": ([check("a")], [check("a", message="other")], []),
    "lost in another way": ([check("a", "failed")], [check("a", "skipped")], []),
    "worth more": ([check("a", "failed", 2)], [check("a", "failed", 3)], [("a", 0, 0)]),
    "one more": ([check("a")], [check("a"), check("b", points=1)], [("b", None, 1)]),
    "one less": ([check("a"), check("b", points=1)], [check("a")], [("b", 1, None)]),
    "two of a name": ([check("a"), check("a", "failed")], [check("a"), check("a")], [("a", 0, 2)]),
    "points that are moved": (
        [check("a"), check("b", "failed")],
        [check("a", "failed"), check("b")],
        [("a", 2, 0), ("b", 0, 2)],
    ),
    "rounding": ([check("a", "partial", 1, 0.1 + 0.2)], [check("a", "partial", 1, 0.3)], []),
}


@pytest.mark.parametrize(("before", "after", "told"), CHECKS.values(), ids=CHECKS)
def test_checks_whose_points_changed_are_told(where, before, after, told):
    with Store.open(where) as store:
        for number, checks in enumerate((before, after)):
            store.save_grade(store.begin_run(RunStart()), "ada", provenance(rubric=str(number)), checked(*checks))
        found = changes(store, *store.runs())
    points = [
        (c.check, c.before and c.before.points.earned, c.after and c.after.points.earned)
        for d in found.changed
        for c in d.checks
    ]
    assert points == told
    assert len(found.changed) + found.unchanged == 1


@pytest.fixture
def out(tmp_path):
    """Three runs: the second one graded Cleo anew, came upon Dan and failed on Ada, the third did nothing."""
    people = {"ada": "Ada [red] Lovelace", "ben": "", "cleo": "Cléo\u202e", "dan": "王小明"}
    handins = tuple(Handin(key=key, people=(Person(name=name, id=key),)) for key, name in people.items())
    with Store.open(tmp_path) as store:
        first = store.begin_run(RunStart(command="grader grade class -r set4", grader="0.1.0"))
        for key in ("ada", "ben", "cleo"):
            store.save_grade(first, key, provenance(submission=key), grade(8, key=key))
        store.end_run(first, "finished")
        second = store.begin_run(RunStart(command="grader grade class -r set4", grader="0.1.0"))
        store.save_handed_in(second, HandedIn(layout="folders", handins=handins))
        store.save_grade(second, "ada", provenance(submission="ada"), FAILED)
        store.save_grade(second, "cleo", provenance(submission="late"), grade(6, manual=2, key="cleo"))
        store.save_grade(second, "dan", provenance(submission="dan"), grade(5))
        store.begin_run(RunStart())
    return tmp_path


def diff(*arguments):
    done = CliRunner().invoke(app, ["diff", *map(str, arguments)], env={"COLUMNS": "160"})
    assert not done.exception or isinstance(done.exception, SystemExit), done.exception
    return done


def test_the_table_names_who_where_and_why(out):
    said = diff(out, "--run", 2, "--run", 1).output
    assert "From run 1" in said and "to run 2" in said and "which did not finish" in said
    for words in (
        "cleo (Cléo)",
        "8/10 → 6/10 (2 to read)",
        "the submission changed.",
        "1A/right: 8/8 → 6/6",
        "1A/essay: new: 0/2 (2 to read)",
        "dan (王小明)",
        "new: 5/7",
        "graded for the first time.",
        "The points of 2 submissions are as they were.",
        "ada: in run 2 the machine failed on it: the result of run 1 stands.",
    ):
        assert words in said, said
    assert "ben" not in said and "\u202e" not in said


def test_without_numbers_the_last_two_are_compared(out):
    assert "Nobody's points changed." in diff(out).output
    assert "From run 2" in diff(out).output
    assert "From run 1" in diff(out, "--run", 1).output and "to run 3" in diff(out, "--run", 1).output


def test_json_holds_all_of_it(out):
    found = json.loads(diff(out, "--run", 1, "--format", "json").output)
    assert [change["key"] for change in found["changed"]] == ["cleo", "dan"]
    assert found["changed"][0]["before"] == [8, 10, 0, 0]
    assert found["unchanged"] == 2 and list(found["kept"]) == ["ada"]


def test_the_runs_are_listed(out):
    said = diff(out, "--list").output
    assert said.count("grader grade class -r set4") == 2 and "finished" in said
    assert [run["number"] for run in json.loads(diff(out, "--list", "--format", "json").output)] == [1, 2, 3]


def test_runs_that_can_not_be_compared(out, tmp_path):
    with Store.open(tmp_path / "fresh") as store:
        store.begin_run(RunStart())
    for arguments, words in (
        ((out, "--run", 9), "there is no run 9"),
        ((out, "--run", 1, "--run", 1), "two different runs"),
        ((out, "--run", 1, "--run", 2, "--run", 3), "two different runs"),
        ((tmp_path / "fresh",), "fewer are there"),
    ):
        done = diff(*arguments)
        assert done.exit_code == 2 and words in " ".join(done.output.split()), done.output


def test_what_people_decided_after_a_run_is_told(where):
    place, earlier = (Place(key=key, problem="1A", check="essay") for key in ("ada", "ben"))
    with Store.open(where) as store:
        for number in (1, 2):
            run = store.begin_run(RunStart())
            for key in ("ada", "ben", "cleo"):
                store.save_grade(run, key, provenance(submission=key), grade(manual=4, key=key))
            if number == 1:
                Decisions(store).decide(essay(earlier, store.runs()[0].started, points=1))
        Decisions(store).decide(essay(place, datetime.now(UTC), points=3))
        Decisions(store).decide(essay(Place(key="cleo", problem="1A", check="essay"), datetime.now(UTC), comment="Hm."))
        found = changes(store, *store.runs())
        (change,) = found.changed
        assert (change.key, change.before, change.after) == ("ada", (8, 14, 4, 0), (11, 14, 0, 0))
        assert any("decided by Kim" in reason for reason in change.reasons)
        assert [(c.check, c.before.status, c.after.status) for c in change.checks] == [("essay", "manual", "partial")]
        assert found.unchanged == 2


def essay(place, at, **given):
    return Decision(place=place, submission=place.key, max_score=4, by="Kim", at=at, version=1, **given)
