"""The drawings of the class's page as SVG in the page: its style colours them, in the light, the dark and on paper."""

import math
from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple

from markupsafe import Markup

from grader.report._text import counted, points
from grader.report.class_page.facts import NetworkFact

_WIDTH, _LEFT, _RIGHT = 920, 56, 12
_MOST_BINS = 20
_SHOWN = 0.05  # of the accuracies may lie below what is drawn, at its lower edge


class Bin(NamedTuple):
    """People with at least `low` points, below `high`: those whose points are final, and those who may gain."""

    low: float
    high: float
    final: int
    open: int


class Panel(NamedTuple):
    """The networks of one problem that were trained again, by their medians, the lowest first."""

    problem: str
    networks: tuple[NetworkFact, ...]

    @property
    def threshold(self) -> float | None:
        """What is needed, where all of them need the same."""
        needed = {n.threshold for n in self.networks}
        return needed.pop() if len(needed) == 1 else None

    @property
    def words(self) -> str:
        """How many of them reach it."""
        reached = sum(n.verdict == "reached" for n in self.networks)
        needed = f" {self.threshold:g}" if self.threshold is not None else " what is needed"
        fell = sum(n.diverged for n in self.networks)
        return f"{reached} of {len(self.networks)} networks reach{needed}" + (
            f"; {counted(fell, 'training')} diverged" * bool(fell)
        )


def panels(networks: Iterable[NetworkFact]) -> list[Panel]:
    """The networks that were trained again, by problem."""
    by_problem: dict[str, list[NetworkFact]] = {}
    for network in networks:
        if network.accuracies or network.diverged:
            by_problem.setdefault(network.problem, []).append(network)
    return [Panel(problem, tuple(sorted(found, key=_middle))) for problem, found in by_problem.items()]


def _middle(network: NetworkFact) -> float:
    return median([*network.accuracies, *[0.0] * network.diverged])


def bins(people: Sequence[tuple[float, bool]], most: float) -> list[Bin]:
    """People by points; each is (points, whether these are final). Whoever has `most` or more stands in the last bin.

    No bin is narrower than the steps in which points were given.
    """
    if not people or not 0 < most < math.inf:
        return []
    given = [value for value, _ in people if math.isfinite(value)]
    widths = (0.25, 0.5, *(size * 10**power for power in range(12) for size in (1, 2, 5)))
    fine = next((width for width in (1, 0.5) if all((value / width).is_integer() for value in given)), 0.25)
    width = next((width for width in widths if width >= fine and most / width <= _MOST_BINS), most / _MOST_BINS)
    last = int(most / width + 1e-9)
    tally = [[0, 0] for _ in range(last + 1)]
    for value, final in people:
        place = int(min(max(value / width + 1e-9, 0), last)) if math.isfinite(value) else 0
        tally[place][0 if final else 1] += 1
    return [Bin(place * width, (place + 1) * width, *found) for place, found in enumerate(tally)]


def histogram(found: Sequence[Bin], middle: float) -> Markup:
    """How many people have how many points, with their median."""
    high, base = 190, 160
    most = max((b.final + b.open for b in found), default=1) or 1
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(found), 1)
    parts = [_line(_LEFT, base, _WIDTH - _RIGHT, base, "axis")]
    for place, each in enumerate(found):
        x, y = _LEFT + place * step, float(base)
        for count, kind in ((each.final, "final"), (each.open, "open")):
            tall = 130 * count / most
            y -= tall
            if count:
                parts.append(_rectangle(x + 1, y, step - 2, tall, kind))
        if total := each.final + each.open:
            parts.append(_text(x + step / 2, y - 5, total, "middle"))
        parts.append(_text(x, base + 16, f"{points(each.low)}{' +' if place == len(found) - 1 else ''}", "start"))
    if found:
        at = _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(max(middle / found[-1].high, 0), 1)
        parts += [_line(at, 12, at, base, "needed"), _text(at + 4, 12, f"median {points(middle)}", "start")]
    said = "; ".join(f"{points(b.low)} and more: {b.final + b.open}" for b in found if b.final + b.open)
    return _drawing(high, f"How many people have how many points. {said}.", parts)


