"""Several people on one class: heads, assignments, second opinions and requests to look again."""

import re

import pytest
from review_client import Client, an_item, newest, seen, versions
from reviewed_class import TOKENS

from grader.core.decision import Place
from grader.core.errors import SubmissionError
from grader.review.access import Access
from grader.review.app import application
from grader.review.people import drawn, read_requests
from grader.store import Decisions

WHY = {"problem": "1A", "check": "why"}


@pytest.fixture
def with_head(review):
    """(the head grader, another one)."""
    app = application(review, Access(TOKENS, ["testserver"], secure=False, heads=["Kim"]))
    return Client(app), Client(app, "token-of-lee")


def assignment(client, **given):
    return client.send("/office/assign", {"grader": "Lee", "version": 0} | given)


def test_whoever_has_sections_sees_those_first_and_nobody_is_kept_from_others(with_head, review):
    kim, lee = with_head
    assert assignment(kim, sections="1").status_code == 200
    page = lee.http.get("/question/0", params={"by": "each"}).text
    assert "Group 1 of 15" in page and all(int(key[1:]) % 2 for key in versions(page))
    assert "Group 1 of 30" in lee.http.get("/question/0", params={"by": "each", "whose": "all"}).text
    assert "Group 1 of 30" in kim.http.get("/question/0", params={"by": "each"}).text
    assert "s00" in versions(lee.http.get("/question/0", params={"by": "each", "key": "s00"}).text)
    assert lee.decide({"s00": 0}, points=1).status_code == 200
    assert "Sections: 0, 1" in kim.http.get("/people").text and "1 decided" in kim.http.get("/people").text


def test_questions_of_others_stand_behind(with_head):
    kim, lee = with_head
    assert assignment(kim, problems="1A").status_code == 200
    assert "others" not in lee.http.get("/").text
    refused = assignment(kim, problems="1A, 9Z", version=1)
    assert refused.status_code == 422 and "no problems 9Z" in refused.json()["said"] and "1A" in refused.json()["said"]
    assert "Lee" in kim.http.get("/").text


def test_only_heads_say_who_grades_what_and_nobody_overwrites_that(with_head):
    kim, lee = with_head
    assert assignment(lee, problems="1A").status_code == 422
    assert assignment(kim, problems="1A").status_code == 200
    assert assignment(kim, problems="").status_code == 409
    assert assignment(kim, problems="", version=1).status_code == 200


@pytest.fixture
def twice(review):
    review.twice = 1.0
    app = application(review, Access(TOKENS, ["testserver"], secure=False))
    return Client(app), Client(app, "token-of-lee")


def test_a_second_person_grades_without_what_the_first_one_gave(twice, review):
    kim, lee = twice
    kim.decide({"s00": 0, "s01": 0}, points=3, comment="Nearly.")
    kim.decide({"s02": 0}, points=4)
    assert "3 to grade as the second" in lee.http.get("/").text
    assert "as the second" not in kim.http.get("/").text  # their own
    page = lee.http.get("/question/0?see=twice").text
    (key,) = versions(page)
    assert "Nearly." not in page and "Student" not in page and 'id="given">–<' in page
    opinion = seen({key: 0})
    assert lee.send("/question/0/second", opinion | {"points": 2.5}).status_code == 200
    assert lee.send("/question/0/second", seen({"s02": 0}) | {"points": 4}).status_code == 200
    assert newest(review, key).points == 3 and newest(review, key).by == "Kim"
    assert review.told.count(key) == 1  # nobody's result has changed by an opinion
    page = lee.http.get("/").text
    assert "two agree on 1 of 2, 0.25 points apart" in page and "1 to grade as the second" in page
    assert lee.send("/question/0/second", opinion | {"points": 1}).status_code == 409  # of a page that is older


