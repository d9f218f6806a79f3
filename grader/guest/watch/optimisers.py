"""Watches torch's optimisers step: which network, led there by what."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..layers import LAYERS
from ..protocol import EnoughSeen, GapKind, Unstepped
from . import source_loops
from .copies import Copies
from .draws import Draws
from .forward import ShortenedCalls
from .gradients import Gradients, norms
from .loaders import Loaders
from .losses import Losses
from .schedules import CHANGED_BY_HAND, Schedules
from .session import Session, quiet, wrap
from .torch_training import Step, TorchTraining

if TYPE_CHECKING:
    import torch

_ENOUGH_SECONDS = 4.0  # for a loop that ends when a condition holds, which a shortened training may never reach


class Optimisers:
    """Records every training by an optimiser of torch's. The notebook's own objects are only read."""

    def __init__(self, session: Session, torch: Any) -> None:
        self.session, self.torch = session, torch
        self.loaders = Loaders(session)
        self.losses = Losses(session, torch)
        self.copies = Copies(session, torch)
        self.calls = ShortenedCalls(session, torch, self.losses, self.loaders, self.copies)
        self.gradients = Gradients(session, torch, self.calls, self.losses, self.loaders)
        self.schedules = Schedules(session, self.gradients)
        self.draws = Draws(torch, norms)
        session.unstepped = self.unstepped

    def install(self) -> None:
        """Watch modules, losses, gradients, loaders, schedules and optimisers from now on."""
        torch = self.torch
        self.calls.install()
        watch_steps(self.before_step, self.after_step)
        self.gradients.install()
        self.losses.install(self.calls)
        for kind in {base for name in LAYERS for base in getattr(torch.nn, name, object).__mro__}:
            if "reset_parameters" in vars(kind):
                wrap(kind, "reset_parameters", None, self.weights_drawn)
        self.draws.install()
        self.copies.install()
        self.loaders.install(torch.utils.data.DataLoader)
        self.schedules.install(torch.optim.lr_scheduler)
        # The same network, not compiled: its forward pass can be read, and starts at once.
        torch.compile = lambda model=None, **options: model if model is not None else lambda function: function
        wrap(import_module("copy"), "deepcopy", None, self.copied)
        wrap(torch.nn.Module, "state_dict", None, self.read)
        wrap(torch, "save", self.saved, None)
        wrap(torch.nn.Module, "load_state_dict", None, self.loaded)

    @quiet
    def weights_drawn(self, _: None, module: torch.nn.Module) -> None:
        """A layer has drawn its weights."""
        self.draws.layer_drew(module)

    def forget(self) -> None:
        """What was called and computed so far led to the steps of others."""
        self.gradients.forget()

    @quiet
    def copied(self, copy: object, value: object, *args: Any, **kwargs: Any) -> None:
        """Something was copied."""
        self.copies.copied(value, copy)
        for training in self.session.of_network(value):
            if isinstance(training, TorchTraining):
                state = norms(training.network_state(), self.torch) if training.choices.decisions else []
                training.copied |= not training.choices.copied(state, copy)

    @quiet
    def read(self, _: object, module: torch.nn.Module, *args: Any, **kwargs: Any) -> None:
        """A module's weights were read, which may be to keep a copy of them."""
        self.saved(module)

    @quiet
    def saved(self, value: object, *args: Any, **kwargs: Any) -> None:
        """A network was saved, or its weights may be."""
        for training in self.session.of_network(value):
            if isinstance(training, TorchTraining) and training.choices.decisions:
                training.choices.kept(norms([*training.network_state()], self.torch))

    @quiet
    def loaded(self, _: object, module: torch.nn.Module, *args: Any, **kwargs: Any) -> None:
        """Weights were loaded into a module: one that trains, or another that stands for it from now on."""
        state = [value for value in [*module.parameters(), *module.buffers()] if value.is_floating_point()]
        trainings = [one for one in self.session.trainings.values() if isinstance(one, TorchTraining)]
        restored = [
            one for one in trainings if one.choices.decisions and one.choices.restores(norms(state, self.torch))
        ]
        for training in self.session.of_network(module):
            if training not in restored:
                training.note(GapKind.WEIGHTS, "weights are loaded into it after its training began")
            training.remember()

    def training_of(self, optimizer: torch.optim.Optimizer) -> TorchTraining | None:
        """The training of an optimiser that has stepped before."""
        training = self.session.trainings.get(id(optimizer))
        return training if isinstance(training, TorchTraining) else None

    def before_step(self, optimizer: torch.optim.Optimizer, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Before every step of every optimiser."""
        if not has_closure(args, kwargs):
            self.see(optimizer, closure=False)
        training = self.training_of(optimizer)
        if training is None or training.open_end != source_loops.UNTIL:
            return
        if time.monotonic() - self.session.cell_began > _ENOUGH_SECONDS:
            raise EnoughSeen(f"{training.open_end}. The grader looks at a shortened training first, and went on here.")

    @quiet
    def after_step(self, optimizer: torch.optim.Optimizer, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """After every step."""
        if has_closure(args, kwargs):  # its forward pass came within the step
            self.see(optimizer, closure=True)
        self.session.cell_steps += 1
        self.session.stepped()
        training = self.training_of(optimizer)
        if training is not None:
            training.remember()
        self.gradients.forget_step({id(p) for group in optimizer.param_groups for p in group["params"]})

    @quiet
    def see(self, optimizer: torch.optim.Optimizer, closure: bool) -> None:
        """One step, as its training's first or next."""
        training = self.training_of(optimizer)
        if training is None:
            parameters = [p for group in optimizer.param_groups for p in group["params"]]
            if self.calls.are_given(parameters):
                return
            training = self.begin(optimizer, parameters, closure)
        self.session.begin(id(optimizer), training)
        training.observe(self.step_of(training))
        self.schedules.accept(optimizer)
        if training.steps == 1:
            self.session.write()
        else:
            self.session.write_now_and_then()

    def begin(
        self, optimizer: torch.optim.Optimizer, parameters: Sequence[torch.Tensor], closure: bool
    ) -> TorchTraining:
        """A training that was not seen before."""
        network = self.calls.holder(parameters)
        settings = self.schedules.unscheduled.get(id(optimizer))
        training = TorchTraining(self.session, self.torch, optimizer, network, settings, self.calls.evaluations)
        training.closure = closure
        training.schedules = functools.partial(self.schedules.of, optimizer)
        if closure:
            training.note(GapKind.OPTIMISER, "its steps take a closure")
        if network is not None:
            call = self.calls.last.get(id(network))
            shape = None if call is None else call.given.shape[1:]
            with self.calls.aside():
                training.describe(network, shape, None if closure else self.draws)
        self.loaders.training_begins()
        return training

    def step_of(self, training: TorchTraining) -> Step:
        """What led to the step that is being taken."""
        gradients, calls = self.gradients, self.calls.last
        weights = {id(p) for p in training.parameters}
        parts = {id(module) for module in training.network.modules()} if training.network is not None else set()
        called = [call for key, call in calls.items() if key in parts]
        whole = calls.get(id(training.network))
        first, last = (whole, whole) if whole else (called[0], called[-1]) if called else (None, None)
        backwards = gradients.led_to(weights) or ([*gradients.elsewhere] if first is None else [])
        gaps = [gap for backward in backwards for gap in backward.gaps]
        gaps += [gap for whose, gap in gradients.gaps if whose & weights]
        if self.schedules.changed_by_hand(training.optimizer):
            if self.schedules.rates_alone(training.optimizer):
                training.rates.by_hand = True
            else:
                gaps.append(CHANGED_BY_HAND)
        clips = [clip for clip in gradients.clips if clip.weights & weights]
        loop = self.loaders.loop or (backwards[-1].loop if backwards else None)
        return Step(first, last, backwards, gaps, clips, gradients.looks, loop)

    def unstepped(self) -> list[Unstepped]:
        """Networks whose gradients were computed, and none of whose weights any optimiser stepped."""
        stepped = {id(p) for training in self.session.trainings.values() for p in training.parameters}
        return [
            Unstepped(cell, name, type(module).__name__)
            for module, cell, name in self.gradients.unstepped.values()
            if not stepped & {id(p) for p in module.parameters()}
        ]


def watch_steps(before: Callable[..., None], after: Callable[..., None]) -> None:
    """Call these around each step of every optimiser."""
    optimizers = import_module("torch.optim.optimizer")
    optimizers.register_optimizer_step_pre_hook(before)
    optimizers.register_optimizer_step_post_hook(after)


def has_closure(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether a step was given a function that computes the loss; the first argument is the optimiser itself."""
    return bool(kwargs.get("closure") or next(iter(args[1:]), None))