def accuracies(panel: Panel) -> Markup:
    """Every training of every network of a problem, a column each, against what is needed."""
    high, top, base = 200, 14, 176
    values = sorted(a for n in panel.networks for a in n.accuracies)
    needed = [n.threshold for n in panel.networks if n.threshold is not None]
    if not values:
        return _drawing(30, panel.words, [_text(_LEFT, 20, "All trainings diverged.", "start")])
    low, most = _range([values[int(_SHOWN * len(values))], values[-1], *needed])
    step = (_WIDTH - _LEFT - _RIGHT) / len(panel.networks)
    radius = min(max(0.32 * step, 1.1), 3.4)
    reached: list[tuple[float, float]] = []
    missed: list[tuple[float, float]] = []
    fell: list[tuple[float, float]] = []
    spans: list[str] = []
    below = 0
    for place, network in enumerate(panel.networks):
        x = _LEFT + (place + 0.5) * step
        heights = []
        for accuracy in network.accuracies:
            below += accuracy < low
            y = base - (base - top) * (max(accuracy, low) - low) / (most - low)
            heights.append(y)
            hit = network.threshold is not None and accuracy >= network.threshold
            (reached if hit else missed).append((x, y))
        if len(heights) > 1:
            spans.append(f"M{x:.1f} {min(heights):.1f}V{max(heights):.1f}")
        fell += [(x, base)] if network.diverged else []
    parts = [
        *_scale(low, most, top, base),
        _line(_LEFT, base, _WIDTH - _RIGHT, base, "axis"),
        _path("".join(spans), "span"),
        _dots(reached, radius, "reached"),
        _squares(missed, radius, "missed"),
        _crosses(fell, radius, "fell"),
    ]
    for value in sorted(set(needed))[:5]:
        y = base - (base - top) * (value - low) / (most - low)
        parts += [
            _line(_LEFT, y, _WIDTH - _RIGHT, y, "needed"),
            _text(_WIDTH - _RIGHT, y + 14, f"{value:g} needed", "end"),
        ]
    said = f"{below} trainings lie lower and are drawn at the lower edge" if below else ""
    parts.append(_text(_LEFT, base + 17, "; ".join(filter(None, ["networks, the lowest median first", said])), "start"))
    return _drawing(high, f"Test accuracies of problem {panel.problem}: {panel.words}.", parts)


def sizes(panel: Panel) -> Markup:
    """Hidden units, and parameters, against the median accuracy of each network."""
    high, top, base, gap = 210, 26, 170, 60
    wide = (_WIDTH - _LEFT - _RIGHT - gap) / 2
    parts: list[Markup] = []
    drawn = 0
    for place, (what, of) in enumerate((("hidden units", "hidden_units"), ("parameters", "parameters"))):
        seen = [(size, _middle(n), n) for n in panel.networks if (size := getattr(n, of)) and n.accuracies]
        drawn += len(seen)
        left = _LEFT + place * (wide + gap)
        parts.append(_text(left, 14, f"accuracy by {what}", "start"))
        if not seen:
            parts.append(_text(left, 60, "none that could be counted", "start"))
            continue
        middles = sorted(y for _, y, _ in seen)
        low, most = _range([middles[int(_SHOWN * len(middles))], middles[-1]])
        first, last = math.log10(min(s for s, _, _ in seen)), math.log10(max(s for s, _, _ in seen))
        room = max(last - first, 0.1)
        first, room = first - 0.05 * room, 1.1 * room
        marks: dict[str, list[tuple[float, float]]] = {"reached": [], "missed": [], "undecided": []}
        for size, y, network in seen:
            at = (
                left + wide * (math.log10(size) - first) / room,
                base - (base - top) * (max(y, low) - low) / (most - low),
            )
            marks[network.verdict or "undecided"].append(at)
        parts += [
            *_scale(low, most, top, base, left),
            _line(left, base, left + wide, base, "axis"),
            _dots(marks["reached"], 3, "reached"),
            _squares(marks["missed"], 2.8, "missed"),
            _crosses(marks["undecided"], 3, "fell"),
        ]
        labels = sorted({min(s for s, _, _ in seen), int(median(s for s, _, _ in seen)), max(s for s, _, _ in seen)})
        taken = -math.inf
        for size in labels:
            x = left + wide * (math.log10(size) - first) / room
            if x - taken > 60:
                parts.append(_text(x, base + 16, f"{size:,}", "middle"))
                taken = x
    return _drawing(high, f"Sizes of {drawn} networks of problem {panel.problem} against their accuracy.", parts)


