"""The steps of a class that workers do: grading one hand-in, and what they work with."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from grader.budget import Budget
from grader.core.decision import Settled
from grader.core.errors import MachineError, SubmissionError
from grader.core.evidence import OF_NOTEBOOKS, Retraining
from grader.core.handin import Handin, Person
from grader.core.outcome import Grade
from grader.core.record import Record
from grader.core.standing import Standing
from grader.core.stored import Cut, Provenance
from grader.core.suspended import Suspended, Where
from grader.decided import with_decisions
from grader.execution import Sandbox, kept_runs
from grader.extensions import Extension
from grader.lateness import with_lateness
from grader.pictures import PICTURES, made_pictures
from grader.pipeline import grade_submission, set_aside
from grader.report import FORMATS
from grader.report.class_page import HandinFacts, facts_of
from grader.rubric import Rubric
from grader.standings import standings_of
from grader.store import Decisions, Results, Store
from grader.tools import Options, Tools, tools_for, warmed
from grader.training.plan import LaneStep

_RECORD = "grade.json"


class Context(NamedTuple):
    """What all steps of a worker work with; once it is `stopped`, nothing that they find is kept."""

    job: "ClassJob"
    tools: Tools
    store: Store
    results: Results
    stopped: threading.Event


class ClassJob(Record):
    """A class to be graded by one rubric into one folder and store, as every worker is told of it.

    `tools` are those of this process, where it does the steps itself; workers find their own.
    """

    rubric: Rubric
    options: Options
    sandbox: Sandbox
    out: Path
    store: Path | str
    run: int
    extensions: dict[Person, Extension] = {}
    tools: Tools | None = None

    @property
    def in_threads(self) -> bool:
        """Whether no step trains: all else is done by processes that steps start and wait for."""
        return not (self.options.retrain and self.rubric.needs(Retraining))

    @property
    def idle(self) -> bool:
        """Whether no step runs notebooks: confining a process takes the kernel as long as that reads answers."""
        return not self.rubric.needs(*OF_NOTEBOOKS)

    @contextmanager
    def open(self, say: Callable[[str], None], stopped: threading.Event) -> Iterator[Context]:
        """The store, the sandbox, the data, and warm processes, until the last step is done."""
        tools = self.tools or tools_for(self.rubric, say).model_copy(update={"sandbox": self.sandbox})
        with Store.open(self.store) as store, warmed(tools, self.rubric) as warm:
            kept = _Steps(store, self.run, fresh=self.options.fresh)
            warm = warm.model_copy(update={"run": kept_runs(warm.run, kept), "kept": kept})
            yield Context(self, warm, store, Results(self.out), stopped)

    def told(self) -> "ClassJob":
        """The same for another process."""
        return self.model_copy(update={"tools": None, "sandbox": self.sandbox.model_copy(update={"warm": None})})


class Told(Record):
    """What became of a hand-in: where its people stand and what the class's page says of it, or what it waits for.

    `why` says why it was not graded; `cut` that its time ended before it was judged, after `seconds` of it; `lost` that
    its result could not be kept, which ends the run.
    """

    standings: tuple[Standing, ...] = ()
    facts: HandinFacts | None = None
    why: str = ""
    cut: bool = False
    seconds: float = 0.0
    waits: tuple[LaneStep, ...] = ()
    lost: str = ""


class Asked(NamedTuple):
    """A hand-in to grade: what its result depends on, how many seconds it may take, and where its networks train.

    `spent` are seconds that it has had already, and `settled` is what a person settled of it.
    """

    handin: Handin
    provenance: Provenance
    seconds: float | None
    spent: float = 0.0
    training: Where = "here"
    settled: tuple[Settled, ...] = ()


def grade_step(context: Context, asked: Asked) -> Told:
    """Grade a hand-in and keep the result, or say which trainings it waits for. Never raises for what it holds.

    Raises KeyboardInterrupt, and keeps nothing, where the class was stopped meanwhile: what failed then failed by that.
    """
    job, tools = context.job, context.tools
    options = job.options.model_copy(update={"training": asked.training})
    limits = job.rubric.limits.times(options.patience)
    tools.say(f"grading {asked.handin.key}")
    started = time.monotonic()
    budget = Budget(limits, asked.seconds, asked.spent)
    why = ""
    try:
        grade = grade_submission(asked.handin, job.rubric, tools, options, budget, asked.settled)
    except Suspended as suspended:
        waits = tuple(step for step in suspended.steps if isinstance(step, LaneStep))
        return Told(waits=waits, seconds=time.monotonic() - started)
    except SubmissionError as error:
        why = error.found
        grade = set_aside(asked.handin.key, job.rubric, tools, why, "manual")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the one boundary: the others are graded whatever this one did
        if context.stopped.is_set():
            raise KeyboardInterrupt from error
        why = str(error) if isinstance(error, MachineError) else f"{type(error).__name__}: {error}"
        tools.say(f"the grader failed on {asked.handin.key}: {why}")
        grade = set_aside(asked.handin.key, job.rubric, tools, why, "error")
    save_pages(context, asked.handin, grade)  # first: what is known has its pictures, whenever this ends
    if context.stopped.is_set():
        raise KeyboardInterrupt
    told = keep_grade(context, asked, grade, cut=bool(budget.cut))
    return told.model_copy(update={"why": told.why or why, "cut": bool(budget.cut), "seconds": budget.seconds})


def keep_grade(context: Context, asked: Asked, grade: Grade, *, cut: bool = False) -> Told:
    """Keep a grade, and write the pages of the best that is known of the hand-in."""
    job, store, handin = context.job, context.store, asked.handin
    by = asked.provenance
    why = ""
    try:
        rendered = _rendered(context, handin, decided(context, handin.key, by.submission, grade))
    except Exception as error:  # a record that can't be rendered is a fault of ours, and costs this submission
        why = f"its result could not be written: {type(error).__name__}: {error}"
        grade = set_aside(handin.key, job.rubric, None, why, "error")
        rendered = {}
    try:
        short: Cut = "time" if cut else "settings" if not job.options.retrain and job.rubric.needs(Retraining) else ""
        store.save_grade(job.run, handin.key, by, grade, cut=short)
        best = store.best(handin.key, by.submission, by.rubric)
        told = show_grade(context, handin, by.submission, best.grade if best else grade, rendered)
        return told.model_copy(update={"why": why or told.why})
    except MachineError as error:
        return Told(lost=str(error))


def decided(context: Context, key: str, submission: str, grade: Grade) -> Grade:
    """The grade with what people have decided by now. Raises MachineError."""
    said = Decisions(context.store)
    decisions = said.decisions(key)
    return with_decisions(grade, submission, decisions, said.items()) if decisions else grade


def show_grade(
    context: Context, handin: Handin, submission: str, grade: Grade, rendered: Mapping[str, str] = {}
) -> Told:
    """Write the pages of a grade, where they are not there as they should be. Raises MachineError.

    What people decided of these files is in them; `submission` is the files' digest. `rendered` are the pages of a
    grade that may be this one: they are not made again then.
    """
    job = context.job
    grade = decided(context, handin.key, submission, grade)
    record = FORMATS["json"](_with_lateness(context, handin, grade))
    try:
        if context.results.read(handin.key, _RECORD) != record:
            same = rendered.get(_RECORD) == record
            context.results.save(handin.key, rendered if same else _rendered(context, handin, grade))
    except OSError as error:
        return Told(lost=str(error))
    why = "" if grade.submission.files else next(iter(grade.unread), "")  # what was graded has a file
    standings = standings_of(handin, grade, job.rubric, job.extensions)
    return Told(standings=standings, facts=facts_of(grade), why=why)


def _with_lateness(context: Context, handin: Handin, grade: Grade) -> Grade:
    return with_lateness(grade, handin, context.job.rubric, context.job.extensions)


def _rendered(context: Context, handin: Handin, grade: Grade) -> dict[str, str]:
    """The page and the record of a grade; the record comes last, so that it is there where both are."""
    shown = _with_lateness(context, handin, grade)
    return {"feedback.html": FORMATS["html"](shown), _RECORD: FORMATS["json"](shown)}


def lane_step(context: Context, step: LaneStep, seconds: float) -> bool:
    """Train a lane, which is remembered; False where the seconds ended first."""
    from grader.training.elsewhere import train_step

    context.tools.say(f"training {step.plan.dataset} under seed {step.seed}")
    return train_step(step, seconds) is not None


class _Steps:
    """Results of steps, in the store of the class."""

    def __init__(self, store: Store, run: int, *, fresh: bool) -> None:
        self.store, self.run, self.fresh = store, run, fresh

    def recall(self, key: str) -> bytes | None:
        """What was kept under this key, or None."""
        try:
            return None if self.fresh else self.store.step(key)
        except MachineError:
            return None

    def keep(self, key: str, kind: str, value: bytes, seconds: float) -> None:
        """Keep a result; what can't be kept costs time."""
        try:
            self.store.save_step(self.run, key, value, kind=kind, seconds=seconds)
        except MachineError:
            return


def save_pages(context: Context, handin: Handin, grade: Grade) -> None:
    """Write pages and figures as pictures, in place of earlier ones, where a person reads answers of what was opened.

    Without them a person opens the files.
    """
    try:
        context.results.clear(handin.key, PICTURES)
        if grade.manual_points and grade.submission.files:
            context.results.save(handin.key, made_pictures(handin, grade, context.tools))
    except Exception as error:
        context.tools.say(f"no pictures of the pages of {handin.key}: {type(error).__name__}: {error}")
