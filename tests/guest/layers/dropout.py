import torch.nn.functional as F
from layer_cases import Function, Keras, Module
from torch import nn

CASES = {
    "of values": Module((40,), nn.Dropout(0.3)),
    "of rows": Module((8, 5), nn.Dropout1d(0.3)),
    "of channels": Module((8, 5, 5), nn.Dropout2d(0.3)),
    "that keeps mean and variance": Module((40,), nn.AlphaDropout(0.3)),
    "dropout that is off": Function((4,), lambda x: F.dropout(x, 0.3, False), [("Identity", {})]),
    "dropout2d that is off": Function((4, 5, 5), lambda x: F.dropout2d(x, training=False), [("Identity", {})]),
    "Dropout": Keras((4,), lambda keras, x: keras.layers.Dropout(0.3)(x), [("Dropout", {"p": 0.3})]),
    "Dropout of whole rows": Keras(
        (4, 5, 5), lambda keras, x: keras.layers.Dropout(0.3, noise_shape=(None, 4, 1, 1))(x), said="a noise_shape"
    ),
    "SpatialDropout2D": Keras(
        (5, 5, 3), lambda keras, x: keras.layers.SpatialDropout2D(0.3)(x), [("Dropout2d", {"p": 0.3})]
    ),
    "AlphaDropout": Keras((4,), lambda keras, x: keras.layers.AlphaDropout(0.3)(x), [("AlphaDropout", {"p": 0.3})]),
}
