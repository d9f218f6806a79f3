"""Writes a network down as data: `nn.Sequential` directly, other modules by tracing their forward pass."""

import operator


def describe(model, vocabulary: dict, torch) -> dict:
    """The model as a spec: layers with inputs, loose tensors, what can't be expressed, what is never used."""
    writer = _Writer(model, vocabulary, torch)
    if type(model) is torch.nn.Sequential or writer.known(model):
        writer.sequence(model, "")
    else:
        writer.traced()
    writer.leftovers()
    return writer.spec


class _Writer:
    def __init__(self, model, vocabulary, torch):
        self.model, self.vocabulary, self.torch = model, vocabulary, torch
        self.spec = {"layers": [], "loose": [], "inexpressible": [], "unused": []}
        self.written = {}  # id of a module -> its position
        self.loose = set()

    def known(self, module) -> bool:
        """Whether it is torch's own layer, itself and not a subclass, without hooks or parametrizations."""
        kind = type(module)
        return kind.__name__ in self.vocabulary and kind is getattr(self.torch.nn, kind.__name__, None)

    def tampered(self, module) -> str:
        """Why a layer does not do what its class says; empty when it does."""
        if self.torch.nn.utils.parametrize.is_parametrized(module):
            return "its weights are parametrized"
        hooks = (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks)
        if any(hooks) or "forward" in vars(module):
            return "a hook or another forward pass is attached to it"
        return ""

    def cannot(self, what, why):
        self.spec["inexpressible"].append({"what": str(what)[:200], "why": str(why)[:200]})

    def layer(self, kind, settings, name, inputs=None) -> int:
        layer = {"type": kind, "settings": settings, "name": name}
        if inputs is not None:
            layer["inputs"] = inputs
        self.spec["layers"].append(layer)
        return len(self.spec["layers"]) - 1

    def module(self, module, name, inputs=None) -> int:
        """One call of a known layer."""
        kind = type(module).__name__
        position = self.layer(kind, self.settings(module), name, inputs)
        why = self.tampered(module)
        if why:
            self.cannot(f"{name} ({kind})", why)
        if id(module) in self.written:
            self.spec["layers"][position]["shares"] = self.written[id(module)]
        else:
            self.written[id(module)] = position
        return position

    def settings(self, module) -> dict:
        found = {}
        for key in self.vocabulary[type(module).__name__]:
            if hasattr(module, key):
                value = getattr(module, key)
                if key == "bias":
                    value = value is not None
                if isinstance(value, (self.torch.Size, list)):
                    value = tuple(value)
                found[key] = value
        return found

    def sequence(self, module, name):
        """A Sequential, nested ones laid flat, or a single layer."""
        if type(module) is self.torch.nn.Sequential:
            why = self.tampered(module)
            if why:
                self.cannot(name or "the network", why)
            for key, child in _children(module, name):
                self.sequence(child, key)
        elif self.known(module):
            self.module(module, name)
        else:
            before = len(self.spec["layers"])
            self.traced(module, name, None if before == 0 else before - 1)

    def traced(self, module=None, prefix="", feed=None):
        """A custom module, through the graph of its forward pass."""
        root = self.model if module is None else module
        label = f"{prefix or 'the network'} ({type(root).__name__})"
        if not callable(getattr(root, "forward", None)) or self.tampered(root):
            self.cannot(label, self.tampered(root) or "it has no forward pass")
            return
        training = root.training
        root.train()  # so that F.dropout(training=self.training) is seen switched on
        try:
            graph = self.torch.fx.Tracer().trace(root)
        except Exception as error:
            self.cannot(label, f"its forward pass can't be traced: {type(error).__name__}: {error}")
            return
        finally:
            root.train(training)
        _Graph(self, root, prefix, feed).write(graph)

    def leftovers(self):
        """Parameters outside the known layers act as weights; layers never reached are unused."""
        modules = dict(self.model.named_modules(remove_duplicate=False))
        for name, parameter in self.model.named_parameters():
            owner = modules.get(name.rpartition(".")[0])
            if id(owner) not in self.written and self.known(owner) is False and name not in self.loose:
                self.spec["loose"].append({"name": name, "shape": list(parameter.shape), "kind": "parameter"})
        for name, module in self.model.named_modules():
            if self.known(module) and id(module) not in self.written:
                self.spec["unused"].append(f"{name} ({type(module).__name__})"[:200])


def _children(module, prefix):
    """Children by name, a module that stands twice given twice."""
    return [(f"{prefix}.{key}" if prefix else key, child) for key, child in module._modules.items()]


