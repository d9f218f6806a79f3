"""What every check has: a name, points, and a pure function from evidence to an outcome."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from grader.core.evidence import CellRun, ModelFacts, ProblemEvidence, Section
from grader.core.fault import Fault
from grader.core.outcome import Outcome, RubricItem, Status, Visibility, failed, manual
from grader.core.record import Record
from grader.guest.protocol import Blocks

Needs = frozenset[type[Record]]
_NOT_THEIRS = (Fault.package, Fault.grader, Fault.machine)


# What a student may state in `answers.yaml` for a check; "none" where nothing can be stated.
AnswerForm = Literal["number", "shape", "matrices", "formula", "counts", "text", "none"]
# As what a student edition reads an answer; "none" where it is neither read nor judged before it is graded.
ReadAs = Literal[
    "number",
    "shape",
    "matrices",
    "formula",
    "value",
    "counts",
    "text",
    "relu network",
    "table",
    "confusion matrix",
    "log",
    "weights",
    "none",
]


class OnlyRead(Record):
    """What students may have of a check that isn't judged for them: as what its answer is read, beside which words."""

    read_as: ReadAs = "none"
    label: tuple[str, ...] = ()


class Check(Record):
    """One question about a submission, worth `points`.

    `requires` names checks of the same problem that must pass first; else this one is skipped.
    `note` is for the person who reads what the machine can't judge, `items` are what they may apply: each with the
    points that it gives, or takes, and a text for the student.
    """

    type: str
    name: str = ""
    points: float = Field(ge=0, allow_inf_nan=False)
    visibility: Visibility = "visible"
    requires: tuple[str, ...] = ()
    note: str = ""
    items: tuple[RubricItem, ...] = ()

    answer_form: ClassVar[AnswerForm] = "none"
    # The kinds of evidence that it judges: what was seen in the submission, and what providers give.
    needs: ClassVar[Needs] = frozenset({Section})

    @model_validator(mode="after")
    def _items_fit(self) -> Self:
        if any((item.points > 0) != (self.items[0].points > 0) for item in self.items):
            raise ValueError("the `items` of a check all give points, or all take some")
        if any(abs(item.points) > self.points for item in self.items):
            raise ValueError(f"none of the `items` gives or takes more than the {self.points:g} points of the check")
        return self

    @classmethod
    def type_name(cls) -> str:
        """The value of `type` in a rubric."""
        (name,) = cls.model_fields["type"].annotation.__args__  # type: ignore[union-attr]  # a Literal of one
        return str(name)

    @property
    def title(self) -> str:
        """The name a report shows; the type where the rubric gives none."""
        return self.name or self.type

    @property
    def stated_as(self) -> AnswerForm:
        """What a student may state for it in `answers.yaml`."""
        return self.answer_form

    def for_students(self) -> "Check | OnlyRead":
        """What of it a student edition may hold: a check to be judged, or how its answer is read without judging it.

        A type that says nothing here gives away nothing: its answer is neither read nor judged before it is graded.
        """
        return OnlyRead()

    def without_note(self) -> "Check":
        """All of it but the words for whoever grades: for checks that state what the assignment asks, and no answer."""
        return self.model_copy(update={"note": "", "items": ()})

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        """Judge the evidence of one problem. Pure: same evidence, same outcome."""
        raise NotImplementedError

    def requests(self, evidence: ProblemEvidence) -> tuple[Record, ...]:  # noqa: ARG002  # most checks ask for nothing
        """What must be found out before it can be judged; providers answer, and the answers come with the evidence."""
        return ()

    def notebook_variables(self) -> tuple[str, ...]:
        """Names of the notebook's variables that it judges: a run hands over the values of those it is told."""
        return ()

    def asked(self) -> str:
        """What is asked, in a sentence for the student; never the expected value of an answer."""
        return ""

    def answers(self) -> tuple[str, ...]:
        """The right answers as a student would write them: what a rubric must not show outside of `expect`."""
        return ()

    def lint(self) -> list[str]:
        """What is probably not meant, in sentences for the rubric's author."""
        return []


