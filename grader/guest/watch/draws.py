"""Watches how weights are drawn, so that a network that is initialised by hand can be drawn again in the same way."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .. import findings
from ..layers import INITIALS
from ..origin import as_given
from ..protocol import Named, Settings

if TYPE_CHECKING:
    import torch

_METHODS = {"normal_": "normal_", "uniform_": "uniform_", "fill_": "constant_", "zero_": "zeros_"}
_NAMES = {"normal_": ("mean", "std"), "uniform_": ("a", "b"), "fill_": ("val",), "zero_": ()}
_KEYWORDS = {"from": "a", "to": "b", "value": "val"}  # of a tensor's methods; `torch.nn.init` has its own
Looks = tuple[tuple[int, ...], tuple[float | None, ...]]  # shape and norm


class Draws:
    """What drew each tensor last: torch's own layers, or a function that the notebook called."""

    def __init__(
        self, torch: ModuleType, norms: Callable[[list[torch.Tensor], ModuleType], list[float | None]]
    ) -> None:
        self.torch, self.norms = torch, norms
        # Address of a tensor -> (function, settings, what it looked like then).
        self.last: dict[int, tuple[str, Settings, Looks]] = {}
        self.by_layers: set[tuple[type, str, Looks]] = set()  # what parameters look like as torch's layers drew them

    def install(self) -> None:
        """Watch `torch.nn.init` and the methods that fill a tensor."""
        init, tensor = self.torch.nn.init, self.torch.Tensor
        for name in INITIALS:
            self.watch(init, name, functools.partial(self.by_function, name, inspect.signature(getattr(init, name))))
        for name in _METHODS:
            self.watch(tensor, name, functools.partial(self.by_method, name))

    def watch(self, owner: object, name: str, seen: Callable[..., object]) -> None:
        """Call `seen` after a function of `owner`'s, with what it was given."""
        original = getattr(owner, name)

        @functools.wraps(original)
        def drawn(*args: Any, **kwargs: Any) -> Any:
            result = as_given(original, *args, **kwargs)
            with suppress(Exception):  # a way to draw that isn't known is not written down
                seen(*args, **kwargs)
            return result

        setattr(owner, name, drawn)

    def by_function(self, name: str, signature: inspect.Signature, *args: Any, **kwargs: Any) -> None:
        """A call of `torch.nn.init`."""
        settings = dict(signature.bind(*args, **kwargs).arguments)
        self.note(settings.pop("tensor"), name, settings)

    def by_method(self, name: str, tensor: torch.Tensor, *args: Any, **kwargs: Any) -> None:
        """A call of a tensor's own method."""
        given = dict(zip(_NAMES[name], args))
        given.update({_KEYWORDS.get(key, key): value for key, value in kwargs.items()})
        self.note(tensor, _METHODS[name], given)

    def note(self, tensor: torch.Tensor, name: str, settings: Mapping[str, Any]) -> None:
        """This function of `torch.nn.init` drew it, or one that does the same; forgotten if settings aren't plain."""
        if not tensor.is_floating_point() or tensor.is_meta:
            return
        plain = {key: findings.plain(value) for key, value in settings.items() if value is not None}
        if None in plain.values():
            self.last.pop(tensor.data_ptr(), None)
        else:
            self.last[tensor.data_ptr()] = name, plain, self.looks(tensor)

    def looks(self, tensor: torch.Tensor) -> Looks:
        """Enough of a tensor to know it again."""
        return tuple(tensor.shape), tuple(self.norms([tensor.detach()], self.torch))

    def layer_drew(self, module: torch.nn.Module) -> None:
        """A layer of torch's has drawn its weights."""
        for name, parameter in module.named_parameters(recurse=False):
            if not parameter.is_meta:
                self.by_layers.add((type(module), name, self.looks(parameter)))

    def initial(self, module: torch.nn.Module) -> tuple[dict[str, Named], bool]:
        """(how each parameter was drawn that torch's layer did not draw, whether all that is known)."""
        found = {}
        for name, parameter in module.named_parameters(recurse=False):
            looks = self.looks(parameter)
            if (type(module), name, looks) in self.by_layers:
                continue
            function, settings, then = self.last.get(parameter.data_ptr(), ("", {}, None))
            if then != looks:
                return {}, False
            found[name] = Named(function, settings)
        return found, True
