from layer_cases import Keras, Module
from torch import nn


def norm(features, scale=True, center=True):
    return "LayerNorm", {
        "normalized_shape": (features,), "eps": 0.001, "elementwise_affine": scale, "bias": center
    }  # fmt: skip


CASES = {
    "of vectors": Module((4,), nn.LayerNorm(4), 8),
    "of images": Module((3, 5, 5), nn.LayerNorm([3, 5, 5], eps=0.01), 150),
    "without bias": Module((4,), nn.LayerNorm(4, bias=False), 4),
    "without weights": Module((4,), nn.LayerNorm(4, elementwise_affine=False)),
    "LayerNormalization of vectors": Keras((4,), lambda keras, x: keras.layers.LayerNormalization()(x), [norm(4)], 8),
    "LayerNormalization of rows": Keras(
        (3, 4), lambda keras, x: keras.layers.LayerNormalization(axis=2)(x), [norm(4)], 8
    ),
    "LayerNormalization that only scales": Keras(
        (4,), lambda keras, x: keras.layers.LayerNormalization(center=False)(x), [norm(4, center=False)], 4
    ),
    "LayerNormalization without weights": Keras(
        (4,),
        lambda keras, x: keras.layers.LayerNormalization(center=False, scale=False)(x),
        [norm(4, scale=False, center=False)],
    ),
    "LayerNormalization drawn in another way": Keras(
        (4,),
        lambda keras, x: keras.layers.LayerNormalization(beta_initializer="ones")(x),
        [norm(4)],
        8,
        {"weight": "ones_", "bias": "ones_"},
    ),
    "LayerNormalization behind a Flatten": Keras(
        (3, 4, 2),
        lambda keras, x: keras.layers.Dense(2)(keras.layers.LayerNormalization()(keras.layers.Flatten()(x))),
        [("Flatten", {}), norm(24), ("Linear", {"in_features": 24, "out_features": 2, "bias": True})],
        98,
        {"weight": "xavier_uniform_", "bias": "zeros_"},
    ),
    "LayerNormalization of images": Keras(
        (3, 4, 2), lambda keras, x: keras.layers.LayerNormalization()(x), said="its axis is not supported"
    ),
    "LayerNormalization of columns": Keras(
        (3, 4), lambda keras, x: keras.layers.LayerNormalization(axis=1)(x), said="its axis is not supported"
    ),
    "LayerNormalization that scales otherwise": Keras(
        (4,), lambda keras, x: keras.layers.LayerNormalization(rms_scaling=True)(x), said="its rms_scaling"
    ),
    "LayerNormalization that only shifts": Keras(
        (4,), lambda keras, x: keras.layers.LayerNormalization(scale=False)(x), said="its center without scale"
    ),
}
