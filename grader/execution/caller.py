"""Calls a function of a submission, or a rubric's reference, in a confined process, on inputs that the host sends."""

import json
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Literal

from pydantic import ValidationError

from grader.core.calls import Array
from grader.core.limits import Limits
from grader.core.record import Record
from grader.execution.sandbox import Sandbox
from grader.execution.worker import Worker, WorkerEnded

Library = Literal["numpy", "torch"]
Statement = tuple[str, int, str]  # file, first line, source

_LOAD_SECONDS = 20.0
_ANSWER_BYTES = 48 * 2**20
_MEMORY_MB = {"numpy": 1024, "torch": 3072}


class _Said(Record):
    """A line of the guest's, not yet believed: numbers by shape and data, or a type's name alone, or an error."""

    returned: str = ""
    shape: tuple[int, ...] = ()
    data: str | None = None
    error: str = ""


class Answer(Record):
    """What came back of a call: numbers, or the name of the type that was `returned` instead, or an `error`.

    `ended` says that the process had to be ended, as at a call that takes too long. Seconds are wall time, taken here.
    """

    value: Array | None = None
    returned: str = ""
    error: str = ""
    ended: bool = False
    seconds: float = 0.0

    @property
    def trouble(self) -> str:
        """Why there are no numbers; empty when there are."""
        if self.error or self.value is not None:
            return self.error
        if self.returned == "NoneType":
            return "returned nothing; is a `return` missing?"
        return f"returned {self.returned or 'nothing'}, not numbers"


class Functions:
    """A process that holds one side's code: started at the first call, and again after a call that it was ended for.

    Students' code and references never share one.
    """

    def __init__(self, sandbox: Sandbox, library: Library = "numpy", seconds: float = 2.0) -> None:
        limits = Limits(memory_mb=_MEMORY_MB[library], file_mb=1, disk_mb=16, processes=32)
        self.library, self.seconds = library, seconds
        self.worker = Worker("callee", sandbox, limits, modules=(library,))
        self.code: Sequence[Statement] = ()
        self.loaded = False
        self.brought: list[Mapping[str, Array]] = []  # the inputs that the process holds

    def __enter__(self) -> "Functions":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.worker.end()

    def load(self, code: Sequence[Statement]) -> None:
        """Take these statements instead of those before, when the next call comes."""
        if self.code != code:
            self.code, self.loaded = code, False

    def call(self, name: str, inputs: Mapping[str, Array], seconds: float | None = None) -> Answer:
        """Call a function with these arguments, in their order.

        Never raises for what the code does; MachineError when the process can't be started.
        """
        try:
            if not (self.loaded and self.worker.running):
                self._ask({"code": self.code, "library": self.library}, _LOAD_SECONDS)
                self.loaded, self.brought = True, []
            brought = self._bring(inputs)
            return brought if brought.error else self._ask({"call": name}, seconds or self.seconds)
        except WorkerEnded as ended:
            return Answer(error=ended.why, ended=True)

    def _bring(self, inputs: Mapping[str, Array]) -> Answer:
        """Hand over the inputs of the next call; the very same are sent once."""
        for number, brought in enumerate(self.brought):
            if brought is inputs:
                return self._ask({"again": number}, _LOAD_SECONDS)
        self.brought.append(inputs)
        given = [value.model_dump(mode="json") for value in inputs.values()]
        return self._ask({"inputs": given}, _LOAD_SECONDS)

    def _ask(self, question: Mapping[str, object], seconds: float) -> Answer:
        started = time.perf_counter()
        line = self.worker.ask(json.dumps(question).encode(), seconds, _ANSWER_BYTES)
        taken = time.perf_counter() - started
        try:
            said = _Said.model_validate_json(line)
            value = None if said.data is None else Array.model_validate({"shape": said.shape, "data": said.data})
        except ValidationError:
            self.worker.end()
            raise WorkerEnded("it sent the grader what can't be understood") from None
        return Answer(value=value, returned=_plain(said.returned), error=_plain(said.error), seconds=taken)


def _plain(text: str) -> str:
    """What a terminal may show."""
    return "".join(c if c.isprintable() else " " for c in text[:400])
