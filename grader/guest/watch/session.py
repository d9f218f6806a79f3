"""One notebook as it runs: its cells, the trainings seen in it, and the file that tells of them."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

from .. import findings
from ..origin import as_given, origin_of, tell
from ..protocol import LONGER_LOOKS, MOST_WORDS, Config, Failure, Findings, GapKind, Training, Unstepped
from ..standin.gpu_settings import WithGpu
from . import names

if TYPE_CHECKING:
    from .replay import Weights

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")
_WRITE_EVERY = 1.0  # seconds between two writes while a cell trains
_MOST_NAMED = 20
_MOST_FAILURES = 200


class WatchedTraining(Protocol):
    """One optimiser at work on one network, whoever watches it: torch's, Keras's, or one of either in a replay."""

    record: Training
    by_torch: bool
    """Whether torch's own optimiser takes its steps, of batches that the notebook may slice by hand."""

    @property
    def network(self) -> Any:
        """The module that it trains; None where the notebook holds none with these weights."""

    @property
    def parameters(self) -> list[Any]:
        """The weights that its optimiser steps, as torch's."""

    @property
    def steps(self) -> int:
        """How many steps were seen."""

    def note(self, kind: GapKind, why: object) -> None:
        """Say, once, that its record leaves something out."""

    def remember(self) -> None:
        """Its weights are as they should be: only what changes them from now on is by hand."""

    def end_cell(self) -> None:
        """Called after each cell."""

    def finished(self) -> Training:
        """The whole record by now."""


class Session:
    """What the watchers of torch and of Keras share; `namespace` is the notebook's own, by variable."""

    def __init__(self, config: Config, namespace: dict[str, Any]) -> None:
        self.config, self.namespace = config, namespace
        self.cells = iter(config.cells)
        self.cell: int | None = None  # None outside of the notebook's own cells
        self.nested, self.cell_began, self.cell_steps = 0, 0.0, 0
        self.stepped_at = 0.0  # when an optimiser stepped last, or the cell began; on the monotonic clock, in seconds
        self.trainings: dict[Hashable, WatchedTraining] = {}  # by the optimiser; the last to step stands last
        # Cells that did not run to their end, as far as is known; an ordered set, as are:
        self.unfinished: dict[int | None, None] = {}
        self.shortened: dict[int | None, None] = {}  # cells that saw only a part of a loader's batches
        self.prices = [0.0 for _ in LONGER_LOOKS]  # seconds that what was left out would take, for each longer look
        self.served: dict[str, None] = {}  # files that stood in for others that were not handed in
        self.faults: dict[str, None] = {}  # what went wrong in watching
        self.with_gpu = WithGpu()
        self.failures: dict[int | None, Failure] = {}  # cells that ended by an error which isn't the notebook's
        tell(self.fault)
        self.weights: Weights | None = None  # in a replay, what hands over weights
        self.unstepped: Callable[[], list[Unstepped]] = list  # networks whose gradients no optimiser stepped
        self.cell_begins: list[Callable[[], object]] = []  # called before each cell
        self.cell_ends: list[Callable[[], object]] = []  # called after each, whatever ended it
        self.written_at = 0.0  # on the monotonic clock, in seconds

    def begin_cell(self) -> None:
        """Called before each cell of the notebook runs, and before what a magic such as %%capture runs within it."""
        self.nested += 1
        if self.nested > 1:
            return
        self.cell = next(self.cells, None)
        self.unfinished[self.cell] = None
        self.cell_began, self.cell_steps = time.monotonic(), 0
        self.stepped_at = self.cell_began
        for begin in self.cell_begins:
            begin()

    def end_cell(self, error: BaseException | None) -> None:
        """Called after each cell, and what a magic runs within it, with the error that ended it if any did."""
        if error is not None and (found := origin_of(error)) is not None:
            origin, place = found
            self.failures[self.cell] = Failure(self.cell, origin, place[:MOST_WORDS])
        self.nested = max(self.nested - 1, 0)  # the host's own cell, which installed this, ends too
        if not self.nested:
            for end in self.cell_ends:
                end()
        if error is None and not self.nested:
            self.unfinished.pop(self.cell, None)
        for training in self.trainings.values():
            self.quietly(training.end_cell)
        self.quietly(self.write)

    def fault(self, error: Exception, where: str) -> None:
        """What goes wrong in watching is written down, and never disturbs the notebook."""
        self.faults[f"watching it failed in {where}: {type(error).__name__}: {error}"[:500]] = None

    def quietly(self, act: Callable[_Given, _Result], *args: _Given.args, **kwargs: _Given.kwargs) -> _Result | None:
        """What `act` gives; None where it fails, which is written down."""
        try:
            return act(*args, **kwargs)
        except Exception as error:
            self.fault(error, getattr(act, "__name__", "a function"))
            return None

    def begin(self, key: Hashable, training: WatchedTraining) -> None:
        """A training was seen, or seen again: the last to step stands last."""
        self.trainings.pop(key, None)
        self.trainings[key] = training
        training.record.cell = self.cell

    def forget(self, training: WatchedTraining) -> None:
        """A training that took no step is none."""
        self.trainings = {key: known for key, known in self.trainings.items() if known is not training}

    def stepped(self) -> None:
        """An optimiser has stepped."""
        self.stepped_at = time.monotonic()

    @property
    def only_evaluates(self) -> bool:
        """Whether networks were trained, and none in this cell."""
        return bool(self.trainings) and not self.cell_steps

    def of_network(self, network: object) -> list[WatchedTraining]:
        """Its trainings so far."""
        return [training for training in self.trainings.values() if training.network is network]

    def name_of(self, network: object) -> str:
        """The variable that holds it, or the way to it; empty where there is none."""
        return names.name_of(network, self.namespace) if network is not None else ""

    def write_now_and_then(self) -> None:
        """Write if the last time is a while ago."""
        if time.monotonic() - self.written_at > _WRITE_EVERY:
            self.write()

    def write(self) -> None:
        """Put everything seen so far into the file."""
        self.written_at = time.monotonic()
        found = Findings(
            trainings=[training.finished() for training in self.trainings.values()],
            unfinished=[cell for cell in self.unfinished if cell is not None],
            shortened=[cell for cell in self.shortened if cell is not None],
            prices=[round(price, 3) for price in self.prices],
            unstepped=self.unstepped()[:_MOST_NAMED],
            served=[*self.served][:_MOST_NAMED],
            faults=[*self.faults][:_MOST_NAMED],
            failures=[*self.failures.values()][:_MOST_FAILURES],
        )
        findings.write(self.config.out, found)


class _HasSession(Protocol):
    session: Session


_Owner = TypeVar("_Owner", bound=_HasSession)


def quiet(
    method: Callable[Concatenate[_Owner, _Given], _Result],
) -> Callable[Concatenate[_Owner, _Given], _Result | None]:
    """A method of what has a `session`: what goes wrong in it is written down, and never disturbs the notebook."""

    @functools.wraps(method)
    def watched(owner: _Owner, /, *args: _Given.args, **kwargs: _Given.kwargs) -> _Result | None:
        return owner.session.quietly(method, owner, *args, **kwargs)

    return watched


def wrap(owner: object, name: str, before: Callable[..., object] | None, after: Callable[..., object] | None) -> None:
    """Call `before(*args)` and `after(result, *args)` around a function; neither may raise."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def watched(*args: Any, **kwargs: Any) -> Any:
        if before:
            before(*args, **kwargs)
        result = as_given(original, *args, **kwargs)
        if after:
            after(result, *args, **kwargs)
        return result

    setattr(owner, name, watched)
