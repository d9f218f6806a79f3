"""What readers of office documents do with the blocks that they found."""

from collections.abc import Iterable, Sequence

from grader.core.document import Block, Cell, Run
from grader.core.errors import SubmissionError
from grader.documents.words import Style, Words

MOST_BLOCKS = 100_000


def collected(blocks: Iterable[Block], file: str) -> tuple[Block, ...]:
    """All blocks, lines of code that follow each other as one. Raises SubmissionError for more than is read."""
    found: list[Block] = []
    code: list[Block] = []
    for number, block in enumerate(blocks):
        if number >= MOST_BLOCKS:
            raise SubmissionError(f"holds more than {MOST_BLOCKS:,} paragraphs", where=file)
        if block.kind == "code":
            code.append(block)
            continue
        found += _joined(code)
        code.clear()
        found.append(block)
    return (*found, *_joined(code))


def in_cell(blocks: Sequence[Block]) -> Cell:
    """What stands in a cell, in lines."""
    words = Words()
    for block in blocks:
        if block.kind in ("figure", "unread") or not (block.runs or block.mark):
            continue
        if words:
            words.add("\n", Style())
        if block.kind == "item":
            words.add(f"{block.mark or '-'} ", Style())
        words.extend(block.runs)
    return words.take()


def _joined(code: Sequence[Block]) -> list[Block]:
    if not any(run.text.strip() for block in code for run in block.runs):
        return []
    runs: list[Run] = []
    for block in code:
        runs += [Run(text="\n", code=True)] if runs else []
        runs += block.runs
    return [code[0].model_copy(update={"runs": tuple(runs)})]
