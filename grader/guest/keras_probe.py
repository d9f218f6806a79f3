"""Watches Keras train: `fit` is written down as the training that a torch notebook would have shown, and cut short."""

import functools
import inspect
import math

from . import keras_spec, later, report

_SHOWN_SAMPLES = 4
_FULL_EPOCHS = 5  # trainings of more epochs take one batch in each: the rest tells nothing new
_WITHIN_FIT = "drawn within fit"
_SMALL_BATCH = 32  # of a training that is watched: how many samples a batch has is known from the call
_SCORED = 1000  # samples of a whole array that are evaluated or predicted
_LARGE_EPSILON = 1e-6  # Keras adds an optimiser's epsilon elsewhere than torch: seen only when it is larger
_DRAWN = (  # what an ImageDataGenerator draws at random
    *("rotation_range", "width_shift_range", "height_shift_range", "brightness_range", "shear_range", "zoom_range"),
    *("channel_shift_range", "horizontal_flip", "vertical_flip"),
)
_HARMLESS = (
    "History",
    "ProgbarLogger",
    "ModelCheckpoint",
    "TensorBoard",
    "CSVLogger",
    "TerminateOnNaN",
    "BackupAndRestore",
)
_MEDDLING = {"stop_training", "lr", "learning_rate", "set_weights", "load_weights", "assign", "set_value", "optimizer"}
_LOSSES = {
    "categorical_crossentropy": "CrossEntropyLoss",
    "sparse_categorical_crossentropy": "CrossEntropyLoss",
    "mean_squared_error": "MSELoss",
    "binary_crossentropy": "BCELoss",
}
_LOSS_CLASSES = {
    "CategoricalCrossentropy": "CrossEntropyLoss",
    "SparseCategoricalCrossentropy": "CrossEntropyLoss",
    "MeanSquaredError": "MSELoss",
    "BinaryCrossentropy": "BCELoss",
}
_OTHER_RATES = {"Adadelta": 1.0, "Adagrad": 0.01, "Adamax": 0.002, "Nadam": 0.002}  # by default, in Keras until 2.2


def install(watcher) -> None:
    """Watch Keras from the moment when the notebook imports it."""

    def begin(keras):
        try:
            _Watch(keras, watcher).install()
        except Exception as error:
            watcher.faults[f"Keras can't be watched: {type(error).__name__}: {error}"[:500]] = None

    later.when_imported("keras", begin)


