"""Answers stated in answers.yaml or in a labelled cell: read surely, each with its line, and what is wrong in them."""

import nbformat
import pytest

from grader.core.evidence import ProblemEvidence
from grader.language.yaml_tree import parse
from grader.observation.forms import read_forms
from grader.pipeline import grade_submission
from grader.rubric import Rubric, available_rubrics, load_rubric
from grader.rubric.template import template
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


@pytest.mark.kernel
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


UNCLEAR = {
    "a word for a number": ("4B:\n  parameters: many", ["parameters"]),
    "two numbers": ("4B:\n  parameters: 608 or 616", ["parameters"]),
    "a bound": ("4B:\n  parameters: more than 608", ["parameters"]),
    "an estimate": ("4B:\n  parameters: ~608", ["parameters"]),
    "a range": ("4B:\n  parameters: 600-608", ["parameters"]),
    "an uncertainty": ("4B:\n  parameters: 608 +- 3", ["parameters"]),
    "an uncertainty of the last digit": ("4B:\n  parameters: 608(3)", ["parameters"]),
    "a number and another far behind": (f"4B:\n  parameters: '608{' ' * 150}or 616'", ["parameters"]),
    "a number behind another": ("4B:\n  parameters: 600 (608 parameters)", ["parameters"]),
    "a date": ("4B:\n  parameters: 2024-06-08", ["parameters"]),
    "a truth": ("4B:\n  parameters: true", ["parameters"]),
    "a shape with a name": ("4B:\n  shape: (None, 28, 28, 8)", ["shape"]),
    "one size": ("4B:\n  shape: 28", ["shape"]),
    "two shapes": ("4B:\n  shape: 28x28x8 or 8x28x28", ["shape"]),
    "rows of different lengths": ("4B:\n  matrices: [[1, 2], [3]]", ["matrices"]),
    "a matrix with a word": ("4B:\n  matrices: [[1, 2], [3, x]]", ["matrices"]),
    "brackets that do not close": ("4B:\n  matrices: '[[1, 2], [3, 4]'", ["matrices"]),
    "a name nearly right": ("4B:\n  parametres: 608", ["parameters"]),
    "nothing by name": ("4B: 608", [check.title for check in RUBRIC.problems[0].checks]),
}


@pytest.mark.parametrize(("form", "checks"), UNCLEAR.values(), ids=UNCLEAR)
def test_what_is_not_clear_is_left_to_a_person(form, checks):
    stated = read_forms(RUBRIC, {"answers.yaml": form}, {})
    assert stated.answers == {}
    assert list(stated.unclear["4B"]) == checks
    assert all(why.startswith("answers.yaml:") for why in stated.unclear["4B"].values())


NUMBERS = {
    "608": ["608", "'608'", "608.0", "608 parameters", "'608 Parameters'", "6.08e2", "6.08 x 10^2",
            "6.08 \\times 10^{2}",
            "1216/2", "$608$", "“608”", "608 weights in total", "０608", "+608", "608.",
            "'608,'", "608/1", "608parameters", "(608)/(1)"],
    "1608": ["1608", "'1,608'", "1,608", "1 608", "1'608", "1_608"],
    "0.9779": ["0.9779", "97.79 %", "97.79%", "97.79 percent", ".9779", "'0,9779'"],
    "1": ["1", "7/7", "2/2 of the network"],
    "16.08": ["1,608 %", "16.08", "1608 percent"],
    "1024": ["2^10", "1.024 k", "1024 units"],
    "0.005": ["1/2 %", "1/2 percent", "½ %"],
    "-0.75": ["-0.75", "−0.75", "– 0.75", "-3/4", "'-0,75'"],
    "608e6": ["608 million", "608 million parameters", "608,000,000", "608M", "1216/2 million"],
}  # fmt: skip


@pytest.mark.parametrize(("number", "written"), [(n, w) for n, all_of in NUMBERS.items() for w in all_of])
def test_a_number_in_a_form(number, written):
    stated = read_forms(RUBRIC, {"answers.yaml": f"4B:\n  parameters: {written}"}, {})
    assert [r.number for r in stated.answers["4B"]["parameters"].readings] == [float(number)], stated.unclear


