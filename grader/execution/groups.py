"""Control groups: the kernel's own limit on all memory of a process and of what it starts, where one can be had.

No other limit counts everything: memory files, pages of pipes and sockets, page tables, what a file system in memory
holds. Whether it can be had is found by trying.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import psutil

from grader.core.record import Record
from grader.machine import own_group

MARGIN_MB = 64
"""Above what a notebook may use: its own limits, which say more than a killed process does, come first."""

_NAME = "grader-guest-"
_LEAF = "grader"
_TRIED_MB = 48
_ROUNDS, _ROUND_SECONDS = 50, 0.02
# Enters the group, and takes more than it allows where no process's own size shows it.
_TAKE = """
import os, sys
open(sys.argv[1], "w").write("0")
handle = os.memfd_create("tried")
for _ in range(int(sys.argv[2])):
    os.write(handle, bytes(1 << 20))
"""


class Group(Record):
    """A group of processes under one limit. A process enters by writing 0 to `entrance`."""

    folder: Path
    version: int

    @property
    def entrance(self) -> Path:
        """The file to which a process writes its number."""
        return self.folder / "cgroup.procs"

    @property
    def full(self) -> bool:
        """Whether its own limit was ever reached; where it wasn't, what ended its processes is a limit above it.

        The most that was held says so on every kernel: those counts of refusals that version 1 has stay 0 on some.
        """
        with suppress(OSError, ValueError):
            limit = _number(self.folder / _LIMITS[self.version])
            return _number(self.folder / _MOST[self.version]) >= limit - _BATCH_BYTES
        with suppress(OSError, ValueError):  # a kernel of version 2 that doesn't keep the most
            words = (self.folder / "memory.events").read_text().split()
            return int(words[words.index("max") + 1]) > 0
        return True

    @property
    def kills(self) -> int:
        """How many of its processes the kernel has ended for memory."""
        with suppress(OSError, ValueError, KeyError):
            text = (self.folder / ("memory.events" if self.version == 2 else "memory.oom_control")).read_text()
            return int(dict(line.split() for line in text.splitlines())["oom_kill"])
        return 0


class Container:
    """The memory that the groups leave which this process is in itself, as a container is one."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        with suppress(OSError, ValueError):
            for version in (2, 1) if sys.platform == "linux" else ():
                own = own_group("memory", version)  # where both are mounted, one of them counts memory
                above = [own, *own.parents] if own and (own / _LIMITS[version]).is_file() else []
                self.groups += [Group(folder=f, version=version) for f in above if (f / _LIMITS[version]).is_file()]

    @property
    def kills(self) -> int:
        """How many processes beside this one the kernel has ended for memory."""
        return self.groups[0].kills if self.groups else 0

    @property
    def left_mb(self) -> tuple[float, float] | None:
        """(what can be had, all there is) under the tightest of the limits; None where there is none."""
        found = [(_left(group), limit) for group in self.groups if (limit := _limit(group)) is not None]
        return min(((left / 2**20, limit / 2**20) for left, limit in found), default=None)


_LIMITS = {1: "memory.limit_in_bytes", 2: "memory.max"}
_MOST = {1: "memory.max_usage_in_bytes", 2: "memory.peak"}
_BATCH_BYTES = 4 << 20  # the kernel refuses a huge page (2 MB), or a batch for each processor, that would go over
_NO_LIMIT = 1 << 50  # what version 1 says where there is none is larger


def _limit(group: Group) -> int | None:
    with suppress(OSError, ValueError):
        limit = _number(group.folder / _LIMITS[group.version])
        return limit if limit < _NO_LIMIT else None
    return None  # "max"


def _left(group: Group) -> float:
    """What its limit leaves; pages of files that nobody uses are given back when they are needed."""
    used, unused = ("memory.current", "inactive_file"), ("memory.usage_in_bytes", "total_inactive_file")
    (usage, name) = used if group.version == 2 else unused
    stat = dict(line.split() for line in (group.folder / "memory.stat").read_text().splitlines())
    return _number(group.folder / _LIMITS[group.version]) - _number(group.folder / usage) + int(stat.get(name, 0))


