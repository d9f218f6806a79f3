"""What goes wrong under an open page is said in clear words, and nothing that was kept is lost."""

import random
import re
import sqlite3
import time
from contextlib import closing, suppress
from datetime import UTC, datetime

import httpx2 as httpx
import pytest
from class_commands import grader, kill_group, started, until
from review_client import WHY, Client, newest, seen
from reviewed_class import TOKENS, grade
from stored_class import provenance

from grader.core.decision import Item
from grader.core.stored import RunStart
from grader.review.access import CSRF_HEADER, Access
from grader.review.app import application
from grader.store import Decisions, Store

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def kim(app):
    return Client(app)


def test_a_database_that_another_process_locks_is_named_and_the_same_click_is_kept_later(review, tmp_path):
    with Store.open(tmp_path, wait=0.2) as store:
        review.store = store
        kim = Client(application(review, Access(TOKENS, ["testserver"], secure=False)))
        with closing(sqlite3.connect(tmp_path / "grades.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            refused = kim.decide({"s00": 0}, points=3)
            assert refused.status_code == 503 and "locked" in refused.json()["said"]
            other.execute("ROLLBACK")
        assert kim.decide({"s00": 0}, points=3).status_code == 200
        assert newest(review, "s00").points == 3


def test_two_browsers_of_one_grader_overwrite_nothing(app, review):
    one, other = Client(app), Client(app)
    assert one.decide({"s00": 0}, points=3).status_code == 200
    late = other.decide({"s00": 0}, points=1)
    assert late.status_code == 409 and "Kim decided 3 points" in late.json()["said"]
    assert newest(review, "s00").points == 3


def test_an_answer_that_was_handed_in_anew_under_an_open_page_gets_no_points(kim, review):
    run = review.store.begin_run(RunStart())
    review.store.save_grade(run, "s00", provenance(submission="newer files"), grade("s00", "Another answer."))
    review.bring_up_to_date()
    late = kim.decide({"s00": 0}, points=3)
    assert late.status_code == 422 and "handed in anew" in late.json()["said"]
    assert newest(review, "s00") is None


def test_what_is_more_than_a_page_sends_is_refused_whole(kim, review):
    for size, code in ((19_000, 200), (21_000, 422), (2_000_000, 413)):
        sent = kim.send("/question/0/decide", seen({"s01": 0}) | {"points": 1, "comment": "x" * size})
        assert sent.status_code == code, sent.text[:200]
    assert len(newest(review, "s01").comment) == 19_000


def test_an_answer_of_two_megabytes_is_shown_to_the_end_that_is_read_and_graded(kim, review):
    run = review.store.begin_run(RunStart())
    long = "word $x$ <b> " * 160_000
    review.store.save_grade(run, "s02", provenance(submission="s02"), grade("s02", long))
    review.bring_up_to_date()
    page = kim.http.get("/question/0", params={"key": "s02", "by": "each"}).text
    assert "word" in page and "<b> word" not in page and len(page) < 3_000_000
    assert kim.decide({"s02": 0}, points=4).status_code == 200


def test_a_question_of_thousands_of_items_is_shown_and_graded(kim, review):
    items = [
        Item(id=f"i{n}", problem="1A", check="why", text=f"item {n}", points=-0.01, by="Kim", at=NOW, version=1)
        for n in range(10_000)
    ]
    review.said._say([("", item.id, item) for item in items])  # all at once: nobody makes them so
    review.bring_up_to_date()
    page = kim.http.get("/question/0").text
    assert page.count('class="item"') == 10_000
    assert kim.decide({"s03": 0}, items=["i7", "i9999"]).status_code == 200
    assert newest(review, "s03").items == ("i7", "i9999")


def page_of(address, client):
    """The words that only the application's own pages know."""
    return re.search('data-csrf="([0-9a-f]+)"', client.get(f"{address}/").text)[1]


@pytest.mark.kernel
@pytest.mark.parametrize("draw", range(3))
def test_who_is_killed_while_saving_loses_nothing_that_was_said_to_be_kept(review, tmp_path, draw):
    after = random.Random(draw).uniform(0.05, 1.5)
    log = tmp_path / "log"
    kept = []
    with started("review", tmp_path, "--grader", "Kim", log=log) as process:
        assert until(lambda: re.search(r"http://\S+", log.read_text()), process), log.read_text()
        opened = re.search(r"http://\S+", log.read_text())[0]
        address = opened.partition("/?")[0]
        with httpx.Client(follow_redirects=True, timeout=5) as client:
            client.get(opened)
            headers = {CSRF_HEADER: page_of(address, client), "Origin": address}
            ending = time.monotonic() + after
            with suppress(httpx.HTTPError):
                for n in range(10_000):
                    key = f"s{n % 30:02}"
                    what = {**WHY, "versions": {key: n // 30}, "submissions": {key: key}, "points": n % 5}
                    if time.monotonic() > ending:
                        kill_group(process)
                    sent = client.post(f"{address}/question/0/decide", json=what, headers=headers)
                    assert sent.status_code == 200, sent.text
                    kept.append((key, n % 5))
    with Store.open(tmp_path) as store:
        newest_of = {place.key: decision for place, decision in Decisions(store).decisions().items()}
    found = {key: (decision.version, decision.points) for key, decision in newest_of.items()}
    told = {}
    for key, points in kept:
        told[key] = told.get(key, (0, 0))[0] + 1, points
    assert kept and all(found[key] == said or found[key][0] == said[0] + 1 for key, said in told.items())
    code, _ = grader("manual", tmp_path, "--write", tmp_path / "table.csv")  # the class is whole after it
    assert code == 0
