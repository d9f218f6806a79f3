"""Who may come in: a token in the address, then a cookie, and requests from the application's own pages alone."""

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlencode

from starlette.datastructures import Headers
from starlette.middleware.base import RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

COOKIE, CSRF_HEADER = "grader-review", "x-grader-review"
# No script or style but those that are served, and no other site may frame, or be sent, anything.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_NOT_IN = "Open the address that grader review has printed, with its token."


class Access:
    """Lets in who has one of these tokens, each somebody's, under the hosts by which the application may be called.

    Cookies know no ports: each application on a machine has one by its own name.
    """

    def __init__(
        self, tokens: Mapping[str, str], hosts: Sequence[str], *, secure: bool, heads: Collection[str] = ()
    ) -> None:
        self.tokens, self.hosts, self.secure = dict(tokens), frozenset(hosts), secure
        self.heads = frozenset(heads or tokens.values())
        self.cookie = f"{COOKIE}-{hosts[0].rpartition(':')[2]}" if ":" in hosts[0] else COOKIE
        self.origins = {f"{'https' if secure else 'http'}://{host}" for host in hosts}

    def who(self, request: Request) -> str:
        """Whose cookie it is; empty for nobody's."""
        return self._owner(request.cookies.get(self.cookie, ""))

    def is_head(self, request: Request) -> bool:
        """Whether this person says who grades what, and what becomes of requests; where no heads are named, all do."""
        return self.who(request) in self.heads

    def csrf(self, request: Request) -> str:
        """What a page of this person's sends with what it changes."""
        return _derived(request.cookies.get(self.cookie, ""))

    async def __call__(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Answer, or refuse; with the headers that hold browsers to what is served."""
        response = self._refused(request) or await call_next(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    def _refused(self, request: Request) -> Response | None:
        if request.headers.get("host", "") not in self.hosts:  # a name that leads here by another's doing
            return PlainTextResponse("This application is not called so.", 421)
        if request.method == "GET" and (token := request.query_params.get("token")):
            return self._enter(request, token)
        if not self.who(request):
            return PlainTextResponse(_NOT_IN, 403)
        if request.method not in ("GET", "HEAD") and not self._own(request.headers, self.csrf(request)):
            return PlainTextResponse("This did not come from a page of the application.", 403)
        return None

    def _enter(self, request: Request, token: str) -> Response:
        if not self._owner(token):
            return PlainTextResponse(f"This token is not, or no longer, right. {_NOT_IN}", 403)
        kept = urlencode([(name, value) for name, value in request.query_params.multi_items() if name != "token"])
        response = RedirectResponse(request.url.path + (f"?{kept}" if kept else ""), 303)
        response.set_cookie(self.cookie, token, httponly=True, samesite="strict", secure=self.secure)
        return response

    def _own(self, headers: Headers, csrf: str) -> bool:
        sent = headers.get(CSRF_HEADER, "")
        return headers.get("origin") in self.origins and hmac.compare_digest(sent.encode(), csrf.encode())

    def _owner(self, token: str) -> str:
        found = ""
        for known, owner in self.tokens.items():  # all are compared, so that time tells nothing
            if hmac.compare_digest(known.encode(), token.encode("utf-8", "replace")):
                found = owner
        return found


def _derived(token: str) -> str:
    return hmac.new(token.encode("utf-8", "replace"), b"what a page sends", hashlib.sha256).hexdigest()
