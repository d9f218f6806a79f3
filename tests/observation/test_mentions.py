"""Problems without a section of their own fail only where nothing that was handed in may answer them."""

import nbformat
import pytest
from blocks import document, words

from grader.core.evidence import NotebookRun
from grader.observation.evidence import Observed, observe
from grader.observation.notebooks import code_cells
from grader.rubric.model import Rubric

RUBRIC = Rubric.model_validate(
    {
        "id": "r",
        "title": "Homework",
        "problems": [
            {"id": id, "title": "", "points": 1, "checks": [{"type": "numeric", "points": 1, "expect": 608}]}
            for id in ("1", "2", "3")
        ],
    }
)
REPORTS = {
    "two in a heading": ("# Problems 1 and 2\n608 and 28\n\n# Problem 3\n5", ["2"]),
    "two in a heading, with a sign": ("# Problem 1 & 2\n608 and 28\n\n# Problem 3\n5", ["2"]),
    "a range": ("# Problems 1-3\n608, 28, 5", ["2", "3"]),
    "a range in words": ("# Questions 1 to 3\n608, 28, 5", ["2", "3"]),
    "one line for all": ("Answers: 1) 608, 2) 28, 3) -0.75", ["2", "3"]),
    "one line with words": ("P1: 608 parameters; P2: 28 wide; P3: 5", ["2", "3"]),
    "a list that begins anew": ("1. Problem 1\n\n608\n\n1. Problem 2\n\n28\n\n1. Problem 3\n\n5", ["2", "3"]),
    "nothing of the others": ("# Problem 1\nThe layer has 608 parameters.", []),
    "steps within an answer": ("# Problem 1\nFirst 75 weights.\n\nThen one bias, so 608.", []),
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_problem_that_is_named_elsewhere_is_no_missing_one(name: str) -> None:
    text, named = REPORTS[name]
    evidence = observe(RUBRIC, {"report.md": document(text)}, {})
    for problem in ("2", "3"):
        judged = RUBRIC.problems[int(problem) - 1].checks[0].judge(evidence[problem])
        assert judged.status in (("manual", "passed") if problem in named else ("failed",)), judged.message


CELLS = {
    "below its heading": ([("markdown", "# Problem 2"), ("code", "print(608)")], "manual"),
    "below nobody's": ([("code", "# Problem 2: 608 parameters")], "manual"),
    "below another one's": ([("markdown", "# Problem 1\n608"), ("code", "print(608)")], "failed"),
    "blank": ([("markdown", "# Problem 2"), ("code", " ")], "failed"),
}


@pytest.mark.parametrize("name", CELLS)
def test_code_where_words_are_asked_for_is_read_by_a_person(name: str) -> None:
    cells, status = CELLS[name]
    new = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    notebook = nbformat.v4.new_notebook(cells=[new[kind](source) for kind, source in cells])
    evidence = observe(
        RUBRIC,
        {},
        {"a.ipynb": Observed(run=NotebookRun(file="a.ipynb"))},
        {"a.ipynb": words(notebook, "a.ipynb")},
        code={"a.ipynb": code_cells(notebook)},
    )
    assert RUBRIC.problems[1].checks[0].judge(evidence["2"]).status == status


def test_a_notebook_answers_what_a_report_leaves_blank() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Problem 1\n608 parameters")])
    evidence = observe(
        RUBRIC,
        {"report.md": document("# Problem 1\n\n# Problem 2\n28")},
        {"a.ipynb": Observed(run=NotebookRun(file="a.ipynb"))},
        {"a.ipynb": words(notebook, "a.ipynb")},
    )
    assert RUBRIC.problems[0].checks[0].judge(evidence["1"]).status == "passed"
