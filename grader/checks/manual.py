"""`manual`: what only a person can judge."""

from typing import ClassVar, Literal

from grader.checks._base import Check, Needs, absent
from grader.core.evidence import ProblemEvidence
from grader.core.outcome import Outcome, manual

_MOST = 20_000


def _shown(text: str) -> str:
    """The answer; of a very long one as much as somebody reads of it here, with word of the rest."""
    left = len(text) - _MOST
    return text if left <= 0 else f"{text[:_MOST]}\n\n… {left:,} more characters stand in the file."


class Manual(Check):
    """A person reads the answer; `note` says what a good one has. A missing section is lost at once."""

    type: Literal["manual"] = "manual"
    missing_is_failed: bool = False

    needs: ClassVar[Needs] = frozenset()

    def asked(self) -> str:
        return "A person reads this answer."

    def lint(self) -> list[str]:
        return [] if self.note else ["a manual check without a `note` leaves the TA without guidance"]

    def for_students(self) -> Check:
        return self.without_note()

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        if not evidence.sections:
            message = f"No section for problem {evidence.problem} was found"
            missing = self.missing_is_failed
            return absent(evidence, f"{message}.") if missing else manual(f"{message}; a person looks for it.")
        text = "\n\n".join(section.text.strip() for section in evidence.sections)
        return manual("A person reads this answer.", observed=_shown(text), source=evidence.sections[0].source)
