"""Runs one notebook to its end, whatever it does, and tells how each cell ended."""

import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode

from grader.core.errors import MachineError
from grader.core.evidence import CellRun
from grader.core.limits import Limits
from grader.core.record import Record
from grader.execution.provisioner import GuestProvisioner
from grader.execution.sandbox import Sandbox
from grader.network.vocabulary import LAYERS

_START_SECONDS = 90
_PROBE_BATCHES = 3
_REPORT_BYTES = 20 * 2**20
_GUEST = "grader_guest"


class NotebookArtefact(Record):
    """Raw result of running a notebook: how its cells ended and what the probe wrote, not yet believed."""

    cells: tuple[CellRun, ...]
    report: str = ""
    failure: str = ""
    seconds: float = 0.0


def run_notebook(
    notebook: NotebookNode,
    files: Path,
    sandbox: Sandbox,
    limits: Limits,
    *,
    data: Path | None,
    variables: tuple[str, ...] = (),
) -> NotebookArtefact:
    """Run a notebook beside a copy of the submission's files, its training cut to a few batches a pass.

    `data` holds `MNIST/raw/`. Never raises for what the notebook does; MachineError when no kernel can be started.
    """
    return asyncio.run(_run(notebook, files, sandbox, limits, data, variables))


async def _run(
    notebook: NotebookNode,
    files: Path,
    sandbox: Sandbox,
    limits: Limits,
    data: Path | None,
    variables: tuple[str, ...],
) -> NotebookArtefact:
    started = time.perf_counter()
    code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source.strip()]
    with _folders(files) as base:
        config = {
            "out": str(base / "run" / "report.json"),
            "cells": [i + 1 for i in code],
            "batches": _PROBE_BATCHES,
            "data": str(data) if data else "",
            "torch": any("torch" in notebook.cells[i].source for i in code),
            "variables": list(variables),
            "vocabulary": {name: list(settings) for name, settings in LAYERS.items()},
        }
        (base / "guest" / "config.json").write_text(json.dumps(config), encoding="utf-8")
        client = _Client(notebook, limits, _kernel_manager(base, sandbox, limits, data))
        try:
            runs, failure = await client.run(code, base / "guest")
        finally:
            await client.close()
        report = _read_report(base / "run" / "report.json")
    return NotebookArtefact(cells=tuple(runs), report=report, failure=failure, seconds=time.perf_counter() - started)


