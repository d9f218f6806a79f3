"""Serves loaders from tensors in memory: the same batches in the same order, without making each sample anew."""

from __future__ import annotations

import random
import weakref
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..datasets import data_sets
from ..origin import as_given, each_as_given, instead_of

if TYPE_CHECKING:
    from torch import Tensor
    from torch.utils.data import DataLoader

    Loader = DataLoader[Any]
    Samples = Callable[[Tensor], tuple[Tensor, Tensor]]  # places to (inputs, labels)

_CHECKED = 32  # samples that must come out of memory as they come out of the data set
_MOST_VALUES = 300_000_000  # of all data sets that were read whole


class Memory:
    """Gives samples by their places in a data set. Data sets that were read whole leave when they are too many.

    Where `patient` is False, no data set is read whole: one that would have to be is left to torch.
    """

    def __init__(self, torch: ModuleType, patient: bool = True) -> None:
        self.torch, self.patient = torch, patient
        # Id of a data set -> (a reference to it, what it was made of, what gives its samples, values).
        self.held: dict[int, tuple[weakref.ref[Any], object, Samples | None, int]] = {}

    def install(self) -> None:
        """Serve every loader whose batches are sure to be the same."""
        loader_class = self.torch.utils.data.DataLoader
        original, memory = loader_class.__iter__, self

        def served(loader: Loader) -> Iterator[Any]:
            samples = None
            with suppress(Exception):  # torch asks the data set itself then, and whoever made it sees what it raises
                samples = memory.samples(loader)
            return as_given(original, loader) if samples is None else memory.batches(loader, samples)

        loader_class.__iter__ = served

    def batches(self, loader: Loader, samples: Samples) -> Iterator[list[Tensor]]:
        """What the loader gives, drawn with the same random numbers."""
        torch = self.torch
        assert loader.batch_sampler is not None
        drawn = iter(loader.batch_sampler)
        fetcher = torch.utils.data._utils.fetch._MapDatasetFetcher(loader.dataset, True, loader.collate_fn, False)
        served = instead_of(fetcher.fetch, lambda batch: list(samples(torch.as_tensor(batch))))
        torch.empty((), dtype=torch.int64).random_(generator=loader.generator)  # the loader's seed for its workers
        for batch in each_as_given(drawn):
            yield as_given(served, batch)

    def samples(self, loader: Loader) -> Samples | None:
        """What gives (inputs, labels) for places in the loader's data set; None when its batches may be others."""
        kinds = self.torch.utils.data
        plain = (
            type(loader) is kinds.DataLoader
            and loader.batch_sampler is not None
            and loader.collate_fn is kinds.default_collate
            and loader.worker_init_fn is None
        )
        return self.of(loader.dataset) if plain else None

    def of(self, dataset: Any) -> Samples | None:
        """The same for a data set."""
        if not self.is_known(dataset):
            return None
        made_of = _made_of(dataset)
        held = self.held.get(id(dataset))
        if held and held[0]() is dataset and held[1] == made_of:
            return held[2]
        samples, values = self.read(dataset)
        self.held[id(dataset)] = (weakref.ref(dataset), made_of, samples, values)
        while len(self.held) > 1 and sum(entry[3] for entry in self.held.values()) > _MOST_VALUES:
            self.held.pop(next(iter(self.held)))
        return samples

    def is_known(self, dataset: Any) -> bool:
        """Whether its samples may be given otherwise than by itself: it may be anything, such as a list."""
        kinds = self.torch.utils.data
        pair = type(dataset) is kinds.TensorDataset and len(dataset.tensors) == 2
        return pair or type(dataset) is kinds.Subset or (_is_images(dataset) and len(dataset) > 0)

    def read(self, dataset: Any) -> tuple[Samples | None, int]:
        """(what gives a data set's samples or None, how many values it holds)."""
        torch, kinds = self.torch, self.torch.utils.data
        if type(dataset) is kinds.TensorDataset:
            inputs, labels = dataset.tensors
            return lambda rows: (inputs[rows], labels[rows]), 0
        if type(dataset) is kinds.Subset:
            whole, places = self.of(dataset.dataset), torch.as_tensor([int(i) for i in dataset.indices])
            return (None if whole is None else lambda rows: whole(places[rows])), 0
        before = self.numbers()
        some = [dataset[i] for i in range(min(_CHECKED, len(dataset)))]
        again = [dataset[i] for i in range(len(some))]
        # A sample that depends on more than its place must be made anew for each epoch.
        steady = self.numbers() == before and all(
            isinstance(one, torch.Tensor) and isinstance(label, int) and _same(one, other)
            for (one, label), (other, _) in zip(some, again)
        )
        return self.images(dataset, some) if steady else (None, 0)

    def images(self, dataset: Any, some: Sequence[tuple[Tensor, int]]) -> tuple[Samples | None, int]:
        """The same for images whose first samples are `some`: by arithmetic, else by reading each sample once."""
        torch = self.torch
        labels = torch.as_tensor([int(label) for label in dataset.targets])
        arithmetic = _arithmetic(dataset, torch)
        if arithmetic is not None:
            quick = arithmetic(torch.arange(len(some)))
            if all(_same(one, row) for (one, _), row in zip(some, quick)):
                return lambda rows: (arithmetic(rows), labels[rows]), 0
        if not self.patient:
            return None, 0
        before = self.numbers()
        inputs = torch.stack([dataset[i][0] for i in range(len(dataset))])
        if self.numbers() != before:
            return None, 0
        return lambda rows: (inputs[rows], labels[rows]), inputs.numel()

    def numbers(self) -> tuple[object, ...]:
        """The state of everything that random numbers are drawn from."""
        import numpy

        drawn: Any = numpy.random.get_state()
        return self.torch.get_rng_state().tolist(), random.getstate(), (drawn[1].tolist(), *drawn[2:])


