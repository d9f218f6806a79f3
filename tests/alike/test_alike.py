"""Which pairs of a class are found alike, by what, and where; what a hostile hand-in can't do."""

import random
from datetime import UTC, datetime

import corpus
import pytest
from disguises import DISGUISES
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.alike import Network, Piece, Work, alike
from grader.core.handin import Person
from grader.report import _alike

NOTEBOOKS = (
    "trainer_class",
    "keras_pipeline",
    "early_stopping",
    "residual_additions",
    "random_slices",
    "schedules_in_a_row",
    "mixed_precision",
    "pandas_for_curves",
    "one_cycle_per_batch",
    "factory_of_networks",
    "lazy_layers",
    "squared_error_of_one_hot",
    "training_timed",
    "gradients_scaled_by_hand_then_clipped",
)


def cells_of(name):
    text = (corpus.FOLDER / f"{name}.md").read_text()
    return [match[3] for match in corpus._BLOCK.finditer(text) if match[1] == "python"]


def work(key, cells=(), **more):
    code = tuple(Piece(file="hw.ipynb", cell=n, text=text) for n, text in enumerate(cells, 1))
    return Work(key=key, **{"people": (Person(name=key, id=key),), "code": code} | more)


def text(words):
    return (Piece(file="report.md", text=words),)


def keys(found):
    return {frozenset(pair.keys) for pair in found.pairs}


CLASS = [work(name, cells_of(name)) for name in NOTEBOOKS]
PROSE = """The network overfits after the third epoch, which one sees since the validation loss rises again while the
training loss still falls; a dropout of one half before the last layer removes most of it, and costs some accuracy."""
STARTER = cells_of("colab_notebook") + cells_of("average_of_weights_evaluated")


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("name", ["trainer_class", "keras_pipeline", "schedules_in_a_row"])
def test_a_copy_is_found_whatever_it_is_made_to_look_like(name, disguise):
    copied = work("copy", DISGUISES[disguise](cells_of(name)))
    assert {name, "copy"} in keys(alike([*CLASS, copied]))


def test_renaming_changes_nothing():
    cells = cells_of("schedules_in_a_row")
    plain, other = (DISGUISES[name](cells) for name in ("reformatted", "renamed"))
    (pair,) = alike([work("one", plain), work("other", other)]).pairs
    assert pair.strength == 1.0


def test_where_the_cells_begin_changes_nothing():
    cells = DISGUISES["reformatted"](cells_of("trainer_class"))
    (pair,) = alike([work("one", cells), work("other", DISGUISES["split"](cells))]).pairs
    assert pair.strength == 1.0


@settings(deadline=None, max_examples=10)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_class_does_not_matter(draw):
    cells = cells_of("lazy_layers")
    class_ = [*CLASS, work("copy", cells), work("again", DISGUISES["renamed"](cells))]
    shuffled = draw.sample(class_, len(class_))
    assert alike(shuffled) == alike(class_)


def test_others_in_the_class_take_no_pair_away():
    two = [work("one", cells_of("trainer_class")), work("other", cells_of("trainer_class"))]
    others = [w for w in CLASS if w.key != "trainer_class"]
    for count in range(len(others)):
        assert {"one", "other"} in keys(alike([*two, *others[:count]]))


def test_both_sides_and_where_it_stands_are_told():
    cells = cells_of("trainer_class")
    (pair,) = alike([work("a", cells), work("b", ["# mine\n\n" + cell for cell in cells])]).pairs
    passage = pair.shares[0].longest[0]
    one, other = passage.spans
    assert (one.cell, one.to_cell, one.first + 2, one.last + 2) == (other.cell, other.to_cell, other.first, other.last)
    assert cells[one.cell - 1].split("\n")[one.first - 1] == passage.excerpts[1].split("\n")[0]
    assert passage.tokens > 20


def test_the_handout_is_nobodys_own():
    two = [work(key, STARTER) for key in "ab"]
    assert alike(two).pairs
    assert not alike(two, handout=[Work(key="handout", code=two[0].code)]).pairs
    assert not alike([work(k, texts=text(PROSE)) for k in "ab"], [Work(key="handout", texts=text(PROSE))]).pairs


def test_what_a_third_of_a_class_shares_is_nobodys_own_and_that_is_said():
    found = alike([work(w.key, [*STARTER, *(piece.text for piece in w.code)]) for w in CLASS])
    assert not found.pairs
    assert any("left out" in said for said in found.said)


def test_three_are_one_group():
    found = alike([*CLASS, *(work(key, cells_of("trainer_class")) for key in ("x", "y"))])
    assert [set(group.keys) for group in found.groups] == [{"trainer_class", "x", "y"}]


