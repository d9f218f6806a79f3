"""What the probe wrote becomes models with recipes, rebuilt and counted by the host; nothing is believed unchecked."""

import math
from collections.abc import Callable
from functools import lru_cache
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
from grader.observation.recognition import Sample, by_channel, recognise

_Text = Annotated[str, Field(max_length=500)]
_Note = Callable[[str, str], None]
_IGNORED_SETTINGS = frozenset({"foreach", "fused", "capturable", "differentiable"})  # how, not what, is computed
_SAMPLERS = ("RandomSampler", "SequentialSampler", "SubsetRandomSampler")
_STEADY = ("ToTensor", "Normalize", "ToImage", "ToDtype", "PILToTensor", "ConvertImageDtype", "Lambda", "function")
_AUGMENTING = ("Random", "ColorJitter", "ElasticTransform", "AutoAugment", "TrivialAugment", "GaussianBlur")
_RESTING = ("BatchNorm", "Dropout", "AlphaDropout")  # layers that do something else in evaluation
_PART = 0.1  # of the samples may be missing where epochs are inferred from them
_OTHER_NETWORK = ("another one in evaluation", "a copy of the network")  # than the spec with its trained weights
_UNSTEPPED = (
    "in cell {cell} gradients of “{name}” were computed, but no optimiser of torch or Keras ever stepped its weights, "
    "so it does not count as trained. Look whether optimizer.step() is called, and whether the optimiser was made with "
    "the parameters of this network. Steps that are written out by hand are not seen."
)
_COUNTED = ("rows", "parameters", "buffers_as_weights", "hidden_units", "hidden_layers")


class _Transform(Record):
    type: _Text
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()


class _Data(Record):
    type: _Text
    size: int | None
    transforms: tuple[_Transform, ...] | None = None


class _Loader(Record):
    batch_size: int | None
    drop_last: bool
    shuffle: bool
    sampler: _Text
    samples: int | None
    dataset: _Data


class _Named(Record):
    type: _Text
    settings: Settings = {}


class _Schedule(_Named):
    unwritten: tuple[_Text, ...]
    steps: int
    early: bool


class _Training(Record):
    number: int = 0
    model: int
    variable: _Text
    spec: ModelSpec | None
    cell: int | None
    optimizer: _Named
    groups: int
    losses: Annotated[tuple[_Named, ...], Field(max_length=100)]
    steps: int
    samples: int
    largest_batch: int
    different_batches: int
    different_samples: int = 0
    fresh_samples: int = 0
    passes: int
    steps_in_passes: int
    batches_in_passes: int
    loaders: Annotated[tuple[_Loader, ...], Field(max_length=10)]
    input_shape: tuple[int, ...] | None
    seen: Annotated[tuple[Sample, ...], Field(max_length=10)]
    rests: bool
    schedules: Annotated[tuple[_Schedule, ...], Field(max_length=100)]
    notes: Annotated[tuple[_Text, ...], Field(max_length=100)]


class _Unstepped(Record):
    cell: int | None
    variable: _Text
    type: _Text


class _Report(Record):
    trainings: Annotated[tuple[_Training, ...], Field(max_length=1000)] = ()
    variables: dict[_Text, object] = {}
    unfinished: tuple[int, ...] = ()
    shortened: tuple[int, ...] = ()
    unstepped: Annotated[tuple[_Unstepped, ...], Field(max_length=20)] = ()
    served: Annotated[tuple[_Text, ...], Field(max_length=20)] = ()
    faults: Annotated[tuple[_Text, ...], Field(max_length=20)] = ()


def read_report(
    report: str, notebook: NotebookNode, file: str, dataset: Dataset | None
) -> tuple[tuple[ModelFacts, ...], dict[str, object], str]:
    """(trained models in the order of their last step, variables, what is wrong with the report if anything is)."""
    parsed, wrong = _parsed(report)
    if wrong:
        return (), {}, wrong
    by_model: dict[int, list[_Training]] = {}
    for training in parsed.trainings:
        by_model[training.model] = [*by_model.pop(training.model, []), training]
    models = tuple(_facts(trainings, parsed, notebook, file, dataset) for trainings in by_model.values())
    return models, parsed.variables, "" if models else "; ".join(parsed.faults)


