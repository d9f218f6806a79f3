from layer_cases import Keras, Module
from torch import nn

GLOROT = {"weight": "xavier_uniform_", "bias": "zeros_"}


def linear(inputs, outputs, bias=True):
    return "Linear", {"in_features": inputs, "out_features": outputs, "bias": bias}


CASES = {
    "plain": Module((4,), nn.Linear(4, 3), 15),
    "without bias": Module((4,), nn.Linear(4, 3, bias=False), 12),
    "of each row": Module((2, 4), nn.Linear(4, 3), 15),
    "Dense": Keras((4,), lambda keras, x: keras.layers.Dense(3)(x), [linear(4, 3)], 15, GLOROT),
    "Dense with an activation": Keras(
        (4,), lambda keras, x: keras.layers.Dense(3, "tanh")(x), [linear(4, 3), ("Tanh", {})], 15, GLOROT
    ),
    "Dense with a layer as its activation": Keras(
        (4,),
        lambda keras, x: keras.layers.Dense(3, activation=keras.layers.ELU(0.5))(x),
        [linear(4, 3), ("ELU", {"alpha": 0.5})],
        15,
        GLOROT,
    ),
    "Dense without bias": Keras(
        (4,),
        lambda keras, x: keras.layers.Dense(3, use_bias=False, kernel_initializer="he_normal")(x),
        [linear(4, 3, bias=False)],
        12,
        {"weight": "trunc_normal_"},
    ),
    "Dense over an image": Keras((4, 4, 2), lambda keras, x: keras.layers.Dense(3)(x), said="over the channels"),
    "an activation that is another layer": Keras(
        (4,),
        lambda keras, x: keras.layers.Dense(3, activation=keras.layers.Dropout(0.5))(x),
        said="this Dropout is not supported",
    ),
}
