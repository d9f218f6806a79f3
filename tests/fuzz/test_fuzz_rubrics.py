"""Rubrics of any text give a rubric, or an error that says where."""

import re
from pathlib import Path

import pytest
from blocks import document
from hypothesis import example, given
from hypothesis import strategies as st
from inputs import ADA, JSON, broken, changed, fuzz, written
from ruamel.yaml import YAML

from grader.core.errors import RubricError
from grader.observation.evidence import observe
from grader.resources import resource
from grader.rubric import load_rubric
from grader.rubric.lint import lint

pytestmark = pytest.mark.filterwarnings("ignore")  # an anchor that stands twice is no fault

DEMO = (resource("rubrics") / "demo.yaml").read_text()
TREE = YAML(typ="safe").load(DEMO)
OWN = YAML(typ="safe").load(Path(__file__).with_name("answers.yaml"))
REPORT = (ADA / "report.md").read_text()
SNIPPETS = [
    *("&a [*a]", "&a {b: *a}", "*conv", "*none", "{<<: *conv}", "<<: *conv", "<<: 5", "? [a, b]\n: 1", "? {a: b}\n: 1"),
    *("!!set {a, b}", "!!omap [a: 1]", "!!python/object:os.system x", "!!binary aGk=", "!!binary 5", "!unknown x"),
    *("!!int abc", "!!float x", "!!timestamp 5", "!!bool 7", "2001-01-01", "2001-99-99", "12:30:45", "0x" + "f" * 5000),
    *(
        "9" * 5000,
        "1e999999",
        ".nan",
        "-.inf",
        "1_000",
        "0o9",
        "~",
        "yes",
        "|",
        ">-",
        "'",
        '"\\ud800"',
        '"\\x"',
        "\t- a",
    ),
    *(
        "%YAML 1.1",
        "%TAG ! x",
        "---",
        "...",
        "--- a\n--- b",
        "@a",
        "`a",
        "{[",
        "]}",
        "- - - -",
        ": :",
        "#",
        "\0",
        "\ufeff",
    ),
    *("!!map [1]", "!!seq {a: 1}", "!!str [a]", "!!null 5", "1: 2", "true: 1", "null: 1", "1.5: 1", "? ", "[" * 2000),
]


def says_where(error, path):
    """Each line names the file, and its own line unless the text as a whole is at fault."""
    assert str(error).startswith(path)
    if not error.where:
        assert all(re.match(rf"{re.escape(path)}:\d+: .", line) for line in error.found.splitlines()), error


def load(raw, tmp_path):
    path = tmp_path / "demo.yaml"
    path.write_bytes(raw)
    try:
        rubric = load_rubric(path)
    except RubricError as error:
        says_where(error, str(path))
        return
    assert all(isinstance(line, str) for line in lint(rubric))
    evidence = observe(rubric, {"report.md": document(REPORT)}, {})
    for problem in rubric.problems:
        for check in problem.checks:
            assert isinstance(check.asked(), str)
            check.judge(evidence[problem.id])


@st.composite
def edited(draw):
    """The text of the rubric with YAML's rare words in it."""
    lines = DEMO.split("\n")
    for _ in range(draw(st.integers(1, 3))):
        number = draw(st.integers(0, len(lines) - 1))
        line, word = lines[number], draw(st.sampled_from(SNIPPETS) | st.text(max_size=5))
        indent = line[: len(line) - len(line.lstrip())]
        spots = [match.end() for match in re.finditer(r"[:,\[{-] ?", line)] or [0]
        spot = draw(st.sampled_from(spots))
        value = re.match(r"[^,}\]]*", line[spot:])[0]
        lines[number] = draw(
            st.sampled_from([line[:spot] + word + line[spot + len(value) :], f"{line}\n{indent}{word}", indent + word])
        )
    return "\n".join(lines)


@example(DEMO.replace("points: 3\n", "points: {}\n"))
@example(DEMO.replace("{layer: Conv2d, in_channels: 1", "{<<: &a {layer: Conv2d, in_chanels: 1}"))
@example(DEMO.replace("id: demo", "id: &a [*a]"))
@example(DEMO.replace("id: demo", "id: !!bool 7"))
@example(DEMO.replace("points: 3\n", "points: 0x" + "f" * 5000 + "\n"))
@fuzz(150)
@given(edited())
def test_other_words(tmp_path, text):
    load(text.encode("utf-8", "replace"), tmp_path)


@fuzz(150)
@given(changed(TREE, OWN))
def test_other_values(tmp_path, tree):
    load(written(tree).encode(), tmp_path)


@fuzz(60)
@given(JSON.map(lambda value: written(value).encode()) | st.binary(max_size=100) | broken(DEMO.encode()))
def test_any_bytes(tmp_path, raw):
    load(raw, tmp_path)


@pytest.mark.parametrize("depth", [5, 9, 30])
def test_lists_of_lists_that_double(tmp_path, depth):
    """A few lines that stand for 10 ** depth values."""
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, depth + 1)]
    load(("\n".join(lines) + "\n" + DEMO).encode(), tmp_path)
    load((DEMO + f"limits: *a{depth}\n" + "\n".join(lines)).encode(), tmp_path)
