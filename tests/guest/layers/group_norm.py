from layer_cases import Keras, Module
from torch import nn


def norm(groups, channels, affine=True):
    return "GroupNorm", {"num_groups": groups, "num_channels": channels, "eps": 0.001, "affine": affine}


CASES = {
    "of vectors": Module((6,), nn.GroupNorm(2, 6), 12),
    "of images": Module((4, 5, 5), nn.GroupNorm(4, 4, eps=0.01, affine=False)),
    "GroupNormalization of vectors": Keras(
        (6,), lambda keras, x: keras.layers.GroupNormalization(2)(x), [norm(2, 6)], 12
    ),
    "GroupNormalization of images": Keras(
        (4, 5, 6), lambda keras, x: keras.layers.GroupNormalization(3, axis=3)(x), [norm(3, 6)], 12
    ),
    "GroupNormalization of each channel": Keras(
        (4, 5, 6),
        lambda keras, x: keras.layers.GroupNormalization(-1, center=False, scale=False)(x),
        [norm(6, 6, affine=False)],
    ),
    "GroupNormalization drawn in another way": Keras(
        (6,),
        lambda keras, x: keras.layers.GroupNormalization(2, beta_initializer="ones")(x),
        [norm(2, 6)],
        12,
        {"weight": "ones_", "bias": "ones_"},
    ),
    "GroupNormalization of rows": Keras(
        (4, 5, 6), lambda keras, x: keras.layers.GroupNormalization(2, axis=1)(x), said="its axis"
    ),
    "GroupNormalization that only scales": Keras(
        (6,), lambda keras, x: keras.layers.GroupNormalization(2, center=False)(x), said="its scale without center"
    ),
    "GroupNormalization behind a Flatten": Keras(
        (4, 5, 6),
        lambda keras, x: keras.layers.GroupNormalization(2)(keras.layers.Flatten()(x)),
        said="behind a Flatten its groups are others",
    ),
}
