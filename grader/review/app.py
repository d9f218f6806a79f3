"""The pages of the application, and what they send."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from grader.core.decision import Decision, Item, points_of
from grader.core.errors import Conflict, MachineError
from grader.core.source import Source
from grader.pictures import Picture, beside, pictures_of
from grader.report._prose import markdown, prose
from grader.report._summary import STATUS
from grader.report._text import one_line, plain, points
from grader.resources import resource
from grader.review.access import CSRF_HEADER, Access
from grader.review.deciding import ItemWish, Refused, Seen, Wish, decide, save_item, undo
from grader.review.files import HandedInFiles
from grader.review.groups import groups, near
from grader.review.questions import OPEN, Answer, Asked, Newest, Progress, Question, progress
from grader.store import Decisions, Results, Store

_MOST_BODY = 1_000_000
_STATIC = {"review.js": "text/javascript", "review.css": "text/css"}
_MOST_COMMENTS = 300


@dataclass
class Review:
    """A class under review: its store, its folder, and what is told when somebody's result has changed."""

    store: Store
    results: Results
    changed: Callable[[list[str]], None]
    title: str = ""
    asked: Asked = field(init=False)
    newest: Newest = field(init=False)
    handed_in: HandedInFiles = field(init=False)
    grouped: dict[tuple[str, str], list[list[str]]] = field(default_factory=dict)
    counted: dict[tuple[str, str], tuple[int, Progress]] = field(default_factory=dict)
    blind: set[str] = field(default_factory=set)  # graders who don't see names

    def __post_init__(self) -> None:
        self.asked, self.newest, self.handed_in = Asked(self.store), Newest(self.store), HandedInFiles(self.store)

    @property
    def said(self) -> Decisions:
        """What people said until now."""
        return Decisions(self.store)

    def progress_of(self, question: Question) -> Progress:
        """How far a question is; counted anew where something was said of it."""
        name = (question.problem, question.check)
        changes = self.newest.changes[name]
        if self.counted.get(name, (-1,))[0] != changes:
            self.counted[name] = changes, progress(question, self.newest.decisions, self.newest.items)
        return self.counted[name][1]

    def groups_of(self, question: Question, by: str) -> list[list[str]]:
        """Keys of the answers that are shown together; made once for each set of answers."""
        texts = {key: answer.text for key, answer in question.answers.items()}
        if by == "each":
            return [[key] for key in texts]
        digest = hashlib.sha256(repr([question.problem, question.check, texts]).encode()).hexdigest()
        if (by, digest) not in self.grouped:
            keys = list(texts)
            if by == "near":
                same = self.groups_of(question, "same")
                found = near([texts[group[0]] for group in same])
                made = [[key for number in numbers for key in same[number]] for numbers in found]
            else:
                made = [[keys[number] for number in group] for group in groups(list(texts.values()))]
            self.grouped[by, digest] = made
        return self.grouped[by, digest]


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
    "all": bool,
}


def application(review: Review, access: Access) -> Starlette:
    """The application: everything that changes something is sent as JSON, with what only its own pages know."""
    pages = _Pages(review, access)
    routes = [
        Route("/", pages.overview),
        Route("/question/{number:int}", pages.question),
        Route("/question/{number:int}/{action}", pages.act, methods=["POST"]),
        Route("/blind", pages.blind, methods=["POST"]),
        Route("/picture/{key}/{number:int}", pages.picture),
        Route("/file/{key}/{number:int}", pages.file),
        Route("/static/{name}", pages.static),
        Route("/favicon.ico", pages.icon),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=access)],
        exception_handlers={MachineError: pages.trouble},
    )


