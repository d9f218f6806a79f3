"""What people decide is kept in versions, nobody overwrites another, and a grade shows it where it still applies."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sample_grade import check, grade_of, problem

from grader.core.decision import Assignment, Decision, Item, Place, Request, points_of
from grader.core.errors import Conflict
from grader.core.outcome import SubmissionInfo
from grader.decided import with_decisions
from grader.store import Decisions, Store

WHEN = datetime(2026, 3, 1, tzinfo=UTC)
PLACES = [Place(key=key, problem="1A", check=name) for key in ("ada", "a%a", "ü\\u", "") for name in ("why", "“how”\n")]


def decision(place, version=1, **given):
    fields = {"submission": "files", "max_score": 4.0, "by": "Kim", "at": WHEN + timedelta(hours=version)}
    return Decision(place=place, version=version, **{**fields, **given})


def item(id, points, version=1, check="why", **given):
    said = {"by": "Kim", "at": WHEN, "version": version}
    return Item(id=id, problem="1A", check=check, text=f"item {id}", points=points, **said, **given)


def test_the_newest_holds_and_all_stay(where):
    with Store.open(where) as store:
        said = Decisions(store)
        for place in PLACES:
            said.decide(decision(place, points=1))
            said.decide(decision(place, 2, points=2, comment="\x00 ‏ $x$"))
        assert said.decisions() == {place: decision(place, 2, points=2, comment="\x00 ‏ $x$") for place in PLACES}
        assert set(said.decisions("ada")) == {place for place in PLACES if place.key == "ada"}
        assert said.decisions("ad") == {}
        assert [each.points for each in said.history(PLACES[0])] == [1, 2]
        until = WHEN + timedelta(hours=1)
        assert {each.points for each in said.decisions(until=until).values()} == {1}
        assert said.decision(Place(key="ada", problem="1A", check="other")) is None
        said.save_item(item("a", -1))
        said.save_item(item("a", -2, 2))
        assert said.items()["a"].points == -2
        said.save_assignment(Assignment(grader="Kim", problems=("1A",), by="head", at=WHEN, version=1))
        assert said.assignments()["Kim"].problems == ("1A",)
        said.save_request(Request(id="r", place=PLACES[0], text="please", by="ada", at=WHEN, version=1))
        assert said.requests()["r"].state == "open"
    with Store.open(where) as store:
        assert len(Decisions(store).decisions()) == len(PLACES)


@pytest.mark.parametrize("version", [1, 3])
def test_who_did_not_see_the_newest_is_refused_and_shown_it(where, version):
    with Store.open(where) as store:
        said = Decisions(store)
        said.decide(decision(PLACES[0], points=1))
        with pytest.raises(Conflict) as refused:
            said.decide(decision(PLACES[1], points=2), decision(PLACES[0], version, points=3))
        assert refused.value.newest == decision(PLACES[0], points=1)
        assert PLACES[1] not in said.decisions()  # all of them or none


def test_of_many_at_once_one_is_first(where):
    with Store.open(where) as store:
        said, kept, refused = Decisions(store), [], []

        def decide(number):
            try:
                said.decide(decision(PLACES[0], points=number))
                kept.append(number)
            except Conflict:
                refused.append(number)

        threads = [threading.Thread(target=decide, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(kept), len(refused)) == (1, 3)
        assert said.decision(PLACES[0]).points == kept[0]


ITEMS = {
    one.id: one for one in (item("a", -1), item("b", -2.5), item("gone", -3, removed=True), item("c", 9, check="x"))
}
UP = {one.id: one for one in (item("a", 2), item("b", 1), item("much", 9), item("less", -0.5))}
# items of the check, what is decided, the points of 4
POINTS = {
    "nothing": (ITEMS, {}, None),
    "points": (ITEMS, {"points": 1.5}, 1.5),
    "more than there are": (ITEMS, {"points": 7}, 4),
    "less than none": (ITEMS, {"points": -7}, 0),
    "taken off": (ITEMS, {"items": ("a",)}, 3),
    "all taken off": (ITEMS, {"items": ("a", "b", "a", "b")}, 0),
    "a removed one": (ITEMS, {"items": ("gone",)}, None),
    "beside a removed one": (ITEMS, {"items": ("gone", "a")}, 3),
    "one that is unknown": (ITEMS, {"items": ("?",)}, None),
    "points before items": (ITEMS, {"points": 2, "items": ("a",)}, 2),
    "added up": (UP, {"items": ("a", "b")}, 3),
    "added up and taken off": (UP, {"items": ("a", "less")}, 1.5),
    "added up to too much": (UP, {"items": ("a", "much")}, 4),
    "taken off nothing": (UP, {"items": ("less",)}, 0),
}


@pytest.mark.parametrize("name", POINTS)
def test_points_follow_from_what_was_decided(name):
    items, given, points = POINTS[name]
    assert points_of(decision(PLACES[0], **given), items) == points


def graded():
    checks = (
        check("why", "manual", 4),
        check("count", "failed", 2),
        check("net", "error", 3),
        check("sum", "passed", 1),
    )
    return grade_of(problem("1A", "Words", *checks), submission=SubmissionInfo(id="ada", files=("a",)))


def decided(*given):
    """The grade with these decisions: (name of the check, what is decided of it)."""
    places = {name: Place(key="ada", problem="1A", check=name) for name, _ in given}
    said = {places[name]: decision(places[name], **fields) for name, fields in given}
    return with_decisions(graded(), "files", said, ITEMS)


def test_a_grade_shows_what_people_gave_beside_what_the_machine_found():
    found = decided(
        ("why", {"items": ("a",), "comment": "Nearly."}),
        ("count", {"points": 2, "max_score": 2, "reason": "He means 60."}),
        ("net", {"points": 0, "max_score": 3}),
    )
    checks = {each.name: each for each in found.problems[0].checks}
    assert {name: (each.status, each.score) for name, each in checks.items()} == {
        "why": ("partial", 3), "count": ("passed", 2), "net": ("failed", 0), "sum": ("passed", 1),
    }  # fmt: skip
    assert (found.score, found.manual_points, found.error_points) == (6, 0, 0)
    assert (found.problems[0].score, found.problems[0].manual_points) == (6, 0)
    assert [each.text for each in checks["why"].given.items] == ["item a"]
    assert (checks["count"].given.machine_status, checks["count"].given.machine_score) == ("failed", 0)
    assert checks["sum"].given is None
    assert found.to_confirm == ()


# What was decided, of other files or another check: nothing of it is taken, and a person is asked.
STALE = {
    "other files": ("why", {"points": 4, "submission": "other"}),
    "a check worth something else": ("why", {"points": 4, "max_score": 5}),
    "a check that is gone": ("gone", {"points": 4}),
}


@pytest.mark.parametrize("name", STALE)
def test_what_was_decided_of_something_else_waits_to_be_confirmed(name):
    found, before = decided(STALE[name]), graded()
    assert (found.score, found.manual_points, found.problems) == (before.score, before.manual_points, before.problems)
    assert len(found.to_confirm) == 1 and "Kim" in found.to_confirm[0]


def test_a_comment_or_a_flag_decides_nothing():
    found, before = decided(("why", {"comment": "See me.", "flagged": True})), graded()
    assert (found.score, found.manual_points, found.to_confirm) == (before.score, before.manual_points, ())
    shown = found.problems[0].checks[0]
    assert (shown.status, shown.given.comment) == ("manual", "See me.")
