"""Writes a Keras network down in torch's terms: channels come first, an activation is a layer of its own."""

import math
from typing import NamedTuple

from ..protocol import Gap, GapKind, Spec
from .modules import _CannotError, as_spec


class Value(NamedTuple):
    """An intermediate result: which layer made it, and its shape of one sample as Keras has it.

    `mixed`: a vector whose entries stand in another order here: the shape that was laid flat, True where several were.
    `free`: a vector whose entries could stand in any order, since a Dense layer made them.
    """

    position: int
    shape: tuple
    mixed: object = False
    free: bool = False


class Described(NamedTuple):
    """A network as torch's would be written down, and what its trainings need to know.

    `gaps`: how it trains differently. `shape`: of one input here. `weights`: gives them by their names and in their
    order here. `rescaling`: (scale, offset) by which it changes its inputs before its first layer.
    """

    spec: Spec
    gaps: list
    shape: list | None
    weights: object
    rescaling: tuple = (1.0, 0.0)


def describe(model, vocabulary: dict, keras, torch, shape=None) -> Described:
    """Write a network down; what can't be is named in the spec."""
    writer = _Writer(vocabulary, keras, torch)
    given = None
    try:
        graph = writer.graph(model, shape)
        if len(graph._inputs) != 1 or len(graph._outputs) != 1:
            raise _CannotError("it has several inputs or outputs")
        known = tuple(graph._inputs[0].shape[1:])
        known = tuple(shape) if None in known and shape is not None else known
        writer.first = "channels_first" in {getattr(layer, "data_format", None) for layer in _layers(graph, keras)}
        given = writer.ours(known)
        last = writer.walk(graph, Value(-1, known))
        if last.mixed:
            raise _CannotError("its outputs are those of a Flatten")
        if last.position != len(writer.spec["layers"]) - 1:
            writer.layer("Identity", {}, "output", [last.position])
    except _CannotError as error:
        writer.cannot(model.name, error)
    except Exception as error:
        writer.cannot(model.name, f"it can't be read: {type(error).__name__}: {error}")
    writer.leftovers(model)
    return Described(as_spec(writer.spec), writer.gaps, given, writer.weights, writer.rescaling)


def _layers(graph, keras):
    for layer in graph.layers if hasattr(graph, "layers") else graph._operations:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _layers(layer, keras)


