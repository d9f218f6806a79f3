"""Forward passes: which networks were called, with what; and outputs that are known need not be computed again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..origin import as_given
from . import direct_calls
from .evaluations import Evaluations
from .session import Session, quiet

if TYPE_CHECKING:
    import torch

    from .copies import Copies
    from .loaders import Loaders
    from .losses import Losses

_MOST_CALLS = 64
_ENOUGH_STEPS = 8  # of a loop without a loader; what follows is counted, not computed
_TINY = 1e-15  # no gradient, and yet to be seen
_Key = tuple[int, tuple[int, ...], bool]  # id of a network, shape of its input, whether with gradients


class Call:
    """One forward pass that the notebook asked for, with gradients."""

    def __init__(self, module: torch.nn.Module, given: torch.Tensor, output: torch.Tensor) -> None:
        self.module, self.given, self.output = module, given, output.detach()
        # Of what computed the output, its number: what holds it itself would keep all that it was computed of.
        self.sequence = output.grad_fn._sequence_nr() if output.grad_fn is not None else None
        self.known: torch.Tensor | None = None  # the tensor that stands for an output which was not computed
        self.computed = True

    def made_by(self, node: Any) -> bool:
        """Whether a node of the graph that is to be derived is what computed the output, or stands for it."""
        if self.known is not None:
            return getattr(node, "variable", None) is self.known
        return self.sequence is not None and node._sequence_nr() == self.sequence

    def weights(self) -> set[int]:
        """The ids of the weights of what was called."""
        return {id(parameter) for parameter in self.module.parameters()}


class Calls:
    """The last call of each module that the notebook called itself, the latest last."""

    def __init__(self, session: Session, torch: ModuleType, losses: Losses | None = None) -> None:
        self.session, self.torch, self.losses = session, torch, losses
        self.depth = 0  # of module calls within module calls
        self.last: dict[int, Call] = {}  # id of a module -> Call
        session.cell_begins.append(self.begin_cell)

    def install(self) -> None:
        """Watch every module from now on."""
        hooks = self.torch.nn.modules.module
        hooks.register_module_forward_pre_hook(self.enter)
        hooks.register_module_forward_hook(self.leave, with_kwargs=True, always_call=True)
        direct_calls.watch(self.torch, lambda: self.depth == 0)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is called meanwhile is called by nobody in the notebook."""
        self.depth += 1
        try:
            yield
        finally:
            self.depth = max(self.depth - 1, 0)

    def begin_cell(self) -> None:
        """An interrupted forward pass left the depth raised."""
        self.depth = 0

    @quiet
    def enter(self, module: torch.nn.Module, inputs: tuple[Any, ...]) -> None:
        """Before any module's forward."""
        self.depth += 1

    @quiet
    def leave(
        self,
        module: torch.nn.Module,
        inputs: tuple[Any, ...],
        options: dict[str, Any] | None = None,
        output: Any = None,
    ) -> None:
        """After any module's forward, also when it raised; then torch gives neither options nor output."""
        self.depth = max(self.depth - 1, 0)
        if options is None or self.torch.jit.is_tracing():  # a graph that is drawn must not hold what watches it
            return
        tensor = self.torch.Tensor
        given = [value for value in (*inputs, *options.values()) if isinstance(value, tensor)]
        if self.depth or not isinstance(output, tensor) or not given:
            return
        self.computed(module, inputs, options, output)
        if isinstance(module, self.torch.nn.modules.loss._Loss):
            if self.losses is not None:
                self.losses.module_called(module, given, output)
        elif output.requires_grad:
            self.called(module, given[0], output)

    def computed(
        self, module: torch.nn.Module, inputs: tuple[Any, ...], options: Mapping[str, Any], output: torch.Tensor
    ) -> None:
        """An output was computed."""

    def called(self, module: torch.nn.Module, given: torch.Tensor, output: torch.Tensor) -> Call:
        """Remember a call as the last one; of networks that are called and never stepped, only some."""
        self.last.pop(id(module), None)
        call = self.last[id(module)] = Call(module, given, output)
        if len(self.last) > _MOST_CALLS:
            self.last.pop(next(iter(self.last)))
        return call

    def holder(self, parameters: Iterable[torch.Tensor]) -> torch.nn.Module | None:
        """The module that holds these parameters: the one called last, or one in a variable of the notebook."""
        wanted = {id(p) for p in parameters}
        candidates = [call.module for call in reversed(self.last.values())]
        candidates += [v for v in list(self.session.namespace.values()) if isinstance(v, self.torch.nn.Module)]
        held = [(module, wanted & {id(p) for p in module.parameters()}) for module in candidates]
        return next((m for m, p in held if p == wanted), None) or next((m for m, p in held if p), None)

    def are_given(self, parameters: Iterable[torch.Tensor]) -> bool:
        """Whether these are what a network is given, as for an adversarial image: stepping them is no training."""
        places = {p.data_ptr() for p in parameters}
        return any(call.given.data_ptr() in places - {0} for call in self.last.values())

    def forget(self, weights: set[int]) -> None:
        """The calls of networks that hold these weights, or none at all."""
        held = {key: call.weights() for key, call in self.last.items()}
        self.last = {key: call for key, call in self.last.items() if held[key] and not held[key] & weights}


