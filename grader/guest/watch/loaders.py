"""Loops over torch's loaders: how far each got, what it is for, and where it is cut short."""

from __future__ import annotations

import itertools
import math
import time
import weakref
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from ..origin import as_given, each_as_given
from ..protocol import LONGER_LOOKS
from . import source_loops
from .session import Session, quiet

if TYPE_CHECKING:
    import torch

    Loader = torch.utils.data.DataLoader[Any]

_FULL_LOOPS = 2  # over a loader, each of a few batches; later ones get one
_MOST_BATCHES = 64  # of a loop in which no step was taken yet
_WHOLE_SECONDS = 15.0  # of processor time that a loop may go on in which gradients are added up


class Use(IntEnum):
    """What a loop over a loader is for, as far as is seen."""

    LOOKS = 0  # at the data, until a network is called
    EVALUATES = 1
    TRAINS = 2


class Loop:
    """One loop over a loader, begun within another or not; `number` counts them, from 0."""

    def __init__(self, number: int, loader: Loader, outer: Loop | None, most: int) -> None:
        self.number, self.loader, self.outer = number, loader, outer
        self.batches, self.most = 0, most  # so far; where it is cut
        self.started, self.started_busy = time.monotonic(), time.process_time()
        self.use = Use.LOOKS
        self.backwards, self.steps, self.by_next = 0, 0, False
        self.whole = False  # whether it ran to its own end
        self.began = time.monotonic()  # the batch that is under way
        self.fastest = math.inf  # seconds that one took
        self.latest: tuple[Any, list[int]] = None, []  # batch, and the versions of its tensors as they were loaded

    def take(self, batch: Any) -> None:
        """A batch was loaded."""
        self.batches += 1
        parts = batch if isinstance(batch, (tuple, list)) else ()
        self.latest = batch, [getattr(part, "_version", 0) for part in parts]

    def loaded(self) -> list[Any] | None:
        """Samples and classes of the latest batch as they were loaded; None where they have been changed since."""
        batch, versions = self.latest
        parts = list(batch) if isinstance(batch, (tuple, list)) else []
        unchanged = len(parts) == 2 and [getattr(part, "_version", None) for part in parts] == versions
        return parts if unchanged else None

    def batch_ends(self) -> None:
        """The next one is asked for."""
        now = time.monotonic()
        self.fastest, self.began = min(self.fastest, now - self.began), now

    def total(self) -> int | None:
        """How many batches it has when nothing cuts it."""
        try:
            return len(self.loader)
        except TypeError:  # an endless or unsized data set
            return None

    def expected(self, most: int | None = None) -> int:
        """How many batches it has when nothing ends it early, where it is cut to `most`."""
        total = self.total()
        if total is None:
            return self.batches
        return min(total, max(self.most, self.batches) if most is None else most)


class Loaders:
    """Cuts loops over loaders to a few batches. `loop` is the one that is under way."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.loop: Loop | None = None
        self.accumulates: Loop | None = None  # the first one of a training in which gradients are added up
        self.numbers = itertools.count()
        session.cell_begins.append(self.begin_cell)
        self.fastest: weakref.WeakKeyDictionary[Loader, float] = weakref.WeakKeyDictionary()
        self.wanted_whole: Callable[[Loop], bool] = lambda loop: False  # of one in which networks are evaluated
        # Loops over each loader since the last training began.
        self.seen: weakref.WeakKeyDictionary[Loader, int] = weakref.WeakKeyDictionary()

    def install(self, loader_class: Any) -> None:
        """Watch every loop over a loader of torch's class from now on."""
        watch, original = self, loader_class.__iter__

        def cut(loader: Loader) -> Iterator[Any]:
            loop = watch.begin(loader)
            try:
                for batch in each_as_given(as_given(original, loader)):
                    if watch.seen_enough(loop):
                        watch.left_out(loop)
                        break
                    watch.loop = loop
                    loop.take(batch)
                    yield batch
                    loop.batch_ends()
                else:
                    loop.whole = True
            finally:
                if watch.loop is loop:
                    watch.loop = loop.outer

        loader_class.__iter__ = cut

    def begin_cell(self) -> None:
        """What an error ended may still be held by its traceback."""
        self.loop = None

    @quiet
    def left_out(self, loop: Loop) -> None:
        """A loop is cut: what the rest would take, by this loader's fastest batch, since first ones take longer."""
        self.session.shortened[self.session.cell] = None
        fastest = self.fastest[loop.loader] = min(loop.fastest, self.fastest.get(loop.loader, loop.fastest))
        for place, most in enumerate(LONGER_LOOKS):
            self.session.prices[place] += max(loop.expected(most) - loop.batches, 0) * fastest

    def begin(self, loader: Loader) -> Loop:
        """A loop begins; the first ones show what there is to see, the others are counted."""
        self.seen[loader] = self.seen.get(loader, 0) + 1
        config = self.session.config
        most = config.batches if config.thorough or self.seen[loader] <= _FULL_LOOPS else 1
        loop = Loop(next(self.numbers), loader, self.loop, most)
        loop.by_next = source_loops.asked_by_next()
        return loop

    def training_begins(self) -> None:
        """What was seen of loaders before tells nothing of this training."""
        self.seen.clear()
        self.accumulates = None
        if self.loop is not None:
            self.loop.most = self.session.config.batches

    def seen_enough(self, loop: Loop) -> bool:
        """Whether a loop is cut here."""
        if loop.backwards and not loop.steps and loop.batches < _MOST_BATCHES:
            return False  # a step may come only after several batches
        if loop.steps and loop.backwards > loop.steps and self.goes_on(loop):
            return False
        if self.session.config.thorough:
            return loop.batches >= loop.most
        if loop.use == Use.TRAINS or loop.backwards:
            return loop.batches >= loop.most
        if loop.use == Use.EVALUATES:
            # They cost little; beside a training one batch is enough to see it.
            return not self.session.only_evaluates and not self.wanted_whole(loop)
        return loop.most == 1 and loop.batches >= 1  # what looks at the data may add it up, in the first loops

    def goes_on(self, loop: Loop) -> bool:
        """Whether a loop in which gradients are added up goes on to its end, to see what becomes of its last batches.

        One of them does.
        """
        self.accumulates = self.accumulates or loop
        return self.accumulates is loop and time.process_time() - loop.started_busy < _WHOLE_SECONDS

    @quiet
    def network_called(self, training: bool, module: torch.nn.Module) -> None:
        """A network is called within the loops that are under way; `training`: in that mode, with gradients."""
        loop, use = self.loop, Use.TRAINS if training else Use.EVALUATES
        if loop is not None and loop.use < use and next(module.parameters(), None) is not None:
            while loop is not None:
                loop.use, loop = max(loop.use, use), loop.outer
