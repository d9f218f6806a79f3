"""One notebook as it runs: its cells, the trainings seen in it, and the file that tells of them."""

import functools
import time

from .. import findings
from ..protocol import Findings

_WRITE_EVERY = 1.0  # seconds between two writes while a cell trains
_MOST_NAMED = 20


class Session:
    """What the watchers of torch and of Keras share.

    A training, whoever watches it, has the `network` that it trains, its `parameters`, how many `steps` were seen,
    whether they were taken `by_torch` itself, its `record` with `note` for gaps, `finished()`, the whole record by now,
    and `end_cell()`.
    """

    def __init__(self, config, namespace):
        self.config, self.namespace = config, namespace
        self.cells = iter(config.cells)
        self.cell, self.nested, self.cell_began, self.cell_steps = None, 0, 0.0, 0
        self.trainings = {}  # by the optimiser; the last to step stands last
        self.unfinished = {}  # cells that did not run to their end, as far as is known; an ordered set, as are:
        self.shortened = {}  # cells that saw only a part of a loader's batches
        self.served = {}  # files that stood in for others that were not handed in
        self.faults = {}  # what went wrong in watching
        self.weights = None  # in a replay, what hands over weights
        self.unstepped = list  # gives networks whose gradients no optimiser stepped
        self.cell_begins = []  # called before each cell
        self.written_at = 0.0

    def begin_cell(self):
        """Called before each cell of the notebook runs, and before what a magic such as %%capture runs within it."""
        self.nested += 1
        if self.nested > 1:
            return
        self.cell = next(self.cells, None)
        self.unfinished[self.cell] = None
        self.cell_began, self.cell_steps = time.monotonic(), 0
        for begin in self.cell_begins:
            begin()

    def end_cell(self, raised):
        """Called after each cell, and what a magic runs within it."""
        self.nested = max(self.nested - 1, 0)  # the host's own cell, which installed this, ends too
        if not raised and not self.nested:
            self.unfinished.pop(self.cell, None)
        for training in self.trainings.values():
            self.quietly(training.end_cell)
        self.quietly(self.write)

    def fault(self, error, where):
        """What goes wrong in watching is written down, and never disturbs the notebook."""
        self.faults[f"watching it failed in {where}: {type(error).__name__}: {error}"[:500]] = None

    def quietly(self, act, *args, **kwargs):
        """What `act` gives; None where it fails, which is written down."""
        try:
            return act(*args, **kwargs)
        except Exception as error:
            self.fault(error, getattr(act, "__name__", "a function"))
            return None

    def begin(self, key, training):
        """A training was seen, or seen again: the last to step stands last."""
        self.trainings.pop(key, None)
        self.trainings[key] = training
        training.record.cell = self.cell

    @property
    def only_evaluates(self):
        """Whether networks were trained, and none in this cell."""
        return bool(self.trainings) and not self.cell_steps

    def of_network(self, network):
        """Its trainings so far."""
        return [training for training in self.trainings.values() if training.network is network]

    def name_of(self, network):
        """The variable that holds it; empty when none does."""
        return next((k for k, v in self.namespace.items() if v is network and k[0] != "_"), "")

    def write_now_and_then(self):
        """Write if the last time is a while ago."""
        if time.monotonic() - self.written_at > _WRITE_EVERY:
            self.write()

    def write(self):
        """Put everything seen so far into the file."""
        self.written_at = time.monotonic()
        found = Findings(
            trainings=[training.finished() for training in self.trainings.values()],
            variables=findings.variables(self.config.variables, self.namespace),
            unfinished=[cell for cell in self.unfinished if cell is not None],
            shortened=[cell for cell in self.shortened if cell is not None],
            unstepped=self.unstepped()[:_MOST_NAMED],
            served=[*self.served][:_MOST_NAMED],
            faults=[*self.faults][:_MOST_NAMED],
        )
        findings.write(self.config.out, found)


def quiet(method):
    """A method of what has a `session`: what goes wrong in it is written down, and never disturbs the notebook."""

    @functools.wraps(method)
    def watched(self, *args, **kwargs):
        return self.session.quietly(method, self, *args, **kwargs)

    return watched


def wrap(owner, name, before, after):
    """Call `before(*args)` and `after(result, *args)` around a function; neither may raise."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def watched(*args, **kwargs):
        if before:
            before(*args, **kwargs)
        result = original(*args, **kwargs)
        if after:
            after(result, *args, **kwargs)
        return result

    setattr(owner, name, watched)