SHAPES = [
    "[28, 28, 8]", "28x28x8", "28 x 28 x 8", "28×28×8", "28*28*8", "(28, 28, 8)", "'[28, 28, 8]'", "28, 28, 8",
    "28 by 28 by 8", "torch.Size([28, 28, 8])", "['28', '28', '8']", "[28.0, 28.0, 8.0]", "28 \\times 28 \\times 8",
]  # fmt: skip


@pytest.mark.parametrize("written", SHAPES)
def test_a_shape_in_a_form(written):
    stated = read_forms(RUBRIC, {"answers.yaml": f"4B:\n  shape: {written}"}, {})
    assert stated.answers["4B"]["shape"].readings[0].shape == (28, 28, 8)


MATRICES = [
    "[[1, 0.5], [0.5, 0.25]]", "'[[1, 0.5], [0.5, 0.25]]'", "[['1', '1/2'], ['0,5', 0.25]]",
    "[[[1, 0.5], [0.5, 0.25]]]",
    "np.array([[1, 0.5], [0.5, 0.25]])", "1 0.5; 0.5 0.25", "'1, 0.5; 0.5, 0.25'", "|\n    1 0.5\n    0.5 0.25",
    "|\n    1,0.5\n    0.5,0.25", "|\n    [[1.  0.5 ]\n     [0.5 0.25]]", "\n    - [1, 0.5]\n    - [0.5, 0.25]",
]  # fmt: skip


@pytest.mark.parametrize("written", MATRICES)
def test_a_matrix_in_a_form(written):
    stated = read_forms(RUBRIC, {"answers.yaml": f"4B:\n  matrices: {written}"}, {})
    (reading,) = stated.answers["4B"]["matrices"].readings
    assert reading.matrix == ((1, 0.5), (0.5, 0.25))


WRITTEN = {
    "tabs": "4B:\n\tparameters: 608\n",
    "tabs and spaces": "4B:\n  \tparameters: 608\n",
    "Windows' lines": "4B:\r\n  parameters: 608\r\n",
    "old lines": "4B:\r  parameters: 608\r",
    "JSON": '{"4B": {"parameters": 608}}',
    "JSON with tabs": '{\n\t"4B": {\n\t\t"parameters": "608"\n\t}\n}',
    "a word before the id": "Problem 4B:\n  parameters: 608\n",
    "small letters": "problem 4b:\n  parameters: 608\n",
    "a short word": "Q4B:\n  parameters: 608\n",
    "brackets": '"(4B)":\n  parameters: 608\n',
    "a name in capitals": "4B:\n  Parameters: 608\n",
    "a list of answers": "4B:\n  - parameters: 608\n",
    "spaces that do not break": "4B:\n\u00a0\u00a0parameters: 608\n",
    "a document's mark": "---\n4B:\n  parameters: 608\n...\n",
    "a comment": "# mine\n4B:  # the layer\n  parameters: 608  # with biases\n",
}


@pytest.mark.parametrize("form", WRITTEN.values(), ids=WRITTEN)
def test_the_ways_to_write_a_form(form):
    stated = read_forms(RUBRIC, {"answers.yaml": form}, {})
    assert [r.number for r in stated.answers["4B"]["parameters"].readings] == [608], stated
    assert (stated.unclear, stated.unread, stated.notes) == ({}, {}, ())


def quiz(*ids):
    check = {"type": "numeric", "name": "count", "label": ["parameters"], "expect": 608, "points": 1}
    problems = [{"id": name, "title": f"Problem {name}", "points": 1, "checks": [check]} for name in ids]
    return Rubric.model_validate({"id": "quiz", "title": "A quiz", "problems": problems})


@pytest.mark.parametrize("key", ["1", '"1"', "problem 1", "Problem 1.", "Question 1", "Exercise 1", "(1)"])
def test_the_names_of_a_problem(key):
    stated = read_forms(quiz("1", "2"), {"answers.yaml": f"{key}:\n  count: 608"}, {})
    assert list(stated.answers) == ["1"]


