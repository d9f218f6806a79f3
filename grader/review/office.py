"""Requests to look again, and who grades what."""

from collections.abc import Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from grader.review.deciding import Refused
from grader.review.people import AssignmentWish, RequestClosing, RequestWish, assign, close, enter
from grader.review.rendering import Pages, answered, body_of


class OfficePages(Pages):
    """What concerns the whole class, and not one question."""

    async def requests(self, request: Request) -> Response:
        """Requests to look again, the open ones first."""
        return await run_in_threadpool(self._requests, request)

    async def people(self, request: Request) -> Response:
        """Who grades what."""
        return await run_in_threadpool(self._people, request)

    async def act(self, request: Request) -> Response:
        """What a click on one of these pages keeps."""
        body = await body_of(request)
        action = _ACTIONS.get(request.path_params["action"])
        if action is None:
            raise HTTPException(404)
        return await run_in_threadpool(answered, lambda: action(self, body, request))

    def _requests(self, request: Request) -> Response:
        self.review.bring_up_to_date()
        questions = self.review.asked.questions
        at = {(question.problem, question.check): number for number, question in enumerate(questions)}
        known = sorted(self.review.newest.requests.values(), key=lambda asked: (asked.state != "open", asked.at))
        rows = [
            (asked, number, questions[number].answers[asked.place.key].who)
            for asked in known
            if (number := at.get((asked.place.problem, asked.place.check))) is not None
            and asked.place.key in questions[number].answers
        ]
        who = {answer.key: answer.who for question in questions for answer in question.answers.values()}
        gone = len(known) - len(rows)
        return self.page(request, "requests.html.j2", rows=rows, questions=questions, whose=who, gone=gone)

    def _people(self, request: Request) -> Response:
        self.review.bring_up_to_date()
        newest = self.review.newest
        decided: dict[str, int] = {}
        for decision in list(newest.decisions.values()):
            decided[decision.by] = decided.get(decision.by, 0) + decision.decides
        names = dict.fromkeys([*self.access.tokens.values(), *newest.assignments, *decided])
        rows = [(name, newest.assignments.get(name), decided.get(name, 0)) for name in names]
        return self.page(request, "people.html.j2", rows=rows, problems=self._problems(), sections=self._sections())

    def _problems(self) -> list[str]:
        return list(dict.fromkeys(question.problem for question in self.review.asked.questions))

    def _sections(self) -> list[str]:
        answers = (answer for question in self.review.asked.questions for answer in question.answers.values())
        return sorted({section for answer in answers for section in answer.sections})

    def _assign(self, body: bytes, request: Request) -> None:
        if not self.access.is_head(request):
            raise Refused("Who grades what is said by a head grader.")
        wish = AssignmentWish.model_validate_json(body)
        assign(self.review.said, wish, {*self._problems()}, {*self._sections()}, self.access.who(request))

    def _enter(self, body: bytes, request: Request) -> None:
        wish = RequestWish.model_validate_json(body)
        enter(self.review.said, wish, self.review.asked.questions, self.access.who(request))

    def _close(self, body: bytes, request: Request) -> None:
        if not self.access.is_head(request):
            raise Refused("What becomes of a request is said by a head grader.")
        close(self.review.said, RequestClosing.model_validate_json(body), self.access.who(request))


_ACTIONS: Mapping[str, Callable[[OfficePages, bytes, Request], None]] = {
    "assign": OfficePages._assign,
    "request": OfficePages._enter,
    "close": OfficePages._close,
}
