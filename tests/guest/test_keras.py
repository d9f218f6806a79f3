"""Keras notebooks of all ages: they run, and their networks are the same specs and recipes that torch's would give."""

import json
import os
import statistics
from dataclasses import asdict

import nbformat
import numpy as np
import pytest
import torch

from grader.checks.loss import Loss
from grader.core.evidence import CellRun, ProblemEvidence
from grader.core.limits import Limits
from grader.core.network import InputSpec, LossSpec, ModelSpec, OptimizerSpec, Recipe, ScheduleSpec
from grader.core.source import Source
from grader.datasets import load_dataset, served
from grader.execution import run_notebook
from grader.guest.protocol import Blocks
from grader.network.build import build
from grader.observation.claims import read_claims
from grader.observation.explain import explain
from grader.observation.findings import read_variables
from grader.observation.models import read_models
from grader.training.handed_over import score_replay
from grader.training.images import Given
from grader.training.lane import one_thread, train_lane
from grader.training.plan import TrainingPlan
from grader.training.samples import Samples
from grader.training.schedule import steps
from grader.training.trainers import TRAINERS

os.environ["KERAS_BACKEND"] = "torch"
keras = pytest.importorskip("keras", reason="the extra [keras] is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")

from grader.guest.describe import keras_models  # noqa: E402  # looks for nothing before keras is there

PRELUDE = """
import numpy as np, keras
from keras import layers, models
from sklearn.datasets import load_digits
digits = load_digits()
images, y = digits.images.astype("float32") / 16, digits.target
X, test_X, test_y = images[:1437].reshape(1437, 64), images[1437:].reshape(360, 64), y[1437:]
Z = images[:1437].reshape(-1, 8, 8, 1)
y = y[:1437]
Y, test_Y = np.eye(10)[y], np.eye(10)[test_y]

def mlp(*more, last="softmax"):
    return keras.Sequential([keras.Input((64,)), layers.Dense(20, "relu"), *more, layers.Dense(10, last)])

def fit(model, optimizer="sgd", loss="categorical_crossentropy", x=X, y=Y, epochs=2, **options):
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model.fit(x, y, epochs=epochs, verbose=0, **options)
"""

MLP = ["Linear", "ReLU", "Linear", "Softmax"]
CROSS_ENTROPY = {"type": "CrossEntropyLoss", "settings": {"from_logits": False}}


def optimizer(kind, **settings):
    return {"optimizer": {"type": kind, "settings": settings}}


def schedule(made, step="batch", **settings):
    return [{"type": made, "settings": settings, "step": step, "parts": [], "watched": None}]


