"""Whether a shortened notebook is looked at for longer: a cell failed where only a part of its batches had come."""

import json
from collections.abc import Sequence

from grader.core.cut import may_need_more
from grader.core.evidence import CellRun
from grader.core.limits import Limits
from grader.guest import protocol

_PART = 0.5  # of what one cell may take: the price of a longer look is an estimate


def longer(cells: Sequence[CellRun], findings: str, limits: Limits) -> int | None:
    """How many batches of each loop a second look takes, as many as can be paid; None where it is of no use or dear."""
    failed = [cell.index for cell in cells if cell.status == "error" and may_need_more(cell.error)]
    if not failed:
        return None
    try:
        found = json.loads(findings)
        cut, prices = [int(cell) for cell in found["shortened"]], [float(price) for price in found["prices"]]
    except (
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        RecursionError,
    ):  # the notebook can write what it likes
        return None
    if not cut or min(cut) > failed[-1] or len(prices) != len(protocol.LONGER_LOOKS):
        return None
    most = _PART * limits.cell_seconds
    paid = [batches for batches, price in zip(protocol.LONGER_LOOKS, prices, strict=True) if 0 <= price <= most]
    return max(paid, default=None)


def no_worse(first: Sequence[CellRun], second: Sequence[CellRun]) -> bool:
    """Whether a second look at a notebook saw as much of it at least: what still fails there says more."""
    before, after = (sum(cell.status != "ok" for cell in cells) for cells in (first, second))
    return after <= before
