"""Runs one notebook to its end, whatever it does, and tells how each cell ended."""

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode

from grader.core.errors import MachineError
from grader.core.evidence import CellRun
from grader.core.limits import Limits
from grader.core.record import Record
from grader.execution.groups import Group, memory_group
from grader.execution.looks import longer, no_worse
from grader.execution.provisioner import GuestProvisioner
from grader.execution.relay import Relay
from grader.execution.sandbox import Sandbox, within_reach
from grader.execution.warm import WarmProcess, modules_of
from grader.execution.watch import MACHINE, named, overrun, overwritten, too_much_memory
from grader.execution.weights import WeightFiles
from grader.guest.protocol import Config

_START_SECONDS = 90
_LOOK_SECONDS = 1.0  # between looks at what it uses
_POLL_SECONDS = 0.2  # between looks at whether the kernel still lives
_PROBE_BATCHES = 3
_GRACE_SECONDS = 10.0  # that an interrupted cell has to end in
_USED_UP = "this machine has less memory than a notebook may use, and a kernel was ended for that"
_AGAIN_SECONDS = 1.0  # between interrupts of one cell
_IDLE_PART = 0.25  # of what a cell may take, for one that trains nothing
_HAND_OVER_SECONDS = 30
_FINDINGS_BYTES = 4 * 2**20  # as Python's objects twenty times that
_MESSAGE_BYTES = 4 * 2**20
_REPLY_BYTES = 8 * 2**20
_MOST_SOURCE = 2**20  # characters of a notebook whose code is looked at
_MOST_OUTPUT = 1000  # characters of a saved output, and
_MOST_OUTPUTS = 200
_GUEST = "grader_guest"
_FINDINGS = "findings.json"


class NotebookArtefact(Record):
    """Raw result of running a notebook: how its cells ended and what the probe wrote, not yet believed.

    `variables` is what it wrote of those that it was asked for, beside their names. `weights` are there where it ran in
    full.
    """

    model_config = {"arbitrary_types_allowed": True, "frozen": True}

    cells: tuple[CellRun, ...]
    findings: str = ""
    variables: tuple[tuple[tuple[str, ...], str], ...] = ()
    failure: str = ""
    seconds: float = 0.0
    weights: WeightFiles | None = None


def run_notebook(
    notebook: NotebookNode,
    files: Path,
    sandbox: Sandbox,
    limits: Limits,
    *,
    data: Mapping[str, Path] | None,
    variables: tuple[tuple[str, ...], ...] = (),
    warm: WarmProcess | None = None,
    seed: int | None = None,
) -> NotebookArtefact:
    """Run a notebook beside a copy of the submission's files, its training cut to a few batches a pass.

    Where a cell failed that may have needed more of them, it is run once more with as many as can be paid.
    With a `seed` nothing is cut: that is a replay, whose own seeds are shifted by this one, and whose trained networks
    hand over their weights. `data` holds the folders of the data sets that are served, by name; `warm` is where the
    kernel is forked from, once that is ready. The values of `variables` are asked for after the last cell, one tuple of
    names after the other: what runs in the notebook knows none of them before, and what is written of one tuple is
    read before the next is named.
    Never raises for what the notebook does; MachineError when no kernel can be started.
    """
    if seed is not None:
        weights_mb = 4 * limits.parameters / 2**20 + 1
        limits = limits.model_copy(
            update={
                "cell_seconds": limits.replay_seconds,
                "notebook_seconds": limits.replay_seconds,
                "file_mb": max(limits.file_mb, weights_mb),
            }
        )

    def look(batches: int | None) -> NotebookArtefact:
        try:
            return asyncio.run(_run(notebook, files, sandbox, limits, data, variables, warm, seed, batches))
        except MachineError:  # on a busy machine a kernel may not start in time: once more, and cold
            return asyncio.run(_run(notebook, files, sandbox, limits, data, variables, None, seed, batches))

    first = look(None)
    batches = longer(first.cells, first.findings, limits) if seed is None else None
    if batches is None:
        return first
    second = look(batches)
    best = second if no_worse(first.cells, second.cells) else first
    return best.model_copy(update={"seconds": first.seconds + second.seconds, "variables": second.variables})


