"""The story of one submission: files, notebooks, evidence, checks, grade."""

import copy
import platform
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from nbformat import NotebookNode

from grader.checks import Check
from grader.checks.accuracy import Accuracy
from grader.checks.function import Function
from grader.checks.variable import Variable
from grader.core.errors import MachineError, SubmissionError
from grader.core.evidence import FunctionRun, NotebookRun, ProblemEvidence, Retraining
from grader.core.outcome import (
    CheckResult,
    Grade,
    NetworkResult,
    Outcome,
    ProblemResult,
    SubmissionInfo,
)
from grader.core.record import Record
from grader.datasets import Dataset, load_dataset, served
from grader.execution import Mathematics, NotebookArtefact, Sandbox, find_sandbox, run_notebook, warm_kernels
from grader.functions import FunctionRuns
from grader.intake import Submission, open_submission
from grader.intake.read import read_notebook
from grader.intake.read import read_report as read_report_file
from grader.intake.submission import NOTEBOOKS, REPORTS, SCRIPTS
from grader.machine import cores
from grader.observation.evidence import Observed, observe, observe_notebook, repeated_headings
from grader.observation.explain import notes
from grader.observation.forms import FORMS, read_forms
from grader.retraining import Replays, train_again
from grader.rubric import Problem, Rubric
from grader.training import Rule

Runner = Callable[[NotebookNode, Submission, str], NotebookArtefact]


class Options(Record):
    """How to grade: `retrain` off leaves accuracies to a person; `fresh` trains what was trained before again."""

    retrain: bool = True
    fresh: bool = False
    seeds: int | None = None


class Tools(Record):
    """What a grading run shares over many submissions: the sandbox, the data, and what tells of progress.

    `functions` remembers by check and code what was run; None where each submission's code is run for itself.
    """

    model_config = {"arbitrary_types_allowed": True, "frozen": True}

    sandbox: Sandbox
    dataset: Dataset | None
    data_problem: str = ""
    say: Callable[[str], None] = lambda _: None
    run: Callable[..., NotebookArtefact] = run_notebook
    functions: dict[str, FunctionRun] | None = None


def tools_for(rubric: Rubric, say: Callable[[str], None] = lambda _: None) -> Tools:
    """Find the sandbox and the data that the rubric needs. Missing data doesn't raise: it becomes the outcome."""
    dataset, problem = None, ""
    if rubric.dataset:
        try:
            dataset = load_dataset(rubric.dataset)
        except MachineError as error:
            problem = str(error)
    return Tools(sandbox=find_sandbox(), dataset=dataset, data_problem=problem, say=say)


@contextmanager
def warmed(tools: Tools, rubric: Rubric) -> Iterator[Tools]:
    """The same tools for many submissions: where notebooks are run, their kernels are forked from a warm process."""
    if not _runs_notebooks(rubric):
        yield tools
        return
    with warm_kernels(lambda why: tools.say(f"kernels are started one by one: {why}")) as warm:
        yield tools.model_copy(update={"run": partial(tools.run, warm=warm)})


def grade_submission(path: Path, rubric: Rubric, tools: Tools, options: Options = Options()) -> Grade:
    """Grade one submission. Raises SubmissionError only when there is nothing that could be graded."""
    started = time.perf_counter()
    with open_submission(path) as submission:
        reports, notebooks, unreadable = _read(submission)
        with ThreadPoolExecutor(max_workers=cores()) as pool:
            runs = pool.map(lambda file: _run(notebooks[file], file, submission, rubric, tools), notebooks)
            observed = dict(zip(notebooks, runs, strict=True))
        observed |= {file: Observed(run=NotebookRun(file=file, failure=why)) for file, why in unreadable.items()}
        executed = time.perf_counter()
        stated = read_forms(rubric, _forms(submission), notebooks)
        lost = tuple(f"{file} {why}" for file, why in unreadable.items() if file.lower().endswith(REPORTS))
        evidence = {
            problem: seen.model_copy(update={"stated": stated.answers.get(problem, {})})
            for problem, seen in observe(rubric, reports, notebooks, observed, lost).items()
        }
        broken = next((o.run.machine_failure for o in observed.values() if o.run.machine_failure), "")
        replays = Replays(submission.root, notebooks, tools.sandbox, rubric.limits, tools.run, fresh=options.fresh)
        functions = FunctionRuns(submission, reports, notebooks, tools.sandbox, tools.functions)
        with Mathematics(tools.sandbox, most_fatal=5) as mathematics, functions:
            judge = _Judge(rubric, tools, options, broken, replays, mathematics, functions)
            problems = [judge.problem(problem, evidence[problem.id]) for problem in rubric.problems]
        finished = time.perf_counter()
    incomplete = any(check.status == "error" for problem in problems for check in problem.checks)
    return Grade(
        rubric=rubric.id,
        title=rubric.title,
        submission=SubmissionInfo(id=submission.id, files=submission.files, ignored=submission.ignored),
        status="incomplete" if incomplete else "complete",
        score=sum(problem.score for problem in problems),
        max_score=rubric.max_score,
        manual_points=sum(problem.manual_points for problem in problems),
        problems=tuple(problems),
        notes=(*_notes(submission, observed), *repeated_headings(evidence), *stated.notes),
        sandbox=tools.sandbox.model_dump(),
        environment=environment(),
        timings={
            "total": finished - started,
            "notebooks": executed - started,
            "judging": finished - executed,
        },
    )


