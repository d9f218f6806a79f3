import torch.nn.functional as F
from layer_cases import Function, Keras, Module
from torch import nn

REST = {"padding": 0, "dilation": 1, "ceil_mode": False}
WINDOWS = {"kernel_size": (2, 2), "stride": (2, 2)}
CUT = {"kernel_size": (3, 3), "stride": (2, 2), "padding": (0, 0), "ceil_mode": True}

CASES = {
    "maxima in a row": Module((2, 9), nn.MaxPool1d(3, stride=2, padding=1)),
    "maxima": Module((2, 9, 9), nn.MaxPool2d((3, 2), ceil_mode=True)),
    "means in a row": Module((2, 9), nn.AvgPool1d(2)),
    "means": Module((2, 9, 9), nn.AvgPool2d(3, padding=1, count_include_pad=False)),
    "means of all places": Module((2, 9, 9), nn.AdaptiveAvgPool2d(1)),
    "maxima of parts": Module((2, 9, 9), nn.AdaptiveMaxPool2d((3, 2))),
    "max_pool2d": Function((2, 9, 9), lambda x: F.max_pool2d(x, 2), [("MaxPool2d", {"kernel_size": 2, **REST})]),
    "max_pool2d with more": Function(
        (2, 9, 9),
        lambda x: F.max_pool2d(x, [3, 3], stride=2, ceil_mode=True),
        [("MaxPool2d", {"kernel_size": (3, 3), "stride": 2, **REST, "ceil_mode": True})],
    ),
    "max_pool2d with places": Function(
        (2, 9, 9), lambda x: F.max_pool2d(x, 2, return_indices=True)[0], said="max_pool2d_with_indices"
    ),
    "avg_pool2d": Function(
        (2, 9, 9), lambda x: F.avg_pool2d(x, 3, padding=1), [("AvgPool2d", {"kernel_size": 3, "padding": 1})]
    ),
    "adaptive_avg_pool2d": Function(
        (2, 9, 9), lambda x: F.adaptive_avg_pool2d(x, (1, 1)), [("AdaptiveAvgPool2d", {"output_size": (1, 1)})]
    ),
    "adaptive_max_pool2d": Function(
        (2, 9, 9), lambda x: F.adaptive_max_pool2d(x, 2), [("AdaptiveMaxPool2d", {"output_size": 2})]
    ),
    "MaxPooling2D": Keras((7, 6, 2), lambda keras, x: keras.layers.MaxPooling2D()(x), [("MaxPool2d", WINDOWS)]),
    "MaxPooling2D of cut windows": Keras(
        (8, 8, 2), lambda keras, x: keras.layers.MaxPooling2D(3, 2, padding="same")(x), [("MaxPool2d", CUT)]
    ),
    "MaxPooling2D far over the edge": Keras(
        (8, 8, 2), lambda keras, x: keras.layers.MaxPooling2D(5, 4, padding="same")(x),
        [("MaxPool2d", {"kernel_size": (5, 5), "stride": (4, 4), "padding": (0, 0), "ceil_mode": True})],
    ),
    "AveragePooling2D": Keras(
        (7, 6, 2), lambda keras, x: keras.layers.AveragePooling2D(2)(x), [("AvgPool2d", WINDOWS)]
    ),
    # Padded on both sides alike: on one side Keras repeats the edge where it runs on torch, and on TensorFlow does not.
    "AveragePooling2D of the same size": Keras(
        (7, 6, 2),
        lambda keras, x: keras.layers.AveragePooling2D(3, 1, padding="same")(x),
        [("AvgPool2d", {
            "kernel_size": (3, 3), "stride": (1, 1), "padding": (1, 1), "ceil_mode": True, "count_include_pad": False
        })],
    ),
    "GlobalAveragePooling2D": Keras(
        (7, 6, 2),
        lambda keras, x: keras.layers.GlobalAveragePooling2D()(x),
        [("AdaptiveAvgPool2d", {"output_size": 1}), ("Flatten", {})],
    ),
    "GlobalMaxPooling2D, kept an image": Keras(
        (7, 6, 2),
        lambda keras, x: keras.layers.GlobalMaxPooling2D(keepdims=True)(x),
        [("AdaptiveMaxPool2d", {"output_size": 1})],
    ),
}  # fmt: skip
