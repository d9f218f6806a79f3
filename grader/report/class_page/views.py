"""What the class's page says, worked out from its facts: numbers and words, no markup."""

import math
from collections import Counter
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple
from urllib.parse import quote

from grader.core.standing import Standing, State
from grader.report._text import one_line, points
from grader.report.class_page.facts import CheckFact, ClassFacts, HandinFacts

_MOST_REASONS = 4
_MOST_WRONG = 6
_MOST_DEAR = 5
STATE: dict[State, str] = {
    "error": "Machine error",
    "waiting": "Waits for a person",
    "graded": "Done",
    "missing": "Nothing handed in",
}


class Row(NamedTuple):
    """One person: who, where their page is, how they stand, and why somebody should look."""

    name: str
    key: str
    link: str
    section: str
    state: State
    standing: Standing
    lost: float
    late: str
    reasons: tuple[str, ...]
    more: int


class Wrong(NamedTuple):
    """A wrong answer, how `many` gave it, and what the rubric says of the mistake."""

    said: str
    named: str
    many: int


class LostAt(NamedTuple):
    """A check, how `many` lost points at it, how many points together, and what they had wrong."""

    check: str
    many: int
    points: float
    wrong: tuple[Wrong, ...]
    others: int


class ProblemView(NamedTuple):
    """One problem over the class; means are of those whose points wait for nobody."""

    id: str
    title: str
    max_points: float
    extra_credit: bool
    mean: float
    judged: int
    lost: int
    waiting: int
    checks: tuple[LostAt, ...]


class Overview(NamedTuple):
    """How far the class is, in hand-ins and in points of all of them together."""

    people: int
    handins: int
    states: dict[State, int]
    settled: float
    waiting: float
    error: float
    unread: int
    close: int
    read: int
    overruled: int


class Cost(NamedTuple):
    """What grading took, in seconds: of all hand-ins, of the middle one, of their trainings, and the dearest."""

    total: float
    middle: float
    training: float
    dearest: tuple[tuple[str, float], ...]


def name_of(standing: Standing) -> str:
    """A person as far as the export tells."""
    person = standing.person
    return person.name or person.email or person.id or person.user or standing.key


def page_of(key: str) -> str:
    """Where the feedback page of a hand-in lies, from the class's page."""
    return f"{quote(key, safe='')}/feedback.html" if key else ""


def one_each(facts: ClassFacts) -> list[Standing]:
    """One standing of each hand-in."""
    return list({standing.key: standing for standing in facts.standings.standings if standing.key}.values())


def overview(facts: ClassFacts) -> Overview:
    """How far the class is. Extra credit counts where it is earned or waits."""
    standings = one_each(facts)
    everyone = Counter(standing.state for standing in facts.standings.standings)
    waiting, error = sum(s.waiting for s in standings), sum(s.error for s in standings)
    return Overview(
        people=len(facts.standings.standings),
        handins=len(standings),
        states={state: everyone[state] for state in STATE if everyone[state]},
        settled=max(sum(s.max_points for s in standings) - waiting - error, 0.0),
        waiting=waiting,
        error=error,
        unread=sum(bool(s.unread) for s in standings),
        close=sum(any(c.why.startswith("A close call") for c in h.checks) for h in facts.handins.values()),
        read=sum(h.read for h in facts.handins.values()),
        overruled=sum(h.overruled for h in facts.handins.values()),
    )


def scores(facts: ClassFacts) -> list[tuple[float, bool]]:
    """The points of everyone who handed in, and whether these are final; not of those on whom the machine failed."""
    return [
        (s.points, s.state == "graded")
        for s in facts.standings.standings
        if s.state in ("graded", "waiting") and math.isfinite(s.points)
    ]


def problems(facts: ClassFacts) -> list[ProblemView]:
    """Problem by problem, in the rubric's order."""
    by_problem: dict[str, dict[str, list[CheckFact]]] = {}
    for handin in facts.handins.values():
        for fact in handin.checks:
            by_problem.setdefault(fact.problem, {}).setdefault(fact.check, []).append(fact)
    standing = {head.id: [p for s in one_each(facts) for p in s.problems if p.id == head.id] for head in facts.problems}
    views = []
    for head in facts.problems:
        done = [p.points for p in standing[head.id] if not p.waiting and math.isfinite(p.points)]
        views.append(
            ProblemView(
                id=head.id,
                title=head.title,
                max_points=head.max_points,
                extra_credit=head.extra_credit,
                mean=sum(done) / len(done) if done else math.nan,
                judged=len(done),
                lost=sum(p.lost > 0 for p in standing[head.id]),
                waiting=sum(p.waiting > 0 for p in standing[head.id]),
                checks=tuple(_lost_at(by_problem.get(head.id, {}))),
            )
        )
    return views


