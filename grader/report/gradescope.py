"""Gradescope's `results.json`."""

import json
import math
from collections.abc import Iterator
from statistics import fmean

from grader.core.outcome import CheckResult, Grade, ProblemResult
from grader.report._student import for_student
from grader.report._summary import (
    MACHINE_FAILED,
    STATUS,
    UNREAD,
    found,
    item_words,
    late_sentence,
    machine_words,
    message,
    name_of,
    sandbox_sentence,
)
from grader.report._text import one_line, plain, point_words
from grader.rubric.model import Gradescope

_OPEN = ("manual", "error", "read")


def render(grade: Grade) -> str:
    """The results by the usual settings."""
    return of_run(grade, Gradescope())


def of_run(grade: Grade, settings: Gradescope, attempt: int | None = None) -> str:
    """Always valid JSON: anything else is shown to the student as a failed autograder.

    Gradescope knows only passed and failed, so that the words of the others stand in the name and the output. What
    waits for a person, or the machine failed on, has neither a status nor a score of its own: it is no failed test. All
    text is plain text there; hidden checks carry their visibility, and what stands above the tests says no more of
    them than that they exist. `attempt` counts the student's hand-ins from 1.
    """
    left_out = "manual" if settings.waiting == "left out" else ""
    results: dict[str, object] = {
        "score": _number(grade.final),
        "output": "\n".join(_above(grade, settings)),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "tests": [
            _test(problem, check, position)
            for problem in grade.problems
            for position, check in enumerate(problem.checks, start=1)
            if check.status != left_out
        ],
        "extra_data": {"rubric": grade.rubric, **grade.environment} | ({"attempt": attempt} if attempt else {}),
    }
    if settings.leaderboard:
        results["leaderboard"] = list(_leaderboard(grade))
    if "total" in grade.timings:
        results["execution_time"] = round(_number(grade.timings["total"]), 1)
    return json.dumps(results, indent=2, allow_nan=False) + "\n"


def _leaderboard(grade: Grade) -> Iterator[dict[str, object]]:
    """The mean accuracy of each network that was trained again, where students see a check on it."""
    for problem in grade.problems:
        seen = any(check.type == "accuracy" and check.visibility == "visible" for check in problem.checks)
        for network in problem.networks if seen else ():
            lanes = network.retraining.lanes if network.retraining else ()
            if lanes:
                value = round(fmean(_number(lane.accuracy) for lane in lanes), 4)
                yield {"name": one_line(f"{problem.id} accuracy"), "value": value, "order": "desc"}


def _above(grade: Grade, settings: Gradescope) -> list[str]:
    copy = for_student(grade)
    lines = [MACHINE_FAILED] if grade.machine_failed else []
    if grade.unread:
        lines += [UNREAD, *(f"- {one_line(what)}" for what in grade.unread)]
    if said := late_sentence(copy.grade):
        lines.append(said)
    if copy.grade.manual_points:
        waiting = point_words(copy.grade.manual_points)
        if settings.waiting == "left out":
            lines.append(f"A person grades {waiting} of this by hand: they stand beside these tests.")
        else:
            lines.append(f"Still to be read by a person: {waiting}; in the score so far they count as 0.")
    if copy.withheld:
        lines.append(copy.all_withheld.sentence())
    lines += [one_line(note) for note in grade.notes]
    if sandbox := sandbox_sentence(grade):
        lines.append(one_line(sandbox))
    return lines


def _test(problem: ProblemResult, check: CheckResult, position: int) -> dict[str, object]:
    settled = check.status in ("passed", "failed")
    points = {"score": _number(check.score), "max_score": _number(check.max_score)}
    result = {**points, "status": "passed" if check.status == "passed" else "failed"}
    extra = " (extra credit)" if problem.extra_credit else ""
    return {
        "number": one_line(f"{problem.id}.{position}"),
        "name": one_line(name_of(check)) + extra + ("" if settled else f" ({STATUS[check.status].word.lower()})"),
        **({} if check.status in _OPEN else result),
        "output": "\n".join(_said(check)),
        "output_format": "text",
        "visibility": check.visibility,
        "tags": [one_line(problem.id)],
        "extra_data": {"status": check.status},
    }


def _said(check: CheckResult) -> list[str]:
    given = [*map(item_words, check.given.items), check.given.comment] if check.given else []
    lines = [plain(words) for words in (*given, message(check), machine_words(check)) if words.strip()]
    if check.status == "manual":
        lines.append(f"Waiting for a person, who reads it: {point_words(check.max_score)}.")
    if check.status == "error":
        worth = point_words(check.max_score)
        lines.append(f"The grading machine failed here ({worth}). You lose none for that; this part is graded again.")
    if found(check):
        lines.append(f"Found: {plain(check.observed)}" + (f" ({one_line(check.source)})" if check.source else ""))
    elif check.source:
        lines.append(f"Where: {one_line(check.source)}")
    if check.advice:
        lines.append(f"What to do: {plain(check.advice)}")
    return lines


def _number(value: float) -> float:
    return round(value, 6) if math.isfinite(value) else 0.0
