from layer_cases import Keras, Module
from torch import nn

GLOROT = {"weight": "xavier_uniform_", "bias": "zeros_"}


def conv2d(inputs, outputs, size, **others):
    usual = {"stride": (1, 1), "padding": 0, "dilation": (1, 1), "groups": 1, "bias": True}
    return "Conv2d", {
        "in_channels": inputs, "out_channels": outputs, "kernel_size": (size, size), **usual, **others
    }  # fmt: skip


CASES = {
    "one dimension": Module((2, 9), nn.Conv1d(2, 3, 3, stride=2), 21),
    "two dimensions": Module((2, 8, 8), nn.Conv2d(2, 4, (3, 2), padding=(1, 0), groups=2, bias=False), 24),
    "padded by its edge": Module((1, 8, 8), nn.Conv2d(1, 2, 3, padding="same", padding_mode="replicate"), 20),
    "dilated": Module((1, 8, 8), nn.Conv2d(1, 2, 3, dilation=2), 20),
    "Conv2D": Keras((7, 6, 2), lambda keras, x: keras.layers.Conv2D(3, 3)(x), [conv2d(2, 3, 3)], 57, GLOROT),
    "Conv2D of the same size": Keras(
        (7, 6, 2),
        lambda keras, x: keras.layers.Conv2D(4, 3, padding="same", groups=2, use_bias=False, activation="relu")(x),
        [conv2d(2, 4, 3, padding="same", groups=2, bias=False), ("ReLU", {})],
        36,
        {"weight": "xavier_uniform_"},
    ),
    "Conv2D padded alike on both sides": Keras(
        (7, 7, 1),
        lambda keras, x: keras.layers.Conv2D(2, 3, 2, padding="same")(x),
        [conv2d(1, 2, 3, stride=(2, 2), padding=(1, 1))],
        20,
        GLOROT,
    ),
    "Conv2D padded on one side": Keras(
        (8, 8, 1),
        lambda keras, x: keras.layers.Conv2D(2, 3, 2, padding="same")(x),
        [("ZeroPad2d", {"padding": (0, 1, 0, 1)}), conv2d(1, 2, 3, stride=(2, 2))],
        20,
        GLOROT,
    ),
    "DepthwiseConv2D": Keras(
        (7, 6, 3),
        lambda keras, x: keras.layers.DepthwiseConv2D(3, depth_multiplier=2)(x),
        [conv2d(3, 6, 3, groups=3)],
        60,
        GLOROT,
    ),
}
