"""Plots of a retraining as SVG: where each seed ended, and how it got there."""

import base64
import io
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, StrMethodFormatter

from grader.core.evidence import Lane, Retraining
from grader.report._networks import diverged

# Blue and vermillion of Okabe and Ito's palette: told apart by colour-blind readers, and light from dark in grey.
# Colour says what a training came to, and so does its mark: full, hollow, a cross. Which training it is say the mark's
# shape, the dashes of its line and the number at its end, so that neither needs colour.
_BLUE, _RED, _INK, _GREY = "#0072B2", "#B34700", "#1b1f24", "#57606a"
_STYLES: dict[str, dict[str, Any]] = {
    "reached": {"color": _BLUE, "markerfacecolor": _BLUE},
    "missed": {"color": _RED, "markerfacecolor": "white"},
    "diverged": {"color": _INK, "marker": "x", "markerfacecolor": "none"},
}
_MARKS = ("o", "s", "^", "D", "v", "p", "<", "h", ">", "d")
_DASHES = ("-", (0, (6, 1.5)), (0, (3, 1.5)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)), (0, (3, 1.2, 1, 1.2, 1, 1.2)))
_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "grader",  # ids in the file are hashes: the same plot is the same bytes
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.edgecolor": "#8c959f",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.labelcolor": _GREY,
    "xtick.color": _GREY,
    "ytick.color": _GREY,
    "text.color": _INK,
    "legend.frameon": False,
    "legend.handlelength": 2.4,
    "legend.columnspacing": 1.2,
    "lines.linewidth": 1.6,
    "lines.markersize": 6,
}
_STEPS = [1, 2, 5, 10]
_WIDTH = 4.6
_TITLE_X = -0.12  # titles start at the left edge of the image, not of the axes


class Plots(NamedTuple):
    """The two panels as data URIs for `<img>`; two images, so that a narrow page can stack them.

    `curves` is empty where no training recorded its epochs.
    """

    seeds: str
    curves: str


def retraining(training: Retraining) -> Plots:
    """Each seed's final accuracy against the threshold, and its learning curve; at least one lane is needed."""
    height = _height(training)
    with matplotlib.rc_context(_SETTINGS):
        seeds = _seeds_figure(training, height)
        curves = Figure(figsize=(_WIDTH, height))
        _curves(curves.add_axes((0.14, 0.5 / height, 0.74, 1 - 1.15 / height)), training)
        has_curves = any(lane.curve for lane in training.lanes)
        return Plots(seeds=_data_uri(seeds), curves=_data_uri(curves) if has_curves else "")


def _height(training: Retraining) -> float:
    return max(2.9, 1.1 + 0.26 * len(training.lanes))


def _seeds_figure(training: Retraining, height: float) -> Figure:
    figure = Figure(figsize=(_WIDTH, height))
    _seeds(figure.add_axes((0.14, 0.5 / height, 0.64, 1 - 1.15 / height)), training)
    return figure


def _kind(lane: Lane, threshold: float) -> str:
    return "diverged" if diverged(lane) else "reached" if lane.reaches(threshold) else "missed"


def _style(number: int, kind: str) -> dict[str, Any]:
    """How the training of this number, from 0, is drawn."""
    own = {"marker": _MARKS[number % len(_MARKS)], "linestyle": _DASHES[number % len(_DASHES)]}
    return {**own, **_STYLES[kind]}


def _seeds(axes: Axes, training: Retraining) -> None:
    lanes, threshold = training.lanes, training.threshold
    finals = [lane.accuracy for lane in lanes if not diverged(lane)]
    low, high = _range([*finals, threshold], margin=0.12)
    axes.set_xlim(low, high)
    axes.set_ylim(len(lanes) - 0.4, -0.6)
    axes.set_yticks(range(len(lanes)), [f"no. {number}" for number, _ in enumerate(lanes, 1)])
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=_STEPS))
    axes.xaxis.set_major_formatter(StrMethodFormatter(_ticks(high - low)))
    axes.set_xlabel("final test accuracy")
    axes.axvline(threshold, color=_INK, linewidth=1.2, linestyle="--", zorder=1)
    for row, lane in enumerate(lanes):
        kind = _kind(lane, threshold)
        # Off the scale that the others need, a training that fell apart stands at the left edge.
        x = low + 0.03 * (high - low) if kind == "diverged" else lane.accuracy
        axes.hlines(row, min(x, threshold), max(x, threshold), color="#d0d7de", linewidth=1, zorder=0)
        style = {**_style(row, kind), "linestyle": "none"}
        axes.plot([x], [row], markeredgewidth=1.6, clip_on=False, zorder=2, **style)
        label = "diverged" if kind == "diverged" else f"{lane.accuracy:.4f}"
        axes.annotate(label, (1.03, row), xycoords=("axes fraction", "data"), va="center", color=_STYLES[kind]["color"])
    axes.annotate(f"{threshold:g} needed", (threshold, 1.02), xycoords=("data", "axes fraction"), ha="center")
    hits = sum(lane.reaches(threshold) for lane in lanes)
    title = f"{training.verdict.capitalize()}: {hits} of {len(lanes)} trainings at {threshold:g} or above"
    axes.set_title(title, x=_TITLE_X / 0.64, pad=20)


