from layer_cases import Keras, Module
from torch import nn


def norm(kind, features, affine=True, momentum=0.01):
    return kind, {"num_features": features, "eps": 0.001, "momentum": momentum, "affine": affine}


CASES = {
    "of vectors": Module((4,), nn.BatchNorm1d(4), 8),
    "of images": Module((3, 5, 5), nn.BatchNorm2d(3, eps=0.01, momentum=0.2, affine=False)),
    "BatchNormalization of vectors": Keras(
        (4,), lambda keras, x: keras.layers.BatchNormalization()(x), [norm("BatchNorm1d", 4)], 8
    ),
    "BatchNormalization of images": Keras(
        (6, 5, 3),
        lambda keras, x: keras.layers.BatchNormalization(momentum=0.9)(x),
        [norm("BatchNorm2d", 3, momentum=0.1)],
        6,
    ),
    "BatchNormalization without weights": Keras(
        (6, 5, 3),
        lambda keras, x: keras.layers.BatchNormalization(center=False, scale=False)(x),
        [norm("BatchNorm2d", 3, affine=False)],
    ),
    "BatchNormalization drawn in another way": Keras(
        (4,),
        lambda keras, x: keras.layers.BatchNormalization(gamma_initializer="zeros")(x),
        [norm("BatchNorm1d", 4)],
        8,
        {"weight": "zeros_", "bias": "zeros_"},
    ),
    "BatchNormalization of rows": Keras(
        (6, 5, 3), lambda keras, x: keras.layers.BatchNormalization(axis=1)(x), said="its axis"
    ),
    "BatchNormalization that only scales": Keras(
        (4,), lambda keras, x: keras.layers.BatchNormalization(center=False)(x), said="its scale without center"
    ),
}
