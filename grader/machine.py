"""What this process may use of the machine, and what it runs on."""

import os
import platform
import time
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

_END_SECONDS = 60


def cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def end_children(waiting: Iterable[Future[Any]]) -> None:
    """End every process below this one, until what waits for them has ended and cleaned up."""
    import psutil

    left = [future for future in waiting if not future.cancel()]
    until = time.monotonic() + _END_SECONDS
    while not all(future.done() for future in left) and time.monotonic() < until:
        for child in reversed(psutil.Process().children(recursive=True)):
            with suppress(psutil.Error):
                child.terminate()
        time.sleep(0.1)


def environment() -> dict[str, object]:
    """The versions that a grade depends on."""
    return dict(_versions())


@cache
def _versions() -> dict[str, object]:
    """Looked up once: each is read from a package's files."""

    def installed(package: str) -> str:
        try:
            return version(package)
        except PackageNotFoundError:
            return ""

    return {
        "grader": installed("dl-grader"),
        "python": platform.python_version(),
        "torch": installed("torch"),
        "torchvision": installed("torchvision"),
        "platform": platform.platform(terse=True),
    }