def _lost_at(checks: dict[str, list[CheckFact]]) -> Iterator[LostAt]:
    found = []
    for check, facts in checks.items():
        lost = [fact for fact in facts if fact.lost > 0]
        wrong = Counter((fact.wrong, fact.named) for fact in facts if fact.wrong)
        # What several have comes first; of what only one has, a few show what is meant.
        shown = [Wrong(said, named, count) for (said, named), count in wrong.most_common(_MOST_WRONG)]
        if lost or shown:
            others = sum(wrong.values()) - sum(each.many for each in shown)
            found.append(LostAt(check, len(lost), sum(fact.lost for fact in lost), tuple(shown), others))
    yield from sorted(found, key=lambda each: -each.points)


def rows(facts: ClassFacts) -> list[Row]:
    """Everyone, those first at whom somebody should look: the machine's errors, then what it could not decide."""
    found = [_row(standing, facts.handins.get(standing.key)) for standing in facts.standings.standings]
    order = {"error": 0, "waiting": 1, "graded": 1, "missing": 2}
    return sorted(
        found, key=lambda r: (order[r.state], -len(r.reasons) - r.more, -r.standing.waiting, r.name.casefold())
    )


def _row(standing: Standing, facts: HandinFacts | None) -> Row:
    reasons = list(dict.fromkeys(_reasons(standing, facts)))
    late = standing.late
    return Row(
        name=name_of(standing),
        key=standing.key,
        link=page_of(standing.key),
        section=standing.person.section,
        state=standing.state,
        standing=standing,
        lost=sum(problem.lost for problem in standing.problems),
        late=one_line(late.why, 200) if late and (late.seconds or not late.settled) else "",
        reasons=tuple(reasons[:_MOST_REASONS]),
        more=max(len(reasons) - _MOST_REASONS, 0),
    )


def _reasons(standing: Standing, facts: HandinFacts | None) -> Iterator[str]:
    if standing.late and not standing.late.settled:
        yield "How late it is, a person decides"
    yield from (f"Nobody read {one_line(what, 160)}" for what in standing.unread)
    checks = facts.checks if facts else ()
    yield from (f"{c.problem} {c.check}: {c.why}" for c in checks if c.why and c.status == "error")
    yield from (f"{c.problem} {c.check}: {c.why}" for c in checks if c.why and c.status != "error")
    if standing.state == "error" and not any(c.status == "error" for c in checks):
        yield from (one_line(note, 160) for note in standing.notes[:2])


def cost(facts: ClassFacts) -> Cost:
    """What grading took."""
    seconds = {key: h.seconds for key, h in facts.handins.items() if math.isfinite(h.seconds) and h.seconds > 0}
    dearest = sorted(seconds.items(), key=lambda each: -each[1])[:_MOST_DEAR]
    return Cost(
        total=sum(seconds.values()),
        middle=median(seconds.values()) if seconds else 0.0,
        training=sum(n.seconds for h in facts.handins.values() for n in h.networks),
        dearest=tuple(dearest),
    )


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def middle(facts: ClassFacts) -> str:
    """The mean and the quartiles of the points, in a sentence."""
    values = sorted(value for value, _ in scores(facts))
    if not values:
        return "Nobody has points yet."
    low, high = values[len(values) // 4], values[(3 * len(values)) // 4 if len(values) > 1 else 0]
    open_ = sum(not final for _, final in scores(facts))
    said = f"Mean {points(sum(values) / len(values))}, median {points(median(values))}"
    rest = f"; the points of {people(open_)} may still rise" if open_ else ""
    return f"{said}, middle half {points(low)} to {points(high)}, of {people(len(values))} with points{rest}."


def people(number: int) -> str:
    """`1 person`, `30 people`."""
    return "1 person" if number == 1 else f"{number:,} people"
