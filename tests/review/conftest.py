"""A class under review: thirty people, with answers that a person reads beside what the machine judged."""

import pytest
from reviewed_class import SAID, STEERS, TOKENS, grade
from stored_class import provenance

from grader.core.handin import HandedIn, Handin, Person
from grader.core.standing import ClassStandings, Standing
from grader.core.stored import RunStart
from grader.review.access import Access
from grader.review.app import application
from grader.review.state import Review
from grader.standings import with_points
from grader.store import Results, Store


def person(key, name):
    """One of two sections."""
    return Person(name=name, email=f"{key}@example.org", section=f"{int(key[1:]) % 2}")


@pytest.fixture
def review(tmp_path):
    """The class, and what was told of changed results."""
    people = {
        f"s{number:02}": (f"Student {number} {STEERS if number == 3 else ''}", SAID[number % 5]) for number in range(30)
    }
    with Store.open(tmp_path) as store:
        run = store.begin_run(RunStart())
        handins = tuple(Handin(key=key, people=(person(key, name),)) for key, (name, _) in people.items())
        store.save_handed_in(run, HandedIn(layout="plain", handins=handins))
        standings = []
        for key, (name, said) in people.items():
            made = grade(key, said)
            store.save_grade(run, key, provenance(submission=key), made)
            standing = Standing(person=Person(name=name), key=key, state="waiting", max_points=made.max_score)
            standings.append(with_points(standing, made))
        results = Results(tmp_path)
        results.save_class("", ClassStandings(rubric="r", title="Homework", run=run, standings=tuple(standings)))
        changed = []
        made = Review(store, results, changed.extend, f"Homework {STEERS}")
        made.asked.bring_up_to_date()
        made.told = changed
        yield made


@pytest.fixture
def app(review):
    return application(review, Access(TOKENS, ["testserver"], secure=False))
