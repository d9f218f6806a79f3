"""Whether two expressions are equal, found out in a confined process that serves for many of them.

Reading a formula takes a parser that may be led to compute for ever, or to take all memory: it never runs here.
"""

import json
from types import TracebackType

from grader.core.evidence import Comparison
from grader.core.limits import Limits
from grader.core.requests import Question
from grader.execution.sandbox import Sandbox
from grader.execution.worker import Worker, WorkerEnded

_CHARACTERS = 2000
_ANSWER_BYTES = 10_000


class Mathematics:
    """A process that compares expressions: started at the first one, and again after one that it was ended for."""

    def __init__(self, sandbox: Sandbox, seconds: float = 2.0, memory_mb: int = 1024, most_fatal: int = 20) -> None:
        self.seconds, self.most_fatal = seconds, most_fatal
        self.fatal: dict[str, str] = {}  # what the process was ended for, and why: it isn't asked again
        self.worker = Worker("mathematics", sandbox, Limits(memory_mb=memory_mb, file_mb=1, processes=32))

    def __enter__(self) -> "Mathematics":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.worker.end()

    def equal(self, given: str, expected: str, variables: tuple[str, ...] = ()) -> Comparison:
        """Compare what a student wrote with what is expected, each LaTeX or plain."""
        return self.answer(Question(given=given, expected=expected, variables=variables))

    def answer(self, question: Question) -> Comparison:
        """Compare two expressions: constants by their values, those in named variables at some points or symbolically.

        Raises MachineError when the process can't be started.
        """
        if max(len(question.given), len(question.expected)) > _CHARACTERS:
            return Comparison(question=question, equal=None, why=f"is longer than {_CHARACTERS:,} characters")
        if question.given in self.fatal:
            return Comparison(question=question, equal=None, why=self.fatal[question.given])
        if len(self.fatal) >= self.most_fatal:
            return Comparison(question=question, equal=None, why="was not read: too many before it could not be")
        asked = json.dumps([question.given, question.expected, question.variables]).encode()
        try:
            line = self.worker.ask(asked, self.seconds, _ANSWER_BYTES)
        except WorkerEnded as ended:
            why = f"takes longer than {self.seconds:g} s to read" if ended.late else "takes too much memory"
            self.fatal[question.given] = why
            return Comparison(question=question, equal=None, why=why)
        equal, why, value, wanted = json.loads(line)
        return Comparison(question=question, equal=equal, why=why, value=value, expected_value=wanted)
