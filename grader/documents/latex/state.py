"""How far a text in LaTeX is read: where, what is open there, and what is written."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from grader.core.document import Block, Cell
from grader.core.source import Source
from grader.documents.format import Beside
from grader.documents.latex.counters import Counters
from grader.documents.latex.cuts import Piece
from grader.documents.latex.groups import Groups, Item, Place
from grader.documents.latex.macros import Macros
from grader.documents.latex.tokens import Tokens
from grader.documents.words import Words
from grader.documents.writer import Writer

_DEEPEST_ARGUMENT = 8  # what stands deeper is read without its commands
_DEEPER = 4


@dataclass
class Shared:
    """What the files of one document share."""

    beside: Beside
    macros: Macros = field(default_factory=Macros)
    counters: Counters = field(default_factory=Counters)
    theorems: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    inputs: int = 0


# Reads a text that stands at a depth of files and arguments in each other.
Read = Callable[[str, Source, Shared, int], tuple[Block, ...]]


class Command(NamedTuple):
    """A command in the text: its name without a star, whether it has one, and where it begins."""

    name: str
    starred: bool
    begin: int


class State:
    """How far a text is read. What commands and environments do is functions of it."""

    def __init__(
        self, tokens: Tokens, pieces: Sequence[Piece], source: Source, shared: Shared, depth: int, read: Read
    ) -> None:
        self.tokens = tokens
        self.pieces = pieces
        self.groups = Groups()
        self.out = Writer(source)
        self.shared = shared
        self.depth = depth
        self.read = read
        self.line = 1  # where the open block begins

    @property
    def place(self) -> Place:
        """The innermost group or environment."""
        return self.groups.place

    # Words

    def flow(self, text: str) -> None:
        """Words of the open block, in the style that holds here."""
        self.out.words.flow(text, self.place.style)

    def enter_argument(self, after: Callable[[], None] | None = None, **style: object) -> None:
        """What stands in the next braces is read in a style."""
        if self.tokens.enter_group():
            self.groups.open("{", after, style=self.place.style._replace(**style))  # type: ignore[arg-type]

    def plain(self, tex: str) -> str:
        """What a short argument prints."""
        if not re.search(r"[\\${}~%]", tex):
            return " ".join(tex.split())
        if self.depth > _DEEPEST_ARGUMENT:
            return " ".join(re.sub(r"\\[A-Za-z]+|[{}$]", " ", tex).split())
        runs = self._inner(tex, replace(self.shared, macros=Macros(), beside=lambda _: None))
        return "".join(f"${run.text}$" if run.formula else run.text for run in runs if not run.hidden).strip()

    def runs(self, tex: str) -> Cell:
        """The runs of a short argument, such as a title."""
        if re.search(r"[\\${}~%`&-]", tex) and self.depth <= _DEEPEST_ARGUMENT:
            return self._inner(tex, replace(self.shared, macros=Macros()))
        words = Words()
        words.flow(self.plain(tex))
        return words.take()

    def _inner(self, tex: str, shared: Shared) -> Cell:
        blocks = self.read(tex, self.out.source, shared, self.depth + _DEEPER)
        return tuple(run for block in blocks for run in block.runs)

    # Blocks

    def end_block(self) -> None:
        """The open block ends; in a table, a line of its cell."""
        item = self.place.item
        if self.place.table is not None:
            self.out.words.line()
        elif not self.out.words:
            self.out.words.take()
        elif item and not item.written:
            self._write_item(item)
        else:
            self.out.end("quotation" if self.place.quoted else "paragraph", self.line)

    def begin_block(self) -> None:
        """A block of another kind begins: what is open ends, and an item that begins with it shows its label first."""
        self.end_block()
        item = self.place.item
        if item and not item.written and item.mark:
            words, self.out.words = self.out.words, Words()
            self._write_item(item)
            self.out.words = words

    def _write_item(self, item: Item) -> None:
        item.written = True
        self.out.end("item", item.line, level=item.level, mark=item.mark, keep=bool(item.mark))


Handler = Callable[[State, Command], None]
