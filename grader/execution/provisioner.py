"""Starts a kernel inside the sandbox: a kernel provisioner of jupyter_client."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import psutil
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Dict, Instance, Int, List, Unicode

from grader.core.limits import Limits
from grader.execution.sandbox import Sandbox, give
from grader.execution.warm import WarmProcess

_KEEPER_SECONDS = 5
_ROUNDS = 20  # in which processes that go on starting others are killed


class GuestProvisioner(LocalProvisioner):
    """A local kernel under a sandbox layer, resource limits and an environment of its own."""

    sandbox = Dict(help="the Sandbox record, dumped")
    work = Unicode(help="the working folder")
    readable: List[str] = List(help="paths that the kernel may read")
    writable: List[str] = List(help="paths that the kernel may write, beside its working folder")
    environment = Dict(help="the kernel's whole environment")
    log_path = Unicode(help="where the kernel's own complaints go")
    limits = Dict(help="the Limits record, dumped")
    user = Int(None, allow_none=True, help="the user that the kernel runs as, where it isn't the grader's")
    group = Unicode(help="the entrance of the kernel's control group; empty where it has none")
    guest = Unicode(help="the folder that holds the guest's package")
    warm: Any = Instance(WarmProcess, allow_none=True, help="where kernels are forked from")
    modules: List[str] = List(help="what a forked kernel holds beyond the usual")
    _request: dict[str, Any] | None = None
    _log: IO[bytes] | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Wrap the kernel's command line."""
        kwargs = await super().pre_launch(**kwargs)
        sandbox = Sandbox.model_validate(self.sandbox)
        readable, writable = [[Path(path) for path in paths] for paths in (self.readable, self.writable)]
        limits = Limits.model_validate(self.limits)
        connection = kwargs["cmd"][-1]
        if self.warm is not None and self.warm.wait_ready():
            self._request = sandbox.request(Path(self.work), readable, writable, limits, self.user, self.group) | {
                "environment": dict(self.environment),
                "log": self.log_path,
                "guest": self.guest,
                "connection": connection,
                "modules": list(self.modules),
            }
        kwargs["cmd"] = sandbox.command(
            kwargs["cmd"], Path(self.work), readable, writable, limits, self.user, self.group
        )
        for folder in (Path(self.work), *writable):  # the connection file has been written by now
            give(folder, self.user)
        kwargs["env"] = dict(self.environment)
        kwargs["cwd"] = self.work
        kwargs["stdout"] = subprocess.DEVNULL
        self._log = open(self.log_path, "wb")  # noqa: SIM115  # the kernel writes to it as long as it lives
        kwargs["stderr"] = self._log
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel from the warm process where that can be done, else start it cold."""
        if self._request is not None and self.warm is not None:
            with suppress(OSError):
                self.process = self.warm.fork(self._request)
                self.pid = self.pgid = self.process.pid
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)

    def destroy(self) -> None:
        """Kill the kernel and every process it started; never raises."""
        if self._log is not None:
            self._log.close()
        if self.process is None:
            return
        # Asked to end, the launcher ends what the kernel started, however it hides; in a jail nothing outlives it.
        with suppress(OSError, subprocess.TimeoutExpired):
            self.process.terminate()
            self.process.wait(_KEEPER_SECONDS)
        with suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for _ in range(_ROUNDS):
            survivors = list(self._survivors())
            for survivor in survivors:
                with suppress(psutil.Error):
                    survivor.kill()
            if not survivors:
                break
            psutil.wait_procs(survivors, timeout=0.5)

    def _survivors(self) -> Iterator[psutil.Process]:
        mine = os.getuid()
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                alive = process.uids().real in (mine, self.user) and process.status() != psutil.STATUS_ZOMBIE
                if alive and process.environ().get("HOME") == self.environment["HOME"]:
                    yield process
