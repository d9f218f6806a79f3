from layer_cases import Keras, Module
from torch import nn

UNFLATTEN = "Unflatten", {"dim": 1, "unflattened_size": (1, 2, 6)}
LINEAR = {"out_features": 2, "bias": True}


def dense(keras, x):
    return keras.layers.Dense(2)(x)


CASES = {
    "a vector of an image": Module((2, 3, 3), nn.Flatten()),
    "a part of it": Module((2, 3, 3), nn.Flatten(2, 3)),
    "an image of a vector": Module((12,), nn.Unflatten(1, (3, 2, 2))),
    "zeros around": Module((2, 3, 3), nn.ZeroPad2d((1, 2, 0, 1))),
    "nothing": Module((4,), nn.Identity()),
    "Flatten": Keras(
        (4, 3, 2),
        lambda keras, x: dense(keras, keras.layers.Flatten()(x)),
        [("Flatten", {}), ("Linear", {"in_features": 24, **LINEAR})],
        50,
        {"weight": "xavier_uniform_", "bias": "zeros_"},
    ),
    "a Flatten at the end": Keras(
        (4, 3, 2), lambda keras, x: keras.layers.Flatten()(x), said="its outputs are those of a Flatten"
    ),
    "Reshape": Keras((12,), lambda keras, x: keras.layers.Reshape((2, 6, 1))(x), [UNFLATTEN]),
    "Reshape of an image": Keras(
        (3, 4, 1), lambda keras, x: keras.layers.Reshape((2, 6, 1))(x), [("Flatten", {}), UNFLATTEN]
    ),
    "Reshape of channels": Keras(
        (12,), lambda keras, x: keras.layers.Reshape((3, 2, 2))(x), said="it mixes channels and places"
    ),
    "ZeroPadding2D": Keras(
        (3, 3, 2),
        lambda keras, x: keras.layers.ZeroPadding2D(((0, 1), (2, 3)))(x),
        [("ZeroPad2d", {"padding": (2, 3, 0, 1)})],
    ),
}
