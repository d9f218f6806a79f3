"""Which of its epochs a loop of the notebook's own ends at or keeps: by what rule, and what it looks at."""

from __future__ import annotations

import ast
import sys
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

from ..protocol import EpochRule, HeldOut, Watched
from . import rule_fits, source_loops
from .epoch_loops import STOP, EpochLoop, Place, UnreadableError
from .evaluations import Batch, Pass

_EQUAL = 2e-5  # of a number's size: losses are added up in float32 or in float64
_LEAST_EPOCHS = 2
_MOST_EPOCHS = 50  # that are looked at


@dataclass
class Epoch:
    """What was seen of one epoch: its expressions' values, the batches that were trained on, evaluations beside it."""

    values: dict[str, float]
    trained: list[Batch]
    passes: list[Pass]


@dataclass
class Decision:
    """What a loop decides by a number of each epoch: whether to end, or to keep weights in the statement at `place`."""

    place: Place
    root: str
    rule: EpochRule | None
    exact: bool  # also where epochs are exactly alike
    why: str = ""  # there is no rule


class Choices:
    """Watches the loop around a training's first step; the notebook's own objects are only read."""

    def __init__(self, passes: Callable[[], list[Pass]]) -> None:
        self.passes = passes
        self.loop: EpochLoop | None = None
        self.decisions: dict[Place, Decision] = {}
        self.epochs: list[Epoch] = []
        self.trained: list[Batch] = []
        self.norms: dict[Place, list[float | None]] = {}  # of weights, when they were kept last
        self.copies: dict[Place, weakref.ref[Any]] = {}  # the latest of the whole network
        self.restored: Place | None = None  # what kept the weights that are left
        self.loaded = False  # they are the network's own again
        self.tracing = False
        for frame in source_loops.own_frames():
            for node in reversed(source_loops.loops_around(frame)):
                if self.loop is None:
                    self.read(node, frame)
        if self.loop is not None:
            self.loop.names = {}  # which hold the notebook's networks

    def read(self, node: ast.For | ast.While, frame: FrameType) -> None:
        """Take this loop, where it counts epochs and decides anything."""
        loop = EpochLoop.of(node, frame)
        if loop.counter is None:
            return
        for place, roots in loop.reached().items():
            self.loop = loop
            self.decisions[place] = _decision(loop, place, sorted(roots))
        if any(decision.rule for decision in self.decisions.values()) and sys.gettrace() is None:
            self.watch(frame)

    @property
    def known_end(self) -> ast.For | ast.While | None:
        """The loop, where what ends it may be written as a rule."""
        stop = self.decisions.get(STOP)
        return self.loop.node if self.loop is not None and stop is not None and stop.rule is not None else None

    @property
    def why_not(self) -> str:
        """Why what ends the loop can't be written as a rule; empty where it can, or nothing ends it."""
        stop = self.decisions.get(STOP)
        return stop.why if stop is not None else ""

    @property
    def most_epochs(self) -> int | None:
        """How many epochs a loop counts that may end earlier."""
        counter = self.loop.counter if self.loop is not None else None
        return len(counter) if counter and STOP in self.decisions else None

    @property
    def wants_whole(self) -> bool:
        """Whether the passes of an epoch should be seen to their ends."""
        return any(decision.rule for decision in self.decisions.values()) and len(self.epochs) < _LEAST_EPOCHS

    # while it runs

    def watch(self, frame: FrameType) -> None:
        """Look at the expressions whenever the loop comes round; nothing else of the frame is looked at."""
        assert self.loop is not None
        node = self.loop.node
        header = {node.lineno, *((node.iter.lineno, node.target.lineno) if isinstance(node, ast.For) else ())}
        roots = {decision.root for decision in self.decisions.values() if decision.rule}
        codes = {root: compile(root, "<watched>", "eval") for root in roots}

        def trace(frame: FrameType, event: str, argument: object) -> Any:
            if event == "line" and frame.f_lineno in header and len(self.epochs) < _MOST_EPOCHS:
                values = {}
                for root, code in codes.items():
                    try:
                        values[root] = float(eval(code, frame.f_globals, frame.f_locals))  # noqa: S307  # its own names
                    except Exception:  # noqa: S112  # what isn't there has no value
                        continue
                self.epochs.append(Epoch(values, self.trained, self.passes()))
                self.trained = []
            return trace

        frame.f_trace = trace
        self.tracing = True
        sys.settrace(lambda *_: None)  # of this frame alone is anything told

    def end(self) -> None:
        """The cell is over."""
        if self.tracing:
            sys.settrace(None)
        self.tracing = False

    def trains(self, batch: Batch) -> None:
        """A step was taken on a batch that gave this."""
        self.trained.append(batch)

    def kept(self, norms: Sequence[float | None]) -> Place | None:
        """Weights of these norms were copied, somewhere in what is running: in which statement that decides."""
        found = None
        for frame in source_loops.own_frames():
            for file, first, last in self.decisions:
                if file == frame.f_code.co_filename and first <= frame.f_lineno <= last:
                    found = file, first, last
                    self.norms[found] = list(norms)
        return found

    def copied(self, norms: Sequence[float | None], copy: object) -> bool:
        """The network was copied: whether by a rule, so that the copy may stand for it."""
        place = self.kept(norms)
        if place is None or self.decisions[place].rule is None:
            return False
        self.copies[place] = weakref.ref(copy)
        return True

    def called(self, network: object) -> None:
        """This network is evaluated: where it is the latest copy, it stands for the one that was trained."""
        self.restored = next((place for place, copy in self.copies.items() if copy() is network), self.restored)

    def restores(self, norms: Sequence[float | None]) -> bool:
        """Whether these are the weights that a rule kept last; of what has no rule, nothing is known."""
        for place, kept in self.norms.items():
            if kept == list(norms) and self.decisions[place].rule is not None:
                self.restored, self.loaded = place, True
                return True
        return False

    # afterwards

    def stopping(self, view: View) -> EpochRule:
        """The rule that ends the loop. Raises UnreadableError, which says why it can't be written."""
        return self.rule(STOP, view)

    def keeping(self, view: View) -> EpochRule:
        """The rule by which the weights were kept that are left. Raises UnreadableError."""
        assert self.restored is not None
        return self.rule(self.restored, view)

    def rule(self, place: Place, view: View) -> EpochRule:
        """The whole rule, with what it watches."""
        decision = self.decisions[place]
        if decision.rule is None:
            raise UnreadableError(decision.why)
        found = _watched(decision, self.epochs, view)
        if found.what == "accuracy" and not decision.exact:
            raise UnreadableError(f"what happens where {decision.root} is as good as before is no rule that is known")
        return replace(decision.rule, watched=found)


