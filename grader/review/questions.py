"""What there is to grade, by question: every answer with what the machine found and what people decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.core.decision import Decision, Item, Place, points_of
from grader.core.outcome import CheckResult, Status
from grader.core.record import Record
from grader.report._summary import staff_name
from grader.store import Decisions, Store

OPEN = ("manual", "error")


class Answer(Record):
    """What one hand-in says to a question; `who` are its people, `text` is what was read of it."""

    key: str
    who: str
    submission: str
    status: Status
    score: float
    max_score: float
    text: str
    message: str
    source: str
    unread: tuple[str, ...] = ()

    def holds(self, decision: Decision | None) -> Decision | None:
        """The decision, where it is on these files and this check."""
        same = decision and decision.submission == self.submission and decision.max_score == self.max_score
        return decision if same else None


@dataclass
class Question:
    """A check of the rubric, with everyone's answers by key."""

    problem: str
    check: str
    title: str
    asked: str
    note: str
    max_points: float
    answers: dict[str, Answer] = field(default_factory=dict)

    def place(self, key: str) -> Place:
        """Where decisions on one's answer are kept."""
        return Place(key=key, problem=self.problem, check=self.check)


@dataclass
class Progress:
    """How far a question is, in numbers of answers."""

    open: int = 0
    decided: int = 0
    judged: int = 0
    flagged: int = 0
    errors: int = 0
    again: int = 0  # decided, and of other files by now


@dataclass
class Asked:
    """All questions, read once from the store's records, and again where results have changed."""

    store: Store
    questions: list[Question] = field(default_factory=list)
    _read: dict[str, int] = field(default_factory=dict)

    def bring_up_to_date(self) -> bool:
        """Read what is new; gives whether anything was."""
        current = self.store.current()
        now = {key: result.id for key, result in current.results.items()}
        if now == self._read:
            return False
        people = self.store.people()
        found: dict[tuple[str, str], Question] = {}
        for key in sorted(current):
            stored = current[key]
            who = ", ".join(p.name or p.email or p.id or p.user for p in people.get(key, ())) or key
            for problem in stored.grade.problems:
                for check in problem.checks:
                    if not check.max_score:
                        continue
                    question = found.setdefault(
                        (problem.id, check.name),
                        Question(
                            problem=problem.id,
                            check=check.name,
                            title=f"{problem.title}: {staff_name(check)}",
                            asked=problem.asked,
                            note=check.note,
                            max_points=check.max_score,
                        ),
                    )
                    question.answers[key] = _answer(key, who, stored.provenance.submission, check, stored.grade.unread)
        self.questions, self._read = list(found.values()), now
        return True


def _answer(key: str, who: str, submission: str, check: CheckResult, unread: tuple[str, ...]) -> Answer:
    return Answer(
        key=key,
        who=who,
        submission=submission,
        status=check.status,
        score=check.score,
        max_score=check.max_score,
        text=check.observed,
        message=check.message,
        source=check.source,
        unread=unread,
    )


def progress(question: Question, decisions: Mapping[Place, Decision], items: Mapping[str, Item]) -> Progress:
    """How far a question is."""
    found = Progress()
    for key, answer in question.answers.items():
        newest = decisions.get(question.place(key))
        holds = answer.holds(newest)
        found.flagged += bool(holds and holds.flagged)
        if holds and points_of(holds, items) is not None:
            found.decided += 1
        elif newest and newest.decides and not holds:
            found.again += 1
        elif answer.status in OPEN:
            found.open += 1
            found.errors += answer.status == "error"
        else:
            found.judged += 1
    return found


def all_decisions(store: Store) -> tuple[dict[Place, Decision], dict[str, Item]]:
    """The newest of both."""
    said = Decisions(store)
    return said.decisions(), said.items()
