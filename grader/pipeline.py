"""The story of one submission: read its files, run its notebooks, observe, provide and judge, grade."""

import copy
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, NamedTuple

from nbformat import NotebookNode

from grader.budget import Budget
from grader.core.decision import Settled
from grader.core.document import Document
from grader.core.errors import MachineError, SubmissionError
from grader.core.evidence import OF_NOTEBOOKS, NotebookRun, ProblemEvidence, Retraining
from grader.core.handin import Handin
from grader.core.limits import Limits
from grader.core.outcome import Grade, Outcome, ProblemResult, SubmissionInfo
from grader.core.suspended import Suspended
from grader.core.text import decoded
from grader.datasets import served
from grader.execution import read_documents
from grader.intake import Contents, Submission, read_contents
from grader.intake.kinds import is_script
from grader.judging import judge_problem, undecided
from grader.machine import cores, end_children, environment
from grader.observation.evidence import (
    Observed,
    evidence_of,
    hidden_words,
    labels_of,
    observe_notebook,
    repeated_headings,
    told_of_settled,
)
from grader.observation.explain import notes
from grader.observation.forms import Stated, read_forms
from grader.observation.live_code import MOST_CODE, CodePiece, pieces_of_notebook
from grader.observation.notebooks import code_cells, words_of
from grader.observation.own_code import with_code
from grader.observation.words import Headings, Words
from grader.providers import Grading, Providers
from grader.reading import SubmissionReader, opened, reading
from grader.rubric import Rubric
from grader.tools import Options, Tools


def grade_submission(
    given: Path | Handin,
    rubric: Rubric,
    tools: Tools,
    options: Options = Options(),
    budget: Budget | None = None,
    settled: Sequence[Settled] = (),
) -> Grade:
    """Grade one submission. Raises SubmissionError only when there is nothing that could be graded.

    Where the options leave trainings to others, Suspended names those that it waits for.
    `budget` is the clock of all that is run of it; without one it starts now, and is the rubric's. `settled` is what a
    person said of its problems before.
    """
    started = time.perf_counter()
    rubric = rubric.model_copy(update={"limits": rubric.limits.times(options.patience)})
    budget = budget or Budget(rubric.limits)
    with opened(given, tools.sandbox) as submission, reading(tools.sandbox) as reader:
        contents = read_contents(submission, reader)
        read = _read(submission, contents, rubric, reader)
        observed = _run_notebooks(submission, contents, read.words, rubric, tools, budget)
        executed = time.perf_counter()
        evidence, remarks = _evidence(contents, read, observed, rubric, settled)
        not_run = _not_run([seen.run for seen in observed.values()])
        grading = Grading(submission, read.documents, contents.notebooks, rubric, tools, options, budget, reader)
        with Providers(grading) as providers:
            judged = _judged(rubric, evidence, providers, not_run, tools.judged)
        problems = tuple(with_code(problem, contents.notebooks) for problem in judged)
        finished = time.perf_counter()
    return Grade(
        rubric=rubric.id,
        title=rubric.title,
        submission=SubmissionInfo(id=submission.id, files=submission.files, ignored=submission.ignored),
        score=sum(problem.score for problem in problems),
        max_score=rubric.max_score,
        manual_points=sum(problem.manual_points for problem in problems),
        error_points=sum(check.max_score for p in problems for check in p.checks if check.status == "error"),
        problems=problems,
        unread=_not_read(evidence),
        notes=(*_notes(submission, observed), *remarks),
        sandbox=tools.sandbox.model_dump(),
        environment=environment(),
        timings={
            "total": finished - started,
            "notebooks": executed - started,
            "judging": finished - executed,
        },
    )


def _judged(
    rubric: Rubric,
    evidence: Mapping[str, ProblemEvidence],
    providers: Providers,
    not_run: Outcome | None,
    told: Callable[[ProblemResult], None],
) -> tuple[ProblemResult, ...]:
    """All problems, those with networks to train after the others, since that takes long; `told` hears of each.

    Raises Suspended with the steps that they wait for, those of all together.
    """
    results: dict[str, ProblemResult] = {}
    waits: list[object] = []
    for problem in sorted(rubric.problems, key=lambda problem: problem.needs(Retraining)):
        try:
            results[problem.id] = judge_problem(problem, evidence[problem.id], providers, not_run)
            told(results[problem.id])
        except Suspended as suspended:
            waits += suspended.steps
    if waits:
        raise Suspended(waits)
    return tuple(results[problem.id] for problem in rubric.problems)


