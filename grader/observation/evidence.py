"""All evidence of one submission, problem by problem."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from nbformat import NotebookNode

from grader.core.document import Block, Document
from grader.core.evidence import OF_NOTEBOOKS, CellRun, ModelFacts, NotebookRun, ProblemEvidence, Section
from grader.core.record import Record
from grader.datasets import Dataset
from grader.observation.assign import Assignment, Place, Target, assign, owners
from grader.observation.explain import explain
from grader.observation.labels import Labels, plain_title
from grader.observation.mentions import named_elsewhere
from grader.observation.models import read_models, remarks, shortened
from grader.observation.notebooks import (
    claims_of,
    headings,
    headings_above,
    holds_code,
    saved_claims,
    saved_figures,
)
from grader.observation.pieces import Piece, pieces_of
from grader.observation.reading import read_section
from grader.observation.sections import Alignment, Portion, align_documents
from grader.rubric.model import Rubric

_MOST_PLACES = 8
_LONGEST_QUOTE = 40
_MOST_HIDDEN = 200
_MOST_HEADINGS = 300


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
    words: Document | None = None,
) -> Observed:
    """What a notebook holds, and what the probe saw when it ran; `words` are those of its cells, for their headings."""
    models, variables, fault = read_models(findings, file, dataset)
    models = tuple(m.model_copy(update={"headings": headings_above(words, m.cell)}) for m in models)
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
    observed: Mapping[str, Observed],
    texts: Mapping[str, Document] = {},
    unread: Sequence[str] = (),
    code: Mapping[str, Sequence[int]] = {},
) -> dict[str, ProblemEvidence]:
    """The evidence for every problem: sections of the documents and of the notebooks' own text, networks, runs.

    `texts` are the words of the notebooks, `code` the numbers of their cells of code; `unread` says of files that
    nobody read why that is so.
    """
    labels = labels_of(rubric)
    aligned = align_documents(list(documents.values()), labels)
    sections = _sections(aligned)
    answered = {section.problem for section in sections if _says_something(section)}
    in_notebooks = align_documents(list(texts.values()), labels)
    of_notebooks = _sections(in_notebooks)
    repeated = [section for section in of_notebooks if section.problem in answered]
    sections += [section for section in of_notebooks if section.problem not in answered]
    doubts = [*aligned.unsure, *(doubt for doubt in in_notebooks.unsure if doubt.problem not in answered)]
    answered |= {section.problem for section in sections if _says_something(section)}
    portions = [*aligned.sections, *in_notebooks.sections]
    silent = [problem.id for problem in rubric.problems if problem.id not in answered]
    named = named_elsewhere(silent, portions, [_lines(portion) for portion in portions], labels) if silent else {}
    unsure = named | {doubt.problem: doubt.why for doubt in reversed(doubts)}
    unclaimed = [] if rubric.unlabelled == "fail" else _unclaimed((*aligned.unclaimed, *in_notebooks.unclaimed))
    places = [Place(file=file, headings=tuple(headings(texts.get(file)))) for file in observed]
    targets = _targets(rubric)
    models = [model for seen in observed.values() for model in seen.models]
    assignments = assign(targets, places, models)
    in_code = _in_code(silent, code, targets, places, strict=rubric.unlabelled == "fail")
    evidence = {}
    for problem in rubric.problems:
        assignment = assignments.get(problem.id, Assignment())
        runs = tuple(
            _own_claims(problem.id, observed[file].run, texts.get(file), targets, places)
            for file in assignment.notebooks
            if file in observed
        )
        evidence[problem.id] = ProblemEvidence(
            problem=problem.id,
            sections=tuple(s for s in sections if s.problem == problem.id),
            repeated=tuple(s for s in repeated if s.problem == problem.id),
            elsewhere=tuple(s for s in sections if s.problem != problem.id),
            notebooks=runs,
            unread=tuple(unread),
            unclaimed=tuple(unclaimed),
            unsure=unsure.get(problem.id, ""),
            in_code=in_code.get(problem.id, ()),
            model=assignment.model,
            candidates=assignment.candidates,
            why_no_model=assignment.why,
        )
    return evidence


def _says_something(section: Section) -> bool:
    """Whether a section is more than a heading."""
    return bool(section.text.strip() or section.unread or section.figures)


def _lines(portion: Portion) -> list[Piece]:
    """The lines of a portion, its heading's first."""
    return pieces_of([Document(file="", blocks=(portion.heading, *portion.blocks))])


def _in_code(
    problems: Sequence[str],
    code: Mapping[str, Sequence[int]],
    targets: Sequence[Target],
    places: Sequence[Place],
    *,
    strict: bool,
) -> dict[str, tuple[str, ...]]:
    """For each problem without words, the cells of code below its own heading, or (unless strict) below nobody's."""
    found: dict[str, list[str]] = {problem: [] for problem in problems}
    for file, cells in code.items() if problems else ():
        above = next((place.headings for place in places if place.file == file), ())
        starts = [cell for cell, _ in above]
        owner: dict[int, frozenset[str]] = {}
        theirs: dict[str, list[int]] = {problem: [] for problem in problems}
        for cell in cells:
            count = min(bisect_right(starts, cell), _MOST_HEADINGS)
            if count not in owner:
                nearest = [heading for _, heading in reversed(above[:count])]
                owner[count] = owners(targets, places, file, nearest)
            for problem in problems:
                if problem in owner[count] or not (owner[count] or strict):
                    theirs[problem].append(cell)
        for problem, own in theirs.items():
            if own:
                found[problem].append(f"{file} has code that may answer (cell {_listed([str(cell) for cell in own])})")
    return {problem: tuple(files) for problem, files in found.items()}


def _unclaimed(blocks: Iterable[Block]) -> list[str]:
    """Where text stands that belongs to no problem, in one sentence a file."""
    found: dict[str, list[str]] = {}
    for block in blocks:
        place = str(block.source).removeprefix(block.source.file).lstrip(":, ")
        place = f"line {place}" if block.source.line is not None else place
        found.setdefault(block.source.file, []).append(place or f"“{' '.join(block.text.split())[:_LONGEST_QUOTE]}”")
    return [f"{file} has text that belongs to no problem ({_listed(places)})" for file, places in found.items()]


def _listed(places: list[str]) -> str:
    distinct = list(dict.fromkeys(places))
    more = f" and {len(distinct) - _MOST_PLACES} more" if len(distinct) > _MOST_PLACES else ""
    return ", ".join(distinct[:_MOST_PLACES]) + more


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


def _own_claims(
    problem: str, run: NotebookRun, words: Document | None, targets: Sequence[Target], places: Sequence[Place]
) -> NotebookRun:
    """The run without the claims that stand below another problem's heading."""
    cells = {claim.source.cell for claim in run.claims}
    other = {
        cell
        for cell in cells
        if (named := owners(targets, places, run.file, headings_above(words, cell))) and problem not in named
    }
    return run.model_copy(update={"claims": tuple(claim for claim in run.claims if claim.source.cell not in other)})