def _read(submission: Submission) -> tuple[dict[str, str], dict[str, NotebookNode], dict[str, str]]:
    """Reports, notebooks, and why a file can't be read, each by file name; the other files still count."""
    reports: dict[str, str] = {}
    notebooks: dict[str, NotebookNode] = {}
    unreadable: dict[str, str] = {}
    for file in submission.of_kind(REPORTS):
        try:
            reports[file] = read_report_file(submission.root / file, file)
        except (SubmissionError, OSError) as error:
            unreadable[file] = str(error).removeprefix(f"{file}: ")
    # Beside notebooks, scripts are helpers that the notebooks import.
    for file in submission.of_kind(NOTEBOOKS) or submission.of_kind(SCRIPTS):
        try:
            notebooks[file] = read_notebook(submission.root / file, file)
        except (SubmissionError, OSError) as error:
            unreadable[file] = str(error).removeprefix(f"{file}: ")
    return reports, notebooks, unreadable


def _forms(submission: Submission) -> dict[str, str]:
    """The texts of the files called answers.yaml."""
    files = [file for file in submission.files if Path(file).name.lower() in FORMS]
    return {file: (submission.root / file).read_bytes()[:1_000_000].decode("utf-8", "replace") for file in files}


def _notes(submission: Submission, observed: dict[str, Observed]) -> Iterator[str]:
    """What a reader of the grade should know of the files, whatever the checks make of it."""
    for run in (o.run for o in observed.values()):
        yield from notes(run)
    yield from (f"{name} was left out" for name in submission.ignored)


def _runs_notebooks(rubric: Rubric) -> bool:
    """Whether a check looks at what notebooks do."""
    return any(problem.looks_at("model", "training", "notebook") for problem in rubric.problems)


def _run(notebook: NotebookNode, file: str, submission: Submission, rubric: Rubric, tools: Tools) -> Observed:
    """Run a notebook when a check looks at what it does."""
    if not _runs_notebooks(rubric):
        return observe_notebook(notebook, file)
    if tools.data_problem:
        return Observed(run=NotebookRun(file=file, machine_failure=tools.data_problem))
    tools.say(f"running {file}")
    names = {check.variable for problem in rubric.problems for check in problem.checks if isinstance(check, Variable)}
    try:
        artefact = tools.run(
            copy.deepcopy(notebook),
            submission.root,
            tools.sandbox,
            rubric.limits,
            data=served(tools.dataset.name if tools.dataset else None),
            variables=tuple(sorted(names)),
        )
        return observe_notebook(
            notebook,
            file,
            cells=artefact.cells,
            report=artefact.report,
            failure=artefact.failure,
            seconds=artefact.seconds,
            dataset=tools.dataset,
        )
    except (MachineError, OSError) as error:
        return Observed(run=NotebookRun(file=file, machine_failure=str(error)))
    except Exception as error:  # a notebook that finds a fault of ours costs itself a person's time, not the class
        return Observed(
            run=NotebookRun(file=file, machine_failure=f"the grader failed: {type(error).__name__}: {error}")
        )


