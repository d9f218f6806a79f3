"""All evidence of one submission, problem by problem."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from nbformat import NotebookNode

from grader.core.decision import Settled
from grader.core.document import Document
from grader.core.evidence import OF_NOTEBOOKS, CellRun, ModelFacts, NotebookRun, ProblemEvidence
from grader.core.record import Record
from grader.core.source import Source
from grader.datasets import Dataset
from grader.observation.assign import Assignment, Owners, Place, Target, assign
from grader.observation.binding import unbound
from grader.observation.explain import explain
from grader.observation.findings import Handed, read_variables
from grader.observation.labels import Labels, plain_title
from grader.observation.live_code import CodePiece, pieces_of_notebook
from grader.observation.models import failures, read_models, remarks, shortened
from grader.observation.notebooks import claims_of, headings_above, holds_code, saved_claims, saved_figures, saved_logs
from grader.observation.words import Headings, Words, listed, read_words
from grader.rubric.model import Rubric

_MOST_HIDDEN = 200


class Observed(Record):
    """What is known of a submission's notebooks: how each ran, and the models found in it."""

    run: NotebookRun
    models: tuple[ModelFacts, ...] = ()


def labels_of(rubric: Rubric) -> Labels:
    """How the rubric's problems may be called in a heading."""
    problems: dict[str, str] = {}
    for problem in rubric.problems:
        for label in (problem.id, *problem.aliases):
            problems.setdefault(label.lower().replace(" ", ""), problem.id)
    titles: dict[str, str] = {}
    for problem in rubric.problems:
        title = plain_title(problem.title)
        titles[title] = "" if title in titles else problem.id
    return Labels(
        problems=problems,
        titles={title: problem for title, problem in titles.items() if problem},
        chapters={plain_title(section.title): section.id for section in rubric.sections},
    )


def observe_notebook(
    notebook: NotebookNode,
    file: str,
    *,
    cells: Sequence[CellRun] = (),
    findings: str = "",
    failure: str = "",
    seconds: float = 0.0,
    dataset: Dataset | None = None,
    headings: Headings = (),
    beside: Sequence[CodePiece] = (),
    variables: Sequence[Handed] = (),
    files: Iterable[str] = (),
) -> Observed:
    """What a notebook holds, below which headings, and what the probe saw when it ran.

    `beside` is the code of the files beside it; `variables` is what the kernel wrote of those that it was asked for,
    `files` are the names of all that was handed in.
    """
    models, fault = read_models(findings, file, dataset)
    ran = {run.index for run in cells if run.status != "not run"}
    pieces = [piece for piece in pieces_of_notebook(notebook, file) if piece.cell in ran or not cells]
    pieces += [piece for piece in beside if piece.file != file]
    missing = unbound(models, pieces, len(dataset.train.labels) if dataset else None)
    models = tuple(m.model_copy(update={"unbound": why}) for m, why in zip(models, missing, strict=True))
    models = tuple(m.model_copy(update={"headings": headings_above(headings, m.cell)}) for m in models)
    claims = saved_claims(notebook, file)
    of_models = claims_of([model.cell for model in models], claims)
    models = tuple(m.model_copy(update={"claims": own}) for m, own in zip(models, of_models, strict=True))
    run = NotebookRun(
        file=file,
        cells=explain(notebook, cells, shortened(findings), failures(findings), files),
        failure=failure or fault or ("" if holds_code(notebook) else "has no code cells, so there was nothing to run"),
        claims=claims,
        logs=saved_logs(notebook, file),
        variables=read_variables(variables),
        figures=saved_figures(notebook),
        remarks=remarks(findings),
        seconds=seconds,
    )
    return Observed(run=run, models=models)


def observe(
    rubric: Rubric,
    documents: Mapping[str, Document],
    observed: Mapping[str, Observed],
    texts: Mapping[str, Document] = {},
    unread: Sequence[str] = (),
    code: Mapping[str, Sequence[int]] = {},
) -> dict[str, ProblemEvidence]:
    """The evidence for every problem, of documents and of the words of notebooks (`texts`) that are trusted."""
    strict = rubric.unlabelled == "fail"
    words = read_words(labels_of(rubric), list(documents.values()), list(texts.values()), strict=strict)
    return evidence_of(rubric, words, observed, unread, code)