class _Writer:
    def __init__(self, vocabulary, keras, torch):
        self.vocabulary, self.keras, self.torch = vocabulary, keras, torch
        self.spec = {"layers": [], "loose": [], "gaps": [], "unused": []}
        self.gaps = []
        self.written = {}  # id of a layer -> its position
        self.owners = {}  # id of a weight -> id of the layer that had it first
        self.placed = []  # (layer, class of torch, what its input's order was)
        self.scrambled = False  # whether a Dense layer's outputs would have to be put in order too
        self.first = False  # whether Keras too has channels first
        self.rescaling = (1.0, 0.0)
        self.way = []  # (graph, node) where it is now, from the outermost network inwards

    def cannot(self, what, why):
        self.spec["gaps"].append(Gap.of(GapKind.LAYER, f"{what}: {why}"))

    def differs(self, kind, why):
        self.gaps.append(Gap.of(kind, why))

    def layer(self, kind, settings, name, inputs, initial=None) -> int:
        layer = {"type": kind, "settings": settings, "name": str(name)[:200]}
        if inputs != [len(self.spec["layers"]) - 1]:
            layer["inputs"] = inputs
        if initial:
            layer["initial"] = initial
        self.spec["layers"].append(layer)
        return len(self.spec["layers"]) - 1

    def ours(self, shape):
        """A shape as torch has it."""
        image = len(shape) == 3 and not self.first
        return [shape[2], shape[0], shape[1]] if image else list(shape)

    def channels(self, value):
        return value.shape[0] if self.first else value.shape[-1]

    def places(self, value):
        return value.shape[1:] if self.first else value.shape[:-1]

    # the graph

    def graph(self, model, shape):
        """What a model computes, as Keras writes it down; a model with a call of its own is called once."""
        keras = self.keras
        if "call" in vars(model) or model._forward_hooks or model._forward_pre_hooks:
            raise _CannotError("a hook or another forward pass is attached to it")
        own = type(model).call
        if isinstance(model, keras.Sequential) and own is keras.Sequential.call:
            if model._functional is None:
                raise _CannotError("the shape of its input is not known")
            return model._functional
        if own.__module__.startswith("keras.") and hasattr(model, "_nodes_by_depth"):
            return model
        if shape is None:
            raise _CannotError("the shape of its input is not known")
        given = keras.Input(tuple(shape))
        return keras.Function(given, model.call(given))

    def walk(self, graph, value) -> Value:
        values = {id(graph._inputs[0]): value}
        for depth in sorted(graph._nodes_by_depth, reverse=True):
            for node in graph._nodes_by_depth[depth]:
                if node.operation is None or node.is_input:
                    continue
                given = [values[id(tensor)] for tensor in node.input_tensors]
                shape = tuple(node.output_tensors[0].shape[1:])
                self.way.append((graph, node))
                out = self.operation(node, given)
                self.way.pop()
                if out.shape != shape:
                    out = out._replace(shape=shape)
                values[id(node.output_tensors[0])] = out
        return values[id(graph._outputs[0])]

    def operation(self, node, given) -> Value:
        layer, keras = node.operation, self.keras
        kind = type(layer).__name__
        shape = tuple(node.output_tensors[0].shape[1:])
        if isinstance(layer, keras.Model):
            graph = self.graph(layer, given[0].shape)
            if len(graph._inputs) != 1 or len(graph._outputs) != 1:
                raise _CannotError(f"{layer.name} has several inputs or outputs")
            return self.walk(graph, given[0])
        if not type(layer).__module__.startswith("keras."):
            raise _CannotError(f"{layer.name}: {kind} is no layer that the grader knows")
        if (
            "call" in vars(layer)
            or getattr(layer, "_forward_hooks", None)
            or getattr(layer, "_forward_pre_hooks", None)
        ):
            raise _CannotError(f"{layer.name}: a hook or another forward pass is attached to it")
        self.look_at(layer)
        method = getattr(self, f"_{kind.lower()}", None)
        if kind == "Rescaling":
            return self.rescaled(layer, given[0])
        if kind in _AT_RANDOM and given[0].shape == shape:
            return self.at_random(layer, given[0])
        if method is not None:
            return method(layer, given, shape)
        if kind in _ACTIVATIONS:
            return self.activation(layer, given[0])
        raise _CannotError(f"{layer.name}: {kind} is no layer that the grader knows")

    def look_at(self, layer):
        """Whatever in a layer changes its training and has no place in a spec."""
        for name, value in vars(layer).items():
            if name.endswith(("_regularizer", "_constraint")) and value is not None:
                said = {key: float(f"{number:.6g}") for key, number in _numbers(value)}
                self.differs(GapKind.WEIGHTS, f"{layer.name} has a {name}: {type(value).__name__} {said}")
        if getattr(layer, "dtype", "float32") != "float32" or getattr(layer, "compute_dtype", "float32") != "float32":
            self.differs(GapKind.WEIGHTS, f"{layer.name} computes in {layer.compute_dtype}")

    def weighted(self, layer, kind, settings, given, shape, initial, **value) -> Value:
        """A layer with weights; a second call of it shares them."""
        position = self.layer(kind, settings, layer.name, [given.position], initial)
        if id(layer) in self.written:
            self.spec["layers"][position]["shares"] = self.written[id(layer)]
            self.spec["layers"][position].pop("initial", None)
        self.written.setdefault(id(layer), position)
        self.placed.append((layer, kind, given.mixed))
        weights = [w for w in layer.weights if not w.path.endswith(("moving_mean", "moving_variance"))]
        weights = [w for w in weights if "seed_generator" not in w.path]
        if any(self.owners.setdefault(id(w), id(layer)) != id(layer) for w in weights):
            raise _CannotError(f"{layer.name}: it uses the weights of another layer")
        with self.torch.device("meta"):
            plain = getattr(self.torch.nn, kind)(**settings)
        if sum(p.numel() for p in plain.parameters()) != sum(math.prod(w.shape) for w in weights):
            raise _CannotError(f"{layer.name}: its weights are not those that its settings give it")
        return Value(position, shape, **value)

    def weights(self) -> dict:
        """What each layer holds now, as torch's layers of the spec would; empty where that can't be said."""
        if self.scrambled or any(order is True for _, _, order in self.placed):
            return {}
        found = {}
        for layer, kind, order in self.placed:
            for name, value in _in_torch(layer, kind, order, self.torch).items():
                found[f"{layer.name}.{name}"] = value.contiguous()
        return found

    def leftovers(self, model):
        """Weights of what could not be written act as raw parameters."""
        for weight in model.trainable_weights:
            if id(weight) not in self.owners:
                self.spec["loose"].append(
                    {"name": str(weight.path)[:200], "shape": list(weight.shape), "kind": "parameter"}
                )

    # layers

    def _dense(self, layer, given, shape):
        (value,) = given
        if len(value.shape) > 2:
            raise _CannotError(f"{layer.name}: a Dense layer over the channels of an image is not supported")
        settings = {"in_features": value.shape[-1], "out_features": layer.units, "bias": layer.use_bias}
        value = self.weighted(layer, "Linear", settings, value, shape, self.initial(layer), free=len(shape) == 1)
        return self.applied(layer, value)

    def _conv2d(self, layer, given, shape):
        return self.convolution(layer, given[0], shape, self.channels(given[0]), layer.filters, layer.groups)

    def _depthwiseconv2d(self, layer, given, shape):
        channels = self.channels(given[0])
        return self.convolution(layer, given[0], shape, channels, channels * layer.depth_multiplier, channels)

    def convolution(self, layer, value, shape, inputs, outputs, groups):
        stride, dilation = tuple(layer.strides), tuple(layer.dilation_rate)
        reach = [(size - 1) * step + 1 for size, step in zip(layer.kernel_size, dilation)]
        padding = 0
        if layer.padding == "same" and set(stride) == {1}:
            padding = "same"
        elif layer.padding == "same":
            around = [_same(n, k, s) for n, k, s in zip(self.places(value), reach, stride)]
            if all(left == right for left, right in around):
                padding = tuple(left for left, _ in around)
            else:
                (top, bottom), (left, right) = around
                padded = {"padding": (left, right, top, bottom)}
                value = value._replace(position=self.layer("ZeroPad2d", padded, f"{layer.name}.pad", [value.position]))
        settings = {
            "in_channels": inputs,
            "out_channels": outputs,
            "kernel_size": tuple(layer.kernel_size),
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "groups": groups,
            "bias": layer.use_bias,
        }
        return self.applied(layer, self.weighted(layer, "Conv2d", settings, value, shape, self.initial(layer)))

    def _zeropadding2d(self, layer, given, shape):
        (top, bottom), (left, right) = layer.padding
        return self.plain("ZeroPad2d", {"padding": (left, right, top, bottom)}, layer, given[0], shape)

    def _maxpooling2d(self, layer, given, shape):
        return self.pooling("MaxPool2d", {}, layer, given[0], shape)

    def _averagepooling2d(self, layer, given, shape):
        return self.pooling("AvgPool2d", {"count_include_pad": False}, layer, given[0], shape)

    def pooling(self, kind, more, layer, value, shape):
        """Padding of torch's pooling is symmetric; what Keras adds on the far side alone is a window that is cut."""
        size, stride = tuple(layer.pool_size), tuple(layer.strides)
        settings = {"kernel_size": size, "stride": stride}
        if layer.padding == "same":
            around = [_same(n, k, s) for n, k, s in zip(self.places(value), size, stride)]
            if any(right > left + 1 for left, right in around):
                raise _CannotError(f"{layer.name}: its padding is not supported")
            if any(right for _, right in around):
                settings.update(padding=tuple(left for left, _ in around), ceil_mode=True, **more)
                made = getattr(self.torch.nn, kind)(**settings)(self.torch.zeros(1, 1, *self.places(value)))
                if tuple(made.shape[2:]) != self.places(Value(0, shape)):
                    raise _CannotError(f"{layer.name}: its padding is not supported")
        return self.plain(kind, settings, layer, value, shape)

    def _globalaveragepooling2d(self, layer, given, shape):
        return self.whole("AdaptiveAvgPool2d", layer, given[0], shape)

    def _globalmaxpooling2d(self, layer, given, shape):
        return self.whole("AdaptiveMaxPool2d", layer, given[0], shape)

    def whole(self, kind, layer, value, shape):
        value = self.plain(kind, {"output_size": 1}, layer, value, shape)
        return value if len(shape) == 3 else self.plain("Flatten", {}, layer, value, shape)

    def plain(self, kind, settings, layer, value, shape) -> Value:
        return Value(self.layer(kind, settings, layer.name, [value.position]), shape, value.mixed, value.free)

    def _flatten(self, layer, given, shape):
        (value,) = given
        mixed = value.mixed
        if len(value.shape) == 3 and not self.first and self.reordered(value.shape):
            mixed = value.shape
        return self.plain("Flatten", {}, layer, value, shape)._replace(mixed=mixed)

    @staticmethod
    def reordered(shape):
        return shape[2] > 1 and shape[0] * shape[1] > 1

    def _reshape(self, layer, given, shape):
        (value,) = given
        if len(value.shape) > 1:
            value = self._flatten(layer, given, (math.prod(value.shape),))
        if len(shape) == 1:
            return value
        if value.mixed or (len(shape) == 3 and not self.first and self.reordered(shape) and not value.free):
            raise _CannotError(f"{layer.name}: it mixes channels and places")
        self.scrambled |= len(shape) == 3 and not self.first and self.reordered(shape)
        sizes = {"dim": 1, "unflattened_size": tuple(self.ours(shape))}
        return self.plain("Unflatten", sizes, layer, value, shape)._replace(free=False)

    def _dropout(self, layer, given, shape):
        if layer.noise_shape is not None:
            raise _CannotError(f"{layer.name}: a noise_shape is not supported")
        return self.plain("Dropout", {"p": layer.rate}, layer, given[0], shape)

    def _spatialdropout2d(self, layer, given, shape):
        return self.plain("Dropout2d", {"p": layer.rate}, layer, given[0], shape)

    def _batchnormalization(self, layer, given, shape):
        (value,) = given
        axis = layer.axis[0] if isinstance(layer.axis, (list, tuple)) else layer.axis
        axis = axis if axis > 0 else axis + len(value.shape) + 1
        wanted = 1 if self.first or len(value.shape) == 1 else len(value.shape)
        if axis != wanted or len(value.shape) not in (1, 3) or layer.center != layer.scale:
            raise _CannotError(f"{layer.name}: its axis, or its scale without center, is not supported")
        settings = {
            "num_features": self.channels(value),
            "eps": layer.epsilon,
            "momentum": float(f"{1 - layer.momentum:.9g}"),
            "affine": layer.scale,
        }
        drawn = {}
        if layer.scale:
            drawn = {"weight": self.drawn(layer.gamma_initializer, layer.gamma, layer), "bias": None}
            drawn["bias"] = self.drawn(layer.beta_initializer, layer.beta, layer)
            usual = {"weight": {"type": "ones_", "settings": {}}, "bias": {"type": "zeros_", "settings": {}}}
            drawn = {} if drawn == usual else drawn
        kind = "BatchNorm1d" if len(value.shape) == 1 else "BatchNorm2d"
        return self.weighted(layer, kind, settings, value, shape, drawn, mixed=value.mixed, free=value.free)

    def _activation(self, layer, given, shape):
        return self.applied(layer, given[0], layer.name)

    def _add(self, layer, given, shape):
        if len({value.shape for value in given}) > 1 or any(value.mixed for value in given) or len(given) < 2:
            raise _CannotError(f"{layer.name}: this addition is not supported")
        return Value(self.layer("Add", {}, layer.name, [value.position for value in given]), shape)

    def _concatenate(self, layer, given, shape):
        rank = len(shape) + 1
        axis = layer.axis if layer.axis >= 0 else layer.axis + rank
        dim = {1: 2, 2: 3, 3: 1}[axis] if rank == 4 and not self.first else axis
        position = self.layer("Cat", {"dim": dim}, layer.name, [value.position for value in given])
        return Value(position, shape, any(value.mixed for value in given))

    def rescaled(self, layer, value) -> Value:
        """Of the network's only input, which is recorded as rescaled already."""
        if not isinstance(layer.scale, (int, float)) or not isinstance(layer.offset, (int, float)):
            raise _CannotError(f"{layer.name}: a Rescaling by several numbers is not supported")
        if any(made["type"] not in _SHAPING for made in self.spec["layers"]) or not all(
            _only_use(graph, node) for graph, node in self.way
        ):
            raise _CannotError(f"{layer.name}: a Rescaling behind the first layer is not supported")
        scale, offset = self.rescaling
        self.rescaling = (scale * layer.scale, offset * layer.scale + layer.offset)
        return value

    def at_random(self, layer, value) -> Value:
        """What changes its inputs in training alone: a network that is evaluated goes without it."""
        config = layer.get_config()
        said = ", ".join(f"{key}={config[key]}" for key in _AT_RANDOM[type(layer).__name__] if config.get(key))
        why = f"in training {layer.name} changes values at random: {type(layer).__name__}({said})"
        self.differs(GapKind.AUGMENTATION, why)
        return value

    def _alphadropout(self, layer, given, shape):
        return self.plain("AlphaDropout", {"p": layer.rate}, layer, given[0], shape)

    def _inputlayer(self, layer, given, shape):
        return given[0]

    # activations

    def applied(self, layer, value, name=None) -> Value:
        """The activation that a layer has as an argument."""
        function = layer.activation
        if isinstance(function, self.keras.Layer):
            return self.activation(function, value)
        kind = getattr(function, "__name__", type(function).__name__)
        if kind not in _FUNCTIONS or not str(getattr(function, "__module__", "")).startswith("keras."):
            raise _CannotError(f"{layer.name}: the activation {kind} is not supported")
        if kind == "linear":
            return value
        torch_kind, settings = _FUNCTIONS[kind]
        return self.pointwise(torch_kind, settings, name or f"{layer.name}.{kind}", value)

    def activation(self, layer, value) -> Value:
        """An activation that is a layer."""
        found = _ACTIVATIONS.get(type(layer).__name__, lambda layer: None)(layer)
        if found is None or not type(layer).__module__.startswith("keras."):
            raise _CannotError(f"{layer.name}: this {type(layer).__name__} is not supported")
        return self.pointwise(*found, layer.name, value)

    def pointwise(self, kind, settings, name, value) -> Value:
        if kind in ("Softmax", "LogSoftmax"):
            settings = {"dim": {1: 1, 2: -1, 3: -1 if self.first else 1}[len(value.shape)]}
        return value._replace(position=self.layer(kind, settings, name, [value.position]))

    # first weights

    def initial(self, layer):
        """How Keras draws a layer's weights."""
        depthwise = hasattr(layer, "depthwise_initializer")
        weight = layer.kernel
        drawn = {
            "weight": self.drawn(layer.depthwise_initializer if depthwise else layer.kernel_initializer, weight, layer)
        }
        if layer.use_bias:
            drawn["bias"] = self.drawn(layer.bias_initializer, layer.bias, layer)
        return {name: initial for name, initial in drawn.items() if initial is not None}

    def drawn(self, initializer, weight, layer):
        kind = type(initializer).__name__
        found = None
        if type(initializer).__module__.startswith("keras."):
            if hasattr(initializer, "distribution"):
                found = _scaled(initializer, _fans(weight.shape))
            elif kind in _INITIALS:
                found = _INITIALS[kind](initializer)
        if found is None:
            self.differs(GapKind.WEIGHTS, f"the weights of {layer.name} are drawn by {kind}, which is not supported")
            return None
        name, settings = found
        return {"type": name, "settings": {key: _short(value) for key, value in settings.items()}}


