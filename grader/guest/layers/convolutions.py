"""Layers whose units see a window of their inputs, the same weights at each place."""

from typing import Any

from ._keras_reader import KerasReader, Value, in_torch, same_padding
from ._layer_type import KerasForm, LayerType

_SETTINGS = (
    "in_channels",
    "out_channels",
    "kernel_size",
    "stride",
    "padding",
    "dilation",
    "groups",
    "bias",
    "padding_mode",
)


def _conv2d(reader: KerasReader, layer: Any, given: list[Value], shape: tuple[int, ...]) -> Value:
    sizes = {"in_channels": reader.channels(given[0]), "out_channels": layer.filters, "groups": layer.groups}
    return _convolution(reader, layer, given[0], shape, sizes, "kernel_initializer")


def _depthwise(reader: KerasReader, layer: Any, given: list[Value], shape: tuple[int, ...]) -> Value:
    channels = reader.channels(given[0])
    sizes = {"in_channels": channels, "out_channels": channels * layer.depth_multiplier, "groups": channels}
    return _convolution(reader, layer, given[0], shape, sizes, "depthwise_initializer")


def _convolution(
    reader: KerasReader, layer: Any, value: Value, shape: tuple[int, ...], sizes: dict[str, int], drawn_by: str
) -> Value:
    stride, dilation = tuple(layer.strides), tuple(layer.dilation_rate)
    padding: Any = 0
    if layer.padding == "same" and set(stride) == {1}:
        padding = "same"
    elif layer.padding == "same":
        reach = [(size - 1) * step + 1 for size, step in zip(layer.kernel_size, dilation)]
        around = [same_padding(n, k, s) for n, k, s in zip(reader.places(value), reach, stride)]
        if all(left == right for left, right in around):
            padding = tuple(left for left, _ in around)
        else:
            (top, bottom), (left, right) = around
            padded = {"padding": (left, right, top, bottom)}
            value = value._replace(position=reader.layer("ZeroPad2d", padded, f"{layer.name}.pad", [value.position]))
    settings = {
        "in_channels": sizes["in_channels"],
        "out_channels": sizes["out_channels"],
        "kernel_size": tuple(layer.kernel_size),
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
        "groups": sizes["groups"],
        "bias": layer.use_bias,
    }
    initial = {"weight": reader.drawn(layer, "kernel", drawn_by)}
    if layer.use_bias:
        initial["bias"] = reader.drawn(layer, "bias")
    return reader.applied(layer, reader.weighted(layer, "Conv2d", settings, value, shape, initial))


def _weights(layer: Any, rows: Any) -> dict[str, Any]:
    return _with_bias(layer, in_torch(layer, "kernel").permute(3, 2, 0, 1))


def _depthwise_weights(layer: Any, rows: Any) -> dict[str, Any]:
    return _with_bias(layer, in_torch(layer, "kernel").permute(2, 3, 0, 1).flatten(0, 1).unsqueeze(1))


def _with_bias(layer: Any, kernel: Any) -> dict[str, Any]:
    return {"weight": kernel, "bias": in_torch(layer, "bias")} if layer.use_bias else {"weight": kernel}


ENTRIES = (
    LayerType("Conv1d", _SETTINGS, units="out_channels", windowed=True, affine=True),
    LayerType(
        "Conv2d",
        _SETTINGS,
        keras={
            "Conv2D": KerasForm(_conv2d, _weights),
            "DepthwiseConv2D": KerasForm(_depthwise, _depthwise_weights),
        },
        units="out_channels",
        windowed=True,
        affine=True,
    ),
)