def absent(
    evidence: ProblemEvidence,
    message: str,
    *,
    advice: str = "",
    source: object = "",
    in_text: bool = True,
) -> Outcome:
    """The outcome when what is asked for isn't there: failed where all that was handed in was read, and not before.

    The one rule for every check: what nobody read may hold it, so a person looks, and is told where. What isn't asked
    for `in_text`, such as a network, no text without a heading can hold.
    """
    if not in_text and (excused := _excused(evidence)) is not None:
        status: Status = "error" if excused.fault is Fault.machine else "manual"
        return Outcome(status=status, message=f"{message} Cell {excused.index} did not finish: {excused.explanation}")
    unread = evidence.not_read(silent=in_text)
    if not unread:
        return failed(message, advice=advice, source=source)
    more = f"; and {len(unread) - 6} more" if len(unread) > 6 else ""
    shown = "; ".join(where.removesuffix(".") for where in unread[:6]) + more
    found = manual(f"{message} A person looks, since not all was read: {shown}.", source=source)
    return found.model_copy(update={"advice": advice})


def _excused(evidence: ProblemEvidence) -> CellRun | None:
    """A cell that did not finish and by no doing of the student's: what is missing may be missing for that alone."""
    return next((c for n in evidence.notebooks for c in n.crashes if c.fault in _NOT_THEIRS), None)


def no_answer(evidence: ProblemEvidence, what: str) -> Outcome:
    """The outcome when nothing in the text answers: a missing section is told from an empty one."""
    if not evidence.sections:
        return absent(
            evidence,
            f"No section for problem {evidence.problem} was found in the report.",
            advice=f"Start the answer with a heading such as “Problem {evidence.problem}”.",
        )
    source = evidence.sections[0].source
    if not evidence.has_words:
        return absent(evidence, "The answer is empty.", source=source)
    return manual(f"No {what} could be read from this answer; a person reads it.", source=source)


def model_of(evidence: ProblemEvidence) -> ModelFacts | Outcome:
    """The network that answers the problem, or why none can be judged."""
    model = evidence.model
    if model is None:
        if evidence.named and not evidence.candidates:
            return manual(f"{evidence.why_no_model} A person decides.")
        if evidence.candidates:
            named = "; ".join(f"{c.source} ({c.variable or 'unnamed'})" for c in evidence.candidates)
            return manual(f"{evidence.why_no_model} Candidates: {named}.", candidates=len(evidence.candidates))
        why = evidence.why_no_model or "No trained network was found for this problem."
        return absent(evidence, why, advice=_crash_advice(evidence), in_text=False)
    if model.unbound:
        return unbound(model)
    if model.problem:
        if (unwritten := uncountable(model)) is not None:  # what is missing may be what it doesn't fit without
            return unwritten
        return failed(f"The network can't be built: {model.problem}", source=model.source)
    return model


def unbound(model: ModelFacts) -> Outcome:
    """The outcome where the report of a network doesn't agree with the code: a person looks which of them is right."""
    why = "; ".join(model.unbound)
    return manual(f"What was seen when it ran doesn't agree with its code: {why}. A person looks.", source=model.source)


def _crash_advice(evidence: ProblemEvidence) -> str:
    for notebook in evidence.notebooks:
        for cell in notebook.crashes:
            return f"{notebook.file}, cell {cell.index}: {cell.explanation or cell.error or cell.status}"
        if notebook.failure:
            return f"{notebook.file} {notebook.failure}"
    return "Hand in the notebook that trains it, named after the problem."


def uncountable(model: ModelFacts) -> Outcome | None:
    """A manual outcome when parts of the network could not be written as data; None when all of it could."""
    gaps = [gap.why for gap in model.spec.gaps if gap.blocks(Blocks.COUNTING)]
    if not gaps:
        return None
    parts = "; ".join(gaps)
    return manual(f"Parts of this network can't be counted by the machine ({parts}).", source=model.source)
