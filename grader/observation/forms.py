"""Reads `answers.yaml`, or a notebook cell that begins with that name: answers that need no finding.

4B:
  parameters: 42
  output shape: [3, 5, 7]
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from nbformat import NotebookNode

from grader.checks import Check
from grader.core.document import Block, Run
from grader.core.errors import SubmissionError
from grader.core.evidence import Formula, Reading, Section
from grader.core.record import Record
from grader.core.source import Source
from grader.observation.form_tree import Form, read_form
from grader.observation.formulas import read_formulas
from grader.observation.reading import read_section
from grader.observation.stated_values import matrix_of, number_of, shape_of
from grader.rubric.model import Problem, Rubric

_LABEL = re.compile(r"\s*(?:```\w*\s*\n\s*)?#{1,6}\s*answers\.ya?ml[ \t]*\n", re.IGNORECASE)
_OPENING = re.compile(r"\A\s*(?:```\w*[ \t]*\n)?(?:\s*\w+[ \t]*=[ \t]*(?=\{))?")
_MOST_TEXT = 100_000
_MOST_NOTES = 50
_LABEL_WORDS = re.compile(
    r"(?:(?:problem|question|exercise|task|part|answer|assignment|aufgabe|frage|teil|ex|no|nr|q|p)\b[\s.:#_-]{0,9}"
    r"|[qp](?=\d))+",
    re.IGNORECASE,
)


class Stated(Record):
    """What forms state, by problem and check, and what in them could not be used.

    `unclear` says by problem and check why what a form states for it is left to a person; `unread` says of a file why
    what it states could not be told.
    """

    answers: dict[str, dict[str, Section]] = {}
    unclear: dict[str, dict[str, str]] = {}
    unread: dict[str, str] = {}
    notes: tuple[str, ...] = ()


class _Entry(Record):
    """What a form states for one check: a section, with its `value` in one notation, or why it is unclear."""

    problem: str
    check: str
    section: Section | None = None
    value: str = ""
    why: str = ""


class _Unread(Record):
    """What stands in a form and belongs to no answer that was asked for."""

    why: str


def read_forms(
    rubric: Rubric,
    files: Mapping[str, str],
    notebooks: Mapping[str, NotebookNode],
    read: Callable[[str, str], Form] = read_form,
) -> Stated:
    """All forms of a submission: files by name, and labelled cells of its notebooks, each by what `read` says of it."""
    entries: dict[tuple[str, str], list[_Entry]] = {}
    unread: dict[str, list[str]] = {}
    for text, source in [*((text, Source(file=file, line=0)) for file, text in files.items()), *_cells(notebooks)]:
        for entry in _form(rubric, text, source, read):
            if isinstance(entry, _Unread):
                unread.setdefault(source.file, []).append(entry.why)
            else:
                entries.setdefault((entry.problem, entry.check), []).append(entry)
    answers: dict[str, dict[str, Section]] = {}
    unclear: dict[str, dict[str, str]] = {}
    for (problem, check), stated in entries.items():
        why = _disagreement(check, stated)
        if why:
            unclear.setdefault(problem, {})[check] = why
        elif stated[0].section is not None:
            answers.setdefault(problem, {})[check] = stated[0].section
    notes = [why for whys in unread.values() for why in whys]
    notes += [why for whys in unclear.values() for why in dict.fromkeys(whys.values())]
    return Stated(
        answers=answers,
        unclear=unclear,
        unread={file: "; ".join(whys[:5]) for file, whys in unread.items()},
        notes=tuple(notes[:_MOST_NOTES]),
    )


def _form(rubric: Rubric, text: str, source: Source, read: Callable[[str, str], Form]) -> Iterator[_Entry | _Unread]:
    """What one form states."""
    if len(text) > _MOST_TEXT:
        yield _Unread(why=f"{source.file} is longer than {_MOST_TEXT:,} characters and was not read")
        return
    try:
        form = read(text, source.file)
    except SubmissionError as error:
        yield _Unread(why=error.found if source.file in error.found else f"{source.file} {error.found}")
        return
    yield from _entries(rubric, form, source)


def _disagreement(check: str, stated: Sequence[_Entry]) -> str:
    """Why what forms state for a check is left to a person; empty where it is clear."""
    unclear = [entry.why for entry in stated if entry.section is None]
    if unclear:
        return " ".join(unclear[:3])
    values = {entry.value: entry.section for entry in reversed(stated) if entry.section}
    if len(values) == 1:
        return ""
    said = ", ".join(f"{section.source} says {section.text[:60]}" for section in reversed(values.values()))
    return f"“{check}” is stated in different ways: {said}."


def _cells(notebooks: Mapping[str, NotebookNode]) -> Iterator[tuple[str, Source]]:
    for file, notebook in notebooks.items():
        for number, cell in enumerate(notebook.cells, 1):
            label = _LABEL.match(cell.source)
            if label:
                text = _OPENING.sub("", cell.source[label.end() :]).rstrip().removesuffix("```")
                yield text, Source(file=file, cell=number)


def _entries(rubric: Rubric, form: Form, source: Source) -> Iterator[_Entry | _Unread]:
    """What stands in a form, entry by entry."""
    lines = form.line_of()

    def place(*keys: Any) -> Source:
        line = lines.get(keys, lines.get(keys[:1], 1))
        return source.model_copy(update={"line": line}) if source.cell is None else source

    for name, entries in form.tree().items():
        problem = _problem(rubric, name)
        if problem is None:
            known = [p.id for p in rubric.problems if _stateable(p)]
            if not _is_empty(entries):
                yield _Unread(why=f"{place(name)}: no problem {name}.{_suggestion(str(name), known)}")
            continue
        yield from _answers(problem, _joined(entries), name, place)


def _answers(problem: Problem, entries: Any, name: Any, place: Callable[..., Source]) -> Iterator[_Entry]:
    """What a form states for one problem."""
    checks = _stateable(problem)
    if not isinstance(entries, dict) and len(checks) == 1:
        entries = dict.fromkeys(checks, entries)
    if not isinstance(entries, dict):
        if not _is_empty(entries):
            why = f"{place(name)}: {name} takes one line for each of: {', '.join(checks)}."
            yield from (_Entry(problem=problem.id, check=title, why=why) for title in checks)
        return
    titles = {_plain_title(title): title for title in checks}
    stated: set[str] = set()
    lost: list[tuple[list[str], str]] = []
    for key, value in entries.items():
        title = key if key in checks else titles.get(_plain_title(str(key)), "")
        if _is_empty(value):
            continue
        if not title:
            near = get_close_matches(str(key), list(checks), n=1) or list(checks)
            lost.append((near, f"{place(name, key)}: no answer “{key}”.{_suggestion(str(key), list(checks))}"))
            continue
        stated.add(title)
        section = _section(problem, checks[title], value, place(name, key))
        wanted = FORMS_OF[checks[title].stated_as][0]
        why = f"{place(name, key)}: “{title}” must be {wanted}; found {str(value)[:60]!r}."
        yield _Entry(
            problem=problem.id,
            check=title,
            section=section,
            value=_value(checks[title], section),
            why="" if section else why,
        )
    for near, why in lost:  # it may be meant for any of these that nothing else is stated for
        yield from (_Entry(problem=problem.id, check=title, why=why) for title in near if title not in stated)


def _stateable(problem: Problem) -> dict[str, Check]:
    """The checks by title for which something can be stated; the names of hidden ones are told to nobody."""
    checks = (check for check in problem.checks if check.stated_as != "none" and check.visibility != "hidden")
    return {check.title: check for check in checks}


def _joined(entries: Any) -> Any:
    """A list of answers by name as one mapping."""
    if not (isinstance(entries, list) and entries and all(isinstance(entry, dict) for entry in entries)):
        return entries
    joined = {key: value for entry in entries for key, value in entry.items()}
    return joined if len(joined) == sum(map(len, entries)) else entries


def _is_empty(value: Any) -> bool:
    """Whether nothing is stated, as in a form that was handed in as it was given out."""
    if isinstance(value, dict):
        return all(map(_is_empty, value.values()))
    return value is None or (isinstance(value, str) and not value.strip())


def _plain_title(title: str) -> str:
    return re.sub(r"[\W_]+", " ", title.lower()).strip()


def _problem(rubric: Rubric, name: Any) -> Problem | None:
    """The problem that a key names, with a word such as `Problem` before its id or without."""
    if isinstance(name, float):  # 1.10 is 1.1 here, and may be either
        near = [p for p in rubric.problems if any(_as_float(label) == name for label in (p.id, *p.aliases))]
        return near[0] if len(near) == 1 else None
    text = " ".join(str(name).lower().split())
    for wanted in dict.fromkeys((text, _LABEL_WORDS.sub("", text, count=1).strip(" .:()[]#"))):
        for problem in rubric.problems:
            if wanted in {" ".join(label.lower().split()) for label in (problem.id, *problem.aliases)}:
                return problem
    return None


def _as_float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _suggestion(found: str, known: list[str]) -> str:
    close = get_close_matches(found, known, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    return f"{meant} There are: {', '.join(known)}." if known else meant


def _value(check: Check, section: Section | None) -> str:
    """What a section says, without where, and in which words where these mean nothing."""
    if section is None:
        return ""
    if check.stated_as == "text":
        return " ".join(section.text.lower().split())
    readings = [(reading.number, reading.shape, reading.matrix) for reading in section.readings]
    return repr((readings, [(formula.name, formula.sides) for formula in section.formulas]))


def _section(problem: Problem, check: Check, value: Any, source: Source) -> Section | None:
    """A section that says this and nothing else; None when the value is of another type."""
    made = FORMS_OF[check.stated_as][1](value, source)
    return made and made.model_copy(update={"problem": problem.id})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _reading(source: Source, **fields: Any) -> Reading:
    return Reading.model_validate({"source": source, "strength": "final"} | fields)


def _as_number(value: Any) -> float | None:
    """A number, or a text that is one."""
    if isinstance(value, str):
        return number_of(value)
    return value if _is_number(value) else None


def _number(value: Any, source: Source) -> Section | None:
    number = _as_number(value)
    if number is None:
        return None
    reading = _reading(source, kind="number", number=number, text=f"{value}")
    return Section(problem="", text=f"{value}", source=source, readings=(reading,))


def _shape(value: Any, source: Source) -> Section | None:
    sizes = shape_of(value) if isinstance(value, str) else _sizes(value)
    if not sizes:
        return None
    text = "x".join(map(str, sizes))
    return Section(
        problem="", text=text, source=source, readings=(_reading(source, kind="shape", shape=sizes, text=text),)
    )


def _sizes(value: Any) -> tuple[int, ...] | None:
    numbers = [_as_number(size) for size in value] if isinstance(value, list) else [None]
    sizes = tuple(int(n) for n in numbers if n is not None and 0 <= n < 10**9 and n == int(n))
    return sizes if len(sizes) == len(numbers) else None


def _matrices(value: Any, source: Source) -> Section | None:
    if isinstance(value, str):
        value = matrix_of(value)
    elif isinstance(value, list) and value and all(isinstance(matrix, str) for matrix in value):
        value = [matrix_of(matrix) for matrix in value]
    single = isinstance(value, list) and value and isinstance(value[0], list) and value[0]
    nested = [value] if single and not isinstance(value[0][0], list) else value
    if not isinstance(nested, list) or not nested:
        return None
    matrices = [_matrix(matrix) for matrix in nested]
    if not all(matrices):
        return None
    readings = tuple(_reading(source, kind="matrix", matrix=m, text=str(m)[:200], lead="") for m in matrices)
    return Section(problem="", text=str(matrices)[:2000], source=source, readings=readings)


def _matrix(rows: Any) -> list[list[float]] | None:
    """The numbers of a matrix, whose rows have one length."""
    if not isinstance(rows, list) or not all(isinstance(row, list) and row for row in rows):
        return None
    numbers = [[number for value in row if (number := _as_number(value)) is not None] for row in rows]
    whole = {len(row) for row in numbers} | {len(row) for row in rows}
    return numbers if len(whole) == 1 else None


def _formula(value: Any, source: Source) -> Section | None:
    if not _is_number(value) and not (isinstance(value, str) and 0 < len(value.strip()) <= 2000):
        return None
    text = f"{value}".strip()
    read = read_formulas(f"$${text.strip('$')}$$", [source])
    sides = read[-1].sides if read else (text,)
    return Section(
        problem="", text=text, source=source, formulas=(Formula(sides=sides, strength="final", source=source),)
    )


def _counts(value: Any, source: Source) -> Section | None:
    numbers = [_as_number(number) for number in (value if isinstance(value, list) else [value])]
    if not numbers or None in numbers:
        return None
    names = [f"layer {n}" for n in range(1, len(numbers))] + ["total"]
    formulas = tuple(
        Formula(sides=(_written(number),), name=name, strength="final", source=source)
        for name, number in zip(names, numbers, strict=True)
    )
    return Section(problem="", text=str(value), source=source, formulas=formulas)


def _written(number: float | None) -> str:
    """A number without an exponent where it is whole: formulas are read as they stand."""
    return f"{int(number)}" if number is not None and number == int(number) else f"{number}"


def _text(value: Any, source: Source) -> Section | None:
    if not isinstance(value, str | int | float) or isinstance(value, bool) or len(f"{value}") > 5000:
        return None
    block = Block(kind="paragraph", runs=(Run(text=f"{value}"),), source=source)
    return read_section("", block, (block,))


# For each form of an answer: what it must be, in words, and what reads it.
FORMS_OF: dict[str, tuple[str, Callable[[Any, Source], Section | None]]] = {
    "number": ("a number", _number),
    "shape": ("a list of whole numbers", _shape),
    "matrices": ("a matrix or a list of matrices, each a list of rows", _matrices),
    "formula": ("a formula in LaTeX or a number", _formula),
    "counts": ("a number, or a list with the number of each layer and the total last", _counts),
    "text": ("a text", _text),
}
