"""Watches optimisers step: which network, with which loss, on which batches, how often."""

import functools
import inspect
import itertools
import time
from importlib import import_module

from . import data, report, spec

_WRITE_EVERY = 1.0  # seconds between reports while a cell trains


class Probe:
    """Records every training in this kernel. The notebook's own objects are only read."""

    def __init__(self, config, namespace, torch):
        self.config, self.namespace, self.torch = config, namespace, torch
        self.cells = iter(config["cells"])
        self.cell = None
        self.trainings = {}  # id of an optimiser -> Training
        self.depth = 0
        self.last_root = None  # the module called last by the notebook itself, with its input's shape
        self.last_output = None  # where the values of the last output lie
        self.last_loss = None
        self.loop = None  # the pass over a loader that is under way
        self.loops = itertools.count()
        self.schedules = []
        self.unscheduled = {}  # id of an optimiser -> its settings before a schedule changed them
        self.pending_note = None
        self.written_at = 0.0

    def next_cell(self):
        """Called before each cell of the notebook runs."""
        self.cell = next(self.cells, None)

    def install(self):
        """Watch modules, losses, loaders, schedules and optimisers from now on."""
        torch = self.torch
        module_hooks = torch.nn.modules.module
        module_hooks.register_module_forward_pre_hook(self.enter)
        module_hooks.register_module_forward_hook(self.leave, always_call=True)
        import_module("torch.optim.optimizer").register_optimizer_step_pre_hook(self.step)
        for name, loss in _FUNCTIONAL_LOSSES.items():
            self.watch_function(torch.nn.functional, name, loss)
        for name in ("clip_grad_norm_", "clip_grad_value_"):
            self.watch_clipping(torch.nn.utils, name)
        self.watch_loader(torch.utils.data.DataLoader)
        self.watch_schedules(torch.optim.lr_scheduler)

    # what the notebook calls

    def enter(self, module, inputs):
        """Before any module's forward."""
        if self.depth == 0:
            if isinstance(module, self.torch.nn.modules.loss._Loss):
                self.last_loss = {"type": type(module).__name__, "settings": _loss_settings(module)}
                self.look_at_loss_input(inputs)
            elif inputs and isinstance(inputs[0], self.torch.Tensor):
                self.last_root = (module, tuple(inputs[0].shape), inputs[0])
        self.depth += 1

    def leave(self, module, inputs, output):
        """After any module's forward, also when it raised."""
        self.depth = max(self.depth - 1, 0)
        if self.depth == 0 and isinstance(output, self.torch.Tensor):
            self.last_output = output.data_ptr()

    def look_at_loss_input(self, inputs):
        """A loss of something made from the output, say its logarithm, is no loss that a recipe can name."""
        first = inputs[0] if inputs else None
        if isinstance(first, self.torch.Tensor) and first.data_ptr() != self.last_output:
            self.pending_note = "the loss is not taken of the network's output itself"

    def watch_function(self, module, name, loss):
        original = getattr(module, name)

        @functools.wraps(original)
        def watched(*args, **kwargs):
            if self.depth == 0:
                settings = {key: kwargs[key] for key in ("label_smoothing", "reduction") if key in kwargs}
                self.last_loss = {"type": loss, "settings": settings}
                self.look_at_loss_input(args or tuple(kwargs.values()))
            return original(*args, **kwargs)

        setattr(module, name, watched)

    def watch_clipping(self, module, name):
        original = getattr(module, name)

        @functools.wraps(original)
        def watched(parameters, *args, **kwargs):
            parameters = [parameters] if isinstance(parameters, self.torch.Tensor) else list(parameters)
            self.pending_note = f"gradients are clipped with {name}"
            return original(parameters, *args, **kwargs)

        setattr(module, name, watched)

    def watch_loader(self, loader_class):
        probe, original = self, loader_class.__iter__
        batches = self.config["batches"]

        def cut(self):
            loop = Loop(next(probe.loops), self)
            iterator = original(self)
            for batch in itertools.islice(iterator, batches):
                probe.loop = loop
                loop.batches += 1
                yield batch
            if probe.loop is loop:
                probe.loop = None

        loader_class.__iter__ = cut

    def watch_schedules(self, module):
        for name, kind in list(vars(module).items()):
            if inspect.isclass(kind) and hasattr(kind, "step") and not name.startswith("_"):
                self.watch_schedule(kind)

    def watch_schedule(self, kind):
        probe, init, step = self, kind.__init__, kind.step
        if "__init__" not in vars(kind):
            return
        signature = inspect.signature(init)

        @functools.wraps(init)
        def watched_init(self, *args, **kwargs):
            outermost = type(self) is kind
            if outermost:
                entry = {"type": kind.__name__, "settings": {}, "steps": 0, "object": self, "optimizer": None}
                try:
                    bound = signature.bind(self, *args, **kwargs).arguments
                    entry["optimizer"] = bound.pop("optimizer", None)
                    bound.pop("self", None)
                    bound.pop("last_epoch", None)
                    bound.pop("verbose", None)
                    entry["settings"] = {key: report.plain(value) for key, value in bound.items()}
                except TypeError:
                    pass
                probe.schedules.append(entry)
                optimizer = entry["optimizer"]
                if isinstance(optimizer, probe.torch.optim.Optimizer):
                    probe.unscheduled.setdefault(id(optimizer), _optimizer_settings(optimizer))
            init(self, *args, **kwargs)
            if outermost:
                entry["steps"] = 0  # a schedule steps once while it is made

        kind.__init__ = watched_init
        if "step" in vars(kind) or kind.__name__ == "LRScheduler":

            @functools.wraps(step)
            def watched_step(self, *args, **kwargs):
                for entry in probe.schedules:
                    if entry["object"] is self:
                        entry["steps"] += 1
                return step(self, *args, **kwargs)

            kind.step = watched_step

    # an optimiser steps

    def step(self, optimizer, args, kwargs):
        """Before every step of every optimiser."""
        training = self.trainings.get(id(optimizer))
        if training is None:
            training = self.trainings[id(optimizer)] = Training(self, optimizer)
            training.observe(self)
            self.write()
        else:
            training.observe(self)
        if time.monotonic() - self.written_at > _WRITE_EVERY:
            self.write()

    def write(self):
        """Put everything seen so far into the report file."""
        self.written_at = time.monotonic()
        report.write(
            self.config["out"],
            {
                "trainings": [training.record(self) for training in self.trainings.values()],
                "variables": report.variables(self.config["variables"], self.namespace),
            },
        )