def _is_images(dataset: Any) -> bool:
    """A known data set as torchvision has it: a subclass may give anything."""
    kind = type(dataset)
    known = {entry.torchvision for entry in data_sets().values()}
    return kind.__name__ in known and kind.__module__.startswith("torchvision.") and not dataset.target_transform


def _made_of(dataset: Any) -> object:
    """What changes when a data set gives other samples."""
    data, transform = getattr(dataset, "data", None), getattr(dataset, "transform", None)
    targets = getattr(dataset, "targets", None)
    version = (_version(data), _version(targets)) if _is_images(dataset) else ()
    return id(data), id(targets), version, id(transform), id(getattr(dataset, "indices", None)), len(dataset)


def _version(values: Any) -> int:
    """What changes when the values of a known data set do in place."""
    if hasattr(values, "_version"):
        version: int = values._version
        return version
    return zlib.crc32(values.tobytes() if hasattr(values, "tobytes") else str(values).encode())


def _arithmetic(dataset: Any, torch: ModuleType) -> Callable[[Tensor], Tensor] | None:
    """What makes inputs as ToTensor and Normalize do, many at a time; None when there is another transform."""
    transform = dataset.transform
    steps = list(getattr(transform, "transforms", [transform]))
    if [type(step).__name__ for step in steps] not in (["ToTensor"], ["ToTensor", "Normalize"]):
        return None
    kind = torch.get_default_dtype()
    mean, std = None, None
    if len(steps) == 2:
        mean, std = (torch.as_tensor(v, dtype=kind).view(-1, 1, 1) for v in (steps[1].mean, steps[1].std))

    def inputs(rows: Tensor) -> Tensor:
        values = _channels_first(torch.as_tensor(dataset.data)[rows]).to(kind).div(255)
        return values if mean is None or std is None else values.sub_(mean).div_(std)

    return inputs


def _channels_first(images: Tensor) -> Tensor:
    """Images N x height x width, or with colours last, as N x channels x height x width."""
    return images.unsqueeze(1) if images.ndim == 3 else images.permute(0, 3, 1, 2).contiguous()


def _same(one: Tensor, other: Tensor) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and bool((one == other).all())
