"""Rubrics: line-numbered errors, lint, the schema, and that the ones that come with the grader hold."""

import json
import re

import pytest

from grader.checks import check_types
from grader.core.errors import RubricError
from grader.rubric import Rubric, available_rubrics, load_rubric
from grader.rubric.lint import lint

GOOD = """\
id: quiz
title: A quiz
problems:
  - id: 1
    title: Convolution
    points: 2
    checks:
      - {type: numeric, label: [parameters], expect: 608, points: 1}
      - {type: shape, expect: [28, 28, 8], points: 1}
"""

SHAPE = "type: shape, expect: [28, 28, 8]"

# name: (a change to the good rubric, the line that the error names, what it says)
WRONG = {
    "unknown key": (("expect: 608", "expct: 608"), 8, "unknown key `expct`. Did you mean `expect`?"),
    "unknown key of a problem": (("title: Convolution", "titel: Convolution"), 5, "Did you mean `title`?"),
    "unknown check type": (("type: shape", "type: shap"), 9, "unknown check type `shap`. Did you mean `shape`?"),
    "check without type": (("type: shape, ", ""), 9, "a check needs a `type`"),
    "missing key": (("title: A quiz\n", ""), 1, "`title` is missing"),
    "wrong type": (("points: 2", "points: many"), 6, "`points`: input should be a valid number"),
    "points that don't add up": (("points: 2", "points: 3"), 4, "add up to 2 points, its `points` say 3"),
    "negative points": (("points: 2", "points: -2"), 6, "greater than or equal to 0"),
    "two checks of one name": ((SHAPE, "type: numeric, expect: 3"), 4, "give them a `name`"),
    "requires what isn't there": (("expect: 608", "expect: 608, requires: [shap]"), 4, "no earlier check"),
    "neither expect nor between": (("expect: 608, ", ""), 8, "give either `expect` or `between`"),
    "key given twice": (("title: A quiz", "title: A quiz\ntitle: Another"), 3, "duplicate key"),
    "no YAML": (("id: quiz", "id: [quiz"), 2, "is not YAML"),
    "a tab": (("    title", "\ttitle"), 5, "is not YAML"),
    "unknown key inside a derived value": (
        ("expect: 608", "expect: {parameters_of: {layer: Linear, in_featurs: 3, out_features: 4}}"),
        8,
        "Did you mean `in_features`?",
    ),
    "no date": (("title: A quiz", "title: A quiz\ndue: 27.11.2026\ntimezone: UTC"), 3, "“27.11.2026” is no date"),
    "a date without a zone": (
        ("title: A quiz", "title: A quiz\ndue: 2026-11-27"),
        3,
        "has no zone: give the rubric a `timezone`",
    ),
    "no zone": (
        ("title: A quiz", "title: A quiz\ndue: 2026-11-27\ntimezone: Zurich"),
        4,
        "did you mean Europe/Zurich?",
    ),
    "a time that is none": (
        ("title: A quiz", "title: A quiz\ntimezone: Europe/Zurich\ndue: 2026-03-29 02:30:00"),
        4,
        "does not exist in Europe/Zurich",
    ),
    "percents of lateness": (("title: A quiz", "title: A quiz\nlate:\n  per_day: 10"), 4, "less than or equal to 1"),
    "unknown key of a policy": (("title: A quiz", "title: A quiz\nlate:\n  perday: 0.1"), 4, "Did you mean `per_day`?"),
    "days and hours": (
        ("title: A quiz", "title: A quiz\nlate: {per_day: 0.1, per_hour: 0.1}"),
        3,
        "give either `per_day`",
    ),
    "late days for nothing": (("title: A quiz", "title: A quiz\nlate: {late_days: 3}"), 3, "`late_days` are free of"),
    "at most of nothing": (("title: A quiz", "title: A quiz\nlate: {at_most: 0.5}"), 3, "`at_most` bounds what"),
    "beyond no days": (("title: A quiz", "title: A quiz\nlate: {beyond: person}"), 3, "what holds after `until_days`"),
    "accuracy without a data set": ((SHAPE, "type: accuracy, at_least: 0.9"), 1, "`dataset`"),
}


