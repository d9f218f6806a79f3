"""A data set as tensors on a device, shared by all lanes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from grader.core.network import InputSpec
from grader.datasets import Dataset, Split

_CHUNK = 2000


class Samples:
    """Raw images (N, height, width) or (N, 3, height, width) uint8, labels (N,) int64."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self.images, self.labels = images, labels

    @classmethod
    def of(cls, split: Split, device: str = "cpu") -> "Samples":
        """The samples of a split on a device; on the CPU images stay where they are in memory."""
        images = torch.from_numpy(np.ascontiguousarray(split.images))
        return cls(images.to(device), torch.from_numpy(split.labels.astype(np.int64)).to(device))

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def nonzero(self) -> tuple[Tensor, Tensor, Tensor]:
        """The nonzero pixels: where each image's begin, their places in their image, their values."""
        flat = self.images.flatten(1).numpy()
        begins = np.zeros(len(flat) + 1, np.int64)
        np.cumsum(np.count_nonzero(flat, axis=1), out=begins[1:])
        places, values = np.empty(begins[-1], np.int16), np.empty(begins[-1], np.uint8)
        for start in range(0, len(flat), _CHUNK):  # numpy's indices are 64 bits wide
            rows = flat[start : start + _CHUNK]
            where = np.nonzero(rows)
            part = slice(begins[start], begins[start + len(rows)])
            places[part], values[part] = where[1], rows[where]
        return torch.from_numpy(begins), torch.from_numpy(places), torch.from_numpy(values)


@dataclass(frozen=True)
class Data:
    """Both splits of a data set on a device."""

    train: Samples
    test: Samples
    classes: int

    @classmethod
    def of(cls, dataset: Dataset, device: str = "cpu") -> "Data":
        """The splits of a data set."""
        return cls(Samples.of(dataset.train, device), Samples.of(dataset.test, device), dataset.classes)


def inputs(images: Tensor, spec: InputSpec) -> Tensor:
    """Raw uint8 images (N, height, width) or (N, 3, height, width) as the network gets them: float32 (N, *shape)."""
    scaled = images.to(torch.float32).div_(spec.divide)
    if spec.mean or spec.std != 1:
        scaled.sub_(_each_channel(spec.mean, scaled)).div_(_each_channel(spec.std, scaled))
    if spec.channels_last and scaled.ndim == 4:
        scaled = scaled.movedim(1, -1)
    return scaled.reshape(len(images), *spec.shape)


def _each_channel(number: float | tuple[float, ...], like: Tensor) -> float | Tensor:
    return torch.tensor(number, device=like.device).view(-1, 1, 1) if isinstance(number, tuple) else number