def set_aside(name: str, rubric: Rubric, tools: Tools | None, why: str, status: Literal["manual", "error"]) -> Grade:
    """The grade of a submission of which nothing was judged: a person looks at all of it, or the machine failed."""
    word = "Nothing of it could be read" if status == "manual" else "The grader failed on this submission"
    problems = tuple(undecided(problem, status, f"{word}: {why}") for problem in rubric.problems)
    return Grade(
        rubric=rubric.id,
        title=rubric.title,
        submission=SubmissionInfo(id=name),
        score=0,
        max_score=rubric.max_score,
        manual_points=sum(problem.manual_points for problem in problems),
        error_points=0 if status == "manual" else sum(problem.max_score for problem in problems),
        problems=problems,
        unread=(why,),
        sandbox=tools.sandbox.model_dump() if tools else {},
        environment=environment(),
    )


class _Read(NamedTuple):
    """The documents of a submission, what they and its notebooks say, its forms, and why a file of it was not read."""

    documents: dict[str, Document]
    words: Words
    stated: Stated
    unread: dict[str, str]


def _read(submission: Submission, contents: Contents, rubric: Rubric, reader: SubmissionReader) -> _Read:
    """Parse the documents, and the words of the notebooks, and read what they say."""
    files = {file: submission.root / file for file in contents.documents}
    cells = {file: words_of(notebook) for file, notebook in contents.notebooks.items()}
    with_words = {file: found for file, found in cells.items() if any(source.strip() for _, source in found)}
    found, lost = read_documents(
        files, submission.root, reader.readings, endings=contents.documents, notebooks=with_words
    )
    documents = {file: document for file, document in found.items() if file in files}
    texts = {file: document for file, document in found.items() if file in with_words}
    strict = rubric.unlabelled == "fail"
    try:
        words = reader.words(labels_of(rubric), list(documents.values()), list(texts.values()), strict=strict)
    except SubmissionError as error:  # a person reads all of it
        words = Words()
        lost |= dict.fromkeys(found, f"was not read for answers: its text {error.found}")
    stated = read_forms(rubric, contents.forms, contents.notebooks, reader.form)
    return _Read(documents, words, stated, contents.unread | lost)


def _run_notebooks(
    submission: Submission, contents: Contents, words: Words, rubric: Rubric, tools: Tools, budget: Budget
) -> dict[str, Observed]:
    """What each notebook holds and did; of one that can't be read, why."""
    notebooks = contents.notebooks
    above = words.headings
    beside = tuple(_code(submission, contents)) if rubric.needs(*OF_NOTEBOOKS) else ()
    with ThreadPoolExecutor(max_workers=cores()) as pool:
        runs = [
            pool.submit(_run, notebook, above.get(file, ()), file, beside, submission, rubric, tools, budget)
            for file, notebook in notebooks.items()
        ]
        try:
            observed = {file: run.result() for file, run in zip(notebooks, runs, strict=True)}
        except KeyboardInterrupt:
            end_children(runs)
            raise
    unreadable = contents.unreadable.items()
    return observed | {file: Observed(run=NotebookRun(file=file, failure=why)) for file, why in unreadable}


def _code(submission: Submission, contents: Contents) -> Iterator[CodePiece]:
    """The code that notebooks may import or run from beside them."""
    for file, notebook in contents.notebooks.items():
        yield from (CodePiece(file=file, source=piece.source) for piece in pieces_of_notebook(notebook, file))
    left = 4 * MOST_CODE  # of all of them, be they imported or not
    for file in submission.files:
        path = submission.root / file
        if is_script(file) and file not in contents.notebooks and path.stat().st_size <= min(MOST_CODE, left):
            left -= path.stat().st_size
            yield CodePiece(file=file, source=decoded(path.read_bytes()))