def remarks(report: str) -> tuple[str, ...]:
    """What must be said of what the notebook did: files that were read in the place of others, gradients in vain."""
    told = _parsed(report)[0]
    served = (f"{name} was not handed in: the grader's copy of the data was read in its place" for name in told.served)
    unstepped = (_UNSTEPPED.format(cell=n.cell, name=n.variable or n.type) for n in told.unstepped)
    return (*served, *unstepped)


def shortened(report: str) -> frozenset[int]:
    """The cells that saw only a part of a loader's batches."""
    return frozenset(_parsed(report)[0].shortened)


@lru_cache(maxsize=1)
def _parsed(report: str) -> tuple[_Report, str]:
    """(what the probe wrote, what is wrong with it if anything is)."""
    try:
        return _Report.model_validate_json(report or "{}"), ""
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        return _Report(), f"what the notebook reported of its networks is not valid: {where}: {first['msg']}"


def _facts(
    trainings: list[_Training], report: _Report, notebook: NotebookNode, file: str, dataset: Dataset | None
) -> ModelFacts:
    last = trainings[-1]
    spec = last.spec
    if spec is None:
        why = "its weights belong to no nn.Module of the notebook, so its layers can't be read"
        spec = ModelSpec(layers=(), inexpressible=(Inexpressible(what="the network", why=why),))
    facts = ModelFacts(
        notebook=file,
        cell=last.cell,
        variable=last.variable,
        headings=headings_above(notebook, last.cell),
        spec=spec,
        recipe=_recipe(trainings, report, dataset),
        training=trainings[0].number,
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


def _recipe(trainings: list[_Training], report: _Report, dataset: Dataset | None) -> Recipe | None:
    """The recipe of the last training, and in `inexpressible` whatever it leaves out; None when too little was seen."""
    training = trainings[-1]
    notes = [
        Inexpressible(what="network" if any(words in why for words in _OTHER_NETWORK) else "training", why=why[:200])
        for why in (*training.notes, *report.faults)
    ]

    def note(what: str, why: str) -> None:
        notes.append(Inexpressible(what=what, why=why[:200]))

    if len(trainings) > 1:
        note("training", f"{len(trainings)} optimisers trained the same network one after the other")
    if training.cell in report.unfinished:
        note("training", "its cell did not run to its end")
    if training.groups > 1:
        note("optimiser", f"it has {training.groups} parameter groups")
    if len(training.losses) != 1:
        note("loss", "several losses were used" if training.losses else "no loss was seen")
    resting = [layer.type for layer in training.spec.layers if layer.type.startswith(_RESTING)] if training.spec else []
    if training.rests and resting:
        note("training", f"{resting[0]} was switched off in training by eval(); the notebook never calls train() again")
    try:
        drawn = _batches(training, dataset, note)
        loss = training.losses[-1] if training.losses else _Named(type="CrossEntropyLoss")
        return Recipe(
            loss=LossSpec(type=loss.type, settings=loss.settings),
            optimizer=OptimizerSpec(
                type=training.optimizer.type,
                settings={k: v for k, v in training.optimizer.settings.items() if k not in _IGNORED_SETTINGS},
            ),
            schedules=tuple(_schedule(s, training, drawn.epochs, note) for s in training.schedules),
            inputs=_inputs(training, dataset, note),
            **drawn.model_dump(),
            inexpressible=tuple(notes),
        )
    except ValueError:  # numbers that no training has, or none at all
        return None


class _Batches(Record):
    batch_size: int
    epochs: int
    shuffle: bool
    drop_last: bool = False
    train_samples: int | None = None


def _batches(training: _Training, dataset: Dataset | None, note: _Note) -> _Batches:
    """How batches were drawn: from the loader and the passes over it, else from the samples that were seen."""
    total = len(dataset.train.labels) if dataset else None
    if not training.loaders:
        return _sliced(training, total, note)
    loader = training.loaders[-1]
    if len(training.loaders) > 1:
        note("training", f"its batches came from {len(training.loaders)} different loaders")
    if loader.sampler not in _SAMPLERS:
        note("training", f"batches were drawn by {loader.sampler}")
    if training.steps != training.batches_in_passes:
        note("training", f"{training.steps} steps were taken for {training.batches_in_passes} batches")
    samples = loader.samples or loader.dataset.size
    if samples and total and samples != total:
        note("data", f"it was trained on {samples:,} samples; the training split has {total:,}")
    return _Batches(
        batch_size=loader.batch_size or training.largest_batch,
        epochs=training.passes,
        shuffle=loader.shuffle,
        drop_last=loader.drop_last,
        train_samples=samples if samples and total and samples < total else None,
    )


def _sliced(training: _Training, total: int | None, note: _Note) -> _Batches:
    """Batches that the notebook cut by hand are never cut by the probe: all of them were seen."""
    if not total or not training.largest_batch:
        raise ValueError("its epochs can't be counted")
    most = total
    if 0 < training.different_samples < (1 - _PART) * total < training.samples:
        total = training.different_samples  # of a part of the training split
    epochs = max(round(training.samples / total), 1)
    batches = math.ceil(total / training.largest_batch)
    known = abs(training.samples / total - epochs) <= _PART * epochs and training.different_batches >= (
        1 - _PART
    ) * min(batches, training.steps)
    if training.different_samples and training.fresh_samples < (1 - _PART) * min(total, training.samples):
        note("training", "its samples were drawn with replacement, or some far more often than others")
    seen = f"{training.steps:,} steps on {training.different_batches:,} different batches"
    note("data" if known else "training", f"its batches came from no loader: {seen}, taken as {epochs} epochs")
    shuffle = epochs == 1 or training.different_batches > batches
    return _Batches(
        batch_size=training.largest_batch,
        epochs=epochs,
        shuffle=shuffle,
        train_samples=total if total < most else None,
    )


def _schedule(schedule: _Schedule, training: _Training, epochs: int, note: _Note) -> ScheduleSpec:
    per_epoch = schedule.steps in (epochs, epochs - 1)  # a step after the last epoch changes nothing
    if not per_epoch and schedule.steps != training.steps:
        found = f"{schedule.steps} times in {epochs} epochs of {training.steps} steps"
        note("schedule", f"{schedule.type} steps neither per epoch nor per batch: {found}")
    if schedule.early:
        note("schedule", f"{schedule.type} steps before the optimiser")
    if schedule.unwritten:
        note("schedule", f"{schedule.type} has {', '.join(schedule.unwritten)} that can't be written as data")
    return ScheduleSpec(type=schedule.type, settings=schedule.settings, step="epoch" if per_epoch else "batch")


def _inputs(training: _Training, dataset: Dataset | None, note: _Note) -> InputSpec:
    """How raw pixels became inputs: read off samples that are recognised in the data set."""
    if training.input_shape is None:
        raise ValueError("no input of the network was seen")
    transforms = (training.loaders[-1].dataset.transforms or ()) if training.loaders else ()
    drawn = [transform.type for transform in transforms if transform.type.startswith(_AUGMENTING)]
    unknown = [transform.type for transform in transforms if transform.type not in (*_STEADY, *drawn)]
    if drawn:
        note("augmentation", f"its training images are changed at random by {', '.join(drawn)}")
    if unknown:
        note("input", f"the transform {', '.join(unknown)} is not known")
    named = InputSpec(shape=training.input_shape, divide=255.0 if transforms else 1.0)
    for transform in transforms:
        if {len(transform.mean), len(transform.std)} <= {1, dataset.channels if dataset else 1}:
            scaling = {"mean": by_channel(transform.mean), "std": by_channel(transform.std)}
            named = named.model_copy(update=scaling)
    if dataset is None or unknown or drawn:
        return named
    found = recognise(training.seen, dataset)
    if found is None:
        note("input", "what it was given is no plain rescaling of the data set's images")
        return named
    if found.in_test_split:
        note("data", "it was trained on samples of the test split; the grader trains on the training split")
    if found.other_labels:
        note("data set", "its labels are not those of the data set")
    named = named.model_copy(update={"channels_last": found.channels_last})
    return named if found.fits(named) else found.inputs(training.input_shape)
