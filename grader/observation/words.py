"""What the words of a submission say, problem by problem: linear in the text, and done in the confined process."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from grader.core.document import Block, Document
from grader.core.evidence import Section
from grader.core.record import Record
from grader.observation.labels import Labels
from grader.observation.mentions import named_elsewhere
from grader.observation.pieces import BOLD, Piece, pieces_of
from grader.observation.reading import read_section
from grader.observation.sections import Alignment, Portion, align_documents

_MOST_PLACES = 8
_LONGEST_QUOTE = 40
_LONGEST_HEADING = 200
_MOST_HEADINGS = 5000  # of a notebook

Headings = tuple[tuple[int, str], ...]


class Words(Record):
    """What documents and notebooks say.

    `repeated` are the sections of notebooks that a document answers as well; `unsure` says by problem why it is not
    clear which text answers it, `unclaimed` where text stands that belongs to none; `silent` are the problems without
    an answer in words. `headings` are those of each notebook, with the number of their cells.
    """

    sections: tuple[Section, ...] = ()
    repeated: tuple[Section, ...] = ()
    unsure: dict[str, str] = {}
    unclaimed: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    headings: dict[str, Headings] = {}


def words(
    folder: str,  # noqa: ARG001  # of every question
    labels: Mapping[str, Any],
    documents: Sequence[Mapping[str, Any]],
    texts: Sequence[Mapping[str, Any]],
    *,
    strict: bool,
) -> Words:
    """The same as `read_words`, for the confined process."""
    return read_words(
        Labels.model_validate(labels),
        [Document.model_validate(document) for document in documents],
        [Document.model_validate(text) for text in texts],
        strict=strict,
    )


def read_words(labels: Labels, documents: Sequence[Document], texts: Sequence[Document], *, strict: bool) -> Words:
    """What documents say, and the words of notebooks (`texts`). With `strict` no text belongs to nobody."""
    aligned = align_documents(documents, labels)
    sections = _sections(aligned)
    answered = {section.problem for section in sections if _says_something(section)}
    in_notebooks = align_documents(texts, labels)
    of_notebooks = _sections(in_notebooks)
    repeated = [section for section in of_notebooks if section.problem in answered]
    sections += [section for section in of_notebooks if section.problem not in answered]
    doubts = [*aligned.unsure, *(doubt for doubt in in_notebooks.unsure if doubt.problem not in answered)]
    answered |= {section.problem for section in sections if _says_something(section)}
    portions = [*aligned.sections, *in_notebooks.sections]
    silent = [problem for problem in dict.fromkeys(labels.problems.values()) if problem not in answered]
    named = named_elsewhere(silent, portions, [_lines(portion) for portion in portions], labels) if silent else {}
    return Words(
        sections=tuple(sections),
        repeated=tuple(repeated),
        unsure=named | {doubt.problem: doubt.why for doubt in reversed(doubts)},
        unclaimed=() if strict else tuple(_unclaimed((*aligned.unclaimed, *in_notebooks.unclaimed))),
        silent=tuple(silent),
        headings={text.file: headings(text) for text in texts},
    )


def headings(words: Document | None) -> Headings:
    """(cell, heading) for every heading and every line in bold among a notebook's words, cells counted from 1."""
    found = (
        (piece.block.source.cell or 0, piece.text.strip("#* :")[:_LONGEST_HEADING])
        for piece in pieces_of([words] if words else [])
        if piece.rank <= BOLD and piece.text.strip()
    )
    return tuple(found)[:_MOST_HEADINGS]


def _says_something(section: Section) -> bool:
    """Whether a section is more than a heading."""
    return bool(section.text.strip() or section.unread or section.figures)


def _lines(portion: Portion) -> list[Piece]:
    """The lines of a portion, its heading's first."""
    return pieces_of([Document(file="", blocks=(portion.heading, *portion.blocks))])


def _sections(aligned: Alignment) -> list[Section]:
    return [read_section(portion.problem, portion.heading, portion.blocks) for portion in aligned.sections]


def _unclaimed(blocks: Iterable[Block]) -> list[str]:
    """Where text stands that belongs to no problem, in one sentence a file."""
    found: dict[str, list[str]] = {}
    for block in blocks:
        place = str(block.source).removeprefix(block.source.file).lstrip(":, ")
        place = f"line {place}" if block.source.line is not None else place
        found.setdefault(block.source.file, []).append(place or f"“{' '.join(block.text.split())[:_LONGEST_QUOTE]}”")
    return [f"{file} has text that belongs to no problem ({listed(places)})" for file, places in found.items()]


def listed(places: Sequence[str]) -> str:
    """Places in one sentence, so many that they can be read."""
    distinct = list(dict.fromkeys(places))
    more = f" and {len(distinct) - _MOST_PLACES} more" if len(distinct) > _MOST_PLACES else ""
    return ", ".join(distinct[:_MOST_PLACES]) + more
