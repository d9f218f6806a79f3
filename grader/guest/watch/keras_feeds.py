"""What Keras's `fit` is given to train on, whatever brings its batches, and the same call with a few of them."""

import math

from ..protocol import Gap, GapKind

SHOWN = 4  # samples that the host compares with its own
_FULL_EPOCHS = 5  # trainings of more epochs take one batch in each: the rest tells nothing new
_SMALL_BATCH = 32  # of a training that is watched: how many samples a batch has is known from the call
SCORED = 1000  # samples of a whole array that are evaluated or predicted
_DRAWN = (  # what an ImageDataGenerator draws at random
    *("rotation_range", "width_shift_range", "height_shift_range", "brightness_range", "shear_range", "zoom_range"),
    *("channel_shift_range", "horizontal_flip", "vertical_flip"),
)


class Given:
    """What `fit` was given to train on, and how much of it is trained on here."""

    def __init__(self, options, batches, keras):
        self.options, self.keras = options, keras
        self.batches = batches and (batches if int(options.get("epochs") or 1) <= _FULL_EPOCHS else 1)
        x = options.get("x")
        whole = isinstance(x, (list, tuple)) and len(x) == 1 and is_array(x[0])
        self.x = x[0] if whole else x
        self.source = _source(self.x, options, keras)
        self.arrays = isinstance(self.source, Arrays)
        self.total = self.samples = self.source.samples
        split = options.get("validation_split") or 0.0
        if self.arrays and split and options.get("validation_data") is None:
            self.samples = math.floor(self.total * (1.0 - split))

    def first(self):
        """(inputs, labels) of some first samples, before they are changed at random; None where nothing can be seen."""
        return self.source.first()

    def whole(self):
        """Batches of one pass over all samples; None where that can't be known."""
        return math.ceil(self.samples / self.source.batch_size) if self.samples and self.source.batch_size else None

    def epoch(self):
        """Batches of an epoch; None where that can't be known."""
        return self.options.get("steps_per_epoch") or self.source.steps or self.whole()

    def steps(self):
        """Batches of an epoch that are trained on here."""
        epoch = self.epoch()
        if self.batches is None:
            return epoch
        return min(epoch, self.batches) if epoch else self.batches

    def drop_last(self):
        """Whether the batch that isn't full is left out."""
        asked = self.options.get("steps_per_epoch")
        return self.source.drop_last or bool(asked and self.samples and asked == self.samples // self.source.batch_size)

    def gaps(self):
        """What makes this other than epochs of shuffled samples."""
        yield from self.source.gaps
        asked, whole = self.options.get("steps_per_epoch"), self.whole()
        if asked and whole and asked not in (whole, self.samples // self.source.batch_size):
            yield _of_batches(f"an epoch is {asked:,} batches; all samples would be {whole:,}")

    def cut(self):
        """The same call with a few batches of each pass."""
        options = dict(self.options)
        if self.batches is None:
            return options
        size = self.source.batch_size or 1
        if not self.arrays:
            options["x"], options["steps_per_epoch"] = self.source.few(self.steps())
            return _fewer_validation(options, self.batches, size)
        size = min(size, _SMALL_BATCH)
        options["steps_per_epoch"], options["batch_size"] = None, size
        most = self.steps() * size
        if self.samples < self.total:
            rest = slice(self.samples, self.samples + most)
            weights = options.get("sample_weight")
            options["validation_data"] = tuple(
                _part(part, rest) for part in (self.x, options["y"], weights) if part is not None
            )
            options["validation_split"] = 0.0
        first = slice(0, min(most, self.samples))
        for key, part in (("x", self.x), ("y", options["y"]), ("sample_weight", options.get("sample_weight"))):
            options[key] = _part(part, first)
        return _fewer_validation(options, self.batches, size)


def _source(x, options, keras):
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

    def __init__(self, x, options):
        self.x, self.y = x, options.get("y")
        self.samples, steps = len(x), options.get("steps_per_epoch")
        self.batch_size = int(options.get("batch_size") or (math.ceil(len(x) / steps) if steps else 32))
        shuffle = options.get("shuffle", True)
        self.shuffle = bool(shuffle)
        usual = shuffle in (True, False)
        self.gaps = () if usual else (_of_batches(f"batches were shuffled with shuffle={shuffle!r}"),)

    def first(self):
        return self.x[: self.batch_size], self.y


class _Pipeline:
    """A `tf.data.Dataset`."""

    def __init__(self, dataset):
        self.dataset, facts = dataset, dataset.facts
        self.samples, self.batch_size, self.drop_last = facts.samples, facts.batch_size or 1, facts.drop_last
        self.steps = facts.elements
        self.shuffle = facts.window > 1
        self.gaps = []
        if facts.samples is None:
            self.gaps.append(_of_batches("how many samples its data set has is not known"))
        elif 1 < facts.window < facts.samples:
            why = f"samples were shuffled in a window of {facts.window:,}, not all {facts.samples:,} of them"
            self.gaps.append(_of_batches(why))

    def first(self):
        """Its first batch, without a trace in the random numbers of the notebook."""
        batch = _unseen(lambda: next(iter(self.dataset)))
        return batch[:2] if isinstance(batch, tuple) and len(batch) > 1 else None

    def few(self, steps):
        return self.dataset.take(steps), None


class _Sequence:
    """A `keras.utils.Sequence`: batches by their number, in turns that are shuffled."""

    drop_last, shuffle = False, True

    def __init__(self, x, keras):
        self.x, self.keras = x, keras
        self.steps = x.num_batches
        self.batch_size = getattr(x, "batch_size", None) or len(self.one()[0])
        self.samples = self.steps and self.steps * self.batch_size
        self.gaps = [_of_batches(f"its batches came from a {type(x).__name__}")]

    def one(self):
        return _unseen(lambda: self.x[0])

    def first(self):
        return self.one()[:2]

    def few(self, steps):
        given, keras = self.x, self.keras

        class Few(keras.utils.PyDataset):
            num_batches = steps

            def __getitem__(self, position):
                return given[position]

            def on_epoch_end(self):
                given.on_epoch_end()

        return Few(), None


class Images(_Sequence):
    """Images that an ImageDataGenerator changes, most often at random."""

    def __init__(self, x, keras):
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

    def first(self):
        """Samples as they would be without what is drawn at random."""
        import numpy

        images = numpy.array(self.x.x[:SHOWN], dtype="float32")
        return numpy.stack([self.changes.standardize(image) for image in images]), self.x.y


class Unknown:
    """Anything else, such as a generator: one batch of it would be lost by looking."""

    drop_last, samples, steps, shuffle = False, None, None, False

    def __init__(self, x):
        self.x, self.seen = x, None
        self.batch_size = getattr(x, "batch_size", None)
        self.gaps = [_of_batches(f"its batches came from a {type(x).__name__}")]

    def first(self):
        return self.seen

    def watched(self):
        for batch in self.x:
            if self.seen is None and isinstance(batch, (tuple, list)) and len(batch) > 1:
                self.seen = batch[:2]
            yield batch

    def few(self, steps):
        return (self.watched() if hasattr(self.x, "__next__") else self.x), steps


def _of_batches(why):
    return Gap.of(GapKind.BATCHES, why)


def _unseen(act):
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


def is_array(x):
    return hasattr(x, "shape") and hasattr(x, "__getitem__") and len(getattr(x, "shape", ())) > 0


def _part(value, rows):
    if isinstance(value, (list, tuple)) and value and is_array(value[0]):
        return type(value)(part[rows] for part in value)
    return value[rows] if hasattr(value, "__getitem__") and value is not None else value


def fewer(options, batches):
    """The same evaluation of fewer samples."""
    x = options.get("x")
    if is_array(x):
        first = slice(0, SCORED)
        return {
            **options,
            "batch_size": SCORED,
            **{key: _part(options.get(key), first) for key in ("x", "y", "sample_weight") if key in options},
        }
    steps = options.get("steps")
    return {**options, "steps": min(steps or batches, batches)}


def _fewer_validation(options, batches, batch_size):
    given = options.get("validation_data")
    if given is None:
        return options
    if isinstance(given, (tuple, list)) and all(is_array(part) or isinstance(part, list) for part in given):
        rows = slice(0, batches * int(options.get("validation_batch_size") or batch_size))
        return {**options, "validation_data": tuple(_part(part, rows) for part in given), "validation_steps": None}
    return {**options, "validation_steps": min(options.get("validation_steps") or batches, batches)}
