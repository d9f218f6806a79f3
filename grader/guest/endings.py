"""What would end the kernel ends its cell at most, so that later cells can still be seen."""

from __future__ import annotations

import os
import signal
from typing import Any


def install(shell: Any, script: bool) -> None:
    """From now on nothing that a cell calls ends the kernel; `script`: exit() ends what calls it, as in a script."""
    shell.ask_exit = _end if script else _nothing  # what exit() and quit() call: in a notebook their cell goes on
    shell.unobserve_all("exit_now")  # set by the kernel's own do_shutdown
    _own_process_stays()


def _nothing() -> None:
    """A notebook that is run from top to bottom would be started anew here, by hand."""


def _end(code: object = 0) -> None:
    raise SystemExit(code)


def _own_process_stays() -> None:
    """Ways to end a process end the cell where it is the kernel's own; processes that it starts end as they do."""
    own = os.getpid()
    leave, abort, kill = os._exit, os.abort, os.kill

    def _exit(status: int) -> None:
        if os.getpid() == own:
            _end(status)
        leave(status)

    def _abort() -> None:
        if os.getpid() == own:
            _end(signal.SIGABRT)
        abort()

    def _kill(pid: int, number: int) -> None:
        if pid == own == os.getpid() and _deadly(number):
            _end(0)  # as a notebook starts its kernel anew
        kill(pid, number)

    replaced: Any = os
    replaced._exit, replaced.abort, replaced.kill = _exit, _abort, _kill


def _deadly(number: int) -> bool:
    """Whether this signal would end the process, and isn't handled by the notebook."""
    if number == signal.SIGKILL:
        return True
    return number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGABRT, signal.SIGHUP) and (
        signal.getsignal(number) == signal.SIG_DFL
    )
