"""Grading by question: what is shown, what a click keeps, and what nobody but a grader's own page may do."""

import re

import pytest
from review_client import COUNT, Client, an_item, newest, seen, versions
from reviewed_class import STEERS, TOKENS
from sample_grade import check, grade_of, problem
from starlette.testclient import TestClient
from stored_class import provenance

from grader.checks.manual import Manual
from grader.core.evidence import ProblemEvidence, Section
from grader.core.handin import HandedIn, HandedInFile, Handin, Person
from grader.core.outcome import SubmissionInfo
from grader.core.source import Source
from grader.core.stored import RunStart
from grader.review.access import COOKIE, CSRF_HEADER
from grader.store import Decisions


@pytest.fixture
def kim(app):
    return Client(app)


def test_the_overview_counts_what_is_open_decided_and_judged(kim, review):
    page = kim.http.get("/").text
    cells = [re.findall("<td>([^<]*)</td>", row) for row in re.findall("<tr.*?</tr>", page, re.S)[1:]]
    assert [row[:4] for row in cells] == [["4", "30", "0", "0"], ["2", "0", "0", "30"]]
    kim.decide({"s00": 0, "s01": 0}, points=4)
    kim.send("/question/1/decide", seen({"s02": 0}, COUNT) | {"points": 2, "reason": "A slip.", "flagged": True})
    page = kim.http.get("/").text
    cells = [re.findall("<td>([^<]*)</td>", row) for row in re.findall("<tr.*?</tr>", page, re.S)[1:]]
    assert [row[:4] for row in cells] == [["4", "28", "2", "0"], ["2", "0", "1", "29"]]
    assert "1 flagged" in page


def test_what_was_written_in_markdown_is_shown_so_and_as_it_was_written(kim):
    page = kim.http.get("/question/0", params={"key": "s01", "by": "each"}).text
    assert "<em>activation</em>" in page and "*activation*" in page


def test_what_the_machine_was_to_judge_and_left_open_comes_first(kim, review):
    run = review.store.begin_run(RunStart())
    left = check("net", "manual", 2, type="accuracy", message="Two notebooks may answer this.")
    words = check("words", "manual", 4, type="manual")
    for key, checks in (("s00", (words, left)), ("s01", (words,))):
        made = grade_of(problem("1A", "Zero weights", *checks), submission=SubmissionInfo(id=key, files=("a",)))
        review.store.save_grade(run, key, provenance(submission=key), made)
    page = kim.http.get("/").text
    links = re.findall(r'class="question" href="/question/(\d+)', page)
    assert len(links) == 4 and page.count("the machine left 1 open") == 1
    assert [review.asked.questions[int(number)].check for number in links] == ["net", "why", "words", "count"]


def test_answers_that_say_the_same_are_seen_and_decided_together(kim, review):
    page = kim.http.get("/question/0").text
    group = versions(page)
    assert len(group) == 12 and {key[1:] for key in group} == {f"{n:02}" for n in range(30) if n % 5 < 2}
    assert "Zero activations." in page and "12 answers that say the same" in page
    assert kim.decide(group, points=3, comment="Nearly.").status_code == 200
    assert {newest(review, key).points for key in group} == {3}
    assert sorted(review.told) == sorted(group)
    assert group.keys().isdisjoint(versions(kim.http.get("/question/0").text))  # the next open group
    alone = kim.http.get("/question/0", params={"see": "all", "by": "each"}).text
    assert len(versions(alone)) == 1 and "Group 1 of 30" in alone


def test_near_wordings_are_all_read_and_those_that_are_ticked_decided(kim, review):
    page = kim.http.get("/question/0", params={"by": "near"}).text
    group, boxes = versions(page), re.findall('class="with" checked data-keys="([^"]*)"', page)
    assert sorted(" ".join(boxes).split()) == sorted(group) and len(boxes) == 2 and "in 2 wordings" in page
    assert all(said in page for said in ("every activation is zero", "never vanishes"))
    first = dict.fromkeys(boxes[0].split(), 0)
    assert kim.decide(first, points=3).status_code == 200
    assert set(versions(kim.http.get("/question/0", params={"by": "near"}).text)) == group.keys() - first.keys()


def test_a_group_whose_members_were_decided_otherwise_is_seen_in_parts(kim):
    group = versions(kim.http.get("/question/0").text)
    first, *others = group
    kim.decide({first: 0}, points=1)
    assert set(versions(kim.http.get("/question/0", params={"key": first}).text)) == {first}
    assert set(versions(kim.http.get("/question/0").text)) == set(others)


