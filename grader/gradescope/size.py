"""How large a container a rubric needs: its reference is graded here for measure, and its trainings have a price."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from grader.core.evidence import ProblemEvidence, Retraining
from grader.core.outcome import ProblemResult
from grader.core.requests import TrainingRequest
from grader.datasets import Dataset
from grader.execution.holdings import held_mb
from grader.pipeline import grade_submission
from grader.rubric import Rubric
from grader.rubric_trials import reference_folder
from grader.tools import Options, tools_for, warmed
from grader.training.trainable import cost_of

SIZES = ((0.5, 768), (1, 1536), (2, 3072), (4, 6144))
"""Those that Gradescope's settings offer: (cores, MB)."""

_MOST_SHARE = 0.9  # of its memory and time: submissions take more than the reference
_LOOK_SECONDS = 0.3


class Size(NamedTuple):
    """What the reference took here: MB at most, core-seconds without training, and core-seconds of all trainings."""

    memory_mb: float
    seconds: float
    training: float

    def minutes(self, of_cores: float) -> float:
        """How long it takes with so many cores; what isn't training is one thing after another."""
        return (self.seconds / min(of_cores, 1) + self.training / of_cores) / 60

    def fits(self, minutes: float) -> tuple[float, int] | None:
        """The smallest of the platform's sizes that has enough of both; None where none has."""
        for of_cores, memory_mb in SIZES:
            if self.memory_mb <= _MOST_SHARE * memory_mb and self.minutes(of_cores) <= _MOST_SHARE * minutes:
                return of_cores, memory_mb
        return None


def size_of(rubric: Rubric, say: Callable[[str], None]) -> Size:
    """Grade the reference without training, and watch it. Raises RubricError where there is none."""
    folder = reference_folder(rubric)
    tools = tools_for(rubric, say)
    before = _spent()
    with _watched() as most, warmed(tools, rubric) as warm:
        grade = grade_submission(folder, rubric, warm, Options(retrain=False))
    training = sum(_training(rubric, result, tools.dataset) for result in grade.problems) if tools.dataset else 0.0
    return Size(most[0], _spent() - before, training)


def _spent() -> float:
    """Core-seconds of this process, and of all below it that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _training(rubric: Rubric, result: ProblemResult, dataset: Dataset) -> float:
    """Core-seconds of the trainings that a problem's checks may ask for, at most."""
    problem = rubric.problem(result.id)
    model = result.networks[0].model if result.networks else None
    if problem is None or model is None or not problem.needs(Retraining):
        return 0.0
    evidence = ProblemEvidence(problem=result.id, model=model)
    asked = [r for c in problem.checks for r in c.requests(evidence) if isinstance(r, TrainingRequest)]
    return max((request.planned for request in asked), default=0) * (cost_of(model, dataset, rubric.limits) or 0.0)


@contextmanager
def _watched() -> Iterator[list[float]]:
    """The most that this process and all below it hold while the block runs, in MB."""
    most = [0.0]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_LOOK_SECONDS):
            most[0] = max(most[0], held_mb(os.getpid()))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield most
    finally:
        ended.set()
        watcher.join()