class _Watch:
    """Puts itself around Keras's own methods."""

    def __init__(self, keras, probe):
        self.keras, self.probe = keras, probe
        self.inside = 0  # within fit, which evaluates by itself
        probe.keras_layers = keras  # so that whoever looks can tell a Keras model

    def install(self):
        keras = self.keras
        self.wrap(keras.Model, "fit", self.fit)
        self.wrap(keras.Model, "evaluate", self.evaluate)
        self.wrap(keras.Model, "predict", self.predict)
        self.wrap(keras.Model, "train_on_batch", self.train_on_batch)
        self.wrap(keras.Model, "load_weights", self.load_weights)
        original = keras.Layer.add_weight

        @functools.wraps(original)
        def add_weight(layer, *args, **kwargs):
            weight = original(layer, *args, **kwargs)
            self.quiet(lambda: setattr(weight, "grader_drawn", _drawn(weight)))
            return weight

        keras.Layer.add_weight = add_weight

    def wrap(self, owner, name, around):
        original = getattr(owner, name)
        signature = inspect.signature(original)

        @functools.wraps(original)
        def call(model, *args, **kwargs):
            try:
                bound = signature.bind(model, *args, **kwargs)
            except TypeError:
                return original(model, *args, **kwargs)  # says what is wrong
            bound.apply_defaults()
            options = dict(bound.arguments)
            options.pop("self", None)
            options.update(options.pop("kwargs", None) or {})
            return around(lambda changed: original(model, **changed), model, options)

        setattr(owner, name, call)

    def quiet(self, act):
        """What goes wrong in watching is written down, and never disturbs the notebook."""
        try:
            return act()
        except Exception as error:
            self.probe.faults[f"watching Keras failed: {type(error).__name__}: {error}"[:500]] = None
            return None

    @property
    def batches(self):
        """How many batches of a pass are trained on; None in a replay, where nothing is cut."""
        return self.probe.config["batches"] if getattr(self.probe, "weights", None) is None else None

    def training(self, model, x):
        """The training of this network by its optimiser, the last to go on standing last; None where x doesn't fit."""
        if not _built(model, x):
            return None
        key = (id(model), id(model.optimizer))
        found = self.probe.trainings.pop(key, None) or _Training(self, model, x)
        self.probe.trainings[key] = found
        found.cell = self.probe.cell
        found.look_after("between its steps")
        return found

    # around Keras's own methods

    def fit(self, original, model, options):
        watched = self.quiet(lambda: _Fit(self, model, options))
        cut = (watched and self.quiet(watched.cut)) or options
        self.inside += 1
        try:
            return original(cut)
        finally:
            self.inside -= 1
            if watched is not None:
                self.quiet(watched.end)

    def end(self, model, training):
        training.remember(model)
        self.hand_over(training, "last")
        self.probe.forget()
        self.probe.write()

    def hand_over(self, training, when):
        """In a replay: the weights before the first step, and after the last."""
        weights = getattr(self.probe, "weights", None)
        if weights is not None and not (when == "first" and training.steps):
            weights.write(f"{training.number}-{when}", training.model)

    def evaluate(self, original, model, options):
        if not self.inside and self.batches is not None:
            options = self.quiet(lambda: _fewer(options, self.batches)) or options
        return original(options)

    def predict(self, original, model, options):
        x = options.get("x")
        if self.inside or self.batches is None:
            return original(options)
        if not _is_array(x):
            found = original(self.quiet(lambda: _fewer(options, self.batches)) or options)
            count = getattr(getattr(x, "facts", x), "samples", None) or getattr(x, "n", None)
            return self.quiet(lambda: _as_many(found, count)) if count and hasattr(found, "shape") else found
        options = {**options, "batch_size": _SCORED}  # one batch: loaders are cut after a few
        if len(x) <= _SCORED:
            return original(options)
        found = original({**options, "x": x[:_SCORED]})
        if not hasattr(found, "shape"):
            return original(options)
        return _as_many(found, len(x))

    def train_on_batch(self, original, model, options):
        training = self.quiet(lambda: self.training(model, options.get("x")))
        if training is not None:
            self.quiet(lambda: training.take_batch(model, options))
        result = original(options)
        if training is not None:
            self.quiet(lambda: self.end(model, training))
        return result

    def load_weights(self, original, model, options):
        for training in self.probe.trainings.values():
            if getattr(training, "network", None) is model:
                training.note("weights are loaded into it during or after its training")
        return original(options)


class _Fit:
    """One call of `fit`: it is written down once the network has its weights, before its first step at the latest."""

    def __init__(self, watch, model, options):
        self.watch, self.model, self.options = watch, model, options
        self.given = _Given(options, watch.batches, watch.keras)
        self.training = None

    def begin(self):
        watch, first = self.watch, self.given.first()
        training = watch.training(self.model, first and first[0])
        training.take_fit(self.model, self.given, self.options)
        watch.hand_over(training, "first")
        watch.probe.write()
        self.training = training

    def cut(self):
        if self.model.built:
            self.begin()
        cut = self.given.cut()
        callbacks = cut.get("callbacks")
        if callbacks is None or isinstance(callbacks, (list, tuple)):
            cut["callbacks"] = [*(callbacks or ()), self.observer()]
        return cut

    def observer(self):
        """A callback that counts steps and looks at the learning rate."""
        fit = self

        class Observer(self.watch.keras.callbacks.Callback):
            def on_train_begin(self, logs=None):
                if fit.training is None:
                    fit.watch.quiet(fit.begin)

            def on_train_batch_end(self, batch, logs=None):
                if fit.training is not None:
                    fit.training.steps += 1

            def on_epoch_begin(self, epoch, logs=None):
                if fit.training is not None:
                    fit.training.look_at_rate(self.model)

        return Observer()

    def end(self):
        if self.training is not None:
            self.training.take_late(self.model, self.given)
            self.watch.end(self.model, self.training)