async def _run(
    notebook: NotebookNode,
    files: Path,
    sandbox: Sandbox,
    limits: Limits,
    data: Mapping[str, Path] | None,
    variables: tuple[tuple[str, ...], ...],
    warm: WarmProcess | None,
    seed: int | None,
    batches: int | None,
) -> NotebookArtefact:
    """One look; `batches` is how many each loop over a loader is cut to where that is not the usual few."""
    started = time.perf_counter()
    code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source.strip()]
    with sandbox.user() as user, _folders(files) as base, memory_group(limits.memory_mb) as group:
        folders = {name: within_reach(folder, user) for name, folder in (data or {}).items()}
        sources = _sources(notebook, code, base / "work")
        source = "\n".join(sources)
        config = Config(
            out=str(base / "run" / _FINDINGS),
            file=str(notebook.metadata.get("submitted_as", "")),
            cells=[i + 1 for i in code],
            batches=batches or _PROBE_BATCHES,
            thorough=batches is not None,
            idle_seconds=_IDLE_PART * limits.cell_seconds,
            sources=sources if len(source) <= _MOST_SOURCE else [],
            outputs=_outputs(notebook, code),
            data={name: str(folder) for name, folder in folders.items()},
            watches=any(name in source for name in ("torch", "keras", "tensorflow")),  # importing torch takes seconds
            seed=seed,
            weights=str(base / "run"),
        )
        (base / "guest" / "config.json").write_text(config.to_json(), encoding="utf-8")
        manager = _kernel_manager(base, sandbox, limits, [*folders.values()], user, group, warm, source)
        kernel = _Kernel(manager, limits, group)
        handed: list[tuple[tuple[str, ...], str]] = []
        seen: tuple[bytes, str] | None = None
        try:
            await kernel.start(base / "guest")
            runs, failure = await kernel.run([(i + 1, notebook.cells[i].source) for i in code])
            if not failure and any(variables):
                seen = _read_file(base / "run" / _FINDINGS, _FINDINGS_BYTES)  # before it is told any names
                first = batches is None and seed is None
                again = longer(runs, seen[0].decode("utf-8", "replace"), limits) if first else None
                if again is None:  # no look after this one, so nothing that is told now can come into one
                    handed = await kernel.hand_over(base / "run", variables)
        finally:
            await kernel.close()
        if kernel.shortage:
            raise MachineError(kernel.shortage)
        findings, fault = seen or _read_file(base / "run" / _FINDINGS, _FINDINGS_BYTES)
        weights = WeightFiles().collect(base / "run", limits.parameters) if seed is not None else None
    return NotebookArtefact(
        cells=tuple(runs),
        findings=findings.decode("utf-8", "replace"),
        variables=tuple(handed),
        failure=failure or fault,
        seconds=time.perf_counter() - started,
        weights=weights,
    )


def _sources(notebook: NotebookNode, code: list[int], work: Path) -> list[str]:
    """All code that the notebook may run, its own and that of the files beside it."""
    helpers = (path.read_bytes().decode("utf-8", "replace") for path in work.rglob("*.py") if path.is_file())
    return [*(notebook.cells[i].source for i in code), *helpers]


def _outputs(notebook: NotebookNode, code: list[int]) -> list[str]:
    """The beginnings of what cells printed when the student ran them."""
    saved = (output for i in code for output in notebook.cells[i].get("outputs", []))
    texts = (output.get("text") for output in saved)
    lines = ("".join(map(str, text)) if isinstance(text, list) else text for text in texts)
    return [text[:_MOST_OUTPUT] for text in lines if isinstance(text, str)][:_MOST_OUTPUTS]


