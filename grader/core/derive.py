"""Expected values derived from a problem's own data, so that a rubric never types in what follows.

Formulas as in the documentation of `torch.nn`; tests compare each against torch itself.
"""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field, model_validator

from grader.core.evidence import Matrix
from grader.core.record import Record

_Positive = Annotated[int, Field(ge=1)]
_Natural = Annotated[int, Field(ge=0)]
Pair = int | tuple[int, int]


def _pair(value: Pair) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)


class Layer(Record):
    """A Linear, Conv2d, MaxPool2d or AvgPool2d with torch's own names for its settings.

    For Linear, `in_features` and `out_features`; for Conv2d, `in_channels`, `out_channels`, `kernel_size`;
    for pooling, `kernel_size` (stride defaults to it, as in torch).
    """

    layer: Literal["Linear", "Conv2d", "MaxPool2d", "AvgPool2d"]
    in_features: int | None = Field(default=None, ge=1)
    out_features: int | None = Field(default=None, ge=1)
    in_channels: int | None = Field(default=None, ge=1)
    out_channels: int | None = Field(default=None, ge=1)
    kernel_size: _Positive | tuple[_Positive, _Positive] | None = None
    stride: _Positive | tuple[_Positive, _Positive] | None = None
    padding: _Natural | tuple[_Natural, _Natural] = 0
    dilation: _Positive | tuple[_Positive, _Positive] = 1
    groups: int = Field(default=1, ge=1)
    bias: bool = True

    @model_validator(mode="after")
    def _complete(self) -> "Layer":
        needed = {
            "Linear": ("in_features", "out_features"),
            "Conv2d": ("in_channels", "out_channels", "kernel_size"),
        }.get(self.layer, ("kernel_size",))
        missing = [key for key in needed if getattr(self, key) is None]
        if missing:
            raise ValueError(f"a {self.layer} needs {', '.join(missing)}")
        if (self.in_channels or self.groups) % self.groups or (self.out_channels or self.groups) % self.groups:
            raise ValueError(f"in_channels and out_channels must be multiples of groups, {self.groups}")
        if self.layer == "AvgPool2d" and self.dilation not in (1, (1, 1)):
            raise ValueError("an AvgPool2d has no dilation")
        if self.layer.endswith("Pool2d") and any(
            2 * pad > size for pad, size in zip(_pair(self.padding), _pair(self.kernel_size or 0), strict=True)
        ):
            raise ValueError("the padding of a pooling is at most half its kernel_size")
        return self

    def parameters(self) -> int:
        """Number of weights and biases."""
        if self.layer == "Linear":
            return (self.out_features or 0) * ((self.in_features or 0) + self.bias)
        if self.layer == "Conv2d":
            height, width = _pair(self.kernel_size or 0)
            return (self.out_channels or 0) * ((self.in_channels or 0) // self.groups * height * width + self.bias)
        return 0

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of the output for one sample, channels first. Raises ValueError where torch would refuse the input."""
        if self.layer == "Linear":
            assert self.out_features
            if shape[-1:] != (self.in_features,):
                raise ValueError(f"this Linear takes {self.in_features} features, the input has the shape {shape}")
            return (*shape[:-1], self.out_features)
        if len(shape) != 3:
            raise ValueError(f"{self.layer} takes an input of (channels, height, width), not {shape}")
        assert self.kernel_size
        if self.layer == "Conv2d" and shape[0] != self.in_channels:
            raise ValueError(f"this Conv2d takes {self.in_channels} channels, the input has {shape[0]}")
        channels = self.out_channels if self.layer == "Conv2d" and self.out_channels else shape[0]
        default_stride: Pair = 1 if self.layer == "Conv2d" else self.kernel_size
        sizes = [
            (size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1
            for size, kernel, stride, pad, dilation in zip(
                shape[1:],
                _pair(self.kernel_size),
                _pair(self.stride or default_stride),
                _pair(self.padding),
                _pair(self.dilation),
                strict=True,
            )
        ]
        if min(sizes) < 1:
            raise ValueError(f"the kernel is larger than the input {shape} with its padding")
        return (channels, *sizes)


class ParametersOf(Record):
    """The number of parameters of a layer: `{parameters_of: {layer: Conv2d, ...}}`."""

    parameters_of: Layer

    def value(self) -> int:
        """Weights plus biases."""
        return self.parameters_of.parameters()


class OutputShapeOf(Record):
    """The output shape of a layer for one input (channels, height, width)."""

    output_shape_of: Layer
    input: tuple[_Positive, ...]

    @model_validator(mode="after")
    def _computable(self) -> "OutputShapeOf":
        self.value()
        return self

    def value(self) -> tuple[int, ...]:
        """Channels first, without the batch dimension."""
        return self.output_shape_of.output_shape(self.input)


class Pooled(Record):
    """The images after pooling without padding: `{pool: average, images: [...], kernel_size: 2, stride: 2}`."""

    pool: Literal["average", "max"]
    images: tuple[Matrix, ...] = Field(min_length=1)
    kernel_size: int = Field(default=2, ge=1)
    stride: int = Field(default=2, ge=1)

    @model_validator(mode="after")
    def _computable(self) -> "Pooled":
        for image in self.images:
            if len({len(row) for row in image}) != 1:
                raise ValueError("the rows of an image must be equally long")
            if min(len(image), len(image[0])) < self.kernel_size:
                raise ValueError(f"an image is smaller than the kernel, {self.kernel_size}x{self.kernel_size}")
        return self

    def value(self) -> tuple[Matrix, ...]:
        """One matrix per image, in order."""
        return tuple(self._pool(image) for image in self.images)

    def _pool(self, image: Matrix) -> Matrix:
        reduce: Callable[[list[float]], float] = max if self.pool == "max" else _mean
        size, stride = self.kernel_size, self.stride
        return tuple(
            tuple(
                reduce([image[r + i][c + j] for i in range(size) for j in range(size)])
                for c in range(0, len(image[0]) - size + 1, stride)
            )
            for r in range(0, len(image) - size + 1, stride)
        )


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
