import torch
import torch.nn.functional as F
from layer_cases import Function, Keras, Module
from torch import nn


def named(name, kind, **settings):
    """Keras's activation function of that name."""
    return Keras((4,), lambda keras, x: keras.layers.Activation(name)(x), [(kind, settings)])


CASES = {
    **{
        type(module).__name__: Module((4,), module, parameters)
        for module, parameters in (
            (nn.ReLU(), 0),
            (nn.ReLU6(), 0),
            (nn.LeakyReLU(0.2), 0),
            (nn.PReLU(4, init=0.1), 4),
            (nn.ELU(0.5), 0),
            (nn.SELU(), 0),
            (nn.GELU("tanh"), 0),
            (nn.SiLU(), 0),
            (nn.Mish(), 0),
            (nn.Hardswish(), 0),
            (nn.Sigmoid(), 0),
            (nn.Tanh(), 0),
            (nn.Softplus(2, 10), 0),
        )
    },
    "relu": Function((4,), lambda x: F.relu(x), [("ReLU", {})]),
    "relu of torch": Function((4,), lambda x: torch.relu(x), [("ReLU", {})]),
    "relu_": Function((4,), lambda x: (x + x).relu_(), [("Add", {}), ("ReLU", {})]),
    "relu in place of a value that is used again": Function(
        (4,), lambda x: F.relu(x, True) + x, said="changes a value that is used again"
    ),
    "relu6": Function((4,), lambda x: F.relu6(x), [("ReLU6", {})]),
    "clamp": Function((4,), lambda x: x.clamp(min=0), [("ReLU", {})]),
    "clamp_min": Function((4,), lambda x: x.clamp_min(0.0), [("ReLU", {})]),
    "clip": Function((4,), lambda x: torch.clip(x, 0, 6), [("ReLU6", {})]),
    "another clamp": Function((4,), lambda x: x.clamp(-1, 1), said="the operation clamp is not supported"),
    "leaky_relu": Function((4,), lambda x: F.leaky_relu(x, 0.2), [("LeakyReLU", {"negative_slope": 0.2})]),
    "elu": Function((4,), lambda x: F.elu(x, alpha=0.5), [("ELU", {"alpha": 0.5})]),
    "selu": Function((4,), lambda x: torch.selu(x), [("SELU", {})]),
    "gelu": Function((4,), lambda x: F.gelu(x, approximate="tanh"), [("GELU", {"approximate": "tanh"})]),
    "silu": Function((4,), lambda x: F.silu(x), [("SiLU", {})]),
    "mish": Function((4,), lambda x: F.mish(x), [("Mish", {})]),
    "hardswish": Function((4,), lambda x: F.hardswish(x), [("Hardswish", {})]),
    "sigmoid": Function((4,), lambda x: x.sigmoid(), [("Sigmoid", {})]),
    "tanh": Function((4,), lambda x: torch.tanh(x), [("Tanh", {})]),
    "softplus": Function((4,), lambda x: F.softplus(x, 2), [("Softplus", {"beta": 2})]),
    "Keras's relu": named("relu", "ReLU"),
    "Keras's relu6": named("relu6", "ReLU6"),
    "Keras's leaky_relu": named("leaky_relu", "LeakyReLU", negative_slope=0.2),
    "Keras's elu": named("elu", "ELU"),
    "Keras's selu": named("selu", "SELU"),
    "Keras's gelu": named("gelu", "GELU"),
    "Keras's silu": named("silu", "SiLU"),
    "Keras's mish": named("mish", "Mish"),
    "Keras's hard_silu": named("hard_silu", "Hardswish"),
    "Keras's sigmoid": named("sigmoid", "Sigmoid"),
    "Keras's tanh": named("tanh", "Tanh"),
    "Keras's softplus": named("softplus", "Softplus"),
    "another of Keras's": Keras(
        (4,), lambda keras, x: keras.layers.Activation("exponential")(x), said="the activation exponential"
    ),
    "the layer ReLU": Keras((4,), lambda keras, x: keras.layers.ReLU()(x), [("ReLU", {})]),
    "the layer ReLU with a slope": Keras(
        (4,), lambda keras, x: keras.layers.ReLU(negative_slope=0.1)(x), [("LeakyReLU", {"negative_slope": 0.1})]
    ),
    "the layer ReLU up to six": Keras((4,), lambda keras, x: keras.layers.ReLU(6.0)(x), [("ReLU6", {})]),
    "the layer ReLU from a threshold": Keras(
        (4,), lambda keras, x: keras.layers.ReLU(threshold=0.5)(x), said="this ReLU is not supported"
    ),
    "the layer LeakyReLU": Keras(
        (4,), lambda keras, x: keras.layers.LeakyReLU(0.2)(x), [("LeakyReLU", {"negative_slope": 0.2})]
    ),
    "the layer ELU": Keras((4,), lambda keras, x: keras.layers.ELU(0.5)(x), [("ELU", {"alpha": 0.5})]),
    "the operation relu": Keras((4,), lambda keras, x: keras.ops.relu(x), [("ReLU", {})]),
    "the operation sigmoid": Keras((4,), lambda keras, x: keras.ops.sigmoid(x), [("Sigmoid", {})]),
    "the operation tanh": Keras((4,), lambda keras, x: keras.ops.tanh(x), [("Tanh", {})]),
}
