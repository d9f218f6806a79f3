"""Reads `answers.yaml`, or a notebook cell that begins with that name: answers that need no finding.

4B:
  parameters: 42
  output shape: [3, 5, 7]
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from nbformat import NotebookNode

from grader.checks import Check
from grader.core.errors import RubricError
from grader.core.evidence import Formula, Reading, Section
from grader.core.record import Record
from grader.core.source import Source
from grader.observation.answers import read_answers
from grader.observation.formulas import read_formulas
from grader.rubric.model import Problem, Rubric
from grader.rubric.tree import line_of, parse, plain

FORMS = ("answers.yaml", "answers.yml")
_LABEL = re.compile(r"\s*(?:```\w*\s*\n\s*)?#{1,6}\s*answers\.ya?ml[ \t]*\n", re.IGNORECASE)
_OPENING = re.compile(r"\A\s*(?:```\w*[ \t]*\n)?(?:\s*\w+[ \t]*=[ \t]*(?=\{))?")
_MOST_TEXT = 100_000


class Stated(Record):
    """What forms state, by problem and check, and what in them could not be used."""

    answers: dict[str, dict[str, Section]] = {}
    notes: tuple[str, ...] = ()


def read_forms(rubric: Rubric, files: Mapping[str, str], notebooks: Mapping[str, NotebookNode]) -> Stated:
    """All forms of a submission: files by name, and labelled cells of its notebooks."""
    answers: dict[str, dict[str, Section]] = {}
    notes: list[str] = []
    for text, source in [*((text, Source(file=file, line=0)) for file, text in files.items()), *_cells(notebooks)]:
        if len(text) > _MOST_TEXT:
            notes.append(f"{source.file} is longer than {_MOST_TEXT:,} characters and was not read")
            continue
        try:
            tree = parse(text, source.file, "a mapping from problems to answers")
            values = plain(tree, source.file)
        except RubricError as error:
            notes.append(str(error))
            continue
        for problem, title, section, note in _entries(rubric, tree, values, source):
            if section is not None:
                answers.setdefault(problem, {})[title] = section
            if note:
                notes.append(note)
    return Stated(answers=answers, notes=tuple(notes[:50]))


def _cells(notebooks: Mapping[str, NotebookNode]) -> Iterator[tuple[str, Source]]:
    for file, notebook in notebooks.items():
        for number, cell in enumerate(notebook.cells, 1):
            label = _LABEL.match(cell.source)
            if label:
                text = _OPENING.sub("", cell.source[label.end() :]).rstrip().removesuffix("```")
                yield text, Source(file=file, cell=number)


def _entries(
    rubric: Rubric, tree: Any, values: dict[Any, Any], source: Source
) -> Iterator[tuple[str, str, Section | None, str]]:
    """(problem, check, what is stated for it or None, what is wrong with it) for each entry."""

    def place(*keys: str) -> Source:
        return source.model_copy(update={"line": line_of(tree, keys)}) if source.cell is None else source

    for name, entries in values.items():
        problem = _problem(rubric, str(name))
        if problem is None:
            known = [p.id for p in rubric.problems if any(c.answer_form != "none" for c in p.checks)]
            yield "", "", None, f"{place(name)}: no problem {name}.{_suggestion(str(name), known)}"
            continue
        checks = {check.title: check for check in problem.checks if check.answer_form != "none"}
        if not isinstance(entries, dict):
            if entries is not None:
                yield "", "", None, f"{place(name)}: {name} takes one line for each of: {', '.join(checks)}."
            continue
        for title, value in entries.items():
            check = checks.get(str(title))
            if check is None:
                yield "", "", None, f"{place(name, title)}: no answer “{title}”.{_suggestion(str(title), list(checks))}"
            elif value is not None:
                section = _section(problem, check, value, place(name, title))
                wanted = FORMS_OF[check.answer_form][0]
                wrong = f"{place(name, title)}: “{title}” must be {wanted}; found {str(value)[:60]!r}."
                yield problem.id, check.title, section, "" if section else wrong


def _problem(rubric: Rubric, name: str) -> Problem | None:
    return next((p for p in rubric.problems if name.lower() in (p.id.lower(), *(a.lower() for a in p.aliases))), None)


def _suggestion(found: str, known: list[str]) -> str:
    close = get_close_matches(found, known, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    return f"{meant} There are: {', '.join(known)}." if known else meant


def _section(problem: Problem, check: Check, value: Any, source: Source) -> Section | None:
    """A section that says this and nothing else; None when the value is of another type."""
    made = FORMS_OF[check.answer_form][1](value, source)
    return made and made.model_copy(update={"problem": problem.id})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _reading(source: Source, **fields: Any) -> Reading:
    return Reading.model_validate({"source": source, "strength": "final"} | fields)


def _number(value: Any, source: Source) -> Section | None:
    if not _is_number(value):
        return None
    reading = _reading(source, kind="number", number=value, text=f"{value}")
    return Section(problem="", text=f"{value}", source=source, readings=(reading,))


def _shape(value: Any, source: Source) -> Section | None:
    if not isinstance(value, list) or not all(type(n) is int and 0 <= n < 10**9 for n in value) or not value:
        return None
    text = "x".join(map(str, value))
    return Section(
        problem="", text=text, source=source, readings=(_reading(source, kind="shape", shape=value, text=text),)
    )


def _matrices(value: Any, source: Source) -> Section | None:
    single = isinstance(value, list) and value and isinstance(value[0], list) and value[0]
    matrices = [value] if single and _is_number(value[0][0]) else value
    good = isinstance(matrices, list) and all(
        isinstance(m, list) and m and all(isinstance(row, list) and row and all(map(_is_number, row)) for row in m)
        for m in matrices
    )
    if not good or not matrices:
        return None
    readings = tuple(_reading(source, kind="matrix", matrix=m, text=str(m)[:200], lead="") for m in matrices)
    return Section(problem="", text=str(matrices)[:2000], source=source, readings=readings)


def _formula(value: Any, source: Source) -> Section | None:
    if not _is_number(value) and not (isinstance(value, str) and 0 < len(value.strip()) <= 2000):
        return None
    text = f"{value}".strip()
    read = read_formulas(f"$${text.strip('$')}$$", source.file, 1)
    sides = read[-1].sides if read else (text,)
    return Section(
        problem="", text=text, source=source, formulas=(Formula(sides=sides, strength="final", source=source),)
    )


def _counts(value: Any, source: Source) -> Section | None:
    numbers = value if isinstance(value, list) else [value]
    if not numbers or not all(map(_is_number, numbers)):
        return None
    names = [f"layer {n}" for n in range(1, len(numbers))] + ["total"]
    formulas = tuple(
        Formula(sides=(f"{number}",), name=name, strength="final", source=source)
        for name, number in zip(names, numbers, strict=True)
    )
    return Section(problem="", text=str(value), source=source, formulas=formulas)


def _text(value: Any, source: Source) -> Section | None:
    if not isinstance(value, str | int | float) or len(f"{value}") > 5000:
        return None
    text = f"{value}"
    place = {"source": source}
    return Section(
        problem="",
        text=text,
        source=source,
        readings=tuple(r.model_copy(update=place) for r in read_answers(text, source.file, 1)),
        formulas=tuple(f.model_copy(update=place) for f in read_formulas(text, source.file, 1)),
    )


# For each form of an answer: what it must be, in words, and what reads it.
FORMS_OF: dict[str, tuple[str, Callable[[Any, Source], Section | None]]] = {
    "number": ("a number", _number),
    "shape": ("a list of whole numbers", _shape),
    "matrices": ("a matrix or a list of matrices, each a list of rows", _matrices),
    "formula": ("a formula in LaTeX or a number", _formula),
    "counts": ("a number, or a list with the number of each layer and the total last", _counts),
    "text": ("a text", _text),
}