class Loop:
    """One pass over a loader."""

    def __init__(self, number, loader):
        self.number, self.loader, self.batches = number, loader, 0


class Training:
    """One optimiser at work: the network it steps, and everything a recipe needs."""

    def __init__(self, probe, optimizer):
        self.optimizer = optimizer
        self.first_cell = probe.cell
        self.model = self.find_model(probe)
        self.variable = next((k for k, v in probe.namespace.items() if v is self.model and not k.startswith("_")), "")
        self.spec = None if self.model is None else spec.describe(self.model, probe.config["vocabulary"], probe.torch)
        self.settings = probe.unscheduled.get(id(optimizer)) or _optimizer_settings(optimizer)
        self.rates = [group["lr"] for group in optimizer.param_groups]
        self.loops, self.losses, self.notes = {}, {}, []
        self.steps, self.samples, self.largest_batch = 0, 0, 0
        self.input_shape, self.cell = None, probe.cell
        self.input_statistics = None

    def find_model(self, probe):
        """The module that holds the optimiser's parameters: the one called last, or one in the namespace."""
        own = {id(p) for group in self.optimizer.param_groups for p in group["params"]}

        def holds(module):
            return own and own & {id(p) for p in module.parameters()}

        candidates = [probe.last_root[0]] if probe.last_root else []
        candidates += [v for v in probe.namespace.values() if isinstance(v, probe.torch.nn.Module)]
        holding = [module for module in candidates if holds(module)]
        covering = [m for m in holding if own <= {id(p) for p in m.parameters()}]
        return next(iter(covering or holding), None)

    def observe(self, probe):
        """Take in one step."""
        self.steps, self.cell = self.steps + 1, probe.cell
        if probe.last_root and probe.last_root[0] is self.model:
            _, shape, tensor = probe.last_root
            self.samples += shape[0] if shape else 0
            self.largest_batch = max(self.largest_batch, shape[0] if shape else 0)
            if self.input_shape is None:
                self.input_shape = list(shape[1:])
                self.input_statistics = data.statistics(tensor, probe.torch)
        if probe.last_loss:
            self.losses.setdefault(str(probe.last_loss), probe.last_loss)
        if probe.loop is not None:
            self.loops.setdefault(probe.loop.number, [probe.loop, 0])[1] += 1
        if probe.pending_note:
            self.note(probe.pending_note)
            probe.pending_note = None
        scheduled = any(entry["optimizer"] is self.optimizer for entry in probe.schedules)
        if not scheduled and [group["lr"] for group in self.optimizer.param_groups] != self.rates:
            self.note("the learning rate is changed by hand")

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)

    def record(self, probe):
        """This training as JSON."""
        loader = next((loop.loader for loop, _ in self.loops.values()), None)
        loaders = {id(loop.loader) for loop, _ in self.loops.values()}
        return {
            "model": id(self.model),
            "variable": self.variable,
            "class": type(self.model).__name__,
            "spec": self.spec,
            "first_cell": self.first_cell,
            "cell": self.cell,
            "optimizer": {"type": type(self.optimizer).__name__, "settings": self.settings},
            "groups": len(self.optimizer.param_groups),
            "losses": list(self.losses.values()),
            "steps": self.steps,
            "samples": self.samples,
            "largest_batch": self.largest_batch,
            "passes": len(self.loops),
            "steps_in_passes": sum(steps for _, steps in self.loops.values()),
            "loaders": len(loaders),
            "loader": None if loader is None else _loader(loader, probe.torch),
            "input_shape": self.input_shape,
            "input": self.input_statistics,
            "schedules": [
                {"type": entry["type"], "settings": entry["settings"], "steps": entry["steps"]}
                for entry in probe.schedules
                if entry["optimizer"] is self.optimizer
            ],
            "notes": self.notes,
        }


