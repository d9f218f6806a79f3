"""Points given in a table: what was written is read back as nothing new, and nobody is overwritten."""

import csv
import io
from datetime import UTC, datetime

import pytest
import yaml
from sample_grade import check, grade_of, problem
from stored_class import provenance

from grader.core.decision import Decision, Item, Place
from grader.core.errors import SubmissionError
from grader.core.handin import HandedIn, Handin, Person
from grader.core.outcome import SubmissionInfo
from grader.core.stored import RunStart
from grader.manual import COLUMNS, read, table
from grader.store import Decisions, Store

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KEYS = ("ada", "=ben", "'+cy", "dora;x,\ty")
WHY = Place(key="ada", problem="1A", check="why")


@pytest.fixture
def store(tmp_path):
    checks = (
        check("why", "manual", 4),
        check("count", "failed", 2),
        check("sum", "passed", 1),
        check("net", "error", 1),
    )
    handins = tuple(Handin(key=key, people=(Person(name=f"@{key}"),)) for key in KEYS)
    with Store.open(tmp_path) as opened:
        run = opened.begin_run(RunStart())
        opened.save_handed_in(run, HandedIn(layout="plain", handins=handins))
        for key in KEYS:
            grade = grade_of(problem("1A", "=Words", *checks), submission=SubmissionInfo(id=key, files=("a",)))
            opened.save_grade(run, key, provenance(submission=key), grade)
        yield opened


def filled(text, changes, delimiter=","):
    """The table with other cells: {(key, check): {column: cell}}; keys and checks as they stand in the file."""
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    for row in rows:
        row |= changes.get((row["key"].removeprefix("'"), row["check"]), {})
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def filled_yaml(text, changes):
    """The same in YAML, as another program writes it."""
    rows = yaml.safe_load(text)
    for row in rows:
        row |= changes.get((row["key"], row["check"]), {})
    return yaml.safe_dump(rows, sort_keys=True)


FORMS = {"csv": filled, "yaml": filled_yaml}


def decision(place=WHY, version=1, **given):
    about = {"submission": place.key, "max_score": 4, "by": "Lee", "at": NOW, "version": version}
    return Decision(place=place, **{**about, **given})


def test_a_table_has_what_waits_and_is_read_back_as_nothing_new(store):
    text = table(store)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [(row["check"], row["machine"], row["version"]) for row in rows] == [
        ("why", "manual", "0"), ("net", "error", "0"),
    ] * len(KEYS)  # fmt: skip
    assert not any(cell.startswith(("=", "+", "@", "-")) for row in rows for cell in row.values())
    assert len(list(csv.DictReader(io.StringIO(table(store, everything=True))))) == 4 * len(KEYS)
    for delimiter in ",;\t":
        found = read(store, filled(text, {}, delimiter), "Kim", NOW)
        assert (found.kept, found.unchanged, found.conflicts) == ((), 2 * len(KEYS), ())


