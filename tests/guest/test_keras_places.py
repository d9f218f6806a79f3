"""What Keras took by place, read as of the version in which it makes sense; a doubt where several do."""

import inspect
import os

import pytest

os.environ["KERAS_BACKEND"] = "torch"
keras = pytest.importorskip("keras", reason="the extra [keras] is not installed")

from grader.guest.standin.keras_places import Age, age_of, doubts_of, named  # noqa: E402  # after keras

KERNEL, STRIDE = {"filters": 16, "kernel_size": (3, 3)}, {"filters": 16, "kernel_size": 3, "strides": 3}
# (class, arguments by place, by name, age): what they mean, and whether that is in doubt
READ = {
    "two sizes, of an old notebook": ("Conv2D", (16, 3, 3), {}, Age.OLD, KERNEL, False),
    "two sizes, of TensorFlow's": ("Conv2D", (16, 3, 3), {}, Age.TENSORFLOW, STRIDE, False),
    "two sizes, of an unknown age": ("Conv2D", (16, 3, 3), {}, Age.UNKNOWN, KERNEL, True),
    "two sizes beside an old name": ("Conv2D", (16, 3, 3), {"border_mode": "same"}, Age.UNKNOWN, KERNEL, False),
    "two sizes beside a new name": ("Conv2D", (16, 3, 3), {"padding": "same"}, Age.UNKNOWN, STRIDE, False),
    "two sizes and padding": ("Conv2D", (16, 3, 3, "same"), {}, Age.OLD, {**STRIDE, "padding": "same"}, False),
    "two sizes and how weights are drawn": (
        "Conv2D", (16, 3, 3, "uniform"), {}, Age.UNKNOWN, {**KERNEL, "kernel_initializer": "uniform"}, False
    ),
    "one size": ("Conv2D", (16, 3), {}, Age.UNKNOWN, {"filters": 16, "kernel_size": 3}, False),
    "a kernel": ("Conv2D", (16, (3, 5)), {}, Age.UNKNOWN, {"filters": 16, "kernel_size": (3, 5)}, False),
    "an activation": ("Dense", (16, "relu"), {}, Age.OLD, {"units": 16, "activation": "relu"}, False),
    "how weights are drawn": (
        "Dense", (16, "uniform", "tanh"), {}, Age.UNKNOWN,
        {"units": 16, "kernel_initializer": "uniform", "activation": "tanh"}, False,
    ),
    "an axis": ("BatchNormalization", (1,), {}, Age.OLD, {"axis": 1}, False),
    "an epsilon": ("BatchNormalization", (1e-5,), {}, Age.UNKNOWN, {"epsilon": 1e-5}, False),
    "a decay of SGD": (
        "SGD", (0.1, 0.9, 1e-6, True), {}, Age.UNKNOWN,
        {"learning_rate": 0.1, "momentum": 0.9, "decay": 1e-6, "nesterov": True}, False,
    ),
    "Nesterov's": (
        "SGD", (0.1, 0.9, True), {}, Age.OLD, {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}, False
    ),
    "no decay": ("SGD", (0.1, 0.9, 0.0), {}, Age.UNKNOWN, {"learning_rate": 0.1, "momentum": 0.9}, False),
    "Adam's epsilon": (
        "Adam", (0.1, 0.9, 0.99, 1e-8), {}, Age.OLD,
        {"learning_rate": 0.1, "beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-8}, False,
    ),
    "Adam's decay": (
        "Adam", (0.1, 0.9, 0.99, 1e-8, 0.01), {}, Age.UNKNOWN,
        {"learning_rate": 0.1, "beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-8, "decay": 0.01}, False,
    ),
    "AMSGrad of 2.3": (
        "Adam", (0.1, 0.9, 0.99, True), {}, Age.UNKNOWN,
        {"learning_rate": 0.1, "beta_1": 0.9, "beta_2": 0.99, "amsgrad": True}, False,
    ),
    "RMSprop's epsilon": (
        "RMSprop", (0.1, 0.9, 1e-8), {}, Age.UNKNOWN, {"learning_rate": 0.1, "rho": 0.9, "epsilon": 1e-8}, False
    ),
    "RMSprop's momentum": (
        "RMSprop", (0.1, 0.9, 0.5), {}, Age.OLD, {"learning_rate": 0.1, "rho": 0.9, "momentum": 0.5}, False
    ),
    "Adagrad's epsilon": ("Adagrad", (0.1, 1e-8), {}, Age.UNKNOWN, {"learning_rate": 0.1, "epsilon": 1e-8}, False),
    "Adagrad's first sum": (
        "Adagrad", (0.1, 0.1), {}, Age.UNKNOWN, {"learning_rate": 0.1, "initial_accumulator_value": 0.1}, False
    ),
    "Adadelta's decay, or its weights'": (
        "Adadelta", (1.0, 0.95, 1e-6, 0.01), {}, Age.UNKNOWN,
        {"learning_rate": 1.0, "rho": 0.95, "epsilon": 1e-6, "decay": 0.01}, True,
    ),
}  # fmt: skip
WHERE = {kind: keras.optimizers if hasattr(keras.optimizers, kind) else keras.layers for kind, *_ in READ.values()}


@pytest.mark.parametrize("name", READ)
def test_what_is_given_by_place(name):
    kind, args, kwargs, age, meant, doubtful = READ[name]
    made = object.__new__(getattr(WHERE[kind], kind))
    places, names = named(keras, made, args, kwargs, age)
    order = [p for p in _parameters(kind) if p != "self"]
    found = {**dict(zip(order, places, strict=False)), **names}
    assert {key: value for key, value in found.items() if key not in kwargs and value not in (None, 0.0)} == meant
    assert bool(doubts_of(made)) == doubtful


def _parameters(kind):
    return list(inspect.signature(getattr(WHERE[kind], kind).__init__).parameters)


AGES = {
    "TensorFlow's": (["import tensorflow as tf\nfrom tensorflow.keras.layers import Dense"], [], Age.TENSORFLOW),
    "TensorFlow's, by its name": (["import tensorflow as tf\n%matplotlib inline\ntf.keras.Input"], [], Age.TENSORFLOW),
    "Keras's own": (["from keras.layers import Dense"], [], Age.UNKNOWN),
    "both": (["import tensorflow as tf, keras"], [], Age.UNKNOWN),
    "an old argument": (["import keras", "model.fit(x, y, nb_epoch=3)"], [], Age.OLD),
    "a variable of that name": (["import keras\nnb_epoch = 3\nmodel.fit(x, y, epochs=nb_epoch)"], [], Age.UNKNOWN),
    "a parameter of that name": (["import keras\ndef f(nb_epoch=3): pass"], [], Age.UNKNOWN),
    "an old module": (["from keras.objectives import mse"], [], Age.OLD),
    "what old Keras printed": (["import keras"], ["Using TensorFlow backend.\n"], Age.OLD),
    "an old argument beside TensorFlow's Keras": (
        ["from tensorflow import keras", "model.fit(x, nb_epoch=3)"], [], Age.UNKNOWN
    ),
    "a cell that is no Python": (["import keras\nfit(nb_epoch=3)", "print 'x'"], [], Age.OLD),
}  # fmt: skip


@pytest.mark.parametrize("name", AGES)
def test_the_age_of_a_notebook(name):
    sources, outputs, age = AGES[name]
    assert age_of(sources, outputs) is age
