"""What crosses between the grader and the kernel that it watches: one record a thing, and what a gap in them rules out.

Both sides import this module, the kernel as a copy, so it needs nothing but the standard library. The grader believes
none of it: it validates the same shapes, with bounds, in `grader/core/network.py` and `grader/observation/findings.py`,
and a test holds both equal.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import Enum, StrEnum
from typing import Any

MOST_WORDS = 200  # characters of a name or of a sentence
MOST_NUMBERS = 1000  # of one setting
MOST_GAPS = 100  # of one network, and of one training
LONGER_LOOKS = (200, 10**6)  # batches of each loop over a loader, when the usual few made a cell fail
Scalar = bool | int | float | str | None
Settings = dict[str, Scalar | list[Scalar]]


class Blocks(Enum):
    """What a gap may rule out."""

    COUNTING = "counting the network"
    LOSS = "saying which loss it was trained with"
    SETTINGS = "saying how long and in which batches it was trained"
    REFIT = "training it again from what is written down"
    REPLAY = "scoring what the notebook's own training made of it"
    NEAREST = "training it by the rest of what is written down, to compare"


class GapKind(StrEnum):
    """What a part of a network or of its training is about that the records don't hold, and what that rules out."""

    blocks: frozenset[Blocks]

    def __new__(cls, value: str, *blocks: Blocks) -> GapKind:
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.blocks = frozenset(blocks)
        return kind

    # Layers that can't be written as data.
    LAYER = "layer", Blocks.COUNTING, Blocks.REFIT, Blocks.REPLAY
    # What is evaluated is another network than the one that was trained.
    EVALUATION = "evaluation", Blocks.REFIT, Blocks.REPLAY
    # Layers that are on in evaluation, or off in training.
    MODE = "mode", Blocks.SETTINGS, Blocks.REFIT, Blocks.NEAREST
    # No loss, several, one of the notebook's own or of something else than the network's output.
    LOSS = "loss", Blocks.LOSS, Blocks.SETTINGS, Blocks.REFIT, Blocks.NEAREST
    # The loss compares with something else than the classes.
    TARGET = "target", Blocks.SETTINGS, Blocks.REFIT, Blocks.NEAREST
    # The loss is known, but not all that weights it.
    LOSS_WEIGHTS = "loss weights", Blocks.SETTINGS, Blocks.REFIT
    # Weights outside of the network, settings that change by hand.
    OPTIMISER = "optimiser", Blocks.SETTINGS, Blocks.REFIT
    # Clipped or added up in a way that can't be written down, changed.
    GRADIENTS = "gradients", Blocks.SETTINGS, Blocks.REFIT
    # Set, loaded, frozen, changed by hand, regularised, of another type.
    WEIGHTS = "weights", Blocks.SETTINGS, Blocks.REFIT, Blocks.NEAREST
    # A condition ends it, or its cell did not run to its end.
    LENGTH = "length", Blocks.SETTINGS, Blocks.REFIT, Blocks.NEAREST
    # Which epoch's network is left, or what decides that: its number of epochs may be known all the same.
    CHOICE = "choice", Blocks.REFIT
    # How batches were drawn.
    BATCHES = "batches", Blocks.SETTINGS, Blocks.REFIT
    SCHEDULE = "schedule", Blocks.REFIT
    AUGMENTATION = "augmentation", Blocks.REFIT
    # How pixels became what the network was given.
    INPUT = "input", Blocks.REFIT
    # The labels, or the samples, are those of other data than the grader's.
    LABELS = "labels", Blocks.REFIT, Blocks.REPLAY
    # Other samples of the same data; the grader takes its own, and says so.
    DATA = "data"
    # What watches failed: nobody's fault but the grader's.
    WATCHING = "watching", Blocks.LOSS, Blocks.SETTINGS, Blocks.REFIT, Blocks.NEAREST


def as_data(value: Any) -> object:
    """A number that isn't Python's own, or an array of them, as JSON has it; TypeError for all else.

    Layers, optimisers and loaders take numpy's and torch's numbers as settings.
    """
    if hasattr(value, "tolist") and getattr(value, "size", None) is not None:
        count = value.numel() if hasattr(value, "numel") else value.size
        if count <= MOST_NUMBERS:
            return value.tolist()
    raise TypeError(f"{type(value).__name__} can't be written as data")


@dataclass(frozen=True)
class Gap:
    """Something that a record leaves out: what it is about, and why, in words for a reader."""

    kind: GapKind
    why: str

    @classmethod
    def of(cls, kind: GapKind, why: object) -> Gap:
        """With the words cut to what crosses."""
        return cls(kind, str(why)[:MOST_WORDS])


# What a notebook is refused: the names of these classes cross, at the beginning of a failed cell's error.


class Refusal(Exception):  # noqa: N818  the student reads it, as all of these
    """What a notebook is refused on purpose."""


