"""Warm processes: each has imported what those it forks need, and these are ready in a fraction of the time.

Kernels are forked from one, for classes, and so is whatever answers lines in a process of its own (`worker.py`). No
warm process runs a student's code or reads a file of theirs, and none that it forks serves two submissions.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_ANSWER_SECONDS = 60  # what the forked process is to hold may have to be imported first
_IMPORT_SECONDS = 120
_PAUSE_SECONDS = 0.01
_IMPORTING = "is still importing"
_GONE_SECONDS = 0.2  # those that it forked end a moment before the warm process is seen to have ended
_MOST_STARTS = 3  # of one warm process in a class
# A word in a notebook's code, and what is imported before its kernel is forked. Only packages that start no threads.
_MODULES = {
    "keras": "keras",
    "tensorflow": "keras",  # which stands in for it
    "pandas": "pandas",
    "sklearn": "sklearn.metrics",
    "seaborn": "seaborn",
}
_HERE = Path(__file__).parent
_SERVE = (
    "import sys; code, control, module = sys.argv[1:]; sys.path.insert(0, code); from launcher import zygote; "
    "sys.path.pop(0); import socket; zygote.serve(socket.socket(fileno=int(control)), module)"
)


def modules_of(code: str) -> list[str]:
    """What is worth importing before a kernel for this code is forked."""
    return sorted({module for word, module in _MODULES.items() if word in code})


class WarmProcess:
    """Starts a process that imports in the background; others can be forked from it once it is `ready`.

    These are kernels, or serve a `module` of the launcher that lies in the folder `code`.
    """

    def __init__(
        self, on_failure: Callable[[str], None] = lambda _: None, code: Path = _HERE, module: str = ""
    ) -> None:
        self.on_failure = on_failure
        self.lock = threading.Lock()
        self.state, self.closed = _IMPORTING, False
        ours, theirs = socket.socketpair()
        self.control = ours
        self.home = tempfile.TemporaryDirectory(prefix="grader-", dir="/tmp")  # some packages write when imported
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": self.home.name}
        environment |= {"MPLBACKEND": "agg", "KERAS_BACKEND": "torch"}
        # One thread, since others would not be there in a forked process.
        environment |= {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")}
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", _SERVE, str(code), str(theirs.fileno()), module],
                pass_fds=[theirs.fileno()],
                env=environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    @property
    def ready(self) -> bool:
        """Whether a process can be forked now; `state` says why not."""
        with self.lock:
            if self.state == _IMPORTING and not self.closed and select.select([self.control], [], [], 0)[0]:
                said = self.control.recv(1000).decode("utf-8", "replace").strip()
                if said == "ready":
                    self.state = said
                else:
                    self._fail(said or "the warm process ended while importing")
            return self.state == "ready"

    def wait_ready(self) -> bool:
        """Whether a process can be forked, once it has imported what it is to hold.

        Whoever waits is served no later than by a process that imports the same by itself, and two of them cost twice.
        """
        until = time.monotonic() + _IMPORT_SECONDS
        while not self.ready and self.state == _IMPORTING and not self.closed:
            if time.monotonic() > until:
                with self.lock:
                    self._fail(f"the warm process imports for longer than {_IMPORT_SECONDS} s")
                return False
            time.sleep(_PAUSE_SECONDS)
        return self.state == "ready"

    @property
    def ended(self) -> bool:
        """Whether it has ended, and with it all that it forked."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_GONE_SECONDS)
        return self.process.returncode is not None

    def fork(self, request: dict[str, Any]) -> "ForkedProcess":
        """A process that holds `request["modules"]`. Raises OSError when there is none."""
        with self.lock:
            if self.state != "ready":
                raise OSError(self.state)
            try:
                self.control.sendall(json.dumps(request).encode() + b"\n")
                if not select.select([self.control], [], [], _ANSWER_SECONDS)[0]:
                    raise OSError(f"the warm process did not answer in {_ANSWER_SECONDS} s")
                said, handles, _, _ = socket.recv_fds(self.control, 1000, 3)
                if not handles:
                    raise OSError(said.decode("utf-8", "replace").strip() or "the warm process ended")
            except OSError as error:  # an answer that comes later would be taken for another's
                self._fail("the warm process ended" if isinstance(error, ConnectionError) else str(error))
                raise
        return ForkedProcess(self, int(said), *handles)

    def _fail(self, why: str) -> None:
        """Fork no more; what was forked lives on."""
        self.state = why
        self.on_failure(why)

    def close(self) -> None:
        """End the process, and all that it forked."""
        with self.lock:
            self.closed = True
            self.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        self.process.kill()
        self.process.wait()
        self.home.cleanup()


