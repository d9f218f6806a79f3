"""What was found in a notebook while it ran, as the host reads it: the protocol's records, validated and bounded."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

from pydantic import Field, ValidationError

from grader.core.choices import EpochRule, Watched
from grader.core.network import Gap, ModelSpec, ParameterGroup, Settings
from grader.core.record import Record
from grader.guest.protocol import MOST_GAPS, Origin
from grader.observation.recognition import Sample

Text = Annotated[str, Field(max_length=500)]
Handed = tuple[tuple[str, ...], str]  # names of variables that were asked for, and what was written of them


class Named(Record):
    """A class of torch's by name, with its settings."""

    type: Text
    settings: Settings = {}


class Clipping(Record):
    """Gradients are clipped before each step."""

    type: Text
    most: float
    norm_type: float = 2.0
    parameters: Annotated[tuple[Text, ...], Field(max_length=1000)] = ()


class Accumulation(Record):
    """Several batches lead to one step."""

    every: int
    first: int
    counts: Text = "epoch"
    rest: Text = "kept"


class Schedule(Named):
    """A learning-rate schedule, and how often it stepped."""

    unwritten: tuple[Text, ...]
    steps: int
    early: bool
    parts: Annotated[tuple["Schedule", ...], Field(max_length=20)] = ()
    watched: Watched | None = None


class Transform(Record):
    """A transform between raw pixels and samples."""

    type: Text
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    written: bool = False
    settings: Settings = {}
    v2: bool = False
    parts: Annotated[tuple["Transform", ...], Field(max_length=20)] = ()


class Data(Record):
    """A data set."""

    type: Text
    size: int | None
    transforms: Annotated[tuple[Transform, ...], Field(max_length=100)] | None = None
    plain: bool = False


class Loader(Record):
    """How batches were drawn."""

    batch_size: int | None
    drop_last: bool
    shuffle: bool
    sampler: Text
    samples: int | None
    dataset: Data


class HeldOut(Record):
    """What was watched beside a training."""

    loader: Loader
    apart: bool
    seen: Annotated[tuple[Sample, ...], Field(max_length=10)] = ()


class Training(Record):
    """One optimiser at work on one network."""

    number: int
    model: int
    variable: Text
    cell: int | None
    optimizer: Named
    spec: ModelSpec | None = None
    groups: Annotated[tuple[ParameterGroup, ...], Field(max_length=1000)] = ()
    losses: Annotated[tuple[Named, ...], Field(max_length=100)] = ()
    rates: Annotated[tuple[tuple[float, ...], ...], Field(max_length=20_000)] = ()
    loss_scale: float = 1.0
    clipping: Annotated[tuple[Clipping, ...], Field(max_length=100)] = ()
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
    loaders: Annotated[tuple[Loader, ...], Field(max_length=10)] = ()
    input_shape: tuple[int, ...] | None = None
    seen: Annotated[tuple[Sample, ...], Field(max_length=10)] = ()
    evaluation_mode: bool = False
    schedules: Annotated[tuple[Schedule, ...], Field(max_length=100)] = ()
    stopping: EpochRule | None = None
    keeping: EpochRule | None = None
    held_out: HeldOut | None = None
    most_epochs: int | None = None
    raw: Annotated[tuple[Sample, ...], Field(max_length=10)] = ()
    as_loaded: bool = False
    tested: Loader | None = None
    gaps: Annotated[tuple[Gap, ...], Field(max_length=MOST_GAPS)] = ()


class Unstepped(Record):
    """A network whose gradients were computed and whose weights no optimiser stepped."""

    cell: int | None
    variable: Text
    type: Text


class Failure(Record):
    """A cell that ended by an error that isn't the notebook's."""

    cell: int | None
    origin: Origin
    place: Text


class Findings(Record):
    """All that was found in one notebook; see `grader.guest.protocol` for what each field means."""

    trainings: Annotated[tuple[Training, ...], Field(max_length=1000)] = ()
    unfinished: tuple[int, ...] = ()
    shortened: tuple[int, ...] = ()
    prices: Annotated[tuple[float, ...], Field(max_length=10)] = ()
    unstepped: Annotated[tuple[Unstepped, ...], Field(max_length=20)] = ()
    served: Annotated[tuple[Text, ...], Field(max_length=20)] = ()
    faults: Annotated[tuple[Text, ...], Field(max_length=20)] = ()
    failures: Annotated[tuple[Failure, ...], Field(max_length=200)] = ()


class Variables(Record):
    """The values of a notebook's variables, as its kernel handed them over."""

    values: dict[Text, object]


def read_variables(handed: Sequence[Handed]) -> dict[str, object]:
    """The values of what was asked for, and of nothing else; what can't be read has none."""
    found: dict[str, object] = {}
    for asked, text in handed:
        try:
            values = Variables.model_validate_json(f'{{"values": {text}}}').values
        except ValidationError:
            continue
        found |= {name: value for name, value in values.items() if name in asked}
    return found


@lru_cache(maxsize=1)
def read_findings(text: str) -> tuple[Findings, str]:
    """(what was found, what is wrong with how it was written if anything is: nothing was found then)."""
    try:
        return Findings.model_validate_json(text or "{}"), ""
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        return Findings(), f"what the notebook reported of its networks is not valid: {where}: {first['msg']}"