class DataSetMissing(Refusal, RuntimeError):
    """It asks for a data set that is not here; `name` stands first in the words."""

    def __init__(self, name: str, why: object = "nothing can be downloaded") -> None:
        super().__init__(f"{name} is not here ({str(why)[:MOST_WORDS]})")


class PartMissing(Refusal, AttributeError):
    """It uses a part of TensorFlow that is not here."""


class ModuleMissing(Refusal, ModuleNotFoundError):
    """It imports a part of TensorFlow that is not here."""


class PackageMissing(Refusal, ModuleNotFoundError):
    """It imports a package that is not installed where it is graded; the words say how to install it."""


class PlaceMissing(Refusal, FileNotFoundError):
    """It writes where there is no such folder, and none can be made."""


class ServerMissing(Refusal, AttributeError, RuntimeError):
    """It asks a server to choose how it trains."""


class EnoughSeen(Refusal):
    """Ends a loop that would not end while training is cut short."""


class BarelyTrained(BaseException):
    """Ends a cell that trains nothing for long, where networks were trained for a few steps only.

    No Exception: neither the notebook nor what watches it may take it for one of its own.
    """


# A network: `LayerSpec` and its like in `grader/core/network.py` say what each field means.


@dataclass
class Named:
    """A class of torch's by name, with its settings: a loss, an optimiser, a way to draw weights."""

    type: str
    settings: Settings = field(default_factory=dict)


@dataclass
class Layer:
    """One operation; `inputs` are positions of earlier ones, None the one before."""

    type: str
    settings: Settings = field(default_factory=dict)
    initial: dict[str, Named] = field(default_factory=dict)
    name: str = ""
    inputs: list[int] | None = None
    shares: int | None = None


@dataclass
class Loose:
    """A tensor that acts as a weight outside of the layers: `kind` is parameter or buffer."""

    name: str
    shape: list[int]
    kind: str


@dataclass
class Spec:
    """A network as a list of layers."""

    layers: list[Layer] = field(default_factory=list)
    loose: list[Loose] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)


# A training.


@dataclass
class ParameterGroup:
    """Parameters, each as `3.weight` (layer, name), that an optimiser steps with settings of their own."""

    settings: Settings = field(default_factory=dict)
    parameters: list[str] = field(default_factory=list)


@dataclass
class Clipping:
    """Gradients are clipped before each step: `Clipping` in `grader/core/steps.py` says what each field means."""

    type: str
    most: float
    norm_type: float = 2.0
    parameters: list[str] = field(default_factory=list)


@dataclass
class Accumulation:
    """Several batches lead to one step: `Accumulation` in `grader/core/steps.py` says what each field means."""

    every: int
    first: int
    counts: str = "epoch"
    rest: str = "kept"


@dataclass
class Watched:
    """A number that is looked at after each epoch; `grader/core/choices.py` says what each field means."""

    what: str
    of: str
    each: str = "sample"
    batch_size: int | None = None
    scale: float = 1.0


@dataclass
class Schedule:
    """A learning-rate schedule. `unwritten` names settings that JSON can't hold; `early`: it stepped too soon.

    `parts` are those that it is made of. Factors that a function gave stand in the setting `factors`.
    """

    type: str
    settings: Settings
    unwritten: list[str]
    steps: int
    early: bool
    parts: list[Schedule] = field(default_factory=list)
    watched: Watched | None = None


@dataclass
class Transform:
    """A transform between raw pixels and samples.

    `written`: `settings` and `parts` make the same transform of torchvision's again, of its `v2` or not.
    """

    type: str
    mean: list[float] = field(default_factory=list)
    std: list[float] = field(default_factory=list)
    written: bool = False
    settings: Settings = field(default_factory=dict)
    v2: bool = False
    parts: list[Transform] = field(default_factory=list)


@dataclass
class Data:
    """A data set: its class, how many samples it has, and its transforms where it has any.

    `plain`: it is torchvision's own class, whose images and classes are what its files hold, as far as is seen.
    """

    type: str
    size: int | None
    transforms: list[Transform] | None = None
    plain: bool = False


@dataclass
class Loader:
    """How batches were drawn. `samples` is how many an epoch draws, None where that isn't known."""

    batch_size: int | None
    drop_last: bool
    shuffle: bool
    sampler: str
    samples: int | None
    dataset: Data


@dataclass
class Sample:
    """One input of the network, flattened, and the class that the loss compared its output with."""

    values: list[float]
    label: int


@dataclass
class EpochRule:
    """Which epoch is the best, and when a training ends for want of a better one."""

    watched: Watched
    better: str
    min_delta: float = 0.0
    ties: bool = False
    first: float | None = None
    start: int = 0
    baseline: float | None = None
    patience: int | None = None


@dataclass
class HeldOut:
    """What was watched beside the training: how its batches were drawn, some of its samples as its data set holds them.

    `apart`: none of them is known to be trained on, and that was looked at.
    """

    loader: Loader
    apart: bool
    seen: list[Sample] = field(default_factory=list)