def test_items_change_for_all_who_have_them(kim, review):
    kim.send("/question/0/item", an_item(text="no reason", points=-1))
    (item,) = Decisions(review.store).items().values()
    kim.decide({"s00": 0, "s01": 0}, items=[item.id])
    review.told.clear()
    kim.send("/question/0/item", an_item(id=item.id, version=1, text="no reason at all", points=-2.5))
    assert sorted(review.told) == ["s00", "s01"]
    page = kim.http.get("/question/0", params={"see": "all", "key": "s00"}).text
    assert "no reason at all" in page and ">1.5</output>" in page
    assert kim.send("/question/0/item", an_item(id=item.id, version=1, text="x", points=0)).status_code == 409
    assert kim.send("/question/1/item", an_item(id=item.id, version=2, text="x", points=0)).status_code == 422
    assert kim.send("/question/0/item", an_item(text="bonus", points=1)).status_code == 422  # would change everyone's


def test_the_last_decision_is_taken_back_and_stays_in_the_history(kim, review):
    kim.decide({"s00": 0}, points=1, comment="One.")
    kim.decide({"s00": 1}, points=2, comment="Two.")
    for version, points in ((2, 1), (3, 2)):  # the second one takes the first one back
        assert kim.send("/question/0/undo", seen({"s00": version})).status_code == 200
        assert newest(review, "s00").points == points
    assert [d.points for d in Decisions(review.store).history(newest(review, "s00").place)] == [1, 2, 1, 2]
    assert kim.send("/question/0/undo", seen({"s01": 0})).status_code == 422


def test_what_was_given_for_other_files_is_neither_lost_nor_given_again(kim, review):
    kim.decide({"s00": 0}, points=4)
    given = newest(review, "s00")
    earlier = given.model_copy(update={"submission": "earlier files", "version": 2})
    Decisions(review.store).decide(earlier)
    assert kim.decide({"s00": 2}, flagged=True).status_code == 422  # it would no longer wait to be confirmed
    assert kim.decide({"s00": 2}, points=1).status_code == 200
    assert kim.send("/question/0/undo", seen({"s00": 3})).status_code == 200
    assert newest(review, "s00").points is None


def test_two_at_once_see_each_other_and_overwrite_nothing(app, kim, review):
    lee = Client(app, "token-of-lee")
    group = versions(kim.http.get("/question/0").text)
    assert kim.decide(group, points=4).status_code == 200
    answer = lee.decide(group, points=0, comment="Mine.")
    assert answer.status_code == 409 and "Kim decided 4 points" in answer.json()["said"]
    assert {newest(review, key).points for key in group} == {4}
    assert {newest(review, key).by for key in group} == {"Kim"}


