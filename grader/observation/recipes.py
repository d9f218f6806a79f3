"""How a network was trained, as a recipe, from what was found while its notebook ran; what it leaves out is named."""

import math
from collections.abc import Callable
from typing import Literal

from grader.core.network import (
    Gap,
    ImageSpec,
    InputSpec,
    LossSpec,
    OptimizerSpec,
    Recipe,
    ScheduleSpec,
    Settings,
)
from grader.core.record import Record
from grader.core.steps import Accumulation, Clipping
from grader.datasets import Dataset
from grader.guest.layers import LAYERS
from grader.guest.protocol import MOST_WORDS, GapKind
from grader.observation.choices import read_choices
from grader.observation.findings import Findings, Named, Schedule, Training
from grader.observation.images import is_random, only_rescale, read_images
from grader.observation.recognition import Recognised, by_channel, recognise

_Note = Callable[[GapKind, str], None]
_IGNORED_SETTINGS = frozenset({"foreach", "fused", "capturable", "differentiable"})  # how, not what, is computed
_SAMPLERS = ("RandomSampler", "SequentialSampler", "SubsetRandomSampler")
_PART = 0.1  # of the samples may be missing where epochs are inferred from them


def read_recipe(trainings: list[Training], found: Findings, dataset: Dataset | None) -> Recipe | None:
    """The recipe of the last training, and in its gaps whatever it leaves out; None when too little was seen."""
    training = trainings[-1]
    gaps = list(training.gaps)

    def note(kind: GapKind, why: str) -> None:
        gaps.append(Gap(kind=kind, why=why[:MOST_WORDS]))

    for fault in found.faults:
        note(GapKind.WATCHING, fault)
    if len(trainings) > 1:
        note(GapKind.OPTIMISER, f"{len(trainings)} optimisers trained the same network one after the other")
    if training.cell in found.unfinished:
        note(GapKind.LENGTH, "its cell did not run to its end")
    if len(training.losses) != 1:
        note(GapKind.LOSS, "several losses were used" if training.losses else "no loss was seen")
    types = [layer.type for layer in training.spec.layers] if training.spec else []
    changing = [kind for kind in types if kind in LAYERS and LAYERS[kind].differs_in_evaluation]
    if training.evaluation_mode and changing:
        why = f"{changing[0]} was switched off in training by eval(); the notebook never calls train() again"
        note(GapKind.MODE, why)
    accumulation = training.accumulation
    try:
        drawn = _batches(training, dataset, note)
        loss = training.losses[-1] if training.losses else Named(type="CrossEntropyLoss")
        return Recipe(
            loss=LossSpec(type=loss.type, settings=loss.settings),
            rates=_rates(training, drawn.epochs, note),
            loss_scale=training.loss_scale,
            optimizer=_optimizer(training),
            clipping=tuple(Clipping.model_validate(clipping.model_dump()) for clipping in training.clipping),
            accumulation=accumulation and Accumulation.model_validate(accumulation.model_dump()),
            schedules=tuple(_schedule(s, training, drawn.epochs, note) for s in training.schedules),
            **read_choices(training, drawn.epochs, drawn.train_samples, dataset, note).model_dump(),
            inputs=_inputs(training, dataset, note),
            images=_images(training, dataset, note),
            **drawn.model_dump(exclude={"epochs", "train_samples"}),
            gaps=tuple(dict.fromkeys(gaps)),
        )
    except ValueError:  # numbers that no training has, or none at all
        return None


def _optimizer(training: Training) -> OptimizerSpec:
    """The optimiser without what says how a step is computed."""

    def kept(settings: Settings) -> Settings:
        return {key: value for key, value in settings.items() if key not in _IGNORED_SETTINGS}

    groups = tuple(group.model_copy(update={"settings": kept(group.settings)}) for group in training.groups)
    return OptimizerSpec(type=training.optimizer.type, settings=kept(training.optimizer.settings), groups=groups)


def _rates(training: Training, epochs: int, note: _Note) -> tuple[tuple[float, ...], ...]:
    """The learning rates of each epoch, where the notebook set them."""
    groups = max(len(training.groups), 1)
    if training.rates and (len(training.rates) != epochs or any(len(each) != groups for each in training.rates)):
        note(GapKind.OPTIMISER, f"its learning rate was set for {len(training.rates)} epochs of {epochs}")
        return ()
    return training.rates


class _Batches(Record):
    batch_size: int
    epochs: int
    shuffle: bool
    drop_last: bool = False
    train_samples: int | None = None


