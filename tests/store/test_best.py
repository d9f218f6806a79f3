"""Nothing better known is replaced by something worse known, whatever is saved in whatever order."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored_class import grade, provenance

from grader.core.handin import HandedIn, Handin, Person
from grader.core.stored import Provenance, RunStart
from grader.store import Store

JUDGED = {"earned": 8.0}
WAITS = {"earned": 6.0, "manual": 2.0}
PART = {"earned": 6.0, "error": 2.0}
MORE_FAILED = {"earned": 1.0, "error": 7.0}
NOTHING = {"earned": 0.0, "lost": 0.0, "error": 10.0}

# Results of one hand-in, in the order in which they were saved, and the place of the one that holds.
ORDERS = {
    "the later of two that are complete": ([JUDGED, WAITS], 1),
    "a failure on all hides nothing": ([JUDGED, NOTHING], 0),
    "a failure on part hides nothing": ([JUDGED, PART], 0),
    "fewer points failed on, found first": ([PART, MORE_FAILED], 0),
    "fewer points failed on, found later": ([MORE_FAILED, PART], 1),
    "a failure is made up for": ([NOTHING, JUDGED], 1),
    "the later of two failures": ([NOTHING, NOTHING], 1),
    "without time": ([JUDGED, WAITS | {"cut": "time"}], 0),
    "with more time": ([WAITS | {"cut": "time"}, JUDGED], 1),
    "without time, and nothing was missed": ([JUDGED, JUDGED | {"cut": "time"}], 0),
    "without training": ([JUDGED, WAITS | {"cut": "settings"}], 0),
    "hardly any time against few failures": ([PART, {"earned": 0.0, "manual": 8.0, "cut": "time"}], 0),
    "many failures against nearly enough time": ([MORE_FAILED, WAITS | {"cut": "time"}], 1),
    "a failure on a new submission starts anew": ([JUDGED, NOTHING | {"submission": "new"}], 1),
    "a failure by a new rubric starts anew": ([JUDGED, NOTHING | {"rubric": "new"}], 1),
    "back to the rubric before": ([JUDGED, JUDGED | {"rubric": "new"}, NOTHING], 0),
    "other data, grader or settings don't": ([JUDGED, NOTHING | {"data": "x", "grader": "x", "settings": "x"}], 0),
}


@pytest.mark.parametrize(("saved", "holds"), ORDERS.values(), ids=ORDERS)
def test_the_best_known_holds(where, saved, holds):
    with Store.open(where) as store:
        for number, each in enumerate(saved):
            save(store, "ada", number, each)
        assert store.current()["ada"].grade.title == str(holds)
        digests = store.current()["ada"].provenance.asked
        assert store.best("ada", *digests).grade.title == str(holds)
        assert store.best("ben", *digests) is None


def save(store, key, number, each):
    """In a run of its own; the title says which it was."""
    points = {name: value for name, value in each.items() if name in ("earned", "lost", "manual", "error")}
    digests = {name: value for name, value in each.items() if name in Provenance.model_fields}
    numbered = grade(**points).model_copy(update={"title": str(number)})
    store.save_grade(store.begin_run(RunStart()), key, provenance(**digests), numbered, cut=each.get("cut", ""))


EARLIER = {
    "by the earlier rubric": ([JUDGED, NOTHING | {"rubric": "new"}], "0"),
    "of the earlier submission": ([JUDGED, JUDGED | {"submission": "new"}], "0"),
    "the best known of these": ([JUDGED, NOTHING, JUDGED | {"rubric": "new"}], "0"),
    "the last of several rubrics": ([JUDGED, PART | {"rubric": "second"}, NOTHING | {"rubric": "third"}], "1"),
    "nothing was judged before": ([NOTHING, JUDGED | {"rubric": "new"}], None),
    "nothing was there before": ([JUDGED, JUDGED], None),
}


@pytest.mark.parametrize(("saved", "earlier"), EARLIER.values(), ids=EARLIER)
def test_what_was_judged_before_is_told(where, saved, earlier):
    with Store.open(where) as store:
        for number, each in enumerate(saved):
            save(store, "ada", number, each)
        found = store.current()["ada"].earlier
        assert (found and str(found.run - 1)) == earlier


# Whose a key was in a first run and is in a second one, before anything is graded there.
OWNERS = {
    "the same number, another spelling": (Person(id="7", name="Ada L."), Person(id="7", name="Lovelace, Ada"), True),
    "two of one name": (Person(id="7", name="Kim"), Person(id="8", name="Kim"), False),
    "a roster adds the number": (Person(name="Jürgen Müller"), Person(name="Ju\u0308rgen  MÜLLER", id="7"), True),
    "nothing of both is known": (Person(name="Ada"), Person(user="7"), True),
    "another address": (Person(name="Kim", email="kim@x.org"), Person(name="Kim", email="kim.b@x.org"), False),
    "another name": (Person(name="Ada"), Person(name="Ben"), False),
}


@pytest.mark.parametrize(("before", "now", "same"), OWNERS.values(), ids=OWNERS)
def test_a_key_that_went_to_somebody_else_brings_them_no_points(where, before, now, same):
    with Store.open(where) as store:
        for whose in (before, now):
            run = store.begin_run(RunStart())
            store.save_handed_in(run, HandedIn(layout="folders", handins=(Handin(key="kim", people=(whose,)),)))
            if whose is before:
                store.save_grade(run, "kim", provenance(submission="before"), grade())
        assert ("kim" in store.current()) == same
        assert "kim" in store.current(run - 1)
        store.save_grade(run, "kim", provenance(submission="now"), grade(3))
        assert store.current()["kim"].score == 3
        assert (store.current()["kim"].earlier is not None) == same
        store.save_grade(run, "kim", provenance(submission="before"), grade(0, lost=0, error=10))
        assert store.current()["kim"].score == 8  # the very files that were judged


def test_a_group_that_shares_a_member_is_the_same(where):
    with Store.open(where) as store:
        for names in (("Ada", "Ben"), ("Ben", "Cleo")):
            run = store.begin_run(RunStart())
            people = tuple(Person(name=name) for name in names)
            store.save_handed_in(run, HandedIn(layout="folders", handins=(Handin(key="team", people=people),)))
            if "Ada" in names:
                store.save_grade(run, "team", provenance(), grade())
        assert "team" in store.current()


saves = st.fixed_dictionaries(
    {
        "earned": st.sampled_from([0.0, 0.1, 2.7]),
        "manual": st.sampled_from([0.0, 0.3, 4.0]),
        "error": st.sampled_from([0.0, 0.1, 0.2, 4.0]),
        "cut": st.sampled_from(["", "", "time", "settings"]),
        "submission": st.sampled_from(["s1", "s2"]),
        "rubric": st.sampled_from(["r1", "r2"]),
        "grader": st.sampled_from(["g1", "g2"]),
    }
)


@pytest.fixture(scope="module")
def shared(memory):
    """One store for all examples."""
    with Store.open(memory / "shared") as store:
        yield store


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(saved=st.lists(saves, min_size=1, max_size=7))
def test_no_order_of_saves_replaces_the_better_known(shared, saved):
    """For one hand-in, after each save."""
    store, key = shared, f"student {len(shared.runs())}"
    for number, each in enumerate(saved):
        save(store, key, number, each)
        so_far = saved[: number + 1]
        same = [s for s in so_far if (s["submission"], s["rubric"]) == (each["submission"], each["rubric"])]
        held = store.best(key, each["submission"], each["rubric"])
        kept = so_far[int(held.grade.title)]
        whole = [s for s in same if not s["error"] and not s["cut"]]
        if whole:
            assert kept == whole[-1]  # one that is whole stays, until another one is
        elif not kept["cut"]:
            assert kept["error"] == min(s["error"] for s in same if not s["cut"])
        assert kept in same
        if any(s["earned"] or s["manual"] or s["error"] < 1e-9 for s in same):
            assert held.state != "error"
        assert (held.earlier, store.current()[key].id) == (None, held.id)
