"""The parent of a confined process: when that ends, or its own parent does, it ends all that is left."""

import os
import signal
import sys
import time

from . import confine

_ROUNDS = 200
_ROUND_SECONDS = 0.02


def stay_as_parent(uid: int | None) -> None:
    """Fork. Returns in the child; the parent stays until the child ends, ends every descendant, and exits like it."""
    confine.adopt_orphans()
    child = os.fork()
    if child == 0:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        return
    # Asked to end (SIGTERM), or told that the grader is gone, it still ends everything first.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: os.kill(child, signal.SIGKILL))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    confine.die_with_parent(signal.SIGTERM)
    status = _wait(child)
    end_all(uid)
    os._exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


def end_all(uid: int | None) -> None:
    """Kill every descendant, and every process of a user of its own, until none is left."""
    for _ in range(_ROUNDS):
        if uid is not None:
            _kill_user(uid)
        left = _descendants(os.getpid())
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(_ROUND_SECONDS)


def _kill_user(uid: int) -> None:
    """As that user, kill all that it may: no process can start another one in time to escape `kill(-1)`."""
    killer = os.fork()
    if killer == 0:
        try:
            confine.become(uid)
            os.kill(-1, signal.SIGKILL)
        except OSError:
            pass
        finally:
            os._exit(0)
    _wait(killer)


def _wait(child: int) -> int:
    """The status of this child; other children that end meanwhile are reaped."""
    while True:
        try:
            pid, status = os.waitpid(-1, 0)
        except InterruptedError:
            continue
        except ChildProcessError:
            sys.exit(1)
        if pid == child:
            return status


def _descendants(root: int) -> list[int]:
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parents[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
    found, frontier = [], {root}
    while frontier:
        frontier = {pid for pid, parent in parents.items() if parent in frontier}
        found += list(frontier)
    return found
