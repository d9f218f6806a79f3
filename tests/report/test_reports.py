"""The reports: every format says what the grade says, whatever a student wrote into it, and nothing that is hidden."""

import base64
import csv as stdlib_csv
import html as stdlib_html
import io
import json
import math
import re
import shutil
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from classes import standing_of
from rich.console import Console
from sample_grade import budget, check, convnet, grade_of, lane, missed, mlp, problem, reached, sample_grade

from grader.core.evidence import Retraining
from grader.core.network import Gap
from grader.core.outcome import Grade, NetworkResult, SubmissionInfo
from grader.core.standing import Lateness, Standing
from grader.guest.protocol import GapKind
from grader.report import FORMATS
from grader.report._record import record_docs
from grader.report.csv import gradebook
from grader.report.gradescope import of_run
from grader.report.plots import retraining
from grader.report.terminal import class_table, network_table, network_tables, table
from grader.rubric import load_rubric
from grader.rubric.model import Gradescope

STATUSES = ("passed", "failed", "partial", "manual", "skipped", "error")
STUDENT_FORMATS = ("html", "markdown")
HOSTILE = (
    "<script>mark = 1</script>"
    "<img src=x onerror='mark = 1'> [x](javascript:alert(1)) \"' onload=1 {{ 7*7 }} $x$ | a | b |\n"
    "# heading\r\n\x1b[31mred\x1b]0;title\x07 \u202egnp.exe\u2066 \x00 [red]markup[/red] " + "W" * 500
)
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]")


def hostile_grade(text: str = HOSTILE) -> Grade:
    """Every text that a student has a say in is hostile."""
    model = convnet(text).model_copy(
        update={
            "variable": text,
            "headings": (text,),
            "problem": text,
            "rows": tuple(
                row.model_copy(update={"name": text, "type": text, "settings": text}) for row in convnet("").rows[:3]
            ),
        }
    )
    training = missed().model_copy(update={"notes": (text,)})
    replay = Retraining(dataset="x", threshold=0.9, planned=5, lanes=(), verdict="undecided", obstacle=text)
    checks = [
        check(
            text,
            status,
            message=text,
            observed=text * 2,
            source=text,
            advice=text,
            asked=text,
            details=budget(text, text, text, ok=False),
        )
        for status in STATUSES
    ]
    networks = tuple(NetworkResult(model=model, retraining=r) for r in (training, replay))
    return grade_of(
        problem("1A", text, *checks, networks=networks),
        submission=SubmissionInfo(id=text, files=(text,), ignored=(text,)),
        unread=(text,),
        notes=(text,),
    )


@cache
def sample_report(name: str) -> str:
    """The sample grade in one format."""
    return FORMATS[name](sample_grade())


class Page(HTMLParser):
    """What a browser would make of a page: its tags with attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def strict_json(text: str) -> Any:
    """JSON as a strict reader takes it: no NaN, no Infinity."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


def drawn(renderable: object, width: int = 200) -> str:
    """A table as a terminal without colours shows it."""
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(renderable)
    return out.getvalue()


def svg(uri: str) -> str:
    """The image in a data URI."""
    return base64.b64decode(uri.removeprefix("data:image/svg+xml;base64,")).decode()


# What every format says


@pytest.mark.parametrize(
    "said",
    [
        "16.5 of 45 points",
        "10 waiting for a person",
        "18.5 lost",
        "28 × 28 × 3 is not the output shape",
        "A convolution has as many output channels as filters.",
        "report.md:59",
        "[1 0.5; 0.5 0.25], [0.5 1; 0.25 0.5]",
        "in_features=784, out_features=100",
        "32 × 28 × 28",
        "1,605,760",
        "at most 999,999",
        "Adam(lr=0.001, betas=(0.9, 0.999), weight_decay=0)",
        "shape 1 × 28 × 28, divided by 255, minus 0.1307",
        "10 epochs, batches of 32",
        "States 0.9764; training it again gave 0.9746 to 0.9771.",
        "3 of 5 are needed, so the network reaches it.",
        "training 3: 0.0980, diverged",
        "Your code ran in a jail without network",
        "name 'acc' is not defined",
    ],
)
@pytest.mark.parametrize("name", STUDENT_FORMATS)
def test_a_student_reads_what_was_found_and_what_to_do(name: str, said: str) -> None:
    text = sample_report(name)
    if name == "html":
        page = Page(text)
        text = " ".join((page.text + " ".join(attrs.get("alt") or "" for _, attrs in page.tags)).split())
    else:
        text = re.sub(r"\\(.)|\*\*", r"\1", text)
    assert said in text