REFUSED = {
    "too many points": ({"points": 5}, "between 0 and 4"),
    "less than none": ({"points": -1}, "between 0 and 4"),
    "nobody's": ({"versions": {"nobody": 0}, "points": 1}, "load the page again"),
    "no one": ({"versions": {}, "points": 1}, "load the page again"),
    "words": ({"points": "three"}, "can't be kept"),
    "another's files": ({"submissions": {"s00": "earlier files"}}, "handed in anew"),
    "another question": ({"check": "count"}, "another question now"),
    "one that was worth something else": ({"most": 5}, "another question now"),
    "an item that isn't there": ({"items": ["x"]}, "no such item"),
    "something else": ({"else": 1}, "can't be kept"),
    "a long comment": ({"comment": "x" * 30_000}, "can't be kept"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_kept_is_said(kim, review, name):
    what, said = dict(REFUSED[name][0]), REFUSED[name][1]
    given = seen(what.pop("versions", {"s00": 0})) | what
    answer = kim.send("/question/0/decide", given)
    assert answer.status_code == 422 and said in answer.json()["said"]
    assert Decisions(review.store).decisions() == {}


def test_the_machine_is_overruled_with_a_reason_alone(kim, review):
    wish = seen({"s00": 0}, COUNT) | {"points": 2}
    assert "give a reason" in kim.send("/question/1/decide", wish).json()["said"]
    assert kim.send("/question/1/decide", wish | {"reason": "The sketch."}).status_code == 200
    assert newest(review, "s00", "count").reason == "The sketch."


def test_names_are_hidden_from_who_wants_it(app, kim):
    assert "Student 0" in kim.http.get("/question/0").text
    kim.send("/blind", {})
    assert "Student" not in kim.http.get("/question/0").text
    assert "Student 0" in Client(app, "token-of-lee").http.get("/question/0").text


def test_nothing_that_students_wrote_is_markup(kim):
    kim.decide({"s03": 0}, points=1, comment=STEERS, flagged=True)
    for path in ("/", "/question/0?see=all&by=each&key=s03", "/question/0?see=flagged"):
        page = kim.http.get(path).text
        assert STEERS not in page and "<script>" not in page and "<img src=x" not in page
        assert re.findall("<script[^>]*>", page) == ['<script src="/static/review.js" defer>']
    assert "<math" in kim.http.get("/question/0?see=all&by=each&key=s03").text


# Who asks how, and how that is answered.
OUTSIDE = {
    "without a cookie": ({"cookie": None}, 403),
    "with another cookie": ({"cookie": "token-of-ki"}, 403),
    "by another name": ({"Host": "evil.example"}, 421),
    "from another site": ({"Origin": "http://evil.example"}, 403),
    "from nowhere": ({"Origin": None}, 403),
    "without the page's word": ({CSRF_HEADER: None}, 403),
    "with another's word": ({CSRF_HEADER: "0" * 64}, 403),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_who_does_not_come_from_a_graders_own_page_is_refused(kim, review, name):
    headers, code = dict(OUTSIDE[name][0]), OUTSIDE[name][1]
    if "cookie" in headers:
        kim.http.cookies.clear()
        if (other := headers.pop("cookie")) is not None:
            kim.http.cookies.set(COOKIE, other)
        assert kim.http.get("/").status_code == code
        assert kim.http.get("/static/review.js").status_code == code
    answer = kim.send("/question/0/decide", seen({"s00": 0}) | {"points": 1}, **headers)
    assert answer.status_code == code
    assert Decisions(review.store).decisions() == {}


def test_a_token_becomes_a_cookie_that_no_script_and_no_other_site_sees(app):
    http = TestClient(app, follow_redirects=False)
    answer = http.get("/question/0", params={"token": "token-of-kim", "see": "all"})
    assert answer.headers["location"] == "/question/0?see=all"
    assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in answer.headers["set-cookie"].split(";")}
    assert http.get("/", params={"token": "another"}).status_code == 403
    assert set(TOKENS.values()) == {"Kim", "Lee"}


def test_pictures_are_served_by_number_alone(kim, review, tmp_path):
    folder = tmp_path / "s00" / "pages"
    folder.mkdir(parents=True)
    names = ("0002-b.ipynb-cell-3.png", "0000-a.pdf-page-1.png", "0001-a.pdf-page-2.png", "0003-b.ipynb-cell-3.png")
    for number, name in enumerate((*names, "0004-b.ipynb-cell-9.png")):
        (folder / name).write_bytes(f"{number}".encode())
    (folder / "secret.txt").write_text("x")
    (folder / "0001-other.png").write_text("x")
    assert [kim.http.get(f"/picture/s00/{n}").content for n in range(5)] == [b"1", b"2", b"0", b"3", b"4"]
    page = kim.http.get("/question/0?see=all&by=each&key=s00").text
    assert page.count("<img") == 3 + 5 and "All 5 pages and figures" in page
    begins = page.index("the answer begins here")  # in the class's notebooks answers begin in cell 2
    assert "b.ipynb, cell 3" in page[begins - 60 : begins]
    for path in (
        "/picture/s00/5",
        "/picture/../0",
        "/picture/..%2f..%2fetc/0",
        "/picture/nobody/0",
        "/static/x",
        "/question/9",
    ):
        assert kim.http.get(path).status_code == 404


def test_every_answer_holds_browsers_to_what_is_served(kim):
    for path in ("/", "/question/0", "/static/review.css", "/question/99"):
        headers = kim.http.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_what_was_handed_in_is_taken_home_and_shown_by_no_browser(kim, review, tmp_path):
    folder = tmp_path / "class" / "s00"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "page.html").write_text("<script>1</script>")
    (folder / "netz ü.bin").write_bytes(b"\x00\xff")
    (folder / "link").symlink_to("/etc/passwd")
    run = review.store.begin_run(RunStart())
    handin = Handin(key="s00", people=(Person(name="A"),), files=(HandedInFile(path=folder, name=""),))
    review.store.save_handed_in(run, HandedIn(layout="plain", handins=(handin,)))
    page = kim.http.get("/question/0?see=all&by=each&key=s00").text
    names = re.findall('<a href="/file/s00/\\d+">([^<]*)</a>', page)
    assert names == ["netz ü.bin", "sub/page.html"]
    for number, content in enumerate((b"\x00\xff", b"<script>1</script>")):
        answer = kim.http.get(f"/file/s00/{number}")
        assert answer.content == content and answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
    for path in ("/file/s00/2", "/file/nobody/0", "/file/..%2fs00/0", "/file/s01/0"):
        assert kim.http.get(path).status_code == 404


def test_a_long_answer_is_read_to_its_end():
    assert manual_answer("x " * 9_000 + "the end").endswith("the end")
    assert manual_answer("x" * 2_000_000).endswith("… 1,980,000 more characters stand in the file.")


def manual_answer(text):
    """What a person is shown of an answer."""
    section = Section(problem="1A", text=text, source=Source(file="a.md"))
    return Manual(points=1).judge(ProblemEvidence(problem="1A", sections=(section,))).observed