FACTS = {
    "a text but for case and spaces": ({"texts": text(PROSE)}, {"texts": text(PROSE.upper().replace(",", " ;"))}, True),
    "a text in Chinese": ({"texts": text("网络在第三个周期之后过拟合因为验证损失再次上升" * 2)},) * 2 + (True,),
    "a short answer": ({"texts": text("It has 608 parameters.")},) * 2 + (False,),
    "a file": ({"files": {"a.pdf": "d1"}}, {"files": {"b.pdf": "d1"}}, True),
    "a log": ({"logs": ((0.91, 0.52, 0.31),)},) * 2 + (True,),
    "a log of one number": ({"logs": ((0.1, 0.1, 0.1),)},) * 2 + (False,),
    "a network of one accuracy": ({"networks": (Network(digest="d", accuracies=(0.9762,)),)},) * 2 + (True,),
    "a network of two accuracies": (
        {"networks": (Network(digest="d", accuracies=(0.9762,)),)},
        {"networks": (Network(digest="d", accuracies=(0.9763,)),)},
        False,
    ),
    "one wrong answer": ({"wrong": {"1A": "617"}},) * 2 + (False,),
    "three wrong answers": ({"wrong": {"1A": "617", "1B": "9", "2": "x"}},) * 2 + (True,),
    "nothing": ({}, {}, False),
}


@pytest.mark.parametrize("case", FACTS)
def test_what_else_makes_a_pair(case):
    one, other, is_pair = FACTS[case]
    assert bool(alike([work("a", **one), work("b", **other)]).pairs) is is_pair


PEOPLE = {
    "two people": (Person(name="Ada", id="1"), Person(name="Bo", id="2"), True),
    "one person under two addresses": (Person(id="1", email="a@x.org"), Person(id="1", email="a@y.org"), False),
    "one person by the address": (Person(name="Ada", email="A@x.org"), Person(name="A.", email="a@x.org "), False),
    "a name that two have": (Person(name="Anna Müller"), Person(name="Anna Müller"), True),
    "a name that two have, with their ids": (Person(name="Anna", id="1"), Person(name="Anna", id="2"), True),
    "a name in two spellings": (Person(name="Anna Müller"), Person(name="ANNA  Mu\u0308ller"), True),
    "a name, with an id of one": (Person(name="Anna", id="1"), Person(name="Anna"), True),
    "a name, with numbers of two kinds": (Person(name="Anna", id="1"), Person(name="Anna", user="7"), True),
    "a name of two addresses": (Person(name="Anna", email="a@x.org"), Person(name="Anna", email="b@x.org"), True),
}
MAY_BE_ONE = {
    "a name that two have",
    "a name in two spellings",
    "a name, with an id of one",
    "a name, with numbers of two kinds",
}


@pytest.mark.parametrize("case", PEOPLE)
def test_nobody_is_paired_with_themselves(case):
    one, other, is_pair = PEOPLE[case]
    cells = cells_of("trainer_class")
    found = alike([work("a", cells, people=(one,)), work("b", cells, people=(other,))])
    assert bool(found.pairs) is is_pair
    doubtful = [pair for pair in found.pairs if any("whether it is one person" in said for said in pair.remarks)]
    assert bool(doubtful) is (case in MAY_BE_ONE)


def test_members_of_a_group_are_no_pair():
    ada, bo = Person(name="Ada", id="1"), Person(name="Bo", id="2")
    cells = cells_of("trainer_class")
    assert not alike([work("a", cells, people=(ada,)), work("b", cells, people=(bo, ada))]).pairs


def test_the_latest_attempt_counts():
    ada, day = (Person(name="Ada", id="1"),), lambda n: datetime(2024, 1, n, tzinfo=UTC)
    early = work("a1", cells_of("trainer_class"), people=ada, at=day(1), attempt=1)
    late = work("a2", cells_of("lazy_layers"), people=ada, at=day(2), attempt=2)
    found = alike([late, early, work("b", cells_of("trainer_class"))])
    assert not found.pairs
    assert found.compared == 2
    assert "1 earlier attempt is left out." in found.said


LINE = "x = model(x)\n"
HOSTILE = {
    "identical lines": [LINE * 100_000],
    "thousands of cells": [LINE] * 10_000,
    "megabytes of brackets": ["(" * 5_000_000],
    "megabytes of quotes": ["'\"" * 2_500_000],
    "open triple quotes": ['"""\\' * 500_000],
    "dots": [("a." * 2_000 + "\n") * 1_000],
    "half characters": ["\ud800 = '\udfff'\n" * 50],
    "no lines": ["\r" * 100_000],
    "nothing": [""],
    "at random": ["".join(random.Random(1).choices("abc.=()[]'\"\n \\{}#\u202e\x00", k=300_000))],
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_hand_in_hides_no_pair(case):
    two = [work(key, cells_of("trainer_class")) for key in "ab"]
    hostile = [work(key, HOSTILE[case], texts=text(HOSTILE[case][0])) for key in ("x", "<script>")]
    found = alike([*two, *hostile])
    assert {"a", "b"} in keys(found)
    assert "<script>" not in _alike.page(found)
    _alike.record(found)


def test_what_is_cut_short_or_empty_is_said():
    found = alike([work("long", [LINE * 100_000]), work("empty")])
    assert any("long" in said and "first" in said for said in found.said)
    assert "Nothing of these can be compared: empty." in found.said


def test_an_empty_class():
    assert alike([]).pairs == ()


def test_the_page_says_whom_it_is_for():
    found = alike([work("a", cells_of("trainer_class")), work("b [red]", cells_of("trainer_class"))])
    assert "no verdict" in _alike.page(found)
    assert _alike.table(found).row_count == 1