def _number(path: Path) -> int:
    return int(path.read_text())


@contextmanager
def memory_group(memory_mb: int) -> Iterator[Group | None]:
    """A group that may use so much and a margin, or None where none can be had; all in it ends with the block."""
    if not can_be_had():
        yield None
        return
    with _group(memory_mb + MARGIN_MB) as group:
        yield group


@cache
def can_be_had() -> bool:
    """Whether a process that takes too much in a group of ours is ended: one is tried."""
    with suppress(OSError, subprocess.SubprocessError), _group(_TRIED_MB) as group:
        if group is not None:
            argv = [sys.executable, "-I", "-S", "-c", _TAKE, str(group.entrance), str(2 * _TRIED_MB)]
            ended = subprocess.run(argv, capture_output=True, timeout=20, check=False).returncode
            return ended == -signal.SIGKILL and group.kills > 0
    return False


@contextmanager
def _group(memory_mb: int) -> Iterator[Group | None]:
    above = _above()
    if above is None:
        yield None
        return
    folder, version = above
    group = Group(folder=folder / f"{_NAME}{os.getpid()}-{secrets.token_hex(4)}", version=version)
    try:
        group.folder.mkdir()
        size = str(memory_mb * 2**20)
        if version == 2:
            (group.folder / "memory.max").write_text(size)
            optional = {"memory.swap.max": "0", "memory.oom.group": "1"}
        else:
            (group.folder / "memory.limit_in_bytes").write_text(size)
            optional = {"memory.memsw.limit_in_bytes": size}
        for name, value in optional.items():
            with suppress(OSError):  # a kernel without swap, or an older one
                (group.folder / name).write_text(value)
    except OSError:
        _remove(group)
        yield None
        return
    try:
        yield group
    finally:
        _remove(group)


def _remove(group: Group) -> None:
    """End what is left in it, and take it away."""
    for _ in range(_ROUNDS):
        with suppress(OSError, ValueError):
            for pid in map(int, group.entrance.read_text().split()):
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        try:
            group.folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(_ROUND_SECONDS)
        else:
            return


@cache
def _above() -> tuple[Path, int] | None:
    """(the group below which this process may make others, the version of its interface); None where it may not."""
    if sys.platform != "linux":
        return None
    with suppress(OSError, ValueError):
        for version in (2, 1):
            folder = own_group("memory", version)
            if folder is not None and (version == 1 or _divided(folder)) and os.access(folder, os.W_OK):
                _sweep(folder.parent if folder.name == _LEAF else folder)
                return (folder.parent if folder.name == _LEAF else folder), version
    return None


def _divided(folder: Path) -> bool:
    """Whether groups below this one may limit memory; it is brought about where nobody else is in it.

    The newer interface wants processes in the leaves alone, so this one moves into one. That is for a group that was
    made for the grader, as by `systemd-run --user --scope --property=Delegate=yes`, and not for a whole session's.
    """
    if folder.name == _LEAF:
        folder = folder.parent
    if "memory" not in (folder / "cgroup.controllers").read_text().split():
        return False
    if "memory" in (folder / "cgroup.subtree_control").read_text().split():
        return True
    mine = {os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True))}
    inside = set(map(int, (folder / "cgroup.procs").read_text().split()))
    if not inside <= mine:
        return False
    leaf = folder / _LEAF
    leaf.mkdir(exist_ok=True)
    for pid in inside:
        (leaf / "cgroup.procs").write_text(str(pid))
    (folder / "cgroup.subtree_control").write_text("+memory")
    return True


def _sweep(folder: Path) -> None:
    """Take away what a grader that was killed has left."""
    for left in folder.glob(f"{_NAME}*-*"):
        owner = left.name.removeprefix(_NAME).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            _remove(Group(folder=left, version=1))
