"""What this process may use of the machine, and what it runs on."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version


def cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment() -> dict[str, object]:
    """The versions that a grade depends on."""

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
