"""What there is to grade, by question: every answer with what the machine found and what people decided."""

import threading
from collections import Counter
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from grader.core.decision import Assignment, Decision, Item, Place, Request, Ruling, Said, SecondOpinion, points_of
from grader.core.outcome import ProblemResult, RubricItem, Status
from grader.core.record import Record
from grader.core.source import Source
from grader.report._summary import staff_name
from grader.store import Current, Decisions, Store

OPEN = ("manual", "error")
_BY_PEOPLE = "manual"  # the type of a check
_MARKDOWN = (".md", ".markdown", ".ipynb", ".qmd", ".rmd")
_OVERLAP = 100  # of what is read again, to miss nothing

Key = TypeVar("Key", bound=Hashable)
Kind = TypeVar("Kind", bound=Said)


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
    sections: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def in_markdown(self) -> bool:
        """Whether it was written to be shown as Markdown."""
        return Source.of(self.source).file.lower().endswith(_MARKDOWN)

    def holds(self, decision: Decision | None) -> Decision | None:
        """The decision, where it is on these files and this check."""
        same = decision and decision.submission == self.submission and decision.max_score == self.max_score
        return decision if same else None


@dataclass
class Question:
    """A check of the rubric, with everyone's answers by key; `judged` where it isn't for people from the start."""

    problem: str
    check: str
    title: str
    asked: str
    note: str
    max_points: float
    items: tuple[RubricItem, ...] = ()
    judged: bool = False
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
    _current: Current | None = None
    _read: dict[str, int] = field(default_factory=dict)

    @property
    def keys(self) -> Collection[str]:
        """The hand-ins that were graded."""
        return self._read.keys()

    def problem(self, key: str, problem: str) -> ProblemResult | None:
        """All that the machine found of a problem of one hand-in, as it was when the questions were read."""
        if self._current is None or key not in self._current:
            return None
        return next((one for one in self._current[key].grade.problems if one.id == problem), None)

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
            whose = people.get(key, ())
            who = ", ".join(p.name or p.email or p.id or p.user for p in whose) or key
            sections = tuple(dict.fromkeys(person.section for person in whose if person.section))
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
                            items=check.items,
                            judged=check.type != _BY_PEOPLE,
                        ),
                    )
                    question.answers[key] = Answer(
                        key=key,
                        who=who,
                        submission=stored.provenance.submission,
                        status=check.status,
                        score=check.score,
                        max_score=check.max_score,
                        text=check.observed,
                        message=check.message,
                        source=check.source,
                        sections=sections,
                        unread=stored.grade.unread,
                    )
        self.questions, self._read, self._current = list(found.values()), now, current
        return True


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


class Newest:
    """The newest of all that was said, of which only what is new is read each time."""

    def __init__(self, store: Store) -> None:
        self.said = Decisions(store)
        self.number = 0
        self.decisions: dict[Place, Decision] = {}
        self.items: dict[str, Item] = {}
        self.opinions: dict[tuple[Place, str], SecondOpinion] = {}  # by whose they are
        self.requests: dict[str, Request] = {}
        self.assignments: dict[str, Assignment] = {}
        self.rulings: dict[tuple[str, str], Ruling] = {}  # by hand-in and problem
        self.changes: Counter[tuple[str, str]] = Counter()  # of each question
        self.lock = threading.Lock()

    def bring_up_to_date(self) -> None:
        """Read what was said since the last time."""
        with self.lock:
            # Numbers are given before what they number is there: of others who write at once, some may still come.
            self.number, new = self.said.said_after(max(self.number - _OVERLAP, 0))
            for one in new:
                match one:
                    case SecondOpinion():
                        _take(self.opinions, (one.place, one.by), one)
                    case Decision():
                        self.changes[one.place.problem, one.place.check] += _take(self.decisions, one.place, one)
                    case Item():
                        self.changes[one.problem, one.check] += _take(self.items, one.id, one)
                    case Request():
                        _take(self.requests, one.id, one)
                    case Ruling():
                        _take(self.rulings, (one.key, one.settled.problem), one)
                    case Assignment():
                        _take(self.assignments, one.grader, one)


def _take(known: dict[Key, Kind], key: Key, one: Kind) -> bool:
    """Take it, where it is newer than what is known; gives whether it was."""
    newer = key not in known or known[key].version < one.version
    if newer:
        known.pop(key, None)  # the newest stand last
        known[key] = one
    return newer
