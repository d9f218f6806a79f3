"""Whether what a student wrote equals what is expected, found out in a confined process of each submission.

No answer is kept for the next submission, though the same is asked again and again: a formula that takes the process
over could answer whatever is asked of it after that, and only its own submission may have that.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from grader.core.evidence import Comparison, ProblemEvidence
from grader.core.requests import Question
from grader.execution import Mathematics
from grader.providers._base import Grading, Provider

_MOST_FATAL = 5  # formulas of one submission at which the process had to be ended


@contextmanager
def _opened(grading: Grading) -> Iterator[Callable[[Question, ProblemEvidence], Comparison]]:
    with Mathematics(grading.tools.sandbox, most_fatal=_MOST_FATAL) as mathematics:
        yield lambda question, _: mathematics.answer(question)


PROVIDER = Provider(asked=Question, gives=Comparison, open=_opened)
