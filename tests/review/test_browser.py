"""A grader's whole way in a real browser, by the keyboard alone; scripts of students do nothing there."""

import csv
import socket
import threading
import time
from contextlib import closing, contextmanager

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from browser import CHROMIUM
from playwright.sync_api import sync_playwright
from reviewed_class import TOKENS
from sample_grade import check, grade_of, mlp, problem, reached
from stored_class import provenance

from grader.core.outcome import NetworkResult, SubmissionInfo
from grader.review.access import Access
from grader.review.app import application
from grader.review.publisher import Publisher
from grader.review.state import Review
from grader.store import Decisions

pytestmark = pytest.mark.kernel


@contextmanager
def served(review):
    """Where the application is served to a browser; results are written before it ends."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        closing(Publisher(review.store, review.results, print)) as by,
    ):
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        made = Review(review.store, review.results, by.changed, review.title)
        app = application(made, Access(TOKENS, [host], secure=False))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://{host}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def browsing(address, *tokens, **settings):
    """A page for each of these, opened with a token."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        pages = []
        for token in tokens:
            pages.append(browser.new_context(**settings).new_page())
            pages[-1].goto(f"{address}/?token={token}")
        yield pages
        browser.close()


def press(page, *keys):
    """Press keys, or write words, each when the page is there."""
    for key in keys:
        page.wait_for_load_state("networkidle")
        page.keyboard.press(key) if len(key) == 1 or key in ("Enter", "Escape", "Tab", "Control+Enter") else (
            page.keyboard.type(key)
        )


def waits_for(true, seconds=20):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def test_a_class_is_graded_by_the_keyboard_alone_and_its_gradebook_follows(review, tmp_path):
    with served(review) as address, browsing(address, "token-of-kim") as (page,):
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        press(page, "j", "Enter")
        page.wait_for_url("**/question/0*")
        press(page, "n")
        page.keyboard.type("no reason given")
        page.keyboard.press("Tab")
        page.keyboard.type("-1.5")
        page.keyboard.press("Enter")
        page.wait_for_selector("button.item")
        press(page, "1")
        page.wait_for_selector("button.item[aria-pressed=true]")
        assert page.inner_text("#given") == "2.5"
        press(page, "c", "See *me*.", "Control+Enter")
        page.wait_for_url(lambda url: "key=" not in url)
        for _ in range(10):
            page.wait_for_load_state("networkidle")
            if not page.query_selector("#decision"):
                break
            press(page, "f")
            page.wait_for_url("**key=*")
            assert page.inner_text("#given") == "4"
            press(page, "Enter")
            page.wait_for_url(lambda url: "key=" not in url)
        assert "Nothing is left here" in page.inner_text("main")
        assert page.title() != "mine"
        assert said == []
        newest = Decisions(review.store).decisions()
        assert len(newest) == 30
    rows = list(csv.DictReader((tmp_path / "gradebook.csv").read_text("utf-8-sig").splitlines()))
    assert sorted({row["state"] for row in rows}) == ["graded"]
    assert sorted(row["score"] for row in rows) == ["2.5"] * 12 + ["4"] * 18
    assert "no reason given" in (tmp_path / "s00" / "feedback.html").read_text()
    assert "See <em>me</em>." in (tmp_path / "s00" / "feedback.html").read_text()
    assert (tmp_path / "class.html").is_file()


def test_a_wording_among_near_ones_is_left_out_by_the_keyboard(review):
    with served(review) as address, browsing(address, "token-of-kim") as (page,):
        page.goto(f"{address}/question/0")
        press(page, "w")
        page.wait_for_selector("input.with")
        last = page.locator("input.with").last
        left_out = last.get_attribute("data-keys").split()
        last.focus()
        page.keyboard.press("Space")
        press(page, "f")
        page.wait_for_url("**key=*")
        decided = {place.key for place in Decisions(review.store).decisions()}
        assert decided and decided.isdisjoint(left_out)
        assert Axe().run(page).response["violations"] == []


