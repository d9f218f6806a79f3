"""Serves loaders from tensors in memory: the same batches in the same order, without making each sample anew."""

import random
import weakref

_CHECKED = 32  # samples that must come out of memory as they come out of the data set
_MOST_VALUES = 300_000_000  # of all data sets together


class Memory:
    """The data sets that were read so far, as pairs of tensors; the oldest leave when there are too many."""

    def __init__(self, torch):
        self.torch = torch
        self.held = {}  # id of a data set -> (a reference to it, what it was made of, inputs, labels)
        self.refused = weakref.WeakSet()

    def install(self) -> None:
        """Serve every loader whose batches are sure to be the same."""
        loader_class = self.torch.utils.data.DataLoader
        original, memory = loader_class.__iter__, self

        def served(loader):
            pair = memory.pair(loader)
            return original(loader) if pair is None else memory.batches(loader, *pair)

        loader_class.__iter__ = served

    def batches(self, loader, inputs, labels):
        """What the loader gives, drawn with the same random numbers."""
        torch = self.torch
        drawn = iter(loader.batch_sampler)
        torch.empty((), dtype=torch.int64).random_(generator=loader.generator)  # the loader's seed for its workers
        for batch in drawn:
            rows = torch.as_tensor(batch)
            yield [inputs[rows], labels[rows]]

    def pair(self, loader):
        """(inputs, labels) of the loader's data set, whole; None when its batches may be others than those."""
        kinds = self.torch.utils.data
        plain = (
            type(loader) is kinds.DataLoader
            and loader.batch_sampler is not None
            and loader.collate_fn is kinds.default_collate
            and loader.worker_init_fn is None
        )
        return self.of(loader.dataset) if plain else None

    def of(self, dataset):
        """(inputs, labels) of a data set."""
        torch = self.torch
        kinds = torch.utils.data
        if type(dataset) is kinds.TensorDataset:
            return tuple(dataset.tensors) if len(dataset.tensors) == 2 else None
        if type(dataset) is kinds.Subset:
            whole = self.of(dataset.dataset)
            if whole is None:
                return None
            rows = torch.as_tensor([int(i) for i in dataset.indices], dtype=torch.int64)
            return self.keep(dataset, lambda: tuple(part[rows] for part in whole))
        if not _is_images(dataset) or dataset in self.refused:
            return None
        return self.keep(dataset, lambda: self.read(dataset))

    def keep(self, dataset, read):
        """What was read of this data set, unless it has changed since."""
        made_of = _made_of(dataset)
        held = self.held.get(id(dataset))
        if held and held[0]() is dataset and held[1] == made_of:
            return held[2]
        pair = read()
        if pair is None:
            self.refused.add(dataset)
            return None
        self.held[id(dataset)] = (weakref.ref(dataset), made_of, pair)
        while len(self.held) > 1 and sum(entry[2][0].numel() for entry in self.held.values()) > _MOST_VALUES:
            self.held.pop(next(iter(self.held)))
        return pair

    def read(self, dataset):
        """Every sample once: all at a time where the transforms are known, else one by one.

        None when a sample depends on more than its place: what draws random numbers must be drawn for each epoch.
        """
        torch = self.torch
        before = self.numbers()
        some = [dataset[i] for i in range(min(_CHECKED, len(dataset)))]
        again = [dataset[i] for i in range(len(some))]
        if not some or self.numbers() != before:
            return None
        for (one, label), (other, _) in zip(some, again):
            if not isinstance(one, torch.Tensor) or not isinstance(label, int) or not _same(one, other):
                return None
        inputs = _at_once(dataset, torch)
        if inputs is None or not all(_same(one, row) for (one, _), row in zip(some, inputs)):
            inputs = torch.stack([dataset[i][0] for i in range(len(dataset))])
            if self.numbers() != before:
                return None
        return inputs, torch.as_tensor([int(label) for label in dataset.targets])

    def numbers(self):
        """The state of everything that random numbers are drawn from."""
        import numpy

        drawn = numpy.random.get_state()
        return self.torch.get_rng_state().tolist(), random.getstate(), (drawn[1].tolist(), *drawn[2:])


def _is_images(dataset) -> bool:
    """torchvision's MNIST itself: a subclass may give anything."""
    kind = type(dataset)
    return kind.__name__ == "MNIST" and kind.__module__ == "torchvision.datasets.mnist" and not dataset.target_transform


def _made_of(dataset):
    """What changes when a data set gives other samples."""
    data, transform = getattr(dataset, "data", None), getattr(dataset, "transform", None)
    targets = getattr(dataset, "targets", None)
    version = getattr(data, "_version", 0), getattr(targets, "_version", 0)
    return id(data), id(targets), version, id(transform), id(getattr(dataset, "indices", None)), len(dataset)


def _at_once(dataset, torch):
    """All samples by the arithmetic of ToTensor and Normalize, or None when there is another transform."""
    transform = dataset.transform
    steps = list(getattr(transform, "transforms", [transform]))
    if [type(step).__name__ for step in steps] not in (["ToTensor"], ["ToTensor", "Normalize"]):
        return None
    inputs = dataset.data.unsqueeze(1).to(torch.get_default_dtype()).div(255)
    if len(steps) == 2:
        mean, std = (torch.as_tensor(v, dtype=inputs.dtype).view(-1, 1, 1) for v in (steps[1].mean, steps[1].std))
        inputs.sub_(mean).div_(std)
    return inputs


def _same(one, other) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and bool((one == other).all())