# name: (cell, layers, what the recipe holds). Nothing is missing from these recipes, and nothing may be said to be.
SEEN = {
    "calls of fit that take no step": (
        "model = mlp(); fit(model)\nfor wrong in ({'x': X[:, :5]}, {'x': X, 'epochs': 0}):\n"
        "    try: model.fit(**{'y': Y, 'epochs': 7, 'verbose': 0, **wrong})\n    except Exception: pass\n"
        "try: model.train_on_batch(X[:9, :5], Y[:9])\nexcept Exception: pass",
        MLP,
        {"epochs": 2, "batch_size": 32, "loss": CROSS_ENTROPY},
    ),
    "Keras 1": (
        """
from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation
from keras.optimizers import SGD
from keras.utils import np_utils
model = Sequential()
model.add(Dense(output_dim=30, input_dim=64, init="uniform"))
model.add(Activation("tanh"))
model.add(Dropout(p=0.25))
model.add(Dense(output_dim=10, init="glorot_normal"))
model.add(Activation("softmax"))
sgd = SGD(lr=0.05, momentum=0.8, nesterov=True)
model.compile(loss="categorical_crossentropy", optimizer=sgd, metrics=["accuracy"])
history = model.fit(X, np_utils.to_categorical(y, 10), nb_epoch=7, batch_size=64, validation_data=(test_X, test_Y))
assert len(history.history["val_acc"]) == len(history.history["val_accuracy"]) == 7
score = model.evaluate(test_X, test_Y, verbose=0)
assert len(score) == 2 and model.predict_classes(test_X).shape == (360,) and model.predict_proba(X).shape == (1437, 10)
""",
        ["Linear", "Tanh", "Dropout", "Linear", "Softmax"],
        {
            "batch_size": 64, "epochs": 7, "shuffle": True, "train_samples": None, "loss": CROSS_ENTROPY,
            "inputs": {"shape": [64], "divide": 16.0},
            **optimizer("SGD", lr=0.05, momentum=0.8, nesterov=True),
        },
    ),
    "Keras 1 with convolutions": (
        """
from keras.layers.convolutional import Convolution2D, MaxPooling2D
from keras.layers import Flatten, Dense, Activation
model = models.Sequential()
model.add(Convolution2D(6, 3, 3, border_mode="same", input_shape=(8, 8, 1)))
model.add(Activation("relu"))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Convolution2D(4, 3, 3, subsample=(1, 1), activation="relu"))
model.add(Flatten())
model.add(Dense(10, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["acc"])
model.fit(Z, Y, batch_size=32, nb_epoch=3, verbose=2, shuffle=False)
model.summary()
""",
        ["Conv2d", "ReLU", "MaxPool2d", "Conv2d", "ReLU", "Flatten", "Linear", "Softmax"],
        {"epochs": 3, "shuffle": False, "inputs": {"shape": [1, 8, 8]}, **optimizer("Adam", lr=0.001, eps=1e-7)},
    ),
    "Keras 1 with channels first": (
        """
from keras import backend as K
K.set_image_dim_ordering("th")
assert K.image_dim_ordering() == "th"
model = models.Sequential([layers.Conv2D(4, (3, 3), activation="relu", input_shape=(1, 8, 8)), layers.Flatten(),
                           layers.Dense(10, activation="softmax")])
fit(model, x=X.reshape(-1, 1, 8, 8))
K.set_image_dim_ordering("tf")
""",
        ["Conv2d", "ReLU", "Flatten", "Linear", "Softmax"],
        {"inputs": {"shape": [1, 8, 8]}},
    ),
    "Keras 2": (
        """
from keras.layers import Dense, Dropout, LeakyReLU
from keras.layers.normalization import BatchNormalization
from keras.callbacks import ModelCheckpoint
from keras.utils import to_categorical
model = models.Sequential()
model.add(Dense(units=32, input_shape=(64,), kernel_initializer="he_normal"))
model.add(BatchNormalization())
model.add(LeakyReLU(alpha=0.1))
model.add(Dropout(rate=0.5))
model.add(Dense(10, activation="softmax"))
model.compile(optimizer=keras.optimizers.Adam(lr=0.01, decay=1e-6), loss="categorical_crossentropy", metrics=["acc"])
best = ModelCheckpoint("best.hdf5", monitor="val_acc", save_best_only=True)
h = model.fit(X, to_categorical(y), epochs=4, batch_size=128, callbacks=[best], validation_data=(test_X, test_Y))
assert len(h.history["acc"]) == 4
""",
        ["Linear", "BatchNorm1d", "LeakyReLU", "Dropout", "Linear", "Softmax"],
        {
            "epochs": 4, "batch_size": 128, "schedules": schedule("InverseTimeLR", decay=1e-6),
            **optimizer("Adam", lr=0.01, eps=1e-7),
        },
    ),
    "TensorFlow's Keras": (
        """
import tensorflow as tf
from tensorflow.keras.layers import Dense, Flatten
from tensorflow.keras.models import Sequential
tf.random.set_seed(1)
assert tf.__version__[0] == "2" and not tf.config.list_physical_devices("GPU") and tf.keras is keras
model = tf.keras.Sequential([
    tf.keras.layers.Flatten(input_shape=(8, 8)), Dense(24, activation=tf.nn.relu), Dense(10)])
loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer=tf.keras.optimizers.SGD(learning_rate=0.2), loss=loss, metrics=["accuracy"])
model.fit(images[:1437], y, epochs=5)
model.evaluate(images[1437:], test_y, verbose=2)
""",
        ["Flatten", "Linear", "ReLU", "Linear"],
        {
            "epochs": 5, "batch_size": 32, "loss": {"type": "CrossEntropyLoss", "settings": {}},
            "inputs": {"shape": [8, 8], "divide": 16.0}, **optimizer("SGD", lr=0.2),
        },
    ),
    "a network of TensorFlow's that is a class": (
        """
from tensorflow import keras
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(12, activation="relu")
        self.drop = keras.layers.Dropout(0.1)
        self.out = keras.layers.Dense(10, activation="softmax")
    def call(self, x, training=False):
        return self.out(self.drop(self.hidden(x), training=training))
model = Net()
fit(model, loss="sparse_categorical_crossentropy", y=y)
""",
        ["Linear", "ReLU", "Dropout", "Linear", "Softmax"],
        {"loss": CROSS_ENTROPY},
    ),
    "Keras 3": (
        "model = mlp(); h = fit(model, keras.optimizers.AdamW(1e-3), epochs=3); assert len(h.history['loss']) == 3",
        MLP,
        {"epochs": 3, "optimizer": {"type": "AdamW", "settings": {"lr": 0.001, "eps": 1e-7, "weight_decay": 0.004}}},
    ),
    "functions and branches": (
        """
given = keras.Input(shape=(64,))
a = layers.Dense(12, activation="relu")(given)
b = layers.Dense(12)(a)
x = layers.add([a, b])
x = layers.Concatenate()([x, a])
model = keras.Model(inputs=given, outputs=layers.Dense(10, activation="softmax")(x))
fit(model)
""",
        ["Linear", "ReLU", "Linear", "Add", "Cat", "Linear", "Softmax"],
        {},
    ),
    "a model by Keras 1's names of its ends": (
        "from keras.models import Model\n"
        "given = layers.Input(shape=(64,)); out = layers.Dense(10, activation='softmax')(given)\n"
        "model = Model(input=given, output=out); fit(model)",
        ["Linear", "Softmax"],
        {},
    ),
    "an image made of a vector": (
        "model = keras.Sequential([keras.Input((64,)), layers.Reshape((8, 8, 1)), layers.Conv2D(3, 3, strides=2),\n"
        "    layers.GlobalAveragePooling2D(), layers.Dense(10, 'softmax')])\nfit(model)",
        ["Unflatten", "Conv2d", "AdaptiveAvgPool2d", "Flatten", "Linear", "Softmax"],
        {"inputs": {"shape": [64]}},
    ),
    "padding on one side": (
        "model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(3, 3, strides=2, padding='same'),\n"
        "    layers.MaxPooling2D(3, 2, padding='same'), layers.Flatten(), layers.Dense(10, 'softmax')])\n"
        "fit(model, x=Z)",
        ["ZeroPad2d", "Conv2d", "MaxPool2d", "Flatten", "Linear", "Softmax"],
        {},
    ),
    "a network within a network": (
        "part = keras.Sequential([layers.Dense(9, 'sigmoid')])\n"
        "model = keras.Sequential([keras.Input((64,)), part, layers.Dense(10, 'softmax')]); fit(model)",
        ["Linear", "Sigmoid", "Linear", "Softmax"],
        {},
    ),
    "mean squared error": (
        "model = mlp(last='sigmoid'); fit(model, 'rmsprop', 'mse')",
        ["Linear", "ReLU", "Linear", "Sigmoid"],
        {"loss": {"type": "MSELoss", "settings": {}}, **optimizer("RMSprop", lr=0.001, alpha=0.9, eps=1e-7)},
    ),
    "binary cross entropy": (
        "model = mlp(last='sigmoid'); fit(model, keras.optimizers.Adadelta(lr=1.0), 'binary_crossentropy')",
        ["Linear", "ReLU", "Linear", "Sigmoid"],
        {"loss": {"type": "BCELoss", "settings": {}}, **optimizer("Adadelta", lr=1.0, rho=0.95, eps=1e-7)},
    ),
    "label smoothing": (
        "model = mlp(); fit(model, loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1))",
        MLP,
        {"loss": {"type": "CrossEntropyLoss", "settings": {"from_logits": False, "label_smoothing": 0.1}}},
    ),
    "a network that goes on training": (
        "model = mlp(); fit(model, epochs=2); model.fit(X, Y, epochs=3, verbose=0)", MLP, {"epochs": 5}
    ),
    "a part kept for validation": (
        "model = mlp(); h = fit(model, validation_split=0.2); assert len(h.history['val_loss']) == 2",
        MLP,
        {"train_samples": 1149},
    ),
    "a schedule of the optimiser": (
        "rate = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=100, decay_rate=0.5, staircase=True)\n"
        "model = mlp(); fit(model, keras.optimizers.SGD(rate, momentum=0.9))",
        MLP,
        {"schedules": schedule("StepLR", step_size=100, gamma=0.5), **optimizer("SGD", lr=0.1, momentum=0.9)},
    ),
    "clipped gradients": (
        "model = mlp(); fit(model, keras.optimizers.SGD(0.1, clipnorm=1.0))",
        MLP,
        {"clipping": [{"type": "clipnorm", "most": 1.0, "norm_type": 2.0, "parameters": []}]},
    ),
    "gradients added up": (
        "model = mlp(); fit(model, keras.optimizers.SGD(0.1, gradient_accumulation_steps=4))",
        MLP,
        {"accumulation": {"every": 4, "first": 4, "counts": "training", "rest": "kept"}, "loss_scale": 0.25},
    ),
    "a schedule in a callback": (
        "falling = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))\n"
        "model = mlp(); fit(model, epochs=3, callbacks=[falling])",
        MLP,
        {"rates": [[0.1], [0.05], [0.0333333]], "epochs": 3},
    ),
    "callbacks that change nothing": (
        """
class Show(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print(epoch, logs["loss"])
model = mlp(); fit(model, callbacks=[Show(), keras.callbacks.CSVLogger("log.csv")])
""",
        MLP,
        {"epochs": 2},
    ),
    "many epochs": ("model = mlp(); fit(model, epochs=100)", MLP, {"epochs": 100}),
    "a pipeline of TensorFlow's": (
        """
import tensorflow as tf
def prepare(image, label):
    return tf.reshape(tf.cast(image, tf.float32) * 2., [-1]), tf.one_hot(label, depth=10)
pipe = tf.data.Dataset.from_tensor_slices((images[:1437], y)).map(prepare, num_parallel_calls=tf.data.AUTOTUNE)
held = tf.data.Dataset.from_tensor_slices((test_X, test_y)).map(prepare).batch(60)
model = keras.Sequential([layers.Dense(20, activation=tf.nn.relu), layers.Dense(10)])
model.compile("adam", tf.losses.CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
model.fit(pipe.cache().shuffle(2000).batch(48).prefetch(2), epochs=9, validation_data=held, validation_freq=2)
model.evaluate(held)
assert tf.argmax(model.predict(held), axis=1).shape == (360,)
""",
        ["Linear", "ReLU", "Linear"],
        {
            "batch_size": 48, "epochs": 9, "shuffle": True, "drop_last": False, "train_samples": None,
            "loss": {"type": "CrossEntropyLoss", "settings": {}}, "inputs": {"shape": [64], "divide": 8.0},
        },
    ),
    "a pipeline of a part in whole batches": (
        "import tensorflow as tf\n"
        "pipe = tf.data.Dataset.from_tensor_slices((X, Y)).take(1000).batch(64, drop_remainder=True).repeat()\n"
        "model = mlp(); fit(model, x=pipe, y=None, epochs=3, steps_per_epoch=15)",
        MLP,
        {"batch_size": 64, "epochs": 3, "shuffle": False, "drop_last": True, "train_samples": 1000},
    ),
    "an image generator that rescales": (
        "from keras.preprocessing.image import ImageDataGenerator\n"
        "flow = ImageDataGenerator(rescale=0.5).flow(Z, Y, batch_size=50)\n"
        "model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(10, 'softmax')])\n"
        "model.compile('sgd', 'categorical_crossentropy')\n"
        "model.fit_generator(flow, steps_per_epoch=len(Z) / 50, epochs=7, validation_data=flow)",
        ["Flatten", "Linear", "Softmax"],
        {"batch_size": 50, "epochs": 7, "shuffle": True, "inputs": {"shape": [1, 8, 8], "divide": 32.0}},
    ),
    "a network that rescales": (
        "front = keras.Sequential([layers.Reshape((8, 8, 1)), layers.Rescaling(1 / 16)])\n"
        "model = keras.Sequential()\n"
        "for layer in (front, layers.Flatten(), layers.Dense(10, 'softmax')): model.add(layer)\n"
        "fit(model, x=digits.data[:1437])",
        ["Unflatten", "Flatten", "Linear", "Softmax"],
        {"inputs": {"shape": [64], "divide": 16.0}},
    ),
    "a size that is no tuple": (
        "given = layers.Input(shape=(64))\n"
        "model = keras.Model(given, layers.Dense(10, 'softmax')(given)); fit(model)",
        ["Linear", "Softmax"],
        {},
    ),
    "a callback of TensorFlow 1's days": (
        """
import tensorflow as tf
class Show(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs={}):
        assert logs.get("acc") == logs["accuracy"] and "loss" in logs
model = mlp()
model.compile("sgd", "categorical_crossentropy", tf.keras.metrics.CategoricalAccuracy("other"))
model.compile("sgd", "categorical_crossentropy", ["accuracy"])
model.fit(X, Y, epochs=6, callbacks=[Show()])
""",
        MLP,
        {"epochs": 6},
    ),
    "layers by the names of experiments": (
        "from tensorflow.keras.layers.experimental import preprocessing\n"
        "model = keras.Sequential([preprocessing.Rescaling(1 / 4, input_shape=(64,)), layers.Dense(10, 'softmax')])\n"
        "fit(model)",
        ["Linear", "Softmax"],
        {"inputs": {"shape": [64], "divide": 64.0}},
    ),
    "names that are gone": (
        "from keras.optimizers import sgd\n"
        "from tensorflow.python.keras.metrics import accuracy\n"
        "model = mlp(); fit(model, sgd(lr=0.5), keras.losses.mse)",
        MLP,
        {"loss": {"type": "MSELoss", "settings": {}}, **optimizer("SGD", lr=0.5)},
    ),
    "a decay over many epochs": (
        "model = mlp(); fit(model, keras.optimizers.SGD(lr=0.1, decay=1e-3), epochs=30)",
        MLP,
        {"epochs": 30, "schedules": schedule("InverseTimeLR", decay=1e-3)},
    ),
    "a class that adds its own layers": (
        """
class Digits(models.Sequential):
    def __init__(self, units):
        super().__init__()
        self.add(layers.Dense(units, activation="relu", input_shape=(64,), name="first"))
        self.add(layers.Dense(10, activation="softmax"))
        self.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model = Digits(7); model.fit(X, Y, epochs=2, batch_size=100, validation_split=0.2)
""",
        MLP,
        {"batch_size": 100, "train_samples": 1149},
    ),
    "a class of functional layers": (
        """
class Digits(models.Model):
    def __init__(self, units):
        given = layers.Input(shape=(64,))
        hidden = layers.Activation("tanh")(layers.Dense(units)(given))
        super().__init__(given, layers.Dense(10, activation="softmax")(hidden))
        self.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model = Digits(7); model.fit(X, Y, epochs=2)
""",
        ["Linear", "Tanh", "Linear", "Softmax"],
        {"batch_size": 32},
    ),
    "an estimator of scikit-learn": (
        """
from sklearn.model_selection import GridSearchCV
from tensorflow.keras.wrappers.scikit_learn import KerasClassifier
def build(units=4):
    model = keras.Sequential([keras.Input((64,)), layers.Dense(units, 'relu'), layers.Dense(10, 'softmax')])
    model.compile('adam', 'categorical_crossentropy', metrics=['accuracy'])
    return model
search = GridSearchCV(KerasClassifier(build_fn=build, epochs=3, verbose=0), {"units": [5], "batch_size": [16]}, cv=2)
search.fit(X, y)
model = search.best_estimator_.model
assert search.best_params_ == {"batch_size": 16, "units": 5} and 0 <= search.score(test_X, test_y) <= 1
""",
        MLP,
        {"batch_size": 16, "epochs": 3, "train_samples": None},
    ),
}  # fmt: skip