@pytest.mark.parametrize("name", [*STUDENT_FORMATS, "gradescope"])
def test_the_rubrics_note_is_not_for_students(name: str) -> None:
    assert "TA ONLY" in sample_report("json")
    assert "TA ONLY" not in sample_report(name)


@pytest.mark.parametrize("name", [*STUDENT_FORMATS, "gradescope"])
def test_a_failed_machine_is_said_first_and_costs_nothing(name: str) -> None:
    grade = grade_of(problem("1A", "A", check("Machine", "error", 3), check("Student", "failed", 4)))
    text = FORMATS[name](grade)
    text = strict_json(text)["output"] if name == "gradescope" else text
    first = text.index("machine failed on part")
    assert name == "gradescope" or first < text.index("4 lost") < text.index("3 not graded yet")
    assert "machine failed" not in FORMATS[name](grade_of(problem("1A", "A", check("Student", "failed", 4))))


def of(grade: Grade) -> Standing:
    """Where the one stands who handed it in."""
    return standing_of(grade, load_rubric("demo"))


def in_every_format(grade: Grade) -> dict[str, str]:
    """What a person reads in each format, on a terminal and in the tables of a class."""
    said = {name: render(grade) for name, render in FORMATS.items()}
    said["html"] = Page(said["html"]).text
    said["markdown"] = re.sub(r"\\(.)", r"\1", said["markdown"])
    said |= {"terminal": drawn(table(grade)), "class": drawn(class_table([of(grade)]))}
    said["gradebook"] = gradebook([of(grade)])
    return {name: " ".join(text.split()) for name, text in said.items()}


@pytest.mark.parametrize("name", [*FORMATS, "terminal", "class", "gradebook"])
def test_every_format_names_the_files_and_lines_that_nobody_read(name: str) -> None:
    unread = ("scan.pages can't be opened here", "report.md:7 belongs to no problem")
    said = in_every_format(grade_of(problem("1A", "A", check("a", "manual", 2)), unread=unread))[name]
    assert all(what in said for what in unread)
    whole = in_every_format(grade_of(problem("1A", "A", check("a", "manual", 2))))[name]
    banner = {"terminal": "Nobody read:", "class": "scan.pages", "gradebook": "scan.pages", "json": "scan.pages"}
    words = banner.get(name, "could not read all of what was handed in")
    assert words in said and words not in whole


@pytest.mark.parametrize("name", STUDENT_FORMATS)
def test_what_nobody_read_stands_above_the_points(name: str) -> None:
    said = in_every_format(grade_of(problem("1A", "A", check("a", "failed", 4)), unread=("scan.pages",)))[name]
    assert said.index("scan.pages") < said.index("4 lost")


@pytest.mark.parametrize("name", [*FORMATS, "terminal", "gradebook"])
def test_the_same_grade_gives_the_same_bytes(name: str) -> None:
    others = {"terminal": lambda g: drawn(table(g)), "gradebook": lambda g: gradebook([of(g)])}
    render = FORMATS.get(name) or others[name]
    assert render(sample_grade()) == render(sample_grade())


@pytest.mark.kernel
def test_formats_are_imported_only_when_asked_for() -> None:
    program = "import sys, grader.report; sys.exit(sorted({'jinja2', 'matplotlib', 'rich'} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


# Lateness and extra credit