def _in_torch(layer, kind, order, torch):
    """A layer's weights by torch's names, in torch's order."""

    def sorted_rows(value):
        if not order:
            return value
        rest = value.shape[1:]
        return value.reshape(*order, *rest).movedim(2, 0).reshape(-1, *rest)

    def value(name):
        return getattr(layer, name).value.detach()

    if kind.startswith("BatchNorm"):
        names = {"running_mean": "moving_mean", "running_var": "moving_variance"}
        names |= {"weight": "gamma", "bias": "beta"} if layer.scale else {}
        found = {name: sorted_rows(value(theirs)) for name, theirs in names.items()}
        return {**found, "num_batches_tracked": torch.tensor(0)}
    kernel = layer.kernel.value.detach() if hasattr(layer.kernel, "value") else layer.kernel.detach()
    if kind == "Linear":
        kernel = sorted_rows(kernel).T
    elif hasattr(layer, "depthwise_initializer"):
        kernel = kernel.permute(2, 3, 0, 1).flatten(0, 1).unsqueeze(1)
    else:
        kernel = kernel.permute(3, 2, 0, 1)
    return {"weight": kernel, **({"bias": value("bias")} if layer.use_bias else {})}


def _only_use(graph, node):
    """Whether nothing else in a graph takes what a node is given, back to the graph's input."""
    nodes = [node for level in graph._nodes_by_depth.values() for node in level]
    while not node.is_input:
        tensor = node.input_tensors[0]
        if sum(any(taken is tensor for taken in user.input_tensors) for user in nodes) != 1:
            return False
        node = next(maker for maker in nodes if any(made is tensor for made in maker.output_tensors))
    return True