# name: (cell, what is said of it).
NAMED = {
    "class weights": ("model = mlp(); fit(model, class_weight={i: 1.0 for i in range(10)})", "class_weight"),
    "class weights of a pipeline": (
        "import tensorflow as tf\n"
        "pipe = tf.data.Dataset.from_tensor_slices((X, Y)).batch(32)\n"
        "model = mlp(); before = model.get_weights()\n"
        "fit(model, x=pipe, y=None, class_weight={i: 0.0 for i in range(10)})\n"
        "assert all((one == other).all() for one, other in zip(before, model.get_weights()))",
        "class_weight",
    ),
    "sample weights": ("model = mlp(); fit(model, sample_weight=np.ones(1437))", "sample_weight"),
    "early stopping": (
        "model = mlp(); fit(model, epochs=3, callbacks=[keras.callbacks.EarlyStopping(monitor='val_acc')],\n"
        "                   validation_data=(test_X, test_Y))",
        "it chooses among its epochs by the test split",
    ),
    "a rate that follows what is measured": (
        "measured = []\n"
        "class Note(keras.callbacks.Callback):\n"
        "    def on_epoch_end(self, epoch, logs=None): measured.append(float(logs['loss']))\n"
        "rate = lambda epoch: 0.01 if measured and measured[-1] < 1 else 0.1\n"
        "falling = keras.callbacks.LearningRateScheduler(rate)\n"
        "model = mlp(); fit(model, epochs=3, callbacks=[falling, Note()])",
        "follows more than its number",
    ),
    "a plateau of a validation": (
        "model = mlp(); fit(model, epochs=3, callbacks=[keras.callbacks.ReduceLROnPlateau()],\n"
        "                   validation_data=(test_X, test_Y))",
        "the callback ReduceLROnPlateau may change its training",
    ),
    "a callback that stops": (
        "class Stop(keras.callbacks.Callback):\n"
        "    def on_epoch_end(self, epoch, logs=None): self.model.stop_training = logs['accuracy'] > 2\n"
        "model = mlp(); fit(model, callbacks=[Stop()])",
        "the callback Stop may change its training",
    ),
    "a training ended early": (
        "class Stop(keras.callbacks.Callback):\n"
        "    def on_epoch_end(self, epoch, logs=None): self.model.stop_training = logs['accuracy'] >= 0\n"
        "model = mlp(); fit(model, callbacks=[Stop()], epochs=8)",
        "its training was ended before its last epoch",
    ),
    "a regulariser": (
        "from keras.regularizers import l2\n"
        "model = mlp(layers.Dense(10, kernel_regularizer=l2(0.01))); fit(model)", "kernel_regularizer",
    ),
    "a constraint": ("model = mlp(layers.Dense(9, kernel_constraint='max_norm')); fit(model)", "kernel_constraint"),
    "frozen layers": ("model = mlp(); model.layers[0].trainable = False; fit(model)", "some of its weights are frozen"),
    "weights set": (
        "old = mlp(); model = mlp(); model.set_weights(old.get_weights()); fit(model)", "not as Keras draws them"
    ),
    "weights set after training": (
        "model = mlp(); fit(model); model.set_weights([0 * w for w in model.get_weights()])",
        "changed by hand after its training",
    ),
    "weights of no rule restored": (
        "from keras.callbacks import ModelCheckpoint\n"
        "model = mlp(); fit(model, callbacks=[ModelCheckpoint('last.h5', save_weights_only=True)])\n"
        "model.load_weights('last.h5')",
        "weights are loaded into it",
    ),
    "compiled twice": ("model = mlp(); fit(model); fit(model)", "2 optimisers trained the same network"),
    "two parts one after the other": (
        "model = mlp(); fit(model, x=X[:700], y=Y[:700]); model.fit(X[700:1400], Y[700:1400], verbose=0)",
        "different samples in different calls of fit",
    ),
    "batches of two sizes": (
        "model = mlp(); fit(model); model.fit(X, Y, batch_size=64, verbose=0)", "2 different loaders"
    ),
    "a default that changed": ("model = mlp(); fit(model, 'adadelta')", "in Keras until 2.3 it was 1"),
    "a generator": (
        "def batches():\n    while True: yield X[:32], Y[:32]\n"
        "model = mlp(); model.compile('sgd', 'categorical_crossentropy')\n"
        "model.fit_generator(batches(), samples_per_epoch=1437, steps_per_epoch=45, nb_epoch=3)",
        "its batches came from a generator",
    ),
    "batches by hand": (
        "model = mlp(); model.compile('sgd', 'categorical_crossentropy')\n"
        "for start in range(0, 1437, 32): model.train_on_batch(X[start:start + 32], Y[start:start + 32])",
        "its batches came from no loader: 45 steps on 45 different batches, taken as 1 epochs",
    ),
    "a step of its own": (
        "class Net(keras.Sequential):\n    def train_step(self, *args): return super().train_step(*args)\n"
        "model = Net([keras.Input((64,)), layers.Dense(10, 'softmax')]); fit(model)",
        "has a train_step of its own",
    ),
    "a layer of the student's own": (
        "class Twice(layers.Layer):\n    def call(self, x): return 2 * x\nmodel = mlp(Twice()); fit(model)",
        "Twice is no layer that the grader knows",
    ),
    "a Lambda layer": ("model = mlp(layers.Lambda(lambda x: x * 2)); fit(model)", "Lambda is no layer"),
    "an activation of the student's own": (
        "model = mlp(layers.Dense(5, activation=lambda x: x * x)); fit(model)",
        "the activation <lambda> is not supported",
    ),
    "weights drawn in a way of one's own": (
        "def draw(shape, dtype=None): return keras.random.normal(shape)\n"
        "model = mlp(layers.Dense(5, kernel_initializer=draw)); fit(model)",
        "drawn by function, which is not supported",
    ),
    "another image given": ("model = mlp(); fit(model, x=X ** 2)", "no plain rescaling"),
    "the test split": ("model = mlp(); fit(model, x=test_X, y=test_Y)", "samples of the test split"),
    "targets that are no classes": (
        "model = keras.Sequential([keras.Input((64,)), layers.Dense(64)]); fit(model, 'adam', 'mse', y=X)",
        "something else than the classes",
    ),
    "a window of the shuffle": (
        "import tensorflow as tf\n"
        "pipe = tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(100).batch(32)\n"
        "model = mlp(); fit(model, x=pipe, y=None)",
        "samples were shuffled in a window of 100, not all 1,437",
    ),
    "an epoch of few batches": (
        "model = mlp(); fit(model, batch_size=32, steps_per_epoch=10)",
        "an epoch is 10 batches; all samples would be 45",
    ),
    "pictures turned and shifted": (
        "from keras.preprocessing.image import ImageDataGenerator\n"
        "flow = ImageDataGenerator(rotation_range=8, zoom_range=0.1).flow(Z, Y, batch_size=20)\n"
        "model = keras.Sequential([layers.Flatten(), layers.Dense(10, 'softmax')])\n"
        "model.compile('sgd', 'categorical_crossentropy'); model.fit(flow)",
        "changed at random: rotation_range=8, zoom_range=[0.9, 1.1]",
    ),
    "noise in training": (
        "model = mlp(layers.GaussianNoise(0.3, name='noise')); fit(model)",
        "in training noise changes values at random: GaussianNoise(stddev=0.3)",
    ),
    "a rescaling in a branch": (
        "given = keras.Input((64,)); x = layers.add([given, layers.Rescaling(2.0)(given)])\n"
        "model = keras.Model(given, layers.Dense(10, 'softmax')(x)); fit(model)",
        "a Rescaling behind the first layer is not supported",
    ),
    "labels that are twice one-hot": (
        "model = mlp(); model.compile('sgd', 'mse'); model.fit(X, 2 * Y, verbose=0)",
        "something else than the classes: labels of shape 1437 x 10",
    ),
    "a loss that torch has not": ("model = mlp(); fit(model, loss='kl_divergence')", None),
    "a loss and a penalty of its own": (
        "class Own(keras.Sequential):\n"
        "    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):\n"
        "        return super().compute_loss(x, y, y_pred, sample_weight) + keras.ops.mean(y_pred ** 2)\n"
        "model = Own([keras.Input((64,)), layers.Dense(10, 'softmax')]); fit(model)",
        "a compute_loss of its own",
    ),
    "several losses": (
        "given = keras.Input((64,)); model = keras.Model(given, layers.Dense(10, 'softmax', name='out')(given))\n"
        "model.compile('sgd', {'out': 'categorical_crossentropy'}); model.fit(X, Y, epochs=1)",
        "no loss was seen, or several",
    ),
    "a loss of the student's own": (
        "model = mlp(); fit(model, loss=lambda t, p: keras.ops.mean((t - p) ** 2))", None
    ),
}  # fmt: skip
LOSSES = {
    "a loss that torch has not": "Keras's kl_divergence",
    "a loss of the student's own": "the student's own <lambda>",
}