def _standing(torch: Any) -> Any:
    """A function that gives an output in the place of a network, and its weights gradients that hardly change them."""

    class Standing(torch.autograd.Function):  # type: ignore[misc]  # torch is given at run time
        @staticmethod
        def forward(context: Any, output: torch.Tensor, *weights: torch.Tensor) -> torch.Tensor:
            context.save_for_backward(*weights)
            return output.clone()

        @staticmethod
        def backward(context: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
            return None, *(torch.full_like(weight, _TINY) for weight in context.saved_tensors)

    return Standing


class ShortenedCalls(Calls):
    """Calls of a shortened run: networks whose training has been seen answer with an output that they gave before.

    Loaders are cut; batches that a notebook slices by hand can't be, so that each costs next to nothing instead.
    """

    known: dict[_Key | None, torch.Tensor]  # what each network gave

    def __init__(self, session: Session, torch: ModuleType, losses: Losses, loaders: Loaders, copies: Copies) -> None:
        super().__init__(session, torch, losses)
        self.loaders, self.copies = loaders, copies
        self.evaluations = Evaluations(session, loaders, torch)
        losses.evaluated = self.evaluations.loss
        self.known = {}
        self.standing = _standing(torch)

    def install(self) -> None:
        """Watch, and put known outputs before `forward`."""
        super().install()
        module_class, watch = self.torch.nn.Module, self
        original = module_class.__call__

        def call(module: torch.nn.Module, *args: Any, **kwargs: Any) -> Any:
            if watch.depth or watch.torch.jit.is_tracing():
                return as_given(original, module, *args, **kwargs)
            trains = watch.torch.is_grad_enabled() and module.training
            watch.loaders.network_called(trains, module)
            if not trains:
                watch.copies.evaluated(module)
            output = watch.session.quietly(watch.known_output, module, args, kwargs)
            if output is None:
                output = as_given(original, module, *args, **kwargs)
            if args and next(module.parameters(), None) is not None:
                watch.evaluations.called(module, args[0], output, trains)
            return output

        module_class.__call__ = call

    def known_output(
        self, module: torch.nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> torch.Tensor | None:
        """An earlier output for an input of this shape, once enough steps of the network were computed."""
        output = self.known.get(self.key(module, args)) if self.may_skip(module) and not kwargs else None
        if output is None:
            return None
        output = output.clone()
        if self.torch.is_grad_enabled():
            if self.loaders.loop is not None:
                weights = [parameter for parameter in module.parameters() if parameter.requires_grad]
                stands: torch.Tensor = self.standing.apply(output, *weights)
                self.called(module, args[0], stands)
                return stands
            output.requires_grad_()
            call = self.called(module, args[0], output)
            call.known, call.computed = output, False
        return output

    def computed(
        self, module: torch.nn.Module, inputs: tuple[Any, ...], options: Mapping[str, Any], output: torch.Tensor
    ) -> None:
        """Remember what a network gave that was trained for a while."""
        if options:
            return
        key = self.key(module, inputs)
        trained = any(t.steps >= _ENOUGH_STEPS and t.by_torch for t in self.session.of_network(module))
        if key is not None and self.may_skip(module) and trained:
            self.known[key] = output.detach().clone()

    def may_skip(self, module: torch.nn.Module) -> bool:
        """Outside of loops over loaders, in one that goes on to its end, and wherever a network is only evaluated."""
        evaluated = not self.torch.is_grad_enabled() or (self.session.only_evaluates and not module.training)
        return self.loaders.loop is None or self.loaders.loop is self.loaders.accumulates or evaluated

    def key(self, module: torch.nn.Module, args: Sequence[Any]) -> _Key | None:
        """What makes two calls alike; None when that can't be said."""
        if len(args) != 1 or not isinstance(args[0], self.torch.Tensor):
            return None
        return id(module), args[0].shape, self.torch.is_grad_enabled()
