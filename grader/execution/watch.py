"""Looks at what a running notebook uses, where no limit of the kernel's own counts all of it together."""

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from grader.core.limits import Limits
from grader.execution.groups import Container, Group
from grader.execution.holdings import held_mb
from grader.execution.sandbox import MEMORY_FOLDER_MB

_ENTRIES = 20_000  # files and folders; more would take the grader too long to look at and to remove
_FREE_SHARE, _FREE_MOST_MB = 0.05, 1024  # of the machine's memory: what it keeps to go on


def overrun(pid: int, limits: Limits, group: Group | None) -> str:
    """That the processes under this one use too much memory, in a sentence; empty where they don't.

    In a control group the kernel itself counts. It may end only a process that the notebook had started, whose end
    would go unnoticed.
    """
    if group is not None:
        return too_much_memory(group, limits)
    if (memory := held_mb(pid, above=limits.memory_mb)) > limits.memory_mb:
        return f"its processes used {memory:,.0f} MB of memory; a notebook may use {limits.memory_mb:,} MB"
    return ""


def overwritten(folders: Iterable[Path], limits: Limits) -> str:
    """That too much lies in the folders that a notebook may write to; empty where it doesn't."""
    used = entries = 0
    for size in _sizes(folders):
        used, entries = used + size, entries + 1
        if used > limits.disk_mb * 2**20:
            return f"it wrote more than the {limits.disk_mb:,} MB that a notebook may"
        if entries > _ENTRIES:
            return f"it made more than the {_ENTRIES:,} files and folders that a notebook may"
    return ""


def too_much_memory(group: Group | None, limits: Limits, since: int = 0) -> str:
    """That more than `since` processes of the group were ended for its own limit; empty where they weren't."""
    if group is None or group.kills <= since or not group.full:
        return ""
    return f"its processes used more memory and were ended; a notebook may use {limits.memory_mb:,} MB"


class Machine:
    """Watches the memory that this machine has left, for all notebooks that run on it at once.

    Where little is left, one of them ends before the machine does: that which holds most. It may hold no more than it
    may, so what ends it is the machine's doing, never its own.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: set[int] = set()
        self.container = Container()

    def forget(self, pid: int) -> None:
        """It has ended."""
        with self.lock:
            self.running.discard(pid)

    def must_end(self, pid: int) -> str:
        """Why this notebook, which runs now, has to end now; empty where it may go on."""
        with self.lock:
            self.running.add(pid)
            left = self.left_mb()
            if left is None or left[0] >= min(_FREE_SHARE * left[1], _FREE_MOST_MB):
                return ""
            most = max(self.running, key=held_mb)
        return f"this machine has only {left[0]:,.0f} MB of memory left" if most == pid else ""

    def left_mb(self) -> tuple[float, float] | None:
        """(what can be had, all there is), of this machine or its container; None where neither says."""
        with suppress(OSError, ValueError, KeyError):
            return min(filter(None, (_free_mb(), self.container.left_mb)), default=None)
        return _free_mb()

    def kills(self, group: Group | None) -> int:
        """How many processes have ended for memory by no limit of a notebook's own."""
        if group is None:
            return self.container.kills
        return 0 if group.full else group.kills


MACHINE = Machine()


def _free_mb() -> tuple[float, float] | None:
    """(what can be had, all there is); None where this machine doesn't say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            fields = dict(line.split(":") for line in file)
        return tuple(int(fields[name].split()[0]) / 1024 for name in ("MemAvailable", "MemTotal"))  # type: ignore[return-value]  # two
    except (OSError, ValueError, KeyError):
        return None


def named(error: str, limits: Limits) -> str:
    """An exception's text, with the limit that it ran into where there is one."""
    memory = f"a notebook may use {limits.memory_mb:,} MB of memory while it is graded: a limit of the grader's"
    for sign, limit in (
        ("MemoryError", memory),
        ("allocate memory", memory),  # torch's DefaultCPUAllocator, the kernel's ENOMEM
        ("Unable to allocate", memory),  # numpy's
        ("std::bad_alloc", memory),
        ("killed by signal: Killed", memory),  # a loader's worker
        ("No space left on device", f"/tmp, /home and /dev/shm hold {MEMORY_FOLDER_MB} MB each in a jail"),
        ("File too large", f"a file may have {limits.file_mb:g} MB"),
        ("Too many open files", f"a process may have {limits.descriptors:,} files and sockets open"),
        ("can't start new thread", f"a notebook may have {limits.processes} processes and threads"),
        ("Resource temporarily unavailable", f"a notebook may have {limits.processes} processes and threads"),
    ):
        if sign in error:
            return f"{error} ({limit})"
    return error


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
