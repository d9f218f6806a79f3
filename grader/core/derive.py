"""Expected values derived from a problem's own data, so that a rubric never types in what follows.

Formulas as in the documentation of `torch.nn`; tests compare each against torch itself.
"""

from collections.abc import Callable
from typing import Literal

from pydantic import Field, model_validator

from grader.core.evidence import Matrix
from grader.core.record import Record

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
    kernel_size: Pair | None = None
    stride: Pair | None = None
    padding: Pair = 0
    dilation: Pair = 1
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
        """Shape of the output for one sample, channels first."""
        if self.layer == "Linear":
            assert self.out_features
            return (*shape[:-1], self.out_features)
        if len(shape) != 3:
            raise ValueError(f"{self.layer} takes an input of (channels, height, width), not {shape}")
        assert self.kernel_size
        channels = self.out_channels or shape[0]
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
    input: tuple[int, ...]

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
    images: tuple[Matrix, ...]
    kernel_size: int = Field(default=2, ge=1)
    stride: int = Field(default=2, ge=1)

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