def late_grade(share: float = 0.8, **more: object) -> Grade:
    """41.5 of 50 points, 4 more for a person, handed in late."""
    due = datetime(2026, 11, 27, 23, 59, tzinfo=UTC)
    late = Lateness(due=due, at=due, seconds=97200, share=share, why="Handed in late. <b>[x]</b>", **more)
    checks = (check("a", "partial", 46, 41.5), check("b", "manual", 4))
    return grade_of(problem("1A", "A", *checks), late=late)


@pytest.mark.parametrize("name", [*STUDENT_FORMATS, "gradescope", "terminal"])
def test_a_line_tells_points_before_and_after_lateness(name: str) -> None:
    said = in_every_format(late_grade())[name]
    assert "Handed in late. <b>[x]</b> 41.5 of 50 points become 33.2. Of what a person still gives 80 % count." in said
    assert name == "gradescope" or "33.2 of 50 points" in said
    in_time = in_every_format(late_grade(share=1))[name]
    assert "Handed in late." in in_time and "become" not in in_time and "before lateness" not in in_time


def test_tables_and_records_hold_points_before_and_after_lateness() -> None:
    said = in_every_format(late_grade())
    assert strict_json(FORMATS["gradescope"](late_grade()))["score"] == 33.2
    assert "33.2/50" in said["class"] and "late -8.3" in said["class"]
    assert (strict_json(said["json"])["score"], strict_json(said["json"])["late"]["share"]) == (41.5, 0.8)
    (row,) = stdlib_csv.DictReader(io.StringIO(gradebook([of(late_grade())]).removeprefix("\ufeff")))
    assert (row["raw"], row["score"], row["lateness"]) == ("41.5", "33.2", "Handed in late. <b>[x]</b>")


def test_what_a_person_must_decide_of_lateness_is_open() -> None:
    said = in_every_format(late_grade(share=1, settled=False))
    assert "41.5 of 50 points so far" in said["html"]
    assert "(late?)" in said["terminal"] and "(late?)" in said["class"]


@pytest.mark.parametrize("name", STUDENT_FORMATS)
def test_lateness_tells_nothing_of_a_hidden_check(name: str) -> None:
    shown = late_grade().problems[0].checks
    texts = set()
    for status in ("passed", "failed"):
        hidden = check("SECRET", status, 4, visibility="hidden")
        texts.add(FORMATS[name](grade_of(problem("1A", "A", *shown, hidden), late=late_grade().late)))
    (text,) = texts
    assert "41.5 of 50 points become 33.2" in text


def test_extra_credit_comes_on_top_and_is_never_lost() -> None:
    extra = problem("2A", "More", check("a", "partial", 4), check("b", "failed", 3), extra_credit=True)
    grade = grade_of(problem("1A", "A", check("c", points=10), check("d", "error", 1)), extra, max_score=11)
    assert (grade.score, grade.lost) == (12, 0)
    for name, said in in_every_format(grade).items():
        assert name in ("json", "gradescope", "class", "gradebook") or "12 of 11 points" in said
        assert name in STUDENT_FORMATS or "5 lost" not in said
    said = in_every_format(grade)
    assert "Nothing: no points were lost" in said["html"] and "2 / 7 extra credit" in said["html"]
    assert "2A More: 2 of 7 of extra credit" in said["markdown"] and "1 not graded yet" in said["markdown"]
    assert "2A (extra)" in said["terminal"] and "12/11" in said["class"]
    assert "a (extra credit) (partly)" in said["gradescope"]
    secret = extra.model_copy(update={"checks": (*extra.checks, check("SECRET", visibility="hidden"))})
    assert "of 11 points" in Page(FORMATS["html"](grade_of(grade.problems[0], secret, max_score=11))).text


# What stays hidden