# name: (cell, what its error says).
REFUSED = {
    "gradients by hand": (
        "import tensorflow as tf\nwith tf.GradientTape() as tape: pass",
        "tensorflow.GradientTape: TensorFlow itself is not installed here",
    ),
    "a session": (
        "import tensorflow.compat.v1 as tf; tf.Session()",
        "tensorflow.compat.v1.Session: TensorFlow itself is not installed here",
    ),
    "a pipeline from files": (
        "import tensorflow as tf; tf.data.TFRecordDataset('x')",
        "tensorflow.data.TFRecordDataset",
    ),
    "a step of a pipeline": (
        "import tensorflow as tf; tf.data.Dataset.range(3).window(2)",
        "tf.data.Dataset.window: TensorFlow itself",
    ),
    "a module of TensorFlow": (
        "from tensorflow.examples.tutorials.mnist import input_data",
        "TensorFlow itself is not installed here",
    ),
}

# name: (cell, what is said of its error).
BUGS = {
    "another size": (
        "fit(keras.Sequential([keras.Input((50,)), layers.Dense(10)]))",
        "takes 50 values for each sample and was given the shape (64)",
    ),
    "images without channels": (
        "fit(keras.Sequential([layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(10)]), x=images[:1437])",
        "tensors of 4 dimensions, that of the batch among them, and was given 3",
    ),
    "images for vectors": (
        "given = keras.Input((64,)); fit(keras.Model(given, layers.Dense(10)(given)), x=images[:1437])",
        "samples of the shape (64) and was given (8, 8)",
    ),
}


