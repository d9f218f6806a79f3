import operator

import torch
from layer_cases import Function, Keras

TANH = ("Tanh", {})


def both(keras, x):
    return [x, keras.layers.Activation("tanh")(x)]


CASES = {
    "add": Function((4,), lambda x: torch.add(x, other=x.tanh()), [TANH, ("Add", {})]),
    "add_": Function((4,), lambda x: x.tanh().add_(x), [TANH, ("Add", {})]),
    "an addition with a factor": Function((4,), lambda x: torch.add(x, x, alpha=2), said="an addition with a factor"),
    "an addition of a number": Function((4,), lambda x: x + 1, said="takes 1 as an input"),
    "cat": Function((4,), lambda x: torch.cat([x, x.tanh()], 1), [TANH, ("Cat", {"dim": 1})]),
    "concat": Function((4,), lambda x: torch.concat((x, x.tanh()), dim=-1), [TANH, ("Cat", {"dim": -1})]),
    "concatenate": Function((4,), lambda x: torch.concatenate([x, x.tanh()], axis=1), [TANH, ("Cat", {"dim": 1})]),
    "Add": Keras((4,), lambda keras, x: keras.layers.Add()(both(keras, x)), [TANH, ("Add", {})]),
    "an addition of Keras's": Keras((4,), lambda keras, x: operator.add(*both(keras, x)), [TANH, ("Add", {})]),
    "Concatenate": Keras(
        (4,), lambda keras, x: keras.layers.Concatenate()(both(keras, x)), [TANH, ("Cat", {"dim": 1})]
    ),
    "Concatenate of images": Keras(
        (4, 5, 3), lambda keras, x: keras.layers.Concatenate()(both(keras, x)), [TANH, ("Cat", {"dim": 1})]
    ),
    "Concatenate of rows": Keras(
        (4, 5, 3), lambda keras, x: keras.layers.Concatenate(1)(both(keras, x)), [TANH, ("Cat", {"dim": 2})]
    ),
}
