"""What a document format is: the endings of its files, and the module that makes blocks of their bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from grader.core.document import Block

# The bytes of another file of the submission by its name relative to the document; None where there is none.
Beside = Callable[[str], bytes | None]


@dataclass(frozen=True)
class DocumentFormat:
    """One format. Its `module` is imported, with the libraries that it needs, when the first such document is read."""

    name: str
    endings: tuple[str, ...]
    module: str

    def parse(self, raw: bytes, file: str, beside: Beside) -> tuple[Block, ...]:
        """The blocks of a file, by its bytes, its name for the blocks' sources, and the files beside it.

        Raises SubmissionError where the file is broken, encrypted or no such document at all; what can't be read of a
        good one are blocks of kind `unread`.
        """
        blocks: tuple[Block, ...] = import_module(self.module).parse(raw, file, beside)
        return blocks
