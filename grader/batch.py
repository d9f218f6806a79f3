"""The story of a class: what is known stays, the rest is asked of workers step by step, and the gradebook follows."""

import hashlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from math import isfinite
from pathlib import Path

from grader.budget import ClassBudget
from grader.class_steps import (
    Asked,
    ClassJob,
    Context,
    Told,
    decided,
    grade_step,
    keep_grade,
    lane_step,
    save_pages,
    show_grade,
)
from grader.core.decision import Ruling, settled_by
from grader.core.errors import MachineError
from grader.core.handin import HandedIn, Handin, Person
from grader.core.record import Record
from grader.core.standing import ClassStandings, Standing
from grader.core.stored import Ending, Provenance, RunStart
from grader.core.suspended import Where
from grader.engine import Ended, Engine, engine
from grader.extensions import Extension
from grader.files import digest_of_parts
from grader.intake.digest import digest_of_handin
from grader.machine import environment, software
from grader.pipeline import set_aside
from grader.report.class_page import AlikeFacts, ClassFacts, HandinFacts, facts_of, heads_of, render_class_page
from grader.report.csv import gradebook
from grader.rubric import Rubric
from grader.standings import absent, not_yet, standings_of
from grader.store import Decisions, Results, Store
from grader.tools import Options, Tools
from grader.training.device import CPU
from grader.training.plan import LaneStep

_FIRST, _AGAIN = 1e9, 2e9  # priorities: what is there to do is seen first, and what can be decided is decided at once
_GPU = "GPU"  # what a worker with an accelerator says that it has
_WRITE_SECONDS = 2.0  # between two writings of the gradebook
_PAGE_SECONDS = 60.0  # between two writings of the class's page
# What changes nothing of a grade: only how it is come by, or what is made of its points afterwards.
_NOT_JUDGED = {"reference", "mutants", "due", "timezone", "late", "salt", "gradescope"}
_NOT_SETTINGS = {"fresh", "training", "patience"}


class ClassResult(Record):
    """Where everyone stands, and why hand-ins that could not be graded were not: these have a row and a page too.

    `known` counts those whose result was there already, `left` are folders of results that are nobody's here.
    """

    run: int
    standings: tuple[Standing, ...]
    ungraded: dict[str, str] = {}
    known: int = 0
    left: tuple[str, ...] = ()


class Progress(Record):
    """How far a class is: hand-ins that are done, that failed by the machine's doing, and trainings still to come.

    `cost` is what these take in seconds of one core, by their prices.
    """

    done: int
    total: int
    failed: int = 0
    trainings: int = 0
    cost: float = 0.0
    workers: int = 1


class Class(Record):
    """What is to be graded, by what, and how. `seconds` are the whole class's."""

    handed_in: HandedIn
    rubric: Rubric
    options: Options = Options()
    extensions: dict[Person, Extension] = {}
    seconds: float | None = None
    workers: int = 1
    scheduler: str = ""
    command: str = ""
    source: str = ""


def grade_class(
    given: Class,
    out: Path,
    tools: Tools,
    store: Path | str | None = None,
    watch: Callable[[Progress], None] = lambda _: None,
) -> ClassResult:
    """Grade a class into `out`: a record and a page for each hand-in, `gradebook.csv`, `class.html`, and the store.

    What was found before by the same inputs isn't found again. Where a person has answers to read, pictures of the
    pages of PDFs lie beside the record, in `pages/`. Whatever is raised over a hand-in costs that one: what can't be
    read is a person's, what the grader failed on an error. Raises MachineError where results can't be kept; what was
    kept stays, and the same call goes on from there.
    """
    results = Results(out)
    by = _provenance(given, tools)
    with Store.open(store or out) as opened:
        run = opened.begin_run(_start(given, tools, by))
        ending: Ending = "failed"
        try:
            opened.save_handed_in(run, given.handed_in)
            job = ClassJob(
                rubric=given.rubric,
                options=given.options,
                sandbox=tools.sandbox,
                out=out,
                store=store or out,
                run=run,
                extensions=given.extensions,
                tools=tools,
            )
            context = Context(job, tools, opened, results, threading.Event())
            grading = _Grading(given, context, by, watch)
            try:
                grading.grade()
            finally:
                with suppress(MachineError):  # what ended it is the error to be told
                    grading.catch_up()
                grading.book.write()
                grading.book.write_page()
            ending = "finished"
        except KeyboardInterrupt:
            ending = "stopped"
            raise
        finally:
            with suppress(MachineError):  # what ended it is the error to be told
                opened.end_run(run, ending)
    return ClassResult(
        run=run,
        standings=grading.book.standings(),
        ungraded=grading.ungraded,
        known=grading.known,
        left=tuple(sorted(results.places() - grading.handins.keys())),
    )


