"""What Keras's `fit` is given to train on, whatever brings its batches, and the same call with a few of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from ..protocol import Gap, GapKind

SHOWN = 4  # samples that the host compares with its own
_FULL_EPOCHS = 5  # trainings of more epochs take one batch in each: the rest tells nothing new
_SMALL_BATCH = 32  # of a training that is watched: how many samples a batch has is known from the call
_USUAL_BATCH = 32  # Keras's own
_MOST_SCORED = 1000  # samples of a whole array that are evaluated or predicted
_DRAWN = (  # what an ImageDataGenerator draws at random
    *("rotation_range", "width_shift_range", "height_shift_range", "brightness_range", "shear_range", "zoom_range"),
    *("channel_shift_range", "horizontal_flip", "vertical_flip"),
)


class Source(Protocol):
    """What brings the samples of an epoch, as far as that is known; None is what isn't."""

    @property
    def samples(self) -> int | None:
        """How many there are."""

    @property
    def batch_size(self) -> int | None:
        """How many a batch has."""

    @property
    def steps(self) -> int | None:
        """Batches of an epoch, where the source itself says it."""

    @property
    def drop_last(self) -> bool:
        """Whether it leaves out the batch that isn't full."""

    @property
    def shuffle(self) -> bool:
        """Whether each epoch has another order."""

    @property
    def gaps(self) -> Sequence[Gap]:
        """What makes it other than epochs of shuffled samples."""

    def first(self) -> tuple[Any, Any] | None:
        """(inputs, labels) of some first samples, before they are changed at random; None where nothing can be seen."""


class Feed(Source, Protocol):
    """A source that brings batches itself."""

    def few(self, steps: int) -> tuple[Any, int | None]:
        """(what brings so many of its batches, how many `fit` has to be told to take; None: all of them)."""


class Given:
    """What `fit` was given to train on, and how much of it is trained on here.

    `options` are all arguments of `fit` by name; `batches` is how many of an epoch are trained on, None for all.
    """

    def __init__(self, options: Mapping[str, Any], batches: int | None, keras: Any) -> None:
        self.options, self.keras = options, keras
        self.batches = batches and (batches if int(options.get("epochs") or 1) <= _FULL_EPOCHS else 1)
        self.x = alone(options.get("x"))
        self.source = _source(self.x, options, keras)
        self.total = self.samples = self.source.samples
        split = options.get("validation_split") or 0.0
        if isinstance(self.source, Arrays) and split and options.get("validation_data") is None:
            self.samples = math.floor(self.source.samples * (1.0 - split))

    def first(self) -> tuple[Any, Any] | None:
        """(inputs, labels) of some first samples, before they are changed at random; None where nothing can be seen."""
        return self.source.first()

    def whole(self) -> int | None:
        """Batches of one pass over all samples; None where that can't be known."""
        return math.ceil(self.samples / self.source.batch_size) if self.samples and self.source.batch_size else None

    def full(self) -> int | None:
        """Full batches of one pass over all samples; None where that can't be known."""
        return self.samples // self.source.batch_size if self.samples and self.source.batch_size else None

    def epoch(self) -> int | None:
        """Batches of an epoch; None where that can't be known."""
        return self.options.get("steps_per_epoch") or self.source.steps or self.whole()

    def steps(self) -> int | None:
        """Batches of an epoch that are trained on here; None where all are, and how many can't be known."""
        return self.epoch() if self.batches is None else self.few(self.batches)

    def few(self, batches: int) -> int:
        """So many batches, or all of an epoch where it has fewer."""
        return min(self.epoch() or batches, batches)

    def drop_last(self) -> bool:
        """Whether the batch that isn't full is left out."""
        asked = self.options.get("steps_per_epoch")
        return self.source.drop_last or bool(asked and asked == self.full())

    def gaps(self) -> Iterator[Gap]:
        """What makes this other than epochs of shuffled samples."""
        yield from self.source.gaps
        asked, whole = self.options.get("steps_per_epoch"), self.whole()
        if asked and whole and asked not in (whole, self.full()):
            yield _of_batches(f"an epoch is {asked:,} batches; all samples would be {whole:,}")

    def cut(self) -> dict[str, Any]:
        """The same call with a few batches of each pass."""
        options = dict(self.options)
        if self.batches is None:
            return options
        source, size, steps = self.source, self.source.batch_size or 1, self.few(self.batches)
        if not isinstance(source, Arrays):
            options["x"], options["steps_per_epoch"] = source.few(steps)
            return _fewer_validation(options, self.batches, size)
        size = min(size, _SMALL_BATCH)
        options["steps_per_epoch"], options["batch_size"] = None, size
        most, samples = steps * size, self.samples or 0
        if samples < source.samples:
            rest = slice(samples, samples + most)
            weights = options.get("sample_weight")
            options["validation_data"] = tuple(
                _part(part, rest) for part in (self.x, options["y"], weights) if part is not None
            )
            options["validation_split"] = 0.0
        first = slice(0, min(most, samples))
        for key, part in (("x", self.x), ("y", options["y"]), ("sample_weight", options.get("sample_weight"))):
            options[key] = _part(part, first)
        return _fewer_validation(options, self.batches, size)


