"""Watches Keras train: its methods are written down as they are called, and cut short."""

import functools
import inspect

from .. import import_hooks
from ..protocol import GapKind
from .keras_feeds import SCORED, Given, fewer, is_array
from .keras_training import KerasTraining, drawn


def install(session, torch, forget) -> None:
    """Watch Keras from the moment when the notebook imports it.

    `forget` tells whoever watches torch that what was computed belongs to no step of its own.
    """

    def begin(keras):
        session.quietly(_Watch(session, torch, keras, forget).install)

    import_hooks.when_imported("keras", begin)


class _Watch:
    """Puts itself around Keras's own methods."""

    def __init__(self, session, torch, keras, forget):
        self.session, self.torch, self.keras, self.forget = session, torch, keras, forget
        self.quiet = session.quietly
        self.inside = 0  # within fit, which evaluates by itself

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
            self.quiet(lambda: setattr(weight, "grader_drawn", drawn(weight)))
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

    @property
    def batches(self):
        """How many batches of an epoch are trained on; None in a replay, where nothing is cut."""
        return self.session.config.batches if self.session.weights is None else None

    def training(self, model, x):
        """The training of this network by its optimiser, the last to go on standing last; None where x doesn't fit."""
        if not _built(model, x):
            return None
        key = (id(model), id(model.optimizer))
        found = self.session.trainings.get(key) or KerasTraining(self.session, self.torch, self.keras, model, x)
        self.session.begin(key, found)
        found.look_for_changes("between its steps")
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
        training.remember()
        self.hand_over(training, "last")
        self.forget()
        self.session.write()

    def hand_over(self, training, when):
        """In a replay: the weights before the first step, and after the last."""
        weights = self.session.weights
        if weights is not None and not (when == "first" and training.steps):
            weights.write(f"{training.record.number}-{when}", training.as_module)

    def evaluate(self, original, model, options):
        if not self.inside and self.batches is not None:
            options = self.quiet(lambda: fewer(options, self.batches)) or options
        return original(options)

    def predict(self, original, model, options):
        x = options.get("x")
        if self.inside or self.batches is None:
            return original(options)
        if not is_array(x):
            found = original(self.quiet(lambda: fewer(options, self.batches)) or options)
            count = getattr(getattr(x, "facts", x), "samples", None) or getattr(x, "n", None)
            return self.quiet(lambda: _as_many(found, count)) if count and hasattr(found, "shape") else found
        options = {**options, "batch_size": SCORED}  # one batch: loaders are cut after a few
        if len(x) <= SCORED:
            return original(options)
        found = original({**options, "x": x[:SCORED]})
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
        for training in self.session.of_network(model):
            training.note(GapKind.WEIGHTS, "weights are loaded into it during or after its training")
        return original(options)


class _Fit:
    """One call of `fit`: it is written down once the network has its weights, before its first step at the latest."""

    def __init__(self, watch, model, options):
        self.watch, self.model, self.options = watch, model, options
        self.given = Given(options, watch.batches, watch.keras)
        self.training = None

    def begin(self):
        watch, first = self.watch, self.given.first()
        training = watch.training(self.model, first and first[0])
        training.take_fit(self.model, self.given, self.options)
        watch.hand_over(training, "first")
        watch.session.write()
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


def _built(model, x):
    """Whether a model has its weights, which it may get only now; where it can't, its call will say why."""
    if not model.built and hasattr(x, "shape"):
        try:
            model.build((None, *x.shape[1:]))
        except Exception:
            return False
    return True


def _as_many(found, count):
    """As many predictions as were asked for: those of the first samples, over and over."""
    import numpy

    return numpy.resize(found, (count, *found.shape[1:]))