@dataclass
class View:
    """What the watcher of a training knows that its rules need: its loss, its batches, the loaders' descriptions."""

    loss: str
    changing: bool  # whether a part of the network does something else in training mode
    trained_of: int | None  # batches of an epoch
    trained_samples: int | None
    held_out: Callable[[Pass], HeldOut]
    used: HeldOut | None = None  # set where a rule watches it


def _decision(loop: EpochLoop, place: Place, roots: Sequence[str]) -> Decision:
    if len(roots) != 1 or not roots[0]:
        named = " and ".join(root for root in roots[:3] if root)
        return Decision(place, "", None, False, f"it depends on {named or 'what can not be followed'}")
    try:
        found = rule_fits.fit(loop, place, roots[0])
    except UnreadableError as error:
        return Decision(place, roots[0], None, False, str(error))
    if found is None:
        return Decision(place, roots[0], None, False, f"what it makes of {roots[0]} is no rule that is known")
    return Decision(place, roots[0], *found)


@dataclass(frozen=True)
class _Candidate:
    """What an expression may be: `source` is a pass by its place among those of an epoch, None the training's own."""

    source: int | None
    what: str
    each: str
    scale: float


def _watched(decision: Decision, epochs: Sequence[Epoch], view: View) -> Watched:
    """What the expression is, by its values in the epochs that were seen."""
    seen = [epoch for epoch in epochs if decision.root in epoch.values]
    rule = decision.rule
    if len(seen) < _LEAST_EPOCHS or rule is None:
        raise UnreadableError(f"what {decision.root} is was not seen")
    fitting: set[_Candidate] | None = None
    for epoch in seen:
        value = epoch.values[decision.root]
        here = {candidate for candidate, made in _candidates(epoch, view) if _close(made, value)}
        fitting = here if fitting is None else fitting & here
    # Where only the order of epochs decides, it doesn't matter what the number is multiplied with.
    ordered = not rule.min_delta and not rule.first and rule.baseline is None
    found = {replace(one, scale=1.0) if ordered else one for one in fitting or ()}
    if len(found) != 1:
        known = "may be several things" if found else "is neither a loss nor an accuracy that was seen"
        raise UnreadableError(f"{decision.root} {known}")
    (one,) = found
    if one.source is None:
        return Watched(one.what, "training", one.each, None, one.scale)
    passes = [epoch.passes[one.source] for epoch in seen]
    if any(each.training_mode for each in passes) and view.changing:
        raise UnreadableError(f"{decision.root} is that of a network in training mode")
    view.used = view.held_out(next((each for each in passes if each.shown), passes[0]))
    size = view.used.loader.batch_size if one.each == "batch" else None
    return Watched(one.what, "validation", one.each, size, one.scale)


def _candidates(epoch: Epoch, view: View) -> Iterator[tuple[_Candidate, float]]:
    """All that an expression may be, with the value that it would have."""
    yield from _means(None, epoch.trained, view.trained_of, view.trained_samples)
    for number, one in enumerate(epoch.passes):
        alike = one.kinds <= {view.loss}
        batches = one.batches if alike else [replace(batch, loss=None) for batch in one.batches]
        yield from _means(number, batches, one.of, one.samples)


def _means(
    source: int | None, batches: Sequence[Batch], of: int | None, samples: int | None
) -> Iterator[tuple[_Candidate, float]]:
    """Sums and means of these batches, as notebooks take them, of the `of` batches of `samples` that there are."""
    if not batches or not of or not samples:
        return
    even = samples == of * batches[0].size  # all batches are of one size: by sample or by batch is the same
    sizes = [batch.size for batch in batches]
    for what in ("loss", "accuracy"):
        found = [batch.loss if what == "loss" else _share(batch) for batch in batches]
        if None in found:
            continue
        each = [value for value in found if value is not None]
        by_batch, by_sample = sum(each), sum(value * size for value, size in zip(each, sizes))
        made = [
            ("batch", 1.0, by_batch / len(each)),
            ("batch", 1.0, by_batch / of),
            ("batch", float(of), by_batch),
            ("batch", of / samples, by_batch / samples),
            ("sample", 1.0, by_sample / sum(sizes)),
            ("sample", 1.0, by_sample / samples),
            ("sample", float(samples), by_sample),
            ("sample", samples / of, by_sample / of),
        ]
        for kind, scale, value in made:
            for times in (1, 100) if what == "accuracy" else (1,):
                yield _Candidate(source, what, "sample" if even else kind, scale * times), value * times


def _share(batch: Batch) -> float | None:
    return None if batch.right is None else batch.right / batch.size


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= _EQUAL * max(abs(other), 1e-9)
