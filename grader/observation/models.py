"""What the probe wrote becomes models with recipes, rebuilt and counted by the host; nothing is believed unchecked."""

import math
from collections.abc import Callable
from typing import Annotated

from nbformat import NotebookNode
from pydantic import Field, ValidationError

from grader.core.errors import SubmissionError
from grader.core.evidence import ModelFacts
from grader.core.network import (
    Inexpressible,
    InputSpec,
    LossSpec,
    ModelSpec,
    OptimizerSpec,
    Recipe,
    ScheduleSpec,
    Settings,
)
from grader.core.record import Record
from grader.datasets import Dataset
from grader.observation.notebooks import headings_above

_Text = Annotated[str, Field(max_length=500)]
_IGNORED_SETTINGS = frozenset({"foreach", "fused", "capturable", "differentiable", "decoupled_weight_decay"})
_TOLERANCE = 1e-3
_COUNTED = ("rows", "parameters", "buffers_as_weights", "hidden_units", "hidden_layers")


class _Statistics(Record):
    shape: tuple[int, ...]
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    std: float | None = None


class _Transform(Record):
    type: _Text
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()


class _Data(Record):
    type: _Text
    size: int | None = None
    train: bool | None = None
    tensor: _Statistics | None = None
    transforms: tuple[_Transform, ...] | None = None


class _Loader(Record):
    batch_size: int | None
    drop_last: bool
    shuffle: bool
    sampler: _Text
    length: int
    dataset: _Data


class _Named(Record):
    type: _Text
    settings: Settings = {}


class _Schedule(_Named):
    steps: int


class _Training(Record):
    model: int
    variable: _Text
    class_: Annotated[_Text, Field(alias="class")]
    spec: ModelSpec | None
    first_cell: int | None
    cell: int | None
    optimizer: _Named
    groups: int
    losses: Annotated[tuple[_Named, ...], Field(max_length=100)]
    steps: int
    samples: int
    largest_batch: int
    passes: int
    steps_in_passes: int
    loaders: int
    loader: _Loader | None
    input_shape: tuple[int, ...] | None
    input: _Statistics | None
    schedules: Annotated[tuple[_Schedule, ...], Field(max_length=100)]
    notes: Annotated[tuple[_Text, ...], Field(max_length=100)]


class _Report(Record):
    trainings: Annotated[tuple[_Training, ...], Field(max_length=1000)] = ()
    variables: dict[_Text, object] = {}


def read_report(
    report: str, notebook: NotebookNode, file: str, dataset: Dataset | None
) -> tuple[tuple[ModelFacts, ...], dict[str, object], str]:
    """(trained models in the order of their last step, variables, what is wrong with the report if anything is)."""
    if not report:
        return (), {}, ""
    try:
        parsed = _Report.model_validate_json(report)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        return (), {}, f"what the notebook reported of its networks is not valid: {where}: {first['msg']}"
    by_model: dict[int, list[_Training]] = {}
    for training in parsed.trainings:
        by_model.setdefault(training.model, []).append(training)
    models = [_facts(trainings, notebook, file, dataset) for trainings in by_model.values()]
    return tuple(model for model in models if model), parsed.variables, ""


def _facts(trainings: list[_Training], notebook: NotebookNode, file: str, dataset: Dataset | None) -> ModelFacts | None:
    last = trainings[-1]
    spec = last.spec
    if spec is None:
        spec = ModelSpec(layers=(), inexpressible=(Inexpressible(what="the network", why="it could not be found"),))
    recipe, problem = None, ""
    try:
        recipe = _recipe(trainings, dataset)
    except (ValidationError, ValueError) as error:
        problem = f"its recipe is not valid: {str(error).splitlines()[0]}"
    facts = ModelFacts(
        notebook=file,
        cell=last.cell,
        variable=last.variable,
        headings=headings_above(notebook, last.cell),
        spec=spec,
        recipe=recipe,
        problem=problem,
    )
    return counted(facts, last.input_shape)


def counted(facts: ModelFacts, input_shape: tuple[int, ...] | None) -> ModelFacts:
    """The same with what the host counts on the network that it rebuilt."""
    from grader.network.count import count

    if not facts.spec.layers:
        return facts
    if input_shape is not None and (len(input_shape) > 6 or any(not 0 < n < 10**5 for n in input_shape)):
        input_shape = None
    try:
        counts = count(facts.spec, input_shape)
    except SubmissionError as error:
        return facts.model_copy(update={"problem": str(error)})
    return facts.model_copy(update={name: getattr(counts, name) for name in _COUNTED})


