"""Writes a network down as data: `nn.Sequential` directly, other modules by tracing their forward pass."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..layers import FUNCTIONS, LAYERS, CannotError, Settings
from ..protocol import Gap, GapKind, Layer, Loose, Spec
from . import tracing

if TYPE_CHECKING:
    import torch
    from torch.fx import Graph, Node

_Made = list[tuple[str, Settings, list[int]]]  # layers: type, settings, positions of the inputs


def describe(
    model: torch.nn.Module, torch: ModuleType, shape: Sequence[int] | None = None
) -> tuple[Spec, list[Gap], dict[int, int]]:
    """(the model as a Spec, gaps between how it trains and that spec, id of a module -> its layer's position).

    `shape` is that of one sample, where it is known.
    """
    writer = _Writer(model, torch)
    writer.example = None if shape is None else torch.zeros(tracing.BATCH, *shape)
    writer.sequence(model, "")
    writer.leftovers()
    return writer.spec, writer.gaps, writer.written


class _Writer:
    """Goes through a network and fills `spec`; what comes next is given `example`, None where its shape isn't known."""

    def __init__(self, model: torch.nn.Module, torch: ModuleType) -> None:
        self.model, self.torch = model, torch
        self.spec = Spec()
        self.gaps: list[Gap] = []
        self.written: dict[int, int] = {}  # id of a module -> its position
        self.owners: dict[int, int] = {}  # id of a weight -> id of the module that had it first
        self.loose: set[str] = set()
        self.example: Any = None

    def known(self, module: torch.nn.Module) -> bool:
        """Whether it is torch's own layer, itself and not a subclass."""
        kind = self.kind(module)
        return kind.__name__ in LAYERS and kind is getattr(self.torch.nn, kind.__name__, None)

    def kind(self, module: torch.nn.Module) -> type[torch.nn.Module]:
        """Its class; of a layer whose weights are parametrized the one that it had before."""
        kind = type(module)
        return kind.__bases__[0] if self.torch.nn.utils.parametrize.is_parametrized(module) else kind

    def tampered(self, module: torch.nn.Module) -> str:
        """Why a module does not do what its class says; empty when it does."""
        if self.torch.nn.utils.parametrize.is_parametrized(module):
            parts = module.get_submodule("parametrizations").modules()
            made = {type(part).__name__.lstrip("_") for part in parts if not part._modules}
            return f"its weights are computed from others ({', '.join(sorted(made))})"
        hooks = (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks, module._backward_pre_hooks)
        found = [getattr(hook, "__name__", type(hook).__name__) for each in hooks for hook in each.values()]
        if found or "forward" in vars(module):
            what = f"a hook ({', '.join(found)})" if found else "another forward pass"
            return f"{what} is attached to it"
        return ""

    def altered(self, module: torch.nn.Module, settings: Settings) -> str:
        """Why a known layer's weights are not those that its settings give it; empty when they are."""
        weights = list(module.parameters())
        if any(self.owners.setdefault(id(p), id(module)) != id(module) for p in weights):
            return "it uses the weights of another layer"
        try:
            with self.torch.device("meta"):
                plain = LAYERS[self.kind(module).__name__].build(self.torch.nn, settings)
        except Exception as error:
            return f"it can't be made with its settings: {error}"
        same = [p.shape for p in plain.parameters()] == [p.shape for p in weights]
        return "" if same else "its weights are not those that its settings give it"

    def cannot(self, what: str, why: str) -> None:
        """This part of the network has no place in a spec."""
        self.spec.gaps.append(Gap.of(GapKind.LAYER, f"{what}: {why}"))

    def layer(self, kind: str, settings: Settings, name: str, inputs: list[int] | None = None) -> int:
        """Write one layer down; its position."""
        self.spec.layers.append(Layer(kind, settings, name=name[:200], inputs=inputs))
        return len(self.spec.layers) - 1

    def module(self, module: torch.nn.Module, name: str, inputs: list[int] | None = None) -> int:
        """One call of a known layer."""
        kind = self.kind(module).__name__
        settings = LAYERS[kind].settings_of(module)
        position = self.layer(kind, settings, name, inputs)
        why = self.tampered(module) or self.altered(module, settings)
        if why:
            self.cannot(f"{name} ({kind})", why)
        if id(module) in self.written:
            self.spec.layers[position].shares = self.written[id(module)]
        else:
            self.written[id(module)] = position
        return position

    def sequence(self, module: Any, name: str) -> None:
        """A Sequential, nested ones laid flat, a single layer, or a custom module."""
        if type(module) is self.torch.nn.Sequential:
            why = self.tampered(module)
            if why:
                self.cannot(name or "the network", why)
            for key, child in module._modules.items():  # one that stands twice is given twice
                self.sequence(child, f"{name}.{key}" if name else key)
        elif self.known(module):
            self.module(module, name)
            self.advance(module)
        else:
            self.traced(module, name, len(self.spec.layers) - 1)

    def traced(self, root: torch.nn.Module, prefix: str, feed: int) -> None:
        """A custom module, through the graph of its forward pass; `feed` is the position of its input."""
        label = f"{prefix or 'the network'} ({type(root).__name__})"
        why = self.tampered(root)
        if why:
            self.cannot(label, why)
            return
        modes = [(module, module.training) for module in root.modules()]
        try:
            (evaluated, _), (trained, tracer) = (self.graph(root, training) for training in (False, True))
        except Exception as error:
            self.cannot(label, f"its forward pass can't be traced: {type(error).__name__}: {error}")
            return
        finally:
            for module, mode in modes:
                module.training = mode
        if (gap := _difference(trained, evaluated)) is not None:
            self.gaps.append(gap)
        made = [module for module in tracer.made.values() if "Dropout" in type(module).__name__]
        if made:
            why = "a Dropout is made in the forward pass and stays on in evaluation: make it in __init__"
            self.gaps.append(Gap(GapKind.MODE, why))
        _Graph(self, root, prefix, feed, tracer.made).write(trained)
        self.example = tracer.output

    def graph(self, root: torch.nn.Module, training: bool) -> tuple[Graph, tracing.ShapedTracer]:
        """A forward pass in training or in evaluation, and what was seen as it was traced."""
        for module in root.modules():
            module.training = training  # not root.train(): many students have a method of that name
        tracer = tracing.ShapedTracer(None if self.example is None else self.example.shape[1:])
        return tracer.trace(root), tracer

    def advance(self, module: torch.nn.Module) -> None:
        """Keep the shape of what comes next."""
        try:
            self.example = None if self.example is None else tracing.apply(module, self.example)
        except Exception:  # shapes that don't fit are found where the network is counted
            self.example = None

    def leftovers(self) -> None:
        """Parameters outside the known layers act as weights; layers never reached are unused."""
        of_layers = {id(p) for module in self.model.modules() if self.known(module) for p in module.parameters()}
        for name, parameter in self.model.named_parameters():
            if id(parameter) not in of_layers and name not in self.loose:
                self.spec.loose.append(Loose(name[:200], list(parameter.shape), "parameter"))
        if self.spec.gaps:
            return  # what comes after such a part is unknown, not unused
        for name, module in self.model.named_modules():
            if self.known(module) and id(module) not in self.written:
                self.spec.unused.append(f"{name} ({type(module).__name__})"[:200])


def _difference(trained: Graph, evaluated: Graph) -> Gap | None:
    """How a forward pass does other things in evaluation than in training, but for switching dropout off."""
    for node, other in itertools.zip_longest(trained.nodes, evaluated.nodes):
        if node is None or other is None or (node.op, str(node.target)) != (other.op, str(other.target)):
            return _EVALUATED_OTHERWISE
        if "dropout" in str(getattr(node.target, "__name__", "")):
            if _dropout_is_on(node) and _dropout_is_on(other):
                return Gap.of(GapKind.MODE, f"{node.name} stays on in evaluation: give it training=self.training")
        elif (str(node.args), str(node.kwargs)) != (str(other.args), str(other.kwargs)):
            return _EVALUATED_OTHERWISE
    return None


_EVALUATED_OTHERWISE = Gap(GapKind.EVALUATION, "its forward pass is another one in evaluation")


def _dropout_is_on(node: Node) -> bool:
    return (node.args[2] if len(node.args) > 2 else node.kwargs.get("training", True)) is True


class _Graph:
    """Turns a torch.fx graph into layers."""

    def __init__(
        self, writer: _Writer, root: torch.nn.Module, prefix: str, feed: int, made: Mapping[str, torch.nn.Module]
    ) -> None:
        self.writer, self.root, self.prefix, self.feed = writer, root, prefix, feed
        self.position: dict[Any, int] = {}  # graph node -> position of the layer that makes its value
        self.torch = writer.torch
        self.modules = {**dict(root.named_modules(remove_duplicate=False)), **made}

    def write(self, graph: Graph) -> None:
        """Every node in its order, up to the first that has no place in a spec."""
        for node in graph.nodes:
            try:
                self.node(node)
            except Exception as error:  # a call that this was not written for
                why = (
                    str(error)
                    if isinstance(error, CannotError)
                    else f"it is called in a way that is not known: {error}"
                )
                self.writer.cannot(self.name(node.name), why)
                return

    def name(self, text: object) -> str:
        """Within the whole network."""
        return f"{self.prefix}.{text}" if self.prefix else str(text)

    def source(self, argument: Any) -> int:
        """Position of the layer that makes this value; raises CannotError where none does."""
        if argument not in self.position:
            raise CannotError(f"takes {argument} as an input")
        return self.position[argument]

    def node(self, node: Node) -> None:
        """Write one node down; raises CannotError, or whatever a call that is not known ends in."""
        if node.op == "placeholder":
            if not self.position:
                self.position[node] = self.feed
            elif node.users:
                raise CannotError("the forward pass takes several inputs")
        elif node.op == "call_module":
            module = self.modules[node.target]
            if not self.writer.known(module):
                raise CannotError(f"{type(module).__name__} is no layer that the grader knows")
            (value,) = (*node.args, *node.kwargs.values())
            if getattr(module, "inplace", False):
                self.in_place(node, value)
            self.position[node] = self.writer.module(module, self.name(node.target), [self.source(value)])
        elif node.op == "get_attr":
            self.attribute(node)
        elif node.op in ("call_function", "call_method"):
            self.call(node)
        elif node.op == "output":
            last = self.source(node.args[0])
            if last != len(self.writer.spec.layers) - 1:
                self.writer.layer("Identity", {}, self.name("output"), [last])

    def in_place(self, node: Node, value: Any) -> None:
        """A spec has no values that change: one that is changed must not be used again."""
        if list(value.users)[-1] is not node:
            raise CannotError("it changes a value that is used again")

    def attribute(self, node: Node) -> None:
        """A tensor of a module that the forward pass takes by itself: it is noted, and ends what can be written."""
        value: Any = self.root
        for part in str(node.target).split("."):
            value = getattr(value, part)
        kind = "parameter" if isinstance(value, self.torch.nn.Parameter) else "buffer"
        name = self.name(node.target)
        self.writer.loose.add(name)
        self.writer.spec.loose.append(Loose(name[:200], list(getattr(value, "shape", ())), kind))
        raise CannotError(f"uses the {kind} “{node.target}” directly")

    def call(self, node: Node) -> None:
        """A function or a method of a tensor, as the layers that do the same."""
        name: str = getattr(node.target, "__name__", str(node.target))  # the target of a method is its name
        if name in _SIZES and not (name == "mul" and all(a in self.position for a in node.args)):
            return  # sizes, which only a view uses
        given = node.args[:1] if name in ("contiguous", "float", "to", "clone") else ()
        if name == "add" and any(isinstance(a, int | float) and a == 0 for a in node.args):  # as `sum` begins
            given = tuple(a for a in node.args if not isinstance(a, int | float))
        if len(given) == 1:
            self.position[node] = self.source(given[0])
            return
        if name.endswith("_"):
            self.in_place(node, node.args[0])
        made = self._layer(node, name) if name in FUNCTIONS else self._reshape(node, name)
        for kind, settings, inputs in made:
            self.position[node] = self.writer.layer(kind, settings, self.name(node.name), inputs)

    def _layer(self, node: Node, name: str) -> _Made:
        """What does the same as a layer."""
        kind, form = FUNCTIONS[name]
        given = _given(node, (*form.inputs, *form.arguments))
        values = [given.pop(key) for key in form.inputs]
        sources = [
            self.source(value) for each in values for value in (each if isinstance(each, list | tuple) else [each])
        ]
        if given.pop("inplace", False):
            self.in_place(node, values[0])
        given = {key: tuple(v) if isinstance(v, list) else v for key, v in given.items() if v is not None}
        if any(given.pop(key, False) for key in form.refused):
            raise CannotError(f"its arguments {node.kwargs} are not supported")
        for key in form.ignored:
            given.pop(key, None)
        return [(*(form.read(given) if form.read else (kind, given)), sources)]

    def _reshape(self, node: Node, name: str) -> _Made:
        if name == "flatten":
            given = _given(node, ("input", "start_dim", "end_dim"))
            if (given.get("start_dim", 0), given.get("end_dim", -1)) == (1, -1):
                return [("Flatten", {}, [self.source(given["input"])])]
        elif name in ("view", "reshape") and not node.kwargs:
            first, *sizes = node.args[1] if isinstance(node.args[1], (tuple, list)) else node.args[1:]
            whole_batch = first in (-1, tracing.BATCH) or not isinstance(first, int)  # or the size that was asked for
            if whole_batch and len(sizes) == 1:
                return [("Flatten", {}, [self.source(node.args[0])])]
            if whole_batch and all(isinstance(size, int) and size > 0 for size in sizes):
                flat = self.writer.layer("Flatten", {}, self.name(node.name), [self.source(node.args[0])])
                return [("Unflatten", {"dim": 1, "unflattened_size": tuple(sizes)}, [flat])]
        return self._shaped(node, name)

    def _shaped(self, node: Node, name: str) -> _Made:
        """By the shapes before and after: what keeps samples apart and their values in order only shapes them anew."""
        given: Any = node.args[0]
        before, after = given.meta.get("value"), node.meta.get("value")
        if before is not None and after is not None and len(before) == len(after) == tracing.BATCH:
            source, sizes = self.source(node.args[0]), tuple(after.shape[1:])
            if name in ("view", "reshape", "flatten", "squeeze", "unsqueeze") and after.numel() == before.numel():
                if before.dim() > 2:
                    source = self.writer.layer("Flatten", {}, self.name(node.name), [source])
                self.position[node] = source
                return [("Unflatten", {"dim": 1, "unflattened_size": sizes}, [source])] if len(sizes) > 1 else []
            averaged = {"dim": node.args[1] if len(node.args) > 1 else None, **node.kwargs}
            if (
                name == "mean"
                and before.dim() == 4
                and averaged["dim"] in ([2, 3], (2, 3), [-2, -1], (-2, -1), [-1, -2])
            ):
                pooled = self.writer.layer("AdaptiveAvgPool2d", {"output_size": 1}, self.name(node.name), [source])
                self.position[node] = pooled
                return [] if after.dim() == 4 else [("Flatten", {}, [pooled])]
        raise CannotError(f"the operation {name} is not supported")


def _given(node: Node, keys: Sequence[str]) -> dict[str, Any]:
    """The arguments of a call by name; any other than these is refused."""
    given = dict(zip(keys, node.args))
    given.update({"dim" if key == "axis" else key: value for key, value in node.kwargs.items()})  # numpy's name
    if len(node.args) > len(keys) or not set(given) <= set(keys):
        raise CannotError(f"its arguments {node.args[1:]} {node.kwargs} are not supported")
    return given


_SIZES = ("size", "getattr", "getitem", "dim", "numel", "len", "floordiv", "mul")
