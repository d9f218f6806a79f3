"""Inputs for a student's function: ordinary and hard ones of many shapes, the same for the same seed."""

import math
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from grader.core.calls import Array
from grader.core.record import Record

Size = int | str
Drawn = TypeVar("Drawn")
_SIZES = (1, 6)
_DRAWN = 4999  # numbers, which come again in larger arrays; a prime, so that rows differ all the same


class Argument(Record):
    """One argument: its shape, where a letter such as N is a size that varies, and what numbers it holds.

    `normal` numbers lie around 0, `positive` ones in (0, 1], rows of `probabilities` are positive and sum to 1, rows of
    `one_hot` hold a single 1; `labels` are whole numbers below the size `below`. An empty shape is a plain number.
    """

    shape: tuple[Size, ...] = ()
    values: Literal["normal", "positive", "probabilities", "one_hot", "labels"] = "normal"
    below: Size = 2


def array_of(value: object) -> Array:
    """Nested lists of numbers as an array. Raises ValueError when they are ragged, or hold something else."""
    if isinstance(value, Array | dict):
        return Array.model_validate(value)
    numbers, shape = _flat(value)
    return Array.of([float(number) for number in numbers], shape)


def _flat(value: object) -> tuple[list[float], tuple[int, ...]]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [value], ()
    if not isinstance(value, list | tuple):
        raise ValueError(f"{value!r} is no number and no list of numbers")
    parts = [_flat(part) for part in value]
    if len({shape for _, shape in parts}) > 1:
        raise ValueError("its rows are not equally long")
    return [n for numbers, _ in parts for n in numbers], (len(parts), *(parts[0][1] if parts else ()))


# Numbers as a rubric writes them: 3, [1, 2], [[1, 2], [3, 4]].
Numbers = Annotated[
    Array,
    BeforeValidator(array_of),
    PlainSerializer(lambda array: array.model_dump(mode="json")),
    WithJsonSchema({"description": "a number, or lists of numbers of one length", "type": ["number", "array"]}),
]


def draw(
    arguments: Mapping[str, Argument],
    sizes: Mapping[str, tuple[int, int]],
    number: int,
    seed: str,
    scale: float = 1.0,
) -> Iterator[dict[str, Array]]:
    """Inputs for `number` calls, small ones first; normal numbers are multiplied by `scale`."""
    for index in range(number):
        dice = random.Random(f"{seed}/{index}")  # noqa: S311  # inputs, not secrets
        letters = sorted({size for a in arguments.values() for size in (*a.shape, a.below) if isinstance(size, str)})
        drawn = {letter: _size(dice, *sizes.get(letter, _SIZES), index) for letter in letters}
        yield {name: fill(argument, drawn, dice, index, scale) for name, argument in arguments.items()}


def fill(argument: Argument, sizes: Mapping[str, int], dice: random.Random, kind: int, scale: float = 1.0) -> Array:
    """An array for this argument; `kind` chooses what it looks like."""
    shape = tuple(size if isinstance(size, int) else sizes[size] for size in argument.shape)
    count, columns = math.prod(shape), shape[-1] if shape else 1
    if argument.values == "labels":
        below = argument.below if isinstance(argument.below, int) else sizes[argument.below]
        return Array.of(_many(lambda: dice.randrange(below), count), shape, whole=True)
    if argument.values == "one_hot":
        hot = _many(lambda: dice.randrange(columns), count // columns)
        return Array.of([float(column == one) for one in hot for column in range(columns)], shape)
    if argument.values == "probabilities":
        rows = _many(lambda: [dice.randint(1, 9) for _ in range(columns)], count // columns)
        return Array.of([value / total for row in rows for total in (sum(row),) for value in row], shape)
    if argument.values == "positive":
        return Array.of(_many(lambda: dice.randint(1, 100) / 100, count), shape)
    return Array.of(_many(lambda: _normal(dice, kind) * scale, count), shape)


def _many(draw: Callable[[], Drawn], count: int) -> list[Drawn]:
    """So many, drawn one after the other; from some number on the first ones come again."""
    drawn = [draw() for _ in range(min(count, _DRAWN))]
    return drawn if count <= _DRAWN else (drawn * (count // _DRAWN + 1))[:count]


def _size(dice: random.Random, least: int, most: int, index: int) -> int:
    return least if index == 0 else most if index == 1 else dice.randint(least, most)


def _normal(dice: random.Random, kind: int) -> float:
    """A number around 0: with few digits, so that it can be read; equal ones, zeros, negative ones, tiny and larger."""
    style = kind % 5
    if style == 1:
        return float(dice.choice((-2, -1, 0, 0, 1, 2)))
    if style == 2:
        return -round(abs(dice.gauss(0, 1)), 2)
    if style == 3:
        return round(dice.gauss(0, 5), 2)
    if style == 4:
        return round(dice.gauss(0, 1), 2) * 1e-3
    return round(dice.gauss(0, 1), 2)
