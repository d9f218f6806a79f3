"""When a notebook is looked at for longer, for how long, and which of two looks is believed."""

import json

import pytest

from grader.core.evidence import CellRun
from grader.core.limits import Limits
from grader.execution.looks import longer, no_worse
from grader.guest.protocol import LONGER_LOOKS

SOME, ALL = LONGER_LOOKS


def ran(*ends: str) -> list[CellRun]:
    """Cells that ended so: ok, timeout, died, not run, or with this error."""
    plain = ("ok", "timeout", "died", "not run")
    return [
        CellRun.model_validate(
            {"index": i, "status": end if end in plain else "error", "error": "" if end in plain else end}
        )
        for i, end in enumerate(ends, 1)
    ]


def told(shortened: object, *prices: object) -> str:
    return json.dumps({"shortened": shortened, "prices": prices})


FAILED = ran("ok", "ok", "IndexError: list index out of range")
# name: (cells, what was found, how many batches are taken; a cell may take 100 s)
CASES = {
    "all batches": (FAILED, told([2], 5.0, 40.0), ALL),
    "all are too dear": (FAILED, told([2], 5.0, 60.0), SOME),
    "any are too dear": (FAILED, told([2], 51.0, 60.0), None),
    "the training failed, so most has no price": (ran("ok", "NameError: x"), told([2], 1.0, 6.0), SOME),
    "it fails before": (FAILED, told([4], 1.0, 2.0), None),
    "nothing fails": (ran("ok", "ok"), told([2], 1.0, 2.0), None),
    "a module is missing": (ran("ok", "ok", "ModuleNotFoundError: x"), told([2], 1.0, 2.0), None),
    "it was interrupted": (ran("ok", "BarelyTrained: for long"), told([1], 1.0, 2.0), None),
    "nothing was cut": (FAILED, told([]), None),
    "nothing was found": (FAILED, "", None),
    "what was found is no number": (FAILED, told(["a"], 1.0, 2.0), None),
    "what was found has no bound": (FAILED, '{"shortened": [Infinity], "prices": [NaN, -1]}', None),
    "a price that is none": (FAILED, '{"shortened": [2], "prices": [NaN, -1]}', None),
    "a price too many": (FAILED, told([2], 1.0, 2.0, 3.0), None),
    "no record": (FAILED, "[1, 2]", None),
    "too deep": (FAILED, "[" * 100_000, None),
}


@pytest.mark.parametrize("name", CASES)
def test_how_many_batches_are_taken(name: str) -> None:
    cells, found, expected = CASES[name]
    assert longer(cells, found, Limits(cell_seconds=100)) == expected


# name: (how cells ended, how they ended in a longer look, whether that is believed)
LOOKS = {
    "fewer fail": (("ok", "ValueError"), ("ok", "ok"), True),
    "as many fail": (("ok", "ValueError"), ("ok", "ValueError"), True),
    "more fail": (("ok", "ValueError", "ok"), ("ok", "ValueError", "KeyError"), False),
    "it takes too long": (("ValueError", "ValueError"), ("timeout", "ok"), False),
    "not all were run": (("ValueError", "ok"), ("died", "not run"), False),
}


@pytest.mark.parametrize("name", LOOKS)
def test_which_look_is_believed(name: str) -> None:
    first, second, expected = LOOKS[name]
    assert no_worse(ran(*first), ran(*second)) == expected