def _short(value):
    return float(f"{value:.9g}") if isinstance(value, float) else value


def _numbers(thing):
    return [(key, float(v)) for key, v in vars(thing).items() if isinstance(v, (int, float)) or hasattr(v, "item")]


def _same(length, reach, stride):
    """Zeros before and after, as Keras pads for an output of length / stride."""
    total = max((-(-length // stride) - 1) * stride + reach - length, 0)
    return total // 2, total - total // 2


def _fans(shape):
    """(inputs of a unit, outputs of a unit) as Keras counts them."""
    around = math.prod(shape[:-2])
    return around * shape[-2], around * shape[-1]


def _scaled(initializer, fans):
    """Glorot's, He's and LeCun's ways: a variance over the number of inputs, outputs or their mean."""
    fan = {"fan_in": fans[0], "fan_out": fans[1], "fan_avg": sum(fans) / 2}[initializer.mode]
    variance = initializer.scale / max(1.0, fan)
    if initializer.distribution == "uniform":
        if type(initializer).__name__ == "GlorotUniform":
            return "xavier_uniform_", {}
        if type(initializer).__name__ == "HeUniform":
            return "kaiming_uniform_", {"nonlinearity": "relu"}
        limit = math.sqrt(3 * variance)
        return "uniform_", {"a": -limit, "b": limit}
    if initializer.distribution == "untruncated_normal":
        return "normal_", {"mean": 0.0, "std": math.sqrt(variance)}
    return _truncated(0.0, math.sqrt(variance) / _CUT_DEVIATION)


def _truncated(mean, deviation):
    return "trunc_normal_", {"mean": mean, "std": deviation, "a": mean - 2 * deviation, "b": mean + 2 * deviation}


def _relu(layer):
    if layer.threshold or (layer.max_value and layer.negative_slope):
        return None
    if layer.negative_slope:
        return "LeakyReLU", {"negative_slope": float(layer.negative_slope)}
    return {None: ("ReLU", {}), 6.0: ("ReLU6", {})}.get(layer.max_value)


_SHAPING = ("Flatten", "Unflatten")
_AT_RANDOM = {  # layers that do something in training alone: the settings that say what
    "GaussianNoise": ("stddev",),
    "GaussianDropout": ("rate",),
    "RandomBrightness": ("factor",),
    "RandomContrast": ("factor",),
    "RandomFlip": ("mode",),
    "RandomRotation": ("factor",),
    "RandomTranslation": ("height_factor", "width_factor"),
    "RandomZoom": ("height_factor", "width_factor"),
}
_CUT_DEVIATION = 0.87962566103423978  # of a standard normal cut at two
_FUNCTIONS = {
    "linear": None,
    "relu": ("ReLU", {}),
    "relu6": ("ReLU6", {}),
    "leaky_relu": ("LeakyReLU", {"negative_slope": 0.2}),
    "elu": ("ELU", {}),
    "selu": ("SELU", {}),
    "gelu": ("GELU", {}),
    "silu": ("SiLU", {}),
    "mish": ("Mish", {}),
    "hard_silu": ("Hardswish", {}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "softplus": ("Softplus", {}),
    "softmax": ("Softmax", {}),
    "log_softmax": ("LogSoftmax", {}),
}
_ACTIVATIONS = {
    "ReLU": _relu,
    "LeakyReLU": lambda layer: ("LeakyReLU", {"negative_slope": float(layer.negative_slope)}),
    "ELU": lambda layer: ("ELU", {"alpha": float(layer.alpha)}),
    "Softmax": lambda layer: ("Softmax", {}) if layer.axis in (-1, [-1]) else None,
    "Relu": lambda _: ("ReLU", {}),  # this and what follows are operations of keras.ops
    "Sigmoid": lambda _: ("Sigmoid", {}),
    "Tanh": lambda _: ("Tanh", {}),
}
_INITIALS = {
    "Zeros": lambda _: ("zeros_", {}),
    "Ones": lambda _: ("ones_", {}),
    "Constant": lambda of: ("constant_", {"val": float(of.value)}) if isinstance(of.value, (int, float)) else None,
    "RandomNormal": lambda of: ("normal_", {"mean": float(of.mean), "std": float(of.stddev)}),
    "RandomUniform": lambda of: ("uniform_", {"a": float(of.minval), "b": float(of.maxval)}),
    "TruncatedNormal": lambda of: _truncated(float(of.mean), float(of.stddev)),
    "Orthogonal": lambda of: ("orthogonal_", {"gain": float(of.gain)}),
}
