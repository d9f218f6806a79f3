"""How inputs were made is read off samples: one line for all, or for each channel, colours first or last."""

import numpy as np
import pytest
import torch

from grader.core.network import InputSpec
from grader.datasets import Dataset, Split
from grader.observation.recognition import Sample, recognise
from grader.training.samples import inputs

RANDOM = np.random.default_rng(0)


def dataset(shape):
    def split(count):
        return Split(
            RANDOM.integers(0, 256, (count, *shape)).astype(np.uint8), (np.arange(count) % 10).astype(np.uint8)
        )

    return Dataset("any", split(60), split(30), maximum=255)


COLOUR, GREY = dataset((3, 6, 5)), dataset((6, 5))
MEAN, STD = (0.49, 0.48, 0.45), (0.25, 0.24, 0.26)
# name: (data set, how inputs are made)
SPECS = {
    "grey": (GREY, InputSpec(shape=(30,), divide=255)),
    "grey, raw": (GREY, InputSpec(shape=(6, 5))),
    "grey, normalised": (GREY, InputSpec(shape=(1, 6, 5), divide=255, mean=0.1307, std=0.3081)),
    "colour": (COLOUR, InputSpec(shape=(3, 6, 5), divide=255)),
    "colour, one line": (COLOUR, InputSpec(shape=(3, 6, 5), divide=255, mean=0.5, std=0.5)),
    "colour, a line a channel": (COLOUR, InputSpec(shape=(3, 6, 5), divide=255, mean=MEAN, std=STD)),
    "colour, a mean a channel": (COLOUR, InputSpec(shape=(90,), divide=255, mean=MEAN, std=0.25)),
    "colours last": (COLOUR, InputSpec(shape=(6, 5, 3), divide=255, channels_last=True)),
    "colours last, flat": (COLOUR, InputSpec(shape=(90,), divide=255, mean=MEAN, std=STD, channels_last=True)),
}


def samples(data, spec, rows=range(3, 7)):
    made = inputs(torch.from_numpy(data.train.images[list(rows)]), spec).reshape(len(rows), -1)
    return [
        Sample(values=tuple(row), label=int(data.train.labels[i])) for i, row in zip(rows, made.tolist(), strict=True)
    ]


@pytest.mark.parametrize("name", SPECS)
def test_what_made_the_inputs_is_found(name):
    data, spec = SPECS[name]
    found = recognise(samples(data, spec), data)
    assert found is not None and found.fits(spec) and not (found.in_test_split or found.other_labels)
    again = found.inputs(spec.shape)
    assert found.fits(again) and again.channels_last == spec.channels_last
    images = torch.from_numpy(data.test.images)
    assert torch.allclose(inputs(images, again), inputs(images, spec), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", [name for name in SPECS if name.startswith("colour")])
def test_another_order_or_scaling_does_not_fit(name):
    data, spec = SPECS[name]
    found = recognise(samples(data, spec), data)
    others = (
        spec.model_copy(update={"channels_last": not spec.channels_last}),
        spec.model_copy(update={"mean": (0.1, 0.2, 0.3)}),
        spec.model_copy(update={"std": (0.5, 0.5, 0.4)}),
    )
    assert not any(found.fits(other) for other in others)


def test_colours_in_another_order_are_not_recognised():
    values = samples(COLOUR, SPECS["colour"][1])
    swapped = [
        Sample(values=tuple(np.reshape(sample.values, (3, -1))[::-1].ravel()), label=sample.label) for sample in values
    ]
    grey = [Sample(values=tuple(np.tile(sample.values[:30], 3)), label=sample.label) for sample in values]
    upside_down = [
        Sample(values=tuple(np.reshape(sample.values, (3, 6, 5))[:, ::-1].ravel()), label=sample.label)
        for sample in values
    ]
    assert [recognise(wrong, COLOUR) for wrong in (swapped, grey, upside_down)] == [None] * 3


def test_a_channel_of_one_value_is_recognised_with_the_others():
    images = COLOUR.train.images.copy()
    images[3, 1] = 7
    data = Dataset("any", Split(images, COLOUR.train.labels), COLOUR.test, maximum=255)
    spec = SPECS["colour, a line a channel"][1]
    assert recognise(samples(data, spec), data).fits(spec)
    assert recognise(samples(data, spec, rows=[3]), data) is None  # one value tells of no line


def test_the_test_split_and_other_labels_are_seen():
    spec = SPECS["colour"][1]
    data = Dataset("any", COLOUR.test, COLOUR.train, maximum=255)
    assert recognise(samples(COLOUR, spec), data).in_test_split
    renamed = [sample.model_copy(update={"label": sample.label + 1}) for sample in samples(COLOUR, spec)]
    assert recognise(renamed, COLOUR).other_labels
