"""How long the pages of `grader review` take with a large class: milliseconds a click, in the server alone.

`python benchmarks/review.py [--people 500] [--questions 20] [--rounds 20]`. The class is made here: everyone answers
each question in one of some hundred wordings, and half of all is decided. It needs `pip install '.[dev,review]'`.
"""

import argparse
import random
import re
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from _processor import processor
from starlette.testclient import TestClient

from grader.core.decision import Decision, Place
from grader.core.handin import HandedIn, Handin, Person
from grader.core.outcome import CheckResult, Grade, ProblemResult, SubmissionInfo
from grader.core.stored import Provenance, RunStart
from grader.review.access import CSRF_HEADER, Access
from grader.review.app import application
from grader.review.state import Review
from grader.store import Decisions, Results, Store

WORDS = ("gradient", "weights", "zero", "layer", "the", "every", "vanishes", "stays", "equal", "because", "activation")
LONG = 60  # words of an answer


def grade(key: str, questions: int, dice: random.Random) -> Grade:
    """A grade whose answers a person reads."""
    problems = []
    for number in range(questions):
        wording = random.Random(f"{number} {dice.randrange(100)}")
        said = " ".join(wording.choice(WORDS) for _ in range(LONG))
        check = CheckResult(
            name="answer", type="manual", status="manual", score=0, max_score=4, message="", observed=said, note="Zero."
        )
        problems.append(
            ProblemResult(id=f"{number}", title="Words", score=0, max_score=4, manual_points=4, checks=(check,))
        )
    return Grade(
        rubric="r",
        title="Homework",
        submission=SubmissionInfo(id=key, files=("report.md",)),
        score=0,
        max_score=4 * questions,
        manual_points=4 * questions,
        problems=tuple(problems),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args()
    dice = random.Random(0)
    with tempfile.TemporaryDirectory() as folder, Store.open(folder) as store:
        keys = [f"student-{number:04}" for number in range(asked.people)]
        run = store.begin_run(RunStart())
        handins = tuple(Handin(key=key, people=(Person(name=key.title()),)) for key in keys)
        store.save_handed_in(run, HandedIn(layout="plain", handins=handins))
        for key in keys:
            by = Provenance(submission=key, rubric="r", data="", grader="g", settings="s")
            store.save_grade(run, key, by, grade(key, asked.questions, dice))
        about = {"max_score": 4, "by": "Kim", "at": datetime.now(UTC), "version": 1, "points": 3}
        said = Decisions(store)
        for key in keys[::2]:
            places = [Place(key=key, problem=f"{n}", check="answer") for n in range(asked.questions)]
            said.decide(*(Decision(place=place, submission=key, **about) for place in places))
        review = Review(store, Results(Path(folder)), lambda _: None, "Homework")
        http = TestClient(application(review, Access({"token": "Kim"}, ["testserver"], secure=False)))
        started = time.perf_counter()
        csrf = re.search('data-csrf="([0-9a-f]+)"', http.get("/?token=token").text)
        first = time.perf_counter() - started
        assert csrf
        headers = {CSRF_HEADER: csrf[1], "Origin": "http://testserver"}

        def decide(number: int) -> None:
            page = http.get(f"/question/{number % asked.questions}").text
            pairs = re.search('data-versions="([^"]*)"', page)
            if not pairs:
                return  # nothing is open there any more
            versions = {key: int(v) for key, v in (pair.split("=") for pair in pairs[1].split("&amp;"))}
            question = {"problem": f"{number % asked.questions}", "check": "answer", "most": 4}
            seen = {**question, "versions": versions, "submissions": {key: key for key in versions}}
            started = time.perf_counter()
            address = f"/question/{number % asked.questions}/decide"
            done = http.post(address, json=seen | {"points": 4}, headers=headers)
            times["a decision"].append(time.perf_counter() - started)
            assert done.status_code == 200, done.text

        times: dict[str, list[float]] = {
            "the overview": [],
            "a question, first": [],
            "a question": [],
            "a decision": [],
        }
        for number in range(asked.rounds):
            for name, path in (("the overview", "/"), ("a question", f"/question/{number % asked.questions}")):
                started = time.perf_counter()
                http.get(path).raise_for_status()
                taken = time.perf_counter() - started
                times[f"{name}, first" if name == "a question" and number < asked.questions else name].append(taken)
            decide(number)
        print(f"{asked.people} people, {asked.questions} questions, on {processor()}; opened in {first:.1f} s")
        for name, taken in times.items():
            if taken:
                print(f"{name:18} {1000 * statistics.median(taken):6.0f} ms, at most {1000 * max(taken):.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