class _Book:
    """Everyone of the class, in order, and the gradebook and the page that show them."""

    def __init__(
        self, handed_in: HandedIn, rubric: Rubric, results: Results, run: int, say: Callable[[str], None]
    ) -> None:
        self.rubric, self.results, self.run, self.say = rubric, results, run, say
        self.by_key = {handin.key: not_yet(handin, rubric) for handin in handed_in.handins}
        self.missing = absent(handed_in.missing, rubric)
        self.facts: dict[str, HandinFacts] = {}
        self.written = 0.0
        self.shown = time.monotonic()

    def put(self, key: str, standings: tuple[Standing, ...], facts: HandinFacts | None) -> None:
        """What is now known of a hand-in."""
        self.by_key[key] = standings
        if facts:
            self.facts[key] = facts
        if time.monotonic() - self.written > _WRITE_SECONDS:
            self.write()
        if time.monotonic() - self.shown > _PAGE_SECONDS:
            self.write_page()

    def standings(self) -> tuple[Standing, ...]:
        """Everyone."""
        return (*(standing for of_one in self.by_key.values() for standing in of_one), *self.missing)

    def write(self) -> None:
        """Write the gradebook."""
        standings = self._class()
        problems = [problem.id for problem in self.rubric.problems]
        self.results.save_class(gradebook(standings.standings, problems), standings)
        self.written = time.monotonic()

    def write_page(self) -> None:
        """Write the class's page. A fault of ours in it costs no grade."""
        try:
            facts = ClassFacts(
                standings=self._class(), problems=heads_of(self.rubric), handins=self.facts, alike=self._alike()
            )
            self.results.save_page(render_class_page(facts))
        except MachineError:
            raise
        except Exception as error:  # what is graded is kept, and the gradebook tells it
            self.say(f"no page of the class: {type(error).__name__}: {error}")
        self.shown = time.monotonic()

    def _alike(self) -> AlikeFacts | None:
        record = self.results.alike()
        if record is None:
            return None
        from grader.report.class_page.alike import alike_facts  # it loads what compares hand-ins

        return alike_facts(record)

    def _class(self) -> ClassStandings:
        return ClassStandings(rubric=self.rubric.id, title=self.rubric.title, run=self.run, standings=self.standings())