def _source(x: Any, options: Mapping[str, Any], keras: Any) -> Arrays | Feed:
    """By what it is, or what it has: stand-ins for TensorFlow's say what they know of themselves in `facts`."""
    if is_array(x):
        return Arrays(x, options)
    if hasattr(x, "facts"):
        return _Pipeline(x)
    if hasattr(x, "image_data_generator") and hasattr(x, "x"):
        return Images(x, keras)
    if isinstance(x, keras.utils.PyDataset):
        return _Sequence(x, keras)
    return Unknown(x)


class Arrays:
    """Arrays, from which `fit` itself draws batches."""

    drop_last, steps = False, None

    def __init__(self, x: Any, options: Mapping[str, Any]) -> None:
        self.x, self.y = x, options.get("y")
        self.samples, steps = len(x), options.get("steps_per_epoch")
        self.batch_size = int(options.get("batch_size") or (math.ceil(len(x) / steps) if steps else 32))
        shuffle = options.get("shuffle", True)
        self.shuffle = bool(shuffle)
        usual = shuffle in (True, False)
        self.gaps = [] if usual else [_of_batches(f"batches were shuffled with shuffle={shuffle!r}")]

    def first(self) -> tuple[Any, Any]:
        """A first batch of inputs, and all labels."""
        return self.x[: self.batch_size], self.y


class _Pipeline:
    """A `tf.data.Dataset`."""

    def __init__(self, dataset: Any) -> None:
        self.dataset, facts = dataset, dataset.facts
        self.samples, self.batch_size, self.drop_last = facts.samples, facts.batch_size or 1, facts.drop_last
        self.steps = facts.elements
        self.shuffle = facts.window > 1
        self.gaps: list[Gap] = []
        if facts.samples is None:
            self.gaps.append(_of_batches("how many samples its data set has is not known"))
        elif 1 < facts.window < facts.samples:
            why = f"samples were shuffled in a window of {facts.window:,}, not all {facts.samples:,} of them"
            self.gaps.append(_of_batches(why))

    def first(self) -> tuple[Any, Any] | None:
        """Its first batch, without a trace in the random numbers of the notebook."""
        batch = _unseen(lambda: next(iter(self.dataset)))
        return batch[:2] if isinstance(batch, tuple) and len(batch) > 1 else None

    def few(self, steps: int) -> tuple[Any, None]:
        """Its first batches."""
        return self.dataset.take(steps), None


class _Sequence:
    """A `keras.utils.Sequence`: batches by their number, in turns that are shuffled."""

    drop_last, shuffle = False, True

    def __init__(self, x: Any, keras: Any) -> None:
        self.x, self.keras = x, keras
        self.steps = x.num_batches
        self.batch_size = getattr(x, "batch_size", None) or len(self.one()[0])
        self.samples = self.steps and self.steps * self.batch_size
        self.gaps = [_of_batches(f"its batches came from a {type(x).__name__}")]

    def one(self) -> Any:
        """Its first batch."""
        return _unseen(lambda: self.x[0])

    def first(self) -> tuple[Any, Any] | None:
        """Inputs and labels of its first batch."""
        batch: tuple[Any, Any] = self.one()[:2]
        return batch

    def few(self, steps: int) -> tuple[Any, None]:
        """The same with fewer numbers."""
        given, dataset = self.x, self.keras.utils.PyDataset

        class Few(dataset):  # type: ignore[valid-type,misc]  # Keras is given at run time
            num_batches = steps

            def __getitem__(self, position: int) -> Any:
                return given[position]

            def on_epoch_end(self) -> None:
                given.on_epoch_end()

        return Few(), None


