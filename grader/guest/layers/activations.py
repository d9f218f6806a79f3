"""Functions of each single value, and Keras's layer that has one as its argument."""

from typing import Any

from ._keras_reader import KerasReader, Value
from ._layer_type import (
    Arguments,
    CannotError,
    CompiledOp,
    FunctionForm,
    KerasForm,
    LayerType,
    Settings,
    keras_activation,
)

_IN_PLACE = FunctionForm(("inplace",))


def _named(reader: KerasReader, layer: Any, given: list[Value], shape: tuple[int, ...]) -> Value:
    return reader.applied(layer, given[0], layer.name)


def _clamped(given: Arguments) -> tuple[str, Settings]:
    kinds: dict[tuple[Any, Any], str] = {(0, None): "ReLU", (0, 6): "ReLU6"}
    kind = kinds.get((given.get("min"), given.get("max")))
    if kind is None:
        raise CannotError("the operation clamp is not supported")
    return kind, {}


def _relu(layer: Any) -> tuple[str, Settings] | None:
    if layer.threshold or (layer.max_value and layer.negative_slope):
        return None
    if layer.negative_slope:
        return "LeakyReLU", {"negative_slope": float(layer.negative_slope)}
    return {None: ("ReLU", {}), 6.0: ("ReLU6", {})}.get(layer.max_value)


def _straight(given: Settings) -> str:
    return "its slope is 1 on both sides: it is no activation" if given.get("negative_slope") == 1 else ""


ENTRIES = (
    LayerType(
        "ReLU",
        functions={
            "relu": _IN_PLACE,
            "relu_": FunctionForm(),
            **dict.fromkeys(("clamp", "clamp_min", "clip"), FunctionForm(("min", "max"), read=_clamped)),
        },
        keras={
            "Activation": KerasForm(_named),
            "ReLU": keras_activation(_relu),
            "Relu": keras_activation(lambda _: ("ReLU", {})),  # of `keras.ops`, as Sigmoid and Tanh below
        },
        keras_functions={"relu": {}},
        compiled=CompiledOp.RELU,
    ),
    LayerType("ReLU6", functions={"relu6": _IN_PLACE}, keras_functions={"relu6": {}}),
    LayerType(
        "LeakyReLU",
        ("negative_slope",),
        functions={"leaky_relu": FunctionForm(("negative_slope", "inplace"))},
        keras={
            "LeakyReLU": keras_activation(lambda layer: ("LeakyReLU", {"negative_slope": float(layer.negative_slope)}))
        },
        keras_functions={"leaky_relu": {"negative_slope": 0.2}},
        idle=_straight,
        compiled=CompiledOp.LEAKY_RELU,
        compiled_value="negative_slope",
    ),
    LayerType("PReLU", ("num_parameters", "init")),
    LayerType(
        "ELU",
        ("alpha",),
        functions={"elu": FunctionForm(("alpha", "inplace"))},
        keras={"ELU": keras_activation(lambda layer: ("ELU", {"alpha": float(layer.alpha)}))},
        keras_functions={"elu": {}},
    ),
    LayerType("SELU", functions={"selu": _IN_PLACE}, keras_functions={"selu": {}}),
    LayerType(
        "GELU",
        ("approximate",),
        functions={"gelu": FunctionForm(("approximate",))},
        keras_functions={"gelu": {}},
    ),
    LayerType("SiLU", functions={"silu": _IN_PLACE}, keras_functions={"silu": {}}),
    LayerType("Mish", functions={"mish": _IN_PLACE}, keras_functions={"mish": {}}),
    LayerType("Hardswish", functions={"hardswish": _IN_PLACE}, keras_functions={"hard_silu": {}}),
    LayerType(
        "Sigmoid",
        functions={"sigmoid": FunctionForm()},
        keras={"Sigmoid": keras_activation(lambda _: ("Sigmoid", {}))},
        keras_functions={"sigmoid": {}},
        compiled=CompiledOp.SIGMOID,
    ),
    LayerType(
        "Tanh",
        functions={"tanh": FunctionForm()},
        keras={"Tanh": keras_activation(lambda _: ("Tanh", {}))},
        keras_functions={"tanh": {}},
        compiled=CompiledOp.TANH,
    ),
    LayerType(
        "Softplus",
        ("beta", "threshold"),
        functions={"softplus": FunctionForm(("beta", "threshold"))},
        keras_functions={"softplus": {}},
    ),
)
