"""Loaders served from memory give the batches that torch's own give, bit for bit and in the same order."""

import struct

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, Subset, SubsetRandomSampler, TensorDataset, random_split
from torchvision import transforms
from torchvision.datasets import MNIST

from grader.guest.serve.memory import Memory

SCALED = transforms.ToTensor()
NORMALIZED = transforms.Compose([SCALED, transforms.Normalize((0.1307,), (0.3081,))])
FLAT = transforms.Compose([SCALED, transforms.Lambda(lambda image: image.view(-1) * 2 - 1)])
TURNED = transforms.Compose([transforms.RandomRotation(10), SCALED])
NOISY = transforms.Compose([SCALED, transforms.Lambda(lambda image: image + torch.randn_like(image))])


class Doubled(MNIST):
    raw_folder = property(lambda self: f"{self.root}/MNIST/raw")

    def __getitem__(self, index):
        image, label = super().__getitem__(index)
        return image * 2, label


class Squares(Dataset):
    def __len__(self):
        return 100

    def __getitem__(self, index):
        return torch.tensor([index**2]), index % 10


def tensors(count=150):
    return TensorDataset(torch.randn(count, 784, generator=torch.Generator().manual_seed(1)), torch.arange(count) % 10)


# name: the loader of a folder of images. These come from memory.
SERVED = {
    "shuffled": lambda root: DataLoader(MNIST(root, transform=SCALED), batch_size=32, shuffle=True),
    "in order": lambda root: DataLoader(MNIST(root, train=False, transform=SCALED), batch_size=50),
    "normalized": lambda root: DataLoader(MNIST(root, transform=NORMALIZED), batch_size=32, shuffle=True),
    "a transform of the notebook's own": lambda root: DataLoader(MNIST(root, transform=FLAT), 64, shuffle=True),
    "the last batch dropped": lambda root: DataLoader(MNIST(root, transform=SCALED), 64, shuffle=True, drop_last=True),
    "a generator of its own": lambda root: DataLoader(
        MNIST(root, transform=SCALED), 16, shuffle=True, generator=torch.Generator().manual_seed(5)
    ),
    "a part": lambda root: DataLoader(Subset(MNIST(root, transform=SCALED), range(70, 170)), 16, shuffle=True),
    "a random part": lambda root: DataLoader(random_split(MNIST(root, transform=SCALED), [150, 50])[1], 16),
    "a sampler": lambda root: DataLoader(MNIST(root, transform=SCALED), 16, sampler=SubsetRandomSampler(range(90))),
    "tensors": lambda root: DataLoader(tensors(), batch_size=20, shuffle=True),
    "workers": lambda root: DataLoader(MNIST(root, transform=SCALED), batch_size=32, shuffle=True, num_workers=1),
}
# These draw anew for every epoch, or do what is not known.
NOT_SERVED = {
    "turned at random": lambda root: DataLoader(MNIST(root, transform=TURNED), batch_size=32),
    "noise": lambda root: DataLoader(MNIST(root, transform=NOISY), batch_size=32),
    "a subclass": lambda root: DataLoader(Doubled(root, transform=SCALED), batch_size=32),
    "a data set of the notebook's own": lambda root: DataLoader(Squares(), batch_size=32),
    "put together in another way": lambda root: DataLoader(MNIST(root), batch_size=8, collate_fn=list),
    "pictures": lambda root: DataLoader(MNIST(root), batch_size=8),
    "labels changed on the way": lambda root: DataLoader(
        MNIST(root, transform=SCALED, target_transform=lambda label: label + 1), batch_size=8
    ),
    "one at a time": lambda root: DataLoader(MNIST(root, transform=SCALED), batch_size=None),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder of random images in the format of MNIST."""
    folder = tmp_path_factory.mktemp("data")
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    numbers = np.random.default_rng(0)
    for split, count in (("train", 200), ("t10k", 100)):
        images = numbers.integers(0, 256, (count, 28, 28), np.uint8)
        labels = numbers.integers(0, 10, count, np.uint8)
        for kind, values in (("images", images), ("labels", labels)):
            header = struct.pack(f">HH{values.ndim}I", 0, 0x0800 + values.ndim, *values.shape)
            (raw / f"{split}-{kind}-idx{values.ndim}-ubyte").write_bytes(header + values.tobytes())
    return folder


def epochs(loader, passes):
    """Two epochs, and the random number that comes after them."""
    torch.manual_seed(3)
    batches = [batch for _ in range(2) for batch in passes(loader)]
    return batches, torch.rand(1)


@pytest.mark.parametrize("name", SERVED)
def test_the_same_batches_in_the_same_order(name, root):
    torch.manual_seed(0)  # random_split draws
    expected, after = epochs(SERVED[name](root), iter)
    torch.manual_seed(0)
    loader, memory = SERVED[name](root), Memory(torch)
    found, then = epochs(loader, lambda loader: memory.batches(loader, memory.samples(loader)))
    assert len(found) == len(expected) > 2
    for (inputs, labels), (theirs, classes) in zip(found, expected, strict=True):
        assert inputs.dtype == theirs.dtype and torch.equal(inputs, theirs)
        assert labels.dtype == classes.dtype and torch.equal(labels, classes)
    assert torch.equal(after, then)


@pytest.mark.parametrize("name", NOT_SERVED)
def test_what_may_change_is_left_to_torch(name, root):
    assert Memory(torch).samples(NOT_SERVED[name](root)) is None


def test_a_data_set_that_would_have_to_be_read_whole_is_left_to_torch_by_the_impatient(root):
    assert Memory(torch, patient=False).samples(SERVED["a transform of the notebook's own"](root)) is None
    assert Memory(torch, patient=False).samples(SERVED["normalized"](root)) is not None


def test_images_that_were_changed_are_read_anew(root):
    dataset, memory = MNIST(root, transform=FLAT), Memory(torch)
    before, _ = memory.of(dataset)(torch.arange(5))
    dataset.data.fill_(255)
    after, _ = memory.of(dataset)(torch.arange(5))
    assert not torch.equal(before, after) and bool((after == 1).all())
