"""One Keras optimiser at work on one network, written down as the training that a torch notebook would have shown."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import findings
from ..describe import keras_models
from ..protocol import (
    Accumulation,
    Clipping,
    Data,
    EpochRule,
    Gap,
    GapKind,
    HeldOut,
    Loader,
    Named,
    Sample,
    Schedule,
    Settings,
    Training,
    Watched,
)
from ..standin.keras_places import doubts_of
from . import keras_choices
from .factors import Factors, depends_on_its_argument
from .keras_feeds import SHOWN, Arrays, Given, Images, Unknown
from .keras_rates import KerasRates

if TYPE_CHECKING:
    import torch

    from .session import Session

_Norms = list[tuple[float, float]]  # length and sum of each weight
_WITHIN_FIT = "drawn within fit"
_LARGE_EPSILON = 1e-6  # Keras adds an optimiser's epsilon elsewhere than torch: seen only when it is larger
_HARMLESS = (
    "History",
    "ProgbarLogger",
    "ModelCheckpoint",  # what is loaded of it later is seen then
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


_MOST_LOADERS = 10
_MOST_RATES = 20_000
_CLIPPING = {"clipnorm": "clipnorm", "global_clipnorm": "global_clipnorm", "clipvalue": "clip_grad_value_"}
_OWN_METHODS = {  # that a class of the student's may have: what they may change
    "train_step": GapKind.LOSS,
    "compute_loss": GapKind.LOSS,
    "train_function": GapKind.LOSS,
    "fit": GapKind.BATCHES,
    "compute_gradients": GapKind.GRADIENTS,
}


class Progress(NamedTuple):
    """How far a training had come: what a call that takes no step must leave as it was."""

    taken: int
    planned: int
    steps: int
    loops: int
    samples: int
    cell: int | None
    loaders: list[Loader]
    gaps: list[Gap]
    losses: dict[str, Named]
    first_rows: set[int]


class KerasTraining:
    """Takes in each call of `fit` and `train_on_batch`, and writes down what a torch notebook would have shown.


    `network` is a Keras model that is compiled and has its weights; `x` is what it is trained on, by which the shape of
    a sample is known where that is an array.
    """

    by_torch = False

    def __init__(self, session: Session, torch: ModuleType, keras: Any, network: Any, x: Any) -> None:
        self.session, self.keras, self.network = session, keras, network
        shape = tuple(x.shape[1:]) if hasattr(x, "shape") else None
        described = keras_models.describe(network, keras, torch, shape)
        self.rescaling = described.rescaling
        self.as_module = _Weights(described.weights)
        self.record = Training(
            number=len(session.trainings),
            model=id(network),
            variable=session.name_of(network),
            cell=session.cell,
            optimizer=Named(""),
            spec=described.spec,
            input_shape=described.shape,
        )
        self.note = self.record.note
        self.table: KerasRates | None = None  # of a schedule that torch has none like
        self.scheduled: Factors | None = None  # what sets the rate of each epoch, a callback
        for gap in described.gaps:
            self.note(gap.kind, gap.why)
        self.take_optimizer(network.optimizer)
        self.losses: dict[str, Named] = {}  # one of each kind with its settings
        self.first_rows: set[int] = set()  # hashes of the first sample of each call
        self.cell = session.cell  # where it took its last step
        self.steps = self.planned = 0  # taken while it was watched; that it was to take then
        self.fits = 0  # calls of fit
        self.rates: list[float] = []  # that each epoch began with
        self.norms: _Norms | None = None  # of its weights after the last step
        self.calls = 0  # of fit
        self.checkpoints: dict[str, EpochRule] = {}  # a file -> the rule by which its weights are those of one epoch
        self.compare_weights()
        self.look_at_class()

    @property
    def parameters(self) -> list[torch.Tensor]:
        """The weights that its optimiser steps, as torch's."""
        return list(self.network.parameters())

    def progress(self) -> Progress:
        """How far it has come by now."""
        record = self.record
        return Progress(
            taken=self.steps,
            planned=self.planned,
            steps=record.steps,
            loops=record.loops,
            samples=record.samples,
            cell=self.cell,
            loaders=[*record.loaders],
            gaps=[*record.gaps],
            losses={**self.losses},
            first_rows={*self.first_rows},
        )

    def go_back(self, to: Progress) -> None:
        """A call took no step."""
        record = self.record
        self.steps, self.planned, self.cell = to.taken, to.planned, to.cell
        self.losses, self.first_rows = to.losses, to.first_rows
        record.steps, record.loops, record.samples, record.cell = to.steps, to.loops, to.samples, to.cell
        record.loaders[:], record.gaps[:] = to.loaders, to.gaps

    def compare_weights(self) -> None:
        """Gaps where weights are not all trained, or not as Keras draws them."""
        trainable = self.network.trainable_weights
        if len(trainable) < sum(1 for w in self.network.weights if _is_weight(w)):
            self.note(GapKind.WEIGHTS, "some of its weights are frozen")
        if self.session.of_network(self.network):
            return  # trained before: that is said elsewhere
        if any(getattr(w, "grader_drawn", None) not in (_WITHIN_FIT, _norms([w])) for w in trainable):
            self.note(GapKind.WEIGHTS, "its first weights are not as Keras draws them: they were set or loaded")

    def look_at_class(self) -> None:
        """Gaps where a class of the student's changes how Keras trains."""
        for kind in type(self.network).__mro__:
            if kind.__module__.startswith("keras."):
                break
            for name, what in _OWN_METHODS.items():
                if name in vars(kind):
                    self.note(what, f"its class {kind.__name__} has a {name} of its own")

    # optimiser

    def take_optimizer(self, optimizer: Any) -> None:
        """The optimiser as torch's, with its learning rate, and gaps where torch has none like it."""
        kind = type(optimizer).__name__
        settings: Settings = {}
        if not type(optimizer).__module__.startswith("keras."):
            name = f"the student's own {kind}"
        elif kind in _OPTIMIZERS:
            name, read = _OPTIMIZERS[kind]
            settings.update(read(optimizer))
        else:
            name = f"Keras's {kind}"
        self.record.optimizer = Named(name, settings)
        rate = getattr(optimizer, "_learning_rate", None)
        if isinstance(rate, self.keras.optimizers.schedules.LearningRateSchedule):
            self.take_schedule(rate)
            initial = float(getattr(rate, "initial_learning_rate", 0.0))
            settings["lr"] = self.table.first if self.table is not None else initial
        else:
            settings["lr"] = _plain(optimizer.learning_rate)
        for why in doubts_of(optimizer):
            self.note(GapKind.OPTIMISER, why)
        self.take_gradients(optimizer)
        if getattr(optimizer, "use_ema", False):
            self.note(GapKind.OPTIMISER, "the optimiser averages the weights (use_ema)")
        if getattr(optimizer, "_exclude_from_weight_decay", None):
            self.note(GapKind.OPTIMISER, "the optimiser excludes some weights from weight decay")
        decay = getattr(optimizer, "weight_decay", None)
        if decay:
            settings["weight_decay"] = float(decay)
            if kind in ("Adam", "Nadam"):
                settings["decoupled_weight_decay"] = True
            elif kind != "AdamW":
                self.note(GapKind.OPTIMISER, f"{kind} with weight_decay={decay:g} apart from the gradient")
        epsilon = getattr(optimizer, "epsilon", 0.0) or 0.0
        if epsilon > _LARGE_EPSILON and kind not in ("Adadelta", "SGD"):
            self.note(GapKind.OPTIMISER, f"{kind} adds its epsilon={epsilon:g} elsewhere than torch does")

    def take_gradients(self, optimizer: Any) -> None:
        """What the optimiser does to gradients, of which it looks at one kind of clipping alone."""
        for name, kind in _CLIPPING.items():
            most = getattr(optimizer, name, None)
            if most and most > 0:
                self.record.clipping = [Clipping(kind, float(most))]
                break
        batches = getattr(optimizer, "gradient_accumulation_steps", None)
        if batches:
            self.record.accumulation = Accumulation(int(batches), int(batches), "training", "kept")
            self.record.loss_scale = 1 / int(batches)
        if batches and self.record.schedules:
            why = "the learning rate follows a schedule by batches, several of which lead to one step"
            self.note(GapKind.SCHEDULE, why)
        if getattr(optimizer, "loss_scale_factor", None):
            self.note(GapKind.GRADIENTS, f"the optimiser has loss_scale_factor={optimizer.loss_scale_factor}")

    def take_schedule(self, rate: Any) -> None:
        """The schedule that is the optimiser's learning rate, as torch's."""
        kind = type(rate).__name__
        own = not type(rate).__module__.startswith("keras.")
        found = _SCHEDULES[kind](rate) if kind in _SCHEDULES and not own else None
        if found is None and not own:
            self.table = KerasRates(rate)
            found = "LambdaLR", {}
        name, settings = found or (f"Keras's {kind}", {})
        unwritten = [] if found else ["all of it"]
        self.record.schedules.append(Schedule(name, settings, unwritten, steps=0, early=False))

    # data and steps

    def take_fit(self, model: Any, given: Given, options: Mapping[str, Any]) -> None:
        """Take in one call of `fit`."""
        epochs = max(int(options.get("epochs") or 1) - int(options.get("initial_epoch") or 0), 0)
        source = given.source
        self.record.loops += epochs
        self.fits += 1
        steps = given.steps() or 0  # not known in a replay, of a generator that ends by itself
        self.planned += epochs * steps
        self.record.steps += epochs * (given.epoch() or steps)
        described = Loader(
            batch_size=source.batch_size,
            drop_last=given.drop_last(),
            shuffle=source.shuffle,
            sampler="RandomSampler" if source.shuffle else "SequentialSampler",
            samples=given.samples,
            dataset=Data(type(given.x).__name__, given.total),
        )
        if described not in self.record.loaders and len(self.record.loaders) < _MOST_LOADERS:
            self.record.loaders.append(described)
        for gap in given.gaps():
            self.note(gap.kind, gap.why)
        for why in doubts_of(model):
            self.note(GapKind.LENGTH, why)
        self.look_for_loss_weights("fit", options)
        self.take_samples(model, given)
        self.take_callbacks(options.get("callbacks"))
        self.take_choices(model, given, options)

    def take_late(self, model: Any, given: Given) -> None:
        """Look at samples that could be seen only while it trained."""
        if isinstance(given.source, Unknown):
            self.take_samples(model, given)

    def take_samples(self, model: Any, given: Given) -> None:
        """Look at what the network is given, and at what its loss compares with."""
        first = given.first()
        if first is not None:
            x, y = first
            known, steady = {*self.first_rows}, isinstance(given.source, (Arrays, Images))
            self.show(model, x[: given.source.batch_size], y)
            if steady and known and self.first_rows != known:
                self.note(GapKind.BATCHES, "it was trained on different samples in different calls of fit")
        self.take_loss(model, first and first[1])

    def take_batch(self, model: Any, options: Mapping[str, Any]) -> None:
        """Take in one call of `train_on_batch`: these are never cut."""
        x: Any = options.get("x")
        y = options.get("y")
        if not hasattr(x, "shape"):
            self.note(GapKind.BATCHES, "train_on_batch was given no array")
            return
        self.record.samples += len(x)
        self.steps += 1
        self.planned += 1
        self.record.steps += 1
        self.show(model, x, y)
        self.take_loss(model, y)
        self.look_for_loss_weights("train_on_batch", options)

    def look_for_loss_weights(self, method: str, options: Mapping[str, Any]) -> None:
        """Gaps where a call of this method weights its losses."""
        for name in ("class_weight", "sample_weight"):
            if options.get(name) is not None:
                self.note(GapKind.LOSS_WEIGHTS, f"{method} was given a {name}")

    def show(self, model: Any, x: Any, y: Any) -> None:
        """What the network got, as torch would have it; labels are None where it got none."""
        import numpy

        x, record = numpy.asarray(x), self.record
        record.largest_batch = max(record.largest_batch, len(x))
        self.first_rows.add(hash(x[0].tobytes()))
        if record.seen or y is None:
            return
        record.seen = self.samples(x, y)
        if record.input_shape is None:
            record.input_shape = list(x.shape[1:])

    def samples(self, x: Any, y: Any) -> list[Sample]:
        """The first of these, as torch would have them."""
        import numpy

        scale, offset = self.rescaling
        shown, labels = scale * numpy.asarray(x[:SHOWN]).astype(float) + offset, numpy.asarray(y[:SHOWN])
        given = self.record.input_shape
        if given is not None and shown.ndim == 4 and list(shown.shape[1:]) != given:
            shown = shown.transpose(0, 3, 1, 2)
        classes = (
            labels.argmax(1) if labels.ndim == 2 and labels.shape[1] > 1 else labels.reshape(len(labels), -1)[:, 0]
        )
        return [Sample([float(f"{v:.7g}") for v in row.reshape(-1)], int(label)) for row, label in zip(shown, classes)]

    def take_loss(self, model: Any, y: Any) -> None:
        """What the network's output is compared with, and how; labels are None where they aren't known."""
        found = self.loss_of(model)
        if found is None:
            return
        loss, sparse = found
        self.losses.setdefault(str((loss.type, loss.settings)), loss)
        if getattr(getattr(model, "_compile_loss", None), "loss_weights", None):
            self.note(GapKind.LOSS_WEIGHTS, "the loss has weights (loss_weights)")
        if y is None:
            return
        import numpy

        y = numpy.asarray(y)
        one_hot = y.ndim == 2 and y.shape[1] > 1 and bool(((y == 0) | (y == 1)).all() and (y.sum(1) == 1).all())
        classes = y.size == len(y) and bool((y == y.astype(int)).all())
        if not (classes if sparse else one_hot):
            shape = " x ".join(str(n) for n in y.shape)
            self.note(
                GapKind.TARGET, f"the loss compares with something else than the classes: labels of shape {shape}"
            )

    def loss_of(self, model: Any) -> tuple[Named, bool] | None:
        """(the loss that a model was compiled with, whether it takes class indices); None for none or several."""
        loss = model.loss[0] if isinstance(model.loss, (list, tuple)) and len(model.loss) == 1 else model.loss
        if isinstance(loss, str):
            loss = self.keras.losses.get(loss)
        settings: Settings = {}
        if loss is None or isinstance(loss, (dict, list, tuple)):
            self.note(GapKind.LOSS, "no loss was seen, or several")
            return None
        if isinstance(loss, self.keras.losses.Loss):
            name, known = type(loss).__name__, _LOSS_CLASSES
            config = {**getattr(loss, "_fn_kwargs", {}), "reduction": loss.reduction}
        else:
            name, known, config = getattr(loss, "__name__", type(loss).__name__), _LOSSES, {}
        module = str(getattr(loss, "__module__", None) or type(loss).__module__)
        if not module.startswith("keras."):
            self.note(GapKind.LOSS, f"the loss is the student's own {name}")
            return Named(f"the student's own {name}"), False
        if name not in known:
            return Named(f"Keras's {name}"), False
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
                self.note(GapKind.LOSS_WEIGHTS, f"the loss is reduced by {reduction}")
        return Named(kind, settings), name.lower().startswith("sparse")

    def take_callbacks(self, callbacks: Any) -> None:
        """Gaps where a callback may change the training: by its class if it is Keras's, else by the names it reads."""
        if callbacks is None:
            return
        for callback in callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]:
            kind = type(callback)
            if kind.__module__.startswith("keras."):
                if kind.__name__ == "LambdaCallback":
                    functions = [f for f in vars(callback).values() if inspect.isfunction(f)]
                    meddling = any(_MEDDLING & _names(f.__code__) for f in functions)
                elif kind.__name__ == "ReduceLROnPlateau" and (plateau := _plateau(callback)) is not None:
                    meddling = bool(self.record.schedules)
                    self.record.schedules.append(plateau)
                elif kind.__name__ == "LearningRateScheduler" and depends_on_its_argument(callback.schedule):
                    self.scheduled, meddling = Factors(callback.schedule), False
                else:
                    meddling = kind.__name__ not in (*_HARMLESS, "EarlyStopping")
            else:
                functions = [f for k in kind.__mro__ if not k.__module__.startswith("keras.") for f in vars(k).values()]
                meddling = any(_MEDDLING & _names(f.__code__) for f in functions if inspect.isfunction(f))
            if meddling:
                self.note(GapKind.LENGTH, f"the callback {kind.__name__} may change its training")

    def take_choices(self, model: Any, given: Given, options: Mapping[str, Any]) -> None:
        """What ends this call of `fit` early, which epoch it keeps, and which its files may keep."""
        record, before = self.record, self.calls
        self.calls += 1
        try:
            found = keras_choices.read(model, given, options)
        except keras_choices.UnreadableError as error:
            self.note(GapKind.LENGTH, str(error))
            return
        self.checkpoints.update(found.checkpoints)
        if found.stopping is None and found.keeping is None and not found.checkpoints:
            return
        if before:
            self.note(GapKind.LENGTH, "a callback chooses among the epochs of only one of several calls of fit")
            self.checkpoints.clear()
            return
        record.stopping, record.keeping = found.stopping, found.keeping
        if found.validation is not None:
            x, y, batch_size, apart = found.validation
            loader = Loader(batch_size, False, False, "SequentialSampler", len(x), Data(type(x).__name__, len(x)))
            record.held_out = HeldOut(loader, apart, self.samples(x, y))

    def loaded(self, path: object) -> bool:
        """Weights were loaded from this file: whether they are those of the best epoch, as a rule chose it."""
        rule = (
            self.checkpoints.get(keras_choices.file_of(path)) if self.calls == 1 and not self.record.keeping else None
        )
        if rule is not None:
            self.record.keeping = rule
        return rule is not None

    def look_at_rate(self, model: Any) -> None:
        """The rate that an epoch begins with; a gap where it is another one than the first, and nothing says so."""
        rate = _plain(model.optimizer.learning_rate)
        self.rates.append(rate)
        if self.scheduled is not None and self.scheduled.reads() != self.scheduled.read:
            self.note(GapKind.OPTIMISER, "the learning rate of each epoch follows more than its number")
        if not (self.record.schedules or self.scheduled) and rate != self.record.optimizer.settings["lr"]:
            self.note(GapKind.OPTIMISER, "the learning rate of the optimiser is changed while it trains")

    def remember(self) -> None:
        """After training: what the weights are until it goes on."""
        self.cell = self.record.cell
        self.norms = _norms(self.network.trainable_weights)

    def look_for_changes(self, when: str) -> None:
        """A gap where the weights are no longer those that training left."""
        if self.norms is not None and _norms(self.network.trainable_weights) != self.norms:
            self.note(GapKind.WEIGHTS, f"its weights are changed by hand {when}")

    def end_cell(self) -> None:
        """After each cell; in a replay it hands over its weights."""
        self.look_for_changes("after its training")
        self.record.variable = self.record.variable or self.session.name_of(self.network)
        if self.session.weights is not None:
            self.session.weights.last(self.record.number, self.as_module)

    def written(self, schedule: Schedule) -> Schedule:
        """A schedule, and how often it steps: by batches, but for those that look at an epoch."""
        return replace(schedule, steps=self.record.steps if schedule.watched is None else self.record.loops)

    def finished(self) -> Training:
        """The whole record by now."""
        record = self.record
        whole = replace(
            record,
            losses=[*self.losses.values()],
            different_batches=len(self.first_rows),
            steps_in_loops=record.steps,
            batches_in_loops=record.steps,
            rates=[[rate] for rate in self.rates[:_MOST_RATES]] if self.scheduled else [],
            schedules=[self.written(schedule) for schedule in record.schedules],
            gaps=[*record.gaps],
        )
        if self.fits > 1 and any(schedule.watched for schedule in whole.schedules):
            whole.note(GapKind.SCHEDULE, "ReduceLROnPlateau begins anew in each call of fit")
        if self.table is not None:
            factors = self.table.factors(record.steps + 1)
            whole.schedules = [
                replace(each, settings={"factors": [*factors]}) if factors else replace(each, unwritten=["all of it"])
                for each in whole.schedules
            ]
        if self.steps < self.planned and not record.stopping:
            whole.note(GapKind.LENGTH, "its training was ended before its last epoch")
        return whole


