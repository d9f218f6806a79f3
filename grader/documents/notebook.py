"""The words of a notebook: its Markdown cells, read one by one, since no cell changes what the next means."""

from collections.abc import Sequence

from grader.core.document import Block
from grader.core.source import Source
from grader.documents import markdown


def blocks_of(cells: Sequence[tuple[int, str]], file: str) -> tuple[Block, ...]:
    """The blocks of Markdown cells, each given by its number and its source."""
    return tuple(
        block for number, source in cells for block in markdown.blocks_of(source, Source(file=file, cell=number))
    )
