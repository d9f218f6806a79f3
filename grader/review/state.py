"""The class that is reviewed: what is known of it, read once and kept up to date."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from grader.pictures import Picture, pictures_of
from grader.review.again import Again
from grader.review.deciding import take_items
from grader.review.files import HandedInFiles
from grader.review.groups import groups
from grader.review.groups import near as near_wordings
from grader.review.questions import Asked, Newest, Progress, Question, progress
from grader.store import Decisions, Results, Store


@dataclass
class Review:
    """A class under review: its store, its folder, and what is told when somebody's result has changed."""

    store: Store
    results: Results
    changed: Callable[[list[str]], None]
    title: str = ""
    twice: float = 0.0  # the share of the answers that two people grade
    asked: Asked = field(init=False)
    newest: Newest = field(init=False)
    again: Again = field(init=False)
    handed_in: HandedInFiles = field(init=False)
    grouped: dict[tuple[bool, str], list[list[str]]] = field(default_factory=dict)
    counted: dict[tuple[str, str], tuple[int, Progress]] = field(default_factory=dict)
    blind: set[str] = field(default_factory=set)  # graders who don't see names

    def __post_init__(self) -> None:
        self.again = Again(self.store, self.results, self._judged_again)
        self.asked, self.newest, self.handed_in = Asked(self.store), Newest(self.store), HandedInFiles(self.store)

    @property
    def said(self) -> Decisions:
        """What people said until now."""
        return Decisions(self.store)

    def pictures(self, key: str) -> list[Picture]:
        """The pages and figures of a hand-in that was graded, as pictures."""
        return pictures_of(self.results.folder / key) if key in self.asked.keys else []

    def files(self, key: str) -> list[tuple[str, Path]]:
        """(the name, where it lies) of what was handed in, of a hand-in that was graded."""
        return self.handed_in.files(key) if key in self.asked.keys else []

    def _judged_again(self) -> None:
        """The run has written pages and the gradebook by what it knew when it began: others may have decided since."""
        self.bring_up_to_date()
        self.changed(list(self.asked.keys))

    def bring_up_to_date(self) -> None:
        """Read what is new of results, where that may change what is asked, and of what people said."""
        new = self.asked.bring_up_to_date()
        self.newest.bring_up_to_date()
        if new:
            self.counted.clear()
            take_items(self.said, self.asked.questions, self.newest.items)
            self.newest.bring_up_to_date()

    def progress_of(self, question: Question) -> Progress:
        """How far a question is; counted anew where something was said of it."""
        name = (question.problem, question.check)
        changes = self.newest.changes[name]
        if self.counted.get(name, (-1,))[0] != changes:
            self.counted[name] = changes, progress(question, self.newest.decisions, self.newest.items)
        return self.counted[name][1]

    def groups_of(self, question: Question, *, near: bool = False) -> list[list[str]]:
        """Keys of answers that say the same, or are near to each other; made once for each set of answers."""
        texts = {key: answer.text for key, answer in question.answers.items()}
        digest = hashlib.sha256(repr([question.problem, question.check, texts]).encode()).hexdigest()
        if (near, digest) not in self.grouped:
            if near:
                same = self.groups_of(question)
                found = near_wordings([texts[group[0]] for group in same])
                made = [[key for number in numbers for key in same[number]] for numbers in found]
            else:
                keys = list(texts)
                made = [[keys[number] for number in group] for group in groups(list(texts.values()))]
            self.grouped[near, digest] = made
        return self.grouped[near, digest]
