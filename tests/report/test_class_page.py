"""The page of a class: how far it is, what was lost, who needs a look, for any names and answers."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import CHROMIUM, barriers, opened
from made_class import grade, key, made_class, person, standings
from sample_grade import check, convnet, grade_of, problem, sample_grade

from grader.core.evidence import Lane, Retraining
from grader.core.handin import Handin, Person
from grader.core.outcome import Grade, NetworkResult, SubmissionInfo
from grader.core.standing import ClassStandings, Standing
from grader.report import FORMATS
from grader.report.class_page import ClassFacts, add, facts_of, gathered, heads_of, render_class_page
from grader.report.class_page.alike import alike_facts
from grader.report.class_page.drawings import bins
from grader.rubric import load_rubric
from grader.standings import not_yet, standings_of

HOSTILE = (
    "<script>mark = 1</script><img src=x onerror='mark = 1'> \"' onload=1 {{ 7*7 }} {% x %} </style></script>"
    "$\\text{<script>mark=1</script>}$ =1+1 javascript:alert(1) \u202egnp.exe\u2066 \x00 \x1b[31m " + "W" * 300
)


class Tags(HTMLParser):
    """The tags of a page with their attributes, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._inside = ""
        self.own: dict[str, list[str]] = {"style": [], "script": []}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag if tag in self.own else ""
        if self._inside:
            self.own[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.own[self._inside][-1] += data
        else:
            self.words += f"{data} "


def words(text: str) -> str:
    """The words of a page, on one line."""
    return " ".join(Tags(text).words.split())


def class_of(*grades: Grade, names: tuple[str, ...] = ()) -> ClassFacts:
    """The facts of a few grades, handed in by people of these names."""
    rubric = load_rubric("demo")
    found: list[Standing] = []
    for number, each in enumerate(grades):
        name = names[number] if names else f"Person {number}"
        found += standings_of(Handin(key=each.submission.id, people=(Person(name=name),)), each, rubric)
    stand = ClassStandings(rubric="set3", title="Set 3", run=1, standings=tuple(found))
    return gathered(stand, ((each.submission.id, each) for each in grades))


def small(*checks: object, id: str = "ada", **more: object) -> Grade:
    return grade_of(problem("1A", "Counting", *checks), submission=SubmissionInfo(id=id, files=("a.md",)), **more)  # type: ignore[arg-type]


WRONG = {"message": "7840 is not right.", "advice": "The biases count as well."}


# What it says


def test_wrong_answers_stand_by_frequency_with_the_rubrics_mistakes() -> None:
    rare = {"message": "12 is not right."}
    grades = [small(check("Count", "failed", 2, **(rare if n == 3 else WRONG)), id=f"s{n}") for n in range(4)]
    said = words(render_class_page(class_of(*grades, small(check("Count", points=2), id="right"))))
    assert "Count : 4 lost 8 points together" in said
    assert said.index("3 × 7840 is not right. – The biases count as well.") < said.index("1 × 12 is not right.")


def test_it_counts_who_lost_and_who_waits_and_means_those_that_are_judged() -> None:
    three = (
        small(check("a", points=4), id="a"),
        small(check("a", "partial", 4, 1), id="b"),
        small(check("a", "manual", 4, type="manual"), id="c"),
    )
    text = render_class_page(class_of(*three))
    row = re.search(r"<b>1A</b> Counting</th>(.*?)</tr>", text, re.DOTALL)
    assert row
    assert re.findall(r'class="number">([^<]*)<', row[1]) == ["2.5", "4", "2", "1", "1"]


def test_errors_of_the_machine_stand_on_top_and_first_in_the_table() -> None:
    broken = small(check("Net", "error", 4, message="no memory"), id="broken")
    text = render_class_page(class_of(small(check("a"), id="fine"), broken))
    assert text.index("The machine failed on 1 person") < text.index('id="progress"')
    table = text.partition('id="everyone"')[2]
    assert table.index("Person 1") < table.index("Person 0")
    assert "The machine failed" not in render_class_page(class_of(small(check("a"))))


@pytest.mark.parametrize(
    ("checks", "more", "reason"),
    [
        (
            [check("Net", "passed", details={"borderline": True}, message="3 of 5 reach it.")],
            {},
            "A close call: 3 of 5",
        ),
        (
            [check("Net", "manual", type="accuracy", message="Two networks may be meant.")],
            {},
            "Two networks may be meant.",
        ),
        ([check("a")], {"unread": ("scan.pdf is encrypted",)}, "Nobody read scan.pdf is encrypted"),
        ([check("a", "error", message="no memory")], {}, "1A a: no memory"),
    ],
)
def test_who_needs_a_look_and_why(checks: list[object], more: dict[str, object], reason: str) -> None:
    table = render_class_page(class_of(small(*checks, **more))).partition('id="everyone"')[2]
    assert reason in table and 'data-look="1"' in table
    fine = render_class_page(class_of(small(check("a"), check("essay", "manual", type="manual"))))
    assert 'data-look="0"' in fine and 'data-look="1"' not in fine


def test_progress_counts_points_hand_ins_and_people() -> None:
    facts = made_class(40, missing=3)
    said = words(render_class_page(facts))
    waiting = sum(s.waiting for s in facts.standings.standings)
    assert "43 people, 40 hand-ins" in said and "Nothing handed in: 3" in said
    assert f"{waiting:g} wait for a person" in said


def test_a_group_counts_once_and_has_a_row_each() -> None:
    one = small(check("Count", "failed", 2, **WRONG))
    pair = Handin(key="ada", people=(Person(name="Ada"), Person(name="Ben")))
    stand = ClassStandings(rubric="r", title="t", run=1, standings=standings_of(pair, one, load_rubric("demo")))
    said = words(render_class_page(gathered(stand, [("ada", one)])))
    assert "2 people, 1 hand-in." in said and "Count : 1 lost 2 points together" in said


def test_every_training_of_every_network_is_drawn_once() -> None:
    facts = made_class(30)
    text = render_class_page(facts)
    drawn = sum(d.count("h0") for d in re.findall(r'class="reached" d="([^"]*)"', text))
    drawn += sum(d.count("z") for d in re.findall(r'class="missed" d="([^"]*)"', text))
    networks = [n for h in facts.handins.values() for n in h.networks]
    in_sizes = 2 * len(networks)
    assert drawn == sum(len(n.accuracies) for n in networks) + in_sizes


def test_pairs_that_are_alike_are_listed_and_linked() -> None:
    text = render_class_page(made_class(12, alike=True))
    assert 'href="student-0001/feedback.html"' in text.partition('id="alike"')[2]
    assert 'id="alike"' not in render_class_page(made_class(3))
    assert alike_facts(b"no record") is None


def test_points_are_counted_once_each() -> None:
    found = bins([(0, True), (1, False), (10, True), (12, True), (-3, True), (float("nan"), True)], 10)
    assert sum(b.final + b.open for b in found) == 6
    assert found[0].low == 0 and found[-1].low == 10 and found[-1].final == 2
    assert {each.high - each.low for each in found} == {1}
    assert bins([(0.25, True)], 2)[1].final == 1
    assert bins([], 10) == [] and bins([(0, True)], 0) == []


# What it is made of


def test_facts_are_small_and_adding_leaves_what_was_there() -> None:
    before = gathered(standings(iter([])), [])
    after = add(before, key(1), grade(1))
    assert before.handins == {} and list(after.handins) == [key(1)]
    assert len(facts_of(sample_grade()).model_dump_json()) * 8 < len(sample_grade().model_dump_json())


def test_one_grade_is_held_at_a_time() -> None:
    import weakref

    alive: list[weakref.ref[Grade]] = []

    def grades() -> object:
        for number in range(5):
            assert sum(ref() is not None for ref in alive) <= 1
            each = grade(number)
            alive.append(weakref.ref(each))
            yield key(number), each
            del each

    gathered(standings(iter([])), grades())  # type: ignore[arg-type]


def test_what_is_known_before_anything_is_graded_has_a_page() -> None:
    rubric = load_rubric("demo")
    waiting = not_yet(Handin(key="ada", people=(person(1),)), rubric)
    stand = ClassStandings(rubric=rubric.id, title=rubric.title, run=1, standings=waiting)
    text = render_class_page(ClassFacts(standings=stand, problems=heads_of(rubric)))
    assert rubric.problems[0].title in text and "Not graded yet" in text
    empty = ClassFacts(standings=ClassStandings(rubric="", title="", run=1, standings=()))
    assert "0 people" in render_class_page(empty)


def odd(accuracy: float, threshold: float) -> Grade:
    lanes = tuple(Lane(seed=n, accuracy=accuracy, curve=(), seconds=float("nan"), diverged=n == 2) for n in range(3))
    trained = Retraining(dataset="x", threshold=threshold, planned=5, lanes=lanes, verdict="undecided")
    net = NetworkResult(model=convnet("a.ipynb"), retraining=trained)
    return grade_of(
        problem("1A", "A", check("a", points=float("nan")), networks=(net,)), timings={"total": float("inf")}
    )


@pytest.mark.parametrize("accuracy", [0.0, 0.5, 1.0, float("nan"), float("inf"), -1e300, 1e300])
@pytest.mark.parametrize("threshold", [0.5, float("nan"), 1e300])
def test_no_number_breaks_it(accuracy: float, threshold: float) -> None:
    text = render_class_page(class_of(odd(accuracy, threshold)))
    assert not re.search(r'(?:d|x|y|width|height)="[^"]*(?:nan|inf)', text)


# For any names and answers


def hostile_class() -> ClassFacts:
    hostile = check(HOSTILE, "failed", message=HOSTILE, observed=HOSTILE, advice=HOSTILE, source=HOSTILE, note=HOSTILE)
    net = NetworkResult(model=convnet(HOSTILE), retraining=None)
    grades = [
        grade_of(
            problem(HOSTILE[:40], HOSTILE, hostile, check("e", "error", message=HOSTILE), networks=(net,)),
            submission=SubmissionInfo(id=name, files=(HOSTILE,)),
            unread=(HOSTILE,),
        )
        for name in (HOSTILE, "javascript:alert(1)", "../../etc/passwd", "a b/ü%?#")
    ]
    return class_of(*grades, names=(HOSTILE, "شارلوت <b>", "\u202eevil", "=1+1"))


def test_it_holds_hostile_text_as_text() -> None:
    text = render_class_page(hostile_class())
    page = Tags(text)
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not {"img", "iframe", "object", "link", "base", "form", "b:"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")]
        address = attributes.get("href") or "#"
        assert re.fullmatch(r"#\w*|alike\.html|[A-Za-z0-9._~%-]+/feedback\.html", address), address
    assert "<script>mark = 1</script>" in page.words and "{{ 7*7 }}" in page.words
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)


def test_its_policy_lets_only_its_own_script_and_style_through() -> None:
    page = Tags(render_class_page(hostile_class()))
    policy = next(a["content"] for t, a in page.tags if t == "meta" and "http-equiv" in a) or ""
    assert "unsafe" not in policy and policy.startswith("default-src 'none'")
    for kind in ("style", "script"):
        (own,) = page.own[kind]
        digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_the_same_facts_give_the_same_bytes() -> None:
    assert render_class_page(made_class(10, alike=True)) == render_class_page(made_class(10, alike=True))


# In a browser


@pytest.mark.kernel
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_class_of_500_is_sorted_and_filtered_with_the_keyboard(tmp_path: Path) -> None:
    (tmp_path / "class.html").write_text(render_class_page(made_class(500, missing=7)))
    with opened(tmp_path / "class.html") as page:
        names = "[...document.querySelectorAll('#everyone tbody tr:not([hidden]) th')].map(e => e.textContent)"
        assert len(page.evaluate(names)) == 507
        page.keyboard.press("/")
        page.keyboard.type("ada s2")
        shown = page.evaluate(names)
        assert 0 < len(shown) < 60 and all("Ada" in name for name in shown)
        assert page.inner_text("#shown") == f"{len(shown)} of 507 shown"
        page.keyboard.press("Escape")
        assert len(page.evaluate(names)) == 507
        page.keyboard.press("Tab")
        page.keyboard.type("who")  # the choice that begins so
        assert 0 < len(page.evaluate(names)) < 507
        page.select_option("#which", "")
        points = "[...document.querySelectorAll('#everyone tbody tr')].map(e => Number(e.cells[3].dataset.sort))"
        page.focus("#everyone th:nth-child(4) button")
        page.keyboard.press("Enter")
        first = page.evaluate(points)
        assert first == sorted(first, reverse=True) and first[0] > first[-1]
        page.keyboard.press("Enter")
        assert page.evaluate(points) == first[::-1] or page.evaluate(points) == sorted(first)
        assert page.get_attribute("#everyone th:nth-child(4)", "aria-sort") == "ascending"


@pytest.mark.kernel
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_it_fits_a_phone_and_runs_nobodys_script(tmp_path: Path) -> None:
    (tmp_path / "class.html").write_text(render_class_page(hostile_class()))
    asked: list[str] = []
    with opened(tmp_path / "class.html", viewport={"width": 390, "height": 800}) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.reload()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.evaluate("typeof mark") == "undefined"
        assert page.is_visible("#words"), "its own script ran"
        assert [url for url in asked if not url.startswith("file:")] == []


@pytest.mark.kernel
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_either_page(scheme: str, tmp_path: Path) -> None:
    (tmp_path / "class.html").write_text(render_class_page(made_class(25, missing=2, alike=True)))
    (tmp_path / "feedback.html").write_text(FORMATS["html"](sample_grade()))
    assert barriers(tmp_path / "class.html", scheme) == []
    assert barriers(tmp_path / "feedback.html", scheme) == []
    bad = (tmp_path / "feedback.html").read_text().replace("<main>", '<main><img src="data:,x">')
    (tmp_path / "bad.html").write_text(bad)
    assert barriers(tmp_path / "bad.html", scheme) != []  # it can find something
