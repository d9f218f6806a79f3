"""Which blocks of a document answer which problem: all headings are aligned with the assignment's problems at once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from grader.core.document import Block, Document
from grader.core.record import Record
from grader.observation.alignment import Decision, align
from grader.observation.candidates import OUTSIDE, Meaning, Outline, find_candidates
from grader.observation.front_matter import could_hold_an_answer
from grader.observation.labels import Labels, bare_solution, plain_title, points_end, title_end
from grader.observation.pieces import BOLD_BEGINNING, NONE, Piece, behind, blocks_of, pieces_of

_MOST_HEADINGS = 2000
_LONG_QUESTION = 8
_LONG_TITLE = 60
_BEHIND_LABEL = " \t\xa0.):]}*_|,"


class Portion(Record):
    """The blocks that answer one problem. The first is the heading's own rest, where an answer begins on its line.

    `heading` is the line that opened it, in its block.
    """

    problem: str
    heading: Block
    blocks: tuple[Block, ...] = ()


class Doubt(Record):
    """Why it isn't clear which text answers a problem."""

    problem: str
    why: str


class Alignment(Record):
    """The documents' blocks by problem; `unclaimed` are those that belong to none and could hold an answer."""

    sections: tuple[Portion, ...] = ()
    unsure: tuple[Doubt, ...] = ()
    unclaimed: tuple[Block, ...] = ()


class _Part(NamedTuple):
    """The lines below one heading: whose they are, and whether they are a solution."""

    problem: str
    heading: Piece
    pieces: list[Piece]
    solution: bool = False
    said: bool = True
    question: str = ""


def align_documents(documents: Sequence[Document], labels: Labels) -> Alignment:
    """The blocks of each document by the problem that they answer.

    What stands before the first heading belongs to no problem. Where a problem has parts called solution or answer,
    those are its sections, and the rest is the question. A heading with a whole sentence behind it that occurs twice
    repeats the question.
    """
    outline = Outline(labels)
    found = [_align(document, outline) for document in documents]
    return Alignment(
        sections=tuple(portion for each in found for portion in each.sections),
        unsure=tuple(doubt for each in found for doubt in each.unsure),
        unclaimed=tuple(block for each in found for block in each.unclaimed),
    )


def _align(document: Document, outline: Outline) -> Alignment:
    pieces = pieces_of([document])
    candidates = find_candidates(pieces, outline, _MOST_HEADINGS)
    decisions = align(candidates, outline)
    loose: list[Piece] = []
    parts = list(_parts(pieces, decisions, outline, loose))
    sections, dropped = _answers(parts)
    unclaimed = [*loose, *dropped]
    return Alignment(
        sections=tuple(sections),
        unsure=tuple(_doubts(pieces, decisions, outline)),
        unclaimed=could_hold_an_answer(blocks_of(unclaimed)),
    )


def _parts(
    pieces: Sequence[Piece], decisions: Sequence[Decision], outline: Outline, loose: list[Piece]
) -> Iterator[_Part]:
    """The lines below each heading in order; those below none go to the loose ones."""
    opened = {
        decision.candidate.number: decision.opens
        for decision in decisions
        if decision.opens and not (decision.opens.part and decision.before == decision.opens.target)
    }
    part: _Part | None = None
    for number, piece in enumerate(pieces):
        meaning = opened.get(number)
        if meaning:
            if part:
                yield part
            part = _opened(piece, meaning, outline)
            if part is None and meaning.target == OUTSIDE:
                loose.append(piece)
            continue
        if part is None:
            loose.append(piece)
            continue
        solution = _solution(piece)
        if solution is not None:
            yield part
            part = _Part(part.problem, piece, solution, solution=True)
        else:
            part.pieces.append(piece)
    if part:
        yield part


def _opened(piece: Piece, meaning: Meaning, outline: Outline) -> _Part | None:
    target = outline.targets[meaning.target]
    problem = target.problem or outline.only.get(target.path, "")
    if not problem:
        return None
    if meaning.part:
        return _Part(problem, piece, [piece])
    rest = behind(piece, _answer_at(piece.text, meaning.end, outline.title_of(meaning.target)))
    question = plain_title(rest.text) if rest else ""
    return _Part(problem, piece, [rest] if rest else [], meaning.solution, bool(target.problem), question)