@pytest.mark.parametrize("name", STUDENT_FORMATS)
@pytest.mark.parametrize("visibility", ["hidden", "after_due_date", "after_published"])
@pytest.mark.parametrize("status", STATUSES)
def test_a_check_that_is_not_visible_shows_only_that_it_exists(name: str, visibility: str, status: str) -> None:
    secret = check(
        "SECRET-name",
        status,
        3,
        type="accuracy",
        visibility=visibility,
        message="SECRET",
        observed="SECRET",
        advice="SECRET",
        asked="SECRET",
        source="SECRET",
        details=budget("SECRET", "SECRET", "SECRET", ok=False),
    )
    networks = (NetworkResult(model=mlp("3B.ipynb", 100), retraining=reached()),)
    shown = problem("1A", "A", check("open", "failed", 2), secret, networks=networks)
    text = FORMATS[name](grade_of(shown))
    assert "SECRET" not in text
    assert "0.9771" not in text, "the retraining tells what the hidden accuracy check found"
    assert "1 more check is " in text and "3 points" in text
    # Neither the total nor any other number depends on what the hidden check gave.
    other = secret.model_copy(update={"status": "passed", "score": 3.0})
    assert text == FORMATS[name](grade_of(problem("1A", "A", shown.checks[0], other, networks=networks)))


def test_a_network_that_hidden_checks_alone_ask_for_is_not_shown() -> None:
    asked = check("layers", type="layers", visibility="hidden")
    network = NetworkResult(model=mlp("looked_at.ipynb", 100))
    assert "looked_at.ipynb" not in FORMATS["html"](
        grade_of(problem("1A", "A", check("open"), asked, networks=(network,)))
    )
    shown = check("loss", type="loss")
    assert "looked_at.ipynb" in FORMATS["html"](grade_of(problem("1A", "A", shown, asked, networks=(network,))))


# Gradescope


@pytest.mark.parametrize("visibility", ["visible", "hidden", "after_due_date", "after_published"])
@pytest.mark.parametrize("status", STATUSES)
def test_gradescope_takes_every_outcome(status: str, visibility: str) -> None:
    one = check("It", status, 4, visibility=visibility, message="SECRET", observed=HOSTILE, advice="Do it.")
    results = strict_json(FORMATS["gradescope"](grade_of(problem("2C", "C", one), timings={"total": 12.34})))
    (test,) = results["tests"]
    assert test["number"] == "2C.1"
    open_ = status in ("manual", "error", "read")  # no failed tests: neither a status nor a score of their own
    assert test.get("status") == (None if open_ else "passed" if status == "passed" else "failed")
    assert test["visibility"] == visibility
    assert test["output_format"] == results["output_format"] == "text"
    assert (test.get("score"), test.get("max_score")) == ((None, None) if open_ else (results["score"], 4))
    assert results["score"] == {"passed": 4, "partial": 2}.get(status, 0)
    assert ("4 points" in test["output"]) == (status in ("manual", "error"))
    assert results["execution_time"] == 12.3
    assert "SECRET" in test["output"] and "SECRET" not in results["output"]
    assert (
        ("to be read" in test["name"])
        == ("A person" in test["output"] or "a person" in test["output"])
        == (status == "manual")
    )


def test_gradescope_holds_no_control_characters() -> None:
    results = strict_json(FORMATS["gradescope"](hostile_grade()))
    for said in [results["output"], *(str(words) for test in results["tests"] for words in test.values())]:
        assert not UNSEEN.search(said)


def test_gradescope_says_what_waits_and_what_is_hidden() -> None:
    results = strict_json(FORMATS["gradescope"](sample_grade()))
    assert results["score"] == sum(test.get("score", 0) for test in results["tests"]) == 16.5
    for said in ("to be read by a person: 10 points", "1 more check is kept hidden", "jail without network"):
        assert said in results["output"]


def test_gradescope_leaves_out_what_it_grades_by_hand_itself() -> None:
    grade = sample_grade()
    results = strict_json(of_run(grade, Gradescope(waiting="left out"), attempt=2))
    assert results["score"] == 16.5
    assert not [test for test in results["tests"] if test["extra_data"]["status"] == "manual"]
    assert "A person grades 10 points of this by hand" in results["output"]
    assert results["extra_data"]["attempt"] == 2


