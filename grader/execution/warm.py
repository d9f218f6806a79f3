"""Kernels forked from a process that has imported torch: ready in a fraction of the time, for classes."""

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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_ANSWER_SECONDS = 60  # what the kernel is to hold may have to be imported first
# A word in a notebook's code, and what is imported before its kernel is forked. Only packages that start no threads.
_MODULES = {
    "keras": "keras",
    "tensorflow": "keras",  # which stands in for it
    "pandas": "pandas",
    "sklearn": "sklearn.metrics",
    "seaborn": "seaborn",
}
_IMPORT = (
    f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); from launcher import zygote; sys.path.pop(0); "
)
_SERVE = _IMPORT + "import socket; zygote.serve(socket.socket(fileno=int(sys.argv[1])))"


def modules_of(code: str) -> list[str]:
    """What is worth importing before a kernel for this code is forked."""
    return sorted({module for word, module in _MODULES.items() if word in code})


class WarmKernels:
    """Starts a process that imports in the background; kernels can be forked from it once it is `ready`."""

    def __init__(self, on_failure: Callable[[str], None] = lambda _: None) -> None:
        self.on_failure = on_failure
        self.lock = threading.Lock()
        self.state = "is still importing"
        ours, theirs = socket.socketpair()
        self.control = ours
        self.home = tempfile.TemporaryDirectory(prefix="grader-", dir="/tmp")  # some packages write when imported
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": self.home.name}
        environment |= {"MPLBACKEND": "agg", "KERAS_BACKEND": "torch"}
        # One thread, since others would not be there in a forked process.
        environment |= {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")}
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", _SERVE, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    @property
    def ready(self) -> bool:
        """Whether a kernel can be forked now; `state` says why not."""
        with self.lock:
            if self.state == "is still importing" and select.select([self.control], [], [], 0)[0]:
                said = self.control.recv(1000).decode("utf-8", "replace").strip()
                if said == "ready":
                    self.state = said
                else:
                    self._fail(said or "the warm process ended while importing")
            return self.state == "ready"

    def fork(self, request: dict[str, Any]) -> "ForkedKernel":
        """A kernel's process, which holds `request["modules"]`. Raises OSError when there is none."""
        with self.lock:
            if self.state != "ready":
                raise OSError(self.state)
            try:
                self.control.sendall(json.dumps(request).encode() + b"\n")
                if not select.select([self.control], [], [], _ANSWER_SECONDS)[0]:
                    raise OSError(f"the warm process did not answer in {_ANSWER_SECONDS} s")
                said, handles, _, _ = socket.recv_fds(self.control, 1000, 1)
                if not handles and said.strip() != b"gone":
                    raise OSError(said.decode("utf-8", "replace").strip() or "the warm process ended")
            except OSError as error:  # an answer that comes later would be taken for another's
                self._fail("the warm process ended" if isinstance(error, ConnectionError) else str(error))
                raise
        if not handles:
            raise OSError("the forked kernel ended at once")
        return ForkedKernel(int(said), handles[0])

    def _fail(self, why: str) -> None:
        """Fork no more; kernels that were forked live on."""
        self.state = why
        self.on_failure(why)

    def close(self) -> None:
        """End the process, and every kernel that it forked."""
        self.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        self.process.kill()
        self.process.wait()
        self.home.cleanup()


class ForkedKernel:
    """A process that isn't this one's child, with what `jupyter_client` uses of `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, handle: int) -> None:
        self.pid, self.handle = pid, handle
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """0 once it has ended; how, only its parent knows."""
        if self.returncode is None and select.select([self.handle], [], [], 0)[0]:
            self._ended()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended. Raises TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self.handle], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
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


@contextlib.contextmanager
def warm_kernels(on_failure: Callable[[str], None] = lambda _: None) -> Iterator[WarmKernels | None]:
    """Warm kernels while the block runs; None where processes can't be forked with handles (not Linux).

    Why kernels can't be forked is told to `on_failure`; they are started cold then.
    """
    if sys.platform != "linux":
        on_failure("forking them needs Linux")
        yield None
        return
    warm = WarmKernels(on_failure)
    try:
        yield warm
    finally:
        warm.close()