def rubric_file(tmp_path, text):
    path = tmp_path / "quiz.yaml"
    path.write_text(text)
    return path


def test_a_rubric_of_ten_lines(tmp_path):
    rubric = load_rubric(rubric_file(tmp_path, GOOD))
    assert (rubric.max_score, [c.title for c in rubric.problems[0].checks]) == (2, ["numeric", "shape"])


@pytest.mark.parametrize(
    ("said", "due"),
    [
        ("due: 2026-11-27\ntimezone: Europe/Zurich", "2026-11-27T23:59:59+01:00"),
        ("timezone: America/Los_Angeles\ndue: 2026-11-27 17:00:00", "2026-11-27T17:00:00-08:00"),
        ("due: 2026-07-27T17:00:00+01:00\ntimezone: Europe/Zurich", "2026-07-27T18:00:00+02:00"),
        ("due: 2026-07-27 17:00:00 -05:00", "2026-07-27T17:00:00-05:00"),
        ('due: "2026-07-27T17:00Z"', "2026-07-27T17:00:00+00:00"),
    ],
)
def test_a_due_date_is_a_moment(tmp_path, said, due):
    rubric = load_rubric(rubric_file(tmp_path, f"{GOOD}{said}\nlate: {{per_day: 0.1, at_most: 0.5}}\n"))
    assert rubric.due_at.isoformat() == due
    assert lint(rubric) == []
    assert load_rubric(rubric_file(tmp_path, GOOD)).due_at is None


def test_lint_notices_dates_that_are_probably_not_meant(tmp_path):
    found = lint(load_rubric(rubric_file(tmp_path, f"{GOOD}due: 2026-11-27 00:00\ntimezone: EST\n")))
    assert any("EST may know no summer time" in w for w in found)
    assert any("2026-11-27 00:00 is the first moment of that day" in w for w in found)


EXTRA = """\
  - id: 2
    title: More
    points: 3
    extra_credit: true
    checks: [{type: manual, note: read it, points: 3}]
"""


@pytest.mark.parametrize("promised", [2, 5])
def test_extra_credit_comes_on_top(tmp_path, promised):
    sections = f"points: 2\nsections: [{{id: '1', title: All, points: {promised}, problems: ['1', '2']}}]\n"
    rubric = load_rubric(rubric_file(tmp_path, GOOD + EXTRA + sections))
    assert rubric.max_score == 2
    assert lint(rubric) == []
    alone = load_rubric(rubric_file(tmp_path, GOOD.replace("points: 2\n", "points: 2\n    extra_credit: true\n")))
    assert (alone.max_score, len(lint(alone))) == (0, 1)


