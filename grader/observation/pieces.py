"""The lines of a document's blocks, each with what makes it stand out, and blocks made of lines again."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from grader.core.document import Block, BlockKind, Document, Run
from grader.observation.labels import PLAIN_MARKS, read_labels

# How much a line stands out, below the six levels of headings.
BOLD, BOLD_BEGINNING, ITEM, PLAIN, QUOTED, NONE = 7, 8, 9, 10, 11, 12
_MOST_LINES = 200_000


class Piece(NamedTuple):
    """One line of a block, or a whole block that has no lines.

    `rank` is a heading's level, or how it stands out else; `of` is how many lines its block has, and `mark` is
    the beginning of the text that is an item's or heading's mark and stands in no run. Of a `cut` one the beginning is
    gone.
    """

    block: Block
    line: int
    runs: tuple[Run, ...]
    text: str
    rank: int
    of: int
    mark: str = ""
    cut: bool = False


def pieces_of(documents: Iterable[Document]) -> list[Piece]:
    """The lines of all blocks in order; of no more than a long book has."""
    found: list[Piece] = []
    for document in documents:
        for block in document.blocks:
            found += _pieces(block)
            if len(found) > _MOST_LINES:
                return found
    return found


def blocks_of(pieces: Sequence[Piece]) -> tuple[Block, ...]:
    """The blocks that these lines make: whole ones as they were, others of the lines that are there."""
    found: list[Block] = []
    lines: list[Piece] = []
    for piece in pieces:
        if lines and lines[-1].block is not piece.block:
            found += _joined(lines)
            lines = []
        lines.append(piece)
    return (*found, *_joined(lines))


def behind(piece: Piece, end: int) -> Piece | None:
    """What of the line stands behind so many characters of its text; None where it is blank."""
    rest = piece.text[end:]
    if not rest.strip():
        return None
    left = end - len(piece.mark)
    kept: list[Run] = []
    for run in piece.runs:
        shown = "" if run.hidden or run.struck else f"${run.text}$" if run.formula else run.text
        if left >= len(shown) and shown:
            left -= len(shown)
        elif left > 0 and shown and not run.formula:
            kept.append(run.model_copy(update={"text": run.text[left:]}))
            left = 0
        else:
            left = 0 if shown else left
            kept.append(run)
    return piece._replace(runs=tuple(kept), text=rest, rank=PLAIN, mark="", cut=True)


def _pieces(block: Block) -> Iterator[Piece]:
    if block.kind in ("table", "formula", "code", "figure", "unread"):
        yield Piece(block, 0, block.runs, "", NONE, 1)
        return
    lines = list(_lines(block.runs))
    for number, runs in enumerate(lines):
        shown = "".join(_shown(run) for run in runs)
        mark = f"{block.mark} " if block.mark and not number and not _names_itself(block, shown) else ""
        text = (mark + shown).translate(PLAIN_MARKS)
        yield Piece(block, number, runs, text, _rank(block, number, runs), len(lines), mark)


def _names_itself(block: Block, words: str) -> bool:
    """Whether a numbered heading says itself which problem it is: `1 Problem 2(b)`, whose number LaTeX has counted."""
    return block.kind == "heading" and any(label.word in ("task", "letter") for label in read_labels(words))


def _shown(run: Run) -> str:
    return "" if run.hidden or run.struck else f"${run.text}$" if run.formula else run.text


def _lines(runs: Sequence[Run]) -> Iterator[tuple[Run, ...]]:
    line: list[Run] = []
    for run in runs:
        if "\n" not in run.text or run.formula:
            line.append(run)
            continue
        first, *others = run.text.split("\n")
        line += [run.model_copy(update={"text": first})] if first else []
        for text in others:
            yield tuple(line)
            line = [run.model_copy(update={"text": text})] if text else []
    yield tuple(line)


def _rank(block: Block, number: int, runs: tuple[Run, ...]) -> int:
    if block.kind == "heading":
        return min(max(block.level, 1), 6)
    seen = [run for run in runs if _shown(run).strip(" \t:.")]
    if seen and seen[0].bold and not seen[0].formula:
        return BOLD if all(run.bold for run in seen) else BOLD_BEGINNING
    if block.kind == "quotation":
        return QUOTED
    return ITEM if block.kind == "item" and not number else PLAIN


def _joined(lines: list[Piece]) -> list[Block]:
    if not lines:
        return []
    first, block = lines[0], lines[0].block
    if first.rank == NONE or (len(lines) == first.of and not first.cut):
        return [block]
    runs: list[Run] = []
    for number, line in enumerate(lines):
        runs += [Run(text="\n")] if number else []
        runs += line.runs
    source = block.source.below(first.line)
    if first.mark and block.kind == "item":
        return [block.model_copy(update={"runs": tuple(runs), "source": source})]
    kind: BlockKind = "quotation" if block.kind == "quotation" else "paragraph"
    return [Block(kind=kind, runs=tuple(runs), source=source)]
