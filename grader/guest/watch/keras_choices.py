"""Keras's callbacks that choose among epochs: what ends `fit` early, and which epoch's weights are left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..protocol import EpochRule, Watched
from .keras_feeds import Arrays, Given, is_array

_ACCURACIES = ("accuracy", "acc", "categorical_accuracy", "sparse_categorical_accuracy")
_MOST_VALUES = 200_000_000  # of arrays whose rows are compared
_ALIKE = 0.01  # of the rows that are held out may have a twin: data sets hold some images twice


class UnreadableError(Exception):
    """A callback chooses by something that can't be written as a rule; says what, for a reader."""


@dataclass
class Choices:
    """What was read of one call of `fit`.

    `checkpoints`: files that hold the weights of the best epoch so far. `validation`: (samples that are held out, their
    classes, the size of their batches, whether they are others than those that are trained on).
    """

    stopping: EpochRule | None = None
    keeping: EpochRule | None = None
    checkpoints: dict[str, EpochRule] = field(default_factory=dict)
    validation: tuple[Any, Any, int, bool] | None = None


def read(model: Any, given: Given, options: Mapping[str, Any]) -> Choices:
    """Raises UnreadableError where a callback chooses by what can't be written."""
    found = Choices()
    callbacks = options.get("callbacks") or ()
    stops = [one for one in _listed(callbacks) if _is(one, "EarlyStopping")]
    saves = [one for one in _listed(callbacks) if _is(one, "ModelCheckpoint") and one.save_best_only]
    validated = options.get("validation_data") is not None or bool(options.get("validation_split"))
    # Without validation Keras warns, and the callback does nothing.
    stops, saves = ([one for one in ones if validated or not _of_validation(one)] for ones in (stops, saves))
    if len(stops) > 1:
        raise UnreadableError(f"{len(stops)} callbacks may end its training")
    for stop in stops:
        found.stopping = replace(
            _rule(model, stop, options),
            min_delta=abs(float(stop.min_delta)),
            start=int(stop.start_from_epoch),
            baseline=None if stop.baseline is None else float(stop.baseline),
            patience=int(stop.patience),
        )
        if stop.restore_best_weights:
            found.keeping = replace(found.stopping, patience=None, baseline=None)
    for save in saves:
        if save.save_freq == "epoch" and "{" not in save.filepath:
            found.checkpoints[file_of(save.filepath)] = replace(
                _rule(model, save, options), first=None if save.best is None else float(save.best)
            )
    rules = [rule for rule in (found.stopping, found.keeping, *found.checkpoints.values()) if rule is not None]
    if any(rule.watched.of == "validation" for rule in rules):
        found.validation = _validation(given, options)
    return found


def file_of(path: Any) -> str:
    """A file by the name that the notebook gives it, without what Keras 3 wants names to end with."""
    return str(path).removesuffix(".weights.h5").removesuffix(".keras")


def _listed(callbacks: Any) -> list[Any]:
    return list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]


def _is(callback: Any, name: str) -> bool:
    """Whether it is this class of Keras's itself."""
    kind = type(callback)
    return kind.__name__ == name and kind.__module__.startswith("keras.")


def _of_validation(callback: Any) -> bool:
    return str(callback.monitor).startswith("val_")


def _rule(model: Any, callback: Any, options: Mapping[str, Any]) -> EpochRule:
    """What a callback calls the best epoch."""
    monitor, kind = str(callback.monitor), type(callback).__name__
    name = monitor.removeprefix("val_")
    if name not in ("loss", *_ACCURACIES):
        raise UnreadableError(f"the callback {kind} watches {monitor}")
    if name != "loss" and not _plain_metrics(model):
        raise UnreadableError(f"the callback {kind} watches {monitor}, which may be a metric of the notebook's own")
    if _of_validation(callback) and (options.get("validation_freq") or 1) != 1:
        raise UnreadableError("its validation is not after every epoch")
    watched = Watched(
        "loss" if name == "loss" else "accuracy", "validation" if _of_validation(callback) else "training"
    )
    usual = "lower" if name == "loss" else "higher"
    return EpochRule(watched, {"min": "lower", "max": "higher"}.get(callback.mode, usual))


def _plain_metrics(model: Any) -> bool:
    """Whether a model was compiled with Keras's own metrics, by their names."""
    metrics = getattr(getattr(model, "_compile_metrics", None), "_user_metrics", None)
    flat = metrics if isinstance(metrics, (list, tuple)) else [metrics]
    return all(isinstance(metric, str) for metric in flat)


def _validation(given: Given, options: Mapping[str, Any]) -> tuple[Any, Any, int, bool]:
    """What `fit` holds out of its arrays, or is given apart from them."""
    data, size = options.get("validation_data"), options.get("validation_batch_size") or given.source.batch_size or 32
    if data is None:
        if not isinstance(given.source, Arrays) or given.samples is None:
            raise UnreadableError("what its callbacks watch came from no arrays")
        rest = slice(given.samples, None)
        x, y = given.source.x, given.source.y
        if y is None:
            raise UnreadableError("what its callbacks watch has no classes")
        return x[rest], y[rest], size, True
    arrays = isinstance(data, (tuple, list)) and len(data) == 2 and all(map(is_array, data))
    if not arrays or options.get("validation_steps"):
        raise UnreadableError("what its callbacks watch came from no arrays, or is only a part of them")
    x, y = data
    ours = given.source.x if isinstance(given.source, Arrays) else None
    return x, y, size, is_array(ours) and apart(ours, x)


def apart(ours: Any, others: Any) -> bool:
    """Whether next to none of these rows are among ours; False where there are too many to look."""
    import numpy

    if numpy.size(ours) + numpy.size(others) > _MOST_VALUES or numpy.shape(ours)[1:] != numpy.shape(others)[1:]:
        return False
    marks = []
    for rows in (ours, others):
        flat = numpy.asarray(rows).reshape(len(rows), -1)
        direction = numpy.cos(numpy.arange(flat.shape[1]) ** 2 % 1009).astype("float64")
        marks.append([float(flat[i] @ direction) for i in range(len(flat))])
    known = {round(mark, 6) for mark in marks[0]}
    return sum(round(mark, 6) in known for mark in marks[1]) <= _ALIKE * len(marks[1])