@contextmanager
def _folders(files: Path) -> Iterator[Path]:
    """A short path (sockets can't have a long one) with `work`, a copy of the files; `guest`; `run`."""
    base = Path(tempfile.mkdtemp(prefix="grader-", dir="/tmp"))
    try:
        base.chmod(0o711)  # another user, or a jail of one, passes through to what it is given
        shutil.copytree(files, base / "work", ignore=_irregular, copy_function=shutil.copyfile)
        (base / "run").mkdir()
        source = Path(__file__).resolve().parent.parent / "guest"
        shutil.copytree(source, base / "guest" / _GUEST, ignore=shutil.ignore_patterns("__pycache__"))
        yield base
    finally:
        remove(base)


def _irregular(folder: str, names: list[str]) -> list[str]:
    """Links, devices and pipes; intake has said that they are left out."""
    paths = [Path(folder) / name for name in names]
    return [path.name for path in paths if path.is_symlink() or not (path.is_file() or path.is_dir())]


def remove(base: Path) -> None:
    """Remove a folder, also one in which a notebook took away permissions, or nested thousands of folders.

    Python's own functions are faster, but recurse with the folders, and end where a path gets too long.
    """
    try:
        shutil.rmtree(base)
    except (OSError, RecursionError):
        for command in (["chmod", "-R", "u+rwx", str(base)], ["rm", "-rf", str(base)]):
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _kernel_manager(
    base: Path,
    sandbox: Sandbox,
    limits: Limits,
    data: Sequence[Path],
    user: int | None,
    group: Group | None,
    warm: WarmProcess | None,
    source: str,
) -> AsyncKernelManager:
    settings = {
        "sandbox": sandbox.model_dump(),
        "work": str(base / "work"),
        "readable": [str(base / "guest"), *map(str, data)],
        "writable": [str(base / "run")],
        "environment": _environment(base, sandbox),
        "log_path": str(base / "kernel.log"),
        "limits": limits.model_dump(),
        "user": user,
        "group": str(group.entrance) if group else "",
        "guest": str(base / "guest"),
        "warm": warm,
        "modules": modules_of(source),
    }
    manager = AsyncKernelManager(transport="ipc", connection_file=str(base / "run" / "kernel.json"))
    manager.ip = str(base / "run" / "k")
    manager._kernel_spec = KernelSpec(
        # -P: the working folder must not shadow the standard library before the kernel is up.
        argv=[sys.executable, "-P", "-c", _start(base / "guest", "kernel", "main()"), "-f", "{connection_file}"],
        display_name="Python 3",
        language="python",
        metadata={"kernel_provisioner": {"provisioner_name": "grader-guest", "config": settings}},
    )
    return manager


def _start(guest: Path, module: str, call: str) -> str:
    """Code that calls into the guest package, whatever modules of the same names the student has."""
    imported = f"import sys; sys.path.insert(0, {str(guest)!r}); from {_GUEST} import {module} as _grader; "
    return imported + f"sys.path.pop(0); _grader.{call}; del sys, _grader"


