"""What all pages share: who sees them, how they are made, and what is said instead of them."""

from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from grader.core.decision import Decision, Said
from grader.core.errors import Conflict
from grader.report._code import coloured
from grader.report._prose import markdown, prose
from grader.report._summary import STATUS
from grader.report._text import one_line, plain, points
from grader.resources import resource
from grader.review.access import CSRF_HEADER, Access
from grader.review.deciding import Refused
from grader.review.questions import OPEN
from grader.review.state import Review

_MOST_BODY = 1_000_000


class Pages:
    """Pages of a class under review."""

    def __init__(self, review: Review, access: Access) -> None:
        self.review, self.access = review, access

    def page(self, request: Request, template: str, **values: Any) -> Response:
        """A page, with what every one shows."""
        who = self.access.who(request)
        common = {
            "title": self.review.title,
            "who": who,
            "head": self.access.is_head(request),
            "blind": who in self.review.blind,
            "csrf": self.access.csrf(request),
            "csrf_header": CSRF_HEADER,
        }
        return HTMLResponse(_templates().get_template(template).render(**common, **values))


async def body_of(request: Request) -> bytes:
    """What was sent. Raises HTTPException where it is more than a page sends."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BODY:
            raise HTTPException(413, "That is more than a page sends.")
    return body


def answered(act: Callable[[], object]) -> Response:
    """Do what was asked for; or say why it isn't kept."""
    try:
        act()
    except ValidationError as error:
        return said(f"That can't be kept: {error.errors()[0]['msg']}", 422)
    except Refused as refused:
        return said(str(refused), 422)
    except Conflict as conflict:
        return said(f"{_other(conflict.newest)} Load the page again to see it: what you wrote stands here.", 409)
    return JSONResponse({})


def _other(newest: object) -> str:
    if isinstance(newest, Decision):
        given = "" if newest.points is None else f" {newest.points:g} points"
        return f"{newest.by} decided{given} meanwhile."
    return f"{newest.by} changed it meanwhile." if isinstance(newest, Said) else "Somebody else was first."


def said(words: str, status: int) -> Response:
    """What a page shows of an answer that isn't the one that it wished for."""
    return JSONResponse({"said": words}, status)


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
    environment.filters |= {
        "points": points,
        "one_line": one_line,
        "prose": prose,
        "markdown": markdown,
        "coloured": coloured,
    }
    environment.globals |= {"STATUS": STATUS, "OPEN": OPEN}
    return environment
