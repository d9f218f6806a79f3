"""What a provider is: it answers one type of request with one kind of evidence."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, TypeVar

from nbformat import NotebookNode

from grader.budget import Budget
from grader.core.document import Document
from grader.core.evidence import ProblemEvidence
from grader.core.record import Record
from grader.intake import Submission
from grader.reading import SubmissionReader
from grader.rubric import Rubric
from grader.tools import Options, Tools

Request = TypeVar("Request", bound=Record)
Answer = TypeVar("Answer", bound=Record)


@dataclass(frozen=True)
class Grading:
    """One submission as it was read, its rubric, and the tools of the run: all that a provider works with."""

    submission: Submission
    documents: Mapping[str, Document]
    notebooks: Mapping[str, NotebookNode]
    rubric: Rubric
    tools: Tools
    options: Options
    budget: Budget
    reader: SubmissionReader | None = None


@dataclass(frozen=True)
class Provider(Generic[Request, Answer]):
    """Answers requests of type `asked` with evidence of type `gives`.

    `open` makes what answers for one submission, and what it holds, such as a process, ends with its context. It is
    given a request and the problem's evidence so far, and returns None where it has nothing to say.
    """

    asked: type[Request]
    gives: type[Answer]
    open: Callable[[Grading], AbstractContextManager[Callable[[Request, ProblemEvidence], Answer | None]]]