class _Grading:
    """One run over a class."""

    def __init__(self, given: Class, context: Context, by: Provenance, watch: Callable[[Progress], None]) -> None:
        self.given, self.context, self.by, self.watch = given, context, by, watch
        self.book = _Book(given.handed_in, given.rubric, context.results, context.job.run, context.tools.say)
        self.handins = {handin.key: handin for handin in given.handed_in.handins}
        self.ungraded: dict[str, str] = {}
        self.known = 0
        self.done = 0
        self.failed: set[str] = set()
        self.taken: set[str] = set()  # hand-ins whose result has come in
        self.clock = ClassBudget(len(self.handins), given.seconds)
        self.limits = given.rubric.limits.times(given.options.patience)
        self.open: dict[str, Asked] = {}  # hand-ins that are being graded
        self.lanes: dict[str, tuple[LaneStep, float]] = {}  # that are being trained, with the seconds for it
        self.waiting: dict[str, set[str]] = {}  # hand-ins, and the lanes that each waits for
        self.trained: set[str] = set()  # lanes that are there, as who trained them said
        self.short: dict[str, float] = {}  # hand-ins whose time was over, and what they had of it
        self.same: dict[str, list[Asked]] = {}  # those with the files of one that is being graded, by its key
        held = context.store.current().results
        rulings = defaultdict(list)
        for ruling in Decisions(context.store).rulings():
            rulings[ruling.key].append(ruling)
        self.rulings: Mapping[str, list[Ruling]] = rulings
        self.held = {key: result.provenance for key, result in held.items() if result.complete}

    def grade(self) -> None:
        """Grade all that is not known yet."""
        todo = self._first_of_same(asked for handin in self.handins.values() if (asked := self._unknown(handin)))
        self._tell(1)
        if not todo:
            return
        job = self.context.job
        workers = self.given.workers if self.given.scheduler else min(self.given.workers, len(todo))
        say = self.context.tools.say
        with engine(job, workers, self.given.scheduler, say) as steps:
            self._all(steps, todo)
            if again := self._with_more_time():
                say(f"once more, with more time: {len(again)}")
                self._all(steps, again)

    def _unknown(self, handin: Handin) -> Asked | None:
        """What is to be asked of a hand-in; None where its result is known, or it can't be read here."""
        try:
            submission = digest_of_handin(handin)
        except OSError as error:
            submission = ""
            why = f"can't be read: {error}"
        provenance = self.by.model_copy(update={"submission": submission or f"unreadable {handin.key}"})
        if settled := settled_by(self.rulings.get(handin.key, ()), submission):
            by = digest_of_parts(provenance.rubric, *(one.model_dump_json() for one in settled))
            provenance = provenance.model_copy(update={"rubric": by})
        asked = Asked(handin, provenance, None, settled=settled)
        if not submission:
            self._failed(asked, why)
            return None
        if self.given.options.fresh or not self._is_known(asked):
            self._show_best(asked)
            return asked
        self.known += 1
        return None

    def catch_up(self) -> None:
        """Show what workers have kept of hand-ins that are still open, as where the run was ended."""
        for key, asked in self.open.items():
            if key not in self.taken:
                self._show_best(asked)

    def _show_best(self, asked: Asked) -> None:
        """Show the best that is known of a hand-in, where anything is, until there is better."""
        given, by = self.given, asked.provenance
        if best := self.context.store.best(asked.handin.key, by.submission, by.rubric):
            grade = decided(self.context, asked.handin.key, by.submission, best.grade)
            standings = standings_of(asked.handin, grade, given.rubric, given.extensions)
            self.book.put(asked.handin.key, standings, facts_of(grade))

    def _is_known(self, asked: Asked) -> bool:
        """Take what is known of the same files, whoever handed them in."""
        handin, provenance = asked.handin, asked.provenance
        known = self.context.store.known(provenance)
        if known is None:
            return False
        self.done += 1
        named = known.grade.submission.model_copy(update={"id": handin.key})
        grade = known.grade.model_copy(update={"submission": named})
        if self.held.get(handin.key) == provenance:
            told = show_grade(self.context, handin, provenance.submission, grade)
        else:  # it is new here, or was handed in, or graded, in another way since
            save_pages(self.context, handin, grade)
            told = keep_grade(self.context, asked, grade)
        self._take(handin.key, told)
        return True

    def _first_of_same(self, todo: Iterable[Asked]) -> list[Asked]:
        """One hand-in of each content; the others wait for it."""
        first: dict[tuple[str, str], Asked] = {}
        for asked in todo:
            chosen = first.setdefault(asked.provenance.asked, asked)
            if chosen is not asked:
                self.same.setdefault(chosen.handin.key, []).append(asked)
        return list(first.values())

    def _all(self, steps: Engine, todo: Iterable[Asked]) -> None:
        """Grade these, with all the trainings that they wait for."""
        todo = list(todo)
        left = len(todo)
        for asked in todo:
            share = self.clock.share(left, steps.workers) if isfinite(self.given.options.patience) else None
            self._ask(steps, asked._replace(seconds=share, training=self._where(steps)), _FIRST)
        for ended in steps.ended():
            kind, _, name = ended.name.partition(" ")
            if kind == "grade":
                self._graded(steps, name, ended)
            else:
                self._trained(steps, name, ended)
            self._tell(steps.workers)

    def _ask(self, steps: Engine, asked: Asked, priority: float) -> None:
        self.open[asked.handin.key] = asked
        steps.submit(f"grade {asked.handin.key}", grade_step, asked, priority=priority)

    def _graded(self, steps: Engine, key: str, ended: Ended) -> None:
        asked = self.open[key]
        if ended.error:
            self.done += 1
            self._failed(asked, ended.error)
            self._same_as(steps, key)
            return
        told: Told = ended.value
        if not told.waits:
            self.done += 1
            self._take(key, told)
            if told.cut and not told.why:
                self.short[key] = told.seconds
                return
            self._same_as(steps, key)
            return
        asked = self.open[key] = asked._replace(spent=asked.spent + told.seconds)
        if any(step.key in self.trained for step in told.waits):
            self.context.tools.say(f"{key}: its finished trainings can't be had from GRADER_CACHE: it is trained anew")
            self._ask(steps, asked._replace(training="here"), _AGAIN)
            return
        self.waiting[key] = {step.key for step in told.waits}
        for step in told.waits:
            if step.key not in self.lanes:
                self.lanes[step.key] = step, self._left(asked)
                resource = _GPU if step.plan.device != CPU else ""
                steps.submit(
                    f"lane {step.key}", lane_step, step, self._left(asked), priority=step.cost, resource=resource
                )

    def _left(self, asked: Asked) -> float:
        """Seconds that a hand-in still has."""
        return max((asked.seconds or self.limits.submission_seconds) - asked.spent, 0.0)

    def _same_as(self, steps: Engine, key: str) -> None:
        """The others with the same files; where the first one's result is no lasting one, each by itself."""
        for other in self.same.pop(key, []):
            if not self._is_known(other):
                self._ask(steps, other._replace(seconds=self.open[key].seconds, training=self._where(steps)), _FIRST)

    def _where(self, steps: Engine) -> Where:
        """Anew is trained where it is judged: others would take a lane of an earlier run for theirs."""
        alone = steps.workers == 1 and not self.given.scheduler
        return "here" if alone or self.given.options.fresh else "elsewhere"

    def _trained(self, steps: Engine, lane: str, ended: Ended) -> None:
        """Grade on those that waited for it alone. What failed is trained again where it is judged, to say why."""
        _, seconds = self.lanes.pop(lane)
        training: Where = "here" if ended.error else "elsewhere" if ended.value else "over"
        if training == "elsewhere":
            self.trained.add(lane)
        for key in [key for key, lanes in self.waiting.items() if lane in lanes]:
            self.waiting[key].remove(lane)
            if training == "here" or (training == "over" and self._left(self.open[key]) <= seconds):
                self.open[key] = self.open[key]._replace(training=training)
            if not self.waiting[key]:
                del self.waiting[key]
                self._ask(steps, self.open[key], _AGAIN)

    def _take(self, key: str, told: Told) -> None:
        if told.lost:
            raise MachineError(
                f"the result of {key} can't be kept: {told.lost}",
                hint="What was kept before stays. Mend that, and the same command goes on from there.",
            )
        self.ungraded.pop(key, None)
        if told.why:
            self.ungraded[key] = told.why
        self.taken.add(key)
        self.book.put(key, told.standings, told.facts)
        if any(standing.state == "error" for standing in told.standings):
            self.failed.add(key)

    def _failed(self, asked: Asked, why: str) -> None:
        """A hand-in over which a worker ended, or that can't be read from here."""
        key = asked.handin.key
        self.context.tools.say(f"the grader failed on {key}: {why}")
        grade = set_aside(key, self.given.rubric, self.context.tools, why, "error")
        self._take(key, keep_grade(self.context, asked, grade).model_copy(update={"why": why}))

    def _with_more_time(self) -> list[Asked]:
        """Those whose time was over, where there is more for each now."""
        share = self.clock.share(len(self.short), 1)
        most = min(share, self.limits.submission_seconds)
        again = [self.open[key] for key, had in self.short.items() if most > had]
        again += [other for key in self.short for other in self.same.pop(key, [])]
        self.done -= sum(asked.handin.key in self.short for asked in again)
        self.short = {}
        return [asked._replace(spent=0.0) for asked in again]

    def _tell(self, workers: int) -> None:
        self.watch(
            Progress(
                done=self.done,
                total=len(self.handins),
                failed=len(self.failed),
                trainings=len(self.lanes),
                cost=sum(step.cost for step, _ in self.lanes.values()),
                workers=workers,
            )
        )


def _provenance(given: Class, tools: Tools) -> Provenance:
    """What all results of a run depend on, but for what was handed in."""
    rubric, options = given.rubric, given.options
    return Provenance(
        submission="-",
        rubric=digest_of_parts(rubric.model_dump_json(exclude=_NOT_JUDGED)),
        data=tools.dataset.digest if tools.dataset else "",
        grader=software(),
        settings=digest_of_parts(
            options.model_dump_json(exclude=_NOT_SETTINGS), options.salt or rubric.salt, tools.sandbox.layer
        ),
    )


def _start(given: Class, tools: Tools, by: Provenance) -> RunStart:
    """What is written down of a run."""
    found: Mapping[str, object] = environment()
    settings = given.options.model_dump(mode="json", exclude={"salt", "training"})
    return RunStart(
        command=given.command,
        settings=settings | {"workers": given.workers, "sandbox": tools.sandbox.layer},
        grader=str(found.get("grader", "")),
        torch=str(found.get("torch", "")),
        rubric=by.rubric,
        data=by.data,
        salt=hashlib.sha256((given.options.salt or given.rubric.salt).encode()).hexdigest(),
        source=given.source,
    )