def test_gradescopes_leaderboard_is_asked_for_and_shows_what_students_may_see() -> None:
    network = NetworkResult(model=mlp("a.ipynb", 50), retraining=reached())
    mean = round(fmean(lane.accuracy for lane in reached().lanes), 4)
    for visibility, expected in (
        ("visible", [{"name": "3B accuracy", "value": mean, "order": "desc"}]),
        ("hidden", []),
    ):
        one = check("accuracy", type="accuracy", visibility=visibility)
        grade = grade_of(problem("3B", "B", one, networks=(network,)))
        assert strict_json(of_run(grade, Gradescope(leaderboard=True)))["leaderboard"] == expected
        assert "leaderboard" not in strict_json(FORMATS["gradescope"](grade))


# Numbers that are none


def test_no_format_trips_over_numbers_that_are_none() -> None:
    odd = check("odd", "partial", 2, score=math.nan)
    lanes = (lane(0, math.nan), lane(1, math.inf), lane(2, 0.98))
    training = reached().model_copy(update={"lanes": lanes})
    grade = grade_of(
        problem("1A", "A", odd, networks=(NetworkResult(model=mlp("a.ipynb", 10), retraining=training),)),
        timings={"total": math.inf},
        notes=("half a character: \ud83d",),
    )
    record = FORMATS["json"](grade)
    strict_json(record)
    again = Grade.model_validate_json(record)
    assert FORMATS["json"](again) == record
    assert math.isnan(again.score) and math.isinf(again.problems[0].networks[0].retraining.lanes[1].accuracy)  # type: ignore[union-attr]
    assert strict_json(FORMATS["gradescope"](grade))["score"] == 0
    for name in STUDENT_FORMATS:
        assert "training 1: no number, diverged" in stdlib_html.unescape(FORMATS[name](grade))
        FORMATS[name](grade).encode()
    (row,) = stdlib_csv.DictReader(io.StringIO(gradebook([of(grade)]).removeprefix("\ufeff")))
    assert row["raw"] == ""
    assert "–/2" in drawn(table(grade))


# Hostile text


def test_html_holds_hostile_text_as_text() -> None:
    text = FORMATS["html"](hostile_grade())
    page = Page(text)
    allowed = {"data:image/svg+xml;base64"}
    for tag, attributes in page.tags:
        assert tag not in ("script", "iframe", "object", "link", "base", "form")
        assert not [name for name in attributes if name.startswith("on")]
        assert all((attributes.get(name) or "#").startswith("#") for name in ("href", "xlink:href"))
        assert "src" not in attributes or (attributes["src"] or "").split(",")[0] in allowed
    assert page.text.count("<script>mark = 1</script>") > 20
    assert "{{ 7*7 }}" in page.text and ("math", {"alttext": "x"}) in page.tags
    assert not UNSEEN.search(text)
    policy = next(a["content"] for t, a in page.tags if t == "meta" and "http-equiv" in a)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_markdown_keeps_its_tables_and_no_markup_of_the_student() -> None:
    text = FORMATS["markdown"](hostile_grade())
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) >= 4
    for rows in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    without_escapes = re.sub(r"\\.", "", text.replace("<br>", ""))
    assert not re.search(r"[<\[\]`$]", without_escapes)
    assert text.count("\n# ") == 0, "a heading of the student's"


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\u202e=1"])
def test_gradebook_cells_of_students_are_no_formulas(start: str) -> None:
    grade = grade_of(problem("1A", "A", check("a")), submission=SubmissionInfo(id=start), notes=(start,))
    (row,) = stdlib_csv.DictReader(io.StringIO(gradebook([of(grade)]).removeprefix("\ufeff")))
    assert row["name"].startswith("'") and row["notes"].startswith("'")
    assert "\t" not in row["name"] and "\r" not in row["name"]