def _plateau(callback: Any) -> Schedule | None:
    """Keras's callback of that name as torch's schedule; None where torch has none like it.

    Keras counts the epoch in which it lowers the rate among those that it waits for, and torch doesn't.
    """
    if callback.monitor != "loss" or callback.cooldown or callback.mode == "max":
        return None
    settings: Settings = {
        "factor": float(callback.factor),
        "patience": max(int(callback.patience) - 1, 0),
        "threshold": float(callback.min_delta),
        "threshold_mode": "abs",
        "min_lr": float(callback.min_lr),
        "eps": 0.0,
    }
    watched = Watched("loss", "training")
    return Schedule("ReduceLROnPlateau", settings, [], steps=0, early=False, watched=watched)


class _Weights:
    """A Keras network's weights as those of the spec, handed over as a torch module's."""

    def __init__(self, weights: Callable[[], dict[str, torch.Tensor]]) -> None:
        self.state_dict = weights


def _is_weight(variable: Any) -> bool:
    """Whether training would change it, if nothing kept it from that."""
    last = variable.path.rsplit("/", 1)[-1]
    return not last.startswith(("moving_", "seed_generator")) and "seed_generator" not in variable.path


def drawn(weight: Any) -> _Norms | str:
    """What a weight looks like as Keras drew it; within `fit` it can't be seen yet, and nobody can change it."""
    return _WITHIN_FIT if weight.value.device.type == "meta" else _norms([weight])