def test_numbers_of_problems_stay_as_they_are_written():
    stated = read_forms(quiz("1.1", "1.10"), {"answers.yaml": "1.10: {count: 608}\n1.1: {count: 600}"}, {})
    assert {name: said["count"].text for name, said in stated.answers.items()} == {"1.10": "608", "1.1": "600"}
    stated = read_forms(quiz("1.1", "1.10"), {"answers.yaml": "{1.10: {count: 608}}"}, {})
    assert (stated.answers, list(stated.unread)) == ({}, ["answers.yaml"]), "it could be either"


def test_one_answer_needs_no_name():
    stated = read_forms(quiz("1", "2"), {"answers.yaml": "1: 608\n2: '600'"}, {})
    assert {name: said["count"].text for name, said in stated.answers.items()} == {"1": "608", "2": "600"}


DIFFER = {
    "numbers": ("parameters: 608", "parameters: 600"),
    "shapes": ("shape: 28x28x8", "shape: [8, 28, 28]"),
    "matrices": ("matrices: [[1, 2], [3, 4]]", "matrices: [[1, 2], [3, 5]]"),
    "words": ("choice: grid", "choice: random"),
    "formulas": ("expression: x^2", "expression: 2x"),
    "one that is not clear": ("parameters: 608", "parameters: 608 or 616"),
}
AGREE = {
    "numbers": ("parameters: 608", "parameters: '608 parameters'"),
    "percent": ("parameters: 0.25", "parameters: 25 %"),
    "shapes": ("shape: 28x28x8", "shape: [28, 28, 8]"),
    "matrices": ("matrices: [[1, 2], [3, 4]]", "matrices: '[[1, 2.0], [3, 4]]'"),
    "words": ("choice: grid", "choice: Grid "),
    "one that is empty": ("parameters: 608", "parameters:"),
}


@pytest.mark.parametrize(("first", "second"), DIFFER.values(), ids=DIFFER)
def test_two_forms_that_differ_are_left_to_a_person(first, second):
    forms = {"answers.yaml": f"4B:\n  {first}", "old/answers.yaml": f"4B:\n  {second}"}
    stated = read_forms(RUBRIC, forms, {})
    assert stated.answers == {}
    (why,) = stated.unclear["4B"].values()
    assert "old/answers.yaml:2" in why


@pytest.mark.parametrize(("first", "second"), AGREE.values(), ids=AGREE)
def test_two_forms_that_agree_are_one(first, second):
    forms = {"answers.yaml": f"4B:\n  {first}", "old/answers.yaml": f"4B:\n  {second}"}
    stated = read_forms(RUBRIC, forms, {})
    assert (len(stated.answers["4B"]), stated.unclear) == (1, {})


@pytest.mark.parametrize("form", ["4B: [", "- 608", "4B: {a: 1, a: 2}", "608", "4C: {parameters: 608}", "#" * 200_000])
def test_a_form_that_can_not_be_read_is_named(form):
    stated = read_forms(RUBRIC, {"answers.yaml": form}, {})
    assert (list(stated.unread), stated.answers) == (["answers.yaml"], {})


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


@pytest.mark.parametrize("form", ["4B:\n  nothing: 3\n", "4B: 3\n", "5: {a: 3}\n", "4B:\n  kept back: 3\n"])
def test_the_names_of_hidden_checks_are_in_no_answer_to_a_form(form):
    rubric = Rubric.model_validate(
        {
            "id": "quiz",
            "title": "A quiz",
            "problems": [
                {
                    "id": "4B",
                    "title": "Counting",
                    "points": 3,
                    "checks": [
                        {"type": "numeric", "name": "parameters", "expect": 608, "points": 1},
                        {"type": "numeric", "name": "bias", "expect": 8, "points": 1},
                        {"type": "numeric", "name": "kept back", "expect": 3, "points": 1, "visibility": "hidden"},
                    ],
                }
            ],
        }
    )
    stated = read_forms(rubric, {"answers.yaml": form}, {})
    said = repr((stated.unclear, stated.unread, stated.notes)).replace(form.strip(), "")
    assert (
        "“kept back”." not in said.replace("no answer “kept back”.", "") and "are: parameters, bias, kept" not in said
    )
    assert "kept back" not in stated.answers.get("4B", {}) and "kept back" not in stated.unclear.get("4B", {})
