"""Whether a shortened notebook is looked at for longer: a cell failed where only a part of its batches had come."""

import json
from collections.abc import Sequence

from grader.core.cut import may_need_more
from grader.core.evidence import CellRun
from grader.core.limits import Limits
from grader.guest import protocol

_PART = 0.5  # of what one cell may take: the price of a longer look is an estimate
_UNSEEN = 10  # times as much where a cell failed within its training: epochs that never began are not in the price


def longer(cells: Sequence[CellRun], findings: str, limits: Limits) -> int | None:
    """How many batches of each loop a second look takes, as many as can be paid; None where it is of no use or dear."""
    failed = [cell.index for cell in cells if cell.status == "error" and may_need_more(cell.error)]
    if not failed:
        return None
    try:
        found = json.loads(findings)
        cut, prices = [int(cell) for cell in found["shortened"]], [float(price) for price in found["prices"]]
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
        return None  # the notebook can write what it likes
    if not cut or min(cut) > failed[-1] or len(prices) != len(protocol.LONGER_LOOKS):
        return None
    most = _PART * limits.cell_seconds / (_UNSEEN if {*failed} & {*cut} else 1)
    paid = [batches for batches, price in zip(protocol.LONGER_LOOKS, prices, strict=True) if 0 <= price <= most]
    return max(paid, default=None)


def no_worse(first: Sequence[CellRun], second: Sequence[CellRun]) -> bool:
    """Whether a second look at a notebook saw as much of it at least: what still fails there says more."""
    return _missed(second) <= _missed(first)


def _missed(cells: Sequence[CellRun]) -> tuple[int, int]:
    """(cells that were ended, or never began; cells that failed)."""
    return sum(cell.status not in ("ok", "error") for cell in cells), sum(cell.status == "error" for cell in cells)