class _Graph:
    """Turns a torch.fx graph into layers."""

    def __init__(self, writer, root, prefix, feed):
        self.writer, self.root, self.prefix = writer, root, prefix
        self.position = {}  # graph node -> position of the layer that makes its value
        self.feed = -1 if feed is None else feed
        self.torch = writer.torch
        self.modules = dict(root.named_modules(remove_duplicate=False))

    def write(self, graph):
        for node in graph.nodes:
            try:
                self.node(node)
            except _CannotError as error:
                self.writer.cannot(f"{node.name}", str(error))
                return

    def name(self, text):
        return f"{self.prefix}.{text}" if self.prefix else str(text)

    def source(self, argument):
        if argument not in self.position:
            raise _CannotError(f"takes {argument} as an input")
        return self.position[argument]

    def node(self, node):
        if node.op == "placeholder":
            if len(self.position):
                if node.users:
                    raise _CannotError("the forward pass takes several inputs")
                return
            self.position[node] = self.feed
        elif node.op == "call_module":
            module = self.modules[node.target]
            if not self.writer.known(module):
                raise _CannotError(f"{type(module).__name__} is no layer that the grader knows")
            self.position[node] = self.writer.module(module, self.name(node.target), [self.source(node.args[0])])
        elif node.op == "get_attr":
            self.attribute(node)
        elif node.op in ("call_function", "call_method"):
            self.call(node)
        elif node.op == "output":
            last = self.source(node.args[0])
            if last != len(self.writer.spec["layers"]) - 1:
                self.writer.layer("Identity", {}, "output", [last])

    def attribute(self, node):
        value = self.root
        for part in str(node.target).split("."):
            value = getattr(value, part)
        kind = "parameter" if isinstance(value, self.torch.nn.Parameter) else "buffer"
        self.writer.loose.add(str(node.target))
        self.writer.spec["loose"].append(
            {"name": str(node.target), "shape": list(getattr(value, "shape", ())), "kind": kind}
        )
        raise _CannotError(f"uses the {kind} “{node.target}” directly")

    def call(self, node):
        name = node.target if node.op == "call_method" else getattr(node.target, "__name__", str(node.target))
        if name in (
            "size",
            "getattr",
            "getitem",
            "dim",
            "numel",
            "len",
            "floordiv",
            "mul",
        ) and not self._tensor_product(node):
            return  # sizes, which only a view uses
        if name in ("contiguous", "float", "to", "clone"):
            self.position[node] = self.source(node.args[0])
            return
        written = self._join(node, name) or self._functional(node, name) or self._reshape(node, name)
        if written is None:
            raise _CannotError(f"the operation {name} is not supported")
        kind, settings, inputs = written
        self.position[node] = self.writer.layer(kind, settings, node.name, inputs)

    def _tensor_product(self, node):
        return getattr(node.target, "__name__", node.target) == "mul" and all(a in self.position for a in node.args)

    def _join(self, node, name):
        if node.target in (operator.add, operator.iadd, self.torch.add) or name in ("add", "add_"):
            return "Add", {}, [self.source(a) for a in node.args[:2]]
        if node.target is self.torch.cat or name in ("concat", "concatenate"):
            dim = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", node.kwargs.get("axis", 0))
            return "Cat", {"dim": dim}, [self.source(a) for a in node.args[0]]
        return None

    def _functional(self, node, name):
        entry = _FUNCTIONS.get(name)
        if entry is None:
            return None
        kind, keys, defaults = entry
        given = dict(zip(keys, node.args[1:]))
        given.update({key: value for key, value in node.kwargs.items() if key in keys})
        settings = {**defaults, **{k: v for k, v in given.items() if v is not None}}
        if kind in ("Dropout", "Dropout2d"):
            if given.get("training", True) is not True:
                return "Identity", {}, [self.source(node.args[0])]
            settings.pop("training", None)
        settings = {key: tuple(v) if isinstance(v, list) else v for key, v in settings.items() if key != "inplace"}
        if kind in ("MaxPool2d", "AvgPool2d") and settings.get("stride") is None:
            settings.pop("stride", None)
        if kind == "Softmax" and settings.get("dim") is None or kind == "LogSoftmax" and settings.get("dim") is None:
            settings["dim"] = 1
        settings.pop("_stacklevel", None)
        settings.pop("return_indices", None)
        return kind, settings, [self.source(node.args[0])]

    def _reshape(self, node, name):
        if name == "flatten":
            dims = (*node.args[1:], *(node.kwargs[k] for k in ("start_dim",) if k in node.kwargs))
            if node.target is self.torch.flatten or node.op == "call_method":
                start = dims[0] if dims else 0
                return ("Flatten", {}, [self.source(node.args[0])]) if start == 1 else None
        if name in ("view", "reshape"):
            sizes = node.args[1] if isinstance(node.args[1], (tuple, list)) else node.args[1:]
            flat = len(sizes) == 2 and not (isinstance(sizes[0], int) and sizes[0] > 0)
            return ("Flatten", {}, [self.source(node.args[0])]) if flat else None
        return None


class _CannotError(Exception):
    pass


_POOL = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
_FUNCTIONS = {
    "relu": ("ReLU", ("inplace",), {}),
    "relu_": ("ReLU", (), {}),
    "relu6": ("ReLU6", ("inplace",), {}),
    "leaky_relu": ("LeakyReLU", ("negative_slope", "inplace"), {}),
    "elu": ("ELU", ("alpha", "inplace"), {}),
    "selu": ("SELU", ("inplace",), {}),
    "gelu": ("GELU", ("approximate",), {}),
    "silu": ("SiLU", ("inplace",), {}),
    "sigmoid": ("Sigmoid", (), {}),
    "tanh": ("Tanh", (), {}),
    "softplus": ("Softplus", ("beta", "threshold"), {}),
    "softmax": ("Softmax", ("dim", "_stacklevel"), {}),
    "log_softmax": ("LogSoftmax", ("dim", "_stacklevel"), {}),
    "dropout": ("Dropout", ("p", "training", "inplace"), {"p": 0.5}),
    "dropout2d": ("Dropout2d", ("p", "training", "inplace"), {"p": 0.5}),
    "max_pool2d": ("MaxPool2d", _POOL, {}),
    "avg_pool2d": ("AvgPool2d", ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"), {}),
    "adaptive_avg_pool2d": ("AdaptiveAvgPool2d", ("output_size",), {}),
}
