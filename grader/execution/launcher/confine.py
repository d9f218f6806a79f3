"""The steps that confine a process, each for good, in the order in which the kernel allows them."""

import ctypes
import os
import resource
import signal
from typing import Any

from . import landlock, seccomp

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER = 1, 38, 36


def limit(limits: dict[str, int]) -> None:
    """Set resource limits, by the names in `resource`, as low as asked and never higher than they are."""
    for name, most in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        bounded = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bounded, bounded))


def enter_group(entrance: str) -> None:
    """Enter a control group, where there is one; all that this process starts is in it as well."""
    if entrance:
        with open(entrance, "w", encoding="ascii") as file:
            file.write("0")


def die_with_parent(by: signal.Signals = signal.SIGKILL) -> None:
    """Get this signal when the process that started this one ends."""
    _prctl(_PR_SET_PDEATHSIG, by)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def close_files(keep: tuple[int, ...] = ()) -> None:
    """Close everything but the standard streams."""
    for handle in map(int, os.listdir("/proc/self/fd")):
        if handle > 2 and handle not in keep:
            try:
                os.close(handle)
            except OSError:
                continue  # the one that listed the folder


def become(uid: int) -> None:
    """Be this user and nobody else, without any privilege."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def confine(config: dict[str, Any]) -> None:
    """Take away from this process what its configuration says: `uid`, `landlock`, `seccomp`, `metadata`."""
    if config.get("uid") is not None:
        become(config["uid"])
        die_with_parent()  # a change of user has undone it
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if config.get("landlock"):
        landlock.restrict(**config["landlock"])
    if config.get("seccomp"):
        seccomp.restrict(metadata=config.get("metadata", True))


def _prctl(option: int, value: int) -> None:
    zero = ctypes.c_ulong(0)
    if ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), zero, zero, zero):
        raise OSError(f"prctl({option}) is refused")
