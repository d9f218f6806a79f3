"""What a click does: decisions on one or many answers at once, rubric items, and taking the last one back."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from grader.core.decision import Decision, Item, SecondOpinion
from grader.core.errors import Conflict
from grader.core.record import Record
from grader.review.questions import OPEN, Answer, Question
from grader.store import Decisions

_MOST_TEXT = 20_000
_NOTHING: dict[str, object] = {"points": None, "items": (), "comment": "", "reason": "", "flagged": False}
_ANOTHER = "The rubric has changed, and this is another question now: load the page again."
_GONE = "Somebody's answer is gone, or was handed in anew: load the page again."


class Refused(Exception):
    """What was asked for can't be kept, and why."""


class Seen(Record):
    """What somebody saw: the question, what it is worth, the answers by the digests of their files, and their versions.

    `versions` are those of decisions, by key, 0 where there was none.
    """

    problem: str
    check: str
    most: float
    versions: dict[str, int]
    submissions: dict[str, str]


class Wish(Seen):
    """What somebody gives to the answers that they saw."""

    points: float | None = None
    items: tuple[str, ...] = ()
    comment: str = Field(default="", max_length=_MOST_TEXT)
    reason: str = Field(default="", max_length=_MOST_TEXT)
    flagged: bool = False


class ItemWish(Record):
    """A rubric item that somebody makes, or changes: `version` is the one that they saw."""

    problem: str
    check: str
    id: str = ""
    version: int = 0
    text: str = Field(min_length=1, max_length=500)
    points: float
    removed: bool = False


def decide(said: Decisions, question: Question, wish: Wish, by: str) -> None:
    """Keep the same for all of these answers, or for none. Raises Refused, and Conflict where somebody was first."""
    answers = _wished(said, question, wish)
    gives = wish.points is not None or bool(wish.items)
    if not gives:
        for answer in answers:
            before = said.decision(question.place(answer.key))
            if before and before.decides and answer.holds(before) is None:
                raise Refused("What was given before was for other files, or by another rubric: give points now.")
    if gives and not wish.reason.strip() and any(answer.status not in OPEN for answer in answers):
        raise Refused("The machine has judged this: give a reason for other points.")
    said.decide(*(Decision(**_fields(question, answer, wish, by)) for answer in answers))


def give_second_opinion(said: Decisions, question: Question, wish: Wish, by: str) -> None:
    """Keep what a second person gives, beside the decision, which stays. Raises Refused and Conflict."""
    answers = _wished(said, question, wish)
    if wish.points is None and not wish.items:
        raise Refused("Give points, or an item.")
    if any((first := said.decision(question.place(a.key))) is None or first.by == by for a in answers):
        raise Refused("This is for somebody who has not decided it, of what somebody has.")
    said.give_second_opinions(*(SecondOpinion(**_fields(question, answer, wish, by)) for answer in answers))


def _wished(said: Decisions, question: Question, wish: Wish) -> list[Answer]:
    """The answers that points are wished for. Raises Refused where those can't be given."""
    if wish.points is not None and not 0 <= wish.points <= question.max_points:
        raise Refused(f"Points lie between 0 and {question.max_points:g}.")
    answers = _answers(question, wish)
    known = said.items()
    if any(i not in known or not _of(known[i], question) for i in wish.items):
        raise Refused("There is no such item of this question.")
    return answers


def _fields(question: Question, answer: Answer, wish: Wish, by: str) -> dict[str, Any]:
    """What is kept of a wish for one answer."""
    return {
        "place": question.place(answer.key),
        "submission": answer.submission,
        "max_score": answer.max_score,
        **{name: getattr(wish, name) for name in _NOTHING},
        "by": by,
        "at": datetime.now(UTC),
        "version": wish.versions[answer.key] + 1,
    }


def undo(said: Decisions, question: Question, seen: Seen, by: str) -> None:
    """Give to these answers again what they had before the last decision. Raises Refused and Conflict.

    What they had is given for the same files and the same check alone.
    """
    again = []
    for answer in _answers(question, seen):
        history = said.history(question.place(answer.key))
        if not history:
            continue
        last, before = history[-1], history[-2] if len(history) > 1 else None
        same = before and (before.submission, before.max_score) == (last.submission, last.max_score)
        given = before.model_dump(include=set(_NOTHING)) if before and same else _NOTHING
        changed = {**given, "by": by, "at": datetime.now(UTC), "version": seen.versions[answer.key] + 1}
        again.append(last.model_copy(update=changed))
    if not again:
        raise Refused("There is nothing to take back.")
    said.decide(*again)


def save_item(said: Decisions, question: Question, wish: ItemWish, by: str) -> Item:
    """Make an item of this question, or change it for all who have it. Raises Refused and Conflict."""
    if not -question.max_points <= wish.points <= question.max_points:
        raise Refused(f"An item gives or takes at most {question.max_points:g} points.")
    known = said.items().get(wish.id)
    if (wish.problem, wish.check) != (question.problem, question.check):
        raise Refused(_ANOTHER)
    if wish.id and (known is None or not _of(known, question)):
        raise Refused("There is no such item.")
    others = [i for i in said.items().values() if _of(i, question) and not i.removed and i.id != wish.id]
    if not wish.removed and any((other.points > 0) != (wish.points > 0) for other in others):
        raise Refused("The items of a question all give points, or all take some: else everyone's would change.")
    item = Item(
        id=wish.id or secrets.token_hex(6),
        problem=question.problem,
        check=question.check,
        text=wish.text,
        points=wish.points,
        removed=wish.removed,
        by=by,
        at=datetime.now(UTC),
        version=wish.version + 1,
    )
    said.save_item(item)
    return item


def take_items(said: Decisions, questions: Iterable[Question], known: Mapping[str, Item]) -> None:
    """Offer the items that the rubric has, each once for good: what people change of them, or remove, stays so."""
    for question in questions:
        held = [item for item in known.values() if _of(item, question) and not item.removed]
        for of_rubric in question.items:
            own = json.dumps([question.problem, question.check, of_rubric.text, of_rubric.points])
            name = hashlib.sha256(own.encode()).hexdigest()[:12]
            there = name in known or any((i.text, i.points) == (of_rubric.text, of_rubric.points) for i in held)
            if there or any((item.points > 0) != (of_rubric.points > 0) for item in held):
                continue
            about = {"problem": question.problem, "check": question.check, **of_rubric.model_dump()}
            with suppress(Conflict):  # another application was first, with the same
                said.save_item(Item(id=name, by="the rubric", at=datetime.now(UTC), version=1, **about))


def _of(item: Item, question: Question) -> bool:
    return (item.problem, item.check) == (question.problem, question.check)


def _answers(question: Question, seen: Seen) -> list[Answer]:
    """The answers that were seen. Raises Refused where what was seen is another by now."""
    if (seen.problem, seen.check, seen.most) != (question.problem, question.check, question.max_points):
        raise Refused(_ANOTHER)
    if not seen.versions or seen.versions.keys() != seen.submissions.keys():
        raise Refused(_GONE)
    answers = [question.answers[key] for key in seen.versions if key in question.answers]
    if len(answers) < len(seen.versions) or any(seen.submissions[a.key] != a.submission for a in answers):
        raise Refused(_GONE)
    return answers
