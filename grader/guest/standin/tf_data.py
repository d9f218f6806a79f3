"""`tf.data` as MNIST notebooks use it: pipelines over arrays, with torch's tensors as elements."""

import math
import random
from itertools import chain, islice, repeat
from typing import NamedTuple


class Facts(NamedTuple):
    """What a pipeline says of the batches that it gives; None where it can't be known."""

    samples: int | None
    batch_size: int | None = None
    drop_last: bool = False
    window: int = 1  # samples among which the next one is drawn
    endless: bool = False

    @property
    def elements(self):
        """How many elements one pass has."""
        if self.endless or self.samples is None or not self.batch_size:
            return None if self.endless else self.samples
        return (math.floor if self.drop_last else math.ceil)(self.samples / self.batch_size)


def make(torch, keras, missing):
    """The class Dataset, which Keras takes to train on; `missing(name)` is the error where something is not here."""
    from keras.src.trainers.data_adapters.data_adapter import DataAdapter

    def tensors(value):
        if isinstance(value, (tuple, list)) and any(hasattr(part, "shape") for part in value):
            return tuple(tensors(part) for part in value)
        if isinstance(value, dict):
            return {key: tensors(part) for key, part in value.items()}
        return torch.as_tensor(value)

    def stacked(elements):
        first = elements[0]
        if isinstance(first, tuple):
            return tuple(stacked(parts) for parts in zip(*elements))
        if isinstance(first, dict):
            return {key: stacked([element[key] for element in elements]) for key in first}
        return torch.stack([torch.as_tensor(element) for element in elements])

    def leaf(value):
        while isinstance(value, (tuple, dict)):
            value = next(iter(value.values() if isinstance(value, dict) else value))
        return value

    def part(value, index):
        if isinstance(value, tuple):
            return tuple(part(v, index) for v in value)
        if isinstance(value, dict):
            return {key: part(v, index) for key, v in value.items()}
        return value[index]

    class Dataset(DataAdapter):
        """Elements by their keys: what orders them moves keys about, what changes them waits until one is asked for."""

        def __init__(self, keys, element, facts):
            self.keys, self.element, self.facts = keys, element, facts

        def __getattr__(self, name):
            if name.startswith("_"):
                raise AttributeError(name)
            raise missing(f"tf.data.Dataset.{name}")

        def __iter__(self):
            return (self.element(key) for key in self.keys())

        def __len__(self):
            if self.facts.elements is None:
                raise TypeError("The dataset is infinite, or its length is unknown.")
            return self.facts.elements

        # where elements come from

        @staticmethod
        def from_tensor_slices(values):
            values = tensors(values)
            count = len(leaf(values))
            return Dataset(lambda: range(count), lambda key: part(values, key), Facts(count))

        @staticmethod
        def from_tensors(value):
            value = tensors(value)
            return Dataset(lambda: range(1), lambda key: value, Facts(1))

        @staticmethod
        def from_generator(generator, *args, **kwargs):
            return Dataset(generator, tensors, Facts(None))

        @staticmethod
        def range(*args):
            return Dataset(lambda: range(*args), torch.as_tensor, Facts(len(range(*args))))

        @staticmethod
        def zip(*datasets):
            datasets = datasets[0] if len(datasets) == 1 else datasets
            first = datasets[0]

            def element(keys):
                return tuple(dataset.element(key) for dataset, key in zip(datasets, keys))

            return Dataset(lambda: zip(*(dataset.keys() for dataset in datasets)), element, first.facts)

        # what is done with them

        def changed(self, keys=None, element=None, **facts):
            return Dataset(keys or self.keys, element or self.element, self.facts._replace(**facts))

        def map(self, function, *args, **kwargs):
            def element(key):
                value = self.element(key)
                return function(*value) if isinstance(value, tuple) else function(value)

            return self.changed(element=element)

        def shuffle(self, buffer_size, seed=None, reshuffle_each_iteration=True, **kwargs):
            window = int(buffer_size)
            draws = random.Random(seed if seed is not None else int(torch.randint(2**31, ())))  # noqa: S311
            samples = window * (self.facts.batch_size or 1)
            fixed = draws.random()

            def keys():
                order = draws if reshuffle_each_iteration is not False else random.Random(fixed)  # noqa: S311
                return _shuffled(self.keys(), window, order)

            return self.changed(keys, window=max(samples, self.facts.window))

        def batch(self, batch_size, drop_remainder=False, **kwargs):
            size = int(batch_size)

            def keys():
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

        def unbatch(self):
            def keys():
                return ((key, row) for key in self.keys() for row in range(len(leaf(self.element(key)))))

            return self.changed(keys, lambda key: part(self.element(key[0]), key[1]), batch_size=None, drop_last=False)

        def repeat(self, count=None):
            if count is None or count < 0:
                return self.changed(lambda: chain.from_iterable(self.keys() for _ in repeat(None)), endless=True)
            samples = self.facts.samples and self.facts.samples * count
            return self.changed(lambda: chain.from_iterable(self.keys() for _ in range(count)), samples=samples)

        def take(self, count):
            if count < 0:
                return self
            taken, known = count * (self.facts.batch_size or 1), self.facts.samples
            samples = taken if self.facts.endless else known and min(taken, known)
            return self.changed(lambda: islice(self.keys(), count), samples=samples, endless=False)

        def skip(self, count):
            known = self.facts.samples
            samples = known and max(known - count * (self.facts.batch_size or 1), 0)
            return self.changed(lambda: islice(self.keys(), count, None), samples=samples)

        def filter(self, predicate, **kwargs):
            def kept(key):
                value = self.element(key)
                return bool(predicate(*value) if isinstance(value, tuple) else predicate(value))

            return self.changed(lambda: (key for key in self.keys() if kept(key)), samples=None)

        def enumerate(self, start=0):
            return self.changed(
                lambda: enumerate(self.keys(), start), lambda key: (torch.as_tensor(key[0]), self.element(key[1]))
            )

        def concatenate(self, other):
            counts = (self.facts.samples, other.facts.samples)

            def keys():
                return ((source, key) for source, order in ((self, self.keys), (other, other.keys)) for key in order())

            return self.changed(
                keys, lambda key: key[0].element(key[1]), samples=None if None in counts else sum(counts)
            )

        def prefetch(self, *args, **kwargs):
            return self

        cache = with_options = prefetch

        def cardinality(self):
            return torch.as_tensor(-2 if self.facts.elements is None else self.facts.elements)

        def as_numpy_iterator(self):
            return (keras.tree.map_structure(keras.ops.convert_to_numpy, element) for element in self)

        # as Keras asks for what it trains on

        def get_torch_dataloader(self):
            return self

        def get_numpy_iterator(self):
            return self.as_numpy_iterator()

        @property
        def num_batches(self):
            return self.facts.elements

        @property
        def batch_size(self):
            return self.facts.batch_size

        @property
        def has_partial_batch(self):
            return False

        @property
        def partial_batch_size(self):
            return None

    _weigh_classes(Dataset)
    return Dataset


def _weigh_classes(kind) -> None:
    """Have Keras weigh the samples of a pipeline by their classes, which it leaves to adapters of its own."""
    from keras.src.trainers import data_adapters
    from keras.src.trainers.data_adapters import data_adapter_utils

    original = data_adapters.get_data_adapter

    def get_data_adapter(x, *args, class_weight=None, **kwargs):
        if isinstance(x, kind) and class_weight:
            weights = data_adapter_utils.class_weight_to_sample_weights
            x = x.map(lambda inputs, labels: (inputs, labels, weights(labels, class_weight)))
        return original(x, *args, class_weight=class_weight, **kwargs)

    data_adapters.get_data_adapter = get_data_adapter


def _shuffled(keys, window, draws):
    """Each key drawn from the next `window` of those that are left, as TensorFlow does."""
    waiting = iter(keys)
    held = list(islice(waiting, window))
    for key in waiting:
        place = draws.randrange(len(held))
        yield held[place]
        held[place] = key
    draws.shuffle(held)
    yield from held
