"""How much memory processes hold, counted from outside: their own, and what the kernel keeps for them."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from grader.execution.sandbox import SHARED_MEMORY

_KB = 1024
_PIPE_BYTES = 2**16  # what one holds at most, as long as it isn't enlarged, which the kernel bounds for each user
_INODE_BYTES = 1100  # of a file in memory, without its content
_STACK_BYTES = 2**14  # the kernel's own, of a thread
_MEMORY_FOLDERS = ("dev/shm", "tmp", "home", "")  # those of a jail, where they lie in memory

_File = tuple[int, int]  # device, number


@dataclass
class _Kept:
    """What the kernel keeps for processes, each once, whoever has it.

    That is folders in memory, by device; open files that no folder names; sockets and pipes.
    """

    folders: dict[int, int] = field(default_factory=dict)
    files: dict[_File, int] = field(default_factory=dict)
    sockets: set[int] = field(default_factory=set)
    pipes: set[int] = field(default_factory=set)

    def bytes(self) -> int:
        """The most that these may take."""
        files = sum(size for (device, _), size in self.files.items() if device not in self.folders)
        buffers = len(self.sockets) * _socket_bytes() + len(self.pipes) * _PIPE_BYTES
        return sum(self.folders.values()) + files + buffers

    def counts(self, file: _File) -> bool:
        """Whether a file that a process has mapped is among these."""
        return file in self.files or file[0] in self.folders


def held_mb(pid: int, above: float = 0.0) -> float:
    """MB that the process and all below it hold, together with what the kernel holds for them.

    Exact where a first, quick count, in which shared memory stands once for each process, comes `above` so much.
    """
    processes = list(_below(pid))
    kept = _Kept()
    quick = sum(_of_process(process) for process in processes)
    for process in processes:
        _look_at_descriptors(process, kept)
    _look_at_folders(processes, kept)
    _look_at_shared_memory(pid, kept)
    if (quick + kept.bytes()) / 2**20 <= above:
        return (quick + kept.bytes()) / 2**20
    own = sum(_of_process_closely(process, kept) for process in processes)
    return (own + kept.bytes()) / 2**20


def _below(pid: int) -> Iterator[int]:
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        yield from (process.pid for process in (root, *root.children(recursive=True)))


def _status(pid: int) -> dict[str, int]:
    """The sizes in a process's status, in bytes, and its number of threads."""
    found = {}
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name in ("VmRSS", "VmPTE", "Threads"):
                found[name] = int(value.split()[0]) * (1 if name == "Threads" else _KB)
    return found


def _kernels_own(status: dict[str, int]) -> int:
    return status.get("VmPTE", 0) + status.get("Threads", 0) * _STACK_BYTES


def _of_process(pid: int) -> int:
    """An upper bound: what it has in memory, shared or not, and its page tables and stacks."""
    status = _status(pid)
    return status.get("VmRSS", 0) + _kernels_own(status)


def _of_process_closely(pid: int, kept: _Kept) -> int:
    """Anonymous and shared memory, each page divided by the processes that have it, without what is counted already."""
    status = _status(pid)
    try:
        rolled = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        fields = dict(line.split()[:2] for line in rolled[1:])
        own = (int(fields["Pss_Anon:"]) + int(fields["Pss_Shmem:"])) * _KB
        again = _mapped(pid, kept) if kept.files or kept.folders else 0
        return max(own - again, 0) + _kernels_own(status)
    except (OSError, KeyError, ValueError):
        return status.get("VmRSS", 0) + _kernels_own(status)


def _mapped(pid: int, kept: _Kept) -> int:
    """The share of this process in what it has mapped of the files that are counted already."""
    total, among = 0, False
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            words = line.split(maxsplit=5)
            if "-" in words[0] and len(words) >= 5 and ":" in words[3]:
                major, minor = (int(part, 16) for part in words[3].split(":"))
                among = kept.counts((os.makedev(major, minor), int(words[4])))
            elif among and words[0] == "Pss:":
                total += int(words[1]) * _KB
    return total


def _look_at_descriptors(pid: int, kept: _Kept) -> None:
    """Add what a process has open: sockets, pipes, and files without a name, which only descriptors keep."""
    with suppress(OSError), os.scandir(f"/proc/{pid}/fd") as entries:
        for entry in entries:
            with suppress(OSError):
                found = os.stat(entry.path)
                if stat.S_ISSOCK(found.st_mode):
                    kept.sockets.add(found.st_ino)
                elif stat.S_ISFIFO(found.st_mode):
                    kept.pipes.add(found.st_ino)
                elif stat.S_ISREG(found.st_mode) and found.st_nlink == 0:
                    kept.files[found.st_dev, found.st_ino] = found.st_blocks * 512


def _look_at_folders(processes: list[int], kept: _Kept) -> None:
    """Add what lies in the folders of a jail that are memory. Those of this machine itself are not theirs."""
    ours = set()
    for folder in _MEMORY_FOLDERS:
        with suppress(OSError):
            ours.add(os.stat(f"/{folder}").st_dev)
    for pid in processes:
        for folder in _MEMORY_FOLDERS:
            with suppress(OSError):
                place = f"/proc/{pid}/root/{folder}"
                device = os.stat(place).st_dev
                if device in ours or device in kept.folders:
                    continue
                sizes = os.statvfs(place)
                content = (sizes.f_blocks - sizes.f_bfree) * sizes.f_frsize
                kept.folders[device] = content + (sizes.f_files - sizes.f_ffree) * _INODE_BYTES


def _look_at_shared_memory(pid: int, kept: _Kept) -> None:
    """Add this machine's shared memory that belongs to the user of a process, where that isn't the grader's as well."""
    with suppress(OSError):
        user = os.stat(f"/proc/{pid}").st_uid
        if user == os.getuid():
            return
        with os.scandir(SHARED_MEMORY) as entries:
            for entry in entries:
                with suppress(OSError):
                    found = entry.stat(follow_symlinks=False)
                    if found.st_uid == user:
                        kept.files[found.st_dev, found.st_ino] = found.st_blocks * 512 + _INODE_BYTES


def _socket_bytes() -> int:
    """The most that waits in one socket, whose buffer the filter of system calls keeps from being enlarged."""
    with suppress(OSError, ValueError):
        return int(Path("/proc/sys/net/core/wmem_default").read_text(encoding="ascii"))
    return 212_992
