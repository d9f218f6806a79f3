"""A class for the tests of the store: grades and steps that follow from their names, and a run that writes them."""

import random

from sample_grade import check, grade_of, problem

from grader.core.handin import HandedIn, Handin, Person
from grader.core.outcome import SubmissionInfo
from grader.core.stored import Provenance, RunStart
from grader.store import Store

KEYS = tuple(f"student {number:02}" for number in range(20))


def provenance(submission="s", rubric="r", data="d", grader="g", settings="o"):
    return Provenance(submission=submission, rubric=rubric, data=data, grader=grader, settings=settings)


def grade(earned=8.0, *, lost=2.0, manual=0.0, error=0.0, key="ada", message=""):
    """A grade of as many points: a check each for those earned, lost, waiting, and those that the machine failed on."""
    parts = (
        ("right", "passed", earned),
        ("wrong", "failed", lost),
        ("essay", "manual", manual),
        ("net", "error", error),
    )
    checks = [
        check(name, status, points, message=message or f"{key}: {name}") for name, status, points in parts if points
    ]
    return grade_of(problem("1A", "Counting", *checks), submission=SubmissionInfo(id=key))


def handed_in(keys=KEYS):
    handins = tuple(Handin(key=key, people=(Person(name=key.title(), id=key),)) for key in keys)
    return HandedIn(layout="folders", handins=handins)


def step_of(key):
    """(the key of a step of a hand-in, what it gives): up to 300 kB that can't be compressed."""
    draw = random.Random(key)
    return f"notebook of {key}", draw.randbytes(draw.randrange(300_000))


def grade_whole_class(where, tell=lambda: None):
    """A run that goes on from what an earlier one left: what is known isn't done again. `tell` hears of each write."""
    with Store.open(where) as store:
        run = store.begin_run(RunStart(command="grader grade", grader="0.1.0"))
        tell()
        store.save_handed_in(run, handed_in())
        tell()
        for number, key in enumerate(KEYS):
            step, value = step_of(key)
            if store.step(step) is None:
                store.save_step(run, step, value, kind="notebook", seconds=1.5)
                tell()
            if store.known(provenance(submission=key)) is None:
                store.save_grade(run, key, provenance(submission=key), grade(number, key=key))
                tell()
        store.end_run(run, "finished")


def contents(where):
    """All that a class must end with: what holds of everyone, and the steps."""
    with Store.open(where) as store:
        grades = {key: stored.grade for key, stored in store.current().items()}
        steps = {step: store.step(step) for step, _ in map(step_of, KEYS)}
    return grades, {step: value for step, value in steps.items() if value is not None}
