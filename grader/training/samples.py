"""A training split as tensors, shared by all lanes."""

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from grader.datasets import Split


class Samples:
    """Raw images (N, height, width) uint8, labels (N,) int64."""

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
        flat = self.images.flatten(1)
        width, values = flat.shape[1], flat.numpy().reshape(-1)
        where = np.flatnonzero(values)
        begins = np.searchsorted(where, np.arange(len(flat) + 1) * width)
        places = (where % width).astype(np.int16)
        return torch.from_numpy(begins), torch.from_numpy(places), torch.from_numpy(values[where])
