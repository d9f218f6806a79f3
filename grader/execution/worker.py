"""A confined process that answers lines with lines; whatever it does, each question ends in time."""

import atexit
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from types import TracebackType

from grader.core.errors import MachineError
from grader.core.limits import Limits
from grader.execution.groups import Group, memory_group
from grader.execution.run import remove
from grader.execution.sandbox import Sandbox, give
from grader.execution.warm import ForkedProcess
from grader.execution.watch import overrun, overwritten, too_much_memory

_LAUNCHER = Path(__file__).with_name("launcher")
_SERVE = "import sys; sys.path.insert(0, {!r}); from launcher import {} as serving; sys.path.pop(0); serving.serve()"
_START_SECONDS = 60
_LOOK_SECONDS = 0.5  # between looks at what it uses
_PIECE = 1 << 20


@cache
def _code(packages: tuple[tuple[str, Path], ...]) -> Path:
    """A copy of what the process runs, since the grader's own folder may be out of its user's reach.

    For this process's life, and with what Python has compiled of it, or each process would compile it again.
    """
    code = Path(tempfile.mkdtemp(prefix="grader-code-", dir="/tmp"))
    atexit.register(remove, code)
    shutil.copytree(_LAUNCHER, code / "launcher")
    for name, package in packages:
        shutil.copytree(package, code / "grader" / name)
        (code / "grader" / "__init__.py").touch()
    for path in (code, *code.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return code


class WorkerEnded(Exception):
    """A question got no answer, and the process was ended; `late` when for the time that it took."""

    def __init__(self, why: str, *, late: bool = False) -> None:
        self.why, self.late = why, late
        super().__init__(why)


class Worker:
    """Serves one of the launcher's modules: started at the first question, and again after one that it ended at.

    `packages` are folders, by the names under which the module imports them from `grader`, as a copy. What is put
    in `handed` while it runs, the process can read and not change.

    It is forked where the sandbox has a warm process of its kind, which holds `modules` as well, and else started cold.
    """

    def __init__(
        self,
        module: str,
        sandbox: Sandbox,
        limits: Limits,
        environment: Mapping[str, str] = {},
        packages: Mapping[str, Path] = {},
        modules: tuple[str, ...] = (),
    ) -> None:
        self.module, self.sandbox, self.limits, self.environment = module, sandbox, limits, environment
        self.packages, self.modules = packages, modules
        self.process: subprocess.Popen[bytes] | ForkedProcess | None = None
        self.work = self.handed = Path()
        self.group: Group | None = None
        self.stack = ExitStack()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    @property
    def running(self) -> bool:
        """Whether it was started and has not been ended for an answer, or with the warm process."""
        return self.process is not None and not _orphaned(self.process)

    def start(self) -> None:
        """Start the process where none runs. Raises MachineError when it can't be started."""
        if self.running:
            return
        self.end()
        folder = Path(tempfile.mkdtemp(prefix="grader-", dir="/tmp"))
        self.stack.callback(remove, folder)
        folder.chmod(0o711)
        user = self.stack.enter_context(self.sandbox.user())
        self.work = folder / "work"
        self.work.mkdir()
        give(self.work, user)
        self.handed = folder / "handed"
        self.handed.mkdir(mode=0o755)
        self.handed.chmod(0o755)
        self.group = self.stack.enter_context(memory_group(self.limits.memory_mb))
        for start in (self._forked, self._started):
            self.process = start(user)
            if self.process is not None and self._is_ready(self.process):
                return
            self._end_process()
        self.end()
        raise MachineError(f"the process for {self.module} can't be started", hint="Run: grader doctor")

    def _forked(self, user: int | None) -> ForkedProcess | None:
        """The process, from a warm one; None where there is none."""
        if self.sandbox.warm is None:
            return None
        code, entrance = self._place()
        request = self.sandbox.request(self.work, [code, self.handed], [], self.limits, user, entrance)
        return self.sandbox.warm.fork(code, self.module, self.modules, request | {"environment": self._environment()})

    def _started(self, user: int | None) -> subprocess.Popen[bytes]:
        """The process, by itself."""
        code, entrance = self._place()
        python = [sys.executable, "-P", "-c", _SERVE.format(str(code), self.module)]
        return subprocess.Popen(
            self.sandbox.command(python, self.work, [code, self.handed], [], self.limits, user, entrance),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self.work,
            env=self._environment(),
        )

    def _place(self) -> tuple[Path, str]:
        """(the code that it runs, the entrance of its group)."""
        return _code(tuple(self.packages.items())), str(self.group.entrance) if self.group else ""

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": self.sandbox.inside(self.work),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            **self.environment,
        }

    def _is_ready(self, process: "subprocess.Popen[bytes] | ForkedProcess") -> bool:
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
            with suppress(OSError, ImportError, AttributeError):  # fewer turns for large answers, where it is allowed
                import fcntl

                fcntl.fcntl(stream.fileno(), fcntl.F_SETPIPE_SZ, _PIECE)
        try:
            return self._exchange(b"", _START_SECONDS, 100).strip() == b"ready"
        except (WorkerEnded, MachineError):
            return False

    def ask(self, question: bytes, seconds: float, most: int) -> bytes:
        """The answer to one line, of at most `most` bytes.

        Raises WorkerEnded where none comes in time, and MachineError when the process can't be started, or ends with
        the one that it was forked from.
        """
        self.start()
        try:
            return self._exchange(question + b"\n", seconds, most)
        except (WorkerEnded, MachineError):
            self.end()
            raise

    def _exchange(self, question: bytes, seconds: float, most: int) -> bytes:
        """Write and read by turns: a process that doesn't read, or answers half a line, holds nobody up."""
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        into, out = self.process.stdin.fileno(), self.process.stdout.fileno()
        left, answer = memoryview(question), bytearray()
        deadline, look = time.monotonic() + seconds, time.monotonic() + _LOOK_SECONDS
        while True:
            now = time.monotonic()
            if now >= deadline:
                raise WorkerEnded(f"took longer than {seconds:g} s", late=True)
            if now >= look:
                look = now + _LOOK_SECONDS
                if used := self._overrun(self.process.pid):
                    raise WorkerEnded(used)
            readable, writable, _ = select.select([out], [into] if left else [], [], min(deadline, look) - now)
            try:
                if writable:
                    left = left[os.write(into, left[:_PIECE]) :]
                if readable:
                    piece = os.read(out, _PIECE)
                    if not piece:
                        if _orphaned(self.process):
                            raise MachineError(f"the process for {self.module} ended with the one that forked it")
                        why = "the process ended: out of memory, or it was ended by the code itself"
                        raise WorkerEnded(too_much_memory(self.group, self.limits) or why)
                    answer += piece
            except BlockingIOError:
                continue
            except OSError as error:
                raise WorkerEnded("the process ended") from error
            if answer.endswith(b"\n"):
                return bytes(answer)
            if len(answer) > most:
                raise WorkerEnded(f"it sent more than {most:,} bytes")

    def _overrun(self, pid: int) -> str:
        return overrun(pid, self.limits, self.group) or overwritten([self.work], self.limits)

    def end(self) -> None:
        """End the process and all that it started; another question starts a new one."""
        self._end_process()
        self.stack.close()

    def _end_process(self) -> None:
        if self.process is None:
            return
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            with suppress(OSError):
                stream.close()
        # Asked to end, the launcher ends what the process started; in a jail nothing outlives it.
        with suppress(subprocess.TimeoutExpired):
            self.process.terminate()
            self.process.wait(5)
        self.process.kill()
        self.process.wait()
        self.process = None


def _orphaned(process: "subprocess.Popen[bytes] | ForkedProcess") -> bool:
    """Whether it has ended by no doing of its own, with the warm process that it was forked from."""
    return isinstance(process, ForkedProcess) and process.orphaned