def test_words_that_are_not_kept_outlive_the_page_and_earlier_comments_are_found(review):
    with served(review) as address, browsing(address, "token-of-kim") as (page,):
        page.goto(f"{address}/question/0?see=all")
        press(page, "c", "Say *why* it vanishes.")
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
        page.goto(f"{address}/question/1?see=all")
        press(page, "c")
        page.keyboard.type("vanishes say")
        assert page.locator("button.before:visible").all_inner_texts() == ["Say *why* it vanishes."]
        page.keyboard.type(" never")
        assert page.locator("button.before:visible").count() == 0
        page.goto(f"{address}/")
        page.goto(f"{address}/question/1?see=all")
        assert page.input_value("#comment") == "vanishes say never"
        assert "isn't kept yet" in page.inner_text("#said")
        page.fill("#comment", "vanishes")
        page.locator("button.before").first.click()
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
        page.goto(f"{address}/question/1?see=all&by=each&at=0")
        assert {d.comment for d in Decisions(review.store).decisions().values()} == {"Say *why* it vanishes."}
        assert "Say <em>why</em> it vanishes." in page.content()
        assert page.locator("#said").is_hidden()


def test_two_graders_on_one_answer_see_each_other_and_nothing_is_lost(review):
    with served(review) as address, browsing(address, "token-of-kim", "token-of-lee") as (kim, lee):
        for page in (kim, lee):
            page.goto(f"{address}/question/0")
        press(kim, "f")
        kim.wait_for_url("**key=*")
        press(lee, "c", "Mine.", "Control+Enter")
        lee.wait_for_selector("#said:not([hidden])")
        assert "Kim decided 4 points meanwhile" in lee.inner_text("#said")
        assert lee.input_value("#comment") == "Mine."
        assert {d.by for d in Decisions(review.store).decisions().values()} == {"Kim"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_from_the_pages(review, scheme):
    with (
        served(review) as address,
        browsing(
            address,
            "token-of-kim",
            color_scheme=scheme,
            bypass_csp=True,  # axe is itself a script
        ) as (page,),
    ):
        page.goto(f"{address}/requests")
        page.fill("[name=key]", "s03")
        page.fill("[name=text]", "Why *this*?")
        with page.expect_navigation():
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
        page.goto(f"{address}/people")
        page.fill("[name=sections] >> nth=1", "1")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        said = Decisions(review.store)
        assert [asked.text for asked in said.requests().values()] == ["Why *this*?"]
        assert {name: given.sections for name, given in said.assignments().items()} == {"Lee": ("1",)}
        for path in ("/", "/question/0", "/question/1?see=all", "/requests", "/people"):
            page.goto(address + path)
            found = Axe().run(page).response["violations"]
            assert [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found] == []
        assert page.title() != "mine"


def test_what_was_written_stays_where_the_application_is_gone(review):
    with browsing_of(review) as page:
        page.keyboard.type("p")
        page.keyboard.type("3")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("#said:not([hidden])")
        assert "can't be reached" in page.inner_text("#said")
        assert page.input_value("#points") == "3"


@contextmanager
def browsing_of(review):
    """A page whose application has ended since it was opened."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        with served(review) as address:
            page.goto(f"{address}/question/0?token=token-of-kim")
            page.wait_for_load_state("networkidle")
        yield page
        browser.close()


def test_the_network_that_answers_is_chosen_by_the_keyboard(review):
    may = (mlp("a.ipynb", 16), mlp("b.ipynb", 24))
    trained = NetworkResult(model=may[0], retraining=reached())
    net = check("net", "manual", 2, message="Two notebooks may answer this.")
    made = grade_of(
        problem("1B", "A network", net, candidates=may, networks=(trained,)),
        submission=SubmissionInfo(id="s00", files=("a.ipynb",)),
    )
    review.store.save_grade(1, "s00", provenance(submission="s00"), made)
    with served(review) as address, browsing(address, "token-of-kim", color_scheme="dark") as (page,):
        page.goto(f"{address}/question/0?key=s00&by=each")
        chosen = page.get_by_role("button", name="This one answers it").nth(1)
        chosen.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Kim said that model of b.ipynb")
        page.wait_for_selector("#again >> text=It is kept")  # nobody knows the command that graded this class
        found = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
    (held,) = Decisions(review.store).rulings("s00")
    assert held.settled.network == may[1].name
