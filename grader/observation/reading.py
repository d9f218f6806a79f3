"""The blocks that answer a problem become a section: everything that can be read from them."""

from collections.abc import Sequence

from grader.core.document import Block
from grader.core.evidence import Section
from grader.core.source import Source
from grader.observation.answers import read_answers
from grader.observation.cells import blocks as cells_of
from grader.observation.confusions import read_confusions
from grader.observation.formulas import read_formulas
from grader.observation.links import read_links
from grader.observation.logs import read_logs
from grader.observation.tables import read_tables

_MOST_TEXT = 1_000_000


def read_section(problem: str, heading: Block, blocks: Sequence[Block]) -> Section:
    """The section of these blocks below that heading, where each reading has its block's place."""
    text, places = _lines(blocks, heading.source)
    kept = text[:_MOST_TEXT]
    cells = list(cells_of(kept))
    readings = read_answers(blocks)
    return Section(
        problem=problem,
        text=text.strip("\n"),
        source=heading.source,
        readings=readings,
        tables=read_tables(cells, places),
        confusions=read_confusions(cells, readings, places),
        logs=read_logs(kept, places),
        links=read_links(blocks),
        formulas=read_formulas(kept, places),
        figures=sum(block.kind == "figure" for block in blocks),
        unread=tuple(run.text for block in blocks if block.kind == "unread" for run in block.runs)[:20],
        hidden=" ".join(filter(None, (block.hidden for block in blocks)))[:2000],
    )


def _lines(blocks: Sequence[Block], heading: Source) -> tuple[str, list[Source]]:
    """The text of the blocks, a blank line between those that stood apart, and the place of each of its lines."""
    lines: list[str] = []
    places: list[Source] = []
    for block in blocks:
        if places and (block.source.line is None or places[-1].below(1) != block.source):
            lines.append("")
            places.append(places[-1])
        for number, line in enumerate(block.text.split("\n")):
            lines.append(line)
            places.append(block.source.below(number))
    return "\n".join(lines), places or [heading]
