"""Layers that make one value of each window, or of all places."""

from typing import Any

from ._keras_reader import KerasReader, Value, same_padding
from ._layer_type import CannotError, FunctionForm, KerasForm, LayerType, Settings

_WINDOW = ("kernel_size", "stride", "padding")


def _windows(kind: str, more: dict[str, Any]) -> KerasForm:
    """Padding of torch's pooling is symmetric; what Keras adds on the far side alone is a window that is cut."""

    def read(reader: KerasReader, layer: Any, given: list[Value], shape: tuple[int, ...]) -> Value:
        (value,) = given
        size, stride = tuple(layer.pool_size), tuple(layer.strides)
        settings: dict[str, Any] = {"kernel_size": size, "stride": stride}
        if layer.padding == "same":
            around = [same_padding(n, k, s) for n, k, s in zip(reader.places(value), size, stride)]
            if any(right > left + 1 for left, right in around):
                raise CannotError(f"{layer.name}: its padding is not supported")
            if any(right for _, right in around):
                settings.update(padding=tuple(left for left, _ in around), ceil_mode=True, **more)
                made = getattr(reader.torch.nn, kind)(**settings)(reader.torch.zeros(1, 1, *reader.places(value)))
                if tuple(made.shape[2:]) != reader.places(Value(0, shape)):
                    raise CannotError(f"{layer.name}: its padding is not supported")
        return reader.plain(kind, settings, layer, value, shape)

    return KerasForm(read)


def _all_places(kind: str) -> KerasForm:
    def read(reader: KerasReader, layer: Any, given: list[Value], shape: tuple[int, ...]) -> Value:
        value = reader.plain(kind, {"output_size": 1}, layer, given[0], shape)
        return value if len(shape) == 3 else reader.plain("Flatten", {}, layer, value, shape)

    return KerasForm(read)


def _of_one(given: Settings) -> str:
    size, stride = given.get("kernel_size"), given.get("stride")
    sizes = {*(size if isinstance(size, tuple) else (size,)), *(stride if isinstance(stride, tuple) else (stride,))}
    return "its windows hold one value each" if sizes <= {1, None} and size is not None else ""


ENTRIES = (
    LayerType("MaxPool1d", (*_WINDOW, "ceil_mode", "dilation"), idle=_of_one),
    LayerType(
        "MaxPool2d",
        (*_WINDOW, "ceil_mode", "dilation"),
        functions={
            "max_pool2d": FunctionForm(
                (*_WINDOW, "dilation", "ceil_mode", "return_indices"), refused=("return_indices",)
            )
        },
        keras={"MaxPooling2D": _windows("MaxPool2d", {})},
        idle=_of_one,
    ),
    LayerType("AvgPool1d", (*_WINDOW, "ceil_mode", "count_include_pad"), affine=True, idle=_of_one),
    LayerType(
        "AvgPool2d",
        (*_WINDOW, "ceil_mode", "count_include_pad"),
        functions={"avg_pool2d": FunctionForm((*_WINDOW, "ceil_mode", "count_include_pad"))},
        keras={"AveragePooling2D": _windows("AvgPool2d", {"count_include_pad": False})},
        affine=True,
        idle=_of_one,
    ),
    LayerType(
        "AdaptiveAvgPool2d",
        ("output_size",),
        functions={"adaptive_avg_pool2d": FunctionForm(("output_size",))},
        keras={"GlobalAveragePooling2D": _all_places("AdaptiveAvgPool2d")},
        affine=True,
    ),
    LayerType(
        "AdaptiveMaxPool2d",
        ("output_size",),
        functions={"adaptive_max_pool2d": FunctionForm(("output_size", "return_indices"), refused=("return_indices",))},
        keras={"GlobalMaxPooling2D": _all_places("AdaptiveMaxPool2d")},
    ),
)
