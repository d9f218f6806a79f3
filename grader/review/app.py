"""The application: its addresses, and what is served as it lies there."""

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from grader.core.errors import MachineError
from grader.resources import resource
from grader.review.access import Access
from grader.review.office import OfficePages
from grader.review.question_pages import QuestionPages
from grader.review.rendering import Pages, said
from grader.review.state import Review

_STATIC = {"review.js": "text/javascript", "review.css": "text/css"}


def application(review: Review, access: Access) -> Starlette:
    """The application: everything that changes something is sent as JSON, with what only its own pages know."""
    questions, office, files = QuestionPages(review, access), OfficePages(review, access), _Files(review, access)
    routes = [
        Route("/", questions.overview),
        Route("/question/{number:int}", questions.question),
        Route("/question/{number:int}/{action}", questions.act, methods=["POST"]),
        Route("/requests", office.requests),
        Route("/people", office.people),
        Route("/office/{action}", office.act, methods=["POST"]),
        Route("/blind", files.blind, methods=["POST"]),
        Route("/again", files.again),
        Route("/picture/{key}/{number:int}", files.picture),
        Route("/file/{key}/{number:int}", files.file),
        Route("/static/{name}", files.static),
        Route("/favicon.ico", files.icon),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=access)],
        exception_handlers={MachineError: _trouble},
    )


class _Files(Pages):
    async def blind(self, request: Request) -> Response:
        """Hide names from whoever asks, or show them again."""
        self.review.blind ^= {self.access.who(request)}
        return JSONResponse({})

    async def again(self, _: Request) -> Response:
        """How far the machine is with what was settled."""
        return JSONResponse({"state": self.review.again.state, "said": self.review.again.told})

    async def picture(self, request: Request) -> Response:
        """A page of somebody's PDF or a figure of a notebook, by its number: no path is ever sent."""
        pictures = self.review.pictures(request.path_params["key"])
        number = request.path_params["number"]
        if number >= len(pictures):
            raise HTTPException(404)
        return FileResponse(pictures[number].path, media_type="image/png")

    async def file(self, request: Request) -> Response:
        """What somebody handed in, by its number, to be kept and opened by another program: no browser shows it."""
        files = await run_in_threadpool(self.review.files, request.path_params["key"])
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


async def _trouble(_: Request, error: Exception) -> Response:
    return said(str(error), 503)
