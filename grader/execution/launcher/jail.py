"""Lets a process that runs already enter a jail of bubblewrap's."""

import ctypes
import fcntl
import json
import os
import signal
import sys

from . import confine

_NS_GET_USERNS = 0xB701  # ioctl of a namespace: the user namespace that owns it
_PR_CAPBSET_DROP = 24
_CAPABILITY_VERSION = 0x20080522
_ORDER = ("ipc", "uts", "net", "cgroup", "pid", "mnt")


def enter(command: list[str], uid: int | None) -> None:
    """Start bubblewrap with this command line, which must write a line and sleep, and go on inside, without privilege.

    The calling process stays outside as the parent of both, and ends, with the jail, as soon as either does.
    """
    if uid is not None:
        confine.become(uid)
        confine.die_with_parent()
    bwrap, inside = _start(command)
    entering = os.fork()
    if entering:
        _stay(bwrap, entering)
    confine.die_with_parent()
    spaces = {name: os.open(f"/proc/{inside}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC) for name in (*_ORDER, "user")}
    # A jail may lie in two user namespaces: that which owns its mounts, and the one that its processes end up in.
    owner = fcntl.ioctl(spaces["mnt"], _NS_GET_USERNS)
    own = os.fstat(os.open("/proc/self/ns/user", os.O_RDONLY | os.O_CLOEXEC)).st_ino
    entered = {own}
    for handle in (owner, *(spaces[name] for name in _ORDER), spaces["user"]):
        number = os.fstat(handle).st_ino
        if number not in entered:
            _setns(handle)
            entered.add(number)
    child = os.fork()  # only children enter a process table
    if child:
        os._exit(_wait(child))
    confine.die_with_parent()
    _drop_capabilities()


def _start(command: list[str]) -> tuple[int, int]:
    """(bubblewrap's process, the first process inside), both as numbered out here; the jail is complete by then."""
    read, write = os.pipe()
    speaks, said = os.pipe()
    os.set_inheritable(write, True)
    # A fork would copy the tables of all that this process has imported.
    moved = [(os.POSIX_SPAWN_DUP2, said, 1)]
    command = [command[0], "--info-fd", str(write), *command[1:]]
    bwrap = os.posix_spawn(command[0], command, os.environ, file_actions=moved)
    os.close(write)
    os.close(said)
    with open(read, encoding="utf-8") as file:
        told = file.read()
    # Its number is told before its folders are in place; what runs inside speaks when they are.
    if not told or not os.read(speaks, 1):
        sys.exit("bubblewrap ended before its jail was there")
    os.close(speaks)
    return bwrap, json.loads(told)["child-pid"]


def _stay(bwrap: int, entering: int) -> None:
    """Wait for the first of the two to end; ends the jail, and all in it, and this process."""
    signal.signal(signal.SIGTERM, lambda *_: os.kill(bwrap, signal.SIGKILL))
    ended, status = os.wait()
    os.kill(bwrap if ended == entering else entering, signal.SIGKILL)
    os.wait()
    os._exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


def _wait(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF


def _setns(handle: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(handle, 0):
        error = ctypes.get_errno()
        raise OSError(error, f"setns: {os.strerror(error)}")


def _drop_capabilities() -> None:
    """Whoever enters a user namespace is all-powerful in it."""
    libc = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    for capability in range(64):
        libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), zero, zero, zero)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    if libc.capset(header, (ctypes.c_uint32 * 6)()):
        raise OSError(ctypes.get_errno(), "capset is refused")
