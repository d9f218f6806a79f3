"""Looks at what a running notebook uses, where no limit of the kernel's own counts all of it together."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from grader.core.limits import Limits

_ENTRIES = 20_000  # files and folders; more would take the grader too long to look at and to remove


def overrun(pid: int, folders: Iterable[Path], limits: Limits) -> str:
    """What the notebook under this process uses too much of, in a sentence; empty when nothing."""
    # Counting what processes share once each takes longer, and is done where the quick count is too much.
    if _memory(pid, _quickly) > limits.memory_mb and (memory := _memory(pid, _closely)) > limits.memory_mb:
        return f"its processes used {memory:,.0f} MB of memory; a notebook may use {limits.memory_mb:,} MB"
    used = entries = 0
    for size in _sizes(folders):
        used, entries = used + size, entries + 1
        if used > limits.disk_mb * 2**20:
            return f"it wrote more than the {limits.disk_mb:,} MB that a notebook may"
        if entries > _ENTRIES:
            return f"it made more than the {_ENTRIES:,} files and folders that a notebook may"
    return ""


def named(error: str, limits: Limits) -> str:
    """An exception's text, with the limit that it ran into where there is one."""
    for sign, limit in (
        ("MemoryError", f"a notebook may use {limits.memory_mb:,} MB of memory"),
        ("can't allocate memory", f"a notebook may use {limits.memory_mb:,} MB of memory"),
        ("File too large", f"a file may have {limits.file_mb:g} MB"),
        ("can't start new thread", f"a notebook may have {limits.processes} processes and threads"),
        ("Resource temporarily unavailable", f"a notebook may have {limits.processes} processes and threads"),
    ):
        if sign in error:
            return f"{error} ({limit})"
    return error


def _memory(pid: int, held: Callable[[psutil.Process], int]) -> float:
    """MB that the process and all below it hold."""
    total = 0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.Error):
                total += held(process)
    return total / 2**20


def _quickly(process: psutil.Process) -> int:
    return int(process.memory_info().rss)


def _closely(process: psutil.Process) -> int:
    """Anonymous memory and shared memory, each page divided by the processes that have it."""
    try:
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        memory = process.memory_info()
        return int(memory.rss - memory.shared)
    fields = dict(line.split()[:2] for line in lines[1:])
    return (int(fields["Pss_Anon:"]) + int(fields["Pss_Shmem:"])) * 1024


def _sizes(folders: Iterable[Path]) -> Iterator[int]:
    """The space that each entry takes; what can't be looked at, or vanishes meanwhile, is left out."""
    left = list(map(str, folders))
    while left:
        with suppress(OSError), os.scandir(left.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    yield entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        left.append(entry.path)
