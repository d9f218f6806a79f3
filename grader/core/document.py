"""A document as its reader sees it: blocks of words, formulas and tables, each with its place, in whatever format."""

from typing import Literal

from grader.core.record import Record
from grader.core.source import Source

BlockKind = Literal["heading", "paragraph", "item", "table", "formula", "code", "figure", "quotation", "unread"]


class Run(Record):
    """Words in one style, `\\n` where the author began a new line; a `formula` is LaTeX without its dollars.

    `bold` stands for whatever makes words stand out as a heading does: bold, underlined, boxed. `hidden` says why a
    reader doesn't see the words ("a comment", "white text"); empty where they are seen. `link` is where they lead.
    """

    text: str
    formula: bool = False
    code: bool = False
    bold: bool = False
    italic: bool = False
    struck: bool = False
    hidden: str = ""
    link: str = ""


Cell = tuple[Run, ...]


class Block(Record):
    """Something that stands by itself.

    `level` is a heading's, from 1, or the depth of a list's item, from 1. `mark` is the label of an item as written
    ("(a)", "2.", "Problem 1"), empty for a bullet. A table has `rows` of cells, its header first where it has one.
    A `formula` is displayed and has one run. Of a `figure` the runs are what is written in its place; `unread` is
    something a person sees there and the machine can't read, such as a formula drawn as a picture: its run says what.
    """

    kind: BlockKind
    runs: tuple[Run, ...] = ()
    level: int = 0
    mark: str = ""
    rows: tuple[tuple[Cell, ...], ...] = ()
    source: Source

    @property
    def text(self) -> str:
        """What a reader sees, in one notation for all formats: formulas between dollars, the rows of a table in pipes.

        Without what is struck out or hidden: it isn't asserted.
        """
        if self.kind == "table":
            return "\n".join(
                f"| {' | '.join(_shown(cell).replace(chr(10), ' ') for cell in row)} |" for row in self.rows
            )
        shown = _shown(self.runs, display=self.kind == "formula")
        if self.kind == "figure":
            return f"![{shown}](figure)"
        if self.kind == "item":
            return f"{self.mark or '-'} {shown}"
        if self.kind == "quotation":
            return "\n".join(f"> {line}" for line in shown.split("\n"))
        return "" if self.kind == "unread" else shown

    @property
    def hidden(self) -> str:
        """What stands there and no reader sees."""
        runs = [*self.runs, *(run for row in self.rows for cell in row for run in cell)]
        return " ".join(run.text for run in runs if run.hidden)


class Document(Record):
    """A document that was read to its end."""

    file: str
    blocks: tuple[Block, ...]


def _shown(runs: tuple[Run, ...], *, display: bool = False) -> str:
    mark = "$$" if display else "$"
    return "".join(
        f"{mark}{run.text}{mark}" if run.formula else run.text for run in runs if not (run.hidden or run.struck)
    )


def _in_line(runs: tuple[Run, ...]) -> str:
    return " ".join(_shown(runs).split())