def _curves(axes: Axes, training: Retraining) -> None:
    threshold = training.threshold
    epochs = [p.epoch for lane in training.lanes for p in lane.curve]
    first, last = min(epochs, default=1), max(epochs, default=1)
    # The steep first third would squeeze what decides, so that it may start below the axes.
    late = first + (last - first) / 3
    sound = [lane for lane in training.lanes if not diverged(lane)] or training.lanes
    decides = [p.accuracy for lane in sound for p in lane.curve if p.epoch >= late]
    low, high = _range([*decides, threshold], margin=0.06)
    axes.set_ylim(low, min(high, 1.0) if high > threshold else high)
    axes.set_xlim(first - 0.4, last + 0.4)
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True, steps=_STEPS) if last > first else FixedLocator([first]))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=_STEPS))
    axes.yaxis.set_major_formatter(StrMethodFormatter(_ticks(high - low)))
    axes.set_xlabel("epoch")
    axes.axhline(threshold, color=_INK, linewidth=1.2, linestyle="--", zorder=1)
    axes.annotate(f"{threshold:g}", (0.01, threshold), xycoords=("axes fraction", "data"), va="bottom")
    ends: list[tuple[float, int, str]] = []
    for number, lane in enumerate(training.lanes):
        kind = _kind(lane, threshold)
        points = [(p.epoch, p.accuracy) for p in lane.curve if math.isfinite(p.accuracy)]
        if points:
            ends.append((min(max(points[-1][1], axes.get_ylim()[0]), axes.get_ylim()[1]), number, kind))
        marks = {"markersize": 6, "markevery": [-1]} if kind == "diverged" else {"markersize": 4 if last <= 20 else 0}
        style = {**_style(number, kind), **(marks if points else {})}
        axes.plot([x for x, _ in points], [y for _, y in points], zorder=2, alpha=0.85, **style)
    _label_ends(axes, ends)
    for kind in ("reached", "missed", "diverged"):
        if many := sum(_kind(lane, threshold) == kind for lane in training.lanes):
            words = f"{many} diverged" if kind == "diverged" else kind
            axes.plot([], [], label=words, **{"marker": "o", **_STYLES[kind], "linestyle": "none"})
    # Above the axes it hides no curve.
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.95), ncols=3)
    axes.set_title("Test accuracy after each epoch", x=_TITLE_X / 0.74, pad=20)


def _label_ends(axes: Axes, ends: list[tuple[float, int, str]]) -> None:
    """Write each training's number beside where its curve ends, in the order of the ends and with room for each."""
    low, high = axes.get_ylim()
    room = min(0.13 * (high - low) / _inches_high(axes), (high - low) / max(len(ends), 1))
    at = -math.inf
    placed: list[tuple[float, float, int, str]] = []
    for value, number, kind in sorted(ends):
        at = max(value, at + room)
        placed.append((at, value, number, kind))
    ceiling = high
    for place in reversed(range(len(placed))):  # what stands too high goes down, and moves those below it
        y, value, number, kind = placed[place]
        placed[place] = min(y, ceiling), value, number, kind
        ceiling = min(y, ceiling) - room
    for y, value, number, kind in placed:
        axes.annotate(
            str(number + 1),
            (axes.get_xlim()[1] - 0.4, value),
            xytext=(1.06, y),
            textcoords=("axes fraction", "data"),
            va="center",
            color=_STYLES[kind]["color"],
            fontsize=8,
            arrowprops={"arrowstyle": "-", "color": "#8c959f", "linewidth": 0.6, "shrinkA": 1, "shrinkB": 4},
        )


def _inches_high(axes: Axes) -> float:
    figure = axes.get_figure()
    assert figure is not None
    return float(axes.get_position().height * figure.get_figheight())  # type: ignore[union-attr]  # a figure of its own


def _range(values: Sequence[float], margin: float) -> tuple[float, float]:
    finite = [v for v in values if math.isfinite(v)]
    low, high = min(finite), max(finite)
    pad = max((high - low) * margin, 0.001)
    return low - pad, high + pad


def _ticks(span: float) -> str:
    """The decimals that ticks at `_STEPS` over this span need."""
    return "{x:.4f}" if span < 0.008 else "{x:.3f}" if span < 0.08 else "{x:.2f}"


def svg(training: Retraining) -> bytes:
    """The panel of final accuracies as a file of its own."""
    height = _height(training)
    with matplotlib.rc_context(_SETTINGS):
        return _svg(_seeds_figure(training, height))


def _data_uri(figure: Figure) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(_svg(figure)).decode("ascii")


def _svg(figure: Figure) -> bytes:
    out = io.BytesIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(out, format="svg", metadata=nothing, facecolor="white")
    # The page's own typeface: DejaVu, whose widths the layout was made with, is the wider one.
    return out.getvalue().replace(b"'DejaVu Sans'", b"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans'")
