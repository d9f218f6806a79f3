"""Students' functions: found in what was handed in, run in the sandbox, compared on the host, whatever they do."""

import base64
import math
import os
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from grader.checks.function import Function
from grader.core.calls import Array, Growth
from grader.core.evidence import FunctionRun, ProblemEvidence
from grader.core.function_request import FunctionRequest, vectorised
from grader.core.inputs import Argument, draw
from grader.core.outcome import Outcome
from grader.documents import parse
from grader.execution import SANDBOX_LAYERS, Sandbox, find_sandbox, try_layer
from grader.intake import open_submission
from grader.intake.read import read_notebook
from grader.observation.definitions import code_of_document, code_of_notebook, find_function
from grader.pipeline import grade_submission
from grader.providers.function_runs import FunctionRuns
from grader.report._student import for_student
from grader.rubric import Rubric
from grader.tools import Options, tools_for

SOFTMAX = """
def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
"""


def define(*body: str, above: str = "") -> str:
    """A script that defines softmax with this body."""
    return "\n".join([above, "def softmax(x):", *(f"    {line}" for line in body), ""])


CHECK = {
    "points": 1,
    "function": "softmax",
    "aliases": ["soft_max"],
    "arguments": {"x": {"shape": ["N", "C"]}},
    "reference": SOFTMAX,
    "properties": [
        {"kind": "values", "share": 0.5},
        {"kind": "shape", "share": 0.25},
        {"kind": "stable", "share": 0.25, "inputs": [{"x": [[1000, 0]]}]},
    ],
    "seconds": 1,
}


def check_of(**changes) -> Function:
    return Function.model_validate(CHECK | changes)


def request_of(check: Function) -> FunctionRequest:
    (request,) = check.requests(ProblemEvidence(problem="1"))
    return request


def evidence_of(check: Function, found: FunctionRun) -> ProblemEvidence:
    return ProblemEvidence(problem="1").with_answer(request_of(check), found)


def run(folder: Path, check: Function, sandbox: Sandbox) -> FunctionRun:
    with open_submission(folder) as submission:
        texts = submission.of_kind((".md", ".tex", ".txt"))
        reports = {file: parse(file, (submission.root / file).read_bytes()) for file in texts}
        scripts = submission.of_kind((".ipynb",)) or submission.of_kind((".py",))
        notebooks = {f: read_notebook(submission.root / f, f) for f in scripts}
        with FunctionRuns(submission, reports, notebooks, sandbox) as runs:
            return runs.run(request_of(check))


def judge(folder: Path, source: str, check: Function, sandbox: Sandbox | None = None) -> Outcome:
    """The outcome for a script with this source."""
    (folder / "hand_in.py").write_text(source)
    found = run(folder, check, sandbox or find_sandbox())
    return check.judge(evidence_of(check, found))


# --- finding ---------------------------------------------------------------------------------------------------------

