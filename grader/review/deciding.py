"""What a click does: decisions on one or many answers at once, rubric items, and taking the last one back."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import Field

from grader.core.decision import Decision, Item
from grader.core.record import Record
from grader.review.questions import OPEN, Answer, Question
from grader.store import Decisions

_MOST_TEXT = 20_000


class Refused(Exception):
    """What was asked for can't be kept, and why."""


class Wish(Record):
    """What somebody gives to these answers: `versions` are the ones that they saw, by key, 0 where there was none."""

    versions: dict[str, int]
    points: float | None = None
    items: tuple[str, ...] = ()
    comment: str = Field(default="", max_length=_MOST_TEXT)
    reason: str = Field(default="", max_length=_MOST_TEXT)
    flagged: bool = False


class ItemWish(Record):
    """A rubric item that somebody makes, or changes: `version` is the one that they saw."""

    id: str = ""
    version: int = 0
    text: str = Field(min_length=1, max_length=500)
    points: float
    removed: bool = False


def decide(said: Decisions, question: Question, wish: Wish, by: str) -> None:
    """Keep the same for all of these answers, or for none. Raises Refused, and Conflict where somebody was first."""
    if wish.points is not None and not 0 <= wish.points <= question.max_points:
        raise Refused(f"Points lie between 0 and {question.max_points:g}.")
    answers = _answers(question, wish.versions)
    gives = wish.points is not None or bool(wish.items)
    if gives and not wish.reason.strip() and any(answer.status not in OPEN for answer in answers):
        raise Refused("The machine has judged this: give a reason for other points.")
    said.decide(
        *(
            Decision(
                place=question.place(answer.key),
                submission=answer.submission,
                max_score=answer.max_score,
                points=wish.points,
                items=wish.items,
                comment=wish.comment,
                reason=wish.reason,
                flagged=wish.flagged,
                by=by,
                at=datetime.now(UTC),
                version=wish.versions[answer.key] + 1,
            )
            for answer in answers
        )
    )


def undo(said: Decisions, question: Question, versions: dict[str, int], by: str) -> None:
    """Give to these answers again what they had before the last decision. Raises Refused and Conflict."""
    again = []
    for answer in _answers(question, versions):
        history = said.history(question.place(answer.key))
        if not history:
            continue
        empty = {"points": None, "items": (), "comment": "", "reason": "", "flagged": False}
        before = history[-2].model_dump(include=set(empty)) if len(history) > 1 else empty
        changed = {**before, "by": by, "at": datetime.now(UTC), "version": versions[answer.key] + 1}
        again.append(history[-1].model_copy(update=changed))
    if not again:
        raise Refused("There is nothing to take back.")
    said.decide(*again)


def save_item(said: Decisions, question: Question, wish: ItemWish, by: str) -> Item:
    """Make an item of this question, or change it for all who have it. Raises Refused and Conflict."""
    if not -question.max_points <= wish.points <= question.max_points:
        raise Refused(f"An item gives or takes at most {question.max_points:g} points.")
    known = said.items().get(wish.id)
    if wish.id and (known is None or (known.problem, known.check) != (question.problem, question.check)):
        raise Refused("There is no such item.")
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


def _answers(question: Question, keys: Sequence[str] | dict[str, int]) -> list[Answer]:
    if not keys or any(key not in question.answers for key in keys):
        raise Refused("Somebody's answer is gone: load the page again.")
    return [question.answers[key] for key in keys]
