"""`tf.data` as MNIST notebooks use it: pipelines over arrays, with torch's tensors as elements."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice, repeat
from typing import Any, NamedTuple, Never

Keys = Callable[[], Iterable[Any]]  # the keys of the elements, in a new order each time
Element = Callable[[Any], Any]  # the element of a key


class Facts(NamedTuple):
    """What a pipeline says of the batches that it gives; None where it can't be known."""

    samples: int | None
    batch_size: int | None = None
    drop_last: bool = False
    window: int = 1  # samples among which the next one is drawn
    endless: bool = False

    @property
    def elements(self) -> int | None:
        """How many elements one pass has."""
        if self.endless or self.samples is None or not self.batch_size:
            return None if self.endless else self.samples
        return (math.floor if self.drop_last else math.ceil)(self.samples / self.batch_size)


def make(torch: Any, keras: Any, missing: Callable[[str], Exception]) -> type[Any]:
    """The class Dataset, which Keras takes to train on; `missing(name)` is the error where something is not here."""
    from keras.src.trainers.data_adapters.data_adapter import DataAdapter

    def tensors(value: Any) -> Any:
        """Arrays as tensors, in tuples and dicts as they came."""
        if isinstance(value, (tuple, list)) and any(hasattr(part, "shape") for part in value):
            return tuple(tensors(part) for part in value)
        if isinstance(value, dict):
            return {key: tensors(part) for key, part in value.items()}
        return torch.as_tensor(value)

    def stacked(elements: Sequence[Any]) -> Any:
        """A batch of elements."""
        first = elements[0]
        if isinstance(first, tuple):
            return tuple(stacked(parts) for parts in zip(*elements))
        if isinstance(first, dict):
            return {key: stacked([element[key] for element in elements]) for key in first}
        return torch.stack([torch.as_tensor(element) for element in elements])

    def leaf(value: Any) -> Any:
        """The first tensor of an element."""
        while isinstance(value, (tuple, dict)):
            value = next(iter(value.values() if isinstance(value, dict) else value))
        return value

    def part(value: Any, index: int) -> Any:
        """One row of each tensor of an element."""
        if isinstance(value, tuple):
            return tuple(part(v, index) for v in value)
        if isinstance(value, dict):
            return {key: part(v, index) for key, v in value.items()}
        return value[index]

    class Dataset(DataAdapter):  # type: ignore[misc]  # Keras ships no types
        """Elements by their keys: what orders them moves keys about, what changes them waits until one is asked for.

        Its methods are those of `tf.data.Dataset`, and those of Keras's adapter of data; what watches reads `facts`.
        """

        def __init__(self, keys: Keys, element: Element, facts: Facts) -> None:
            self.keys, self.element, self.facts = keys, element, facts

        def __getattr__(self, name: str) -> Never:
            if name.startswith("_"):
                raise AttributeError(name)
            raise missing(f"tf.data.Dataset.{name}")

        def __iter__(self) -> Iterator[Any]:
            return (self.element(key) for key in self.keys())

        def __len__(self) -> int:
            if self.facts.elements is None:
                raise TypeError("The dataset is infinite, or its length is unknown.")
            return self.facts.elements

        # where elements come from

        @staticmethod
        def from_tensor_slices(values: Any) -> Dataset:
            """An element a row of the arrays."""
            values = tensors(values)
            count = len(leaf(values))
            return Dataset(lambda: range(count), lambda key: part(values, key), Facts(count))

        @staticmethod
        def from_tensors(value: Any) -> Dataset:
            """One element, the arrays themselves."""
            value = tensors(value)
            return Dataset(lambda: range(1), lambda key: value, Facts(1))

        @staticmethod
        def from_generator(generator: Keys, *args: Any, **kwargs: Any) -> Dataset:
            """What a function yields, called once a pass; how much that is isn't known."""
            return Dataset(generator, tensors, Facts(None))

        @staticmethod
        def range(*args: int) -> Dataset:
            """Numbers, as Python counts."""
            return Dataset(lambda: range(*args), torch.as_tensor, Facts(len(range(*args))))

        @staticmethod
        def zip(*datasets: Any) -> Dataset:
            """Elements of several pipelines side by side; the first says how many and in which batches."""
            datasets = datasets[0] if len(datasets) == 1 else datasets
            first = datasets[0]

            def element(keys: tuple[Any, ...]) -> tuple[Any, ...]:
                return tuple(dataset.element(key) for dataset, key in zip(datasets, keys))

            return Dataset(lambda: zip(*(dataset.keys() for dataset in datasets)), element, first.facts)

        # what is done with them

        def changed(self, keys: Keys | None = None, element: Element | None = None, **facts: Any) -> Dataset:
            """The same pipeline but for what is given."""
            return Dataset(keys or self.keys, element or self.element, self.facts._replace(**facts))

        def map(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Dataset:
            """Each element changed; a tuple's parts are separate arguments."""

            def element(key: Any) -> Any:
                value = self.element(key)
                return function(*value) if isinstance(value, tuple) else function(value)

            return self.changed(element=element)

        def shuffle(
            self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool | None = True, **kwargs: Any
        ) -> Dataset:
            """Each element drawn from the next `buffer_size`, in another order each pass unless told otherwise."""
            window = int(buffer_size)
            draws = random.Random(seed if seed is not None else int(torch.randint(2**31, ())))  # noqa: S311
            samples = window * (self.facts.batch_size or 1)
            fixed = draws.random()

            def keys() -> Iterator[Any]:
                order = draws if reshuffle_each_iteration is not False else random.Random(fixed)  # noqa: S311
                return _shuffled(self.keys(), window, order)

            return self.changed(keys, window=max(samples, self.facts.window))

        def batch(self, batch_size: int, drop_remainder: bool = False, **kwargs: Any) -> Dataset:
            """Elements stacked by `batch_size`."""
            size = int(batch_size)

            def keys() -> Iterator[Any]:
                waiting = iter(self.keys())
                while chunk := list(islice(waiting, size)):
                    if len(chunk) == size or not drop_remainder:
                        yield chunk

            whole = size * (self.facts.batch_size or 1)
            return self.changed(
                keys,
                lambda chunk: stacked([self.element(key) for key in chunk]),
                batch_size=whole,
                drop_last=bool(drop_remainder),
            )

        def unbatch(self) -> Dataset:
            """Each row of a batch an element again."""

            def keys() -> Iterator[Any]:
                return ((key, row) for key in self.keys() for row in range(len(leaf(self.element(key)))))

            return self.changed(keys, lambda key: part(self.element(key[0]), key[1]), batch_size=None, drop_last=False)

        def repeat(self, count: int | None = None) -> Dataset:
            """The pipeline `count` times over; endlessly for None or a negative count."""
            if count is None or count < 0:
                return self.changed(lambda: chain.from_iterable(self.keys() for _ in repeat(None)), endless=True)
            samples = self.facts.samples and self.facts.samples * count
            return self.changed(lambda: chain.from_iterable(self.keys() for _ in range(count)), samples=samples)

        def take(self, count: int) -> Dataset:
            """The first `count` elements; all for a negative count."""
            if count < 0:
                return self
            taken, known = count * (self.facts.batch_size or 1), self.facts.samples
            samples = taken if self.facts.endless else known and min(taken, known)
            return self.changed(lambda: islice(self.keys(), count), samples=samples, endless=False)

        def skip(self, count: int) -> Dataset:
            """What follows the first `count` elements."""
            known = self.facts.samples
            samples = known and max(known - count * (self.facts.batch_size or 1), 0)
            return self.changed(lambda: islice(self.keys(), count, None), samples=samples)

        def filter(self, predicate: Callable[..., Any], **kwargs: Any) -> Dataset:
            """The elements that the predicate holds for; how many isn't known."""

            def kept(key: Any) -> bool:
                value = self.element(key)
                return bool(predicate(*value) if isinstance(value, tuple) else predicate(value))

            return self.changed(lambda: (key for key in self.keys() if kept(key)), samples=None)

        def enumerate(self, start: int = 0) -> Dataset:
            """Elements with their numbers."""
            return self.changed(
                lambda: enumerate(self.keys(), start), lambda key: (torch.as_tensor(key[0]), self.element(key[1]))
            )

        def concatenate(self, other: Dataset) -> Dataset:
            """The elements of this pipeline, then those of the other."""
            counts = (self.facts.samples, other.facts.samples)

            def keys() -> Iterator[Any]:
                return ((source, key) for source, order in ((self, self.keys), (other, other.keys)) for key in order())

            return self.changed(
                keys, lambda key: key[0].element(key[1]), samples=None if None in counts else sum(counts)
            )

        def prefetch(self, *args: Any, **kwargs: Any) -> Dataset:
            """What only makes TensorFlow faster changes nothing."""
            return self

        cache = with_options = prefetch

        def cardinality(self) -> Any:
            """How many elements there are; -2 where that isn't known."""
            return torch.as_tensor(-2 if self.facts.elements is None else self.facts.elements)

        def as_numpy_iterator(self) -> Iterator[Any]:
            """The elements as numpy's arrays."""
            return (keras.tree.map_structure(keras.ops.convert_to_numpy, element) for element in self)

        # as Keras asks for what it trains on

        def get_torch_dataloader(self) -> Dataset:
            """What gives batches as tensors."""
            return self

        def get_numpy_iterator(self) -> Iterator[Any]:
            """What gives batches as arrays."""
            return self.as_numpy_iterator()

        @property
        def num_batches(self) -> int | None:
            """Batches of one pass; None where that isn't known."""
            return self.facts.elements

        @property
        def batch_size(self) -> int | None:
            """Samples of a batch; None before the pipeline is batched."""
            return self.facts.batch_size

        @property
        def has_partial_batch(self) -> bool:
            """Whether the last batch needs to be filled up: never."""
            return False

        @property
        def partial_batch_size(self) -> None:
            """Asked only where it does."""
            return None

    _weigh_classes(Dataset)
    return Dataset


def _weigh_classes(kind: type[Any]) -> None:
    """Have Keras weigh the samples of a pipeline by their classes, which it leaves to adapters of its own."""
    from keras.src.trainers import data_adapters
    from keras.src.trainers.data_adapters import data_adapter_utils

    original = data_adapters.get_data_adapter

    def get_data_adapter(x: Any, *args: Any, class_weight: dict[int, float] | None = None, **kwargs: Any) -> Any:
        if isinstance(x, kind) and class_weight:
            weights = data_adapter_utils.class_weight_to_sample_weights
            x = x.map(lambda inputs, labels: (inputs, labels, weights(labels, class_weight)))
        return original(x, *args, class_weight=class_weight, **kwargs)

    data_adapters.get_data_adapter = get_data_adapter


def _shuffled(keys: Iterable[Any], window: int, draws: random.Random) -> Iterator[Any]:
    """Each key drawn from the next `window` of those that are left, as TensorFlow does."""
    waiting = iter(keys)
    held = list(islice(waiting, window))
    for key in waiting:
        place = draws.randrange(len(held))
        yield held[place]
        held[place] = key
    draws.shuffle(held)
    yield from held
