"""The blocks that answer a problem become a section: their text, and all that is read there."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from grader.core.document import Block
from grader.core.evidence import Section
from grader.core.source import Source
from grader.observation.answers import read_answers, without_retracted
from grader.observation.cells import blocks as cells_of
from grader.observation.confusions import read_confusions
from grader.observation.formulas import read_formulas
from grader.observation.links import read_links
from grader.observation.logs import read_logs
from grader.observation.tables import read_tables

_FIGURE = re.compile(r"!\[[^\]\[\n]{0,300}\](?:\([^)\s]|\[)|\\includegraphics|<img\b")
_MOST_READ = 1_000_000
_SOURCE = {"file", "line", "cell", "page"}


def read_section(problem: str, heading: Block, blocks: Sequence[Block]) -> Section:
    """The section of these blocks below that heading, where each reading has its block's place."""
    lines: list[str] = []
    places: list[Source] = []
    for line, place in _lines(blocks):
        lines.append(line)
        places.append(place)
    body = "\n".join(lines)
    file = heading.source.file
    readings = read_answers(body, file, 1)
    kept = without_retracted(body[:_MOST_READ])
    cells = list(cells_of(kept))
    section = Section(
        problem=problem,
        text=body.strip("\n"),
        source=heading.source,
        readings=readings,
        tables=read_tables(cells, file, 1),
        confusions=read_confusions(cells, readings, file, 1),
        logs=read_logs(kept, file, 1),
        links=read_links(kept, file, 1),
        formulas=read_formulas(body, file, 1),
        figures=len(_FIGURE.findall(body)),
    )
    placed = _placed(section.model_dump(exclude={"source"}), places)
    return Section.model_validate(placed | {"source": section.source})


def _lines(blocks: Sequence[Block]) -> Iterator[tuple[str, Source]]:
    """The lines of the blocks as Markdown has them, with their places; a blank one between blocks that stood apart."""
    end: Source | None = None
    for block in blocks:
        if end is not None and end != block.source:
            yield "", end
        code = block.kind == "code"
        text = f"```\n{block.text}\n```" if code else block.text
        number = -1
        for number, line in enumerate(text.split("\n")):
            yield line, block.source.below(number)
        end = block.source.below(number + 1)


def _placed(value: Any, places: Sequence[Source]) -> Any:
    """The same with the place of the block for each number of a line."""
    if isinstance(value, dict):
        if value.keys() == _SOURCE:
            return places[min(max(value["line"] or 1, 1), len(places)) - 1].model_dump() if places else value
        return {key: _placed(inner, places) for key, inner in value.items()}
    return [_placed(inner, places) for inner in value] if isinstance(value, list | tuple) else value
