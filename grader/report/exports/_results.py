"""Which results are handed on, and how a reader is told of people."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from grader.core.handin import Person
from grader.core.handover import Handover
from grader.core.standing import Standing
from grader.report._text import one_line, point_words

_NOTHING = 1e-9  # points; less is left over from adding


class Points(NamedTuple):
    """The points of one person to hand on, None where there are none. Only `final` ones may replace others."""

    value: float | None
    final: bool


def points_of(standing: Standing, handover: Handover) -> Points:
    """What is handed on: nothing that waits for a person, or that the machine failed on, becomes a silent 0."""
    if standing.state == "missing":
        return Points(0.0 if handover.missing == "zero" else None, final=False)
    if not math.isfinite(standing.points):
        return Points(None, final=False)
    if _is_final(standing):
        return Points(standing.points, final=True)
    return Points(standing.points if handover.partial else None, final=False)


def _is_final(standing: Standing) -> bool:
    settled = standing.waiting < _NOTHING and standing.error < _NOTHING
    return standing.state == "graded" and settled and math.isfinite(standing.points)


def said_of_points(handover: Handover) -> list[str]:
    """Who gets no grade, or one that isn't final, and why; everyone is named."""
    nothing, waiting, failed = [], [], []
    for standing in handover.standings:
        who = called(standing.person, standing.key)
        if standing.state == "missing":
            nothing.append(who)
        elif _is_final(standing):
            continue
        elif standing.state == "error" or standing.error >= _NOTHING or not math.isfinite(standing.points):
            failed.append(f"{who}{_amount(standing.error)}")
        else:
            waiting.append(f"{who}{_amount(standing.waiting)}")
    given = "only the points so far" if handover.partial else "no grade yet"
    zero = "0 points" if handover.missing == "zero" else "no grade"
    return [
        *listed(f"The machine failed on a part, so that these get {given}", failed),
        *listed(f"A person must look first, so that these get {given}", waiting),
        *listed(f"These handed in nothing and get {zero}", nothing),
    ]


def _amount(value: float) -> str:
    return f" ({point_words(value)})" if _NOTHING <= value < math.inf else ""


def called(person: Person, key: str = "") -> str:
    """A person for a reader: the name with what tells it from another one's."""
    known = [one_line(text) for text in (person.name, person.id, person.email, person.user) if one_line(text)]
    return (
        (f"{known[0]} ({known[1]})" if len(known) > 1 else "".join(known)) or one_line(key) or "a person without a name"
    )


def listed(what: str, whom: Iterable[str]) -> list[str]:
    """One sentence that names all of them; none where there is nobody."""
    names = "; ".join(whom)
    return [f"{what}: {names}."] if names else []


def pages_of(handover: Handover) -> dict[str, bytes]:
    """The feedback pages by key of those whose points are handed on."""
    keys = dict.fromkeys(s.key for s in handover.standings if s.key and points_of(s, handover).value is not None)
    return {key: page for key in keys if (page := handover.pages(key)) is not None}