def _norms(weights: Sequence[Any]) -> _Norms:
    """What any change to the weights most likely changes."""
    found = []
    for weight in weights:
        value = weight.value.detach()
        found.append((float(value.norm()), float(value.sum())))
    return found


def _plain(number: Any) -> float:
    """A number with six digits: Keras holds it as float32."""
    return float(f"{float(number):.6g}")


def _names(code: CodeType) -> set[str]:
    """Names that a function's code reads, in what it defines too."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if inspect.iscode(constant):
            found |= _names(constant)
    return found


def _changed(**settings: tuple[Any, Any]) -> Settings:
    """Settings without those that torch has anyway; (value, torch's default) each."""
    return {key: findings.plain(value) for key, (value, usual) in settings.items() if value != usual}


def _betas(optimizer: Any) -> tuple[list[float], list[float]]:
    return [optimizer.beta_1, optimizer.beta_2], [0.9, 0.999]


def _adam(optimizer: Any) -> Settings:
    settings = _changed(betas=_betas(optimizer), eps=(optimizer.epsilon, 1e-8))
    if getattr(optimizer, "amsgrad", False):
        settings["amsgrad"] = True
    return settings


# Keras's class -> (torch's, what reads those of torch's settings that differ from its defaults).
_OPTIMIZERS: dict[str, tuple[str, Callable[[Any], Settings]]] = {
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


def _inverse_time(rate: Any) -> tuple[str, Settings] | None:
    if rate.staircase and rate.decay_steps != 1:
        return None
    return "InverseTimeLR", {"decay": rate.decay_rate / rate.decay_steps}


def _exponential(rate: Any) -> tuple[str, Settings] | None:
    if rate.staircase:
        return "StepLR", {"step_size": int(rate.decay_steps), "gamma": float(rate.decay_rate)}
    return "ExponentialLR", {"gamma": float(rate.decay_rate) ** (1 / rate.decay_steps)}


# Keras's class -> what gives torch's and its settings, None where torch has none like it.
_SCHEDULES: dict[str, Callable[[Any], tuple[str, Settings] | None]] = {
    "InverseTimeDecay": _inverse_time,
    "ExponentialDecay": _exponential,
}