GOOD = "def f(x):\n    return x\n"
# name: (file, its text, where the function is found or what is said)
FOUND = {
    "a fence in Markdown": ("a.md", f"Some words.\n\n```python\n{GOOD}```\n", "a.md:4"),
    "a fence with tildes": ("a.md", f"~~~\n{GOOD}~~~\n", "a.md:2"),
    "a fence in a list": ("a.md", "1. It is\n\n   ```\n   def f(x):\n       return x\n   ```\n", "a.md:4"),
    "a fence that never closes": ("a.md", f"```\n{GOOD}", "a.md:2"),
    "a listing in LaTeX": ("a.tex", f"\\begin{{lstlisting}}[language=Python]\n{GOOD}\\end{{lstlisting}}\n", "a.tex:2"),
    "verbatim": ("a.tex", f"\\begin{{verbatim}}\n{GOOD}\\end{{verbatim}}", "a.tex:2"),
    "minted": ("a.tex", f"\\begin{{minted}}{{python}}\n{GOOD}\\end{{minted}}", "a.tex:2"),
    "an alias": ("a.md", f"```\n{GOOD.replace('f(', 'g(')}```\n", "a.md:2"),
    "a lambda": ("a.md", "```\nf = lambda x: x\n```\n", "a.md:2"),
    "below a decorator": ("a.md", "```\n@staticmethod\ndef f(x): return x\n```\n", "a.md:3"),
    "beside a block that is no Python": ("a.md", f"```\nx = = 1\n```\n```\n{GOOD}```\n", "a.md:5"),
    "twice": ("a.md", f"```\n{GOOD}```\n```\n{GOOD.replace('x)', 'y)')}```\n", "a.md:6 defined 2 times"),
    "twice the same": ("a.md", f"```\n{GOOD}```\n```\n{GOOD}```\n", "a.md:6"),
    "in no block": ("a.md", GOOD, "no function `f` (or `g`)"),
    "another name": ("a.md", f"```\n{GOOD.replace('f(', 'ff(')}```\n", "no function `f` (or `g`)"),
    "no valid Python": ("a.md", "\n```\ndef f(x):\nreturn x\n```\n", "a.md:3 `f` is no valid Python: line 4"),
    "a method": ("a.md", "```\nclass A:\n    def f(x):\n        return x\n```\n", "stands inside other code"),
    "far too long": ("a.md", f"```\ndef f(x): return x\n{'x=1' * 100_000}\n```\n", "longer than 200,000"),
    "brackets without end": ("a.md", f"```\ndef f(x): return {'-' * 90_000}x\n```\n", "can't be parsed"),
    "a chain without end": ("a.md", f"```\ndef f(x): return x{'.a' * 60_000}\n```\n", "can't be parsed"),
    "scars of a converter": ("a.md", "```\ndef f(x):\n    return np.max\\_value(x)\n```\n", "a.md:2"),
    "null bytes": ("a.md", "```\ndef f(x): return '\0'\n```\n", "a.md:2"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_a_function_is_found_in_a_report(name):
    file, text, expected = FOUND[name]
    found = find_function(("f", "g"), code_of_document(parse(file, text.encode())))
    said = f"{found.source or ''} {found.problem} {' '.join(found.notes)}"
    assert all(part in said for part in expected.split(" ", 1))
    assert ("times" in said) == (name == "twice")


def notebook(*cells: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])


def test_a_function_is_found_in_a_notebook_among_magics_and_shell_commands():
    cells = ("%matplotlib inline\n!pip install x", "%%bash\ndef f", f"%%time\n{GOOD}", "print(f(1))")
    found = find_function(("f",), code_of_notebook(notebook(*cells), "n.ipynb"))
    assert (str(found.source), found.problem) == ("n.ipynb, cell 3", "")


def test_only_what_defines_something_is_taken_along():
    text = (
        "```\nimport numpy as np; print('x')\nK = [1, -2]\ntrained = train()\nclass A: pass\nfor i in x: pass\n"
        + GOOD
        + "```"
    )
    found = find_function(("f",), code_of_document(parse("a.md", text.encode())))
    kept = [s.source.split("\n")[0] for s in found.statements]
    assert kept == ["import numpy as np", "K = [1, -2]", "class A: pass", "def f(x):", "def f(x):"]


@pytest.mark.kernel
def test_a_notebook_goes_before_the_report_that_quotes_it(tmp_path):
    (tmp_path / "a.md").write_text("```\ndef softmax(x): return None\n```\n")
    nbformat.write(notebook(SOFTMAX), tmp_path / "n.ipynb")
    found = run(tmp_path, check_of(), find_sandbox())
    assert str(found.source) == "n.ipynb, cell 1"
    assert not any(call.trouble for call in found.calls)


@pytest.mark.kernel
def test_a_notebook_may_use_a_script_beside_it(tmp_path):
    (tmp_path / "helpers.py").write_text("def exponentials(x):\n    return np.exp(x - x.max(axis=1, keepdims=True))\n")
    code = (
        "from helpers import *\ndef softmax(x):\n    e = exponentials(x)\n    return e / e.sum(axis=1, keepdims=True)"
    )
    nbformat.write(notebook(code), tmp_path / "n.ipynb")
    check = check_of()
    outcome = check.judge(evidence_of(check, run(tmp_path, check, find_sandbox())))
    assert outcome.status == "passed", outcome.message


READ_BY_A_PERSON = {
    "outside of blocks": SOFTMAX,
    "in a block that a converter broke": f"```{SOFTMAX}x = \u201cwords\u201d\n```\n",
}


@pytest.mark.kernel
@pytest.mark.parametrize("name", READ_BY_A_PERSON)
def test_what_is_no_code_in_a_report_is_read_by_a_person(name, tmp_path):
    (tmp_path / "from_a_pdf.txt").write_text(f"My softmax:\n{READ_BY_A_PERSON[name]}")
    check = check_of()
    found = run(tmp_path, check, find_sandbox())
    outcome = check.judge(evidence_of(check, found))
    assert (outcome.status, outcome.source) == ("manual", "from_a_pdf.txt:3")


# --- judging ---------------------------------------------------------------------------------------------------------

SHARES = "e / e.sum(axis=1, keepdims=True)"
OVERFLOWING = SOFTMAX.replace(" - x.max(axis=1, keepdims=True)", "")
WRONG = "Wrong on ordinary inputs"
# name: (source, status, share, what the message says)
JUDGED = {
    "right": (SOFTMAX, "passed", 1, "is right on 12 ordinary inputs"),
    "in float32": (SOFTMAX.replace("x -", "x.astype('f4') -"), "passed", 1, "right"),
    "in lists": (SOFTMAX.replace(SHARES, "(e / e.sum(1)[:, None]).tolist()"), "passed", 1, ""),
    "overflowing": (OVERFLOWING, "partial", 0.75, "softmax(x=[[1000, 0]]) gives [[nan, 0]], expected [[1, 0]]"),
    "flat": (SOFTMAX.replace("e / e", "(e / e").rstrip() + ").ravel()", "partial", 0.75, "Wrong shape (12 of 12"),
    "over the wrong axis": (SOFTMAX.replace("axis=1", "axis=0"), "partial", 0.25, WRONG),
    "its input": (define("return x"), "partial", 0.25, WRONG),
    "NaN": (define("return x * np.nan"), "partial", 0.25, "gives [[nan]], expected [[1]]"),
    "nothing": (define("x + 1"), "failed", 0, "returned nothing; is a `return` missing?"),
    "a word": (define("return 'softmax'"), "failed", 0, "returned str, not numbers"),
    "complex numbers": (define("return x + 1j"), "failed", 0, "returned ndarray, not numbers"),
    "ragged lists": (define("return [[1], [1, 2]]"), "failed", 0, "returned list, not numbers"),
    "far too much": (define("return np.zeros(5_000_000)"), "failed", 0, "not numbers"),
    "an exception": (define("return x / y"), "failed", 0, "NameError: name 'y' is not defined (line 2)"),
    "too many arguments": ("def softmax(x, y):\n    return x\n", "failed", 0, "missing 1 required positional"),
    "no such module": (define("return th.f(x)", above="import theano as th"), "failed", 0, "name 'th' is not"),
    "a decorator that isn't there": (define("return x", above="@jit"), "failed", 0, "could not be defined"),
    "an exit": (define("exit(0)"), "failed", 0, "softmax(x="),
    "endless recursion": (define("return softmax(x)"), "failed", 0, "RecursionError"),
    "its input changed": (SOFTMAX.replace("    e", "    x += 0; x *= 1\n    e", 1), "passed", 1, "right"),
    "terminal codes": (define("raise ValueError('\\x1b[2J\\u202e')"), "failed", 0, "ValueError:"),
    "defined twice": (define("return x") + SOFTMAX, "passed", 1, "defined 2 times"),
    "no function": ("print('x')\n", "failed", 0, "No function `softmax` (or `soft_max`) was found"),
    "no Python": ("def softmax(x):\nreturn x\n", "failed", 0, "is no valid Python"),
}  # fmt: skip


@pytest.mark.kernel
@pytest.mark.parametrize("name", JUDGED)
def test_a_function_is_judged(name, tmp_path):
    source, status, share, says = JUDGED[name]
    outcome = judge(tmp_path, source, check_of())
    assert (outcome.status, outcome.share) == (status, share), outcome.message
    assert says in outcome.message
    assert outcome.message.isprintable()


PAIR = {"t": {"shape": ["N", "K"], "values": "one_hot"}, "p": {"shape": ["N", "K"], "values": "probabilities"}}
LOSS = "-np.sum(np.where(t > 0, t * np.log(np.maximum(p, 1e-300)), 0)) / len(t)"
CE = {
    "function": "CE",
    "arguments": PAIR,
    "reference": LOSS,
    "properties": [
        {"kind": "values", "share": 1},
        {"kind": "edge", "share": 0, "say": "log(0)", "inputs": [{"t": [[1, 0]], "p": [[1, 0]]}]},
    ],
}
GRADIENT = {
    "function": "gradCE",
    "arguments": PAIR,
    "reference": "-t / p / len(t)",
    "accept": ["(p - t) / len(t)"],
    "properties": [{"kind": "gradient", "share": 1, "loss": LOSS, "of": "p", "cases": 4}],
}
ROWS = {"shape": ["N"], "values": "labels", "below": "K"}
LABELS = {
    "function": "pick",
    "arguments": {"x": {"shape": ["N", "K"]}, "labels": ROWS, "scale": {}},
    "reference": "scale * x[np.arange(len(x)), labels]",
    "properties": [{"kind": "values", "share": 1}],
}
TORCH = {"library": "torch", "seconds": 20, "reference": "torch.softmax(x, 1)"}
LOG_0 = "Note: log(0): CE(t=[[1, 0]], p=[[1, 0]]) gives nan, expected 0."
MIXED = "def gradCE(t, p): return -t / p / len(t) if len(t) > 1 else p - t"
# name: (changes to the check, source, status, what the message says)
VARIANTS = {
    "a note of an edge": (CE, "def CE(t, p): return -np.sum(t * np.log(p)) / len(t)", "passed", LOG_0),
    "no note where the edge is right": (CE, f"def CE(t, p): return {LOSS}", "passed", "log(0): right."),
    "a gradient": (GRADIENT, "def gradCE(t, p): return -t / p / t.shape[0]", "passed", "agrees with finite"),
    "a gradient that is accepted": (GRADIENT, "def gradCE(t, p): return (p - t) / t.shape[0]", "passed", "agrees"),
    "a gradient of the wrong sign": (GRADIENT, "def gradCE(t, p): return t / p / len(t)", "failed", "(4 of 4 inputs)"),
    "now the one, now the other": (GRADIENT, MIXED, "failed", "Not the gradient"),
    "labels and a plain number": (LABELS, "def pick(x, i, k): return k * x[range(len(x)), i]", "passed", "right on 12"),
    "torch": (TORCH, define("return torch.softmax(x, dim=1)", above="import torch"), "passed", "right on 12"),
    "a reference that fails": ({"reference": "x / y"}, SOFTMAX, "error", "The rubric's reference failed: softmax(x="),
    "a reference without a number": ({"reference": "x * np.nan"}, SOFTMAX, "error", "it gives [[nan]]"),
    "a reference that exits": ({"reference": define("raise SystemExit")}, SOFTMAX, "error", "SystemExit"),
}  # fmt: skip


@pytest.mark.kernel
@pytest.mark.parametrize("name", VARIANTS)
def test_a_check_may_ask(name, tmp_path):
    changes, source, status, says = VARIANTS[name]
    outcome = judge(tmp_path, source, check_of(**changes))
    assert outcome.status == status, outcome.message
    assert says in outcome.message


# name: (the one property, or other changes; what is said)
WRONG_CONFIG = {
    "shares that don't add up": ({"kind": "values", "share": 0.5}, "add up to 0.5"),
    "an edge without inputs": ({"kind": "edge", "say": "x"}, "needs `inputs`"),
    "an edge without words": ({"kind": "edge", "inputs": [{"x": [[1]]}]}, "needs to `say`"),
    "no inputs at all": ({"kind": "values", "cases": 0}, "needs `inputs`"),
    "inputs of other names": ({"kind": "values", "inputs": [{"y": 1}]}, "must give x"),
    "ragged inputs": ({"kind": "values", "inputs": [{"x": [[1], [1, 2]]}]}, "equally long"),
    "words for inputs": ({"kind": "values", "inputs": [{"x": ["a"]}]}, "is no number"),
    "a gradient of nothing": ({"kind": "gradient"}, "needs the `loss`"),
    "a gradient by no argument": ({"kind": "gradient", "loss": "x.sum()", "of": "z"}, "no argument"),
    "along no size": ({"kind": "vectorised", "along": "Z"}, "size of no argument"),
    "sizes that don't grow": ({"kind": "vectorised", "sizes": [5, 5]}, "a small and a large one"),
    "values twice": ({"properties": [{"kind": "values", "share": 0.5}] * 2}, "once each"),
    "a reference that is no Python": ({"reference": "x +"}, "is no Python"),
    "a reference of another name": ({"reference": "def f(x):\n    return x"}, "defines no function `softmax`"),
}


@pytest.mark.parametrize("name", WRONG_CONFIG)
def test_a_check_that_makes_no_sense_is_refused(name):
    changes, message = WRONG_CONFIG[name]
    with pytest.raises(ValidationError, match=message):
        check_of(**({"properties": [{"share": 1} | changes]} if "kind" in changes else changes))


def test_inputs_depend_on_the_seed_and_the_code_and_on_nothing_else():
    check = check_of()
    assert list(check.cases("a")) == list(check_of().cases("a"))
    assert list(check.cases("a")) != list(check.cases("b"))
    assert list(check.cases("a")) != list(check_of(seed=1).cases("a"))


def test_inputs_have_many_shapes_small_ones_first():
    shapes = [case.inputs["x"].shape for case in check_of().cases("a") if case.group == "values"]
    assert shapes[:2] == [(1, 1), (6, 6)]
    assert len(set(shapes)) > 6


KINDS = ("normal", "positive", "probabilities", "one_hot", "labels")


@given(
    st.sampled_from(KINDS),
    st.lists(st.sampled_from(["N", "K", 1, 3]), max_size=3),
    st.tuples(st.integers(1, 4), st.integers(4, 9)),
    st.text(max_size=5),
)
def test_whatever_is_asked_for_inputs_are_what_they_are_called(kind, shape, sizes, seed):
    argument = Argument.model_validate({"shape": shape, "values": kind, "below": "K"})
    drawn = [list(draw({"x": argument}, {"N": sizes, "K": sizes}, 4, seed)) for _ in range(2)]
    assert drawn[0] == drawn[1]
    for array in (inputs["x"] for inputs in drawn[0]):
        assert len(array.shape) == len(shape) and array.finite and array.whole == (kind == "labels")
        values, columns = array.values, array.shape[-1] if array.shape else 1
        rows = [sum(values[i : i + columns]) for i in range(0, len(values), columns)]
        if kind in ("probabilities", "one_hot"):
            assert all(abs(total - 1) < 1e-9 for total in rows)
        if kind != "normal":
            assert all(0 <= value < 9 for value in values)


@given(st.lists(st.integers(-2, 2**70), max_size=9), st.one_of(st.binary(max_size=64), st.text(max_size=20)))
def test_whatever_shape_a_process_claims_an_array_is_whole_or_refused(shape, data):
    text = base64.b64encode(data).decode() if isinstance(data, bytes) else data
    try:
        array = Array.model_validate({"shape": shape, "data": text})
    except ValidationError:
        return
    assert len(array.values) == math.prod(shape)
    assert str(array)


SPEED = {"properties": [{"kind": "vectorised", "share": 1}], "seconds": 5}
ROW_BY_ROW = define("return np.array([np.exp(row - row.max()) / np.exp(row - row.max()).sum() for row in x])")
SLEEPING = "import time\n" + SOFTMAX.replace("    e", "    time.sleep(len(x) * 2e-5)\n    e", 1)
SPEEDS = {
    "vectorised": (SOFTMAX, "passed"),
    "a loop over rows": (ROW_BY_ROW, "failed"),
    "quick and wrong": (define("return x"), "failed"),
    "slower the more rows": (SLEEPING, "failed"),
}


@pytest.mark.kernel
@pytest.mark.parametrize("name", SPEEDS)
def test_how_time_grows_is_judged(name, tmp_path):
    source, status = SPEEDS[name]
    outcome = judge(tmp_path, source, check_of(**SPEED))
    assert outcome.status in (status, "manual"), outcome.message  # a busy machine may leave it unsure, never turn it
    assert outcome.status == status or "person looks for loops" in outcome.message


QUICK, SLOW, DISTURBED = (0.001, 0.011), (0.001, 0.201), (0.001, 0.111)
# name: (the student's rounds, the verdict), beside a reference that is always quick
MEASURED = {
    "always quick": ([QUICK] * 6, True),
    "always slow": ([SLOW] * 6, False),
    "too few rounds": ([QUICK] * 5, None),
    "disturbed now and then": ([DISTURBED, QUICK, QUICK, DISTURBED, DISTURBED, QUICK], True),
    "disturbed in every other round": ([DISTURBED, QUICK] * 3, None),
    "between": ([(0.001, 0.041)] * 6, None),
}


@pytest.mark.parametrize("name", MEASURED)
def test_a_verdict_on_time_needs_all_halves_of_the_rounds(name):
    rounds, verdict = MEASURED[name]
    growth = Growth(sizes=(1, 10), student=tuple(rounds), reference=(QUICK,) * len(rounds))
    assert vectorised(growth) is verdict


@pytest.mark.kernel
def test_hidden_inputs_and_expected_values_are_not_in_the_students_copy(tmp_path):
    large = {"kind": "stable", "share": 1, "cases": 0, "inputs": [{"x": [[4321, 0]]}]}
    checks = [
        CHECK | {"type": "function", "name": "seen", "properties": [{"kind": "values", "share": 1}]},
        CHECK | {"type": "function", "name": "large", "properties": [large], "visibility": "hidden"},
    ]
    rubric = Rubric.model_validate(
        {"id": "q", "title": "Q", "problems": [{"id": "1", "title": "T", "points": 2, "checks": checks}]}
    )
    (tmp_path / "a.py").write_text(OVERFLOWING)
    grade = grade_submission(tmp_path, rubric, tools_for(rubric), Options())
    assert [c.status for c in grade.problems[0].checks] == ["passed", "failed"]
    assert "4321" in grade.model_dump_json()
    assert "4321" not in for_student(grade).grade.model_dump_json()


# --- attacks ---------------------------------------------------------------------------------------------------------

SANDBOXES = [layer for layer in SANDBOX_LAYERS[:3] if isinstance(try_layer(layer), Sandbox)]
LIES = """
class Lie(np.ndarray):
    shape = property(lambda self: (1, 1))
    def __array__(self, *args, **kwargs): return np.ones((1, 1))
class Other:
    shape, dtype = (1, 1), np.dtype(float)
    def __array__(self, *args, **kwargs): raise SystemExit
def softmax(x):
    return np.zeros((2, 7)).view(Lie) if len(x) % 2 else Other()
"""
PATCHED = """
np.allclose = np.array_equal = np.isclose = lambda *a, **k: True
np.ndarray.__eq__ = None if False else np.ndarray.__eq__
import builtins
def softmax(x):
    np.allclose = np.array_equal = np.isclose = np.testing.assert_allclose = lambda *a, **k: True
    builtins.abs = builtins.len = lambda *a: 0
    builtins.all = builtins.any = lambda *a: True
    return x * 0
"""
FORGED = """
import os, json, base64
def softmax(x):
    one = base64.b64encode(np.ones(1).tobytes()).decode()
    for fd in range(3, 40):
        try:
            os.write(fd, (json.dumps({"returned": "ndarray", "shape": [1, 1], "data": one}) + "\\n").encode())
        except OSError:
            pass
    return x * 0
"""
# What reaches the grader is one of the files that are open; this writes to all of them.
WRITE = """
import os, time
def write(what):
    for handle in range(3, 40):
        try:
            os.write(handle, what)
        except OSError:
            pass
"""
REFERENCE = """
import os, glob
def softmax(x):
    found = []
    for path in glob.glob('/proc/[0-9]*/cmdline') + glob.glob('/tmp/**', recursive=True) + glob.glob('/**/*.yaml'):
        try:
            found.append(open(path, 'rb').read(100_000))
        except OSError:
            pass
    text = b''.join(found)
    import gc
    sources = [o for o in gc.get_objects() if isinstance(o, str) and 'MARK_OF_THE_REFERENCE' in o]
    raise ValueError(f"reference seen: {b'MARK_OF_THE_REFERENCE' in text or bool(sources)}")
"""
RECOGNISES = """
import inspect
def softmax(x):
    names = {name for frame in inspect.stack() for name in [frame.function, *frame.frame.f_locals]}
    values = [v for frame in inspect.stack() for v in frame.frame.f_locals.values() if isinstance(v, str)]
    if {'values', 'stable', 'ordinary', 'expected', 'reference'} & {*names, *values}:
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    return x
"""
# name: (source, what the message says)
ATTACKS = {
    "sleep for ever": (define("time.sleep(10**6)", above="import time"), "took longer than 1 s"),
    "spin": (define("while True:", "    pass"), "took longer than 1 s"),
    "allocate 10 GB": (define("return np.ones(10 * 2**27).sum()"), "MemoryError"),
    "allocate in small pieces": (define("kept = []", "while True:", "    kept.append(bytearray(2**24))"), "softmax(x="),
    "print 300 MB": (define("print('x' * 300_000_000)", "return x * 0"), "softmax(x="),
    "print without end": (define("while True:", "    print('x' * 10_000)"), "took longer than 1 s"),
    "flood the grader": (define("write(b'x' * 300_000_000)", "return x", above=WRITE), "softmax(x="),
    "half a line": (define("write(b'{')", "time.sleep(60)", above=WRITE), "took longer than 1 s"),
    "deep data": (define("write(b'[' * 10**6 + b'\\n')", "return x", above=WRITE), "can't be understood"),
    "fork": (define("while True:", "    os.fork()", above="import os"), "softmax(x="),
    "leave processes": (define("if os.fork() == 0:", "    time.sleep(99)", "return x", above="import os, time"), WRONG),
    "exit": (define("os._exit(0)", above="import os"), "the process ended"),
    "exit at definition": (define("return x", above="import os\nclass A: os._exit(0)"), "the process ended"),
    "lie about shapes": (LIES, "Wrong"),
    "patch comparisons": (PATCHED, WRONG),
    "forge answers": (FORGED, "softmax(x="),
    "read the reference": (REFERENCE, "reference seen: False"),
    "recognise test inputs": (RECOGNISES, WRONG),
}  # fmt: skip


@pytest.mark.kernel
@pytest.mark.parametrize("start", ["cold", "forked"])
@pytest.mark.parametrize("layer", SANDBOXES)
@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_function_earns_nothing_and_harms_nobody(name, layer, start, tmp_path, forking):
    source, says = ATTACKS[name]
    check = check_of(reference=SOFTMAX + "    MARK_OF_THE_REFERENCE\n", properties=[{"kind": "values", "share": 1}])
    sandbox = try_layer(layer) if start == "cold" else forking(try_layer(layer))
    outcome = judge(tmp_path, source, check, sandbox)
    assert outcome.status == "failed", outcome.message
    assert says in outcome.message
    assert judge(tmp_path, SOFTMAX, check, sandbox).status == "passed"  # the next submission is judged as usual


@pytest.mark.kernel
@pytest.mark.parametrize("start", ["cold", "forked"])
@pytest.mark.parametrize("layer", SANDBOXES)
def test_a_function_that_writes_and_deletes_reaches_no_file_of_the_graders(layer, start, tmp_path, forking):
    grades = tmp_path / "grades.csv"
    grades.write_text("ada,100\n")
    package = Path(find_function.__code__.co_filename)
    before = package.read_bytes()
    source = define(
        f"for path in ({str(grades)!r}, {str(package)!r}, {os.__file__!r}):",
        "    for act in (lambda: open(path, 'w').write('x'), lambda: os.remove(path), lambda: os.chmod(path, 0o777)):",
        "        try:",
        "            act()",
        "        except OSError:",
        "            pass",
        f"shutil.rmtree({str(tmp_path)!r}, ignore_errors=True)",
        "return x * 0",
        above="import os, shutil",
    )
    sandbox = try_layer(layer) if start == "cold" else forking(try_layer(layer))
    outcome = judge(tmp_path, source, check_of(properties=[{"kind": "values", "share": 1}]), sandbox)
    assert outcome.status == "failed"
    assert grades.read_text() == "ada,100\n"
    assert package.read_bytes() == before


def test_an_array_whose_shape_lies_is_refused():
    with pytest.raises(ValidationError, match="doesn't fit"):
        Array(shape=(2, 2), data=b"\0" * 8)


@pytest.mark.kernel
def test_what_a_hidden_check_asks_comes_into_no_process_whose_words_are_shown(tmp_path):
    """Code that remembers its arguments where every later call in its process finds them."""
    spy = define(
        "import sys",
        "seen = sys.__dict__.setdefault('seen', [])",
        "if 4321.5 in x: seen.append('SECRET')",
        "raise ValueError(f'seen {seen}')",
    )
    (tmp_path / "a.ipynb").write_text(nbformat.writes(notebook(spy)))
    hidden = CHECK | {"properties": [{"kind": "edge", "share": 1, "say": "s", "inputs": [{"x": [[4321.5, 0]]}]}]}
    checks = [
        hidden | {"type": "function", "name": "kept back", "visibility": "hidden"},
        CHECK | {"type": "function", "name": "open"},
    ]
    problem = {"id": "1", "title": "Softmax", "points": 2, "checks": checks}
    rubric = Rubric.model_validate({"id": "r", "title": "R", "problems": [problem]})
    grade = grade_submission(tmp_path, rubric, tools_for(rubric), Options())
    first, second = grade.problems[0].checks
    assert "SECRET" in first.message and "seen []" in second.message
