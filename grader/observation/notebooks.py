"""What a notebook holds before anything runs: its headings, saved outputs, claims and figures."""

import base64
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from nbformat import NotebookNode

from grader.core.evidence import Claim
from grader.core.source import Source
from grader.observation.claims import read_claims
from grader.observation.words import Headings

MOST_ABOVE = 300


def headings_above(headings: Headings, cell: int | None) -> tuple[str, ...]:
    """The headings before a cell, nearest first; of many the nearest."""
    count = len(headings) if cell is None else bisect_right(headings, cell, key=lambda heading: heading[0])
    return tuple(text for _, text in reversed(headings[max(0, count - MOST_ABOVE) : count]))


def holds_code(notebook: NotebookNode) -> bool:
    """Whether there is anything to run."""
    return any(cell.cell_type == "code" and cell.source.strip() for cell in notebook.cells)


def code_cells(notebook: NotebookNode) -> tuple[int, ...]:
    """The numbers of the cells that hold code, counted from 1."""
    return tuple(n for n, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code" and cell.source.strip())


def words_of(notebook: NotebookNode) -> list[tuple[int, str]]:
    """(number, source) of each cell that holds words."""
    return [(number, str(cell.source)) for number, cell in enumerate(notebook.cells, 1) if cell.cell_type != "code"]


def saved_claims(notebook: NotebookNode, file: str) -> tuple[Claim, ...]:
    """The accuracies that the student's saved outputs state, in order."""
    stale = _out_of_order(notebook)
    return tuple(
        claim.model_copy(update={"stale": index in stale})
        for index, text in _output_texts(notebook)
        for claim in read_claims(text, Source(file=file, cell=index))
    )


def claims_of(cells: Sequence[int | None], claims: Sequence[Claim]) -> list[tuple[Claim, ...]]:
    """For networks by the cells they were trained in, in order: what is stated from there to the next one's training.

    Where a cell trains several, as in a sweep, the claims there and behind are theirs in equal parts; when they can't
    be parted so, the last one's.
    """
    trained = sorted({cell for cell in cells if cell is not None})
    found: list[tuple[Claim, ...]] = [() for _ in cells]
    for cell, end in zip(trained, [*trained[1:], None], strict=False):  # none at all where nothing was trained
        own = [
            c
            for c in claims
            if c.source.cell is not None and cell <= c.source.cell and (end is None or c.source.cell < end)
        ]
        here = [i for i, other in enumerate(cells) if other == cell]
        each, rest = divmod(len(own), len(here))
        if rest or not each:
            found[here[-1]] = tuple(own)
        else:
            for part, i in enumerate(here):
                found[i] = tuple(own[part * each : (part + 1) * each])
    return found


def _out_of_order(notebook: NotebookNode) -> frozenset[int]:
    """The cells that were last run before a cell above them, by their execution counts."""
    highest, found = 0, set()
    for index, cell in enumerate(notebook.cells, 1):
        count = cell.get("execution_count") if cell.cell_type == "code" else None
        if isinstance(count, int):
            if count < highest:
                found.add(index)
            highest = max(highest, count)
    return frozenset(found)


def saved_figures(notebook: NotebookNode) -> int:
    """How many saved outputs are images."""
    return sum(
        1
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.get("outputs", [])
        if _is_image(output.get("data"))
    )


def _is_image(data: object) -> bool:
    """An SVG, or a PNG or JPEG that begins like one."""
    if not isinstance(data, dict):
        return False
    if "image/svg+xml" in data:
        return True
    for kind, magic in (("image/png", b"\x89PNG"), ("image/jpeg", b"\xff\xd8")):
        if isinstance(data.get(kind), str):
            try:
                return base64.b64decode(str(data[kind])[:16]).startswith(magic)
            except ValueError:
                return False
    return False


def _output_texts(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    for index, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code":
            for output in cell.get("outputs", []):
                data = output.get("data")
                text = output.get("text") or (data.get("text/plain") if isinstance(data, dict) else "") or ""
                yield index, "".join(map(str, text)) if isinstance(text, list) else str(text)