@dataclass
class Training:
    """One optimiser at work on one network, as far as it was seen.

    `number` counts the trainings of a notebook in the order of their first steps; `model` is the same for trainings of
    one network. `steps` are those that the notebook takes, as far as that is known. `loops` went over loaders and had
    `batches_in_loops` batches, on which `steps_in_loops` steps were taken. `different_samples` were counted where no
    loader brought them, `fresh_samples` of all before they came round again. `rates` are those of each epoch, of each
    parameter group, where the notebook sets them by hand. `evaluation_mode`: whether a part of the network was in
    evaluation mode while it trained. `stopping` may end it, `keeping` says which epoch's weights it leaves.
    `most_epochs` is what its loop counts to, where a condition may end it earlier. `raw` are samples as their data set
    holds them, before its transforms; `as_loaded`: batches went from the loader to the network, and their classes to
    the loss, as they were. `tested` is how the last other data set was drawn that it was evaluated on.
    """

    number: int
    model: int
    variable: str
    cell: int | None
    optimizer: Named
    spec: Spec | None = None
    groups: list[ParameterGroup] = field(default_factory=list)
    losses: list[Named] = field(default_factory=list)
    rates: list[list[float]] = field(default_factory=list)
    loss_scale: float = 1.0
    clipping: list[Clipping] = field(default_factory=list)
    accumulation: Accumulation | None = None
    steps: int = 0
    samples: int = 0
    largest_batch: int = 0
    different_batches: int = 0
    different_samples: int = 0
    fresh_samples: int = 0
    loops: int = 0
    steps_in_loops: int = 0
    batches_in_loops: int = 0
    loaders: list[Loader] = field(default_factory=list)
    input_shape: list[int] | None = None
    seen: list[Sample] = field(default_factory=list)
    evaluation_mode: bool = False
    schedules: list[Schedule] = field(default_factory=list)
    stopping: EpochRule | None = None
    keeping: EpochRule | None = None
    held_out: HeldOut | None = None
    most_epochs: int | None = None
    raw: list[Sample] = field(default_factory=list)
    as_loaded: bool = False
    tested: Loader | None = None
    gaps: list[Gap] = field(default_factory=list)

    def note(self, kind: GapKind, why: object) -> None:
        """Say, once, that this record leaves something out."""
        gap = Gap.of(kind, why)
        if gap not in self.gaps and len(self.gaps) < MOST_GAPS:
            self.gaps.append(gap)


@dataclass
class Unstepped:
    """A network whose gradients were computed and whose weights no optimiser stepped."""

    cell: int | None
    variable: str
    type: str


class Origin(StrEnum):
    """Whose an error is that ended a cell, where it isn't the notebook's."""

    GRADER = "grader"
    """Of the grader's own code, which stands between the notebook and the libraries."""
    LIBRARY = "library"
    """A library has no such name or argument: another version may have it."""
    IMPORT = "import"
    """A library fails while it is imported: it isn't installed as it should be, or something was changed before."""


@dataclass
class Failure:
    """A cell that ended by an error that isn't the notebook's: `place` is where it began, or which library it is of."""

    cell: int | None
    origin: Origin
    place: str


@dataclass
class Findings:
    """All that is seen in one notebook.

    `unfinished` are cells that did not run to their end, `shortened` those that saw only a part of a loader's batches;
    `prices` estimates for each of `LONGER_LOOKS` the seconds that its further batches would take; `served` names files
    that stood in for others; `faults` says what went wrong in watching, `failures` names cells that ended by an error
    which isn't the notebook's.
    """

    trainings: list[Training] = field(default_factory=list)
    unfinished: list[int] = field(default_factory=list)
    shortened: list[int] = field(default_factory=list)
    prices: list[float] = field(default_factory=list)
    unstepped: list[Unstepped] = field(default_factory=list)
    served: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def to_json(self) -> str:
        """As it is written."""
        return json.dumps(asdict(self), default=as_data)


@dataclass
class Config:
    """What the kernel is told before the first cell.

    `out` is the file to write findings to, `weights` the folder for a replay's weights. `file` is the notebook's name
    in the submission, `cells` the numbers of its code cells. `sources` is all code that it may run, a text a cell or
    file, `outputs` the beginnings of what its cells printed when the student ran them. A loop over a loader is cut to
    `batches`, later ones and evaluations to fewer unless the look is `thorough`; a cell that trains nothing for
    `idle_seconds` after such a training is ended. `data` holds the folder of each data set that is served, by its name.
    `watches`: whether torch or Keras may be used at all. With a `seed` the notebook is replayed under it. Nothing
    stands here that its author must not know: the notebook can read it.
    """

    out: str
    file: str
    cells: list[int]
    sources: list[str]
    outputs: list[str]
    batches: int
    thorough: bool
    idle_seconds: float
    data: dict[str, str]
    watches: bool
    seed: int | None
    weights: str

    def to_json(self) -> str:
        """As the kernel reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Config:
        """What was written; raises TypeError where it is of another version."""
        return cls(**json.loads(text))
