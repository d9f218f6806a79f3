"""Tables that were drawn in parts: a head apart from its rows, rows that go on over the page."""

import re
from collections.abc import Iterable

from grader.core.document import Block, Cell, Run

_NUMBER = re.compile(r"[-+−–]?\s?[\d.,]{1,20}\s?%?")
_MOST_HEAD_ROWS = 4

_Rows = tuple[tuple[Cell, ...], ...]


def joined(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """The blocks with the parts of each table as one, in the place of the first."""
    found: list[Block] = []
    last: Block | None = None  # the part that was read last, for its page
    for block in blocks:
        rows = _together(found[-1].rows, last, block) if last and block.kind == "table" else ()
        if rows:
            found[-1] = found[-1].model_copy(update={"rows": rows})
        else:
            found.append(block)
        last = block if block.kind == "table" else None
    return tuple(found)


def _together(above: _Rows, last: Block, block: Block) -> _Rows:
    """The rows of both as one table; empty where they are two."""
    if not above or not block.rows or {len(row) for row in (*above, *block.rows)} != {len(above[0])}:
        return ()
    pages = (block.source.page or 0) - (last.source.page or 0)
    if pages == 0 and _is_head(above) and _numbers(block.rows[0]):
        return (_one_under_another(above), *block.rows)
    if pages != 1:
        return ()
    if _said(above[0]) == _said(block.rows[0]):
        return (*above, *block.rows[1:])
    goes_on = bool(_numbers(above[-1])) and _numbers(block.rows[0]) == _numbers(above[-1])
    return (*above, *block.rows) if goes_on else ()


def _is_head(rows: _Rows) -> bool:
    return len(rows) <= _MOST_HEAD_ROWS and not any(_numbers(row) for row in rows)


def _one_under_another(rows: _Rows) -> tuple[Cell, ...]:
    """One row of what stands in each column."""
    columns = [[cell for cell in column if cell] for column in zip(*rows, strict=True)]
    return tuple(
        tuple(run for i, cell in enumerate(column) for run in ((Run(text="\n"),) if i else ()) + cell)
        for column in columns
    )


def _numbers(row: tuple[Cell, ...]) -> list[int]:
    """The columns that hold a number here."""
    return [i for i, said in enumerate(_said(row)) if _NUMBER.fullmatch(said)]


def _said(row: tuple[Cell, ...]) -> list[str]:
    return ["".join(run.text for run in cell).strip() for cell in row]
