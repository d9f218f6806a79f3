"""What a notebook holds before anything runs: its headings, saved outputs, claims and figures."""

import base64
from bisect import bisect_right
from collections.abc import Sequence

from nbformat import NotebookNode

from grader.core.evidence import Claim, TrainingLog
from grader.core.source import Source
from grader.observation.claims import read_claims
from grader.observation.logs import read_logs
from grader.observation.outputs import output_texts
from grader.observation.words import Headings

MOST_ABOVE = 300
_MOST_LOGS = 200


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
        claim.model_copy(update={"stale": True}) if index in stale else claim
        for index, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "code"
        for text, is_value in output_texts(cell)
        for claim in read_claims(text, Source(file=file, cell=index), str(cell.source), is_value=is_value)
    )


def saved_logs(notebook: NotebookNode, file: str) -> tuple[TrainingLog, ...]:
    """The trainings whose epochs the saved outputs print, each with the cell that printed it."""
    found: list[TrainingLog] = []
    for index, cell in enumerate(notebook.cells, 1):
        for text, _ in output_texts(cell) if cell.cell_type == "code" else ():
            source = Source(file=file, cell=index)
            found += read_logs(text, [source] * (text.count("\n") + 1))
            if len(found) >= _MOST_LOGS:
                return tuple(found[:_MOST_LOGS])
    return tuple(found)


def claims_of(cells: Sequence[int | None], claims: Sequence[Claim]) -> list[tuple[Claim, ...]]:
    """For networks by the cells they were trained in, in order: what is stated from there to the next one's training.

    Where a cell trains several, as in a sweep, the claims there and behind are parted among them, in order; when they
    can't be, they are the last one's.
    """
    trained = sorted({cell for cell in cells if cell is not None})
    theirs: dict[int, list[Claim]] = {cell: [] for cell in trained}
    for claim in claims:
        at = bisect_right(trained, claim.source.cell or 0)
        if at:
            theirs[trained[at - 1]].append(claim)
    several: dict[int, list[int]] = {}
    for place, cell in enumerate(cells):
        if cell is not None:
            several.setdefault(cell, []).append(place)
    found: list[tuple[Claim, ...]] = [() for _ in cells]
    for cell, places in several.items():
        for place, own in zip(places, _parted(theirs[cell], len(places)), strict=True):
            found[place] = own
    return found


def _parted(claims: list[Claim], count: int) -> list[tuple[Claim, ...]]:
    """Claims among so many trainings of one cell: those said in the same words go round, so many to each.

    Words that don't go round, as those on the best of them, are nobody's. Where nothing goes round, and where the
    epochs of the parts differ, so that one training may have them all, everything is the last one's.
    """
    if count == 1:
        return [tuple(claims)]
    alike: dict[str, list[Claim]] = {}
    for claim in claims:
        alike.setdefault(claim.of, []).append(claim)
    shared = [parts for group in alike.values() if (parts := _equal_parts(group, count))]
    shared = shared or [parts for parts in [_equal_parts(claims, count)] if parts]
    if not shared:
        return [*[() for _ in range(count - 1)], tuple(claims)]
    return [tuple(claim for parts in shared for claim in parts[n]) for n in range(count)]


def _equal_parts(claims: list[Claim], count: int) -> list[list[Claim]]:
    """So many parts that say as much, of the same epochs; none where that can't be."""
    each, rest = divmod(len(claims), count)
    parts = [claims[n * each : (n + 1) * each] for n in range(count)]
    alike = len({tuple((claim.scope, claim.epoch) for claim in part) for part in parts}) == 1
    return parts if each and not rest and alike else []


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
