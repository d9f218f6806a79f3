"""What checks ask for and who answers: every need has its provider, and trouble there is nobody's wrong answer."""

from pathlib import Path
from typing import Literal

import pytest

from grader import checks, providers
from grader.budget import Budget
from grader.checks import Check, check_types
from grader.checks.accuracy import Accuracy
from grader.core.evidence import ModelFacts, NotebookRun, ProblemEvidence, Retraining, Section
from grader.core.outcome import CheckResult, Outcome, passed
from grader.core.record import Record
from grader.core.requests import TrainingRequest
from grader.intake import open_submission, read_contents
from grader.judging import judge_problem
from grader.pipeline import grade_submission
from grader.providers import Grading, Providers
from grader.rubric import Problem, Rubric
from grader.tools import Options, tools_for

OBSERVED = {Section, ModelFacts, NotebookRun}


@pytest.mark.parametrize("name", check_types())
def test_every_need_is_observed_or_given_by_a_provider(name):
    given = {provider.gives for provider in providers.providers().values()}
    assert check_types()[name].needs <= OBSERVED | given


def rubric_of(*given: dict[str, object]) -> Rubric:
    listed = [{"points": 1, "name": f"check {number}"} | check for number, check in enumerate(given)]
    return Rubric.model_validate(
        {"id": "r", "title": "R", "problems": [{"id": "1", "title": "P", "points": len(listed), "checks": listed}]}
    )


def graded(folder: Path, *given: dict[str, object]) -> tuple[CheckResult, ...]:
    rubric = rubric_of(*given)
    return grade_submission(folder, rubric, tools_for(rubric), Options()).problems[0].checks


# patterns: (files handed in, status, score, a part of what is said)
FILES = {
    "all there": (["report.*", "*.ipynb"], ["Report.PDF.md", "code/a.ipynb"], "passed", 1, "All files"),
    "in a folder": (["code/*.py"], ["code/a.py"], "passed", 1, ""),
    "in another folder": (["code/*.py"], ["src/a.py"], "failed", 0, "`code/*.py`"),
    "some there": (["report.md", "*.ipynb"], ["report.md"], "partial", 0.5, "`*.ipynb`"),
    "none there": (["report.pdf"], ["notes.md"], "failed", 0, "`report.pdf`"),
    "an umlaut of two letters": (["\u00fcbung.md"], ["U\u0308bung.md"], "passed", 1, ""),
}


@pytest.mark.kernel
@pytest.mark.parametrize("name", FILES)
def test_files_are_looked_for_in_what_was_handed_in(name, tmp_path):
    patterns, files, status, score, says = FILES[name]
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("{}" if file.endswith(".ipynb") else "words = 1\n")
    (result,) = graded(tmp_path, {"type": "files", "patterns": patterns})
    assert (result.status, result.score) == (status, score)
    assert says in result.message


@pytest.mark.kernel
def test_what_was_left_out_may_be_the_file_asked_for(tmp_path):
    (tmp_path / "notes.md").write_text("words")
    (tmp_path / "report.pdf").symlink_to(tmp_path / "notes.md")
    (result,) = graded(tmp_path, {"type": "files", "patterns": ["report.pdf"]})
    assert result.status == "manual"
    assert "report.pdf (a link)" in result.message


@pytest.mark.kernel
def test_two_checks_of_one_problem_each_get_what_they_asked_for(tmp_path):
    (tmp_path / "notes.md").write_text("words")
    wanted = ["*.md", "*.pdf", "*.md"]
    results = graded(tmp_path, *({"type": "files", "patterns": [pattern]} for pattern in wanted))
    assert [result.status for result in results] == ["passed", "failed", "passed"]


class Unanswered(Record):
    """A request that no provider serves."""


class Asking(Check):
    """A check whose evidence can't be had."""

    type: Literal["asking"] = "asking"

    def requests(self, evidence: ProblemEvidence) -> tuple[Record, ...]:
        return (Unanswered(),)

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        return passed("judged without its evidence")


def test_a_request_that_nobody_can_answer_is_an_error_and_the_next_check_is_judged(tmp_path):
    (tmp_path / "notes.md").write_text("words")
    rubric = rubric_of({"type": "files", "patterns": ["*.md"]})
    problem = Problem.model_construct(
        id="1", title="P", points=2, text="", checks=(Asking(points=1), *rubric.problems[0].checks)
    )
    with open_submission(tmp_path) as submission:
        contents = read_contents(submission)
        grading = Grading(
            submission, {}, contents.notebooks, rubric, tools_for(rubric), Options(), Budget(rubric.limits)
        )
        with Providers(grading) as answering:
            result = judge_problem(problem, ProblemEvidence(problem="1"), answering)
    assert [check.status for check in result.checks] == ["error", "passed"]
    assert result.score == 1


def test_a_network_is_trained_once_for_all_checks_of_its_problem():
    check = Accuracy(at_least=0.9, seeds=3, points=1)
    evidence = ProblemEvidence(problem="1")
    (request,) = check.requests(evidence)
    assert request == TrainingRequest(threshold=0.9, planned=3)
    training = Retraining(dataset="digits", threshold=0.9, planned=3, lanes=(), verdict="undecided")
    trained = evidence.with_answer(request, training)
    assert Accuracy(at_least=0.95, points=1).requests(trained) == ()
    assert trained.of(Retraining) == trained.of(Retraining, request) == training
    assert trained.of(Retraining, TrainingRequest(threshold=0.5, planned=3)) is None


SECOND = {
    "a check type": (
        checks,
        check_types,
        "from typing import Literal\nfrom grader.checks import Check\n"
        'class Again(Check):\n    type: Literal["numeric"] = "numeric"\n',
        "numeric.py",
    ),
    "a provider": (
        providers,
        providers.providers,
        "from grader.providers.files import PROVIDER as other\nfrom grader.providers import Provider\n"
        "PROVIDER = Provider(other.asked, other.gives, other.open)\n",
        "files.py",
    ),
}


@pytest.mark.parametrize("what", SECOND)
def test_what_is_registered_twice_is_refused_with_both_files_named(what, tmp_path, monkeypatch):
    package, registry, source, home = SECOND[what]
    (tmp_path / "zz_again.py").write_text(source)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    registry.cache_clear()
    try:
        with pytest.raises(ValueError, match="registered twice") as refused:
            registry()
    finally:
        registry.cache_clear()
        monkeypatch.undo()
        registry()
    assert home in str(refused.value)
    assert "zz_again.py" in str(refused.value)
