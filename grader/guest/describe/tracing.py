"""Traces a forward pass with the shape of a real input, so that what asks for sizes gets numbers."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.fx import Graph, Node, Proxy, Tracer
from torch.nn import Module

from ..protocol import as_data

BATCH = 13  # a prime that no size in a network is likely to have


CALLED: list[Any] = []  # the modules whose calls are being traced, the innermost last


@contextmanager
def _called(module: Any) -> Iterator[None]:
    CALLED.append(module)
    try:
        yield
    finally:
        CALLED.pop()


class Shaped(Proxy):
    """A value in the making whose shape is known."""

    @property
    def value(self) -> Any:
        """What it is for zeros: a tensor, or several where a layer gives several; None where that isn't known."""
        return self.node.meta.get("value")

    @property
    def shape(self) -> Any:
        """Numbers where they are known."""
        return super().__getattr__("shape") if self.value is None else self.value.shape

    def size(self, dim: int | None = None) -> Any:
        """Numbers where they are known."""
        if self.value is None:
            return super().__getattr__("size")(*(() if dim is None else (dim,)))
        return self.value.size() if dim is None else self.value.size(dim)

    def dim(self) -> Any:
        """The number of dimensions."""
        return super().__getattr__("dim")() if self.value is None else self.value.dim()

    ndim = property(dim)

    def __len__(self) -> int:
        if self.value is None:
            raise RuntimeError("the length of a value in the network isn't known")
        return len(self.value)


class ShapedTracer(Tracer):
    """torch.fx's tracer, which computes each value once more on zeros.

    `shape` is that of one sample, without the batch; None where no input was seen, and then no shape is known. `made`
    holds layers made in the forward pass, by their names, `output` what the network gives for zeros.
    """

    def __init__(self, shape: Sequence[int] | None = None) -> None:
        super().__init__()
        self.example = torch.zeros(BATCH, *shape) if shape is not None else None
        self.made: dict[str, Module] = {}
        self.output: Any = None

    def trace(self, root: Any, concrete_args: dict[str, Any] | None = None) -> Graph:
        """The graph of a module's forward pass."""
        with _called(root):
            return super().trace(root, concrete_args)

    def call_module(self, m: Module, forward: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call of a module within."""
        with _called(m):
            return super().call_module(m, forward, args, kwargs)

    def proxy(self, node: Node) -> Shaped:
        """The value of a node."""
        return Shaped(node, self)

    def path_of_module(self, module: Module) -> str:
        """The name of a layer; one that is made in the forward pass itself gets one here."""
        try:
            return super().path_of_module(module)
        except NameError:
            if any(True for _ in module.parameters()):
                raise
            name = f"made_in_forward_{len(self.made) + 1}"
            self.made[name] = module
            return name

    def create_arg(self, argument: Any) -> Any:
        """An argument as a graph holds it: a number of numpy's is Python's there."""
        number = type(argument).__module__ == "numpy" and getattr(argument, "ndim", None) == 0
        return super().create_arg(as_data(argument) if number else argument)

    def create_proxy(
        self, kind: str, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any], *rest: Any, **options: Any
    ) -> Proxy:
        """A node, with the value that it has for zeros."""
        proxy = super().create_proxy(kind, target, args, kwargs, *rest, **options)
        try:
            with torch.no_grad(), torch.random.fork_rng(devices=[]):
                proxy.node.meta["value"] = self.compute(kind, target, args, kwargs)
        except Exception:  # the shape isn't known then, which only matters where it is asked for
            proxy.node.meta["value"] = None
        return proxy

    def compute(self, kind: str, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the node is for zeros; None when it isn't known."""
        if kind == "placeholder":
            example, self.example = self.example, None
            return example
        given = torch.fx.node.map_aggregate(tuple(args), _value)
        named = torch.fx.node.map_aggregate(dict(kwargs), _value)
        if kind == "output":
            self.output = given[0]
        elif kind == "get_attr":
            owner, _, name = target.rpartition(".")
            holder = self.root.get_submodule(owner)
            # Not by getattr, which makes a node while a forward pass is traced.
            found = holder._parameters[name] if name in holder._parameters else holder._buffers[name]
            return found if found is None else found.detach()
        elif kind == "call_function":
            return target(*given, **named)
        elif kind == "call_method":
            return getattr(given[0], target)(*given[1:], **named)
        elif kind == "call_module":
            return apply(self.made.get(target) or self.root.get_submodule(target), *given, **named)
        return None


def apply(module: Module, *args: Any, **kwargs: Any) -> Any:
    """A layer's output, without its hooks, and without a trace in the layer."""
    if module._modules:
        raise ValueError("a layer of several parts")
    layer = copy.copy(module)
    # Of plain tensors: while a forward pass is traced, every parameter that is asked for becomes a node.
    vars(layer).update(
        training=False, _parameters={k: p if p is None else p.detach() for k, p in module._parameters.items()}
    )
    with torch.no_grad():
        return layer.forward(*args, **kwargs)


def _value(argument: Any) -> Any:
    if isinstance(argument, Shaped):
        if argument.value is None:
            raise ValueError("a value that is not known")
        return argument.value
    return argument
