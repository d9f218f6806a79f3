"""The student edition: it tells no answer, and judges what it judges as the full rubric does."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from grader.checks import OnlyRead, check_types
from grader.core.errors import RubricError
from grader.rubric import Rubric, available_rubrics, load_rubric
from grader.rubric.edition import ENDING, edition_text, find_edition, student_edition
from grader.rubric.lint import told

RUBRICS = available_rubrics()
# Keys that hold what is right, how far from it is right as well, or what is said to whoever errs, by type: other
# values for them. What a key must not be changed to, since the question says it, isn't here.
OTHER: dict[str, dict[str, Any]] = {
    "numeric": {"expect": 987654.25, "accept": [3.5], "tolerance": 0.125, "mistakes": [{"match": 4.5, "say": "Hm."}]},
    "shape": {"expect": [5, 6, 7, 8], "layout": "exact", "mistakes": [{"match": [1, 2, 3], "say": "Hm."}]},
    "matrices": {"tolerance": 0.5, "mistakes": [{"match": [[9]], "say": "Hm."}]},
    "expression": {"expect": "41", "accept": ["42"], "tolerance": 0.25, "functions": {"q": "x"}, "names": {"p": ["r"]}},
    "parameter_count": {
        "architectures": {"other": [{"layer": "Linear", "in_features": 3, "out_features": 4}]},
        "total": None,
        "tolerance": 0.25,
        "mistakes": [{"match": 5, "say": "Hm."}],
    },
    "truth_table": {"hidden_units": 7, "minimal": 0.625, "true": 2.5},
    "confusion_matrix": {"accuracy": ["other"], "accuracy_in": "9Z", "tolerance": 0.25},
    "weights": {"shapes": [[7, 7]]},
    "function": {"reference": "0 * {argument}", "properties": [{"kind": "values", "share": 1}], "seed": 5},
    "table": {"between": [-5.5, 77.5]},
    "training_log": {"first_at_most": 0.123, "reason": "Hm.", "tolerance": 0.25},
    "choice": {},
    "variable": {"expect": 123.5, "length": None, "tolerance": 0.5},
}


def plain(name: str) -> dict[str, Any]:
    path = Path(__file__).resolve().parents[2] / "rubrics" / f"{name}.yaml"
    return YAML(typ="safe").load(path)


def otherwise(values: dict[str, Any]) -> dict[str, Any]:
    """The same rubric with other answers, notes, mutants and salt."""
    problems = [p | {"checks": [_otherwise(check) for check in p["checks"]]} for p in values["problems"]]
    return values | {"problems": problems, "mutants": [], "salt": "another", "reference": "elsewhere"}


def _otherwise(check: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(check_types()[check["type"]].model_validate({"points": 0} | check).for_students(), OnlyRead):
        return check | _words_for_staff(check)
    other = OTHER[check["type"]]
    if check["type"] == "numeric" and "between" in check:
        other = {"between": [987654, 987655]}
    if check["type"] == "matrices":
        given = check["expect"]
        number = len(given["images"] if isinstance(given, dict) else given)
        other = other | {"expect": [[[n + 0.5, 77.0, 3.0]] for n in range(number)]}
    if check["type"] == "confusion_matrix":
        other = other | {"class_counts": [count + 7 for count in check["class_counts"]]}
    if check["type"] == "function":
        argument = next(iter(check["arguments"]))
        other = other | {"reference": other["reference"].format(argument=argument)}
    return check | other | _words_for_staff(check)


def _words_for_staff(check: dict[str, Any]) -> dict[str, Any]:
    points = check["points"] if isinstance(check["points"], int | float) else 0
    return {"note": "Another note."} | ({"items": [{"text": "Another item.", "points": -points}]} if points else {})


@pytest.mark.parametrize("name", RUBRICS)
def test_an_edition_is_a_rubric_that_loads_as_it_was(name: str, tmp_path: Path) -> None:
    rubric = load_rubric(name)
    edition = student_edition(rubric)
    path = tmp_path / f"{name}{ENDING}"
    path.write_text(edition_text(edition))
    assert load_rubric(path) == edition
    assert edition.max_score == rubric.max_score
    assert [p.id for p in edition.problems] == [p.id for p in rubric.problems]
    assert not list(told(rubric))
    with pytest.raises(RubricError, match="student edition already"):
        student_edition(edition)


@pytest.mark.parametrize("name", RUBRICS)
def test_rubrics_that_differ_in_what_is_right_have_the_same_edition(name: str) -> None:
    values = plain(name)
    other = otherwise(values)
    assert other["problems"] != values["problems"]
    full, changed = Rubric.model_validate(values), Rubric.model_validate(other)
    assert edition_text(student_edition(full)) == edition_text(student_edition(changed))


def test_every_type_with_an_answer_is_changed_by_the_test_above() -> None:
    whole = {"accuracy", "consistency", "figure", "files", "hidden_layers", "hidden_units", "layers", "links", "loss"}
    whole |= {"manual", "parameters", "reported", "training_recipe", "version", "read"}
    assert check_types().keys() == OTHER.keys() | whole  # a new type stands in one of them


HIDDEN = [
    {"type": "numeric", "name": "secret", "points": 1, "expect": 4711, "label": ["wombats"], "visibility": "hidden"},
    {"type": "accuracy", "name": "robust", "points": 1, "at_least": 0.4711, "visibility": "hidden"},
    {"type": "manual", "name": "style", "points": 1, "note": "wombats", "visibility": "after_published"},
]


def test_of_hidden_checks_an_edition_tells_their_points_alone() -> None:
    editions = set()
    for hidden in HIDDEN:
        values = plain("demo")
        first = values["problems"][0]
        first["checks"] = [hidden, *(check | {"requires": [hidden["name"]]} for check in first["checks"])]
        first["points"] += 1
        editions.add(edition_text(student_edition(Rubric.model_validate(values))))
    (edition,) = editions
    assert "4711" not in edition and "wombat" not in edition and "requires" in edition
    assert re.search(r"name: more\n\s+points: 1\n", edition)


@pytest.mark.parametrize("name", RUBRICS)
def test_no_answer_note_or_word_of_a_mistake_stands_in_an_edition(name: str) -> None:
    rubric = load_rubric(name)
    edition = edition_text(student_edition(rubric))
    searched = " ".join(edition.split())
    public = " ".join(f"{p.title} {p.text}" for p in rubric.problems)
    for problem in rubric.problems:
        for check in problem.checks:
            for words in _secret_words(check.model_dump(mode="json")):
                assert " ".join(words.split()) not in searched, (problem.id, words)
            for answer in check.answers():
                for spelling in _spellings(answer):
                    if len(spelling) > 2 and spelling not in public:
                        assert not re.search(rf"(?<![\w.,]){re.escape(spelling)}(?![\w]|[.,]\d)", searched), spelling
    for mutant in rubric.mutants:
        assert mutant.name not in searched
    assert not rubric.salt or rubric.salt not in searched


def _secret_words(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for inner, held in value.items():
            yield from _secret_words(held, inner)
    elif isinstance(value, list | tuple):
        for held in value:
            yield from _secret_words(held, key)
    elif isinstance(value, str) and key in ("note", "say", "reason", "reference") and len(value) > 3:
        yield value


def _spellings(answer: str) -> Iterator[str]:
    yield answer
    if answer.isdigit():
        yield f"{int(answer):,}"
        yield f"{float(answer):e}"
        yield hex(int(answer))
    if re.fullmatch(r"\d+(x\d+)+", answer):
        yield from (answer.replace("x", by) for by in (" x ", ", ", r" \times "))


def test_seeds_at_home_are_others_than_those_that_count() -> None:
    rubric = load_rubric("demo")
    at_home = student_edition(rubric).salt
    assert at_home and at_home != rubric.salt
    assert student_edition(rubric.model_copy(update={"salt": at_home})).salt != at_home


@pytest.mark.parametrize("where", [".", "notebooks", "notebooks/deep"])
def test_the_edition_is_found_from_wherever_one_works(where: str, tmp_path: Path) -> None:
    place = tmp_path / where
    place.mkdir(parents=True, exist_ok=True)
    (tmp_path / f"set{ENDING}").write_text("")
    assert find_edition(place) == (tmp_path / f"set{ENDING}").resolve()


def test_several_editions_are_named_and_none_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / f"a{ENDING}").write_text("")
    (tmp_path / f"b{ENDING}").write_text("")
    with pytest.raises(RubricError, match="holds several assignments: a.grader.yaml, b.grader.yaml"):
        find_edition(tmp_path)
