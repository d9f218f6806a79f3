"""The story of one run in the container: results first, then the work, step by step into them."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Literal

import psutil

from grader.budget import Budget
from grader.core.errors import MachineError, SubmissionError
from grader.core.handin import Handin
from grader.core.outcome import Grade, ProblemResult
from grader.files import write_whole
from grader.gradescope.metadata import read_submitted
from grader.gradescope.place import Place, Settings
from grader.judging import undecided
from grader.lateness import with_due, with_lateness
from grader.pipeline import grade_submission, set_aside
from grader.report.gradescope import of_run
from grader.rubric import Rubric, load_rubric
from grader.tools import Options, Tools, tools_for, warmed

NOT_FINISHED = "This was not finished here: a member of the course staff runs it again."
_LAST_SHARE, _LAST_SECONDS = 0.08, 20.0  # of the platform's time: what is kept for the end, and at least that


def grade_here(place: Place, say: Callable[[str], None], tools: Tools | None = None) -> Grade:
    """Grade what lies in the platform's folders; `results.json` is valid at every moment from the first on.

    Tools are made here, after the first results are written, unless some are given that are warm already.
    Nothing is raised for what a submission holds, nor where the machine fails: that is what the results say. Raises
    GraderError where settings or rubric can't be read, and then they stay as they are.
    """
    started = time.monotonic()
    settings = place.settings()
    rubric = load_rubric(place.source / settings.rubric)
    submitted = read_submitted(place.submission, place.metadata)
    if submitted.due:
        rubric = with_due(rubric, submitted.due)
    handin = submitted.handin
    results = _Results(place, rubric, handin)
    results.write()
    total = 60 * settings.minutes
    last = max(_LAST_SHARE * total, _LAST_SECONDS)
    with _given_up(started + total - last / 2, say):
        grade = _graded(handin, rubric, settings, results, started + total - last, say, tools)
    grade = with_lateness(grade, handin, rubric, submitted.extensions)
    results.finish(grade)
    return grade


def _graded(
    handin: Handin,
    rubric: Rubric,
    settings: Settings,
    results: "_Results",
    until: float,
    say: Callable[[str], None],
    tools: Tools | None,
) -> Grade:
    status: Literal["manual", "error"]
    try:
        with nullcontext(tools) if tools else warmed(tools_for(rubric, say), rubric) as warm:
            refused = warm.sandbox.refuses(trusted=settings.trust)
            told = warm.model_copy(update={"judged": results.judged, "refused": refused})
            budget = Budget(rubric.limits, until - time.monotonic(), by_machine=True)
            return grade_submission(handin, rubric, told, Options(salt=settings.salt), budget)
    except SubmissionError as error:
        status, why = "manual", error.found
    except Exception as error:  # the one boundary: the student sees results, whatever failed
        status = "error"
        why = str(error) if isinstance(error, MachineError) else f"{type(error).__name__}: {error}"
    say(why)
    return set_aside(handin.key, rubric, None, why, status)


class _Results:
    """`results.json`: what is judged by now, and of the rest that it was not finished."""

    def __init__(self, place: Place, rubric: Rubric, handin: Handin) -> None:
        self.place, self.rubric, self.handin = place, rubric, handin
        self.problems = {problem.id: undecided(problem, "error", NOT_FINISHED) for problem in rubric.problems}

    def judged(self, result: ProblemResult) -> None:
        """A problem is judged."""
        self.problems[result.id] = result
        self.write()

    def write(self) -> None:
        """As far as it is; lateness is not taken into account before the end."""
        grade = set_aside(self.handin.key, self.rubric, None, NOT_FINISHED, "error")
        problems = tuple(self.problems.values())
        self.finish(
            grade.model_copy(
                update={
                    "problems": problems,
                    "score": sum(problem.score for problem in problems),
                    "manual_points": sum(problem.manual_points for problem in problems),
                    "unread": (),
                }
            )
        )

    def finish(self, grade: Grade) -> None:
        """All is judged."""
        write_whole(self.place.results, of_run(grade, self.rubric.gradescope, attempt=self.handin.attempt))


@contextmanager
def _given_up(at: float, say: Callable[[str], None]) -> Iterator[None]:
    """End this process where the block goes on too long, before the platform does: what is written by then stands."""

    def end() -> None:
        say("the platform's time is nearly over: what was judged by now stands")
        for child in reversed(psutil.Process().children(recursive=True)):
            child.kill()
        os._exit(MachineError.exit_code)

    timer = threading.Timer(max(at - time.monotonic(), 1.0), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