class _Given:
    """What `fit` was given to train on, and how much of it is trained on here."""

    def __init__(self, options, batches, keras):
        self.options, self.keras = options, keras
        self.batches = batches and (batches if int(options.get("epochs") or 1) <= _FULL_EPOCHS else 1)
        x = options.get("x")
        whole = isinstance(x, (list, tuple)) and len(x) == 1 and _is_array(x[0])
        self.x = x[0] if whole else x
        self.source = _source(self.x, options, keras)
        self.arrays = isinstance(self.source, _Arrays)
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

    def notes(self):
        """What makes this other than passes over shuffled samples."""
        yield from self.source.notes
        asked, whole = self.options.get("steps_per_epoch"), self.whole()
        if asked and whole and asked not in (whole, self.samples // self.source.batch_size):
            yield f"an epoch is {asked:,} batches; all samples would be {whole:,}"

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
    if _is_array(x):
        return _Arrays(x, options)
    if hasattr(x, "facts"):
        return _Pipeline(x)
    if hasattr(x, "image_data_generator") and hasattr(x, "x"):
        return _Images(x, keras)
    if isinstance(x, keras.utils.PyDataset):
        return _Sequence(x, keras)
    return _Unknown(x)


class _Arrays:
    """Arrays, from which `fit` itself draws batches."""

    drop_last, steps = False, None

    def __init__(self, x, options):
        self.x, self.y = x, options.get("y")
        self.samples, steps = len(x), options.get("steps_per_epoch")
        self.batch_size = int(options.get("batch_size") or (math.ceil(len(x) / steps) if steps else 32))
        shuffle = options.get("shuffle", True)
        self.shuffle = bool(shuffle)
        self.notes = () if shuffle in (True, False) else (f"batches were shuffled with shuffle={shuffle!r}",)

    def first(self):
        return self.x[: self.batch_size], self.y


class _Pipeline:
    """A `tf.data.Dataset`."""

    def __init__(self, dataset):
        self.dataset, facts = dataset, dataset.facts
        self.samples, self.batch_size, self.drop_last = facts.samples, facts.batch_size or 1, facts.drop_last
        self.steps = facts.elements
        self.shuffle = facts.window > 1
        self.notes = []
        if facts.samples is None:
            self.notes.append("how many samples its data set has is not known")
        elif 1 < facts.window < facts.samples:
            self.notes.append(
                f"samples were shuffled in a window of {facts.window:,}, not all {facts.samples:,} of them"
            )

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
        self.notes = [f"its batches came from a {type(x).__name__}"]

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


class _Images(_Sequence):
    """Images that an ImageDataGenerator changes, most often at random."""

    def __init__(self, x, keras):
        super().__init__(x, keras)
        self.samples, self.shuffle, self.changes = x.n, bool(x.shuffle), x.image_data_generator
        usual = vars(type(self.changes)())
        drawn = {key: value for key, value in vars(self.changes).items() if key in _DRAWN and value != usual[key]}
        self.notes = []
        if drawn:
            said = ", ".join(f"{key}={value}" for key, value in drawn.items())
            self.notes.append(f"its training images are changed at random: {said}")
        if self.changes.preprocessing_function:
            self.notes.append("its training images are changed by a function of the notebook's own")

    def first(self):
        """Samples as they would be without what is drawn at random."""
        import numpy

        images = numpy.array(self.x.x[:_SHOWN_SAMPLES], dtype="float32")
        return numpy.stack([self.changes.standardize(image) for image in images]), self.x.y


class _Unknown:
    """Anything else, such as a generator: one batch of it would be lost by looking."""

    drop_last, samples, steps, shuffle = False, None, None, False

    def __init__(self, x):
        self.x, self.seen = x, None
        self.batch_size = getattr(x, "batch_size", None)
        self.notes = [f"its batches came from a {type(x).__name__}"]

    def first(self):
        return self.seen

    def watched(self):
        for batch in self.x:
            if self.seen is None and isinstance(batch, (tuple, list)) and len(batch) > 1:
                self.seen = batch[:2]
            yield batch

    def few(self, steps):
        return (self.watched() if hasattr(self.x, "__next__") else self.x), steps


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


class _Network:
    """A Keras network whose weights can be handed over as those of the spec."""

    def __init__(self, network, weights):
        self.network, self.state_dict = network, weights


class _Training:
    """One Keras optimiser at work on one network; written as `probe.Training` is."""

    def __init__(self, watch, model, x):
        self.watch, self.keras = watch, watch.keras
        self.network = model
        probe = watch.probe
        self.number = len(probe.trainings)
        self.condition = None
        self.notes = {}
        self.cell = probe.cell
        self.variable = next((k for k, v in probe.namespace.items() if v is model and k[0] != "_"), "")
        shape = tuple(x.shape[1:]) if hasattr(x, "shape") else None
        described = keras_spec.describe(model, probe.config["vocabulary"], self.keras, probe.torch, shape)
        self.spec, self.input_shape, self.rescaling = described.spec, described.shape, described.rescaling
        self.model = _Network(model, described.weights)
        for remark in described.remarks:
            self.note(remark)
        self.optimizer, self.settings, self.schedules = None, {}, []
        self.take_optimizer(model.optimizer)
        self.losses, self.loaders, self.seen = {}, [], []
        self.steps = self.planned = self.passes = self.samples = self.largest_batch = 0
        self.uncut = 0  # steps that the notebook would take
        self.first_rows = set()
        self.after = None
        self.rate = None
        self.compare(probe)
        self.look_at_class()

    @property
    def own(self):
        """The weights that its optimiser steps, as torch's."""
        return list(self.network.parameters())

    def note(self, text):
        self.notes[str(text)[:200]] = None

    def compare(self, probe):
        """Notes on weights that are not all trained, or not as Keras draws them."""
        if len(self.network.trainable_weights) < sum(1 for w in self.network.weights if _is_weight(w)):
            self.note("some of its weights are frozen")
        if any(getattr(other, "network", None) is self.network for other in probe.trainings.values()):
            return  # trained before: that is said elsewhere
        drawn = {id(w): getattr(w, "grader_drawn", None) for w in self.network.trainable_weights}
        if any(drawn[id(w)] not in (_WITHIN_FIT, _norms([w])) for w in self.network.trainable_weights):
            self.note("its first weights are not as Keras draws them: they were set or loaded")

    def look_at_class(self):
        for kind in type(self.network).__mro__:
            if kind.__module__.startswith("keras."):
                break
            for name in ("train_step", "compute_loss", "fit", "compute_gradients", "train_function"):
                if name in vars(kind):
                    self.note(f"its class {kind.__name__} has a {name} of its own")

    # optimiser

    def take_optimizer(self, optimizer):
        kind = type(optimizer).__name__
        self.own_optimizer = optimizer
        if not type(optimizer).__module__.startswith("keras."):
            self.optimizer = f"the student's own {kind}"
        elif kind in _OPTIMIZERS:
            self.optimizer, settings = _OPTIMIZERS[kind]
            self.settings.update(settings(optimizer))
        else:
            self.optimizer = f"Keras's {kind}"
        rate = getattr(optimizer, "_learning_rate", None)
        if isinstance(rate, self.keras.optimizers.schedules.LearningRateSchedule):
            self.take_schedule(rate)
            self.settings["lr"] = float(getattr(rate, "initial_learning_rate", 0.0))
        else:
            self.settings["lr"] = _plain(optimizer.learning_rate)
        if getattr(optimizer, "grader_default_rate", False) and kind in _OTHER_RATES:
            self.note(
                f"{kind} without a learning rate: by default it is {self.settings['lr']:g} here and in TensorFlow 2; "
                f"in Keras until 2.2 it was {_OTHER_RATES[kind]:g}"
            )
        for name in ("clipnorm", "clipvalue", "global_clipnorm", "gradient_accumulation_steps", "loss_scale_factor"):
            if getattr(optimizer, name, None):
                self.note(f"the optimiser has {name}={getattr(optimizer, name)}")
        if getattr(optimizer, "use_ema", False):
            self.note("the optimiser averages the weights (use_ema)")
        if getattr(optimizer, "_exclude_from_weight_decay", None):
            self.note("the optimiser excludes some weights from weight decay")
        decay = getattr(optimizer, "weight_decay", None)
        if decay:
            self.settings["weight_decay"] = float(decay)
            if kind in ("Adam", "Nadam"):
                self.settings["decoupled_weight_decay"] = True
            elif kind != "AdamW":
                self.note(f"{kind} with weight_decay={decay:g} apart from the gradient")
        epsilon = getattr(optimizer, "epsilon", 0.0) or 0.0
        if epsilon > _LARGE_EPSILON and kind not in ("Adadelta", "SGD"):
            self.note(f"{kind} adds its epsilon={epsilon:g} elsewhere than torch does")

    def take_schedule(self, rate):
        kind = type(rate).__name__
        found = _SCHEDULES.get(kind, lambda rate: None)(rate) if type(rate).__module__.startswith("keras.") else None
        name, settings = found or (f"Keras's {kind}", {})
        self.schedules.append(
            {"type": name, "settings": settings, "unwritten": [] if found else ["all of it"], "early": False}
        )

    # data and steps

    def take_fit(self, model, given, options):
        """Take in one call of `fit`."""
        epochs = max(int(options.get("epochs") or 1) - int(options.get("initial_epoch") or 0), 0)
        source = given.source
        self.passes += epochs
        self.planned += epochs * given.steps()
        self.uncut += epochs * (given.epoch() or given.steps())
        described = {
            "batch_size": source.batch_size,
            "drop_last": given.drop_last(),
            "shuffle": source.shuffle,
            "sampler": "RandomSampler" if source.shuffle else "SequentialSampler",
            "samples": given.samples,
            "dataset": {"type": type(given.x).__name__, "size": given.total},
        }
        if described not in self.loaders:
            self.loaders.append(described)
        for note in given.notes():
            self.note(note)
        for name in ("class_weight", "sample_weight"):
            if options.get(name) is not None:
                self.note(f"fit was given a {name}")
        self.take_samples(model, given)
        self.take_callbacks(options.get("callbacks"))

    def take_late(self, model, given):
        """Look at samples that could be seen only while it trained."""
        if isinstance(given.source, _Unknown):
            self.take_samples(model, given)

    def take_samples(self, model, given):
        """Look at what the network is given, and at what its loss compares with."""
        first = given.first()
        if first is not None:
            x, y = first
            known, steady = {*self.first_rows}, isinstance(given.source, (_Arrays, _Images))
            self.show(model, x[: given.source.batch_size], y)
            if steady and known and self.first_rows != known:
                self.note("it was trained on different samples in different calls of fit")
        self.take_loss(model, first and first[1])

    def take_batch(self, model, options):
        """Take in one call of `train_on_batch`: these are never cut."""
        x, y = options.get("x"), options.get("y")
        if not hasattr(x, "shape"):
            self.note("train_on_batch was given no array")
            return
        self.samples += len(x)
        self.steps += 1
        self.planned += 1
        self.uncut += 1
        self.show(model, x, y)
        self.take_loss(model, y)
        for name in ("class_weight", "sample_weight"):
            if options.get(name) is not None:
                self.note(f"train_on_batch was given a {name}")

    def show(self, model, x, y):
        """What the network got, as torch would have it."""
        import numpy

        x = numpy.asarray(x)
        self.largest_batch = max(self.largest_batch, len(x))
        self.first_rows.add(hash(x[0].tobytes()))
        if self.seen or y is None:
            return
        scale, offset = self.rescaling
        shown, labels = scale * x[:_SHOWN_SAMPLES].astype(float) + offset, numpy.asarray(y)[:_SHOWN_SAMPLES]
        if self.input_shape is not None and shown.ndim == 4 and list(shown.shape[1:]) != self.input_shape:
            shown = shown.transpose(0, 3, 1, 2)
        classes = (
            labels.argmax(1) if labels.ndim == 2 and labels.shape[1] > 1 else labels.reshape(len(labels), -1)[:, 0]
        )
        self.seen = [
            {"values": [float(f"{v:.7g}") for v in row.reshape(-1)], "label": int(label)}
            for row, label in zip(shown, classes)
        ]
        if self.input_shape is None:
            self.input_shape = list(shown.shape[1:])

    def take_loss(self, model, y):
        kind, settings, sparse = self.loss_of(model)
        self.losses.setdefault(str((kind, settings)), {"type": kind, "settings": settings})
        if getattr(getattr(model, "_compile_loss", None), "loss_weights", None):
            self.note("the loss has weights (loss_weights)")
        if y is None:
            return
        import numpy

        y = numpy.asarray(y)
        one_hot = y.ndim == 2 and y.shape[1] > 1 and bool(((y == 0) | (y == 1)).all() and (y.sum(1) == 1).all())
        classes = y.size == len(y) and bool((y == y.astype(int)).all())
        if not (classes if sparse else one_hot):
            shape = " x ".join(str(n) for n in y.shape)
            self.note(f"the loss compares with something else than the classes: labels of shape {shape}")

    def loss_of(self, model):
        """(type, settings, whether it takes class indices) of the loss that a model was compiled with."""
        loss = model.loss[0] if isinstance(model.loss, (list, tuple)) and len(model.loss) == 1 else model.loss
        if isinstance(loss, str):
            loss = self.keras.losses.get(loss)
        settings = {}
        if loss is None or isinstance(loss, (dict, list, tuple)):
            self.note("no loss was seen, or several")
            return "no loss", {}, False
        if isinstance(loss, self.keras.losses.Loss):
            name, known = type(loss).__name__, _LOSS_CLASSES
            config = {**getattr(loss, "_fn_kwargs", {}), "reduction": loss.reduction}
        else:
            name, known, config = getattr(loss, "__name__", type(loss).__name__), _LOSSES, {}
        module = str(getattr(loss, "__module__", None) or type(loss).__module__)
        if not module.startswith("keras."):
            return f"the student's own {name}", {}, False
        if name not in known:
            return f"Keras's {name}", {}, False
        kind = known[name]
        if kind == "BCELoss" and config.get("from_logits"):
            kind = "BCEWithLogitsLoss"
        if kind == "CrossEntropyLoss" and not config.get("from_logits"):
            settings["from_logits"] = False
        if config.get("label_smoothing"):
            settings["label_smoothing"] = float(config["label_smoothing"])
        if config.get("ignore_class") is not None:
            settings["ignore_index"] = int(config["ignore_class"])
        reduction = config.get("reduction", "sum_over_batch_size")
        if reduction not in ("sum_over_batch_size", "mean", "mean_with_sample_weight", "auto"):
            settings["reduction"] = str(reduction)
            if kind != "CrossEntropyLoss":
                self.note(f"the loss is reduced by {reduction}")
        return kind, settings, name.lower().startswith("sparse")

    def take_callbacks(self, callbacks):
        if callbacks is None:
            return
        for callback in callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]:
            kind = type(callback)
            if kind.__module__.startswith("keras."):
                if kind.__name__ == "LambdaCallback":
                    functions = [f for f in vars(callback).values() if inspect.isfunction(f)]
                    meddling = any(_MEDDLING & _names(f.__code__) for f in functions)
                else:
                    meddling = kind.__name__ not in _HARMLESS
            else:
                functions = [f for k in kind.__mro__ if not k.__module__.startswith("keras.") for f in vars(k).values()]
                meddling = any(_MEDDLING & _names(f.__code__) for f in functions if inspect.isfunction(f))
            if meddling:
                self.note(f"the callback {kind.__name__} may change its training")

    def look_at_rate(self, model):
        """A note where an epoch begins with another learning rate than the first, and no schedule says so."""
        if not self.schedules and _plain(model.optimizer.learning_rate) != self.settings["lr"]:
            self.note("the learning rate of the optimiser is changed while it trains")

    def remember(self, model):
        """After training: what the weights are until it goes on."""
        self.after = _norms(model.trainable_weights)

    def look_after(self, when="after its training"):
        """Notes on weights that are no longer those that training left."""
        if self.after is not None and _norms(self.network.trainable_weights) != self.after:
            self.note(f"its weights are changed by hand {when}")

    def record(self, probe):
        """This training as JSON, as `probe.Training` writes it."""
        early = ["its training was ended before its last epoch"] if self.steps < self.planned else []
        return {
            "number": self.number,
            "model": id(self.network),
            "variable": self.variable,
            "spec": self.spec,
            "cell": self.cell,
            "optimizer": {"type": self.optimizer, "settings": self.settings},
            "groups": 1,
            "losses": [*self.losses.values()],
            "steps": self.uncut,
            "samples": self.samples,
            "largest_batch": self.largest_batch,
            "different_batches": len(self.first_rows),
            "passes": self.passes,
            "steps_in_passes": self.uncut,
            "batches_in_passes": self.uncut,
            "loaders": self.loaders[:10],
            "input_shape": self.input_shape,
            "seen": self.seen,
            "rests": False,
            "schedules": [{**schedule, "steps": self.uncut} for schedule in self.schedules],
            "notes": [*self.notes, *early][:100],
        }