def evidence_of(
    rubric: Rubric,
    words: Words,
    observed: Mapping[str, Observed],
    unread: Sequence[str] = (),
    code: Mapping[str, Sequence[int]] = {},
    settled: Sequence[Settled] = (),
) -> dict[str, ProblemEvidence]:
    """The evidence for every problem: what the words say, networks, runs.

    `code` are the numbers of the notebooks' cells of code; `unread` says of files that nobody read why that is so.
    `settled` is what a person said before.
    """
    places = [Place(file=file, headings=words.headings.get(file, ())) for file in observed]
    targets = _targets(rubric)
    models = [model for seen in observed.values() for model in seen.models]
    owners = Owners(targets, places)
    rulings = {one.problem: one for one in settled}
    assignments = assign(targets, places, models, owners, rulings)
    in_code = _in_code(words.silent, code, owners, strict=rubric.unlabelled == "fail")
    unowned = tuple(
        claim for file, seen in observed.items() for claim in seen.run.claims if not owners.of(file, claim.source.cell)
    )
    evidence = {}
    for problem in rubric.problems:
        assignment = assignments.get(problem.id, Assignment())
        runs = tuple(
            _own_claims(problem.id, observed[file].run, owners) for file in assignment.notebooks if file in observed
        )
        evidence[problem.id] = ProblemEvidence(
            problem=problem.id,
            sections=tuple(s for s in words.sections if s.problem == problem.id),
            repeated=tuple(s for s in words.repeated if s.problem == problem.id),
            elsewhere=tuple(s for s in words.sections if s.problem != problem.id),
            notebooks=runs,
            unread=tuple(unread),
            unclaimed=words.unclaimed,
            unsure=words.unsure.get(problem.id, ""),
            in_code=in_code.get(problem.id, ()),
            unowned=unowned,
            model=assignment.model,
            networks=assignment.networks,
            candidates=assignment.candidates,
            why_no_model=assignment.why,
            trainings=rulings[problem.id].trainings if problem.id in rulings else 0,
            named=problem.id in rulings and rulings[problem.id].network is not None,
        )
    return evidence


def told_of_settled(settled: Sequence[Settled], evidence: Mapping[str, ProblemEvidence]) -> Iterator[str]:
    """What a reader should know of what a person settled before."""
    for one in settled:
        seen = evidence.get(one.problem)
        if seen and one.network and seen.model and seen.model.name == one.network:
            yield f"{one.problem}: a person said that the network of {seen.model.source} answers it."
        if seen and one.trainings:
            yield f"{one.problem}: a person had its network trained up to {one.trainings} times more."


def _in_code(
    problems: Sequence[str], code: Mapping[str, Sequence[int]], owners: Owners, *, strict: bool
) -> dict[str, tuple[str, ...]]:
    """For each problem without words, the cells of code below its own heading, or (unless strict) below nobody's."""
    found: dict[str, list[str]] = {problem: [] for problem in problems}
    for file, cells in code.items() if problems else ():
        theirs: dict[str, list[str]] = {problem: [] for problem in problems}
        for cell in cells:
            owned = owners.of(file, cell)
            for problem in problems:
                if problem in owned or not (owned or strict):
                    theirs[problem].append(str(cell))
        for problem, own in theirs.items():
            if own:
                found[problem].append(f"{file} has code that may answer (cell {listed(own)})")
    return {problem: tuple(files) for problem, files in found.items()}


def _place_in(source: Source) -> str:
    """Where in its file something stands: a line, a page, a cell; empty where the file says no more."""
    place = str(source).removeprefix(source.file).lstrip(":, ")
    return f"line {place}" if source.line is not None else place


def repeated_headings(evidence: Mapping[str, ProblemEvidence]) -> Iterator[str]:
    """What a reader should know of problems whose heading occurs twice in a file: all of it is read as the answer."""
    for problem, seen in evidence.items():
        places: dict[str, list[str]] = {}
        for section in seen.sections:
            places.setdefault(section.source.file, []).append(_place_in(section.source))
        for file, found in places.items():
            if len(found) > 1:
                distinct = [place for place in dict.fromkeys(found) if place]
                named = f" ({listed(distinct)})" if distinct else ""
                times = f"{len(found)} times{named}"
                yield f"{file}: the heading of problem {problem} stands there {times}; all are read as its answer"


def hidden_words(evidence: Mapping[str, ProblemEvidence]) -> Iterator[str]:
    """What stands in an answer and no reader sees: it is none, and a reader should know of it."""
    for problem, seen in evidence.items():
        for section in seen.sections:
            if re.search(r"\w", section.hidden):
                shown = " ".join(section.hidden.split())[:_MOST_HIDDEN]
                yield f"{section.source}: hidden words at problem {problem}, which are no answer: “{shown}”"


def _targets(rubric: Rubric) -> list[Target]:
    return [
        Target(
            problem=problem.id,
            title=problem.title,
            labels=(problem.id, *(naming.labels.get(problem.id, problem.id) for naming in rubric.namings)),
            wanted=problem.needs(*OF_NOTEBOOKS),
        )
        for problem in rubric.problems
    ]


def _own_claims(problem: str, run: NotebookRun, owners: Owners) -> NotebookRun:
    """The run with the claims that stand below no other problem's heading, and the logs that stand below its own."""
    cells = {claim.source.cell for claim in run.claims} | {log.source.cell for log in run.logs}
    named = {cell: owners.of(run.file, cell) for cell in cells}
    claims = tuple(c for c in run.claims if not named[c.source.cell] or problem in named[c.source.cell])
    logs = tuple(log for log in run.logs if problem in named[log.source.cell])
    return run.model_copy(update={"claims": claims, "logs": logs})