def _environment(base: Path, sandbox: Sandbox) -> dict[str, str]:
    """Nothing of the grader's own environment, and nothing that could change this machine's Python."""
    home = str(base / "run")
    own = {} if sandbox.layer == "jail" else {"TMPDIR": home}  # a jail has a /tmp of its own
    return {
        **own,
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": home,
        "IPYTHONDIR": f"{home}/ipython",
        "MPLCONFIGDIR": f"{home}/matplotlib",
        "MPLBACKEND": "agg",
        "KERAS_BACKEND": "torch",
        "KERAS_HOME": f"{home}/keras",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",  # notebooks run side by side
        "PIP_PYTHON": f"{home}/none",  # whatever pip is told to do, it finds no Python to do it to
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


class _Kernel:
    """A kernel that is asked to run cells. Only its replies are read: what it prints and shows goes nowhere."""

    def __init__(self, manager: AsyncKernelManager, limits: Limits, group: Group | None) -> None:
        self.manager, self.limits, self.group = manager, limits, group
        self.looked = 0.0
        self.shortage = ""  # of the machine's own memory, for which it was ended
        self.relay, self.control = Relay(_REPLY_BYTES), Relay(_REPLY_BYTES)
        self.client: AsyncKernelClient | None = None
        self.context = zmq.asyncio.Context()
        self.context.setsockopt(zmq.MAXMSGSIZE, _MESSAGE_BYTES)

    async def start(self, guest: Path) -> None:
        """Start the kernel and the probe in it."""
        # The student's own modules, whatever they are called, can be imported only after the probe's.
        code = f"import sys; sys.path.insert(0, {str(guest)!r}); import {_GUEST}; "
        code += f"{_GUEST}.start({str(guest / 'config.json')!r}); sys.path[0] = ''; del sys, {_GUEST}"
        try:
            await self.manager.start_kernel()
            self.client = self.manager.client(context=self.context)
            sockets = guest.parent
            for relay, port in ((self.relay, self.manager.shell_port), (self.control, self.manager.control_port)):
                await relay.start(sockets / f"k-{port}", sockets / "run" / f"k-{port}")
            self.client.ip = str(sockets / "k")
            # Without the channel of outputs, a notebook that prints without end costs the grader nothing.
            self.client.start_channels(iopub=False, stdin=False, hb=False, control=True)
            status, error = await self._execute(code, _START_SECONDS)
        except Exception as failure:  # whatever jupyter_client makes of a kernel that dies at once
            status, error = "error", str(failure) or type(failure).__name__
        if status != "ok":
            log = guest.parent / "kernel.log"
            said = log.read_text(errors="replace").strip()[-500:] if log.is_file() else ""
            raise MachineError(f"no kernel can be started: {error}\n{said}".strip(), hint="Run: grader doctor")

    async def run(self, cells: list[tuple[int, str]]) -> tuple[list[CellRun], str]:
        """Run cells, given by number and source; also the reason when not all could run."""
        deadline = time.monotonic() + self.limits.notebook_seconds
        runs: list[CellRun] = []
        failure = ""
        for number, source in cells:
            if failure:
                runs.append(CellRun(index=number, status="not run"))
                continue
            started, left = time.perf_counter(), max(deadline - time.monotonic(), 0)
            whole = left <= self.limits.cell_seconds
            grace = 0 if whole else min(_GRACE_SECONDS, left - self.limits.cell_seconds)
            status, error = await self._execute(source, min(self.limits.cell_seconds, left), grace)
            if status in ("timeout", "stuck"):
                most = self.limits.notebook_seconds if whole else self.limits.cell_seconds
                error = f"took longer than the {most:g} s that {'a notebook' if whole else 'a cell'} may take"
            if status in ("stuck", "died"):
                failure = f"cell {number}: {error}"
                self._destroy()
            status = "timeout" if status == "stuck" else status
            seconds = time.perf_counter() - started
            runs.append(CellRun.model_validate({"index": number, "status": status, "error": error, "seconds": seconds}))
        return runs, failure

    async def hand_over(self, folder: Path, groups: Sequence[tuple[str, ...]]) -> list[tuple[tuple[str, ...], str]]:
        """What the kernel writes of each group of variables, as JSON, while it lives."""
        handed = []
        for names in filter(None, groups):
            path = folder / f"variables-{secrets.token_hex(8)}.json"  # where nothing lies in wait for it
            code = f"__import__('sys').modules[{_GUEST!r}].hand_over({str(path)!r}, {list(names)!r})"
            status, _ = await self._execute(code, min(_HAND_OVER_SECONDS, self.limits.cell_seconds))
            if status in ("timeout", "stuck", "died"):
                break
            handed.append((names, _read_file(path, _FINDINGS_BYTES)[0].decode("utf-8", "replace") or "{}"))
        return handed

    async def _execute(self, source: str, seconds: float, grace: float = 0) -> tuple[str, str]:
        """(ok, error, timeout, stuck or died; why). The clock is ours, and nothing that the kernel sends is relied on.

        What isn't done in time is interrupted, and is stuck when that doesn't end it within the `grace`.
        """
        assert self.client is not None
        # The client is the asynchronous one, whose `reply=True` returns an awaitable; its types don't say so.
        execute: Any = self.client.execute
        self.relay.passed = 0
        ended = self.group.kills if self.group else 0
        by_machine = MACHINE.kills(self.group)
        end = time.monotonic() + seconds  # of the cell's own time
        interrupt_at, interrupted = end, False
        reply = asyncio.ensure_future(execute(source, allow_stdin=False, stop_on_error=False, reply=True))
        try:
            while not (await asyncio.wait({reply}, timeout=_until(end)))[0]:
                if not await self.manager.is_alive():
                    if MACHINE.kills(self.group) > by_machine:
                        self.shortage = _USED_UP
                        return "died", _USED_UP
                    why = "the kernel died: out of memory, or the process was ended from the cell"
                    return "died", too_much_memory(self.group, self.limits, ended) or why
                if self.relay.spent:
                    return "died", f"it sent the grader more than the {_REPLY_BYTES // 2**20} MB that a cell may"
                if too_much := self._overrun():
                    return "died", too_much
                now = time.monotonic()
                if now >= end + grace:
                    return "stuck", f"no answer in {seconds:g} s"
                if now >= interrupt_at:
                    self._interrupt()
                    interrupt_at, interrupted = now + _AGAIN_SECONDS, True
            content = reply.result()["content"]
            if interrupted:  # whatever it makes of that
                return "timeout", f"interrupted after {seconds:g} s"
            if content["status"] == "ok":
                return "ok", ""
            error = f"{content.get('ename', '')}: {content.get('evalue', '')}"[:500]
            # A terminal that shows it must not obey it.
            error = named("".join(c if c.isprintable() else " " for c in error), self.limits)
            return "error", "; ".join(filter(None, (error, too_much_memory(self.group, self.limits, ended))))
        except Exception as failure:  # a forged or malformed message must not end the grader
            return "died", f"the kernel sent what can't be understood ({type(failure).__name__})"
        finally:
            reply.cancel()

    def _interrupt(self) -> None:
        """Ask the kernel to interrupt its cell; its answer is of no interest."""
        assert self.client is not None
        with suppress(zmq.ZMQError):  # more messages than it takes in
            self.client.control_channel.send(self.client.session.msg("interrupt_request", content={}))

    def _overrun(self) -> str:
        """What the notebook uses too much of. Memory is looked at often, what it wrote once a second."""
        provisioner = self.manager.provisioner
        if not isinstance(provisioner, GuestProvisioner) or not provisioner.pid:
            return ""
        if shortage := MACHINE.must_end(provisioner.pid):
            self.shortage = shortage
            return shortage
        if too_much := overrun(provisioner.pid, self.limits, self.group):
            return too_much
        if time.monotonic() - self.looked < _LOOK_SECONDS:
            return ""
        self.looked = time.monotonic()
        folders = map(Path, (provisioner.work, *provisioner.writable))
        return overwritten(folders, self.limits)

    def _destroy(self) -> None:
        if isinstance(self.manager.provisioner, GuestProvisioner):
            MACHINE.forget(self.manager.provisioner.pid or 0)
            self.manager.provisioner.destroy()

    async def close(self) -> None:
        """Kill everything; what the notebook left behind is of no use to anyone."""
        self._destroy()
        with suppress(Exception):  # the kernel is dead already; only its files are left to remove
            await asyncio.wait_for(self.manager.shutdown_kernel(now=True), 10)
        await self.relay.close()
        await self.control.close()
        self.context.destroy(linger=0)


def _until(end: float) -> float:
    """Seconds to the next look, which comes no later than this time unless that is past."""
    left = end - time.monotonic()
    return min(_POLL_SECONDS, left) if left > 0 else _POLL_SECONDS


def _read_file(path: Path, most: int) -> tuple[bytes, str]:
    """(the file; why it can't be believed, when it is no regular file, or too large)."""
    fault = "what the notebook reported of its networks was removed or replaced"
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(handle, "rb") as file:
            stat = os.fstat(file.fileno())
            if S_ISREG(stat.st_mode) and stat.st_size <= most:
                return file.read(most), ""
    except OSError:  # none, a link, or a folder
        pass
    return b"", fault
