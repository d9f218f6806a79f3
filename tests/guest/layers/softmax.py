import torch
import torch.nn.functional as F
from layer_cases import Function, Keras, Module
from torch import nn

CASES = {
    "probabilities": Module((4,), nn.Softmax(dim=1)),
    "logarithms": Module((4, 3), nn.LogSoftmax(dim=-1)),
    "softmax": Function((4,), lambda x: F.softmax(x, dim=1), [("Softmax", {"dim": 1})]),
    "softmax by numpy's name": Function((4,), lambda x: torch.softmax(x, axis=1), [("Softmax", {"dim": 1})]),
    "log_softmax": Function((4,), lambda x: x.log_softmax(-1), [("LogSoftmax", {"dim": -1})]),
    "softmax of another type": Function(
        (4,), lambda x: F.softmax(x, 1, dtype=torch.float64), said="are not supported"
    ),
    "Keras's softmax": Keras((4,), lambda keras, x: keras.layers.Activation("softmax")(x), [("Softmax", {"dim": 1})]),
    "Keras's log_softmax": Keras(
        (4,), lambda keras, x: keras.layers.Activation("log_softmax")(x), [("LogSoftmax", {"dim": 1})]
    ),
    "the layer Softmax": Keras((3, 4, 5), lambda keras, x: keras.layers.Softmax()(x), [("Softmax", {"dim": 1})]),
    "the layer Softmax of rows": Keras(
        (3, 4, 5), lambda keras, x: keras.layers.Softmax(axis=1)(x), said="this Softmax is not supported"
    ),
}  # fmt: skip
