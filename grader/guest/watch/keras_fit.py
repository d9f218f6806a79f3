"""Watches Keras train: its methods are written down as they are called, and cut short."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .. import import_hooks
from ..origin import as_given, instead_of
from ..protocol import GapKind
from .keras_feeds import Given, alone, fewer, rows_of
from .keras_training import KerasTraining, Progress, drawn

if TYPE_CHECKING:
    from .session import Session, WatchedTraining

_MOST_BATCHES = 3  # a call says itself how much it trains, and its history has a value for each epoch
_Options = dict[str, Any]  # all arguments of a call, by name
_Original = Callable[[_Options], Any]  # calls Keras's own method with other arguments


def install(session: Session, torch: ModuleType, forget: Callable[[], None]) -> None:
    """Watch Keras from the moment when the notebook imports it.

    `forget` tells whoever watches torch that what was computed belongs to no step of its own.
    """

    def begin(keras: Any) -> None:
        session.quietly(_Watch(session, torch, keras, forget).install)

    import_hooks.when_imported("keras", begin)


class _Watch:
    """Puts itself around Keras's own methods."""

    def __init__(self, session: Session, torch: ModuleType, keras: Any, forget: Callable[[], None]) -> None:
        self.session, self.torch, self.keras, self.forget = session, torch, keras, forget
        self.quiet = session.quietly
        self.inside = 0  # within fit, which evaluates by itself

    def install(self) -> None:
        """Watch every model and every layer from now on."""
        keras = self.keras
        self.wrap(keras.Model, "fit", self.fit, self.first_batch(keras.Model.fit))
        self.wrap(keras.Model, "evaluate", self.evaluate)
        self.wrap(keras.Model, "predict", self.predict)
        self.wrap(keras.Model, "train_on_batch", self.train_on_batch)
        self.wrap(keras.Model, "load_weights", self.load_weights)
        original = keras.Layer.add_weight

        @functools.wraps(original)
        def add_weight(layer: Any, *args: Any, **kwargs: Any) -> Any:
            weight = as_given(original, layer, *args, **kwargs)
            self.quiet(lambda: setattr(weight, "grader_drawn", drawn(weight)))
            return weight

        keras.Layer.add_weight = add_weight

    def wrap(
        self,
        owner: Any,
        name: str,
        around: Callable[[_Original, Any, _Options], Any],
        trial: Callable[..., Any] | None = None,
    ) -> None:
        """Call `around(original, model, options)` in a method's place; `trial` is as in `instead_of`."""
        original = getattr(owner, name)
        signature = inspect.signature(original)

        def call(model: Any, *args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(model, *args, **kwargs)
            bound.apply_defaults()
            options = dict(bound.arguments)
            options.pop("self", None)
            options.update(options.pop("kwargs", None) or {})
            return around(lambda changed: original(model, **changed), model, options)

        setattr(owner, name, instead_of(original, call, trial))

    def first_batch(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """`fit` as it is, ended after its first batch: what the notebook itself gave wrong shows by then."""
        callback = self.keras.callbacks.Callback

        class Ended(Exception):  # noqa: N818  no error
            pass

        class First(callback):  # type: ignore[valid-type,misc]  # Keras is given at run time
            def on_train_batch_end(self, batch: int, logs: object = None) -> None:
                raise Ended

        def fit(model: Any, *args: Any, **kwargs: Any) -> None:
            bound = inspect.signature(original).bind(model, *args, **kwargs)
            given = bound.arguments.get("callbacks") or ()
            bound.arguments["callbacks"] = [*(given if isinstance(given, (list, tuple)) else (given,)), First()]
            with contextlib.suppress(Ended):
                as_given(original, *bound.args, **bound.kwargs)

        return fit

    @property
    def batches(self) -> int | None:
        """How many batches of an epoch are trained on, in a longer look too; None in a replay, which cuts nothing."""
        return min(self.session.config.batches, _MOST_BATCHES) if self.session.weights is None else None

    def training(self, model: Any, x: Any) -> KerasTraining | None:
        """The training of this network by its optimiser, the last to go on standing last; None where x doesn't fit."""
        if not _built(model, x):
            return None
        key = (id(model), id(model.optimizer))
        known = self.session.trainings.get(key)
        found = known if isinstance(known, KerasTraining) else None
        found = found or KerasTraining(self.session, self.torch, self.keras, model, x)
        self.session.begin(key, found)
        found.look_for_changes("between its steps")
        return found

    # around Keras's own methods

    def fit(self, original: _Original, model: Any, options: _Options) -> Any:
        """Train on a few batches of each epoch; in a replay, on all."""
        watched = self.quiet(lambda: _Fit(self, model, options))
        cut = (watched and self.quiet(watched.cut)) or options
        self.inside += 1
        try:
            return original(cut)
        finally:
            self.inside -= 1
            if watched is not None:
                self.quiet(watched.end)

    def end(self, training: KerasTraining) -> None:
        """A call that trained is over."""
        training.remember()
        self.hand_over(training, "last")
        self.forget()
        self.session.write()

    def undo(self, training: KerasTraining, before: Progress) -> None:
        """A call took no step: it trained nothing."""
        training.go_back(before)
        if not training.steps:
            self.session.forget(training)
        self.forget()
        self.session.write()

    def hand_over(self, training: KerasTraining, when: str) -> None:
        """In a replay: the weights before the first step (`when` is "first"), and after the last ("last")."""
        weights = self.session.weights
        if weights is not None and not (when == "first" and training.steps):
            weights.write(f"{training.record.number}-{when}", training.as_module)

    def evaluate(self, original: _Original, model: Any, options: _Options) -> Any:
        """Evaluate fewer samples; in a replay, all."""
        batches = self.batches
        if not self.inside and batches is not None:
            options = self.quiet(fewer, options, batches) or options
        return original(options)

    def predict(self, original: _Original, model: Any, options: _Options) -> Any:
        """Predict for the first samples, and repeat that for the others; in a replay, for all."""
        x: Any = alone(options.get("x"))
        batches = self.batches
        if self.inside or batches is None:
            return original(options)
        options = {**options, "x": x}
        cut = self.quiet(fewer, options, batches) or options
        found = original(cut)
        count = rows_of(x) or getattr(getattr(x, "facts", x), "samples", None) or getattr(x, "n", None)
        if not count or count == rows_of(cut["x"]):
            return found
        return _as_many(found, count, self.keras)

    def train_on_batch(self, original: _Original, model: Any, options: _Options) -> Any:
        """Train on the batch, which is never cut."""
        training = self.quiet(lambda: self.training(model, options.get("x")))
        if training is None:
            return original(options)
        before = training.progress()
        self.quiet(training.take_batch, model, options)
        try:
            result = original(options)
        except BaseException:
            self.quiet(self.undo, training, before)
            raise
        self.session.stepped()
        self.quiet(self.end, training)
        return result

    def load_weights(self, original: _Original, model: Any, options: _Options) -> Any:
        """Load them, and say so of all trainings of the network unless they are those that a rule kept."""
        trainings = self.session.of_network(model)
        path = options.get("filepath")
        kept = len(trainings) == 1 and not self.inside and self.quiet(self.restores, trainings[0], path)
        for training in [] if kept else trainings:
            training.note(GapKind.WEIGHTS, "weights are loaded into it during or after its training")
        result = original(options)
        if kept:
            self.quiet(trainings[0].remember)
        return result

    def restores(self, training: WatchedTraining, path: object) -> bool:
        """Whether a file holds the weights of the best epoch of its training."""
        return isinstance(training, KerasTraining) and training.loaded(path)


class _Fit:
    """One call of `fit`: it is written down once the network has its weights, before its first step at the latest."""

    def __init__(self, watch: _Watch, model: Any, options: _Options) -> None:
        self.watch, self.model, self.options = watch, model, options
        self.given = Given(options, watch.batches, watch.keras)
        self.training: KerasTraining | None = None  # until it begins
        self.before: Progress | None = None
        self.observed = False  # whether its steps are counted

    def begin(self) -> None:
        """Write down what is known before the first step."""
        watch, first = self.watch, self.given.first()
        training = watch.training(self.model, first and first[0])
        if training is None:
            raise ValueError("a network that has no weights when its training begins")
        self.before = training.progress()
        training.take_fit(self.model, self.given, self.options)
        watch.hand_over(training, "first")
        watch.session.write()
        self.training = training

    def cut(self) -> _Options:
        """The arguments to train with here."""
        if self.model.built:
            self.begin()
        cut = self.given.cut()
        callbacks = cut.get("callbacks")
        if callbacks is None or isinstance(callbacks, (list, tuple)):
            cut["callbacks"] = [*(callbacks or ()), self.observer()]
            self.observed = True
        return cut

    def observer(self) -> Any:
        """A callback that counts steps and looks at the learning rate."""
        fit, callback = self, self.watch.keras.callbacks.Callback

        class Observer(callback):  # type: ignore[valid-type,misc]  # Keras is given at run time
            def on_train_begin(self, logs: object = None) -> None:
                if fit.training is None:
                    fit.watch.quiet(fit.begin)

            def on_train_batch_end(self, batch: int, logs: object = None) -> None:
                fit.watch.session.stepped()
                if fit.training is not None:
                    fit.training.steps += 1

            def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
                if fit.training is not None:
                    fit.training.look_at_rate(self.model)

        return Observer()

    def end(self) -> None:
        """Write down what could be seen only while it trained."""
        if self.training is None or self.before is None:
            return
        if self.observed and self.training.steps == self.before.taken:  # it raised before, or was told to take none
            self.watch.undo(self.training, self.before)
            return
        self.training.take_late(self.model, self.given)
        self.watch.end(self.training)


def _built(model: Any, x: Any) -> bool:
    """Whether a model has its weights, which it may get only now; where it can't, its call will say why."""
    if not model.built and hasattr(x, "shape"):
        try:
            model.build((None, *x.shape[1:]))
        except Exception:
            return False
    return True


def _as_many(found: Any, count: int, keras: Any) -> Any:
    """As many predictions as were asked for, of each output: those of the first samples, over and over."""
    import numpy

    return keras.tree.map_structure(lambda part: numpy.resize(part, (count, *part.shape[1:])), found)