def _recipe(trainings: list[_Training], dataset: Dataset | None) -> Recipe:
    """The recipe of the last training; whatever it leaves out is named in `inexpressible`."""
    training = trainings[-1]
    notes = [Inexpressible(what="training", why=note) for note in training.notes]

    def note(what: str, why: str) -> None:
        notes.append(Inexpressible(what=what, why=why))

    if len(trainings) > 1:
        note("training", f"{len(trainings)} optimisers trained the same network one after the other")
    if training.groups > 1:
        note("optimiser", f"it has {training.groups} parameter groups")
    if len(training.losses) != 1:
        note("loss", "no loss was seen" if not training.losses else "several losses were used")
    if training.loaders > 1:
        note("training", f"its batches came from {training.loaders} loaders")
    if training.loader and training.loader.sampler not in ("RandomSampler", "SequentialSampler"):
        note("data", f"batches were drawn by {training.loader.sampler}")
    if training.loader and training.loader.dataset.train is False:
        note("data", "it was trained on the test split; the grader trains on the training split")
    if training.input_shape is None:
        raise ValueError("no input of the network was seen")
    batch_size, epochs = _batches(training, dataset)
    loss = training.losses[-1] if training.losses else _Named(type="CrossEntropyLoss")
    used = training.loader.dataset.size if training.loader else None
    total = len(dataset.train.labels) if dataset else None
    if used and total and used > total:
        note("data", f"it was trained on {used:,} samples, more than the {total:,} of the training split")
    return Recipe(
        loss=LossSpec(type=loss.type, settings=_without_defaults(loss.settings)),
        optimizer=OptimizerSpec(
            type=training.optimizer.type,
            settings={k: v for k, v in training.optimizer.settings.items() if k not in _IGNORED_SETTINGS},
        ),
        schedules=tuple(_schedule(schedule, training) for schedule in training.schedules),
        batch_size=batch_size,
        epochs=epochs,
        shuffle=training.loader.shuffle if training.loader else True,
        drop_last=training.loader.drop_last if training.loader else False,
        inputs=_inputs(training, dataset, note),
        train_samples=used if used and total and used < total else None,
        inexpressible=tuple(notes),
    )


def _batches(training: _Training, dataset: Dataset | None) -> tuple[int, int]:
    """Batch size and epochs: from the loader and the passes over it, else from the samples that were seen."""
    if training.loader and training.loader.batch_size and training.passes:
        return training.loader.batch_size, training.passes
    if not dataset or not training.largest_batch:
        raise ValueError("its batches did not come from a loader, so that its epochs can't be counted")
    return training.largest_batch, max(round(training.samples / len(dataset.train.labels)), 1)


def _schedule(schedule: _Schedule, training: _Training) -> ScheduleSpec:
    per_batch = schedule.steps > max(training.passes, 1) * 1.5
    settings = {key: value for key, value in schedule.settings.items() if value is not None}
    return ScheduleSpec(type=schedule.type, settings=settings, step="batch" if per_batch else "epoch")


def _without_defaults(settings: Settings) -> Settings:
    return {key: value for key, value in settings.items() if (key, value) != ("reduction", "mean")}


def _inputs(training: _Training, dataset: Dataset | None, note: Callable[[str, str], None]) -> InputSpec:
    """How raw pixels became inputs: from the transforms where they are known, else from the values themselves."""
    assert training.input_shape is not None
    shape = training.input_shape
    data = training.loader.dataset if training.loader else None
    if data and data.transforms is not None:
        mean, std, unknown = 0.0, 1.0, []
        for transform in data.transforms:
            if transform.type == "Normalize" and len(transform.mean) == len(transform.std) == 1:
                mean, std = transform.mean[0], transform.std[0]
            elif transform.type not in ("ToTensor", "Compose"):
                unknown.append(transform.type)
        if unknown:
            note("input", f"the transform {', '.join(unknown)} is not known")
        return InputSpec(shape=shape, divide=255.0, mean=mean, std=std)
    seen = data.tensor if data and data.tensor else training.input
    if dataset is None or seen is None or seen.min is None or seen.max is None:
        return InputSpec(shape=shape)
    scale = dataset.maximum / (seen.max - seen.min) if seen.max > seen.min else 1.0
    whole = bool(data and data.tensor)
    if whole and not _is_affine(seen, dataset, scale):
        note("input", "its values are no plain rescaling of the raw pixels")
        return InputSpec(shape=shape)
    if not whole and not math.isclose(scale, round(scale)):
        note("input", "how raw pixels became inputs could not be observed")
        return InputSpec(shape=shape)
    return InputSpec(shape=shape, divide=scale, mean=0.0 if seen.min == 0 else -seen.min)


def _is_affine(seen: _Statistics, dataset: Dataset, scale: float) -> bool:
    """Whether mean and spread are what one scale and offset make of the raw training pixels."""
    pixels = dataset.train.images
    if seen.mean is None or seen.std is None or seen.min is None or not seen.shape:
        return False
    pixels = pixels[: seen.shape[0]]
    mean, std = float(pixels.mean()) / scale + seen.min, float(pixels.std()) / scale
    return abs(mean - seen.mean) <= _TOLERANCE * (1 + abs(mean)) and abs(std - seen.std) <= _TOLERANCE * (1 + std)