def _loader(loader, torch):
    return {
        "batch_size": loader.batch_size,
        "drop_last": loader.drop_last,
        "shuffle": isinstance(loader.sampler, torch.utils.data.RandomSampler),
        "sampler": type(loader.sampler).__name__,
        "length": len(loader),
        "dataset": data.describe(loader.dataset, torch),
    }


def _optimizer_settings(optimizer):
    """The learning rate, and whatever else differs from the class's defaults."""
    group = optimizer.param_groups[0]
    defaults = inspect.signature(type(optimizer).__init__).parameters
    settings = {}
    for key in optimizer.defaults:
        value = group.get(key)
        value = list(value) if isinstance(value, tuple) else value
        default = defaults[key].default if key in defaults else None
        default = list(default) if isinstance(default, tuple) else default
        if report.plain(value) is not None and (key == "lr" or value != default):
            settings[key] = value
    return settings


def _loss_settings(loss):
    settings = {"reduction": loss.reduction}
    if getattr(loss, "label_smoothing", 0.0):
        settings["label_smoothing"] = loss.label_smoothing
    if getattr(loss, "weight", None) is not None:
        settings["weight"] = "given"
    return settings


_FUNCTIONAL_LOSSES = {
    "cross_entropy": "CrossEntropyLoss",
    "nll_loss": "NLLLoss",
    "mse_loss": "MSELoss",
    "binary_cross_entropy": "BCELoss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
}
