"""`figure`: a figure in the answer."""

from typing import ClassVar, Literal

from pydantic import Field

from grader.checks._base import Check, Needs, absent
from grader.core.evidence import NotebookRun, ProblemEvidence, Section
from grader.core.outcome import Outcome, passed


class Figure(Check):
    """At least `count` images in the report's section or among the saved outputs of the problem's notebook.

    It says that a figure is there; what it shows is for a `manual` check.
    """

    type: Literal["figure"] = "figure"
    count: int = Field(default=1, ge=1)

    needs: ClassVar[Needs] = frozenset({NotebookRun, Section})

    def asked(self) -> str:
        return f"Show {'a figure' if self.count == 1 else f'{self.count} figures'}."

    def for_students(self) -> Check:
        return self.without_note()

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        places = [(str(s.source), s.figures) for s in evidence.sections]
        places += [(n.file, n.figures) for n in evidence.notebooks]
        where = ", ".join(f"{place} ({n})" for place, n in places if n)
        total = sum(n for _, n in places)
        if total >= self.count:
            return passed(f"{total} figure{'s' if total > 1 else ''} found.", observed=str(total), source=where)
        return absent(
            evidence,
            f"{total} figures found; {self.count} asked for.",
            advice="Put the image into the report, or save the notebook with its outputs.",
        )