@pytest.fixture(scope="module")
def observed(tmp_path_factory, sandbox, kernels):
    """The last model of each case, and each case's error, from one notebook that holds them all."""
    cases = {**SEEN, **NAMED, **REFUSED, **BUGS}
    cells = [PRELUDE, *(case[0] for case in cases.values())]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    artefact = run_notebook(notebook, tmp_path_factory.mktemp("submission"), sandbox, Limits(), data=None, warm=kernels)
    models, fault = read_models(artefact.findings, "a.ipynb", load_dataset("digits"))
    assert (artefact.failure, fault, artefact.cells[0].error) == ("", "", "")
    assert json.loads(artefact.findings)["unstepped"] == []
    last = {model.cell: model for model in models}
    return {name: (last.get(i), artefact.cells[i - 1].error) for i, name in enumerate(cases, 2)}


def gaps_of(model):
    return (*model.spec.gaps, *(model.recipe.gaps if model.recipe else ()))


def said_of(model):
    return [str(gap) for gap in gaps_of(model)]


def holds(found, expected):
    return {key: holds(found[key], value) if isinstance(value, dict) else found[key] for key, value in expected.items()}


@pytest.mark.parametrize("name", SEEN)
def test_a_recipe_holds_everything(name, observed):
    _, kinds, expected = SEEN[name]
    model, error = observed[name]
    assert error == ""
    assert [str(gap) for gap in gaps_of(model) if gap.blocks(Blocks.REFIT)] == []
    assert (model.problem, model.spec.loose) == ("", ())
    assert [layer.type for layer in model.spec.layers] == kinds
    recipe = model.recipe.model_dump(mode="json")
    assert holds(recipe, expected) == expected


