"""The story of one submission: read its files, run its notebooks, observe, provide and judge, grade."""

import copy
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nbformat import NotebookNode

from grader.core.document import Block, Document, Run
from grader.core.errors import MachineError, SubmissionError
from grader.core.evidence import OF_NOTEBOOKS, NotebookRun, ProblemEvidence
from grader.core.outcome import Grade, SubmissionInfo
from grader.core.source import Source
from grader.datasets import served
from grader.documents import FORMATS
from grader.execution import read_documents
from grader.intake import Submission, open_submission
from grader.intake.read import Contents, read_contents, read_document
from grader.judging import judge_problem
from grader.machine import cores, environment
from grader.observation.evidence import Observed, observe, observe_notebook, repeated_headings
from grader.observation.explain import notes
from grader.observation.forms import read_forms
from grader.providers import Grading, Providers
from grader.rubric import Rubric
from grader.tools import Options, Tools


def grade_submission(path: Path, rubric: Rubric, tools: Tools, options: Options = Options()) -> Grade:
    """Grade one submission. Raises SubmissionError only when there is nothing that could be graded."""
    started = time.perf_counter()
    with open_submission(path) as submission:
        contents = read_contents(submission)
        documents, lost = _documents(submission, contents, tools)
        observed = _run_notebooks(submission, contents, rubric, tools)
        executed = time.perf_counter()
        texts = {file: _text(document) for file, document in documents.items()}
        evidence, remarks = _evidence(contents, documents, contents.unread | lost, observed, rubric)
        broken = next((seen.run.machine_failure for seen in observed.values() if seen.run.machine_failure), "")
        grading = Grading(submission, texts, contents.notebooks, rubric, tools, options)
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
        notes=(*_notes(submission, contents.unread | lost, observed), *remarks),
        sandbox=tools.sandbox.model_dump(),
        environment=environment(),
        timings={
            "total": finished - started,
            "notebooks": executed - started,
            "judging": finished - executed,
        },
    )


def _documents(submission: Submission, contents: Contents, tools: Tools) -> tuple[dict[str, Document], dict[str, str]]:
    """(the documents that are read, in the order of the files; why each other one is not)."""
    parsed = {file: ending for file, ending in contents.documents.items() if ending in FORMATS}
    try:
        found, lost = read_documents(
            {file: submission.root / file for file in parsed}, submission.root, tools.sandbox, endings=parsed
        )
    except MachineError as error:  # nobody loses points for it: a person reads them
        found, lost = {}, dict.fromkeys(parsed, f"could not be read: {error}")
    for file in contents.documents.keys() - parsed.keys():
        try:
            found[file] = _as_one_block(read_document(submission.root / file, file), file)
        except (SubmissionError, OSError) as error:
            lost[file] = str(error).removeprefix(f"{file}: ")
    return {file: found[file] for file in contents.documents if file in found}, lost


def _as_one_block(text: str, file: str) -> Document:
    """Text of a format that has no parser yet."""
    return Document(file=file, blocks=(Block(kind="code", runs=(Run(text=text),), source=Source(file=file, line=1)),))


def _text(document: Document) -> str:
    return "\n\n".join(block.text for block in document.blocks)


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
    contents: Contents,
    documents: Mapping[str, Document],
    unread: Mapping[str, str],
    observed: Mapping[str, Observed],
    rubric: Rubric,
) -> tuple[dict[str, ProblemEvidence], tuple[str, ...]]:
    """(the evidence for every problem, with what forms state; remarks on how the text was read)."""
    stated = read_forms(rubric, contents.forms, contents.notebooks)
    lost = [f"{file} {why.rstrip('.')}" for file, why in unread.items()]
    lost += [why for file, why in stated.unread.items() if file not in unread]
    texts = {file: _text(document) for file, document in documents.items()}
    evidence = {
        problem: seen.model_copy(
            update={"stated": stated.answers.get(problem, {}), "unclear": stated.unclear.get(problem, {})}
        )
        for problem, seen in observe(rubric, texts, contents.notebooks, observed, lost).items()
    }
    return evidence, (*repeated_headings(evidence), *stated.notes)


def _notes(submission: Submission, unread: Mapping[str, str], observed: Mapping[str, Observed]) -> Iterator[str]:
    """What a reader of the grade should know of the files, whatever the checks make of it."""
    for file, why in unread.items():
        if file in submission.files and file not in observed:
            yield f"{file} {why.rstrip('.')}; a person looks at it"
    for seen in observed.values():
        yield from notes(seen.run)
    yield from (f"{name} was left out" for name in submission.ignored)