class _Judge:
    """Judges problems; a network is trained again only when a check gets that far."""

    def __init__(
        self,
        rubric: Rubric,
        tools: Tools,
        options: Options,
        broken: str,
        replays: Replays,
        mathematics: Mathematics,
        functions: FunctionRuns,
    ) -> None:
        self.rubric, self.tools, self.options, self.replays = rubric, tools, options, replays
        self.mathematics, self.functions = mathematics, functions
        self.broken = broken  # why notebooks could not be run; empty when they could

    def problem(self, problem: Problem, evidence: ProblemEvidence) -> ProblemResult:
        """All checks of a problem in their order."""
        outcomes: dict[str, Outcome] = {}
        for check in problem.checks:
            outcome = _blocked(check, outcomes)
            if outcome is None:
                if isinstance(check, Accuracy) and evidence.retraining is None:
                    retraining = self._retrain(problem, check, evidence)
                    evidence = evidence.model_copy(update={"retraining": retraining})
                if isinstance(check, Function):
                    runs = evidence.functions | {check.title: self.functions.run(check)}
                    evidence = evidence.model_copy(update={"functions": runs})
                outcome = self._ask(check, evidence.of_check(check.title))
            outcomes[check.title] = outcome
        results = tuple(_result(check, outcomes[check.title]) for check in problem.checks)
        networks = (NetworkResult(model=evidence.model, retraining=evidence.retraining),) if evidence.model else ()
        return ProblemResult(
            id=problem.id,
            title=problem.title,
            asked=problem.text,
            score=sum(result.score for result in results),
            max_score=problem.points,
            manual_points=sum(result.max_score for result in results if result.status == "manual"),
            checks=results,
            networks=networks if problem.looks_at("model", "training") else (),
        )

    def _ask(self, check: Check, evidence: ProblemEvidence) -> Outcome:
        """One check's outcome. What the machine or the check itself got wrong is never the student's fault."""
        if self.broken and evidence.model is None and check.looks_at in ("model", "training", "notebook"):
            return Outcome(status="error", message=f"The notebooks could not be run: {self.broken}")
        try:
            return check.judge(self._compared(check, evidence))
        except Exception as error:  # a check must never end the run, whatever the evidence
            return Outcome(status="error", message=f"The check failed: {type(error).__name__}: {error}")

    def _compared(self, check: Check, evidence: ProblemEvidence) -> ProblemEvidence:
        """The evidence with the answers to the check's questions."""
        comparisons = tuple(self.mathematics.answer(question) for question in dict.fromkeys(check.questions(evidence)))
        return evidence.model_copy(update={"comparisons": comparisons}) if comparisons else evidence

    def _retrain(self, problem: Problem, check: Accuracy, evidence: ProblemEvidence) -> Retraining | None:
        """Train the problem's network again, or say what stands in the way."""
        model, rubric, tools, options = evidence.model, self.rubric, self.tools, self.options
        if model is None or model.problem or not options.retrain or tools.dataset is None:
            return None
        rule = Rule(
            kind=check.rule,
            planned=options.seeds or check.seeds,
            confidence=check.confidence,
            min_seeds=check.min_seeds,
        )
        tools.say(f"{problem.id}: training {model.variable or 'the network'} again")
        return train_again(
            model,
            tools.dataset,
            self.replays if check.replay else None,
            threshold=check.at_least,
            rule=rule,
            limits=rubric.limits,
            fresh=options.fresh,
            on_lane=lambda lane: tools.say(f"{problem.id}: seed {lane.seed} reached {lane.accuracy:.4f}"),
        )


def _blocked(check: Check, outcomes: dict[str, Outcome]) -> Outcome | None:
    """The outcome of a check whose requirements did not pass; None when they did."""
    for needed in check.requires:
        status = outcomes[needed].status
        if status in ("manual", "error"):
            return Outcome(status=status, message=f"Waits for “{needed}”, which is not decided yet.")
        if status != "passed":
            return Outcome(status="skipped", message=f"Not judged, because “{needed}” did not pass.")
    return None


def _result(check: Check, outcome: Outcome) -> CheckResult:
    earned = outcome.share if outcome.status in ("passed", "partial") else 0.0
    return CheckResult(
        name=check.title,
        type=check.type,
        status=outcome.status,
        score=round(earned * check.points, 6),
        max_score=check.points,
        message=outcome.message,
        observed=outcome.observed,
        source=outcome.source,
        advice=outcome.advice,
        asked=check.asked(),
        note=check.note,
        visibility=check.visibility,
        details=outcome.details,
    )


def environment() -> dict[str, object]:
    """The versions that a grade depends on."""

    def installed(package: str) -> str:
        try:
            return version(package)
        except PackageNotFoundError:
            return ""

    return {
        "grader": installed("dl-grader"),
        "python": platform.python_version(),
        "torch": installed("torch"),
        "torchvision": installed("torchvision"),
        "platform": platform.platform(terse=True),
    }