@pytest.mark.parametrize("name", NAMED)
def test_what_a_recipe_leaves_out_is_named(name, observed):
    said = NAMED[name][1]
    model, error = observed[name]
    assert error == ""
    if said is None:
        assert model.recipe.loss.type == LOSSES[name]
    else:
        assert any(said in words for words in said_of(model)), said_of(model)


# Trainings above: what a check of the loss, cross entropy, makes of each.
JUDGED = {
    "a loss that torch has not": "failed",
    "a loss of the student's own": "manual",
    "a loss and a penalty of its own": "manual",
    "several losses": "manual",
}


@pytest.mark.parametrize("name", JUDGED)
def test_what_a_check_of_the_loss_makes_of_it(name, observed):
    model, _ = observed[name]
    outcome = Loss(points=1, expect="cross_entropy").judge(ProblemEvidence(problem="1", model=model))
    assert outcome.status == JUDGED[name], outcome


FULL_RUNS = {
    "arrays": "fit(model, 'adam', x=Z, epochs=4, class_weight={i: 1.0 for i in range(10)})\n",
    "a generator that ends by itself": (
        "batches = ((Z[i : i + 8], Y[i : i + 8]) for _ in range(4) for i in range(0, 1437, 8))\n"
        "fit(model, 'adam', x=batches, y=None, epochs=1)\n"
    ),
}


@pytest.mark.parametrize("name", FULL_RUNS)
def test_a_full_run_hands_over_what_keras_scored(name, tmp_path, sandbox, kernels):
    cells = [
        PRELUDE,
        "model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(8, 3, activation='relu'),\n"
        "    layers.BatchNormalization(), layers.Flatten(), layers.Dense(10, 'softmax')])\n"
        + FULL_RUNS[name]
        + "accuracy = float(model.evaluate(test_X.reshape(-1, 8, 8, 1), test_Y)[1])",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    artefact = run_notebook(
        notebook, tmp_path, sandbox, Limits(), data=None, seed=1, variables=(("accuracy",),), warm=kernels
    )
    digits = load_dataset("digits")
    (model,), _ = read_models(artefact.findings, "a.ipynb", digits)
    variables = read_variables(artefact.variables)
    first, last = (artefact.weights.file(f"{model.training}-{when}") for when in ("first", "last"))
    inputs = InputSpec(shape=(1, 8, 8), divide=16.0)
    lane = score_replay(model.spec, Given(inputs), digits, 1, first, last, 1.0).lane
    assert lane.accuracy == pytest.approx(variables["accuracy"], abs=1e-6) and lane.accuracy > 0.5


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_here_is_named(name, observed):
    assert REFUSED[name][1] in observed[name][1]
    assert explained(observed[name][1]).fault == "grader"


@pytest.mark.parametrize("name", BUGS)
def test_bugs_are_explained(name, observed):
    model, error = observed[name]
    cell = explained(error)
    assert model is None, "what raised before its first step trained nothing"
    assert cell.fault == "student" and BUGS[name][1] in cell.explanation


def explained(error):
    cell = CellRun(index=1, status="error", error=error)
    return explain(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell()]), [cell])[0]


def test_without_keras_the_package_and_the_extra_are_named(tmp_path, sandbox):
    cell = "import sys; sys.path[:] = [p for p in sys.path if 'site-packages' not in p]; import keras"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    artefact = run_notebook(notebook, tmp_path, sandbox, Limits(), data=None)
    assert 'pip install "dl-grader[keras]"' in artefact.cells[0].error


