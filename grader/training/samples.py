"""A training split as tensors, shared by all lanes."""

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from grader.datasets import Split

_CHUNK = 2000


class Samples:
    """Raw images (N, height, width) or (N, 3, height, width) uint8, labels (N,) int64."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self.images, self.labels = images, labels

    @classmethod
    def of(cls, split: Split) -> "Samples":
        """The samples of a split; images stay where they are in memory."""
        images = torch.from_numpy(np.ascontiguousarray(split.images))
        return cls(images, torch.from_numpy(split.labels.astype(np.int64)))

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
