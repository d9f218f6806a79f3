"""Losses and accuracies of batches, averaged in each of the ways that notebooks do it."""

import torch
from torch import Tensor

from grader.core.choices import Watched


class Means:
    """Sums over batches, kept where they are computed: asking for each would wait for the device."""

    def __init__(self) -> None:
        self.samples = self.batches = 0
        # Loss and accuracy: sums over samples, and over batches.
        self.by_sample: Tensor | None = None
        self.by_batch: Tensor | None = None

    def add(self, loss: Tensor, outputs: Tensor, labels: Tensor) -> None:
        """Take in one batch, by its mean loss."""
        right = (outputs.detach().argmax(1) == labels).sum().double()
        both = torch.stack([loss.detach().double(), right / len(labels)])
        self.by_sample = both * len(labels) if self.by_sample is None else self.by_sample + both * len(labels)
        self.by_batch = both if self.by_batch is None else self.by_batch + both
        self.samples, self.batches = self.samples + len(labels), self.batches + 1

    def of(self, watched: Watched) -> float:
        """The mean of what is watched; NaN of nothing."""
        each, count = (self.by_sample, self.samples) if watched.each == "sample" else (self.by_batch, self.batches)
        return float("nan") if each is None else float(each[int(watched.what == "accuracy")]) / count * watched.scale
