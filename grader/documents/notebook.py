"""The words of a notebook: its Markdown cells, read one by one, since no cell changes what the next means."""

import json
from collections.abc import Sequence

from grader.core.document import Block
from grader.core.errors import SubmissionError
from grader.core.source import Source
from grader.documents import markdown
from grader.documents.format import Beside, DocumentFormat


def blocks_of(cells: Sequence[tuple[int, str]], file: str) -> tuple[Block, ...]:
    """The blocks of Markdown cells, each given by its number and its source."""
    return tuple(
        block for number, source in cells for block in markdown.blocks_of(source, Source(file=file, cell=number))
    )


def _parse(raw: bytes, file: str, _: Beside) -> tuple[Block, ...]:
    try:
        cells = json.loads(raw)["cells"]
        words = [(number, cell["source"]) for number, cell in enumerate(cells, 1) if cell["cell_type"] != "code"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SubmissionError("is no notebook", where=file) from error
    return blocks_of([(number, text if isinstance(text, str) else "".join(text)) for number, text in words], file)


FORMAT = DocumentFormat(name="notebook", endings=(".ipynb",), parse=_parse)