class Images(_Sequence):
    """Images that an ImageDataGenerator changes, most often at random."""

    def __init__(self, x: Any, keras: Any) -> None:
        super().__init__(x, keras)
        self.samples, self.shuffle, self.changes = x.n, bool(x.shuffle), x.image_data_generator
        usual = vars(type(self.changes)())
        drawn = {key: value for key, value in vars(self.changes).items() if key in _DRAWN and value != usual[key]}
        self.gaps = []
        if drawn:
            said = ", ".join(f"{key}={value}" for key, value in drawn.items())
            self.gaps.append(Gap.of(GapKind.AUGMENTATION, f"its training images are changed at random: {said}"))
        if self.changes.preprocessing_function:
            why = "its training images are changed by a function of the notebook's own"
            self.gaps.append(Gap(GapKind.INPUT, why))

    def first(self) -> tuple[Any, Any]:
        """Samples as they would be without what is drawn at random."""
        import numpy

        images = numpy.array(self.x.x[:SHOWN], dtype="float32")
        return numpy.stack([self.changes.standardize(image) for image in images]), self.x.y


class Unknown:
    """Anything else, such as a generator: one batch of it would be lost by looking."""

    drop_last, samples, steps, shuffle = False, None, None, False

    def __init__(self, x: Any) -> None:
        self.x = x
        self.seen: tuple[Any, Any] | None = None  # the first batch that was trained on
        self.batch_size = getattr(x, "batch_size", None)
        self.gaps = [_of_batches(f"its batches came from a {type(x).__name__}")]

    def first(self) -> tuple[Any, Any] | None:
        """The first batch, once it was trained on."""
        return self.seen

    def watched(self) -> Iterator[Any]:
        """Its batches, the first of which is kept."""
        for batch in self.x:
            if self.seen is None and isinstance(batch, (tuple, list)) and len(batch) > 1:
                self.seen = batch[0], batch[1]
            yield batch

    def few(self, steps: int) -> tuple[Any, int]:
        """All of it, of which `fit` takes as many batches as it is told."""
        return (self.watched() if hasattr(self.x, "__next__") else self.x), steps


def _of_batches(why: str) -> Gap:
    return Gap.of(GapKind.BATCHES, why)


def _unseen(act: Callable[[], Any]) -> Any:
    """What `act` returns, with all random numbers as before."""
    import random

    import numpy
    import torch

    before, numbers = random.getstate(), numpy.random.get_state()
    try:
        with torch.random.fork_rng():
            return act()
    finally:
        random.setstate(before)
        numpy.random.set_state(numbers)


def is_array(x: Any) -> bool:
    """Whether it has rows, as numpy's arrays and torch's tensors."""
    return hasattr(x, "shape") and hasattr(x, "__getitem__") and len(getattr(x, "shape", ())) > 0


def alone(x: Any) -> Any:
    """The array that stands alone in a list, as for a network of one input; anything else as it is."""
    return x[0] if isinstance(x, (list, tuple)) and len(x) == 1 and is_array(x[0]) else x


def _part(value: Any, rows: slice) -> Any:
    """These rows of an array, or of each of several; what isn't one stays."""
    if isinstance(value, (list, tuple)) and value and is_array(value[0]):
        return type(value)(part[rows] for part in value)
    if isinstance(value, dict):
        return {key: _part(part, rows) for key, part in value.items()}
    return value[rows] if hasattr(value, "__getitem__") and value is not None else value


def rows_of(x: Any) -> int | None:
    """How many samples an array has, or arrays side by side; None for anything else."""
    parts = list(x.values()) if isinstance(x, dict) else list(x) if isinstance(x, (list, tuple)) else [x]
    counts = {len(part) for part in parts if is_array(part)}
    return counts.pop() if len(counts) == 1 and all(is_array(part) for part in parts) else None


def scored(options: Mapping[str, Any]) -> int:
    """How many samples are evaluated or predicted: one batch, which takes no more memory than the notebook's own."""
    return min(int(options.get("batch_size") or _USUAL_BATCH), _MOST_SCORED)


def fewer(options: Mapping[str, Any], batches: int) -> dict[str, Any]:
    """The same evaluation of fewer samples: a first batch of arrays, so many batches of anything else."""
    if rows_of(options.get("x")) is not None:
        first = slice(0, scored(options))
        return {
            **options,
            "batch_size": None,
            "steps": None,
            **{key: _part(options.get(key), first) for key in ("x", "y", "sample_weight") if key in options},
        }
    steps = options.get("steps")
    return {**options, "steps": min(steps or batches, batches)}


def _fewer_validation(options: dict[str, Any], batches: int, batch_size: int) -> dict[str, Any]:
    """The same call of `fit`, validated on fewer batches; their size is that of training where none is told."""
    given = options.get("validation_data")
    if given is None:
        return options
    if isinstance(given, (tuple, list)) and all(is_array(part) or isinstance(part, list) for part in given):
        rows = slice(0, batches * int(options.get("validation_batch_size") or batch_size))
        return {**options, "validation_data": tuple(_part(part, rows) for part in given), "validation_steps": None}
    return {**options, "validation_steps": min(options.get("validation_steps") or batches, batches)}
