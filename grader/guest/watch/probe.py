"""Watches optimisers step: which network, with which loss, on which batches, how often, and what else is done to it."""

import functools
import inspect
import itertools
import time
import weakref
from collections import deque
from importlib import import_module

from .. import findings
from ..layers import LAYERS
from . import draws, loops
from .settings import changed, optimizer_settings, own_or_torch, parameters_of, written_down
from .torch_training import HERE, Training, groups, norms, state

_WRITE_EVERY = 1.0  # seconds between reports while a cell trains
_SEEN_PASSES = 2  # of a loader, each of a few batches
_MOST_BATCHES = 64  # of a pass in which no step was taken yet
_MOST_BACKWARDS = 4 * _MOST_BATCHES  # whose step is yet to come
_MOST_CALLS = 64
_LOOKS, _EVALUATES, _TRAINS = range(3)  # what a pass over a loader is for, as far as is seen
_ENOUGH_STEPS = 8  # of a loop without a loader; what follows is counted, not computed
_ENOUGH_SECONDS = 4.0  # for a loop that ends when a condition holds, which a shortened training may never reach


def _quiet(method):
    """What goes wrong in watching is written down, and never disturbs the notebook."""

    @functools.wraps(method)
    def watched(self, *args, **kwargs):
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            self.faults[f"watching it failed in {method.__name__}: {type(error).__name__}: {error}"[:500]] = None

    return watched


class Call:
    """One forward pass that the notebook asked for, with gradients."""

    def __init__(self, module, given, output):
        self.module, self.given, self.output = module, given, output.detach()
        self.known = None  # the tensor that stands for an output which was not computed


class Loss:
    """One evaluation of a loss: what it was taken of, and the tensor that it gave."""

    def __init__(self, kind, settings, given, target, value):
        self.kind, self.settings, self.given, self.target, self.value = kind, settings, given, target, value


class Backward:
    """One backward pass: the weights that it reached, the loss that it began at, and what is to be said of it."""

    def __init__(self, reached, loss, remarks):
        self.reached, self.loss, self.remarks = reached, loss, remarks


class Loop:
    """One pass over a loader, begun within another or not."""

    def __init__(self, number, loader, outer):
        self.number, self.loader, self.outer, self.batches = number, loader, outer, 0
        self.most = 0  # batches that it is cut to
        self.use = _LOOKS  # at the data, until a network is called
        self.backwards, self.stepped, self.by_hand = 0, False, False


class EnoughSeen(Exception):  # noqa: N818  the student reads it
    """Ends a loop that would not end while training is cut short."""


