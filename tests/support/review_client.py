"""Somebody who grades, as the application is told of them by their browser."""

import json
import re

from starlette.testclient import TestClient

from grader.review.access import CSRF_HEADER
from grader.store import Decisions


class Client:
    """Somebody who has opened the address with a token, and sends what the page sends."""

    def __init__(self, app, token="token-of-kim"):
        self.http = TestClient(app, follow_redirects=False)
        assert self.http.get("/", params={"token": token}).status_code == 303
        self.csrf = re.search('data-csrf="([0-9a-f]+)"', self.http.get("/").text)[1]

    def send(self, path, what, **headers):
        given = {CSRF_HEADER: self.csrf, "Origin": "http://testserver"} | headers
        return self.http.post(path, content=json.dumps(what), headers={k: v for k, v in given.items() if v})

    def decide(self, versions, **given):
        return self.send("/question/0/decide", seen(versions) | given)


WHY, COUNT = {"problem": "1A", "check": "why", "most": 4}, {"problem": "1A", "check": "count", "most": 2}


def seen(versions, question=WHY):
    """What a page tells that it has shown; the digest of somebody's files is their key here."""
    return {**question, "versions": versions, "submissions": {key: key for key in versions}}


def an_item(**given):
    return {"problem": "1A", "check": "why", **given}


def newest(review, key, check="why"):
    question = next(q for q in review.asked.questions if q.check == check)
    return Decisions(review.store).decision(question.place(key))


def versions(page):
    """The hand-ins of the group on a page, with the versions that were seen."""
    pairs = re.search('data-versions="([^"]*)"', page)[1].replace("&amp;", "&").split("&")
    return {key: int(version) for key, version in (pair.split("=") for pair in pairs)}
