"""Finds the samples that a network was given in the host's own data, and with them how pixels became inputs."""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from grader.core.network import InputSpec
from grader.core.record import Record
from grader.datasets import Dataset, Split

_Floats = np.ndarray[Any, np.dtype[np.float64]]
_ALIKE = 0.9999  # correlation of a sample with the image that it was made of
_TOLERANCE = 1e-4
_CHUNK = 10_000


class Sample(Record):
    """One input of a network, flattened, and the class that the loss compared its output with."""

    values: Annotated[tuple[float, ...], Field(max_length=10**5)]
    label: int


class Recognised(Record):
    """The images (k, pixels) behind k samples, and the one line, value = slope * pixel + offset, that made them."""

    model_config = {"arbitrary_types_allowed": True, "frozen": True}

    pixels: _Floats
    values: _Floats
    maximum: int
    slope: float
    offset: float
    in_test_split: bool
    other_labels: bool

    def fits(self, spec: InputSpec) -> bool:
        """Whether a spec makes the samples of their pixels."""
        return _close((self.pixels / spec.divide - spec.mean) / spec.std, self.values)

    def inputs(self, shape: tuple[int, ...]) -> InputSpec:
        """The line as a spec, in the words that people use: a divisor, else mean and standard deviation."""
        if abs(self.offset) < _TOLERANCE:
            return InputSpec(shape=shape, divide=_plain(1 / self.slope))
        std = 1 / (self.slope * self.maximum)
        return InputSpec(shape=shape, divide=self.maximum, mean=_plain(-self.offset * std), std=_plain(std))


def recognise(samples: Sequence[Sample], dataset: Dataset) -> Recognised | None:
    """Find each sample as a rescaled image of the data set; None unless all are found, rescaled alike."""
    size = dataset.train.images[0].size
    if not samples or any(len(sample.values) != size for sample in samples):
        return None
    values = np.array([sample.values for sample in samples], dtype=np.float64)
    centred = values - values.mean(axis=1, keepdims=True)
    spread = np.linalg.norm(centred, axis=1)
    if not np.isfinite(values).all() or not spread.all():
        return None
    found = [_best(split, centred / spread[:, None]) for split in (dataset.train, dataset.test)]
    in_test = found[1][0] > found[0][0]
    if not (np.maximum(found[0][0], found[1][0]) >= _ALIKE).all():
        return None
    splits = [dataset.test if test else dataset.train for test in in_test]
    rows = np.where(in_test, found[1][1], found[0][1])
    pixels = np.array([split.images[row].ravel() for split, row in zip(splits, rows, strict=True)], dtype=np.float64)
    slope, offset = (float(number) for number in np.polyfit(pixels.ravel(), values.ravel(), 1))
    if slope <= 0 or not _close(slope * pixels + offset, values):
        return None
    labels = [split.labels[row] for split, row in zip(splits, rows, strict=True)]
    return Recognised(
        pixels=pixels,
        values=values,
        maximum=dataset.maximum,
        slope=slope,
        offset=offset,
        in_test_split=bool(in_test.any()),
        other_labels=[sample.label for sample in samples] != labels,
    )


def _best(split: Split, directions: _Floats) -> tuple[_Floats, np.ndarray[Any, np.dtype[np.int64]]]:
    """(the highest correlation of each direction with an image, the row of that image)."""
    parts = []
    for start in range(0, len(split.labels), _CHUNK):
        images = split.images[start : start + _CHUNK].reshape(-1, directions.shape[1]).astype(np.float32)
        images -= images.mean(axis=1, keepdims=True)
        spread = np.linalg.norm(images, axis=1, keepdims=True)
        parts.append((images @ directions.T.astype(np.float32)) / np.maximum(spread, 1e-6))
    correlations = np.concatenate(parts)
    return correlations.max(axis=0).astype(np.float64), correlations.argmax(axis=0)


def _close(one: _Floats, other: _Floats) -> bool:
    return bool(np.allclose(one, other, rtol=_TOLERANCE, atol=_TOLERANCE))


def _plain(number: float) -> float:
    """Without the last digits, which rounding made."""
    return float(f"{number:.5g}")