class Probe:
    """Records every training in this kernel. The notebook's own objects are only read.

    In a replay nothing is cut: it finds the networks that are trained, and hands over their `weights`.
    """

    def __init__(self, config, namespace, torch, weights=None):
        self.config, self.namespace, self.torch, self.weights = config, namespace, torch, weights
        self.cells = iter(config["cells"])
        self.cell, self.nested, self.cell_began, self.cell_steps = None, 0, 0.0, 0
        self.served = {}  # files that stood in for others that were not handed in
        self.shortened = {}  # cells that saw only a part of a loader's batches
        self.known = {}  # (id of a network, shape of its input, with gradients or without) -> what it gave
        self.unfinished = {}  # cells that did not run to their end, as far as is known
        self.faults = {}  # used as an ordered set, as are the notes of a training
        self.trainings = {}  # id of an optimiser -> Training
        self.depth = 0  # of module calls within module calls
        self.loop = None  # the pass over a loader that is under way
        self.loops = itertools.count()
        self.passes = weakref.WeakKeyDictionary()  # over each loader since the last training began
        self.schedules = []
        self.unscheduled = {}  # id of an optimiser -> its settings before a schedule changed them
        self.groups = {}  # id of an optimiser -> what its groups hold unless the notebook changes them
        self.unstepped = {}  # id of a network -> (it, the cell where its gradients were computed first, its variable)
        self.draws = draws.Draws(torch, norms)
        self.written_at = 0.0
        self.forget()

    def forget(self):
        """Begin to gather what leads to the next step."""
        self.calls, self.losses = {}, deque(maxlen=8)
        self.backwards, self.elsewhere = deque(maxlen=_MOST_BACKWARDS), deque(maxlen=8)  # and of no network's weights
        self.gradients, self.remarks = {}, []  # what they look like; (ids of weights, what is to be said)

    def led_to(self, weights):
        """The backward passes that reached any of these weights since they were stepped."""
        return [passed for passed in self.backwards if passed.reached & weights]

    def forget_step(self, weights):
        """The same for these weights alone: another network may be between its loss and its step."""
        losses = [passed.loss for passed in self.led_to(weights) if passed.loss is not None]
        self.backwards = deque((p for p in self.backwards if not p.reached & weights), _MOST_BACKWARDS)
        self.elsewhere.clear()
        self.remarks = [(whose, text) for whose, text in self.remarks if not whose & weights]
        while self.losses and (not losses or any(loss in self.losses for loss in losses)):
            self.losses.popleft()
        held = {key: {id(p) for p in call.module.parameters()} for key, call in self.calls.items()}
        self.calls = {key: call for key, call in self.calls.items() if held[key] and not held[key] & weights}

    @_quiet
    def begin_cell(self):
        """Called before each cell of the notebook runs, and before what a magic such as %%capture runs within it."""
        self.nested += 1
        if self.nested > 1:
            return
        self.cell = next(self.cells, None)
        self.unfinished[self.cell] = None
        self.cell_began, self.cell_steps = time.monotonic(), 0
        self.depth = 0  # an interrupted forward pass left it raised

    @_quiet
    def end_cell(self, raised):
        """Called after each cell, and what a magic runs within it."""
        self.nested = max(self.nested - 1, 0)  # the host's own cell, which installed this, ends too
        if not raised and not self.nested:
            self.unfinished.pop(self.cell, None)
        for training in self.trainings.values():
            training.look_after()
            if self.weights is not None and training.model is not None:
                self.weights.last(training.number, training.model)
        self.write()

    def install(self):
        """Watch modules, losses, gradients, loaders, schedules and optimisers from now on."""
        torch = self.torch
        hooks, optimizers = torch.nn.modules.module, import_module("torch.optim.optimizer")
        hooks.register_module_forward_pre_hook(self.enter)
        hooks.register_module_forward_hook(self.leave, with_kwargs=True, always_call=True)
        optimizers.register_optimizer_step_pre_hook(self.step)
        optimizers.register_optimizer_step_post_hook(self.stepped)
        if self.weights is not None:
            return
        wrap(torch.Tensor, "backward", self.before_backward, self.after_backward)
        for name, kind in _FUNCTIONAL_LOSSES.items():
            self.watch_function(torch.nn.functional, name, kind)
        for name in ("clip_grad_norm_", "clip_grad_value_"):
            wrap(torch.nn.utils, name, None, functools.partial(self.clipped, name))
        for kind in {base for name in LAYERS for base in getattr(torch.nn, name, object).__mro__}:
            if "reset_parameters" in vars(kind):
                wrap(kind, "reset_parameters", None, self.reset)
        self.draws.install()
        self.watch_loader(torch.utils.data.DataLoader)
        schedules = torch.optim.lr_scheduler
        for kind in {
            k for k in vars(schedules).values() if inspect.isclass(k) and issubclass(k, schedules.LRScheduler)
        }:
            self.watch_schedule(kind)
        # The same network, not compiled: its forward pass can be read, and starts at once.
        torch.compile = lambda model=None, **options: model if model is not None else lambda function: function

        self.skip_forward(torch.nn.Module)
        import copy

        wrap(copy, "deepcopy", None, self.kept_copy)
        wrap(torch.nn.Module, "load_state_dict", None, self.loaded)

    # forward and backward

    def skip_forward(self, module_class):
        """Networks whose training has been seen answer with an output that they gave before.

        Loaders are cut; batches that a notebook slices by hand can't be, so that each costs next to nothing instead.
        """
        original, probe = module_class.__call__, self

        def call(module, *args, **kwargs):
            if probe.depth == 0:
                probe.use(module)
            output = probe.known_output(module, args, kwargs) if probe.depth == 0 else None
            return original(module, *args, **kwargs) if output is None else output

        module_class.__call__ = call

    def known_output(self, module, args, kwargs):
        """An earlier output for an input of this shape, once enough steps of the network were computed."""
        output = self.known.get(self.call_key(module, args)) if self.may_skip(module) and not kwargs else None
        if output is None:
            return None
        output = output.clone()
        if self.torch.is_grad_enabled():
            output.requires_grad_()
            self.called(module, args[0], output).known = output
        return output

    def may_skip(self, module):
        """Outside of any loader's loop, and wherever a network is only evaluated."""
        evaluated = not self.torch.is_grad_enabled() or (self.only_evaluates() and not module.training)
        return self.loop is None or evaluated

    def only_evaluates(self):
        """Whether networks were trained, and none in this cell: evaluations are let through, since they cost little."""
        return bool(self.trainings) and not self.cell_steps

    @_quiet
    def use(self, module):
        """A network is called within the loops that are under way."""
        loop, use = self.loop, _TRAINS if self.torch.is_grad_enabled() and module.training else _EVALUATES
        if loop is not None and loop.use < use and next(module.parameters(), None) is not None:
            while loop is not None:
                loop.use, loop = max(loop.use, use), loop.outer

    def call_key(self, module, args):
        """What makes two calls alike; None when that can't be said."""
        if len(args) != 1 or not isinstance(args[0], self.torch.Tensor):
            return None
        return id(module), args[0].shape, self.torch.is_grad_enabled()

    def keep_output(self, module, args, output):
        """Remember what a network gave that was trained for a while."""
        key = self.call_key(module, args)
        trained = any(t.model is module and t.steps >= _ENOUGH_STEPS for t in self.trainings.values())
        if key is not None and self.may_skip(module) and trained:
            self.known[key] = output.detach().clone()

    @_quiet
    def loaded(self, _, module, *args, **kwargs):
        for training in self.trainings.values():
            if training.model is module:
                training.note("weights are loaded into it after its training began")
                training.remember()

    @_quiet
    def kept_copy(self, _, value, *args, **kwargs):
        for training in self.trainings.values():
            if training.model is value:
                training.copied_at = training.steps

    @_quiet
    def enter(self, module, inputs):
        """Before any module's forward."""
        self.depth += 1

    @_quiet
    def leave(self, module, inputs, options=None, output=None):
        """After any module's forward, also when it raised; then torch gives neither options nor output."""
        self.depth = max(self.depth - 1, 0)
        if options is None or self.torch.jit.is_tracing():  # a graph that is drawn must not hold what watches it
            return
        tensor = self.torch.Tensor
        given = [value for value in (*inputs, *options.values()) if isinstance(value, tensor)]
        if self.depth or not isinstance(output, tensor) or not given:
            return
        if not options:
            self.keep_output(module, inputs, output)
        if not output.requires_grad:
            return
        if isinstance(module, self.torch.nn.modules.loss._Loss):
            kind = own_or_torch(type(module), self.torch.nn)
            settings = {name: getattr(module, name) for name in parameters_of(type(module)) if hasattr(module, name)}
            self.losses.append(Loss(kind, changed(settings, type(module)), given[0], given[-1], output))
        else:
            self.called(module, given[0], output)

    def called(self, module, given, output):
        """Remember a call as the last one; of networks that are called and never stepped, only some."""
        self.calls.pop(id(module), None)
        call = self.calls[id(module)] = Call(module, given, output)
        if len(self.calls) > _MOST_CALLS:
            self.calls.pop(next(iter(self.calls)))
        return call

    def watch_function(self, module, name, kind):
        """A loss that is called as a function."""
        function = getattr(module, name)
        bind = inspect.signature(function).bind

        def called(value, *args, **kwargs):
            if self.depth == 0 and value.requires_grad:
                options = dict(bind(*args, **kwargs).arguments)
                given, target = options.pop("input"), options.pop("target")
                self.losses.append(Loss(kind, changed(options, function), given, target, value))

        wrap(module, name, None, _quiet_function(self, called))

    @_quiet
    def before_backward(self, *args, **kwargs):
        called, self.gradients = self.gradients_of_calls()
        cleared = called - self.held()
        for earlier in self.backwards:  # nothing is left of what they computed
            earlier.reached -= cleared

    @_quiet
    def after_backward(self, _, tensor, *args, **kwargs):
        if self.loop is not None:
            self.loop.backwards += 1
        loss, remarks = self.loss_at(tensor), []
        if loss is None and self.losses:
            loss = self.losses[-1]
            remarks.append("gradients are taken of something else than the loss itself")
        held = self.held()
        reached = self.changed_gradients() | self.known_gradients()
        stepped = {id(p) for training in self.trainings.values() for p in getattr(training, "own", ())}
        if reached & held & stepped:
            remarks.append("gradients are added up over several batches")
        (self.backwards if reached else self.elsewhere).append(Backward(reached, loss, remarks))
        for call in self.calls.values():
            if id(call.module) not in self.unstepped and reached & {id(p) for p in call.module.parameters()}:
                self.unstepped[id(call.module)] = call.module, self.cell, self.name_of(call.module)

    def loss_at(self, tensor):
        """The loss that this is: the value that was given, or the mean or sum of those that were given one a sample."""
        for place, loss in enumerate(self.losses):
            if loss.value is tensor:
                return loss
            reduction, single = _REDUCED.get(type(tensor.grad_fn).__name__), loss.settings.get("reduction") == "none"
            whole = reduction and tensor.dim() == 0 and tensor.grad_fn.next_functions[0][0] is loss.value.grad_fn
            if single and whole and "weight" not in loss.settings:
                settings = {key: value for key, value in loss.settings.items() if key != "reduction"}
                settings.update({} if reduction == "mean" else {"reduction": reduction})
                self.losses[place] = Loss(loss.kind, settings, loss.given, loss.target, tensor)
                return self.losses[place]
        return None

    @_quiet
    def clipped(self, name, *args, **kwargs):
        self.remarks.append((self.changed_gradients(), f"gradients are clipped with {name}"))

    def gradients_of_calls(self):
        """(ids of the weights of all networks that were called, what the gradients among them look like)."""
        weights = {id(p): p for call in self.calls.values() for p in call.module.parameters()}
        found = {key: p.grad for key, p in weights.items() if p.grad is not None}
        return set(weights), dict(zip(found, state([*found.values()], self.torch)))

    def held(self):
        """The weights whose gradients were not zero when they were last looked at."""
        return {key for key, (*_, norm) in self.gradients.items() if norm != 0}

    def changed_gradients(self):
        """The weights whose gradients are other ones than before."""
        before, (_, self.gradients) = self.gradients, self.gradients_of_calls()
        return {key for key, looks in self.gradients.items() if before.get(key) != looks}

    def known_gradients(self):
        """The weights that a backward pass would have reached, had the output that it ends at been computed."""
        found = set()
        for call in self.calls.values():
            if call.known is not None and call.known.grad is not None:
                found.update(id(p) for p in call.module.parameters())
                call.known = None
        return found

    @_quiet
    def reset(self, _, module):
        """After a layer has drawn its weights."""
        self.draws.layer_drew(module)

    # loaders and schedules

    def watch_loader(self, loader_class):
        probe, original, batches = self, loader_class.__iter__, self.config["batches"]

        def cut(self):
            loop = Loop(next(probe.loops), self, probe.loop)
            # The first epochs show what there is to see; the others are counted.
            probe.passes[self] = probe.passes.get(self, 0) + 1
            loop.most = batches if probe.passes[self] <= _SEEN_PASSES else 1
            loop.by_hand = loops.asked_by_next(HERE)
            try:
                for batch in original(self):
                    if probe.seen_enough(loop):
                        probe.shortened[probe.cell] = None
                        break
                    probe.loop = loop
                    loop.batches += 1
                    yield batch
            finally:
                if probe.loop is loop:
                    probe.loop = loop.outer

        loader_class.__iter__ = cut

    def seen_enough(self, loop):
        """Whether a pass is cut here."""
        if loop.backwards and not loop.stepped and loop.batches < _MOST_BATCHES:
            return False  # a step may come only after several batches
        if loop.use == _TRAINS or loop.backwards:
            return loop.batches >= loop.most
        if loop.use == _EVALUATES:
            return not self.only_evaluates()  # one batch is enough to see it
        return loop.most == 1 and loop.batches >= 1  # what looks at the data may add it up, in the first passes

    def watch_schedule(self, kind):
        init, bind = kind.__init__, inspect.signature(kind.__init__).bind

        @functools.wraps(init)
        def watched(schedule, *args, **kwargs):
            entry = None
            if type(schedule) is kind:
                entry = self.schedule_begins(kind, schedule, _quiet_function(self, bind)(schedule, *args, **kwargs))
            init(schedule, *args, **kwargs)
            if entry:
                entry.update(steps=0, early=False)  # a schedule steps once while it is made
                self.accept(entry["optimizer"])

        kind.__init__ = watched
        if "step" in vars(kind):
            wrap(kind, "step", self.schedule_will_step, self.schedule_steps)

    @_quiet
    def schedule_begins(self, kind, schedule, bound):
        options = {key: v for key, v in bound.arguments.items() if key != "self" and key != "verbose"}
        optimizer = options.pop("optimizer")
        entry = {"type": kind.__name__, "object": schedule, "optimizer": optimizer, "steps": 0, "early": False}
        entry["settings"], entry["unwritten"] = written_down(options)
        self.schedules.append(entry)
        self.unscheduled.setdefault(id(optimizer), optimizer_settings(optimizer))
        return entry

    @_quiet
    def schedule_will_step(self, schedule, *args, **kwargs):
        self.look_at_groups(getattr(schedule, "optimizer", None))

    @_quiet
    def schedule_steps(self, _, schedule, *args, **kwargs):
        for entry in self.schedules:
            if entry["object"] is schedule:
                entry["steps"] += 1
                entry["early"] |= id(entry["optimizer"]) not in self.trainings
                self.accept(entry["optimizer"])

    @_quiet
    def accept(self, optimizer):
        """Whatever the optimiser's groups hold now was put there by torch."""
        self.groups[id(optimizer)] = groups(optimizer)

    def look_at_groups(self, optimizer):
        """Whether the notebook changed a setting since torch last did."""
        if id(optimizer) in self.groups and self.groups[id(optimizer)] != groups(optimizer):
            whose = {id(p) for group in optimizer.param_groups for p in group["params"]}
            self.remarks.append((whose, "the learning rate or another setting of the optimiser is changed by hand"))

    # an optimiser steps

    def step(self, optimizer, args, kwargs):
        """Before every step of every optimiser."""
        # With a closure, the forward pass comes within the step.
        if self.weights is not None or not _closure(args, kwargs):
            self.see_step(optimizer)
        training = self.trainings.get(id(optimizer))
        endless = self.weights is None and training is not None and training.condition == loops.UNTIL
        if endless and time.monotonic() - self.cell_began > _ENOUGH_SECONDS:
            raise EnoughSeen(f"{training.condition}. The grader looks at a shortened training first, and went on here.")

    @_quiet
    def see_step(self, optimizer, closure=False):
        training = self.trainings.get(id(optimizer))
        if training is None and self.steps_an_input(optimizer):
            return
        if training is None:
            training = self.trainings[id(optimizer)] = Training(self, optimizer, closure)
            self.passes.clear()
            if self.loop is not None:
                self.loop.most = self.config["batches"]
            if self.weights is not None and training.model is not None:
                self.weights.first(training.number, training.model)
        self.trainings[id(optimizer)] = self.trainings.pop(id(optimizer))  # the last to step stands last
        if self.weights is not None:
            training.steps, training.cell = training.steps + 1, self.cell
            return
        training.observe(self)
        if training.steps == 1 or time.monotonic() - self.written_at > _WRITE_EVERY:
            self.write()

    def steps_an_input(self, optimizer):
        """Whether it changes what a network is given, as for an adversarial image: that is no training."""
        own = {p.data_ptr() for group in optimizer.param_groups for p in group["params"]}
        return any(call.given.data_ptr() in own - {0} for call in self.calls.values())

    @_quiet
    def stepped(self, optimizer, args, kwargs):
        """After every step."""
        if self.weights is not None:
            self.forget()
            return
        if _closure(args, kwargs):
            self.see_step(optimizer, closure=True)
        self.cell_steps += 1
        training = self.trainings.get(id(optimizer))
        if training is not None:
            training.remember()
        self.forget_step({id(p) for group in optimizer.param_groups for p in group["params"]})

    @_quiet
    def write(self):
        """Put everything seen so far into the report file."""
        self.written_at = time.monotonic()
        findings.write(
            self.config["out"],
            {
                "trainings": [training.record(self) for training in self.trainings.values()],
                "variables": findings.variables(self.config["variables"], self.namespace),
                "unfinished": [cell for cell in self.unfinished if cell is not None],
                "unstepped": self.without_steps()[:20],
                "served": [*self.served][:20],
                "shortened": [cell for cell in self.shortened if cell is not None],
                "faults": [*self.faults][:20],
            },
        )

    def name_of(self, module):
        """The variable that holds it; empty when none does."""
        return next((k for k, v in self.namespace.items() if v is module and k[0] != "_"), "")

    def without_steps(self):
        """Networks whose gradients were computed, and none of whose weights any optimiser stepped."""
        stepped = {id(p) for training in self.trainings.values() for p in getattr(training, "own", ())}
        return [
            {"cell": cell, "variable": name, "type": type(module).__name__}
            for module, cell, name in self.unstepped.values()
            if not stepped & {id(p) for p in module.parameters()}
        ]


def wrap(owner, name, before, after):
    """Call `before(*args)` and `after(result, *args)` around a function; neither may raise."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def watched(*args, **kwargs):
        if before:
            before(*args, **kwargs)
        result = original(*args, **kwargs)
        after(result, *args, **kwargs)
        return result

    setattr(owner, name, watched)


def _quiet_function(probe, function):
    return functools.partial(_quiet(lambda _, *args, **kwargs: function(*args, **kwargs)), probe)


def _closure(args, kwargs):
    return kwargs.get("closure") or next(iter(args[1:]), None)  # the first is the optimiser itself


_REDUCED = {"MeanBackward0": "mean", "SumBackward0": "sum"}
_FUNCTIONAL_LOSSES = {
    "cross_entropy": "CrossEntropyLoss",
    "nll_loss": "NLLLoss",
    "mse_loss": "MSELoss",
    "binary_cross_entropy": "BCELoss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
}