@pytest.mark.mnist
def test_mnist_is_the_hosts_own(tmp_path, sandbox, kernels):
    cells = [
        "from keras.datasets import mnist; (X, y), (test_X, test_y) = mnist.load_data()",
        "assert X.shape == (60000, 28, 28) and X.dtype == 'uint8' and test_y.shape == (10000,) and y[0] == 5",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    if not os.environ.get("GRADER_DATA"):
        pytest.skip("GRADER_DATA names no folder with MNIST")
    artefact = run_notebook(notebook, tmp_path, sandbox, Limits(), data=served("mnist"), warm=kernels)
    assert [cell.error for cell in artefact.cells] == ["", ""]


# the same numbers

L = keras.layers
EQUAL = {
    "dense": ([(64,), L.Dense(9, "relu"), L.BatchNormalization(), L.LeakyReLU(), L.Dense(10, "softmax")]),
    "convolutions": (
        [(8, 8, 3), L.Conv2D(6, 3, padding="same", activation="elu"), L.BatchNormalization(), L.MaxPooling2D(2),
         L.Conv2D(4, (3, 2), activation="silu"), L.Flatten(), L.Dense(10, "softmax")]
    ),
    "padding on one side": (
        [(7, 8, 2), L.Conv2D(5, 3, strides=2, padding="same"), L.AveragePooling2D(2, padding="same"),
         L.MaxPooling2D(3, 2, padding="same"), L.Flatten(), L.Dense(10)]
    ),
    "whole images": (
        [(8, 8, 2), L.DepthwiseConv2D(3, depth_multiplier=2), L.Activation("gelu"), L.ZeroPadding2D(((1, 0), (2, 1))),
         L.Conv2D(4, 3, dilation_rate=2), L.GlobalMaxPooling2D(), L.Dense(10, "softmax")]
    ),
    "a flattened row and a batch norm": ([(4, 4, 3), L.Flatten(), L.BatchNormalization(), L.Dense(10, "tanh")]),
    "steps within a picture": ([(8, 8), L.Dense(5, "softplus"), L.Flatten(), L.Dense(10, "selu")]),
}  # fmt: skip


def described(model):
    described = keras_models.describe(model, keras, torch)
    found = ModelSpec.model_validate(asdict(described.spec))
    assert (found.gaps, found.loose, described.gaps) == ((), (), [])
    return found, tuple(described.shape)


def copied(model, spec):
    """The host's network with a Keras model's weights: entries behind a Flatten stand channel by channel here."""
    network, order = build(spec), None
    for layer, module in zip(spec.layers, network.layers, strict=True):
        flattened = isinstance(model.get_layer(layer.name.split(".")[0]), keras.layers.Flatten)
        if flattened and len(model.get_layer(layer.name).input.shape) == 4:
            sizes = model.get_layer(layer.name).input.shape[1:]
            order = np.arange(np.prod(sizes)).reshape(sizes).transpose(2, 0, 1).ravel()
        state = dict(module.named_parameters()) | dict(module.named_buffers())
        state.pop("num_batches_tracked", None)
        if not state:
            continue
        weights = model.get_layer(layer.name).get_weights()
        if layer.type == "Linear":
            weights[0] = (weights[0] if order is None else weights[0][order]).T
            order = None
        elif layer.type == "Conv2d":
            depthwise = module.groups > 1
            weights[0] = weights[0].transpose((2, 3, 0, 1) if depthwise else (3, 2, 0, 1)).reshape(module.weight.shape)
        elif order is not None:
            weights = [weight[order] for weight in weights]
        names = ("weight", "bias", "running_mean", "running_var")
        with torch.no_grad():
            for name, weight in zip(names, weights, strict=False):
                state[name].copy_(torch.tensor(np.ascontiguousarray(weight)))
    return network


@pytest.mark.parametrize("name", EQUAL)
def test_the_rebuilt_network_computes_what_keras_computes(name):
    shape, *layers = EQUAL[name]
    model = keras.Sequential([keras.Input(shape), *layers])
    random = np.random.default_rng(0)
    model.set_weights([random.normal(0.3, 0.2, weight.shape) ** 2 for weight in model.get_weights()])
    spec, here = described(model)
    x = random.normal(size=(5, *shape)).astype("float32")
    ours = torch.tensor(x.transpose(0, 3, 1, 2) if x.ndim == 4 else x)
    assert tuple(ours.shape[1:]) == here
    outputs = copied(model, spec).eval()(ours).detach().numpy()
    np.testing.assert_allclose(outputs, model.predict(x, verbose=0), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", EQUAL)
def test_weights_are_handed_over_in_the_order_of_the_spec(name):
    shape, *layers = EQUAL[name]
    model = keras.Sequential([keras.Input(shape), *layers])
    spec, _ = described(model)
    network, given = copied(model, spec), keras_models.describe(model, keras, torch).weights()
    for layer, module in zip(spec.layers, network.layers, strict=True):
        for key, ours in module.state_dict().items():
            torch.testing.assert_close(given[f"{layer.name}.{key}"], ours)


@pytest.mark.parametrize(
    "drawn",
    ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "random_normal",
     "random_uniform", "truncated_normal", "orthogonal", "zeros", "ones"],
)  # fmt: skip
def test_weights_are_drawn_as_keras_draws_them(drawn):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((300,)), keras.layers.Dense(200, kernel_initializer=drawn)])
    spec, _ = described(model)
    theirs, ours = model.get_weights()[0], build(spec).layers[0].weight.detach().numpy()
    # Not the largest and the smallest: Keras's truncated normal lets one number in a quarter of a million through.
    for measure in (np.std, lambda w: np.quantile(w, 0.002), lambda w: np.quantile(w, 0.998)):
        assert measure(ours) == pytest.approx(measure(theirs), rel=0.15, abs=1e-6)
    assert not build(spec).layers[0].bias.any()


# name: (Keras's optimiser, ours, its schedule, a loss of Keras, ours)
STEPS = {
    "SGD": (lambda o: o.SGD(0.1), ("SGD", {"lr": 0.1}), ()),
    "Nesterov's momentum": (
        lambda o: o.SGD(0.05, momentum=0.9, nesterov=True),
        ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True}), (),
    ),
    "decay": (
        lambda o: o.SGD(o.schedules.InverseTimeDecay(0.1, 1, 0.1)), ("SGD", {"lr": 0.1}),
        (ScheduleSpec(type="InverseTimeLR", settings={"decay": 0.1}, step="batch"),),
    ),
    "Adam": (lambda o: o.Adam(0.01), ("Adam", {"lr": 0.01, "eps": 1e-7}), ()),
    "AdamW": (lambda o: o.AdamW(0.01), ("AdamW", {"lr": 0.01, "eps": 1e-7, "weight_decay": 0.004}), ()),
    "RMSprop": (lambda o: o.RMSprop(0.003), ("RMSprop", {"lr": 0.003, "alpha": 0.9, "eps": 1e-7}), ()),
    "Adamax": (lambda o: o.Adamax(0.01), ("Adamax", {"lr": 0.01, "eps": 1e-7}), ()),
    "Nadam": (lambda o: o.Nadam(0.01), ("NAdam", {"lr": 0.01, "eps": 1e-7, "momentum_decay": 1.0}), ()),
    "Adadelta": (lambda o: o.Adadelta(1.0), ("Adadelta", {"lr": 1.0, "rho": 0.95, "eps": 1e-7}), ()),
    "Adagrad": (
        lambda o: o.Adagrad(0.1), ("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.1, "eps": 1e-7}), ()
    ),
}  # fmt: skip
LOSSES_OF_KERAS = {
    "categorical_crossentropy": LossSpec(type="CrossEntropyLoss", settings={"from_logits": False}),
    "mse": LossSpec(type="MSELoss"),
    "binary_crossentropy": LossSpec(type="BCELoss"),
}


def dense_network():
    return keras.Sequential([keras.Input((64,)), L.Dense(16, "tanh"), L.Dense(10, "softmax")])