def test_gradebook_has_a_row_a_person_and_a_column_a_problem() -> None:
    first = grade_of(problem("1A", "A", check("a", "partial", 3)), problem("1B", "B", check("b", "manual", 2)))
    second = grade_of(problem("1B", "B", check("b", "failed", 2)), problem("1C", "C", check("c", "error", 1)))
    text = gradebook([of(first), of(second)]).removeprefix("\ufeff")
    rows = list(stdlib_csv.DictReader(io.StringIO(text)))
    told = ("name", "state", "raw", "max_score", "1A", "1B", "1C", "manual_points", "error_points")
    assert [rows[0][name] for name in told] == ["ada-lovelace", "waiting", "1.5", "5", "1.5", "0", "", "2", "0"]
    assert [rows[1][name] for name in told] == ["ada-lovelace", "error", "0", "3", "", "0", "0", "0", "1"]


def test_terminal_shows_hostile_text_as_text() -> None:
    text = drawn(table(hostile_grade()), width=9000) + drawn(class_table([of(hostile_grade())]), width=9000)
    assert not UNSEEN.search(text)
    assert "[31m" not in text
    # Name, message and source of each check, the advice of all but the passed one, title, what nobody read, note,
    # and two cells of the class's row.
    assert text.count("[red]markup[/red]") == 3 * len(STATUSES) + len(STATUSES) - 1 + 5


def test_terminal_tells_every_status_without_colour() -> None:
    grade = grade_of(problem("1A", "A", *(check(status, status) for status in STATUSES)))
    rows = [line for line in drawn(table(grade)).splitlines() if "/2" in line]
    words = [line.split("│")[4].strip() for line in rows]
    assert len(set(words)) == len(STATUSES)
    (row,) = [line for line in drawn(class_table([of(sample_grade())])).splitlines() if "ada-lovelace" in line]
    assert "16.5/47" in row and "3C -5" in row


def test_details_of_another_shape_are_passed_over() -> None:
    odd = [check("odd", details={"budget": stated}) for stated in ("x", 3, {"what": "x"}, None)]
    good = check("good", details={"budget": [budget("units", "7", "at most 9", True)["budget"]]})
    grade = grade_of(problem("1A", "A", *odd, good, networks=(NetworkResult(model=mlp("a.ipynb", 7)),)))
    assert "at most 9" in FORMATS["html"](grade)


# Plots


def test_every_retraining_has_its_plots() -> None:
    page = Page(sample_report("html"))
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    trained = [n for p in sample_grade().problems for n in p.networks if n.retraining]
    assert len(images) == 2 * len(trained)
    assert len({image["src"] for image in images}) == len(images)
    for image in images:
        ElementTree.fromstring(svg(image["src"] or ""))
        assert image["alt"]


@pytest.mark.parametrize(
    ("training", "said"),
    [
        (reached(), ["Reached: 3 of 4 trainings at 0.975 or above", "0.975 needed", "0.9746", "no. 4"]),
        (missed(), ["Missed: 1 of 5 trainings", "0.98 needed", "diverged", "1 diverged", "0.9803"]),
        (
            missed().model_copy(update={"lanes": (lane(7, 0, diverged=True),), "verdict": "undecided"}),
            ["Undecided: 0 of 1 trainings", "no. 1", "diverged"],
        ),
        (
            reached().model_copy(update={"lanes": tuple(lane(i, 0.98, epochs=1) for i in range(30))}),
            ["30 of 30", "no. 30"],
        ),
    ],
)
def test_plots_say_what_they_show(training: Retraining, said: list[str]) -> None:
    plots = retraining(training)
    text = svg(plots.seeds) + svg(plots.curves)
    assert [words for words in said if words not in text] == []
    assert "<script" not in text and "<metadata" not in text


def test_trainings_without_epochs_have_no_curves() -> None:
    bare = reached().model_copy(update={"lanes": tuple(n.model_copy(update={"curve": ()}) for n in reached().lanes)})
    assert retraining(bare).curves == ""
    grade = grade_of(problem("1A", "A", check("a"), networks=(NetworkResult(model=mlp("a", 9), retraining=bare),)))
    assert FORMATS["html"](grade).count("<img") == 1


