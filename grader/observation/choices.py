"""The rules by which a notebook ends a training or keeps an epoch, as far as the host can follow them itself."""

from collections.abc import Callable
from typing import Literal

from grader.core.choices import EpochRule
from grader.core.record import Record
from grader.datasets import Dataset
from grader.guest.protocol import GapKind
from grader.observation.findings import HeldOut, Training
from grader.observation.recognition import recognise

_Note = Callable[[GapKind, str], None]
_BY_TEST = "it chooses among its epochs by the test split; the grader holds out a part of the training split for that"


class Choices(Record):
    """The part of a recipe that says how many epochs there are, which is kept, and on which samples that rests."""

    epochs: int
    epochs_are: Literal["counted", "at most", "unknown"]
    stopping: EpochRule | None = None
    keeping: EpochRule | None = None
    held_out: int | None = None
    train_samples: int | None = None


def read_choices(
    training: Training, epochs: int, train_samples: int | None, dataset: Dataset | None, note: _Note
) -> Choices:
    """What was seen of a training that showed `epochs` of them on `train_samples`, None for the whole split.

    A rule that watches the test split is one on held-out samples here, as many as the test split has: nothing that the
    host trains is chosen by what it is scored on. That it differs is a gap.
    """
    found = Choices(
        epochs=training.most_epochs or epochs,
        epochs_are=_known(training),
        stopping=training.stopping,
        keeping=training.keeping,
        train_samples=train_samples,
    )
    rules = [rule for rule in (training.stopping, training.keeping) if rule is not None]
    summed = any(loss.settings.get("reduction") for loss in training.losses)
    if summed and any(rule.watched.what == "loss" for rule in rules):
        note(GapKind.CHOICE, "it watches a loss that is no mean")
    if not any(rule.watched.of == "validation" for rule in rules):
        return found
    size = _held_out(training.held_out, dataset, note)
    total = len(dataset.train.labels) if dataset else 0
    if train_samples is None or size > total - train_samples:
        if train_samples is not None:
            note(GapKind.CHOICE, f"{size:,} samples are watched and {train_samples:,} trained on, of {total:,}")
        return found.model_copy(update={"held_out": size, "train_samples": max(total - size, 1)})
    return found.model_copy(update={"held_out": size})


def _known(training: Training) -> Literal["counted", "at most", "unknown"]:
    if training.most_epochs is not None or training.stopping is not None:
        return "at most"
    return "unknown" if any(gap.kind is GapKind.LENGTH for gap in training.gaps) else "counted"


def _held_out(held_out: HeldOut | None, dataset: Dataset | None, note: _Note) -> int:
    """How many samples are watched; a gap where they are no part of the training split of their own."""
    found = recognise(held_out.seen, dataset) if held_out and dataset else None
    if held_out is None or dataset is None or found is None:
        note(GapKind.CHOICE, "what it watches to choose among its epochs is not recognised in the data set")
        return (held_out.loader.samples if held_out else None) or 1
    if found.in_test_split:
        note(GapKind.CHOICE, _BY_TEST)
        return len(dataset.test.labels)
    if found.other_labels:
        note(GapKind.CHOICE, "the labels that it watches are not those of the data set")
    if not held_out.apart:
        note(GapKind.CHOICE, "the samples that it watches may be some that it is trained on")
    if not held_out.loader.samples:
        note(GapKind.CHOICE, "how many samples it watches is not known")
    return held_out.loader.samples or 1
