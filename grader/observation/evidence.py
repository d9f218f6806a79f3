"""All evidence of one submission, problem by problem."""

from collections.abc import Iterator, Mapping, Sequence

from nbformat import NotebookNode

from grader.core.document import Document
from grader.core.evidence import OF_NOTEBOOKS, CellRun, ModelFacts, NotebookRun, ProblemEvidence, Section
from grader.core.record import Record
from grader.datasets import Dataset
from grader.documents.lines import document_of
from grader.observation.assign import Assignment, Place, Target, assign, owners
from grader.observation.explain import explain
from grader.observation.labels import Labels, plain_title
from grader.observation.models import read_models, remarks, shortened
from grader.observation.notebooks import (
    claims_of,
    headings,
    headings_above,
    holds_code,
    markdown,
    saved_claims,
    saved_figures,
)
from grader.observation.reading import read_section
from grader.observation.sections import Alignment, align_documents
from grader.rubric.model import Rubric

_MOST_PLACES = 100


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
) -> Observed:
    """What a notebook holds, and what the probe saw when it ran."""
    models, variables, fault = read_models(findings, notebook, file, dataset)
    claims = saved_claims(notebook, file)
    of_models = claims_of([model.cell for model in models], claims)
    models = tuple(m.model_copy(update={"claims": own}) for m, own in zip(models, of_models, strict=True))
    run = NotebookRun(
        file=file,
        cells=explain(notebook, cells, shortened(findings)),
        failure=failure or fault or ("" if holds_code(notebook) else "has no code cells, so there was nothing to run"),
        claims=claims,
        variables=variables,
        figures=saved_figures(notebook),
        remarks=remarks(findings),
        seconds=seconds,
    )
    return Observed(run=run, models=models)


def observe(
    rubric: Rubric,
    documents: Mapping[str, Document],
    notebooks: Mapping[str, NotebookNode],
    observed: Mapping[str, Observed],
    unreadable: Sequence[str] = (),
) -> dict[str, ProblemEvidence]:
    """The evidence for every problem: sections of the documents and of the notebooks' own text, networks, runs.

    `unreadable` says of other documents why they could not be read.
    """
    labels = labels_of(rubric)
    aligned = align_documents(list(documents.values()), labels)
    sections = _sections(aligned)
    answered = {section.problem for section in sections}
    texts = [document_of(markdown(notebook), file) for file, notebook in notebooks.items()]
    in_notebooks = align_documents(texts, labels)
    sections += [section for section in _sections(in_notebooks) if section.problem not in answered]
    doubts = [*aligned.unsure, *(doubt for doubt in in_notebooks.unsure if doubt.problem not in answered)]
    unsure = {doubt.problem: doubt.why for doubt in reversed(doubts)}
    unclaimed = tuple(dict.fromkeys(str(block.source) for block in (*aligned.unclaimed, *in_notebooks.unclaimed)))
    places = [
        Place(file=file, headings=tuple(headings(notebooks[file])) if file in notebooks else ()) for file in observed
    ]
    targets = _targets(rubric)
    assignments = assign(targets, places, [model for o in observed.values() for model in o.models])
    evidence = {}
    for problem in rubric.problems:
        assignment = assignments.get(problem.id, Assignment())
        runs = tuple(
            _own_claims(problem.id, observed[file].run, notebooks.get(file), targets, places)
            for file in assignment.notebooks
            if file in observed
        )
        evidence[problem.id] = ProblemEvidence(
            problem=problem.id,
            sections=tuple(s for s in sections if s.problem == problem.id),
            elsewhere=tuple(s for s in sections if s.problem != problem.id),
            notebooks=runs,
            unreadable=tuple(unreadable),
            unsure=unsure.get(problem.id, ""),
            unclaimed=unclaimed[:_MOST_PLACES],
            model=assignment.model,
            candidates=assignment.candidates,
            why_no_model=assignment.why,
        )
    return evidence


def _sections(aligned: Alignment) -> list[Section]:
    return [read_section(portion.problem, portion.heading, portion.blocks) for portion in aligned.sections]


def repeated_headings(evidence: Mapping[str, ProblemEvidence]) -> Iterator[str]:
    """What a reader should know of problems whose heading occurs twice in a file: all of it is read as the answer."""
    for problem, seen in evidence.items():
        lines: dict[str, list[str]] = {}
        for section in seen.sections:
            lines.setdefault(section.source.file, []).append(str(section.source.line))
        for file, found in lines.items():
            if len(found) > 1:
                named = f"{', '.join(found[:-1][:9])} and {found[-1]}"
                yield f"{file}: the heading of problem {problem} stands in lines {named}; all are read as its answer"


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


def _own_claims(
    problem: str, run: NotebookRun, notebook: NotebookNode | None, targets: Sequence[Target], places: Sequence[Place]
) -> NotebookRun:
    """The run without the claims that stand below another problem's heading."""
    if notebook is None:
        return run
    cells = {claim.source.cell for claim in run.claims}
    other = {
        cell
        for cell in cells
        if (named := owners(targets, places, run.file, headings_above(notebook, cell))) and problem not in named
    }
    return run.model_copy(update={"claims": tuple(claim for claim in run.claims if claim.source.cell not in other)})