# What is filled in, and the points and the comment that hold then.
FILLED = {
    "points": ({"points": "3"}, 3, ""),
    "a comma": ({"points": "2,5"}, 2.5, ""),
    "none": ({"points": "0"}, 0, ""),
    "a comment": ({"comment": "See\nme: $x$"}, None, "See\nme: $x$"),
    "a comment like a formula": ({"points": "4", "comment": "-1 for style"}, 4, "-1 for style"),
    "both, as a spreadsheet ends lines": ({"points": " 1 ", "comment": "a\r\nb"}, 1, "a\nb"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", FILLED)
def test_what_is_filled_in_is_kept_once(store, name, form):
    cells, points, comment = FILLED[name]
    for key in KEYS:
        text = FORMS[form](table(store, form=form), {(key, "why"): cells})
        assert [place.key for place in read(store, text, "Kim", NOW, form).kept] == [key]
        assert read(store, text, "Kim", NOW, form).kept == ()
        found = Decisions(store).decision(Place(key=key, problem="1A", check="why"))
        assert (found.points, found.comment, found.by, found.version) == (points, comment, "Kim", 1)
        assert read(store, table(store, form=form), "Kim", NOW, form).kept == ()


def test_points_that_follow_from_items_go_on_to(store):
    said = Decisions(store)
    said.save_item(Item(id="i", problem="1A", check="why", text="", points=-1 / 3, by="Lee", at=NOW, version=1))
    said.decide(decision(items=("i",)))
    text = table(store)
    assert read(store, text, "Kim", NOW).kept == ()
    read(store, filled(text, {("ada", "why"): {"comment": "Nearly."}}), "Kim", NOW)
    found = said.decision(WHY)
    assert (found.points, found.items, found.comment) == (None, ("i",), "Nearly.")
    read(store, filled(table(store), {("ada", "why"): {"points": ""}}), "Kim", NOW)
    assert not said.decision(WHY).decides


@pytest.mark.parametrize("form", FORMS)
def test_what_somebody_decided_in_between_is_told_and_stays(store, form):
    text = FORMS[form](table(store, form=form), {("ada", "why"): {"points": "1"}, ("=ben", "why"): {"points": "2"}})
    Decisions(store).decide(decision(points=4))
    found = read(store, text, "Kim", NOW, form)
    assert [place.key for place in found.kept] == ["=ben"]
    assert len(found.conflicts) == 1 and "Lee gave 4" in found.conflicts[0]
    assert Decisions(store).decision(WHY).points == 4


def test_what_was_decided_of_other_files_is_not_offered_as_theirs(store):
    Decisions(store).decide(decision(points=4, submission="other files"))
    assert read(store, filled(table(store), {}), "Kim", NOW).kept == ()
    read(store, filled(table(store), {("ada", "why"): {"points": "4"}}), "Kim", NOW)
    found = Decisions(store).decision(WHY)
    assert (found.points, found.submission, found.version) == (4, "ada", 2)


WRONG = {
    "words": ({"points": "three"}, "no number of points"),
    "too many": ({"points": "5"}, "not between 0 and 4"),
    "no number at all": ({"points": "nan"}, "not between"),
    "less than none": ({"points": "-1"}, "not between"),
    "another version": ({"version": "7"}, "no version of it"),
    "another check": ({"check": "what"}, "no check “what” of 1A of ada"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", WRONG)
def test_a_row_that_can_not_be_read_is_named_and_nothing_is_kept(store, name, form):
    cells, said = WRONG[name]
    text = FORMS[form](table(store, form=form), {("ada", "why"): cells, ("=ben", "why"): {"points": "1"}})
    with pytest.raises(SubmissionError, match=rf"line \d+: .*{said}"):
        read(store, text, "Kim", NOW, form)
    assert Decisions(store).decisions() == {}


def test_the_machine_is_overruled_with_a_reason_alone(store):
    text = filled(table(store, everything=True), {("ada", "count"): {"points": "2"}})
    with pytest.raises(SubmissionError, match="a reason is needed"):
        read(store, text, "Kim", NOW)
    text = filled(text, {("ada", "count"): {"reason": "The sketch shows it."}})
    assert len(read(store, text, "Kim", NOW).kept) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    {
        "": "has no column", "key,problem\nada,1A\n": "has no column", 'key,"x': "no CSV",
        ",".join(COLUMNS) + "\nada,,1A,why,4,manual,,,0,1,,\nada,,1A,why,4,manual,,,0,2,,\n": "the same check",
    }.items(),
)  # fmt: skip
def test_what_is_no_table_is_refused(store, text, said):
    with pytest.raises(SubmissionError, match=said):
        read(store, text, "Kim", NOW)


def test_yaml_is_written_to_be_filled_in_by_hand(store):
    text = table(store, form="yaml")
    assert read(store, text, "Kim", NOW, "yaml").unchanged == 2 * len(KEYS)
    first = text.split("- key:")[1]
    assert "points:\n" in first and "comment:\n" in first and "!!" not in text
    by_hand = first.replace("points:\n", "points: 2,50   # half\n", 1).replace(
        "comment:\n", "comment: |-\n    See\n    me.\n"
    )
    read(store, "- key:" + by_hand, "Kim", NOW, "yaml")
    (place,) = Decisions(store).decisions()
    found = Decisions(store).decision(place)
    assert (found.points, found.comment) == (2.5, "See\nme.")


NO_TABLE = {
    "nothing": ("", "no list"),
    "a mapping": ("key: ada", "no list"),
    "no YAML": ("- key: [", "no YAML: line"),
    "words": ("- ada\n- ben", "line 1: key, problem"),
    "points that are a list": (
        "- {key: ada, problem: 1A, check: why, version: 0, points: [1], comment: '', reason: ''}",
        "line 1: points is missing, or no plain value",
    ),
    "the same twice": (
        "- &a {key: ada, problem: 1A, check: why, version: 0, points: 1, comment: '', reason: ''}\n- *a",
        "same check",
    ),
}


@pytest.mark.parametrize("name", NO_TABLE)
def test_what_is_no_table_in_yaml_is_refused(store, name):
    text, said = NO_TABLE[name]
    with pytest.raises(SubmissionError, match=said):
        read(store, text, "Kim", NOW, "yaml")
