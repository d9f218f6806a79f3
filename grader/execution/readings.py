"""Whatever is read of a submission is read by one confined process, under caps; what comes back is validated.

One process serves for all readings of a submission, since starting it takes longer than most of them. One that ends it
costs itself: the next is asked of a new process.
"""

import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from grader.core.limits import Limits
from grader.execution.sandbox import Sandbox
from grader.execution.worker import Worker, WorkerEnded

_MEMORY_MB = 1024
_MOST_FATAL = 5  # of each reading
_ALL_ANSWERS_BYTES = 32 * 2**20
# What the readings are made of, and no more: rubrics and whatever else lies there stay out of reach.
_PACKAGES = {
    name: Path(__file__).parent.parent / name
    for name in ("core", "documents", "guest", "intake", "language", "observation")
}
# Nothing but archives is written by a reading.
LIMITS = Limits(memory_mb=_MEMORY_MB, file_mb=1, disk_mb=16, processes=32)

Answer = TypeVar("Answer", bound=BaseModel)


class NotRead(Exception):
    """A reading gave no answer that can be used; says why in words that follow the name of a file."""

    def __init__(self, why: str, hint: str = "") -> None:
        self.why, self.hint = why, hint
        super().__init__(why)


class Reading(NamedTuple):
    """What may be asked: its name, and what it may take, once and for all of a submission."""

    name: str
    seconds: float
    all_seconds: float
    most_bytes: int


class Readings:
    """The process that reads for one submission: started at the first question, and again after one that ended it.

    Files are handed over as copies, by names, in a folder that the process can read and not change.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        limits: Limits = LIMITS,
        *,
        packages: Mapping[str, Path] = {},
        most_fatal: int = _MOST_FATAL,
    ) -> None:
        self.worker = Worker("readings", sandbox, limits, packages={**_PACKAGES, **packages})
        self.handed: set[str] = set()
        self.handed_in = Path()
        self.most_fatal = most_fatal
        self.fatal: dict[str, int] = {}
        self.seconds: dict[str, float] = {}
        self.bytes_left = _ALL_ANSWERS_BYTES

    def __enter__(self) -> "Readings":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """End the process; another question starts a new one."""
        self.worker.end()

    def forget(self) -> None:
        """Take away what was handed over before: another file may have the name of one."""
        for name in self.handed if self.handed_in == self.worker.handed else ():
            (self.worker.handed / name).unlink(missing_ok=True)
        self.handed = set()

    def ask(
        self, reading: Reading, question: Mapping[str, object], answer: type[Answer], files: Mapping[str, Path] = {}
    ) -> Answer:
        """Ask, with these files handed over. The question may name them below `folder`, which is added.

        Raises NotRead where nothing usable comes back, OSError where a file can't be had, and MachineError where no
        process can be started.
        """
        self._is_allowed(reading)
        self.worker.start()
        for name, path in files.items():
            self._hand_over(name, path)
        asked = json.dumps({"reading": reading.name, "folder": str(self.worker.handed), **question}).encode()
        started = time.monotonic()
        try:
            line = self.worker.ask(asked, reading.seconds, min(reading.most_bytes, self.bytes_left))
            said = _Said.model_validate_json(line)
            if said.not_read is not None:
                raise NotRead(said.not_read, said.hint)
            found = answer.model_validate_json(line)
        except WorkerEnded as ended:
            self.fatal[reading.name] = self.fatal.get(reading.name, 0) + 1
            late = f"took longer than {reading.seconds:g} s to read"
            raise NotRead(late if ended.late else f"could not be read: {_cause(ended.why)}") from ended
        except ValidationError as error:
            raise NotRead("could not be read: its reader gave no answer of the form that was asked for") from error
        finally:
            self.seconds[reading.name] = self.seconds.get(reading.name, 0.0) + time.monotonic() - started
        self.bytes_left -= len(line)
        return found

    def _is_allowed(self, reading: Reading) -> None:
        """Raise NotRead where those before have used up what there is for all."""
        spent = self.seconds.get(reading.name, 0.0) >= reading.all_seconds
        if spent or self.bytes_left <= 0 or self.fatal.get(reading.name, 0) >= self.most_fatal:
            raise NotRead("was not read: those before it took too much")

    def _hand_over(self, name: str, path: Path) -> None:
        """Copy a file to where whoever the process runs as may read it, once for each process."""
        folder = self.worker.handed
        if self.handed_in != folder:
            self.handed, self.handed_in = set(), folder
        if name in self.handed:
            return
        copy = folder / name
        if not Path(os.path.normpath(copy)).is_relative_to(folder):
            raise NotRead("could not be read: its name leads out of its folder")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        copy.chmod(0o644)
        for above in copy.parents:
            if above == folder:
                break
            above.chmod(0o755)
        self.handed.add(name)


class _Said(BaseModel):
    """What every answer may say instead of one: why there is none, and what to do."""

    not_read: str | None = None
    hint: str = ""


def _cause(why: str) -> str:
    """Why the process ended, in words for whoever looks at the file."""
    if "memory" in why:
        return f"it needs more memory than {_MEMORY_MB // 1024} GB"
    return "what it holds is too much" if "sent more" in why or "wrote more" in why else "its reader ended"
