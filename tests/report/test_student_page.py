"""What students read of what people gave, in formulas, in the dark and on paper."""

import base64
import re
import shutil
import subprocess
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given as for_any
from hypothesis import settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sample_grade import check, grade_of, lane, missed, problem, reached, sample_grade

from grader.core.evidence import Retraining
from grader.core.outcome import CheckResult, Given, Grade, RubricItem
from grader.observation.own_code import with_code
from grader.report import FORMATS
from grader.report._maths import mathml
from grader.report._prose import markdown, prose
from grader.report._student import for_student
from grader.report._summary import tally, to_read
from grader.report.plots import _style, retraining
from grader.resources import resource

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
STUDENT_FORMATS = ("html", "markdown", "gradescope")


class Tags(HTMLParser):
    """The tags of a piece of a page, each with the names of its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, list[str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, [name for name, _ in attrs]))


def given(points: float, machine: str = "manual", **more: object) -> Given:
    return Given.model_validate(
        {
            "points": points,
            "by": "Tina Assistant",
            "reason": "REASON: the seeds were unlucky",
            "at": datetime(2026, 11, 27, tzinfo=UTC),
            "machine_status": machine,
            "machine_score": 0,
        }
        | more
    )


def read(points: float = 1.5, **more: object) -> CheckResult:
    """An answer that a person read."""
    items = (RubricItem(text="names the zero gradient", points=2.5), RubricItem(text="no $w^2$", points=-1))
    fields = {"type": "manual", "message": "A person reads this answer.", "observed": "Nothing is sent back.", **more}
    return check("Explanation", "partial", 3, points, given=given(points, items=items, comment="**Nearly**"), **fields)


def overruled() -> CheckResult:
    """A check of which a person decided otherwise."""
    said = "1 of 5 trainings reach 0.98."
    return check("Accuracy", "passed", 5, message=said, advice="Train longer.", given=given(5, "failed"))


@pytest.mark.parametrize("name", STUDENT_FORMATS)
def test_what_a_person_gave_stands_at_the_answer(name: str) -> None:
    text = FORMATS[name](grade_of(problem("1A", "A", read())))
    assert "names the zero gradient" in text and "Nearly" in text and "+2.5" in text
    assert "−1" in text or "\\u22121" in text
    assert "A person reads this answer." not in text


@pytest.mark.parametrize("name", STUDENT_FORMATS)
def test_the_machines_verdict_stays_where_it_was_overruled(name: str) -> None:
    text = FORMATS[name](grade_of(problem("1A", "A", overruled())))
    assert "overruled the machine" in text and "Not passed, 0 of 5" in text and "1 of 5 trainings" in text
    assert "overruled" not in FORMATS[name](grade_of(problem("1A", "A", read())))


@pytest.mark.parametrize("name", STUDENT_FORMATS)
def test_students_are_not_told_who_decided_and_why(name: str) -> None:
    grade = grade_of(problem("1A", "A", read(), overruled()))
    assert "Tina" in FORMATS["json"](grade) and "REASON" in FORMATS["json"](grade)
    assert "Tina" not in FORMATS[name](grade) and "REASON" not in FORMATS[name](grade)


@pytest.mark.parametrize("name", STUDENT_FORMATS)
def test_a_check_without_a_name_has_one_and_not_its_note(name: str) -> None:
    unnamed = check("manual", "manual", 3, type="manual", note="NOTE: wants the zero gradient")
    text = FORMATS[name](grade_of(problem("1A", "A", unnamed, check("hidden_units", type="hidden_units"))))
    assert "Your answer" in text and "Hidden units" in text
    assert "NOTE" not in text and "hidden_units" not in text


# Their own code


NOTEBOOK = new_notebook(
    cells=[
        new_markdown_cell("# Problem 3B"),
        new_code_cell("model = nn.Linear(784, 10)  # <b>mine</b>"),
        new_code_cell("x = 1\n" * 2000),
    ]
)


def test_a_finding_quotes_the_code_that_it_names() -> None:
    checks = (
        check("Layers", source="3B.ipynb, cell 2"),
        check("Units", source="3B.ipynb, cell 2"),
        check("Long", source="3B.ipynb, cell 3; report.md:4"),
        check("words", source="3B.ipynb, cell 1"),
        check("no cell", source="3B.ipynb, cell 9"),
        check("no file", source="x, cell 2"),
    )
    found = with_code(problem("3B", "A", *checks), {"3B.ipynb": NOTEBOOK})
    assert list(found.code) == ["3B.ipynb, cell 2", "3B.ipynb, cell 3"]
    assert len(found.code["3B.ipynb, cell 3"]) < 2100
    page = re.sub("</?span[^>]*>", "", FORMATS["html"](grade_of(found)))
    assert page.count("model = nn.Linear(784, 10)  # &lt;b&gt;mine&lt;/b&gt;") == 1


def test_code_that_a_hidden_check_alone_names_is_not_quoted() -> None:
    shown, hidden = check("a", source="3B.ipynb, cell 3"), check("b", source="3B.ipynb, cell 2", visibility="hidden")
    found = with_code(problem("3B", "A", shown, hidden), {"3B.ipynb": NOTEBOOK})
    assert list(for_student(grade_of(found)).grade.problems[0].code) == ["3B.ipynb, cell 3"]


# What waits


@st.composite
def grades(draw: st.DrawFn) -> Grade:
    problems = []
    for number in range(draw(st.integers(1, 4))):
        checks = []
        for place in range(draw(st.integers(1, 4))):
            status = draw(st.sampled_from(["passed", "failed", "partial", "manual", "skipped", "error"]))
            more: dict[str, object] = {"visibility": draw(st.sampled_from(["visible", "visible", "hidden"]))}
            if draw(st.booleans()):
                more["details"] = {"borderline": True}
            if status not in ("manual", "error") and draw(st.booleans()):
                more["given"] = given(1, draw(st.sampled_from(["manual", "failed", "error"])))
            points = draw(st.sampled_from([0, 0.5, 1, 2.25, 10]))
            checks.append(check(f"check {place}", status, points, **more))
        problems.append(problem(f"{number}", "A", *checks, extra_credit=draw(st.booleans())))
    return grade_of(*problems)


@for_any(grades())
@settings(max_examples=60, deadline=None)
def test_the_points_that_wait_are_those_of_the_list_below(grade: Grade) -> None:
    shown = for_student(grade).grade
    assert sum(reading.points for reading in to_read(shown)) == pytest.approx(shown.manual_points)
    text = FORMATS["html"](grade)
    above = re.search(r"([\d.]+) waiting for a person</li>", text)
    below = text.partition('id="read"')[2].partition("</section>")[0]
    listed = [float(points) for points in re.findall(r'class="cost">([\d.]+) point', below)]
    assert sum(listed) == pytest.approx(float(above[1]) if above else 0.0)
    assert tally(shown).waiting == pytest.approx(sum(listed))


def test_a_close_call_is_listed_and_its_points_do_not_wait() -> None:
    close = check("Accuracy", "passed", 5, details={"borderline": True})
    text = FORMATS["html"](grade_of(problem("1A", "A", close)))
    assert "A close call" in text and "waiting" not in text.partition("</style>")[2]
    decided = close.model_copy(update={"given": given(5, "passed", machine_score=5)})
    assert "A close call" not in FORMATS["html"](grade_of(problem("1A", "A", decided)))


# Formulas


FORMULAS = (r"\frac{a}{b}", r"\sum_{i=1}^n x_i", r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", "x < y")


@pytest.mark.parametrize("tex", FORMULAS)
def test_a_formula_is_drawn_and_says_its_tex(tex: str) -> None:
    drawn = mathml(tex)
    assert (
        drawn is not None
        and drawn.startswith("<math")
        and "alttext=" in drawn
        and "\\" not in re.sub("='[^']*'", "", drawn)
    )


@pytest.mark.parametrize("tex", [r"\frac{", r"\nonsense{a}", r"\left( a", "a_1_2", "", "{" * 3000, "\\"])
def test_what_is_no_formula_stays_as_written(tex: str) -> None:
    assert mathml(tex) is None
    assert str(prose(f"before ${tex}$ behind")) == f"before ${tex}$ behind"


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{<script>mark = 1</script>}",
        r"\text{&lt;script&gt;mark = 1&lt;/script&gt;}",
        r"\href{javascript:alert(1)}{x}",
        r"\text{' onload='alert(1)}",
        r"\style{background:url(http://x/y)}{x}",
        r"\class{evil}{x}",
        r"\color{red' onclick='x}{x}",
        r"\textcolor{red;background:url(//x)}{x}",
        r"\hspace{1' onclick='x}",
        r"\begin{array}{c' onclick='x} 1 \end{array}",
        r"\operatorname{<img src=x onerror=alert(1)>}",
    ],
)
def test_no_formula_makes_other_markup(tex: str) -> None:
    for made in (prose(f"${tex}$"), markdown(f"${tex}$")):
        tags = Tags(str(made))
        assert not [tag for tag, _ in tags.seen if tag[0] != "m" and tag not in ("none", "p", "code")], made
        assert not [
            name for _, names in tags.seen for name in names if name.startswith(("on", "href", "style", "src", "class"))
        ], made


def test_what_is_too_long_is_not_drawn() -> None:
    assert mathml("x" * 5000) is None


def test_prices_are_no_formulas() -> None:
    assert "<math" not in prose("One costs $5 and two cost $10.")


def test_a_comment_is_markdown_and_nothing_else() -> None:
    made = markdown(
        "# Hi\n**bold** $x^2$ `a<b` [web](https://e.org) [bad](javascript:alert(1)) ![x](http://e.org/x.png)\n\n"
        "<script>mark = 1</script>\n\n<img src=x onerror=alert(1)>\n\n- one\n- two"
    )
    assert "<strong>bold</strong>" in made and "<math" in made and "<li>one</li>" in made
    assert 'href="https://e.org"' in made and "<code>a&lt;b</code>" in made
    assert not re.search(r"<(script|img|h1)|href=\"(?!https?:)", made)


# On screen and on paper


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(2 * d for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast ratio."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_words_stand_out_in_light_and_dark() -> None:
    text = (resource("templates") / "palette.css").read_text()
    themes = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6});", block)) for block in re.findall(r":root \{(.*?)\}", text, re.S)
    ]
    assert len(themes) == 2
    for theme in themes:
        for words in ("ink", "muted", "accent", "lost"):
            for ground in ("paper", "soft"):
                assert contrast(theme[words], theme[ground]) >= 4.5, (words, ground, theme)


def test_every_training_is_drawn_in_its_own_way() -> None:
    styles = [_style(number, "reached") for number in range(30)]
    assert len({(style["marker"], str(style["linestyle"])) for style in styles}) == 30


TWELVE = reached().model_copy(update={"lanes": tuple(lane(number, 0.98) for number in range(12))})


@pytest.mark.parametrize("training", [reached(), missed(), TWELVE])
def test_every_curve_has_its_number(training: Retraining) -> None:
    curves = base64.b64decode(retraining(training).curves.partition(",")[2]).decode()
    written = re.findall(r"<text[^>]*>([^<]*)</text>", curves)
    assert [number for number in range(1, len(training.lanes) + 1) if str(number) not in written] == []


@pytest.mark.kernel
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_printed_no_problem_that_fits_on_a_page_is_cut(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(FORMATS["html"](sample_grade()))
    quiet = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"
    subprocess.run(
        [
            *(CHROMIUM or "", *quiet.split(), "--no-pdf-header-footer"),
            *(f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={tmp_path / 'page.pdf'}"),
            (tmp_path / "page.html").as_uri(),
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )
    pages = [" ".join(p.get_textpage().get_text_range().split()) for p in pypdfium2.PdfDocument(tmp_path / "page.pdf")]
    assert len(pages) <= len(sample_grade().problems)
    for first, last in (
        ("Backpropagation and weight initialization 0", "the error stays at .508."),
        ("The data 2", "RGB colors of each pixel"),
        ("Modeling, part 1 8", "1 more was planned"),
        ("Average and max pooling 2.5", "report.md:70"),
    ):
        assert [first in page for page in pages] == [last in page for page in pages], first