def _answer_at(text: str, end: int, title: str) -> int:
    """Where an answer may begin on its heading's line: behind the label, the points and the title."""
    separated = False
    while end < len(text):
        mark, following = text[end], text[end + 1 : end + 4].strip()
        past = points_end(text, end) or title_end(text, end, title) or (end + 2 if mark + following[:1] == "()" else 0)
        if past:
            end = past
        elif mark in _BEHIND_LABEL and not (mark == "." and text[end + 1 : end + 2].isdigit()):
            separated |= mark in ".:)]"
            end += 1
        elif mark in "-–—" and not (following[:1].isdigit() and (separated or text[end + 1].isdigit())):
            end += 1
        else:
            break  # a minus sign stays
    return end


def _solution(piece: Piece) -> list[Piece] | None:
    """What stands on the line of a bare `Solution:` behind it; None for other lines.

    `Answer: 608` is a part of an answer, with what stands before it.
    """
    if piece.rank == NONE:
        return None
    found = bare_solution(piece.text)
    if found is None:
        return None
    word, rest = found
    if rest and piece.rank > BOLD_BEGINNING and not word.startswith(("sol", "lös", "opl", "ře", "roz", "реш", "解")):
        return None
    left = behind(piece, len(piece.text) - len(rest)) if rest else None
    return [left] if left else []


def _answers(parts: list[_Part]) -> tuple[list[Portion], list[Piece]]:
    """(the portions that are answers; the lines that turn out to be nobody's)."""
    questions = Counter((part.problem, part.question) for part in parts)
    solved = {part.problem for part in parts if part.solution}
    said = {part.problem for part in parts if part.said}
    kept: list[tuple[Portion, bool]] = []
    dropped: list[Piece] = []
    for part in parts:
        if part.problem in solved and not part.solution:
            continue
        if not part.said and part.problem in said:
            dropped += part.pieces
            continue
        repeated = questions[part.problem, part.question] > 1 and part.question.count(" ") >= _LONG_QUESTION
        pieces = part.pieces[1:] if repeated else part.pieces
        full = any(piece.rank == NONE or piece.text.strip() for piece in pieces)
        heading = blocks_of([part.heading])[0]
        kept.append((Portion(problem=part.problem, heading=heading, blocks=blocks_of(pieces)), full))
    told = {portion.problem for portion, full in kept if full}
    return [portion for portion, full in kept if full or portion.problem not in told], dropped


def _doubts(pieces: Sequence[Piece], decisions: Sequence[Decision], outline: Outline) -> Iterator[Doubt]:
    """A sentence for each problem whose text another reading that is about as good would change."""
    told: set[str] = set()
    numbers = [decision.candidate.number for decision in decisions]
    for decision, end in zip(decisions, [*numbers, len(pieces)][1:], strict=True):
        if not decision.instead or not _matters(pieces, decision, end, outline):
            continue
        taken = decision.opens.target if decision.opens else decision.before
        concerned = [outline.targets[number].problem for number in dict.fromkeys((taken, *decision.instead))]
        if len(set(filter(None, concerned))) < 2:
            continue  # the text is this problem's, or nobody's: then it is unclaimed, and a person looks
        piece = pieces[decision.candidate.number]
        place = piece.block.source.below(piece.line)
        names = [name or "no problem" for name in concerned]
        why = f"It isn't clear whether “{piece.text.strip()[:60]}” ({place}) begins the answer to {' or '.join(names)}."
        for problem in dict.fromkeys(filter(None, concerned)):
            if problem not in told:
                told.add(problem)
                yield Doubt(problem=problem, why=why)


def _matters(pieces: Sequence[Piece], decision: Decision, end: int, outline: Outline) -> bool:
    """Whether there is text that the other reading gives to another problem: not behind a mere chapter's title."""
    if decision.opens and outline.targets[decision.opens.target].problem:
        return True
    behind_it = pieces[decision.candidate.number + 1 : end]
    return len(pieces[decision.candidate.number].text) > _LONG_TITLE or any(
        piece.rank == NONE or piece.text.strip() for piece in behind_it
    )