def _batches(training: Training, dataset: Dataset | None, note: _Note) -> _Batches:
    """How batches were drawn: from the loader and the loops over it, else from the samples that were seen."""
    total = len(dataset.train.labels) if dataset else None
    if not training.loaders:
        return _sliced(training, total, note)
    loader = training.loaders[-1]
    if len(training.loaders) > 1:
        note(GapKind.BATCHES, f"its batches came from {len(training.loaders)} different loaders")
    if loader.sampler not in _SAMPLERS:
        note(GapKind.BATCHES, f"batches were drawn by {loader.sampler}")
    if training.steps != training.batches_in_loops and training.accumulation is None:
        note(GapKind.BATCHES, f"{training.steps} steps were taken for {training.batches_in_loops} batches")
    samples = loader.samples or loader.dataset.size
    if samples and total and samples != total:
        note(GapKind.DATA, f"it was trained on {samples:,} samples; the training split has {total:,}")
    return _Batches(
        batch_size=loader.batch_size or training.largest_batch,
        epochs=training.loops,
        shuffle=loader.shuffle,
        drop_last=loader.drop_last,
        train_samples=samples if samples and total and samples < total else None,
    )


def _sliced(training: Training, total: int | None, note: _Note) -> _Batches:
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
        note(GapKind.BATCHES, "its samples were drawn with replacement, or some far more often than others")
    seen = f"{training.steps:,} steps on {training.different_batches:,} different batches"
    note(
        GapKind.DATA if known else GapKind.BATCHES, f"its batches came from no loader: {seen}, taken as {epochs} epochs"
    )
    shuffle = epochs == 1 or training.different_batches > batches
    return _Batches(
        batch_size=training.largest_batch,
        epochs=epochs,
        shuffle=shuffle,
        train_samples=total if total < most else None,
    )


def _schedule(schedule: Schedule, training: Training, epochs: int, note: _Note) -> ScheduleSpec:
    per_epoch = schedule.steps in (epochs, epochs - 1)  # a step after the last epoch changes nothing
    if not per_epoch and schedule.steps != training.steps:
        found = f"{schedule.steps} times in {epochs} epochs of {training.steps} steps"
        note(GapKind.SCHEDULE, f"{schedule.type} steps neither per epoch nor per batch: {found}")
    if schedule.early:
        note(GapKind.SCHEDULE, f"{schedule.type} steps before the optimiser")
    step: Literal["epoch", "batch"] = "epoch" if per_epoch else "batch"
    return _schedule_spec(schedule, step, note)


def _schedule_spec(schedule: Schedule, step: Literal["epoch", "batch"], note: _Note) -> ScheduleSpec:
    if schedule.unwritten:
        note(GapKind.SCHEDULE, f"{schedule.type} has {', '.join(schedule.unwritten)} that can't be written as data")
    parts = tuple(_schedule_spec(part, step, note) for part in schedule.parts)
    return ScheduleSpec(
        type=schedule.type, settings=schedule.settings, step=step, parts=parts, watched=schedule.watched
    )


def _inputs(training: Training, dataset: Dataset | None, note: _Note) -> InputSpec:
    """How raw pixels became inputs: read off samples that are recognised in the data set."""
    if training.input_shape is None:
        raise ValueError("no input of the network was seen")
    transforms = (training.loaders[-1].dataset.transforms or ()) if training.loaders else ()
    named = InputSpec(shape=training.input_shape, divide=255.0 if transforms else 1.0)
    for transform in transforms:
        if {len(transform.mean), len(transform.std)} <= {1, dataset.channels if dataset else 1}:
            scaling = {"mean": by_channel(transform.mean), "std": by_channel(transform.std)}
            named = named.model_copy(update=scaling)
    if dataset is None or any(map(is_random, transforms)):
        return named
    found = recognise(training.seen, dataset)
    if found is None and not only_rescale(transforms):
        return named
    if found is None:
        note(GapKind.INPUT, "what it was given is no plain rescaling of the data set's images")
        return named
    _compare(found, note)
    named = named.model_copy(update={"channels_last": found.channels_last})
    return named if found.fits(named) else found.inputs(training.input_shape)


def _images(training: Training, dataset: Dataset | None, note: _Note) -> ImageSpec | None:
    """The transforms of its images, where they do more than rescale them."""
    transforms = (training.loaders[-1].dataset.transforms or ()) if training.loaders else ()
    if only_rescale(transforms):
        return None
    if dataset is not None and not any(map(is_random, transforms)) and recognise(training.seen, dataset) is not None:
        return None  # as where a Resize gives images the size that they have
    found = read_images(training, dataset, note)
    if found is not None and dataset is not None and (raw := recognise(training.raw, dataset)) is not None:
        _compare(raw, note)
    return found


def _compare(found: Recognised, note: _Note) -> None:
    """Say where samples that were recognised are not the grader's own."""
    if found.in_test_split:
        note(GapKind.DATA, "it was trained on samples of the test split; the grader trains on the training split")
    if found.other_labels:
        note(GapKind.LABELS, "its labels are not those of the data set")