def _run(
    notebook: NotebookNode,
    headings: Headings,
    file: str,
    beside: Sequence[CodePiece],
    submission: Submission,
    rubric: Rubric,
    tools: Tools,
    budget: Budget,
) -> Observed:
    """Run a notebook when a check judges what it does."""
    if not rubric.needs(*OF_NOTEBOOKS):
        return observe_notebook(notebook, file)
    if why := tools.refused or tools.data_problem:
        return Observed(run=NotebookRun(file=file, machine_failure=why))
    if refused := budget.refuses_notebook():
        if not budget.left:
            budget.short_of(file)
        return Observed(run=_ended(NotebookRun(file=file), f"it was not run: {refused}", budget))
    left, limits = budget.left, rubric.limits
    tools.say(f"running {file}")
    try:
        artefact = tools.run(
            copy.deepcopy(notebook),
            submission.root,
            tools.sandbox,
            _within(limits, left),
            data=served(tools.dataset.name if tools.dataset else None),
            variables=_asked(rubric),
        )
        budget.lose(sum(cell.seconds for cell in artefact.cells if cell.status == "timeout"))
        observed = observe_notebook(
            notebook,
            file,
            cells=artefact.cells,
            findings=artefact.findings,
            failure=artefact.failure,
            seconds=artefact.seconds,
            dataset=tools.dataset,
            headings=headings,
            beside=beside,
            variables=artefact.variables,
            files=submission.files,
        )
        if artefact.seconds < left or not observed.run.crashes:
            return observed
        budget.short_of(file)
        return observed.model_copy(update={"run": _cut_short(observed.run, budget)})
    except (MachineError, OSError) as error:
        return Observed(run=NotebookRun(file=file, machine_failure=str(error)))
    except Exception as error:  # a notebook that finds a fault of ours costs itself a person's time, not the class
        return Observed(
            run=NotebookRun(file=file, machine_failure=f"the grader failed: {type(error).__name__}: {error}")
        )


def _asked(rubric: Rubric) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The variables that checks judge: first those that students may know of, for what these hold is shown to them."""
    asked = [
        (check.visibility, name) for p in rubric.problems for check in p.checks for name in check.notebook_variables()
    ]
    shown = {name for visibility, name in asked if visibility == "visible"}
    return tuple(sorted(shown)), tuple(sorted({name for _, name in asked} - shown))


def _within(limits: Limits, left: float) -> Limits:
    """The limits of a notebook that has to end when the submission's time does."""
    return limits.model_copy(update={"notebook_seconds": max(min(limits.notebook_seconds, left), 0.1)})


def _cut_short(run: NotebookRun, budget: Budget) -> NotebookRun:
    """The run, with the cell in which the submission's time ended as one that was not run: it may be no endless one."""
    last = next((cell.index for cell in reversed(run.cells) if cell.status == "timeout"), None)
    cells = [c.model_copy(update={"status": "not run", "error": ""}) if c.index == last else c for c in run.cells]
    run = run.model_copy(update={"cells": tuple(cells), "failure": ""})
    return _ended(run, f"it was ended before its own limits had ended it: {budget.why}", budget)


def _ended(run: NotebookRun, why: str, budget: Budget) -> NotebookRun:
    """The run, with why there is no more of it: the machine's failure where it was the machine that had no time."""
    by_machine = budget.by_machine and not budget.left
    return run.model_copy(update={"machine_failure" if by_machine else "cut_short": why})


def _not_run(runs: Sequence[NotebookRun]) -> Outcome | None:
    """The outcome of whatever a notebook might have shown that was not run to its end, by no fault of its own."""
    if why := next((run.machine_failure for run in runs if run.machine_failure), ""):
        return Outcome(status="error", message=f"The notebooks could not be run: {why}")
    if short := next((run for run in runs if run.cut_short), None):
        return Outcome(status="manual", message=f"{short.file}: {short.cut_short}. A person decides.")
    return None


def _evidence(
    contents: Contents, read: _Read, observed: Mapping[str, Observed], rubric: Rubric, settled: Sequence[Settled]
) -> tuple[dict[str, ProblemEvidence], tuple[str, ...]]:
    """(the evidence for every problem, with what forms state; remarks on how the text was read)."""
    stated = read.stated
    unread = [f"{file} {why.rstrip('.')}" for file, why in read.unread.items()]
    unread += [why for file, why in stated.unread.items() if file not in read.unread]
    code = {file: code_cells(notebook) for file, notebook in contents.notebooks.items()}
    evidence = {
        problem: seen.model_copy(
            update={"stated": stated.answers.get(problem, {}), "unclear": stated.unclear.get(problem, {})}
        )
        for problem, seen in evidence_of(rubric, read.words, observed, unread, code, settled).items()
    }
    of_words = (*repeated_headings(evidence), *hidden_words(evidence), *stated.notes)
    return evidence, (*of_words, *told_of_settled(settled, evidence))


def _not_read(evidence: Mapping[str, ProblemEvidence]) -> tuple[str, ...]:
    """What nobody read; text that belongs to no problem only where a problem has no answer."""
    seen = [what for of_problem in evidence.values() for what in of_problem.not_read(silent=not of_problem.has_words)]
    return tuple(dict.fromkeys(seen))


def _notes(submission: Submission, observed: Mapping[str, Observed]) -> Iterator[str]:
    """What a reader of the grade should know of the files, whatever the checks make of it."""
    for seen in observed.values():
        yield from notes(seen.run)
    yield from (f"{name} was left out" for name in submission.ignored)
