"""Every error the grader raises on purpose, drawn as a tree; each branch is one exit code.

    GraderError
    ├── SubmissionError   1   the student's files can't be graded as they are
    │   └── UnsupportedError  they may well be right, but the machine can't tell: a person looks
    ├── RubricError       3   the rubric is wrong
    └── MachineError      4   data, sandbox or machine failed; nobody loses points for it

Exit code 2 is the command line's own (wrong options), 0 means that every machine-judged point was earned.
"""

from typing import ClassVar


class GraderError(Exception):
    """Says where something is wrong, what was found there, and what to do next."""

    exit_code: ClassVar[int] = 4

    def __init__(self, found: str, *, where: str = "", hint: str = "") -> None:
        self.found = found
        self.where = where
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        message = f"{self.where}: {self.found}" if self.where else self.found
        return f"{message}\n  {self.hint}" if self.hint else message


class SubmissionError(GraderError):
    """The submission can't be read: missing, empty, not what it claims to be, or too large."""

    exit_code = 1


class UnsupportedError(SubmissionError):
    """Something legitimate that the grader doesn't know, such as a rare loss."""


class RubricError(GraderError):
    """The rubric can't be used: unknown key, wrong type, points that don't add up."""

    exit_code = 3


class MachineError(GraderError):
    """The machine failed: data missing, no memory, a kernel that can't start."""

    exit_code = 4


class Conflict(Exception):
    """Somebody else was first: `newest` is what they said, and what was to be said is not kept.

    No GraderError, since nothing is wrong: whoever asked sees the other's and decides again.
    """

    def __init__(self, newest: object) -> None:
        self.newest = newest
        super().__init__("somebody else was first")
