"""All questions with how far they are, and the answers to one, by groups."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from grader.core.decision import Decision, Item, Ruling, points_of
from grader.core.decision import Request as Asking
from grader.core.outcome import ProblemResult
from grader.core.source import Source
from grader.pictures import beside
from grader.review.deciding import ItemWish, Refused, Seen, Wish, decide, give_second_opinion, save_item, undo
from grader.review.people import agreement, drawn, is_for
from grader.review.questions import OPEN, Answer, Question
from grader.review.rendering import Pages, answered, body_of
from grader.review.settling import MORE, RulingWish, settle, trained

_MOST_COMMENTS = 300


@dataclass
class Shown:
    """An answer on a page, with the decision that holds, and its newest version whether it holds or not."""

    answer: Answer
    called: str
    decision: Decision | None
    version: int
    points: float | None
    again: bool

    @property
    def open(self) -> bool:
        """Whether somebody must decide."""
        return self.points is None and (self.answer.status in OPEN or self.again)

    @property
    def said(self) -> tuple[object, ...]:
        """What was decided: those of a group that were decided otherwise stand apart."""
        d = self.decision
        return (d.points, d.items, d.comment, d.reason, d.flagged) if d else ()


_SEE: dict[str, Callable[[list[Shown]], bool]] = {
    "open": lambda group: any(shown.open for shown in group),
    "flagged": lambda group: any(shown.decision and shown.decision.flagged for shown in group),
    "twice": lambda group: any(shown.points is None for shown in group),
    "all": bool,
}


class QuestionPages(Pages):
    """All questions, and the answers to one."""

    async def overview(self, request: Request) -> Response:
        """All questions, with how far each is."""
        return await run_in_threadpool(self._overview, request)

    async def question(self, request: Request) -> Response:
        """A group of answers to one question."""
        return await run_in_threadpool(self._question, request)

    async def act(self, request: Request) -> Response:
        """What a click on a question keeps."""
        return await run_in_threadpool(self._act, request, await body_of(request))

    def _overview(self, request: Request) -> Response:
        self.review.bring_up_to_date()
        newest, who = self.review.newest, self.access.who(request)
        mine = newest.assignments.get(who)
        rows: list[dict[str, Any]] = [
            {
                "number": number,
                "question": question,
                "done": self.review.progress_of(question),
                "mine": is_for(mine, question),
                "graders": [name for name, given in newest.assignments.items() if is_for(given, question)],
                "agree": agreement(question, newest.decisions, newest.opinions, newest.items),
                "twice": sum(shown.points is None for shown in self._twice(question, who).values()),
            }
            for number, question in enumerate(self.review.asked.questions)
        ]
        rows.sort(key=_not_left_open)
        answers = (answer for question in self.review.asked.questions for answer in question.answers.values())
        unread = {answer.key: (answer.who, answer.unread) for answer in answers if answer.unread}
        waiting = sum(asked.state == "open" for asked in newest.requests.values())
        return self.page(request, "overview.html.j2", rows=rows, unread=unread, waiting=waiting)

    def _question(self, request: Request) -> Response:
        if not self.review.asked.questions:
            self.review.asked.bring_up_to_date()
        number, question = self._asked(request)
        self.review.newest.bring_up_to_date()
        asked, who = request.query_params, self.access.who(request)
        items, mine = self._items(question), self.review.newest.assignments.get(who)
        wanted, whose, key = asked.get("see", "open"), asked.get("whose", "mine"), asked.get("key")
        twice = wanted == "twice"
        by = "each" if twice else asked.get("by", "same")
        every = self._twice(question, who) if twice else self._shown(question, items, who)
        seen = {k: s for k, s in every.items() if k == key or whose == "all" or is_for(mine, question, s.answer)}
        groups = self._listed(question, seen, by)
        listed = [group for group in groups if _SEE.get(wanted, _SEE["open"])(group)]
        at = min(_whole(asked.get("at", "0")), max(len(listed) - 1, 0))
        # What was just decided stays to be seen, also where it is no longer what is looked for.
        stays = [group for group in groups if any(shown.answer.key == key for shown in group)]
        if stays and stays[0] not in listed:
            listed.insert(at, stays[0])
        at = listed.index(stays[0]) if stays else at
        group = listed[at] if listed else []
        first = group[0] if group else None
        pictures = self.review.pictures(first.answer.key) if first else []
        found = self.review.asked.problem(first.answer.key, question.problem) if first and not twice else None
        return self.page(
            request,
            "question.html.j2",
            number=number,
            question=question,
            count=len(self.review.asked.questions),
            items=[item for item in items.values() if not item.removed],
            group=group,
            first=first,
            at=at,
            groups=len(listed),
            see=wanted,
            by=by,
            whose=whose,
            partly=len(seen) < len(every),
            wordings=self._wordings(question, group),
            left=sum(shown.open for shown in seen.values()),
            everyone=len(seen),
            comments=[] if twice else self._comments(question),
            cells=_cells(found, first.answer) if found and first else [],
            code=found.code if found else {},
            candidates=found.candidates if found else (),
            trained=found.networks[0].retraining if found and trained(found) else None,
            ruling=self._ruling(question, first.answer) if first else None,
            more=MORE,
            pictures=pictures,
            begins=beside(pictures, Source.of(first.answer.source)) if first else None,
            files=[name for name, _ in self.review.files(first.answer.key)] if first else [],
            judged=any(shown.answer.status not in OPEN for shown in group),
            history=[] if twice else self._history(question, group),
            wishes=self._requests(question, group),
            link=lambda **to: f"/question/{number}?" + urlencode({"see": wanted, "by": by, "whose": whose, **to}),
        )

    def _items(self, question: Question) -> dict[str, Item]:
        known = self.review.newest.items.values()
        return {i.id: i for i in list(known) if (i.problem, i.check) == (question.problem, question.check)}

    def _ruling(self, question: Question, answer: Answer) -> Ruling | None:
        return self.review.newest.rulings.get((answer.key, question.problem))

    def _requests(self, question: Question, group: list[Shown]) -> list[Asking]:
        """The open requests to look at these answers again."""
        places = {question.place(shown.answer.key) for shown in group}
        return [r for r in list(self.review.newest.requests.values()) if r.place in places and r.state == "open"]

    def _history(self, question: Question, group: list[Shown]) -> list[Decision]:
        """All decisions on an answer that stands by itself."""
        return self.review.said.history(question.place(group[0].answer.key)) if len(group) == 1 else []

    def _comments(self, question: Question) -> list[str]:
        """Comments that were given, each once: those of this question first, and the newest first."""
        given = [d for d in reversed(list(self.review.newest.decisions.values())) if d.comment]
        here = [d.comment for d in given if (d.place.problem, d.place.check) == (question.problem, question.check)]
        return list(dict.fromkeys([*here, *(d.comment for d in given)]))[:_MOST_COMMENTS]

    def _shown(self, question: Question, items: dict[str, Item], who: str) -> dict[str, Shown]:
        decisions, blind = self.review.newest.decisions, who in self.review.blind
        found = {}
        for key, answer in question.answers.items():
            newest = decisions.get(question.place(key))
            holds = answer.holds(newest)
            given = points_of(holds, items) if holds else None
            called = _hidden(key) if blind else answer.who
            again = bool(newest and newest.decides and not holds)
            found[key] = Shown(answer, called, holds, newest.version if newest else 0, given, again)
        return found if not blind else dict(sorted(found.items(), key=lambda each: each[1].called))

    def _twice(self, question: Question, who: str) -> dict[str, Shown]:
        """The answers that this person grades as the second one, without what the first one gave, and by no name."""
        newest, share, found = self.review.newest, self.review.twice, {}
        items = self._items(question) if share else {}
        for key, answer in question.answers.items() if share else ():
            place = question.place(key)
            first = answer.holds(newest.decisions.get(place))
            if not first or first.by == who or not first.decides or not drawn(place, share):
                continue
            own = newest.opinions.get((place, who))
            holds = answer.holds(own)
            given = points_of(holds, items) if holds else None
            found[key] = Shown(answer, _hidden(key), holds, own.version if own else 0, given, again=False)
        return found

    def _listed(self, question: Question, shown: dict[str, Shown], by: str) -> list[list[Shown]]:
        """The groups to be seen, parted where their members were decided otherwise."""
        found: list[list[Shown]] = []
        together = [[key] for key in shown] if by == "each" else self.review.groups_of(question, near=by == "near")
        for keys in together:
            parts: dict[tuple[object, ...], list[Shown]] = {}
            for key in (key for key in keys if key in shown):
                parts.setdefault((shown[key].said, shown[key].answer.status in OPEN), []).append(shown[key])
            found += parts.values()
        return found

    def _wordings(self, question: Question, group: list[Shown]) -> list[list[Shown]]:
        """A group by what its answers say word for word."""
        of_key = {key: n for n, keys in enumerate(self.review.groups_of(question)) for key in keys}
        found: dict[int, list[Shown]] = {}
        for shown in group:
            found.setdefault(of_key[shown.answer.key], []).append(shown)
        return list(found.values())

    def _act(self, request: Request, body: bytes) -> Response:
        _, question = self._asked(request)
        action = _ACTIONS.get(request.path_params["action"])
        if action is None:
            raise HTTPException(404)
        return answered(lambda: self.review.changed(action(self, question, body, self.access.who(request))))

    def _decide(self, question: Question, body: bytes, who: str) -> list[str]:
        wish = Wish.model_validate_json(body)
        decide(self.review.said, question, wish, who)
        return list(wish.versions)

    def _second(self, question: Question, body: bytes, who: str) -> list[str]:
        give_second_opinion(self.review.said, question, Wish.model_validate_json(body), who)
        return []

    def _undo(self, question: Question, body: bytes, who: str) -> list[str]:
        seen = Seen.model_validate_json(body)
        undo(self.review.said, question, seen, who)
        return list(seen.versions)

    def _item(self, question: Question, body: bytes, who: str) -> list[str]:
        save_item(self.review.said, question, ItemWish.model_validate_json(body), who)
        self.review.newest.bring_up_to_date()
        decisions = self.review.newest.decisions
        places = map(question.place, question.answers)
        return [place.key for place in places if place in decisions and decisions[place].items]

    def _settle(self, question: Question, body: bytes, who: str) -> list[str]:
        wish = RulingWish.model_validate_json(body)
        answer = question.answers.get(wish.key)
        problem = self.review.asked.problem(wish.key, question.problem)
        if answer is None or problem is None:
            raise Refused("Somebody's answer is gone: load the page again.")
        self.review.newest.bring_up_to_date()
        settle(self.review.said, problem, answer.submission, self._ruling(question, answer), wish, who)
        self.review.newest.bring_up_to_date()
        self.review.again.ask()
        return []

    def _asked(self, request: Request) -> tuple[int, Question]:
        number = request.path_params["number"]
        if number >= len(self.review.asked.questions):
            raise HTTPException(404)
        return number, self.review.asked.questions[number]


# What a click keeps: each gives the keys of those whose results are others now.
_ACTIONS: Mapping[str, Callable[[QuestionPages, Question, bytes, str], list[str]]] = {
    "decide": QuestionPages._decide,
    "second": QuestionPages._second,
    "undo": QuestionPages._undo,
    "settle": QuestionPages._settle,
    "item": QuestionPages._item,
}


def _not_left_open(row: Mapping[str, Any]) -> bool:
    """What the machine was to judge and left open comes first: it may be settled for several checks at once."""
    return not (row["question"].judged and row["done"].open)


def _cells(problem: ProblemResult, answer: Answer) -> list[tuple[str, str]]:
    """The code at the places that the machine names for this answer."""
    return [(place, problem.code[place]) for place in answer.source.split("; ") if place in problem.code]


def _hidden(key: str) -> str:
    return f"Answer {hashlib.sha256(key.encode()).hexdigest()[:4]}"


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
