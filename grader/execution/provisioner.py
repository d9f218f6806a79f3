"""Starts a kernel inside the sandbox: a kernel provisioner of jupyter_client."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import psutil
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Dict, Int, List, Unicode

from grader.execution.sandbox import Sandbox

_LIMIT = """
import json, os, resource, sys
for name, most in json.loads(sys.argv[1]).items():
    kind = getattr(resource, name)
    hard = resource.getrlimit(kind)[1]
    bounded = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (bounded, bounded if hard == resource.RLIM_INFINITY else hard))
os.execvp(sys.argv[2], sys.argv[2:])
"""
_ROUNDS = 20  # in which processes that go on starting others are killed


class GuestProvisioner(LocalProvisioner):
    """A local kernel under a sandbox layer, resource limits and an environment of its own."""

    sandbox = Dict(help="the Sandbox record, dumped")
    work = Unicode(help="the working folder")
    readable: List[str] = List(help="paths that the kernel may read")
    writable: List[str] = List(help="paths that the kernel may write, beside its working folder")
    environment = Dict(help="the kernel's whole environment")
    log_path = Unicode(help="where the kernel's own complaints go")
    memory_mb = Int(4096)
    file_mb = Int(64)
    _log: IO[bytes] | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Wrap the kernel's command line."""
        kwargs = await super().pre_launch(**kwargs)
        sandbox = Sandbox.model_validate(self.sandbox)
        readable, writable = map(Path, self.readable), map(Path, self.writable)
        kwargs["cmd"] = self._limited(sandbox.command(kwargs["cmd"], Path(self.work), readable, writable))
        kwargs["env"] = dict(self.environment)
        kwargs["cwd"] = self.work
        kwargs["stdout"] = subprocess.DEVNULL
        self._log = open(self.log_path, "wb")  # noqa: SIM115  # the kernel writes to it as long as it lives
        kwargs["stderr"] = self._log
        return kwargs

    def _limited(self, argv: list[str]) -> list[str]:
        """The command behind resource limits, set by a process of its own.

        A preexec_fn would make subprocess fork this one, and a fork while another thread is inside numpy's linear
        algebra never returns. RLIMIT_DATA, since RLIMIT_AS would refuse torch's mappings.
        """
        limits = {"RLIMIT_DATA": self.memory_mb * 2**20, "RLIMIT_FSIZE": self.file_mb * 2**20, "RLIMIT_CORE": 0}
        return [sys.executable, "-I", "-S", "-c", _LIMIT, json.dumps(limits), *argv]

    def destroy(self) -> None:
        """Kill the kernel and every process it started; never raises."""
        if self._log is not None:
            self._log.close()
        if self.process is None:
            return
        with suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        # In a jail that was all of them; elsewhere one may have left the group, but not its environment.
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
                alive = process.uids().real == mine and process.status() != psutil.STATUS_ZOMBIE
                if alive and process.environ().get("HOME") == self.environment["HOME"]:
                    yield process
