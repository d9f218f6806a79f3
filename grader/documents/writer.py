"""What readers of formats write blocks with: words gather in styles until their block ends."""

from collections.abc import Sequence
from typing import NamedTuple

from grader.core.document import Block, BlockKind, Cell, Run
from grader.core.source import Source
from grader.documents.text import visible


class Style(NamedTuple):
    """How words are shown; see Run."""

    code: bool = False
    bold: bool = False
    italic: bool = False
    struck: bool = False
    hidden: str = ""
    link: str = ""


PLAIN = Style()
_MOST_FILLED = 200_000


class Words:
    """The words of one block or cell, as they come."""

    def __init__(self) -> None:
        self._pieces: list[tuple[list[str], Style, bool]] = []
        self._ended = True  # whether a space here would show

    def add(self, text: str, style: Style = PLAIN) -> None:
        """Words as they are written."""
        self._append(visible(text), style)

    def flow(self, text: str, style: Style = PLAIN) -> None:
        """Words whose spaces and lines don't matter: each gap is one space."""
        text = visible(text)
        flat = " ".join(text.split())
        if text[:1].isspace() and not self._ended:
            flat = f" {flat}"
        if flat.strip() and text[-1:].isspace():
            flat = f"{flat} "
        self._append(flat, style)

    def formula(self, tex: str, style: Style = PLAIN) -> None:
        """A formula in the line."""
        tex = " ".join(visible(tex).split())
        if tex:
            self._pieces.append(([tex], style._replace(code=False), True))
            self._ended = False

    def line(self, style: Style = PLAIN) -> None:
        """A new line begins, unless one has just begun."""
        if self._pieces and not (self._pieces[-1][0][-1].endswith("\n") and not self._pieces[-1][2]):
            self._append("\n", style)

    def _append(self, text: str, style: Style) -> None:
        if not text:
            return
        if self._pieces and self._pieces[-1][1] == style and not self._pieces[-1][2]:
            self._pieces[-1][0].append(text)
        else:
            self._pieces.append(([text], style, False))
        if not style.hidden:
            self._ended = text[-1] in " \n"

    def take(self, *, strip: bool = True) -> tuple[Run, ...]:
        """The runs so far, without spaces at their ends, and begin anew."""
        pieces = [("".join(texts), style, formula) for texts, style, formula in self._pieces]
        self.__init__()  # type: ignore[misc]
        if strip:
            while pieces and not pieces[0][2] and not (left := pieces[0][0].lstrip()):
                pieces.pop(0)
            while pieces and not pieces[-1][2] and not pieces[-1][0].strip():
                pieces.pop()
            if pieces and not pieces[0][2]:
                pieces[0] = (left, *pieces[0][1:])
            if pieces and not pieces[-1][2]:
                pieces[-1] = (pieces[-1][0].rstrip(), *pieces[-1][1:])
        return tuple(
            Run(
                text=text,
                formula=formula,
                code=style.code,
                bold=style.bold,
                italic=style.italic,
                struck=style.struck,
                hidden=style.hidden,
                link=style.link,
            )
            for text, style, formula in pieces
        )

    def __bool__(self) -> bool:
        return any(formula or any(text.strip() for text in texts) for texts, _, formula in self._pieces)


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