def shares(parts: Sequence[tuple[str, float]]) -> Markup:
    """One bar in which each (kind, amount) takes its share."""
    total = sum(amount for _, amount in parts) or 1
    x, drawn = 0.0, []
    for kind, amount in parts:
        wide = _WIDTH * amount / total
        if wide > 0:
            drawn.append(_rectangle(x + 0.5, 1, max(wide - 1, 0.5), 18, kind))
        x += wide
    return _drawing(20, "", drawn)


def small_share(share: float) -> Markup:
    """The same for a row of a table."""
    wide = 100 * min(max(share, 0), 1) if math.isfinite(share) else 0
    bar = [
        Markup('<rect class="rest" x="0.5" y="0.5" width="99" height="9"/>'),
        _rectangle(0.5, 0.5, wide * 0.99, 9, "final"),
    ]
    return Markup('<svg class="small" viewBox="0 0 100 10" aria-hidden="true">{}</svg>').format(Markup("").join(bar))


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, most = min(values), max(values)
    room = max(0.06 * (most - low), 0.002)
    return low - room, most + room


def _scale(low: float, most: float, top: float, base: float, left: float = _LEFT) -> list[Markup]:
    """Marks along the left side at round numbers."""
    steps = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
    step = next((each for each in steps if (most - low) / each <= 5), 1.0)
    ticks = [n * step for n in range(math.ceil(low / step), math.floor(most / step) + 1)]
    return [
        _text(left - 6, base - (base - top) * (tick - low) / (most - low) + 4, f"{tick:.3f}", "end") for tick in ticks
    ]


def _drawing(high: float, said: str, parts: Iterable[Markup]) -> Markup:
    named = Markup('role="img" aria-label="{}"').format(said) if said else Markup('aria-hidden="true"')
    drawn = Markup("").join(parts)
    return Markup('<svg viewBox="0 0 {} {}" {}>{}</svg>').format(_WIDTH, high, named, drawn)


def _text(x: float, y: float, words: object, anchor: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(x, y, anchor, words)


def _line(x: float, y: float, to_x: float, to_y: float, kind: str) -> Markup:
    return Markup('<path class="{}" d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>').format(kind, x, y, to_x, to_y)


def _rectangle(x: float, y: float, wide: float, tall: float, kind: str) -> Markup:
    shape = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.2f}" height="{:.2f}"/>')
    return shape.format(kind, x, y, max(wide, 0), max(tall, 0))


def _path(d: str, kind: str, more: str = "") -> Markup:
    return Markup('<path class="{}" d="{}"{}/>').format(kind, d, Markup(more)) if d else Markup("")  # noqa: S704  # numbers


def _dots(places: Iterable[tuple[float, float]], radius: float, kind: str) -> Markup:
    """Full circles: the round ends of lines without length, so that thousands are one path."""
    d = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in places)
    return _path(d, kind, f' stroke-width="{2 * radius:.1f}"')


def _squares(places: Iterable[tuple[float, float]], radius: float, kind: str) -> Markup:
    """Hollow squares."""
    r = radius
    d = "".join(f"M{x - r:.1f} {y - r:.1f}h{2 * r:.1f}v{2 * r:.1f}h{-2 * r:.1f}z" for x, y in places)
    return _path(d, kind, f' stroke-width="{min(0.5 * r, 1.3):.2f}"')


def _crosses(places: Iterable[tuple[float, float]], radius: float, kind: str) -> Markup:
    r, w = radius + 0.6, 2 * radius + 1.2
    return _path(
        "".join(f"M{x - r:.1f} {y - r:.1f}l{w:.1f} {w:.1f}m{-w:.1f} 0l{w:.1f} {-w:.1f}" for x, y in places), kind
    )