class _Pages:
    def __init__(self, review: Review, access: Access) -> None:
        self.review, self.access = review, access

    async def overview(self, request: Request) -> Response:
        return await run_in_threadpool(self._overview, request)

    async def question(self, request: Request) -> Response:
        return await run_in_threadpool(self._question, request)

    async def act(self, request: Request) -> Response:
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > _MOST_BODY:
                return _said("That is more than a page sends.", 413)
        return await run_in_threadpool(self._act, request, body)

    async def blind(self, request: Request) -> Response:
        self.review.blind ^= {self.access.who(request)}
        return JSONResponse({})

    async def picture(self, request: Request) -> Response:
        """A page of somebody's PDF or a figure of a notebook, by its number: no path is ever sent."""
        pictures = self._pictures(request.path_params["key"])
        number = request.path_params["number"]
        if number >= len(pictures):
            raise HTTPException(404)
        return FileResponse(pictures[number].path, media_type="image/png")

    async def file(self, request: Request) -> Response:
        """What somebody handed in, by its number, to be kept and opened by another program: no browser shows it."""
        files = await run_in_threadpool(self._files, request.path_params["key"])
        number = request.path_params["number"]
        if number >= len(files):
            raise HTTPException(404)
        name, path = files[number]
        return FileResponse(path, media_type="application/octet-stream", filename=name.rsplit("/", 1)[-1])

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _STATIC:
            raise HTTPException(404)
        return FileResponse(resource("templates") / "review" / name, media_type=_STATIC[name])

    async def icon(self, _: Request) -> Response:
        """Browsers ask for one by themselves."""
        return Response(status_code=204)

    async def trouble(self, _: Request, error: Exception) -> Response:
        return _said(str(error), 503)

    def _overview(self, request: Request) -> Response:
        if self.review.asked.bring_up_to_date():
            self.review.counted.clear()
        self.review.newest.bring_up_to_date()
        rows = [
            (number, question, self.review.progress_of(question))
            for number, question in enumerate(self.review.asked.questions)
        ]
        unread = {a.key: (a.who, a.unread) for _, q, _ in rows for a in q.answers.values() if a.unread}
        return self._page(request, "overview.html.j2", rows=rows, unread=unread)

    def _question(self, request: Request) -> Response:
        if not self.review.asked.questions:
            self.review.asked.bring_up_to_date()
        number, question = self._asked(request)
        self.review.newest.bring_up_to_date()
        of_check = (question.problem, question.check)
        items = {i.id: i for i in [*self.review.newest.items.values()] if (i.problem, i.check) == of_check}
        all_shown = self._shown(question, items, self.access.who(request))
        wanted = request.query_params.get("see", "open")
        by = request.query_params.get("by", "same")
        every = self._listed(question, all_shown, by)
        listed = [group for group in every if _SEE.get(wanted, _SEE["open"])(group)]
        at = min(_whole(request.query_params.get("at", "0")), max(len(listed) - 1, 0))
        # What was just decided stays to be seen, also where it is no longer what is looked for.
        stays = [group for group in every if any(s.answer.key == request.query_params.get("key") for s in group)]
        if stays and stays[0] not in listed:
            listed.insert(at, stays[0])
        at = listed.index(stays[0]) if stays else at
        group = listed[at] if listed else []
        first = group[0] if group else None
        pictures = self._pictures(first.answer.key) if first else []
        return self._page(
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
            wordings=self._wordings(question, group),
            left=sum(shown.open for shown in all_shown.values()),
            everyone=len(all_shown),
            comments=self._comments(question),
            pictures=pictures,
            begins=beside(pictures, Source.of(first.answer.source)) if first else None,
            files=[name for name, _ in self._files(first.answer.key)] if first else [],
            judged=any(shown.answer.status not in OPEN for shown in group),
            link=lambda **to: f"/question/{number}?" + urlencode({"see": wanted, "by": by, **to}),
        )

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
            called = f"Answer {hashlib.sha256(key.encode()).hexdigest()[:4]}" if blind else answer.who
            again = bool(newest and newest.decides and not holds)
            found[key] = Shown(answer, called, holds, newest.version if newest else 0, given, again)
        return found if not blind else dict(sorted(found.items(), key=lambda each: each[1].called))

    def _listed(self, question: Question, shown: dict[str, Shown], by: str) -> list[list[Shown]]:
        """The groups to be seen, parted where their members were decided otherwise."""
        found: list[list[Shown]] = []
        for keys in self.review.groups_of(question, by):
            parts: dict[tuple[object, ...], list[Shown]] = {}
            for key in keys:
                parts.setdefault((shown[key].said, shown[key].answer.status in OPEN), []).append(shown[key])
            found += parts.values()
        return found

    def _wordings(self, question: Question, group: list[Shown]) -> list[list[Shown]]:
        """A group by what its answers say word for word."""
        of_key = {key: n for n, keys in enumerate(self.review.groups_of(question, "same")) for key in keys}
        found: dict[int, list[Shown]] = {}
        for shown in group:
            found.setdefault(of_key[shown.answer.key], []).append(shown)
        return list(found.values())

    def _act(self, request: Request, body: bytes) -> Response:
        _, question = self._asked(request)
        said, who = self.review.said, self.access.who(request)
        try:
            match request.path_params["action"]:
                case "decide":
                    wish = Wish.model_validate_json(body)
                    decide(said, question, wish, who)
                    changed = list(wish.versions)
                case "undo":
                    seen = Seen.model_validate_json(body)
                    undo(said, question, seen, who)
                    changed = list(seen.versions)
                case "item":
                    save_item(said, question, ItemWish.model_validate_json(body), who)
                    self.review.newest.bring_up_to_date()
                    decisions = self.review.newest.decisions
                    places = map(question.place, question.answers)
                    changed = [place.key for place in places if place in decisions and decisions[place].items]
                case _:
                    raise HTTPException(404)
        except ValidationError as error:
            return _said(f"That can't be kept: {error.errors()[0]['msg']}", 422)
        except Refused as refused:
            return _said(str(refused), 422)
        except Conflict as conflict:
            return _said(f"{_other(conflict.newest)} Load the page again to see it: what you wrote stands here.", 409)
        self.review.changed(changed)
        return JSONResponse({})

    def _asked(self, request: Request) -> tuple[int, Question]:
        number = request.path_params["number"]
        if number >= len(self.review.asked.questions):
            raise HTTPException(404)
        return number, self.review.asked.questions[number]

    def _pictures(self, key: str) -> list[Picture]:
        return pictures_of(self.review.results.folder / key) if key in self.review.asked.keys else []

    def _files(self, key: str) -> list[tuple[str, Path]]:
        return self.review.handed_in.files(key) if key in self.review.asked.keys else []

    def _page(self, request: Request, template: str, **values: Any) -> Response:
        who = self.access.who(request)
        common = {
            "title": self.review.title,
            "who": who,
            "blind": who in self.review.blind,
            "csrf": self.access.csrf(request),
            "csrf_header": CSRF_HEADER,
        }
        return HTMLResponse(_templates().get_template(template).render(**common, **values))


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(resource("templates") / "review"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: plain(value, 40_000) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"points": points, "one_line": one_line, "prose": prose, "markdown": markdown}
    environment.globals |= {"STATUS": STATUS, "OPEN": OPEN}
    return environment


def _other(newest: object) -> str:
    if isinstance(newest, Decision):
        given = "" if newest.points is None else f" {newest.points:g} points"
        return f"{newest.by} decided{given} meanwhile."
    return f"{newest.by} changed it meanwhile." if isinstance(newest, Item) else "Somebody else was first."


def _said(words: str, status: int) -> Response:
    return JSONResponse({"said": words}, status)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