# In a browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PHONE = 390


def in_chromium(pages: list[str], folder: Path) -> list[dict[str, Any]]:
    """The width that each page takes on a phone, and whether a script of its own ran."""
    frames = "".join(
        f'<iframe width="{PHONE}" height="800" style="border:0" srcdoc="{stdlib_html.escape(p)}"></iframe>'
        for p in pages
    )
    (folder / "frames.html").write_text(
        f"""<!doctype html><body>{frames}<script>
        onload = () => document.body.innerHTML = '<pre>' + JSON.stringify([...document.querySelectorAll('iframe')].map(
          frame => ({{width: frame.contentDocument.documentElement.scrollWidth,
                      ran: !!frame.contentWindow.mark, text: frame.contentDocument.body.innerText.length}}))) + '</pre>'
        </script>"""
    )
    quiet = "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update"
    done = subprocess.run(
        [
            CHROMIUM or "",
            *f"--headless --no-sandbox {quiet} --disable-sync --hide-scrollbars --dump-dom".split(),
            f"--user-data-dir={folder / 'profile'}",
            (folder / "frames.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    measured: list[dict[str, Any]] = json.loads(done.stdout.split("<pre>")[1].split("</pre>")[0])
    return measured


@pytest.mark.kernel
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_pages_fit_a_phone_and_run_no_script(tmp_path: Path) -> None:
    script = "<script>mark = 1</script>"
    good, hostile = sample_report("html"), FORMATS["html"](hostile_grade())
    # Two pages that must be caught show that the measurement can fail.
    wide = good.replace("<main>", '<main><div style="width:700px">x</div>')
    open_page = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", good).replace(
        "<main>", script + "<main>"
    )
    forced = good.replace("<main>", script + "<main>")
    seen = in_chromium([good, hostile, forced, wide, open_page], tmp_path)
    assert all(page["text"] > 1000 for page in seen)
    assert [page["width"] for page in seen[:3]] == [PHONE] * 3
    assert [page["ran"] for page in seen] == [False, False, False, False, True]
    assert seen[3]["width"] > PHONE


REACHING = """
<img src="{0}/img"><img srcset="{0}/srcset 2x"><link rel=stylesheet href="{0}/css">
<link rel=prefetch href="{0}/prefetch"><link rel=preconnect href="{0}"><link rel=icon href="{0}/icon">
<meta http-equiv=refresh content="0;url={0}/refresh">
<iframe src="{0}/frame"></iframe><object data="{0}/object"></object><embed src="{0}/embed"><video src="{0}/video"
poster="{0}/poster"></video><audio src="{0}/audio"></audio><svg><image href="{0}/svg"/><use href="{0}/use#x"/></svg>
<style>@import "{0}/import"; body {{ background: url({0}/background) }} @font-face {{ font-family: x;
src: url({0}/font) }} * {{ font-family: x }}</style><div style="background: url({0}/inline)">x</div><input type=image
src="{0}/input"><form action="{0}/form"><button autofocus>x</button></form><script src="{0}/script"></script><script>
fetch("{0}/fetch"); new Image().src = "{0}/image"; navigator.sendBeacon("{0}/beacon");
new WebSocket("{0}/ws")</script>
<base href="{0}/"><img src=base><a href="{0}/ping" ping="{0}/ping">x</a><img src=x onerror="fetch('{0}/onerror')">
![x]({0}/markdown) <math href="{0}/math"></math><portal src="{0}/portal"></portal>
"""


@pytest.mark.kernel
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_pages_ask_for_nothing(tmp_path: Path) -> None:
    asked: list[str] = []

    class Ears(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_POST = do_GET

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Ears) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        reaching = REACHING.format(f"http://127.0.0.1:{server.server_port}")
        hostile = FORMATS["html"](hostile_grade(reaching))
        (tmp_path / "hostile").mkdir()
        in_chromium([hostile], tmp_path / "hostile")
        assert asked == []
        # Even markup that got through, which none does, may ask for nothing.
        forced = sample_report("html").replace("<main>", f"<main>{reaching}")
        (tmp_path / "forced").mkdir()
        in_chromium([forced], tmp_path / "forced")
        assert asked == []
        open_page = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", forced)
        in_chromium([open_page], tmp_path)
        assert {"/img", "/css", "/script", "/fetch"} <= set(asked)  # the listener hears
        server.shutdown()


def test_the_page_about_the_record_is_what_the_records_say():
    assert (Path(__file__).parents[2] / "docs" / "record.md").read_text() == record_docs(), "run: make docs"


FREE = ("settings", "initial", "details", "sandbox", "environment", "timings")


def test_the_page_tells_every_field_of_a_written_record_and_each_version():
    page = record_docs()
    told = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    written = json.loads(FORMATS["json"](sample_grade()))

    def fields(value: object) -> set[str]:
        """The keys of records; those of mappings such as settings are no fields."""
        if isinstance(value, list):
            return {name for item in value for name in fields(item)}
        if not isinstance(value, dict):
            return set()
        inner = {k: v for k, v in value.items() if k not in FREE}
        return set(value) | {name for item in inner.values() for name in fields(item)}

    assert fields(written) <= told
    versions = re.findall(r"^\| (\d+) \|", page, re.MULTILINE)
    assert versions == [str(n + 1) for n in range(written["format_version"])]


# What is not known of a network


def test_a_network_that_is_not_read_whole_has_what_was_counted_at_least() -> None:
    whole = mlp("3B.ipynb", 60)
    spec = whole.spec.model_copy(update={"gaps": (Gap(kind=GapKind.LAYER, why="norm: it is not known"),)})
    part = whole.model_copy(update={"spec": spec})
    nothing = part.model_copy(update={"rows": (), "parameters": 0, "hidden_units": 0, "hidden_layers": 0})
    counts = f"{whole.parameters:,} parameters, {{}}60 hidden units in"
    assert counts.format("") in drawn(network_table(whole, [])) and "at least" not in drawn(network_table(whole, []))
    assert "at least " + counts.format("at least ") in drawn(network_table(part, []))
    assert "parameters not known, hidden units and layers not known" in drawn(network_table(nothing, []))


@pytest.mark.parametrize(
    ("kind", "said"), [(GapKind.LENGTH, "not known for how many epochs"), (GapKind.DATA, "10 epochs,")]
)
def test_a_count_of_epochs_is_stated_where_it_is_the_notebooks_own(kind: GapKind, said: str) -> None:
    recipe = mlp("3B.ipynb").recipe
    assert recipe is not None
    recipe = recipe.model_copy(update={"gaps": (Gap(kind=kind, why="why"),)})
    assert said in drawn(network_table(mlp("3B.ipynb").model_copy(update={"recipe": recipe}), []))
    assert recipe.epochs_known == (kind is GapKind.DATA)


def test_a_sweep_is_one_table_and_what_differs():
    swept = [
        mlp("a.ipynb").model_copy(
            update={
                "variable": f"net_{units}",
                "hidden_units": units,
                "rows": tuple(
                    row.model_copy(update={"settings": f"in_features=784, out_features={units}"}) if place == 1 else row
                    for place, row in enumerate(mlp("a.ipynb").rows)
                ),
            }
        )
        for units in range(10, 130, 10)
    ]
    console = Console(width=200, record=True, file=io.StringIO())
    for shown in network_tables([(model, []) for model in (*swept, convnet(""))]):
        console.print(shown)
    text = console.export_text()
    assert text.count("Output shape") == 2  # the first of the sweep, and the other network
    assert text.count("the same layers, but for:") == 1
    for units in range(20, 130, 10):
        assert f"net_{units} (" in text and f"hidden units: {units}" in text and f"out_features={units}" in text