@contextmanager
def _folders(files: Path) -> Iterator[Path]:
    """A short path (sockets can't have a long one) with `work`, a copy of the files; `guest`; `run`."""
    base = Path(tempfile.mkdtemp(prefix="grader-", dir="/tmp"))
    try:
        shutil.copytree(files, base / "work", symlinks=True)
        (base / "run").mkdir()
        source = Path(__file__).resolve().parent.parent / "guest"
        shutil.copytree(source, base / "guest" / _GUEST, ignore=shutil.ignore_patterns("__pycache__"))
        yield base
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _kernel_manager(base: Path, sandbox: Sandbox, limits: Limits, data: Path | None) -> AsyncKernelManager:
    settings = {
        "sandbox": sandbox.model_dump(),
        "work": str(base / "work"),
        "readable": [str(base / "guest"), *([str(data)] if data else [])],
        "writable": [str(base / "run")],
        "environment": _environment(base),
        "log_path": str(base / "kernel.log"),
        "memory_mb": limits.memory_mb,
        "file_mb": int(limits.file_mb),
    }
    manager = AsyncKernelManager(transport="ipc", connection_file=str(base / "run" / "kernel.json"))
    manager.ip = str(base / "run" / "k")
    manager._kernel_spec = KernelSpec(
        # -P: the working folder must not shadow the standard library before the kernel is up.
        argv=[sys.executable, "-P", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name="Python 3",
        language="python",
        metadata={"kernel_provisioner": {"provisioner_name": "grader-guest", "config": settings}},
    )
    return manager


def _environment(base: Path) -> dict[str, str]:
    """Nothing of the grader's own environment; pip can't change this machine's Python, and finds no network."""
    home = str(base / "run")
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": home,
        "IPYTHONDIR": f"{home}/ipython",
        "MPLCONFIGDIR": f"{home}/matplotlib",
        "MPLBACKEND": "agg",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",  # notebooks run side by side
        "PIP_NO_INDEX": "1",
        "PIP_TARGET": f"{home}/site",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


class _Client(NotebookClient):
    """nbclient with one wall clock, a cap on output, and a kernel that is killed rather than asked."""

    def __init__(self, notebook: NotebookNode, limits: Limits, manager: AsyncKernelManager) -> None:
        super().__init__(notebook, km=manager, allow_errors=True, timeout=None, startup_timeout=_START_SECONDS)
        self.limits = limits
        self.deadline = time.monotonic() + limits.notebook_seconds
        self.output_left = int(limits.output_mb * 2**20)

    async def run(self, code: list[int], guest: Path) -> tuple[list[CellRun], str]:
        """Execute the cells of these indices; the reason when not all could run."""
        await self._start(guest)
        self.deadline = time.monotonic() + self.limits.notebook_seconds
        runs: list[CellRun] = []
        failure = ""
        for i in code:
            if failure:
                runs.append(CellRun(index=i + 1, status="not run"))
                continue
            run = await self._cell(i)
            runs.append(run)
            if run.status in ("timeout", "died"):
                failure = f"cell {run.index}: {run.error}"
        return runs, failure

    async def _start(self, guest: Path) -> None:
        try:
            await self.async_start_new_kernel()
            await self.async_start_new_kernel_client()
        except Exception as error:  # whatever jupyter_client makes of a kernel that dies at once
            log = (guest.parent / "kernel.log").read_text(errors="replace").strip()[-500:]
            raise MachineError(f"no kernel can be started: {error}\n{log}", hint="Run: grader doctor") from error
        code = f"import sys; sys.path.insert(0, {str(guest)!r}); import {_GUEST}; "
        code += f"{_GUEST}.start({str(guest / 'config.json')!r}); sys.path.pop(0)"
        try:
            assert self.kc is not None
            # The client is the asynchronous one, whose `reply=True` returns an awaitable; its types don't say so.
            execute: Any = self.kc.execute
            reply = await asyncio.wait_for(execute(code, silent=True, store_history=False, reply=True), _START_SECONDS)
        except Exception as error:
            raise MachineError(f"the probe can't be started: {error or type(error).__name__}") from error
        if reply["content"]["status"] != "ok":
            content = reply["content"]
            raise MachineError(f"the probe can't be started: {content.get('ename')}: {content.get('evalue')}")

    async def _cell(self, i: int) -> CellRun:
        cell = self.nb.cells[i]
        cell.outputs = []
        left = self.deadline - time.monotonic()
        allowed = min(self.limits.cell_seconds, left)
        started = time.perf_counter()
        status, error = "ok", ""
        try:
            # One clock of our own: nbclient's ends only its wait for a reply.
            await asyncio.wait_for(self.async_execute_cell(cell, i), timeout=max(allowed, 0.1))
        except (TimeoutError, DeadKernelError):
            # Cancelled by the clock, nbclient too says that the kernel died.
            if time.perf_counter() - started < allowed:
                status, error = "died", "the kernel died: out of memory, or the process was ended from the cell"
            else:
                whole = left <= self.limits.cell_seconds
                most = self.limits.notebook_seconds if whole else self.limits.cell_seconds
                status = "timeout"
                error = f"took longer than the {most:g} s that {'a notebook' if whole else 'a cell'} may take"
        except Exception as failure:  # a forged or malformed message must not end the grader
            status, error = "died", f"the kernel sent what can't be understood ({type(failure).__name__})"
        if status == "ok":
            raised = next((o for o in cell.outputs if o.get("output_type") == "error"), None)
            if raised:
                status, error = "error", f"{raised.get('ename', '')}: {raised.get('evalue', '')}"[:500]
        if status in ("timeout", "died"):
            self._destroy()
        return CellRun.model_validate(
            {"index": i + 1, "status": status, "error": error, "seconds": time.perf_counter() - started}
        )

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> Any:
        """Drop output beyond the cap; states and errors still pass."""
        if msg["msg_type"] in ("stream", "display_data", "execute_result", "update_display_data"):
            self.output_left -= sum(len(str(value)) for value in msg["content"].values())
            if self.output_left < 0:
                return None
        return super().process_message(msg, cell, cell_index)

    def _destroy(self) -> None:
        provisioner = self.km.provisioner if self.km else None
        if isinstance(provisioner, GuestProvisioner):
            provisioner.destroy()

    async def close(self) -> None:
        """Kill everything; what the notebook left behind is of no use to anyone."""
        self._destroy()
        if self.kc is not None:
            self.kc.stop_channels()
        if self.km is not None:
            try:
                await asyncio.wait_for(ensure_async(self.km.shutdown_kernel(now=True)), 10)
            except Exception:  # the kernel is dead already; only its sockets are left to close
                self.km.cleanup_resources()


def _read_report(path: Path) -> str:
    """The probe's file: regular, not a link, not too large; else nothing."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    with os.fdopen(handle, "rb") as file:
        stat = os.fstat(file.fileno())
        if not S_ISREG(stat.st_mode) or stat.st_size > _REPORT_BYTES:
            return ""
        return file.read(_REPORT_BYTES).decode("utf-8", "replace")
