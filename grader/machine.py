"""What this process may use of the machine, and what it runs on."""

import hashlib
import math
import os
import platform
import sys
import time
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_END_SECONDS = 60
CORES = "GRADER_CORES"  # how many of the machine's cores this process may use, where others run beside it


def cores() -> int:
    """Cores this process may use: those that it may run on, and no more than its container's share of time fills."""
    if os.environ.get(CORES, "").isdigit():
        return max(int(os.environ[CORES]), 1)
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(math.ceil(min(found, _share_of_time())), 1)


@cache
def _share_of_time() -> float:
    """How many cores' time the control groups of this process leave it; infinite where they don't limit it."""
    shares = [math.inf]
    for interface in (2, 1):
        own = own_group("cpu", interface)
        for folder in (own, *own.parents) if own else ():
            with suppress(OSError, ValueError, ZeroDivisionError):
                if interface == 2:
                    quota, period = (folder / "cpu.max").read_text().split()
                else:
                    quota, period = ((folder / f"cpu.cfs_{what}_us").read_text() for what in ("quota", "period"))
                shares += (
                    [share] if (share := int(quota) / int(period)) > 0 else []
                )  # -1, or "max", where there is none
    return min(shares)


def own_group(controller: str, version: int) -> Path | None:
    """The folder of this process's control group, where that is mounted; None where it isn't, or off Linux."""
    within = None
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if (version == 2 and not controllers) or (version == 1 and controller in controllers.split(",")):
                within = path
        for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
            left, _, right = line.partition(" - ")
            root, place = left.split()[3:5]
            kind, _, options = right.split(" ", 2)
            fits = kind == "cgroup2" if version == 2 else kind == "cgroup" and controller in options.split(",")
            if fits and within is not None and ".." not in within and within.startswith(root.rstrip("/")):
                return Path(place + within[len(root.rstrip("/")) :].rstrip("/"))
    return None


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


def torch_fails() -> str:
    """Why torch or torchvision, which are installed, can't be imported; empty where they can."""
    try:
        for name in TORCH:
            import_module(name)
    except Exception as error:  # whatever a broken installation raises
        return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return ""


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
