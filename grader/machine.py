"""What this process may use of the machine, and what it runs on."""

import hashlib
import os
import platform
import sys
import time
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_END_SECONDS = 60
CORES = "GRADER_CORES"  # how many of the machine's cores this process may use, where others run beside it


def cores() -> int:
    """Cores this process may run on."""
    if os.environ.get(CORES, "").isdigit():
        return max(int(os.environ[CORES]), 1)
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


TORCH = ("torch", "torchvision")


def without_torch() -> str:
    """What to do where torch isn't installed, which looks at networks and trains them; empty where it is."""
    missing = [name for name in TORCH if not _found(name)]
    if not missing:
        return ""
    return (
        f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed, and networks can't be looked "
        "at without. Install it with: pip install 'dl-grader[torch]'. That is about 200 MB on Windows and macOS, and "
        "up to 3 GB on Linux; pytorch.org has a smaller build for CPUs. Answers and reports are read without it."
    )


def _found(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


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


@cache
def software(folder: Path = Path(__file__).parent) -> str:
    """A digest of the code in a folder, the grader's own or a part of it, of this Python, and of all that is installed.

    What is installed counts by its version.
    """
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(folder.rglob("*.py")):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    for distribution in sorted(f"{d.name} {d.version}" for d in distributions()):
        digest.update(distribution.encode() + b"\0")
    return digest.hexdigest()
