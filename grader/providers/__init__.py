"""One file gives one kind of evidence that checks ask for; this folder is the registry.

Every module here that doesn't start with an underscore holds one `PROVIDER`. A new kind of evidence is a new file:
nothing else has to know of it but the check that asks for it.
"""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import cache
from types import TracebackType
from typing import Any

from grader.core.evidence import ProblemEvidence
from grader.core.record import Record
from grader.core.registry import registered
from grader.providers._base import Grading, Provider

__all__ = ["Grading", "Provider", "Providers", "providers"]


@cache
def providers() -> dict[type[Record], Provider[Any, Any]]:
    """Every provider by the type of request that it answers."""
    return registered(__name__, __path__, lambda module: [(module.PROVIDER.asked, module.PROVIDER)])


class Providers:
    """The providers of one submission, each opened when a check first asks it."""

    def __init__(self, grading: Grading) -> None:
        self.grading = grading
        self.opened: dict[type[Record], Callable[[Record, ProblemEvidence], Record | None]] = {}
        self.stack = ExitStack()

    def __enter__(self) -> "Providers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()

    def answer(self, requests: Iterable[Record], evidence: ProblemEvidence) -> ProblemEvidence:
        """The evidence with an answer to each request that isn't answered yet, in order.

        Raises what a provider raises, as MachineError where a process can't be started.
        """
        for request in requests:
            kind = type(request)
            if evidence.of(providers()[kind].gives, request) is not None:
                continue
            if kind not in self.opened:
                self.opened[kind] = self.stack.enter_context(providers()[kind].open(self.grading))
            answer = self.opened[kind](request, evidence)
            if answer is not None:
                evidence = evidence.with_answer(request, answer)
        return evidence
