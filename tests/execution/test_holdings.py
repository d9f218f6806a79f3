"""What a process holds is counted from outside, whatever kind of memory it is."""

import subprocess
import sys

import pytest

from grader.core.limits import Limits
from grader.execution.holdings import held_mb
from grader.execution.watch import named

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(sys.platform != "linux", reason="it is read in /proc"),
]

_BEGIN = """
import ctypes, mmap, os, socket, sys, tempfile
print(flush=True); sys.stdin.readline()
"""
_END = "\nprint(flush=True); sys.stdin.readline()\n"
# name: (what the process does, the least and the most MB that it then holds more)
KINDS = {
    "its own": ("kept = bytearray(b'x') * (64 << 20)", 60, 80),
    "shared and anonymous": ("kept = mmap.mmap(-1, 64 << 20); kept.write(bytes(64 << 20))", 60, 140),
    "a file of memory": ("kept = os.memfd_create('kept'); os.write(kept, bytes(64 << 20))", 60, 80),
    "one that is mapped as well": (
        "kept = os.memfd_create('kept'); os.ftruncate(kept, 64 << 20)\n"
        "area = mmap.mmap(kept, 64 << 20); area.write(bytes(64 << 20))",
        60,
        80,
    ),
    "one that two processes have": (
        "kept = os.memfd_create('kept'); os.write(kept, bytes(64 << 20)); child = os.fork()",
        60,
        90,
    ),
    "a file without a name": ("kept = tempfile.TemporaryFile('w+b', 0); kept.write(bytes(64 << 20))", 60, 80),
    "page tables": (
        "libc = ctypes.CDLL(None); libc.mmap.restype = ctypes.c_void_p\n"
        "area = libc.mmap(None, ctypes.c_size_t(1 << 34), 1, 0x4022, -1, ctypes.c_long(0))\n"
        "for at in range(0, 1 << 34, 2 << 20): ctypes.c_char.from_address(area + at).value",
        30,
        50,
    ),
    "sockets": ("kept = [socket.socketpair() for _ in range(200)]", 60, 120),
    "children": (
        "for _ in range(4):\n    if os.fork() == 0:\n        kept = bytearray(b'x') * (16 << 20); break",
        60,
        110,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_memory_counts_once(kind):
    doing, least, most = KINDS[kind]
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _BEGIN + doing + _END],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with child:
        child.stdout.readline()
        before = held_mb(child.pid)
        child.stdin.write(b"\n")
        child.stdin.flush()
        for _ in range(1 + 4 * (kind == "children") + (kind == "one that two processes have")):
            child.stdout.readline()
        held = held_mb(child.pid) - before
    assert least <= held <= most


LIMITS = Limits(memory_mb=1000, file_mb=7, processes=33, descriptors=99)
# the error: what is said of our limit
ERRORS = {
    "MemoryError: ": "1,000 MB",
    "RuntimeError: [enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory": "1,000 MB",
    "_ArrayMemoryError: Unable to allocate 7.45 GiB for an array with shape (1000000000,)": "1,000 MB",
    "OSError: [Errno 12] Cannot allocate memory": "1,000 MB",
    "RuntimeError: std::bad_alloc": "1,000 MB",
    "RuntimeError: DataLoader worker (pid 7) is killed by signal: Killed. ": "1,000 MB",
    "OSError: [Errno 27] File too large": "7 MB",
    "OSError: [Errno 24] Too many open files": "99",
    "RuntimeError: can't start new thread": "33",
}


@pytest.mark.parametrize("error", ERRORS)
def test_what_the_grader_refused_is_told_as_that(error):
    assert named(error, LIMITS).startswith(error)
    assert ERRORS[error] in named(error, LIMITS).removeprefix(error)


def test_a_students_own_error_is_left_as_it_is():
    assert named("ValueError: memory is a word", LIMITS) == "ValueError: memory is a word"
