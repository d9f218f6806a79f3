"""Kernels that start at once, for tests of what notebooks do: one warm process for all of them."""

import time
from contextlib import ExitStack
from functools import cache

from grader.execution import warm_kernels
from grader.execution.warm import WarmKernels

_STARTED = ExitStack()


@cache
def warm() -> WarmKernels | None:
    """Started by the first test that asks; None where the machine can't."""
    kernels = _STARTED.enter_context(warm_kernels())
    until = time.monotonic() + 120
    while kernels and not kernels.ready:
        assert time.monotonic() < until, kernels.state
        time.sleep(0.1)
    return kernels


def end() -> None:
    """Called when all tests have ended."""
    _STARTED.close()
