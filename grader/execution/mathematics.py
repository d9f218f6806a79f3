"""Whether two expressions are equal, found out in a confined process that serves for many of them.

Reading a formula takes a parser that may be led to compute for ever, or to take all memory: it never runs here.
"""

import json
import select
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import IO

from grader.core.errors import MachineError
from grader.core.limits import Limits
from grader.core.record import Record
from grader.execution.sandbox import Sandbox, give

_LAUNCHER = Path(__file__).with_name("launcher")
_SERVE = "import sys; sys.path.insert(0, {!r}); from launcher import mathematics; sys.path.pop(0); mathematics.serve()"
_START_SECONDS = 60
_CHARACTERS = 2000
_ANSWER_BYTES = 10_000


class Comparison(Record):
    """Whether two expressions are equal; None when that can't be said, with why."""

    equal: bool | None
    why: str = ""


class Mathematics:
    """A process that compares expressions: started at the first one, and again after one that it was ended for."""

    def __init__(self, sandbox: Sandbox, seconds: float = 2.0, memory_mb: int = 1024) -> None:
        self.sandbox, self.seconds = sandbox, seconds
        self.limits = Limits(memory_mb=memory_mb, file_mb=1, processes=32)
        self.process: subprocess.Popen[bytes] | None = None
        self.stack = ExitStack()

    def __enter__(self) -> "Mathematics":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def equal(self, given: str, expected: str) -> Comparison:
        """Compare what a student wrote with what is expected, each LaTeX or plain.

        Raises MachineError when the process can't be started.
        """
        if max(len(given), len(expected)) > _CHARACTERS:
            return Comparison(equal=None, why=f"is longer than {_CHARACTERS:,} characters")
        process = self.process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps([given, expected]).encode() + b"\n")
            process.stdin.flush()
            line = _line(process.stdout, self.seconds)
        except OSError:
            line = b""
        if not line:
            ended = process.poll() is not None
            self._end()
            return Comparison(
                equal=None, why="takes too much memory" if ended else f"takes longer than {self.seconds:g} s to read"
            )
        equal, why = json.loads(line)
        return Comparison(equal=equal, why=why)

    def _start(self) -> subprocess.Popen[bytes]:
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="grader-", dir="/tmp")))
        folder.chmod(0o711)
        user = self.stack.enter_context(self.sandbox.user())
        work = folder / "work"
        work.mkdir()
        give(work, user)
        code = folder / "code"  # a copy, since the grader's own folder may be out of the user's reach
        shutil.copytree(_LAUNCHER, code / "launcher", ignore=shutil.ignore_patterns("__pycache__"))
        python = [sys.executable, "-P", "-c", _SERVE.format(str(code))]
        self.process = subprocess.Popen(
            self.sandbox.command(python, work, [code], [], self.limits, user),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=work,
            env={"PATH": "/usr/bin:/bin", "HOME": str(work), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert self.process.stdout is not None
        if _line(self.process.stdout, _START_SECONDS).strip() != b"ready":
            self._end()
            raise MachineError("the process that reads expressions can't be started", hint="Run: grader doctor")
        return self.process

    def _end(self) -> None:
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.terminate()
                self.process.wait(5)
            self.process.kill()
            self.process.communicate()
            self.process = None
        self.stack.close()


def _line(stream: IO[bytes], seconds: float) -> bytes:
    """One line, or nothing when it doesn't come in time, ends early, or never ends."""
    if not select.select([stream], [], [], seconds)[0]:
        return b""
    line = stream.readline(_ANSWER_BYTES)
    return line if line.endswith(b"\n") else b""
