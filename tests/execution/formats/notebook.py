"""A reader of notebooks' cells."""

from grader.core.document import Block, Run
from grader.core.source import Source


def blocks_of(cells, file):
    """A paragraph for each cell."""
    return tuple(
        Block(kind="paragraph", runs=(Run(text=text),), source=Source(file=file, cell=number)) for number, text in cells
    )
