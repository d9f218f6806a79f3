"""Whose points changed between two runs, in which check, and why: what `grader diff` shows."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from grader.core.changes import Changes, CheckChange, CheckSaid, HandinChange, Points
from grader.core.decision import Decision, Item, Place
from grader.core.outcome import CheckResult, Grade
from grader.core.stored import Result, Run, StoredGrade
from grader.decided import with_decisions
from grader.store.decisions import Decisions
from grader.store.store import Current, Store

_NEARLY = 1e-6  # of points, which are sums
_CUT = {"": "it says less", "time": "it was cut short", "settings": "settings kept it from judging all"}


def changes(store: Store, before: Run, after: Run) -> Changes:
    """What changed between what held after one run and what held after a later one.

    One hand-in's records are in memory at a time. Hand-ins of which the same result holds are not read.
    """
    runs = {run.number: run for run in store.runs()}
    then, now = _held(store, before, runs), _held(store, after, runs)
    people = store.people(after.number)
    changed = []
    for key in dict.fromkeys((*then.current, *now.current)):
        if then.same(now, key):
            continue
        change = _change(then.grade(key), now.grade(key), runs)
        if change:
            names = tuple(p.name or p.email or p.id or p.user for p in people.get(key, ()))
            changed.append(change.model_copy(update={"key": key, "people": names}))
    return Changes(
        before=before,
        after=after,
        changed=tuple(changed),
        unchanged=len({*then.current, *now.current}) - len(changed),
        kept=dict(_kept(store.results_of(before.number + 1, after.number), now.current.results)),
    )


class _Held(NamedTuple):
    """What held after a run: results, and what people had decided until the next one began."""

    current: Current
    decisions: dict[str, dict[Place, Decision]]
    items: dict[str, Item]

    def same(self, other: "_Held", key: str) -> bool:
        """Whether nothing is another there, without reading a record."""
        old, new = self.current.results.get(key), other.current.results.get(key)
        result = bool(old and new and old.id == new.id)
        decided = self.decisions.get(key), other.decisions.get(key)
        return result and decided[0] == decided[1] and (self.items == other.items or decided == (None, None))

    def grade(self, key: str) -> StoredGrade | None:
        """The result of a hand-in with its decisions, in its numbers too."""
        if key not in self.current:
            return None
        stored = self.current[key]
        grade = with_decisions(stored.grade, stored.provenance.submission, self.decisions.get(key, {}), self.items)
        numbers = {name: getattr(grade, name) for name in ("score", "max_score", "manual_points", "error_points")}
        return stored.model_copy(update={"grade": grade, **numbers})


def _held(store: Store, run: Run, runs: Mapping[int, Run]) -> _Held:
    later = [other.started for number, other in runs.items() if number > run.number]
    until = min(later) if later else None
    said = Decisions(store)
    by_key: dict[str, dict[Place, Decision]] = {}
    for place, decision in said.decisions(until=until).items():
        by_key.setdefault(place.key, {})[place] = decision
    return _Held(store.current(run.number), by_key, said.items(until))


def _change(old: StoredGrade | None, new: StoredGrade | None, runs: Mapping[int, Run]) -> HandinChange | None:
    """What changed for a hand-in; None where no points did."""
    checks = tuple(_checks(old.grade, new.grade)) if old and new else ()
    before, after = _total(old), _total(new)
    if not checks and before and after and _alike(before, after):
        return None
    if old and new:
        reasons = tuple(_reasons(old, new, runs))
    elif new:
        reasons = ("graded for the first time",)
    else:
        reasons = ("it is somebody else's now, and not graded yet",)
    return HandinChange(key="", before=before, after=after, reasons=reasons, checks=checks)


def _reasons(old: StoredGrade, new: StoredGrade, runs: Mapping[int, Run]) -> Iterator[str]:
    """Everything that the two results depend on and that is another; why the result is, where nothing is."""
    was, became = old.provenance, new.provenance
    run, later = runs[old.run], runs[new.run]
    found = []
    if was.submission != became.submission:
        found.append("the submission changed")
    if was.rubric != became.rubric:
        same = run.rubric and run.rubric == later.rubric
        found.append("a person settled what it is judged by" if same else "the rubric changed")
    if was.data != became.data:
        found.append("the data changed")
    versions = [
        f"{name} {getattr(run, name)} → {getattr(later, name)}"
        for name in ("grader", "torch")
        if getattr(run, name) != getattr(later, name)
    ]
    if was.grader != became.grader or versions:
        found.append("the grader changed" + (f" ({', '.join(versions)})" if versions else ""))
    chosen = [
        f"{name} {_shown(run.settings.get(name))} → {_shown(later.settings.get(name))}"
        for name in dict.fromkeys((*run.settings, *later.settings))
        if run.settings.get(name) != later.settings.get(name)
    ]
    if run.salt != later.salt:
        chosen.append("another salt, which gives other seeds")
    if was.settings != became.settings:
        found.append("settings changed" + (f" ({', '.join(chosen)})" if chosen else ""))
    found += _made_up_for(old)
    decided = sorted({by for grade in (old.grade, new.grade) for by in _deciders(grade)})
    if decided:
        found.append(f"decided by {', '.join(decided)}")
    yield from found or ["the same inputs gave another result"]


def _deciders(grade: Grade) -> Iterator[str]:
    return (check.given.by for problem in grade.problems for check in problem.checks if check.given)


def _made_up_for(old: Result) -> Iterator[str]:
    """What was wrong with the earlier result, and is reason enough for another one."""
    if old.state != "judged":
        yield "the machine had failed on it before"
    if old.cut == "time":
        yield "it had been cut short before"


def _checks(old: Grade, new: Grade) -> Iterator[CheckChange]:
    """The checks whose points are others; none where a record of another version tells no checks."""
    if not old.problems or not new.problems:
        return
    before, after = _by_name(old), _by_name(new)
    for problem, check, number in dict.fromkeys((*before, *after)):
        was, became = before.get((problem, check, number)), after.get((problem, check, number))
        if was is None or became is None or not _alike(was.points, became.points):
            yield CheckChange(problem=problem, check=check, before=was, after=became)


def _by_name(grade: Grade) -> dict[tuple[str, str, int], CheckSaid]:
    """What each check said; of several with one name the first is number 1."""
    found: dict[tuple[str, str, int], CheckSaid] = {}
    met: Counter[tuple[str, str]] = Counter()
    for problem in grade.problems:
        for check in problem.checks:
            met[problem.id, check.name] += 1
            said = CheckSaid(status=check.status, points=_points(check), message=check.message)
            found[problem.id, check.name, met[problem.id, check.name]] = said
    return found


def _points(check: CheckResult) -> Points:
    return Points(
        earned=check.score,
        of=check.max_score,
        waiting=check.max_score if check.status == "manual" else 0.0,
        error=check.max_score if check.status == "error" else 0.0,
    )


def _total(result: Result | None) -> Points | None:
    return Points(result.score, result.max_score, result.manual_points, result.error_points) if result else None


def _alike(some: Points, others: Points) -> bool:
    return all(abs(one - other) < _NEARLY for one, other in zip(some, others, strict=True))


def _kept(later: list[Result], holding: Mapping[str, Result]) -> Iterator[tuple[str, str]]:
    """The hand-ins of which a result was saved later than the one that holds."""
    for result in later:
        holds = holding.get(result.key)
        if holds and result.id > holds.id and result.provenance.asked == holds.provenance.asked:
            why = "the machine failed on it" if result.state != "judged" else _CUT[result.cut]
            yield result.key, f"in run {result.run} {why}: the result of run {holds.run} stands"


def _shown(setting: object) -> str:
    return "none" if setting is None else str(setting)
