"""`read`: what is read of an answer, without judging it, as in a student edition."""

from typing import ClassVar, Literal

from grader.checks._as_read import READERS
from grader.checks._base import AnswerForm, Check, OnlyRead, ReadAs, no_answer
from grader.core.evidence import ProblemEvidence
from grader.core.outcome import Outcome, only_read

_STATED: dict[ReadAs, AnswerForm] = {
    "number": "number",
    "shape": "shape",
    "matrices": "matrices",
    "formula": "formula",
    "value": "formula",
    "counts": "counts",
    "text": "text",
    "relu network": "text",
}


class Read(Check):
    """What is read as the answer, which isn't judged: what a student edition makes of a check that has a right answer.

    `read_as` says what stands there, `label` the words beside it, `asks` the sentence that asks for it. Nothing is
    known of the right answer, so where several values could be meant all of them are said. With `read_as: none`
    nothing is read before it is graded.
    """

    type: Literal["read"] = "read"
    read_as: ReadAs = "none"
    label: tuple[str, ...] = ()
    asks: str = ""

    answer_form: ClassVar[AnswerForm] = "none"

    @property
    def stated_as(self) -> AnswerForm:
        return _STATED.get(self.read_as, "none")

    def asked(self) -> str:
        return self.asks or "Answer what the problem asks for."

    def for_students(self) -> OnlyRead:
        return OnlyRead(read_as=self.read_as, label=self.label)

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        if self.read_as == "none":
            return only_read("This part is looked at after you hand in; here it is neither read nor judged.")
        what, reader = READERS[self.read_as]
        found = reader(evidence, self.label, self.title)
        if found is None:
            return no_answer(evidence, what)
        return only_read(found.message, observed=found.observed, source=found.source, advice=found.advice)
