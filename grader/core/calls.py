"""Calls of a student's function: arrays that cross the boundary, what was sent, and what came back."""

import base64
import math
import sys
from array import array
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, PlainSerializer, PlainValidator, model_validator

from grader.core.record import Record

_MOST_DIMENSIONS = 8
_SHOWN_VALUES = 12


def _bytes(value: object) -> bytes:
    """What JSON holds in base64."""
    return value if isinstance(value, bytes) else base64.b64decode(str(value), validate=True)


_Base64 = Annotated[bytes, PlainValidator(_bytes), PlainSerializer(lambda b: base64.b64encode(b).decode())]


class Array(Record):
    """Numbers in row-major order: `data` holds them as little-endian float64, or int64 where they are `whole`."""

    shape: tuple[Annotated[int, Field(ge=0)], ...] = Field(max_length=_MOST_DIMENSIONS)
    data: _Base64
    whole: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> "Array":
        if len(self.data) != 8 * math.prod(self.shape):
            raise ValueError(f"shape {self.shape} doesn't fit {len(self.data)} bytes")
        return self

    @classmethod
    def of(cls, values: Iterable[float], shape: tuple[int, ...], *, whole: bool = False) -> "Array":
        """An array of these values, in row-major order."""
        numbers = array("q", map(int, values)) if whole else array("d", values)
        if sys.byteorder == "big":
            numbers.byteswap()
        return cls(shape=shape, data=numbers.tobytes(), whole=whole)

    @property
    def values(self) -> "array[float]":
        """All numbers, in row-major order."""
        numbers: array[float] = array("q" if self.whole else "d")
        numbers.frombytes(self.data)
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers

    @property
    def finite(self) -> bool:
        """Whether no number is NaN or infinite."""
        return all(map(math.isfinite, self.values))

    def close(self, other: "Array", tolerance: float) -> bool:
        """Whether both hold the same numbers, whatever their shapes; NaN is equal to nothing."""
        pairs = zip(self.values, other.values, strict=False)
        return len(self.data) == len(other.data) and all(
            a == b or abs(a - b) <= tolerance * (1 + abs(b)) for a, b in pairs
        )

    def __str__(self) -> str:
        values = self.values
        if len(values) > _SHOWN_VALUES:
            return f"an array of shape {self.shape} that begins {_numbers(values[:4])} ..."
        return _nested(list(map(_number, values)), self.shape)


def _number(value: float) -> str:
    return f"{value + 0.0:.4g}" if isinstance(value, float) else str(value)  # + 0.0: no -0


def _numbers(values: Iterable[float]) -> str:
    return ", ".join(map(_number, values))


def _nested(values: list[str], shape: tuple[int, ...]) -> str:
    if not shape:
        return values[0]
    step = math.prod(shape[1:])
    rows = (values[i * step : (i + 1) * step] for i in range(shape[0]))
    return f"[{', '.join(_nested(row, shape[1:]) for row in rows)}]"


class Case(Record):
    """Inputs for one call, by the names of the arguments; `group` says which property they try."""

    group: str
    inputs: dict[str, Array]


class Call(Record):
    """One call: what came back, or the `trouble` there was instead, and what the references give.

    `expected` holds the reference's answer first, then those that the rubric accepts as well.
    """

    group: str
    inputs: dict[str, Array]
    got: Array | None = None
    trouble: str = ""
    expected: tuple[Array, ...] = ()


class Growth(Record):
    """How long a small and a large input take, round by round: the student's function and the reference, in seconds.

    `call` is what came back for the large input; `trouble` what went wrong with it.
    """

    sizes: tuple[int, int]
    student: tuple[tuple[float, float], ...] = ()
    reference: tuple[tuple[float, float], ...] = ()
    trouble: str = ""
    call: Call | None = None
