"""Answers stated in answers.yaml or in a labelled cell: read surely, each with its line, and what is wrong in them."""

import nbformat
import pytest

from grader.core.evidence import ProblemEvidence
from grader.observation.forms import read_forms
from grader.pipeline import grade_submission
from grader.rubric import Rubric, available_rubrics, load_rubric
from grader.rubric.template import template
from grader.rubric.tree import parse
from grader.tools import Options, tools_for

RUBRIC = Rubric.model_validate(
    {
        "id": "quiz",
        "title": "A quiz",
        "problems": [
            {
                "id": "4B",
                "title": "Convolutions",
                "points": 7,
                "checks": [
                    {"type": "numeric", "name": "parameters", "label": ["parameters"], "expect": 608, "points": 1},
                    {"type": "shape", "expect": [28, 28, 8], "points": 1},
                    {"type": "matrices", "lead": "max", "expect": [[[1, 2], [3, 4]]], "points": 1},
                    {"type": "expression", "label": ["g"], "expect": "x^2", "variables": ["x"], "points": 1},
                    {"type": "parameter_count", "total": 138357544, "points": 1},
                    {
                        "type": "choice",
                        "options": {"grid": ["grid"], "random": ["random"]},
                        "expect": "grid",
                        "points": 1,
                    },
                    {"type": "truth_table", "function": "or", "points": 1},
                ],
            },
            {"id": "1.2", "title": "A proof", "points": 1, "checks": [{"type": "manual", "note": "n", "points": 1}]},
        ],
    }
)
RIGHT = """\
4B:
  parameters: 608
  shape: [8, 28, 28]
  matrices: [[1, 2], [3, 4]]
  expression: 'x \\cdot x'
  parameter_count: 138e+6
  choice: grid
  truth_table: "f(x1, x2) = ReLU(x1 + x2)"
"""
WRONG = """\
4B:
  parameters: 600
  shape: [28, 28, 3]
  matrices: [[1, 2], [3, 5]]
  expression: 2x
  parameter_count: 62e+6
  choice: random
  truth_table: "f(x1, x2) = ReLU(x1 + x2 - 1)"
"""


@pytest.fixture(scope="module")
def tools():
    return tools_for(RUBRIC)


def statuses(folder, tools):
    grade = grade_submission(folder, RUBRIC, tools, Options(retrain=False))
    return {check.name: check for problem in grade.problems for check in problem.checks if problem.id == "4B"}, grade


def submission(tmp_path, form, report="# Problem 4B\nIt has 7 parameters, and its shape is 3x3.\n"):
    (tmp_path / "report.md").write_text(report)
    (tmp_path / "answers.yaml").write_text(form)
    return tmp_path


@pytest.mark.kernel
def test_what_a_form_states_goes_before_the_report(tmp_path, tools):
    found, grade = statuses(submission(tmp_path, RIGHT.replace("138e+6", "138357544")), tools)
    assert {name: check.status for name, check in found.items()} == dict.fromkeys(found, "passed")
    assert [check.source for check in found.values()] == [f"answers.yaml:{line}" for line in range(2, 9)]
    assert grade.notes == ()


@pytest.mark.kernel
def test_what_a_form_states_wrongly_is_failed(tmp_path, tools):
    found, _ = statuses(submission(tmp_path, WRONG), tools)
    assert {name: check.status for name, check in found.items()} == dict.fromkeys(found, "failed")


def test_what_a_form_leaves_empty_is_read_from_the_report(tmp_path, tools):
    found, _ = statuses(submission(tmp_path, "4B:\n  parameters:\n", "# Problem 4B\n608 parameters\n"), tools)
    assert (found["parameters"].status, found["parameters"].source) == ("passed", "report.md:2")


FAULTS = {
    "an unknown problem": ("4C: {parameters: 608}", "answers.yaml:1: no problem 4C. There are: 4B."),
    "an unknown answer": ("4B:\n  parameter: 608", "answers.yaml:2: no answer “parameter”. Did you mean parameters?"),
    "a word for a number": ("4B:\n  parameters: many", "answers.yaml:2: “parameters” must be a number; found 'many'"),
    "a truth for a number": ("4B:\n  parameters: yes", "must be a number"),
    "no number": ("4B:\n  parameters: .nan", "must be a number"),
    "a number for a shape": ("4B:\n  shape: 28", "must be a list of whole numbers"),
    "a list for a matrix": ("4B:\n  matrices: [1, 2]", "must be a matrix"),
    "a value for a problem": ("4B: 608", "4B takes one line for each of: parameters, shape"),
    "no YAML": ("4B: [", "answers.yaml:1: is not YAML"),
    "a list": ("- 608", "must be a mapping from problems to answers"),
    "aliases without end": ("a: &a [1]\n" + "\n".join(f"b{i}: &b{i} [*a, *a]" for i in range(3)), "no problem a"),
    "far too long": ("#" * 200_000, "longer than 100,000 characters"),
    "a deep nest": ("4B: " + "[" * 3000, "opens 100 brackets"),
}


@pytest.mark.parametrize(("form", "said"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_in_a_form_is_named(form, said):
    stated = read_forms(RUBRIC, {"answers.yaml": form}, {})
    assert stated.answers == {}
    assert any(said in note for note in stated.notes), stated.notes


@pytest.mark.parametrize(
    "cell",
    [
        nbformat.v4.new_markdown_cell("# answers.yaml\n4B:\n  parameters: 608"),
        nbformat.v4.new_markdown_cell("## answers.yaml\n```yaml\n4B:\n  parameters: 608\n```"),
        nbformat.v4.new_raw_cell("# answers.yaml\n4B: {parameters: 608}"),
        nbformat.v4.new_code_cell("# answers.yaml\nanswers = {'4B': {'parameters': 608}}"),
    ],
    ids=["markdown", "fenced", "raw", "code"],
)
def test_a_labelled_cell_is_a_form(cell):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Report"), cell])
    stated = read_forms(RUBRIC, {}, {"a.ipynb": notebook})
    section = stated.answers["4B"]["parameters"]
    assert ([r.number for r in section.readings], str(section.source)) == ([608], "a.ipynb, cell 2")


def test_a_cell_without_the_label_is_none():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("4B:\n  parameters: 608")])
    assert read_forms(RUBRIC, {}, {"a.ipynb": notebook}).answers == {}


def test_the_form_has_a_line_for_each_machine_judged_answer_and_nothing_filled_in():
    form = parse(template(RUBRIC), "answers.yaml")
    assert form == {"4B": dict.fromkeys((c.title for c in RUBRIC.problems[0].checks), None)}


@pytest.mark.parametrize("name", available_rubrics())
def test_the_form_of_every_rubric_is_read_without_a_complaint(name):
    rubric = load_rubric(name)
    stated = read_forms(rubric, {"answers.yaml": template(rubric)}, {})
    assert (stated.answers, stated.notes) == ({}, ())


@pytest.mark.parametrize("name", available_rubrics())
def test_the_examples_of_a_form_earn_nothing(name):
    rubric = load_rubric(name)
    filled = "\n".join(line.replace("# such as ", "").partition(". ")[0] for line in template(rubric).split("\n"))
    stated = read_forms(rubric, {"answers.yaml": filled.replace(", the total last", "")}, {})
    for problem in rubric.problems:
        for check in problem.checks:
            if check.title in stated.answers.get(problem.id, {}) and check.type != "expression":
                evidence = ProblemEvidence(problem=problem.id, stated=stated.answers[problem.id])
                assert check.judge(evidence.of_check(check.title)).status != "passed", check.title
