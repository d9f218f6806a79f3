"""`files`: files that must be handed in, by their names."""

from typing import ClassVar, Literal

from pydantic import Field

from grader.checks._base import Check, Needs
from grader.core.evidence import ProblemEvidence
from grader.core.outcome import Outcome, failed, manual, partial, passed
from grader.core.record import Record


class FileSearch(Record):
    """To look which files of the submission fit each of these patterns."""

    patterns: tuple[str, ...]


class FilesFound(Record):
    """The files that fit each pattern of a search, in its order; `ignored` says what was left out, and why."""

    fitting: tuple[tuple[str, ...], ...]
    ignored: tuple[str, ...] = ()


class Files(Check):
    """Files by name: for each of the `patterns` one must be handed in; each earns the same share of the points.

    `*` stands for any characters, `?` for one; capitals don't matter, and a pattern without a folder fits in any.
    It says that a file is there, whatever it holds.
    """

    type: Literal["files"] = "files"
    patterns: tuple[str, ...] = Field(min_length=1)

    needs: ClassVar[Needs] = frozenset({FilesFound})

    def asked(self) -> str:
        return f"Hand in {', '.join(f'`{pattern}`' for pattern in self.patterns)}."

    def requests(self, evidence: ProblemEvidence) -> tuple[FileSearch, ...]:  # noqa: ARG002  # the same for all
        return (FileSearch(patterns=self.patterns),)

    def for_students(self) -> Check:
        return self.without_note()

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        found = evidence.of(FilesFound, FileSearch(patterns=self.patterns))
        if found is None:
            return manual("The files were not looked through; a person does.")
        missing = [pattern for pattern, files in zip(self.patterns, found.fitting, strict=True) if not files]
        observed = ", ".join(sorted({file for files in found.fitting for file in files}))
        if not missing:
            return passed("All files were handed in.", observed=observed)
        named = ", ".join(f"`{pattern}`" for pattern in missing)
        if found.ignored:
            left_out = ", ".join(found.ignored[:5])
            return manual(f"No file fits {named}, but some were left out: {left_out}.", observed=observed)
        message, advice = f"No file fits {named}.", "Hand it in under this name."
        share = 1 - len(missing) / len(self.patterns)
        if share:
            return partial(share, message, observed=observed, advice=advice)
        return failed(message, advice=advice)