def _built(model, x):
    """Whether a model has its weights, which it may get only now; where it can't, its call will say why."""
    if not model.built and hasattr(x, "shape"):
        try:
            model.build((None, *x.shape[1:]))
        except Exception:
            return False
    return True


def _is_array(x):
    return hasattr(x, "shape") and hasattr(x, "__getitem__") and len(getattr(x, "shape", ())) > 0


def _as_many(found, count):
    """As many predictions as were asked for: those of the first samples, over and over."""
    import numpy

    return numpy.resize(found, (count, *found.shape[1:]))


def _is_number(x):
    return isinstance(x, (int, float))


def _part(value, rows):
    if isinstance(value, (list, tuple)) and value and _is_array(value[0]):
        return type(value)(part[rows] for part in value)
    return value[rows] if hasattr(value, "__getitem__") and value is not None else value


def _fewer(options, batches):
    """The same evaluation of fewer samples."""
    x = options.get("x")
    if _is_array(x):
        first = slice(0, _SCORED)
        return {
            **options,
            "batch_size": _SCORED,
            **{key: _part(options.get(key), first) for key in ("x", "y", "sample_weight") if key in options},
        }
    steps = options.get("steps")
    return {**options, "steps": min(steps or batches, batches)}


def _fewer_validation(options, batches, batch_size):
    given = options.get("validation_data")
    if given is None:
        return options
    if isinstance(given, (tuple, list)) and all(_is_array(part) or isinstance(part, list) for part in given):
        rows = slice(0, batches * int(options.get("validation_batch_size") or batch_size))
        return {**options, "validation_data": tuple(_part(part, rows) for part in given), "validation_steps": None}
    return {**options, "validation_steps": min(options.get("validation_steps") or batches, batches)}


