"""Kernels forked from a process that has imported torch: ready in a fraction of the time, for classes."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_ANSWER_SECONDS = 20
_IMPORT = (
    f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); from launcher import zygote; sys.path.pop(0); "
)
_SERVE = _IMPORT + "import socket; zygote.serve(socket.socket(fileno=int(sys.argv[1])))"


class WarmKernels:
    """Starts a process that imports in the background; kernels can be forked from it once it is `ready`."""

    def __init__(self, on_failure: Callable[[str], None] = lambda _: None) -> None:
        self.on_failure = on_failure
        self.lock = threading.Lock()
        self.state = "is still importing"
        ours, theirs = socket.socketpair()
        self.control = ours
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent", "MPLBACKEND": "agg"}
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
                self.state = "ready" if said.startswith("ready") else said or "the warm process ended while importing"
                if self.state != "ready":
                    self.on_failure(self.state)
            return self.state == "ready"

    def fork(self, request: dict[str, Any]) -> "ForkedKernel":
        """A kernel's process. Raises OSError when there is none."""
        with self.lock:
            self.control.sendall(json.dumps(request).encode() + b"\n")
            if not select.select([self.control], [], [], _ANSWER_SECONDS)[0]:
                raise OSError("no kernel was forked")
            said, handles, _, _ = socket.recv_fds(self.control, 100, 1)
        if not handles:
            raise OSError("the forked kernel ended at once")
        return ForkedKernel(int(said), handles[0])

    def close(self) -> None:
        """End the process, and every kernel that it forked."""
        self.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        self.process.kill()
        self.process.wait()


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