def trained_twice(optimizer, ours, schedules, loss, **more):
    """Outputs on the test split after 60 batches in order, from the same weights: Keras's, and the host's."""
    digits = load_dataset("digits")
    keras.utils.set_random_seed(0)  # how far epsilons in other places lead apart depends on the first weights
    model = dense_network()
    spec, _ = described(model)
    network = copied(model, spec)
    x, y = digits.train.images[:1200].reshape(-1, 64) / 16.0, np.eye(10)[digits.train.labels[:1200]]
    model.compile(optimizer(keras.optimizers), loss)
    model.fit(x, y, batch_size=20, shuffle=False, verbose=0)
    recipe = Recipe(
        loss=LOSSES_OF_KERAS[loss],
        optimizer=OptimizerSpec(type=ours[0], settings=ours[1]),
        schedules=schedules,
        batch_size=20,
        epochs=1,
        inputs=InputSpec(shape=(64,), divide=16.0),
        **more,
    )
    plan = TrainingPlan(spec=spec, recipe=recipe, dataset="digits")
    trainer = TRAINERS["torch-cpu"].make(network, plan, Samples.of(digits.train), 0)
    trainer.epoch(torch.arange(1200), next(steps(recipe, 60)))
    test = digits.test.images.reshape(-1, 64) / 16.0
    return model.predict(test, verbose=0), network.eval()(torch.tensor(test, dtype=torch.float32)).detach().numpy()


@pytest.mark.parametrize("name", STEPS)
def test_optimisers_step_as_keras_steps(name):
    theirs, ours = trained_twice(*STEPS[name], "categorical_crossentropy")
    np.testing.assert_allclose(ours, theirs, atol=5e-3)  # RMSprop's and Adam's epsilons stand elsewhere


MOMENTUM = {"momentum": 0.9}
BESIDES = {
    "clipnorm": ({"clipnorm": 0.05}, {"clipping": [{"type": "clipnorm", "most": 0.05}]}),
    "global_clipnorm": ({"global_clipnorm": 0.1}, {"clipping": [{"type": "global_clipnorm", "most": 0.1}]}),
    "clipvalue": ({"clipvalue": 0.003}, {"clipping": [{"type": "clip_grad_value_", "most": 0.003}]}),
    "accumulation": (
        {"gradient_accumulation_steps": 7},
        {"accumulation": {"every": 7, "first": 7, "counts": "training", "rest": "kept"}, "loss_scale": 1 / 7},
    ),
}


@pytest.mark.parametrize("name", BESIDES)
def test_gradients_are_clipped_and_added_up_as_keras_does(name):
    theirs, ours = BESIDES[name]
    settings = {"lr": 0.1} | MOMENTUM
    one, other = trained_twice(
        lambda o: o.SGD(0.1, **MOMENTUM, **theirs), ("SGD", settings), (), "categorical_crossentropy", **ours
    )
    np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("loss", LOSSES_OF_KERAS)
def test_losses_are_keras_losses(loss):
    theirs, ours = trained_twice(*STEPS["Nesterov's momentum"], loss)
    np.testing.assert_allclose(ours, theirs, atol=2e-3)


FAIR = {
    "dense": (
        lambda: [(64,), L.Dense(30, "relu"), L.Dense(10, "softmax")],
        lambda o: o.RMSprop(0.003),
        ("RMSprop", {"lr": 0.003, "alpha": 0.9, "eps": 1e-7}),
    ),
    "convolutions": (
        lambda: [(8, 8, 1), L.Conv2D(8, 3, activation="relu"), L.MaxPooling2D(2), L.Flatten(), L.Dense(10, "softmax")],
        lambda o: o.Adam(0.01),
        ("Adam", {"lr": 0.01, "eps": 1e-7}),
    ),
}
FAIR_SEEDS, FAIR_EPOCHS = 5, 5


def keras_accuracy(layers, optimizer, seed):
    """The accuracy that Keras itself reaches on the digits, and the network as a spec."""
    digits, (shape, *rest) = load_dataset("digits"), layers()
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input(shape), *rest])
    spec, here = described(model)
    model.compile(optimizer(keras.optimizers), "sparse_categorical_crossentropy")
    x, test = (split.images.reshape(-1, *shape) / 16.0 for split in (digits.train, digits.test))
    model.fit(x, digits.train.labels.astype("int64"), epochs=FAIR_EPOCHS, verbose=0)
    return float((model.predict(test, verbose=0).argmax(1) == digits.test.labels).mean()), spec, here


@pytest.mark.kernel
@pytest.mark.parametrize("name", FAIR)
def test_retraining_reaches_what_keras_reaches(name):
    layers, optimizer, (kind, settings) = FAIR[name]
    theirs, ours = [], []
    for seed in range(FAIR_SEEDS):
        with one_thread():
            accuracy, spec, here = keras_accuracy(layers, optimizer, seed)
        recipe = Recipe(
            loss=LOSSES_OF_KERAS["categorical_crossentropy"],
            optimizer=OptimizerSpec(type=kind, settings=settings),
            batch_size=32,
            epochs=FAIR_EPOCHS,
            inputs=InputSpec(shape=here, divide=16.0),
        )
        theirs.append(accuracy)
        ours.append(train_lane(TrainingPlan(spec=spec, recipe=recipe, dataset="digits"), seed).accuracy)
    # Four standard errors of the difference of two means over these seeds.
    noise = 4 * ((statistics.variance(theirs) + statistics.variance(ours)) / FAIR_SEEDS) ** 0.5
    assert abs(statistics.mean(theirs) - statistics.mean(ours)) < noise, (theirs, ours)


# what a log states

LOGS = {
    "Keras 1": (
        "Epoch 20/20\n60000/60000 [==============================] - 2s - loss: 0.0213 - acc: 0.9931 "
        "- val_loss: 0.0721 - val_acc: 0.9787     \n",
        0.9787,
    ),
    "Keras 2": (
        "Epoch 2/2\n 512/1437 [=========>....................] - ETA: 0s - loss: 0.1 - accuracy: 0.97\r"
        "1437/1437 [==============================] - 0s 52us/sample - loss: 0.0909 - accuracy: 0.9714 - val_loss: 0.1"
        " - val_accuracy: 0.9655\n",
        0.9655,
    ),
    "Keras 3": (
        "\x1b[1m45/45\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m0s\x1b[0m 3ms/step "
        "- accuracy: 0.9812 - loss: 0.0711 - val_accuracy: 0.9601 - val_loss: 0.1342\n",
        0.9601,
    ),
    "a score": ("Test score: 0.0812\nTest accuracy: 0.9787\n", 0.9787),
}


@pytest.mark.parametrize("name", LOGS)
def test_the_accuracy_of_a_log_is_read(name):
    text, accuracy = LOGS[name]
    claims = read_claims(text, Source(file="a.ipynb", cell=1))
    assert claims[-1].accuracy == accuracy