def _is_weight(variable):
    """Whether training would change it, if nothing kept it from that."""
    last = variable.path.rsplit("/", 1)[-1]
    return not last.startswith(("moving_", "seed_generator")) and "seed_generator" not in variable.path


def _drawn(weight):
    """What a weight looks like as Keras drew it; within `fit` it can't be seen yet, and nobody can change it."""
    return _WITHIN_FIT if weight.value.device.type == "meta" else _norms([weight])


def _norms(weights):
    found = []
    for weight in weights:
        value = weight.value.detach()
        found.append((float(value.norm()), float(value.sum())))
    return found


def _plain(number):
    return float(f"{float(number):.6g}")


def _names(code):
    """Names that a function's code reads, in what it defines too."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if inspect.iscode(constant):
            found |= _names(constant)
    return found


def _changed(**settings):
    """Settings without those that torch has anyway; (value, torch's default) each."""
    return {key: report.plain(value) for key, (value, usual) in settings.items() if value != usual}


def _betas(optimizer):
    return [optimizer.beta_1, optimizer.beta_2], [0.9, 0.999]


def _adam(optimizer):
    settings = _changed(betas=_betas(optimizer), eps=(optimizer.epsilon, 1e-8))
    if getattr(optimizer, "amsgrad", False):
        settings["amsgrad"] = True
    return settings


_OPTIMIZERS = {
    "SGD": ("SGD", lambda o: _changed(momentum=(float(o.momentum), 0.0), nesterov=(bool(o.nesterov), False))),
    "Adam": ("Adam", _adam),
    "AdamW": ("AdamW", _adam),
    "Nadam": ("NAdam", lambda o: {**_adam(o), "momentum_decay": 1.0}),
    "Adamax": ("Adamax", _adam),
    "RMSprop": (
        "RMSprop",
        lambda o: _changed(
            alpha=(o.rho, 0.99),
            eps=(o.epsilon, 1e-8),
            momentum=(float(o.momentum), 0.0),
            centered=(bool(o.centered), False),
        ),
    ),
    "Adagrad": (
        "Adagrad",
        lambda o: _changed(initial_accumulator_value=(o.initial_accumulator_value, 0.0), eps=(o.epsilon, 1e-10)),
    ),
    "Adadelta": ("Adadelta", lambda o: _changed(rho=(o.rho, 0.9), eps=(o.epsilon, 1e-6))),
}


def _inverse_time(rate):
    if rate.staircase and rate.decay_steps != 1:
        return None
    return "InverseTimeLR", {"decay": rate.decay_rate / rate.decay_steps}


def _exponential(rate):
    if rate.staircase:
        return "StepLR", {"step_size": int(rate.decay_steps), "gamma": float(rate.decay_rate)}
    return "ExponentialLR", {"gamma": float(rate.decay_rate) ** (1 / rate.decay_steps)}


_SCHEDULES = {"InverseTimeDecay": _inverse_time, "ExponentialDecay": _exponential}
