"""Several people on one class: who grades what, what two give to the same answer, and requests to look again."""

import csv
import hashlib
import io
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from grader.core.decision import Assignment, Decision, Item, Place, Request, SecondOpinion, points_of
from grader.core.errors import SubmissionError
from grader.core.record import Record
from grader.files import digest_of_parts
from grader.review.deciding import Refused
from grader.review.questions import Answer, Question
from grader.store import Decisions, Store

_MOST_TEXT = 20_000
_PARTS = re.compile(r"[,;\n]+")
_SAME = 1e-9


class AssignmentWish(Record):
    """Who grades what from now on: names of problems and of sections, each by commas; `version` was seen."""

    grader: str = Field(min_length=1, max_length=200)
    problems: str = Field(default="", max_length=_MOST_TEXT)
    sections: str = Field(default="", max_length=_MOST_TEXT)
    version: int = 0


class RequestWish(Record):
    """A request that somebody enters."""

    key: str
    problem: str
    check: str
    text: str = Field(min_length=1, max_length=_MOST_TEXT)


class RequestClosing(Record):
    """What becomes of a request; `version` was seen."""

    id: str
    version: int
    state: Literal["open", "granted", "declined"]
    answer: str = Field(default="", max_length=_MOST_TEXT)


def is_for(assignment: Assignment | None, question: Question, answer: Answer | None = None) -> bool:
    """Whether a question, or an answer to it, is for whoever has this assignment; without one all are."""
    if assignment is None:
        return True
    asked = not assignment.problems or question.problem in assignment.problems
    of_section = not assignment.sections or not answer or not {*answer.sections}.isdisjoint(assignment.sections)
    return asked and of_section


def assign(said: Decisions, wish: AssignmentWish, problems: set[str], sections: set[str], by: str) -> None:
    """Keep who grades what. Raises Refused, and Conflict where somebody was first."""
    wanted = {name: tuple(_listed(getattr(wish, name))) for name in ("problems", "sections")}
    for name, known in (("problems", problems), ("sections", sections)):
        if unknown := [each for each in wanted[name] if each not in known]:
            there = ", ".join(sorted(known)) or "none"
            raise Refused(f"There are no {name} {', '.join(unknown)}. There are: {there}.")
    now = datetime.now(UTC)
    said.save_assignment(Assignment(grader=wish.grader, **wanted, by=by, at=now, version=wish.version + 1))


def _listed(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in _PARTS.split(text) if part.strip()))


def enter(said: Decisions, wish: RequestWish, questions: list[Question], by: str, id: str = "") -> Request:
    """Keep a request to look again. Raises Refused where there is no such answer."""
    found = [q for q in questions if (q.problem, q.check) == (wish.problem, wish.check) and wish.key in q.answers]
    if not found:
        raise Refused(f"There is no answer of “{wish.key}” to {wish.problem} “{wish.check}”.")
    request = Request(
        id=id or secrets.token_hex(6),
        place=found[0].place(wish.key),
        text=wish.text,
        by=by,
        at=datetime.now(UTC),
        version=1,
    )
    said.save_request(request)
    return request


def read_requests(store: Store, questions: list[Question], table: Path, by: str) -> str:
    """Keep the requests of a CSV, each once however often it is read; says how many were new.

    Its columns are `who` (a key, an email, an id or a user of the class), `problem`, `check` (may be empty where a
    problem has one) and `text`. Raises SubmissionError, and keeps nothing of a row, where that can't be understood.
    """
    said, people = Decisions(store), store.people()
    whose = {
        name: key for key, of_key in people.items() for p in of_key for name in (key, p.email, p.id, p.user) if name
    }
    known, new = said.requests(), 0
    try:
        rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8-sig"))))
    except (csv.Error, UnicodeDecodeError) as error:
        raise SubmissionError("is no CSV in UTF-8", where=str(table)) from error
    for line, row in enumerate(rows, 2):
        cells = {name: (row.get(name) or "").strip() for name in ("who", "problem", "check", "text")}
        checks = [question.check for question in questions if question.problem == cells["problem"]]
        check = cells["check"] or (checks[0] if len(checks) == 1 else "")
        id = digest_of_parts(*cells.values())[:16]
        if id in known:
            continue
        try:
            key = whose.get(cells["who"], cells["who"])
            wish = RequestWish(key=key, problem=cells["problem"], check=check, text=cells["text"])
            enter(said, wish, questions, by, id)
        except (Refused, ValidationError) as error:
            why = str(error) if isinstance(error, Refused) else "it says nothing"
            hint = "Columns: who, problem, check, text. What stands above it was kept; the same file may be read again."
            raise SubmissionError(f"line {line}: {why}", where=str(table), hint=hint) from error
        new += 1
    return f"{new} of {len(rows)} requests are new"


def close(said: Decisions, wish: RequestClosing, by: str) -> None:
    """Keep what became of a request. Raises Refused, and Conflict where somebody was first."""
    known = said.requests().get(wish.id)
    if known is None:
        raise Refused("There is no such request.")
    if wish.state == "declined" and not wish.answer.strip():
        raise Refused("Say why nothing changes.")
    changed = {"state": wish.state, "answer": wish.answer, "by": by, "at": datetime.now(UTC)}
    said.save_request(known.model_copy(update={**changed, "version": wish.version + 1}))


def drawn(place: Place, share: float) -> bool:
    """Whether an answer is among the share that two people grade: always the same ones, and more where it grows."""
    digest = hashlib.sha256(repr([place.key, place.problem, place.check]).encode()).digest()
    return int.from_bytes(digest[:8]) < share * 2**64


@dataclass
class Agreement:
    """How two people's points for the same answers compare: `apart` is the mean distance, in points."""

    pairs: int = 0
    same: int = 0
    apart: float = 0.0


def agreement(
    question: Question,
    decisions: Mapping[Place, Decision],
    opinions: Mapping[tuple[Place, str], SecondOpinion],
    items: Mapping[str, Item],
) -> Agreement:
    """How far those who graded the same files agree."""
    distances = []
    for (place, by), opinion in opinions.items():
        answer = question.answers.get(place.key)
        if answer is None or (place.problem, place.check) != (question.problem, question.check):
            continue
        decision = answer.holds(decisions.get(place))
        theirs = points_of(decision, items) if decision and decision.by != by else None
        mine = points_of(opinion, items) if answer.holds(opinion) else None
        if mine is not None and theirs is not None:
            distances.append(abs(mine - theirs))
    same = sum(distance < _SAME for distance in distances)
    return Agreement(len(distances), same, sum(distances) / len(distances) if distances else 0.0)
