"""What a document format is: the endings of its files, and a function from bytes to blocks."""

from collections.abc import Callable
from dataclasses import dataclass

from grader.core.document import Block

# The bytes of another file of the submission by its name relative to the document; None where there is none.
Beside = Callable[[str], bytes | None]


@dataclass(frozen=True)
class DocumentFormat:
    """One format. `parse` takes a file's bytes, its name for the blocks' sources, and the files beside it.

    It raises SubmissionError where the file is broken, encrypted or no such document at all; what it can't read of a
    good one are blocks of kind `unread`.
    """

    name: str
    endings: tuple[str, ...]
    parse: Callable[[bytes, str, Beside], tuple[Block, ...]]
