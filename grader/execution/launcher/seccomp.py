"""A filter of system calls: what no notebook needs, and what has opened kernels before, is refused."""

import ctypes
import os
import platform
import struct

_ARCHITECTURE = 0xC000003E  # AUDIT_ARCH_X86_64
_X32 = 0x40000000
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_EPERM, _ENOSYS, _EAFNOSUPPORT = 1, 38, 97
# Instructions of the classic packet filter: linux/bpf_common.h.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _FIRST, _SECOND, _THIRD = (
    0,
    4,
    16,
    24,
    32,
)  # where struct seccomp_data holds them (low halves of arguments)
_SOCKET, _SOCKETPAIR, _CLONE, _CLONE3, _IOCTL = 41, 53, 56, 435, 16
_AF_UNIX = 1
_NEW_NAMESPACES = 0x7E020080  # CLONE_NEW*: user, mount, process, network, ipc, uts, cgroup, time
_TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: typing into the grader's terminal

# Numbers for x86-64, from the kernel's table.
_REFUSED = (
    *(101, 310, 311, 312, 438, 440),  # ptrace, process_vm_readv and _writev, kcmp, pidfd_getfd, process_madvise
    *(165, 166, 155, 161, 272, 308),  # mount, umount2, pivot_root, chroot, unshare, setns
    *(428, 429, 430, 431, 432, 433, 442),  # the newer calls for mounts
    *(321, 298, 323, 425, 426, 427),  # bpf, perf_event_open, userfaultfd, io_uring
    *(248, 249, 250),  # keyrings
    *(246, 320, 175, 313, 176, 169, 167, 168),  # kexec, modules, reboot, swap
    *(
        303,
        304,
        163,
        164,
        227,
        170,
        171,
        179,
        172,
        173,
        103,
        153,
        135,
        279,
    ),  # handles, clocks, names, ports, personality
    *(29, 64, 68, 240),  # shared memory, semaphores and queues that outlive their process
)
# Of another process or thread, by the argument that is its number: limits, memory's place, priorities.
_OF_OTHERS = {302: 0, 256: 0, 141: 1, 251: 1}
# Scheduling and the cores to run on: libraries ask that for their own threads, whose numbers a filter can't tell from
# others', and end where it is refused.
_SCHEDULING = {203: 0, 144: 0, 142: 0, 314: 0}
# Quietly without effect, by an argument's place and values: larger buffers of sockets (SO_SNDBUF, SO_SNDBUFFORCE), and
# hiding from whoever counts what a process holds (PR_SET_DUMPABLE).
_IDLE = {54: (_THIRD, (7, 32)), 157: (_FIRST, (4,))}
# Modes, owners, times and attributes of files, over which Landlock has no say.
_METADATA = (90, 91, 92, 93, 94, 260, 268, 452, 132, 235, 261, 280, 188, 189, 190, 197, 198, 199, 463, 466)


def available() -> bool:
    """Whether the filter is written for this machine."""
    return platform.system() == "Linux" and platform.machine() == "x86_64" and ctypes.sizeof(ctypes.c_void_p) == 8


def program(*, metadata: bool = True) -> bytes:
    """The filter as the kernel and bubblewrap take it: an array of struct sock_filter.

    Without `metadata`, changing modes and times of files quietly does nothing: copying files would fail otherwise.
    """
    lines = [
        _line(_LOAD, _ARCH),
        _line(_EQUAL, _ARCHITECTURE, 1, 0),
        _line(_RETURN, _KILL),
        _line(_LOAD, _NUMBER),
        _line(_AT_LEAST, _X32, 0, 1),
        _line(_RETURN, _ERRNO | _ENOSYS),
    ]
    for number in _REFUSED:
        lines += [_line(_EQUAL, number, 0, 1), _line(_RETURN, _ERRNO | _EPERM)]
    for number in () if metadata else _METADATA:
        lines += [_line(_EQUAL, number, 0, 1), _line(_RETURN, _ERRNO)]
    for number, argument in (_OF_OTHERS | _SCHEDULING).items():
        lines += [
            _line(_EQUAL, number, 0, 4),
            _line(_LOAD, _FIRST + 8 * argument),
            _line(_EQUAL, 0, 1, 0),
            _line(_RETURN, _ERRNO | (_EPERM if number in _OF_OTHERS else 0)),
            _line(_LOAD, _NUMBER),
        ]
    for number, (place, values) in _IDLE.items():
        last = len(values) - 1
        lines += [_line(_EQUAL, number, 0, len(values) + 3), _line(_LOAD, place)]
        lines += [_line(_EQUAL, value, last - n, n == last) for n, value in enumerate(values)]
        lines += [_line(_RETURN, _ERRNO), _line(_LOAD, _NUMBER)]
    # glibc falls back from clone3, whose flags a filter can't see, to clone.
    lines += [_line(_EQUAL, _CLONE3, 0, 1), _line(_RETURN, _ERRNO | _ENOSYS)]
    for number in (_SOCKET, _SOCKETPAIR):
        lines += [
            _line(_EQUAL, number, 0, 3),
            _line(_LOAD, _FIRST),
            _line(_EQUAL, _AF_UNIX, 1, 0),
            _line(_RETURN, _ERRNO | _EAFNOSUPPORT),
            _line(_LOAD, _NUMBER),
        ]
    lines += [
        _line(_EQUAL, _CLONE, 0, 3),
        _line(_LOAD, _FIRST),
        _line(_ANY_BIT, _NEW_NAMESPACES, 0, 1),
        _line(_RETURN, _ERRNO | _EPERM),
        _line(_LOAD, _NUMBER),
        _line(_EQUAL, _IOCTL, 0, 4),
        _line(_LOAD, _SECOND),
        _line(_EQUAL, _TERMINAL_INPUT[0], 1, 0),
        _line(_EQUAL, _TERMINAL_INPUT[1], 0, 1),
        _line(_RETURN, _ERRNO | _EPERM),
        _line(_RETURN, _ALLOW),
    ]
    return b"".join(lines)


def restrict(*, metadata: bool = True) -> None:
    """Put this process and its children under the filter for good; the caller has set no_new_privs."""
    filters = program(metadata=metadata)
    buffer = ctypes.create_string_buffer(filters, len(filters))
    prog = struct.pack("HxxxxxxP", len(filters) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(22, ctypes.c_ulong(2), prog, ctypes.c_ulong(0), ctypes.c_ulong(0)):  # PR_SET_SECCOMP, a filter
        error = ctypes.get_errno()
        raise OSError(error, f"seccomp: {os.strerror(error)}")


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
