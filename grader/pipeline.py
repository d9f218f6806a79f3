"""The story of one submission: read its files, run its notebooks, observe, provide and judge, grade."""

import copy
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nbformat import NotebookNode

from grader.core.errors import MachineError
from grader.core.evidence import OF_NOTEBOOKS, NotebookRun, ProblemEvidence
from grader.core.outcome import Grade, SubmissionInfo
from grader.datasets import served
from grader.documents.lines import document_of, is_cut
from grader.intake import Submission, open_submission
from grader.intake.read import Contents, read_contents
from grader.judging import judge_problem
from grader.machine import cores, environment
from grader.observation.evidence import Observed, observe, observe_notebook, repeated_headings
from grader.observation.explain import notes
from grader.observation.forms import FORMS, read_forms
from grader.providers import Grading, Providers
from grader.rubric import Rubric
from grader.tools import Options, Tools


def grade_submission(path: Path, rubric: Rubric, tools: Tools, options: Options = Options()) -> Grade:
    """Grade one submission. Raises SubmissionError only when there is nothing that could be graded."""
    started = time.perf_counter()
    with open_submission(path) as submission:
        contents = read_contents(submission)
        observed = _run_notebooks(submission, contents, rubric, tools)
        executed = time.perf_counter()
        evidence, remarks = _evidence(submission, contents, observed, rubric)
        broken = next((seen.run.machine_failure for seen in observed.values() if seen.run.machine_failure), "")
        grading = Grading(submission, contents.documents, contents.notebooks, rubric, tools, options)
        with Providers(grading) as providers:
            problems = tuple(judge_problem(p, evidence[p.id], providers, broken) for p in rubric.problems)
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
        problems=problems,
        notes=(*_notes(submission, observed), *remarks),
        sandbox=tools.sandbox.model_dump(),
        environment=environment(),
        timings={
            "total": finished - started,
            "notebooks": executed - started,
            "judging": finished - executed,
        },
    )


def _run_notebooks(submission: Submission, contents: Contents, rubric: Rubric, tools: Tools) -> dict[str, Observed]:
    """What each notebook holds and did; of one that can't be read, why."""
    notebooks = contents.notebooks
    with ThreadPoolExecutor(max_workers=cores()) as pool:
        runs = pool.map(lambda file: _run(notebooks[file], file, submission, rubric, tools), notebooks)
        observed = dict(zip(notebooks, runs, strict=True))
    unreadable = contents.unreadable.items()
    return observed | {file: Observed(run=NotebookRun(file=file, failure=why)) for file, why in unreadable}


def _run(notebook: NotebookNode, file: str, submission: Submission, rubric: Rubric, tools: Tools) -> Observed:
    """Run a notebook when a check judges what it does."""
    if not rubric.needs(*OF_NOTEBOOKS):
        return observe_notebook(notebook, file)
    if tools.data_problem:
        return Observed(run=NotebookRun(file=file, machine_failure=tools.data_problem))
    tools.say(f"running {file}")
    asked = {name for problem in rubric.problems for check in problem.checks for name in check.notebook_variables()}
    try:
        artefact = tools.run(
            copy.deepcopy(notebook),
            submission.root,
            tools.sandbox,
            rubric.limits,
            data=served(tools.dataset.name if tools.dataset else None),
            variables=tuple(sorted(asked)),
        )
        return observe_notebook(
            notebook,
            file,
            cells=artefact.cells,
            findings=artefact.findings,
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


def _evidence(
    submission: Submission, contents: Contents, observed: Mapping[str, Observed], rubric: Rubric
) -> tuple[dict[str, ProblemEvidence], tuple[str, ...]]:
    """(the evidence for every problem, with what forms state; remarks on how the text was read)."""
    files = [file for file in submission.files if Path(file).name.lower() in FORMS]
    forms = {file: (submission.root / file).read_bytes()[:1_000_000].decode("utf-8", "replace") for file in files}
    stated = read_forms(rubric, forms, contents.notebooks)
    documents = {file: document_of(text, file) for file, text in contents.documents.items()}
    cut = [
        f"{file} is so long that only its beginning is read"
        for file, text in contents.documents.items()
        if is_cut(text)
    ]
    evidence = {
        problem: seen.model_copy(update={"stated": stated.answers.get(problem, {})})
        for problem, seen in observe(
            rubric, documents, contents.notebooks, observed, (*contents.lost_documents, *cut)
        ).items()
    }
    return evidence, (*repeated_headings(evidence), *stated.notes)


def _notes(submission: Submission, observed: Mapping[str, Observed]) -> Iterator[str]:
    """What a reader of the grade should know of the files, whatever the checks make of it."""
    for seen in observed.values():
        yield from notes(seen.run)
    yield from (f"{name} was left out" for name in submission.ignored)