@pytest.mark.parametrize("name", WRONG)
def test_an_error_names_file_line_and_what_is_allowed(name, tmp_path):
    (old, new), line, said = WRONG[name]
    assert old in GOOD
    path = rubric_file(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(RubricError) as caught:
        load_rubric(path)
    faults = str(caught.value).splitlines()
    assert any(fault.startswith(f"{path}:{line}: ") and said in fault for fault in faults), faults


def test_every_fault_is_told_at_once(tmp_path):
    path = rubric_file(tmp_path, GOOD.replace("expect: 608", "expct: 608").replace("title: Convolution", "titel: C"))
    with pytest.raises(RubricError) as caught:
        load_rubric(path)
    assert {"expct", "titel"} <= set(re.findall(r"`(\w+)`", str(caught.value)))


def test_an_unknown_rubric_lists_the_known_ones():
    with pytest.raises(RubricError, match="Did you mean cs155-2023-set4"):
        load_rubric("cs155-2023-set")


def test_lint_notices_what_a_check_tells_of_a_hidden_one(tmp_path):
    hidden = "{type: numeric, name: kept back, expect: 3, points: 0, visibility: hidden}\n      - "
    text = GOOD.replace("{type: shape,", hidden + "{type: shape, requires: [kept back],")
    found = lint(load_rubric(rubric_file(tmp_path, text)))
    assert any("tells students whether the hidden “kept back” passed" in w for w in found), found


def test_lint_notices_sums_and_checks_that_cannot_fail(tmp_path):
    text = GOOD + "sections: [{id: '1', title: All, points: 3, problems: ['1']}]\n"
    text = text.replace("{type: shape, expect: [28, 28, 8]", "{type: manual")
    text = text.replace("expect: 608", "expect: 608, mistakes: [{match: 608, say: no}]")
    found = lint(load_rubric(rubric_file(tmp_path, text)))
    assert any("section 1: its problems add up to 2 points, its heading says 3" in w for w in found)
    assert any("1/manual: a manual check without a `note`" in w for w in found)
    assert any("608 is accepted as right" in w for w in found)


def test_the_schema_knows_every_check_type_and_key():
    schema = json.dumps(Rubric.model_json_schema())
    for name, check in check_types().items():
        assert f'"{name}"' in schema
        assert all(f'"{field}"' in schema for field in check.model_fields)


def test_set_4_has_every_point_of_its_document():
    rubric = load_rubric("cs155-2023-set4")
    points = {problem.id: problem.points for problem in rubric.problems}
    assert points == {
        "1A": 5,
        "1B": 5,
        "1C": 10,
        "1D": 7,
        "1E": 8,
        "2A": 2,
        "2B": 5,
        "2C": 5,
        "2D": 5,
        "3A": 3,
        "3B": 8,
        "3C": 6,
        "3D": 6,
        "4A": 5,
        "4B": 2,
        "4C": 3,
        "4D": 4,
        "4E": 5,
        "4F": 20,
    }
    assert lint(rubric) == [
        "section 4: its problems add up to 39 points, its heading says 40",
        "the headings add up to 115 points, the problems to 114",
    ]


def test_every_rubric_lints_without_an_error():
    assert {"demo", "cs155-2023-set4"} <= set(available_rubrics())
    for name in available_rubrics():
        lint(load_rubric(name))


def test_the_matlab_course_has_every_point_of_its_document():
    rubric = load_rubric("cmu16720-cnn")
    assert lint(rubric) == []
    points = {problem.id: problem.points for problem in rubric.problems}
    theory = {"1.1a": 2.5, "1.1b": 2.5, "1.2": 5, "1.3": 5, "1.4": 5, "1.5a": 3, "1.5b": 1, "1.5c": 1}
    assert points == theory | {"4.1": 5, "4.2": 10, "5.1": 5, "5.2": 5, "6": 20}


def test_the_keras_year_has_every_point_of_its_document():
    rubric = load_rubric("cs155-2019-set4")
    assert lint(rubric) == []
    points = {problem.id: problem.points for problem in rubric.problems}
    first = {"1A": 5, "1B": 5, "1C": 10, "1D": 7, "1E": 8}
    second = {"2A": 2, "2B": 1, "2C": 2, "2D": 8, "2E": 6, "2F": 6}
    third = {"3A": 5, "3B": 2, "3C": 3, "3D": 3, "3E": 3, "3F": 4, "3G": 20}
    assert points == first | second | third


def test_ece421_has_every_point_of_its_document():
    rubric = load_rubric("ece421-a2")
    points = {problem.id: problem.points for problem in rubric.problems}
    helpers = {"1.1.1": 0.5, "1.1.2": 0.5, "1.1.3": 0.5, "1.1.4": 0.5, "1.1.5": 2}
    derivations = {"1.2.1": 1, "1.2.2": 1, "1.2.3": 1, "1.2.4": 1}  # 4 points together
    learning = {"1.3": 6, "1.4.1": 2, "1.4.2": 2}
    tensorflow = {"2.1": 4, "2.2": 4, "2.3.1": 3, "2.3.2": 3}
    assert points == helpers | derivations | learning | tensorflow
    assert lint(rubric) == [
        "section 1: its problems add up to 18 points, its heading says 14",
        "the headings add up to 28 points, the problems to 32",
    ]