class ForkedProcess:
    """A process that isn't this one's child, with what is used of `subprocess.Popen`."""

    stderr = None

    def __init__(
        self, warm: WarmProcess, pid: int, handle: int, into: int | None = None, out: int | None = None
    ) -> None:
        self.warm, self.pid, self.handle = warm, pid, handle
        self.stdin = None if into is None else open(into, "wb", buffering=0)  # noqa: SIM115  # as Popen's
        self.stdout = None if out is None else open(out, "rb", buffering=0)  # noqa: SIM115
        self.returncode: int | None = None

    @property
    def orphaned(self) -> bool:
        """Whether it has ended because the warm process did."""
        return self.poll() is not None and self.warm.ended

    def poll(self) -> int | None:
        """0 once it has ended; how, only its parent knows."""
        if self.returncode is None and select.select([self.handle], [], [], 0)[0]:
            self._ended()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended. Raises TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self.handle], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a forked process", timeout or 0)
            self._ended()
        return 0

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            signal.pidfd_send_signal(self.handle, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _ended(self) -> None:
        self.returncode = 0
        os.close(self.handle)


class WarmWorkers:
    """Warm processes for what answers lines, one for each kind, each started when the first of its kind is."""

    def __init__(self, on_failure: Callable[[str], None] = lambda _: None) -> None:
        self.on_failure = on_failure
        self.lock = threading.Lock()
        self.processes: dict[tuple[Path, str, tuple[str, ...]], list[WarmProcess]] = {}

    def fork(self, code: Path, module: str, modules: tuple[str, ...], request: dict[str, Any]) -> ForkedProcess | None:
        """A process that serves a module of this code and holds these others; None where none can be forked."""
        warm = self._of(code, module, modules)
        if warm.wait_ready():
            with contextlib.suppress(OSError):
                return warm.fork({**request, "modules": modules})
        return None

    def _of(self, code: Path, module: str, modules: tuple[str, ...]) -> WarmProcess:
        """The warm process of this kind: a new one where that has ended."""
        with self.lock:
            started = self.processes.setdefault((code, module, modules), [])
            if not started or (len(started) < _MOST_STARTS and started[-1].process.poll() is not None):
                why = f"the process for {module} is started anew for each submission"
                started.append(WarmProcess(lambda said: self.on_failure(f"{why}: {said}"), code, module))
            return started[-1]

    def close(self) -> None:
        """End them, and all that they forked."""
        with self.lock:
            for process in (process for started in self.processes.values() for process in started):
                process.close()
            self.processes.clear()


@contextlib.contextmanager
def warm_kernels(on_failure: Callable[[str], None] = lambda _: None) -> Iterator[WarmProcess | None]:
    """What forks kernels while the block runs; None where processes can't be forked with handles (not Linux).

    Why kernels can't be forked is told to `on_failure`; they are started cold then.
    """
    if sys.platform != "linux":
        on_failure("forking them needs Linux")
        yield None
        return
    with contextlib.closing(WarmProcess(on_failure)) as warm:
        yield warm


@contextlib.contextmanager
def warm_workers(on_failure: Callable[[str], None] = lambda _: None) -> Iterator[WarmWorkers | None]:
    """What forks those that answer lines while the block runs; None where that needs another system."""
    if sys.platform != "linux":
        yield None
        return
    with contextlib.closing(WarmWorkers(on_failure)) as warm:
        yield warm