REFUSED = {
    "one's own": ("kim", {"points": 1}, "has not decided it"),
    "no points": ("lee", {}, "Give points"),
    "too many": ("lee", {"points": 9}, "between 0 and 4"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_second_opinion_is_refused(name, twice):
    kim, lee = twice
    kim.decide({"s00": 0}, points=3)
    who, given, said = REFUSED[name]
    answer = {"kim": kim, "lee": lee}[who].send("/question/0/second", seen({"s00": 0}) | given)
    assert answer.status_code == 422 and said in answer.json()["said"]


def test_a_share_is_drawn_evenly_and_grows_without_changing():
    places = [Place(key=f"s{number}", **WHY) for number in range(2_000)]
    few, more = ({p for p in places if drawn(p, share)} for share in (0.1, 0.3))
    assert few < more and 150 < len(few) < 250 and 500 < len(more) < 700
    assert not any(drawn(place, 0.0) for place in places) and all(drawn(place, 1.0) for place in places)


def test_a_request_opens_the_answer_with_its_history_and_is_answered(with_head, review):
    kim, lee = with_head
    lee.decide({"s00": 0}, points=1)
    lee.decide({"s00": 1}, points=2, comment="Look at your bias.")
    asked = {"key": "s00", **WHY, "text": "My answer <b>says</b> so."}
    assert lee.send("/office/request", asked).status_code == 200
    page = kim.http.get("/requests").text
    assert "My answer &lt;b&gt;says&lt;/b&gt; so." in page
    address = re.search('href="(/question/0[^"]*key=s00)"', page)[1].replace("&amp;", "&")
    answer = kim.http.get(address).text
    assert "A request to look again:" in answer and "Look at your bias." in answer
    assert "Lee: 1" in answer and "Lee: 2" in answer
    (request,) = Decisions(review.store).requests().values()
    closing = {"id": request.id, "version": 1, "state": "declined"}
    assert lee.send("/office/close", closing | {"answer": "No."}).status_code == 422  # no head
    assert "Say why" in kim.send("/office/close", closing).json()["said"]
    assert kim.send("/office/close", closing | {"answer": "It does not."}).status_code == 200
    assert kim.send("/office/close", closing | {"answer": "It does."}).status_code == 409
    assert "1 open" not in kim.http.get("/").text
    assert "A request to look again:" not in kim.http.get(address).text


def test_a_request_about_no_answer_is_refused(with_head):
    kim, _ = with_head
    for wrong in ({"key": "nobody"}, {"check": "else"}, {"text": ""}):
        assert kim.send("/office/request", {"key": "s00", **WHY, "text": "Why?"} | wrong).status_code == 422
    assert kim.send("/office/close", {"id": "x", "version": 1, "state": "granted"}).status_code == 422
    assert kim.send("/office/else", {}).status_code == 404


def test_requests_are_read_from_a_table_once(review, tmp_path):
    table = tmp_path / "requests.csv"
    table.write_text('\ufeffwho,problem,check,text\ns01@example.org,1A,why,"Please, again"\ns02,1A,count,61?\n')
    questions = review.asked.questions
    assert read_requests(review.store, questions, table, "Kim") == "2 of 2 requests are new"
    assert read_requests(review.store, questions, table, "Kim") == "0 of 2 requests are new"
    found = {(r.place.key, r.place.check, r.text) for r in Decisions(review.store).requests().values()}
    assert found == {("s01", "why", "Please, again"), ("s02", "count", "61?")}


@pytest.mark.parametrize(
    ("row", "said"),
    {
        "nobody@example.org,1A,why,x": "line 2: There is no answer of “nobody@example.org”",
        "s01,1A,,x": "no answer of “s01” to 1A",  # two checks, and none is named
        "s01,1A,why,": "line 2: it says nothing",
    }.items(),
)
def test_a_row_that_can_not_be_understood_is_named(row, said, review, tmp_path):
    table = tmp_path / "requests.csv"
    table.write_text(f"who,problem,check,text\n{row}\n")
    with pytest.raises(SubmissionError, match=re.escape(said)):
        read_requests(review.store, review.asked.questions, table, "Kim")


def test_an_item_is_offered_to_the_second_person_too(twice, review):
    kim, lee = twice
    kim.send("/question/0/item", an_item(text="no reason", points=-1))
    (item,) = Decisions(review.store).items().values()
    kim.decide({"s00": 0}, items=[item.id])
    assert lee.send("/question/0/second", seen({"s00": 0}) | {"items": [item.id]}).status_code == 200
    assert "two agree on 1 of 1, 0 points apart" in lee.http.get("/").text
