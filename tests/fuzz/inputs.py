"""What the fuzz tests share: odd values, changes to valid ones, and what must hold of every grade."""

import copy
import json
from pathlib import Path

from classes import standing_of
from hypothesis import settings
from hypothesis import strategies as st

from grader.core.outcome import Grade
from grader.datasets import load_dataset
from grader.execution import NotebookArtefact
from grader.execution.sandbox import Sandbox
from grader.pipeline import grade_submission
from grader.report import FORMATS
from grader.report.csv import gradebook
from grader.resources import resource
from grader.rubric import load_rubric
from grader.tools import Data, Options, Tools

ROOT = Path(__file__).parent
# What no JSON library writes: these strings become the raw text.
_RAW = {"HUGE": "9" * 5000, "FAR": "1e999999", "DEEP": "[" * 3000 + "]" * 3000}
NASTY = (
    *("", " ", "\0", "\ud800", "\ufeff", "\u202e\u2066", "\x1b[31m", "\r\n", "a" * 5000, "NaN", "<script>", "{{ 1 }}"),
    *("__class__", "../../etc/passwd", "=1+1", "%s%n", "９", "²", "½", "\u2028", "🙂" * 9, *_RAW),
)
NUMBERS = st.sampled_from([-1, 0, 1, 2, 3, 8, 10, 64, 10**8, 10**9, 2**31, 2**63, 2**64, 10**30, -(2**63)])
ODD = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    st.floats(),
    st.text(max_size=9),
    st.sampled_from(NASTY),
    st.just([]),
    st.just({}),
)
JSON = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)


def fuzz(examples: int) -> settings:
    """The settings of a test that tries this many inputs in CI."""
    return settings(settings.get_profile("fuzz"), max_examples=examples)


def written(value: object) -> str:
    """JSON, with what JSON allows and no library writes."""
    text = json.dumps(value)
    for name, raw in _RAW.items():
        text = text.replace(f'"{name}"', raw)
    return text


def _places(value: object, path: tuple = ()) -> list[tuple]:
    """The path of every part of a value, the value itself first."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inside for place in _places(item, (*path, key)))]


def in_words(error: Exception) -> None:
    """What the grader's own errors must be: some words, and not a book."""
    assert 0 < len(str(error)) < 10_000


@st.composite
def changed(draw, *valid):
    """One of these values with up to four of its parts replaced, removed, doubled or called something else."""
    value = copy.deepcopy(draw(st.sampled_from(valid)))
    for _ in range(draw(st.integers(0, 4))):
        *above, key = draw(st.sampled_from(_places(value))) or (None,)
        if key is None:
            if draw(st.integers(0, 9)) == 0:
                value = draw(JSON)
            continue
        inside = value
        for step in above:
            inside = inside[step]
        how = draw(st.sampled_from(["odd", "json", "remove", "double", "wrap", "rename"]))
        if how in ("odd", "json"):
            inside[key] = draw(ODD if how == "odd" else JSON)
        elif how == "wrap":
            inside[key] = [inside[key]]
        elif how == "double" and isinstance(inside, list):
            inside[key:key] = [copy.deepcopy(inside[key])] * draw(st.sampled_from([1, 2, 200]))
        elif how == "rename" and isinstance(inside, dict):
            inside[draw(st.text(max_size=6) | st.sampled_from(NASTY))] = inside.pop(key)
        else:
            del inside[key]
    return value


@st.composite
def broken(draw, *valid):
    """One of these byte strings, cut, with other bytes in it, or with a part of it lost or doubled."""
    raw = draw(st.sampled_from(valid))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        end = min(len(raw), start + draw(st.sampled_from([0, 1, 2, 8, 100])))
        how = draw(st.sampled_from(["cut", "other", "lose", "double"]))
        middle = {"cut": b"", "lose": b"", "double": raw[start:end] * 2}.get(how)
        if middle is None:
            middle = draw(
                st.binary(max_size=8) | st.sampled_from([b"\xff\xff\xff\xff", b"\0" * 9, b"9" * 5000, b"[" * 9999])
            )
        raw = raw[:start] + middle + (b"" if how == "cut" else raw[end:])
    return raw


ANSWERS = load_rubric(ROOT / "answers.yaml")
NETWORKS = load_rubric(ROOT / "networks.yaml")
ADA = resource("reference") / "demo" / "ada"
NOTEBOOK = json.loads((ADA / "network.ipynb").read_text())
_DIGITS = load_dataset("digits")


def grade(folder: Path, rubric, report: str = "") -> Grade:
    """Grade a folder, with what a notebook's probe would have written, and look at every report on it."""

    def ran(*_: object, **__: object) -> NotebookArtefact:
        return NotebookArtefact(cells=(), findings=report)

    tools = Tools(sandbox=Sandbox(layer="limits", sentence=""), data=Data(lambda: (_DIGITS, "")), run=ran)
    found = grade_submission(folder, rubric, tools, Options(retrain=False))
    assert 0 <= found.score <= found.max_score == rubric.max_score
    for problem in found.problems:
        for check in problem.checks:
            assert check.status != "error", check.message
    for render in FORMATS.values():
        assert render(found).encode()
    text = FORMATS["json"](found)
    json.loads(text, parse_constant=lambda word: AssertionError(word))
    assert FORMATS["json"](Grade.model_validate_json(text)) == text
    assert gradebook([standing_of(found, rubric)]).encode()
    return found
