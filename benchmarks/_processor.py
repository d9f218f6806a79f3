"""What a benchmark ran on."""

import os
import platform
from pathlib import Path


def processor() -> str:
    """The processor by its name, and how many cores of it there are for this process."""
    found = Path("/proc/cpuinfo")
    lines = found.read_text().splitlines() if found.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{next(named, '') or platform.processor() or platform.machine()}, {cores} cores"
