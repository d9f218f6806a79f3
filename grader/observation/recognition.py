"""Finds the samples that a network was given in the host's own data, and with them how pixels became inputs."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from grader.core.network import InputSpec
from grader.core.record import Record
from grader.datasets import Dataset, Split

_Floats = np.ndarray[Any, np.dtype[np.float64]]
_Numbers = np.ndarray[Any, np.dtype[Any]]
_ALIKE = 0.9999  # correlation of a sample with the image that it was made of
_TOLERANCE = 1e-4
_ROWS = 200  # images at a time: they stay in the processor's cache
_LEAST_SPREAD = {4: 1e-6, 8: 1e-12}  # by bytes of a number: below, it is rounding


class Sample(Record):
    """One input of a network, flattened, and the class that the loss compared its output with."""

    values: Annotated[tuple[float, ...], Field(max_length=10**5)]
    label: int


class Recognised(Record):
    """The images behind k samples, and the line, value = slope * pixel + offset, that made them, of each channel.

    `pixels` and `values` are (k, channels, pixels of a channel); `slopes` and `offsets` are one number where one line
    made all channels. `channels_last`: the samples hold all channels of a pixel side by side.
    """

    model_config = {"arbitrary_types_allowed": True, "frozen": True}

    pixels: _Floats
    values: _Floats
    maximum: int
    slopes: tuple[float, ...]
    offsets: tuple[float, ...]
    channels_last: bool
    in_test_split: bool
    other_labels: bool

    def fits(self, spec: InputSpec) -> bool:
        """Whether a spec makes the samples of their pixels."""
        mean, std = (np.reshape(number, (-1, 1)) for number in (spec.mean, spec.std))
        alike = spec.channels_last == self.channels_last and max(len(mean), len(std)) in (1, self.pixels.shape[1])
        return alike and _close((self.pixels / spec.divide - mean) / std, self.values)

    def inputs(self, shape: tuple[int, ...]) -> InputSpec:
        """The lines as a spec, in the words that people use: a divisor, else mean and standard deviation."""
        spec = InputSpec(shape=shape, channels_last=self.channels_last)
        if len(self.slopes) == 1 and abs(self.offsets[0]) < _TOLERANCE:
            return spec.model_copy(update={"divide": _plain(1 / self.slopes[0])})
        std = [1 / (slope * self.maximum) for slope in self.slopes]
        mean = [-offset * each for offset, each in zip(self.offsets, std, strict=True)]
        scaling = {"mean": by_channel(map(_plain, mean)), "std": by_channel(map(_plain, std))}
        return spec.model_copy(update={"divide": float(self.maximum), **scaling})


def recognise(samples: Sequence[Sample], dataset: Dataset) -> Recognised | None:
    """Find each sample as a rescaled image of the data set; None unless all are found, rescaled alike.

    Colours may have been put last, as NumPy and Keras have them.
    """
    size = dataset.train.images[0].size
    if not samples or any(len(sample.values) != size for sample in samples):
        return None
    values = np.array([sample.values for sample in samples], dtype=np.float64)
    if not np.isfinite(values).all():
        return None
    labels = [sample.label for sample in samples]
    found = _recognise(values.reshape(len(values), dataset.channels, -1), labels, dataset, channels_last=False)
    if found is None and dataset.channels > 1:
        swapped = values.reshape(len(values), -1, dataset.channels).swapaxes(1, 2)
        found = _recognise(swapped, labels, dataset, channels_last=True)
    return found


def _recognise(values: _Floats, labels: list[int], dataset: Dataset, *, channels_last: bool) -> Recognised | None:
    directions, varying = _directions(values)
    if not varying.all():
        return None
    found = [_best(split, directions) for split in (dataset.train, dataset.test)]
    in_test = found[1][0] > found[0][0]
    if not (np.maximum(found[0][0], found[1][0]) / varying >= _ALIKE).all():
        return None
    splits = [dataset.test if test else dataset.train for test in in_test]
    rows = np.where(in_test, found[1][1], found[0][1])
    images = [split.images[row] for split, row in zip(splits, rows, strict=True)]
    pixels = np.array(images, dtype=np.float64).reshape(values.shape)
    lines = _lines(pixels, values)
    if lines is None:
        return None
    return Recognised(
        pixels=pixels,
        values=values,
        maximum=dataset.maximum,
        slopes=lines[0],
        offsets=lines[1],
        channels_last=channels_last,
        in_test_split=bool(in_test.any()),
        other_labels=labels != [split.labels[row] for split, row in zip(splits, rows, strict=True)],
    )


def _lines(pixels: _Floats, values: _Floats) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """(slopes, offsets) of one line for all channels, else of one for each; None where no such lines explain all."""
    one = pixels.reshape(1, 1, -1), values.reshape(1, 1, -1)
    for given, made in (one, (pixels, values))[: pixels.shape[1]]:
        if (np.ptp(given, axis=(0, 2)) == 0).any():
            return None
        fitted = [np.polyfit(given[:, i].ravel(), made[:, i].ravel(), 1) for i in range(given.shape[1])]
        slopes, offsets = np.array(fitted, dtype=np.float64).T
        if (slopes > 0).all() and _close(slopes[:, None] * given + offsets[:, None], made):
            return tuple(slopes.tolist()), tuple(offsets.tolist())
    return None


def _directions(rows: _Numbers) -> tuple[_Numbers, _Numbers]:
    """(rows (n, channels, pixels) as flat vectors, each channel without mean and of length 1; how many channels vary).

    Each channel by itself, since each may have been scaled by itself.
    """
    centred = rows - rows.mean(axis=2, keepdims=True)
    spread = np.linalg.norm(centred, axis=2, keepdims=True)
    least = _LEAST_SPREAD[rows.dtype.itemsize]
    return (centred / np.maximum(spread, least)).reshape(len(rows), -1), (spread > least).sum(axis=(1, 2))


def _best(split: Split, directions: _Floats) -> tuple[_Floats, np.ndarray[Any, np.dtype[np.int64]]]:
    """(the highest sum over channels of correlations of each direction with an image, the row of that image).

    A direction sums to zero in each channel, so it does not matter that the images keep their means.
    """
    count, channels = split.spreads.shape
    lengths = np.where(split.spreads > _LEAST_SPREAD[4], split.spreads, np.inf).T[:, :, None]
    wanted = directions.reshape(len(directions), channels, -1).astype(np.float32).transpose(1, 2, 0)
    parts = []
    for start in range(0, count, _ROWS):
        rows = slice(start, start + _ROWS)
        images = split.images[rows].astype(np.float32).reshape(-1, channels, wanted.shape[1]).transpose(1, 0, 2)
        parts.append((images @ wanted / lengths[:, rows]).sum(axis=0))
    correlations = np.concatenate(parts)
    return correlations.max(axis=0).astype(np.float64), correlations.argmax(axis=0)


def by_channel(numbers: Iterable[float]) -> float | tuple[float, ...]:
    """One number where all are the same."""
    found = tuple(numbers)
    return found[0] if len(set(found)) == 1 else found


def _close(one: _Floats, other: _Floats) -> bool:
    return bool(np.allclose(one, other, rtol=_TOLERANCE, atol=_TOLERANCE))


def _plain(number: float) -> float:
    """Without the last digits, which rounding made."""
    return float(f"{number:.5g}")
