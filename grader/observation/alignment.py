"""Which lines open which problem: the best way to read all of them together, and where another is about as good.

The best path through the candidates by dynamic programming (Viterbi 1967); the cost of the best reading that takes a
line another way, from the same sums forward and backward, says how sure that line is.
"""

from collections.abc import Sequence
from typing import NamedTuple

from grader.observation.candidates import OUTSIDE, Candidate, Meaning, Outline

_NEVER = 1e9
_SKIPPED, _MOST_SKIPPED, _LEFT, _MOST_LEFT, _NOTHING = 0.7, 1.5, 0.4, 1.5, 1.5
_AGAIN, _BACK, _RESTART, _FOREIGN, _AFTER_FOREIGN = 1.0, 4.0, 1.5, 1.0, 0.5
_NEXT_CHAPTER, _OTHER_CHAPTER, _EXPECTED, _NEXT = 1.2, 2.5, -1.5, -1.0
# The loss that another reading of a line must have for this one to be sure: some 4 to 1.
_MARGIN = 1.5


class Decision(NamedTuple):
    """What is made of a candidate: what it opens, None for nothing; `instead` are the targets it might as well."""

    candidate: Candidate
    opens: Meaning | None
    before: int
    instead: tuple[int, ...] = ()


def align(candidates: Sequence[Candidate], outline: Outline) -> list[Decision]:
    """The decision for every candidate."""
    steps = _Steps(outline)
    forward = _forward(candidates, steps)
    backward = _backward(candidates, steps)
    # Followed forward: from each place, the choice with the least cost to the end.
    decisions = []
    place = OUTSIDE
    for number, candidate in enumerate(candidates):
        rest = backward[number + 1]
        choices: list[tuple[float, Meaning | None]] = [(candidate.ignored + rest[place], None)]
        choices += [
            (steps.to(meaning)[place] + meaning.cost + rest[meaning.target], meaning) for meaning in candidate.meanings
        ]
        opens = min(choices, key=lambda choice: choice[0])[1]
        instead = _instead(forward[number], candidate, rest, steps, opens.target if opens else place)
        decisions.append(Decision(candidate, opens, place, instead))
        place = opens.target if opens else place
    return decisions


def step(place: int, meaning: Meaning, outline: Outline) -> float:
    """What it costs that this is opened below that place."""
    if meaning.target == OUTSIDE:
        return _FOREIGN
    here, there = outline.targets[place], outline.targets[meaning.target]
    if meaning.part and place == meaning.target:
        return 0.0
    distance = there.position - here.position
    if not there.problem:
        distance += 1
        within = here.path[: len(there.path)] == there.path
        order = _AGAIN if within and place != OUTSIDE else _BACK if distance < 0 else _skipped(distance - 1)
    elif place == meaning.target:
        order = 0.0 if meaning.solution else _AGAIN
    else:
        order = _skipped(distance - 1) if distance > 0 else _BACK if there.position or meaning.needs else _RESTART
    if place == OUTSIDE and there.problem:
        order = min(order, _SKIPPED + _AFTER_FOREIGN)
    if not meaning.needs:
        return order
    if place != OUTSIDE and here.path[: len(meaning.needs)] == meaning.needs:
        beside = here.path[:-1] == meaning.needs
        return order + (0.0 if distance != 1 else _EXPECTED if not here.problem else _NEXT if beside else 0.0)
    return order + (_NEXT_CHAPTER if distance == 1 and there.first else _OTHER_CHAPTER)


class _Steps:
    """What each step costs, worked out once: long documents have many lines that open the same."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.known: dict[tuple[object, ...], list[float]] = {}

    def to(self, meaning: Meaning) -> list[float]:
        """What it costs to open this below each of the targets."""
        kind = (meaning.target, meaning.needs, meaning.solution, meaning.part)
        if kind not in self.known:
            self.known[kind] = [step(place, meaning, self.outline) for place in range(len(self.outline.targets))]
        return self.known[kind]


def _skipped(count: int) -> float:
    return min(_MOST_SKIPPED, _SKIPPED * count)


def _left(place: int, outline: Outline) -> float:
    """What it costs that the document ends here, with the problems behind unanswered."""
    return (
        min(_MOST_LEFT, _LEFT * (outline.count - 1 - outline.targets[place].position)) if place != OUTSIDE else _NOTHING
    )


def _forward(candidates: Sequence[Candidate], steps: _Steps) -> list[list[float]]:
    """The least cost to stand at each target before each candidate."""
    costs = [[_NEVER] * len(steps.outline.targets)]
    costs[0][OUTSIDE] = 0.0
    for candidate in candidates:
        last = costs[-1]
        now = [cost + candidate.ignored for cost in last]
        reached = [place for place, cost in enumerate(last) if cost < _NEVER]
        for meaning in candidate.meanings:
            taken = steps.to(meaning)
            best = min(last[place] + taken[place] for place in reached)
            now[meaning.target] = min(now[meaning.target], best + meaning.cost)
        costs.append(now)
    return costs


def _backward(candidates: Sequence[Candidate], steps: _Steps) -> list[list[float]]:
    """The least cost from each target before each candidate to the end."""
    outline = steps.outline
    costs = [[_left(place, outline) for place in range(len(outline.targets))]]
    for candidate in reversed(candidates):
        rest = costs[-1]
        now = [cost + candidate.ignored for cost in rest]
        for meaning in candidate.meanings:
            behind = meaning.cost + rest[meaning.target]
            now = [min(cost, taken + behind) for cost, taken in zip(now, steps.to(meaning), strict=True)]
        costs.append(now)
    return costs[::-1]


def _instead(
    before: Sequence[float], candidate: Candidate, rest: Sequence[float], steps: _Steps, taken: int
) -> tuple[int, ...]:
    """The targets that the text behind this line would have under another reading that is about as good."""
    reached = [there for there, cost in enumerate(before) if cost < _NEVER]
    ways: dict[int, float] = {}
    for there in reached:
        ways[there] = before[there] + candidate.ignored + rest[there]
    for meaning in candidate.meanings:
        costs = steps.to(meaning)
        best = min(before[there] + costs[there] for there in reached)
        ways[meaning.target] = min(ways.get(meaning.target, _NEVER), best + meaning.cost + rest[meaning.target])
    least = min(ways.values())
    return tuple(there for there, cost in ways.items() if there != taken and cost - least < _MARGIN)
