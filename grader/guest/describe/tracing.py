"""Traces a forward pass with the shape of a real input, so that what asks for sizes gets numbers."""

import copy

import torch
from torch.fx import Proxy, Tracer

BATCH = 13  # a prime that no size in a network is likely to have


class Shaped(Proxy):
    """A value in the making whose shape is known."""

    @property
    def value(self):
        """A tensor of that shape, or None."""
        return self.node.meta.get("value")

    @property
    def shape(self):
        """Numbers where they are known."""
        return super().__getattr__("shape") if self.value is None else self.value.shape

    def size(self, dim=None):
        """Numbers where they are known."""
        if self.value is None:
            return super().__getattr__("size")(*(() if dim is None else (dim,)))
        return self.value.size() if dim is None else self.value.size(dim)

    def dim(self):
        """The number of dimensions."""
        return super().__getattr__("dim")() if self.value is None else self.value.dim()

    ndim = property(dim)

    def __len__(self):
        if self.value is None:
            raise RuntimeError("the length of a value in the network isn't known")
        return len(self.value)


class ShapedTracer(Tracer):
    """torch.fx's tracer, which computes each value once more on zeros. `made` holds layers made in the forward pass."""

    def __init__(self, shape=None):
        super().__init__()
        self.example = torch.zeros(BATCH, *shape) if shape is not None else None
        self.made = {}
        self.output = None

    def proxy(self, node):
        """The value of a node."""
        return Shaped(node, self)

    def path_of_module(self, module):
        """The name of a layer; one that is made in the forward pass itself gets one here."""
        try:
            return super().path_of_module(module)
        except NameError:
            if any(True for _ in module.parameters()):
                raise
            name = f"made_in_forward_{len(self.made) + 1}"
            self.made[name] = module
            return name

    def create_proxy(self, kind, target, args, kwargs, *rest, **options):
        """A node, with the value that it has for zeros."""
        proxy = super().create_proxy(kind, target, args, kwargs, *rest, **options)
        try:
            with torch.no_grad(), torch.random.fork_rng(devices=[]):
                proxy.node.meta["value"] = self.compute(kind, target, args, kwargs)
        except Exception:  # the shape isn't known then, which only matters where it is asked for
            proxy.node.meta["value"] = None
        return proxy

    def compute(self, kind, target, args, kwargs):
        """What the node is for zeros; None when it isn't known."""
        if kind == "placeholder":
            example, self.example = self.example, None
            return example
        given = [torch.fx.node.map_aggregate(a, _value) for a in (tuple(args), dict(kwargs))]
        if kind == "output":
            self.output = given[0][0]
        elif kind == "get_attr":
            owner, _, name = target.rpartition(".")
            holder = self.root.get_submodule(owner)
            # Not by getattr, which makes a node while a forward pass is traced.
            return holder._parameters[name].detach() if name in holder._parameters else holder._buffers[name]
        elif kind == "call_function":
            return target(*given[0], **given[1])
        elif kind == "call_method":
            return getattr(given[0][0], target)(*given[0][1:], **given[1])
        elif kind == "call_module":
            return apply(self.made.get(target) or self.root.get_submodule(target), *given[0], **given[1])
        return None


def apply(module, *args, **kwargs):
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


def _value(argument):
    if isinstance(argument, Shaped):
        if argument.value is None:
            raise ValueError("a value that is not known")
        return argument.value
    return argument
