"""Backward passes: which weights they reached, from which loss, and what else happened to gradients on the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..protocol import Clipping, Gap, GapKind
from . import clipping
from .clipping import Clip
from .session import Session, quiet, wrap

if TYPE_CHECKING:
    import torch

    from .forward import Calls
    from .loaders import Loaders, Loop
    from .losses import Loss, Losses

_MOST_BACKWARDS = 256  # whose step is yet to come
_MOST_ELSEWHERE = 8
CHANGED_BY_HAND = Gap(GapKind.GRADIENTS, "gradients are changed by hand")
Look = tuple[int, int, float | None]  # address, version and norm of a tensor


class Backward:
    """One backward pass: the weights that it reached, the loss that it began at, and what is to be said of it.

    `loss` is None where none was seen; gradients are taken of it times `scale`. `loop` is the one that was under way.
    """

    def __init__(self, reached: set[int], loss: Loss | None, scale: float, gaps: list[Gap], loop: Loop | None) -> None:
        self.reached, self.loss, self.scale, self.gaps, self.loop = reached, loss, scale, gaps, loop


class Gradients:
    """What leads to the next step of each optimiser. Weights are spoken of by their ids."""

    # Id of a network -> (it, the cell where its gradients were computed first, its variable).
    unstepped: dict[int, tuple[torch.nn.Module, int | None, str]]

    def __init__(self, session: Session, torch: ModuleType, calls: Calls, losses: Losses, loaders: Loaders) -> None:
        self.session, self.torch, self.calls, self.losses, self.loaders = session, torch, calls, losses, loaders
        self.unstepped = {}
        self.begun: tuple[Loss | None, float, list[Gap]] = None, 1.0, []  # where the backward pass under way began
        self.forget()

    def install(self) -> None:
        """Watch `backward` and what clips gradients."""
        wrap(self.torch.Tensor, "backward", self.before, self.after)
        clipping.install(self.torch, self)

    def forget(self) -> None:
        """Begin to gather what leads to the next step."""
        self.calls.last = {}
        self.losses.forget()
        self.backwards: deque[Backward] = deque(maxlen=_MOST_BACKWARDS)
        self.elsewhere: deque[Backward] = deque(maxlen=_MOST_ELSEWHERE)  # that reached no network's weights
        self.looks: dict[int, Look] = {}  # what the gradient of each weight looks like
        self.gaps: list[tuple[set[int], Gap]] = []  # (weights, what is to be said of their next step)
        self.clips: list[Clip] = []

    def led_to(self, weights: set[int]) -> list[Backward]:
        """The backward passes that reached any of these weights since they were stepped."""
        return [backward for backward in self.backwards if backward.reached & weights]

    def forget_step(self, weights: set[int]) -> None:
        """These weights were stepped: another network may be between its loss and its step."""
        losses = [backward.loss for backward in self.led_to(weights) if backward.loss is not None]
        self.backwards = deque((b for b in self.backwards if not b.reached & weights), _MOST_BACKWARDS)
        self.elsewhere.clear()
        self.gaps = [(whose, gap) for whose, gap in self.gaps if not whose & weights]
        self.clips = [clip for clip in self.clips if not clip.weights & weights]
        self.losses.forget_until(losses)
        self.calls.forget(weights)

    @quiet
    def before(self, tensor: torch.Tensor, *args: Any, **kwargs: Any) -> None:
        """Before a backward pass from this tensor: what was cleared since the last one leads to nothing."""
        self.begun = self.beginning(tensor)  # what leads to it is gone afterwards
        weights, self.looks = self.current()
        cleared = weights - self.nonzero()
        for earlier in self.backwards:
            earlier.reached -= cleared

    @quiet
    def after(self, *args: Any, **kwargs: Any) -> None:
        """After a backward pass."""
        if self.loaders.loop is not None:
            self.loaders.loop.backwards += 1
        loss, scale, gaps = self.begun
        nonzero = self.nonzero()
        reached = self.changed() | self.uncomputed()
        stepped = {id(p) for training in self.session.trainings.values() for p in training.parameters}
        coming = {key for backward in self.backwards for key in backward.reached}
        if (reached & nonzero & stepped) - coming:
            gaps.append(Gap(GapKind.GRADIENTS, "gradients are added up over several steps: they are never cleared"))
        found = Backward(reached, loss, scale, gaps, self.loaders.loop)
        (self.backwards if reached else self.elsewhere).append(found)
        for clip in self.clips:
            clip.early |= bool(clip.weights & reached)
        for call in self.calls.last.values():
            if id(call.module) not in self.unstepped and reached & call.weights():
                self.unstepped[id(call.module)] = call.module, self.session.cell, self.session.name_of(call.module)

    def beginning(self, tensor: torch.Tensor) -> tuple[Loss | None, float, list[Gap]]:
        """(the loss that a backward pass began at or near, the multiple of it, gaps)."""
        loss = self.losses.at(tensor)
        if loss is not None or not self.losses.latest:
            return loss, 1.0, []
        if (found := self.losses.multiple_of(tensor)) is not None:
            return *found, []
        why = "gradients are taken of something else than the loss itself"
        return self.losses.latest[-1], 1.0, [Gap(GapKind.LOSS, why)]

    @quiet
    def will_clip(self) -> None:
        """Before gradients are clipped by a function of torch's."""
        if changed := self.changed():
            self.gaps.append((changed, CHANGED_BY_HAND))

    @quiet
    def clipped(self, parameters: Any, how: Callable[[], Clipping | None]) -> None:
        """Afterwards; `parameters` is a list of tensors, or one."""
        self.changed()
        given = [parameters] if hasattr(parameters, "grad") else parameters
        if weights := {id(p) for p in given if p.grad is not None}:
            clip = Clip(weights, None)
            self.clips.append(clip)
            clip.how = how()

    def current(self) -> tuple[set[int], dict[int, Look]]:
        """(the weights of all networks that were called, what the gradients among them look like)."""
        weights = {id(p): p for call in self.calls.last.values() for p in call.module.parameters()}
        found = {key: p.grad for key, p in weights.items() if p.grad is not None}
        return set(weights), dict(zip(found, looks([*found.values()], self.torch)))

    def nonzero(self) -> set[int]:
        """The weights whose gradients were not zero when they were last looked at."""
        return {key for key, (*_, norm) in self.looks.items() if norm != 0}

    def changed(self) -> set[int]:
        """The weights whose gradients are other ones than before."""
        before, (_, self.looks) = self.looks, self.current()
        return {key for key, look in self.looks.items() if before.get(key) != look}

    def uncomputed(self) -> set[int]:
        """The weights that a backward pass would have reached, had the output that it ends at been computed."""
        found: set[int] = set()
        for call in self.calls.last.values():
            if call.known is not None and call.known.grad is not None:
                found |= call.weights()
                call.known = None
        return found


def norms(tensors: Sequence[torch.Tensor], torch: ModuleType) -> list[float | None]:
    """The length of each as a number, and None where it is none: that equals itself."""
    with torch.no_grad():
        found = torch.stack(torch._foreach_norm(list(tensors))).tolist() if tensors else []
    return [None if norm != norm else norm for norm in found]


def looks(gradients: Sequence[torch.Tensor], torch: ModuleType) -> list[Look]:
    """What any change to a gradient changes."""
    return [(g.data_ptr(), g._version, norm) for g, norm in zip(gradients, norms(gradients, torch))]
