"""What readers of formats write blocks with: words gather until their block ends."""

from collections.abc import Sequence

from grader.core.document import Block, BlockKind, Cell
from grader.core.source import Source
from grader.documents.words import PLAIN, Style, Words

_MOST_FILLED = 200_000


class Writer:
    """The blocks of a document, as they come. `words` are those of the block that is open."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.words = Words()
        self.blocks: list[Block] = []

    def at(self, line: int | None) -> Source:
        """The place at a line of the document."""
        return self.source.model_copy(update={"line": line}) if self.source.cell is None else self.source

    def end(
        self,
        kind: BlockKind,
        line: int | None,
        *,
        level: int = 0,
        mark: str = "",
        strip: bool = True,
        keep: bool = False,
    ) -> bool:
        """The open block ends, and is written if it holds anything or is to be kept empty. Says whether it was."""
        if not (self.words or keep):
            self.words.take()
            return False
        runs = self.words.take(strip=strip)
        if not strip and runs:  # of code the last line's end
            runs = (*runs[:-1], runs[-1].model_copy(update={"text": runs[-1].text.rstrip()}))
        self.blocks.append(Block(kind=kind, runs=runs, level=level, mark=mark, source=self.at(line)))
        return True

    def formula(self, tex: str, line: int | None, style: Style = PLAIN) -> None:
        """A displayed formula."""
        self.words.formula(tex, style)
        self.end("formula", line)

    def table(self, rows: list[list[Cell]], line: int | None) -> None:
        """A table, its rows filled up to one length."""
        if any(cell for row in rows for cell in row):
            self.blocks.append(Block(kind="table", rows=filled(rows), source=self.at(line)))


def filled(rows: Sequence[Sequence[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    """The rows of a table, filled up to one length where that doesn't make much of little."""
    width = min(max((len(row) for row in rows), default=0), _MOST_FILLED // max(len(rows), 1))
    return tuple((*row, *[()] * (width - len(row))) for row in rows)
