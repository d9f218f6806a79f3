"""How fast a replay's loaders are: torch's own beside those served from memory, and beside copying the bytes once.

Each row is an epoch of the real MNIST in batches of 64, shuffled, taken in turn in one run.
"""

import time
from collections.abc import Callable, Iterator

import torch
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import MNIST

from grader.datasets import served
from grader.guest.serve.memory import Memory

_ROUNDS = 3
_TRANSFORMS = {
    "ToTensor": transforms.ToTensor(),
    "ToTensor, Normalize": transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]),
    "and a Lambda that flattens": transforms.Compose(
        [transforms.ToTensor(), transforms.Lambda(lambda image: image.view(-1))]
    ),
}


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    print("transforms                    torch s  first s  next s  copy s   ratio  over 10 epochs")
    for name, transform in _TRANSFORMS.items():
        dataset = MNIST(str(served("mnist")["mnist"]), transform=transform)
        loader = DataLoader(dataset, batch_size=64, shuffle=True)
        plain, first, following, copied = [], [], [], []
        for _ in range(_ROUNDS):
            memory = Memory(torch)
            plain.append(_seconds(lambda: iter(loader)))  # noqa: B023  called at once
            first.append(_seconds(lambda: _served(memory, loader)))  # noqa: B023
            following.append(_seconds(lambda: _served(memory, loader)))  # noqa: B023
            images, _ = memory.of(dataset)(torch.arange(len(dataset)))
            started = time.perf_counter()
            images.clone()
            copied.append(time.perf_counter() - started)
        one, begin, after, copy = (sorted(times)[_ROUNDS // 2] for times in (plain, first, following, copied))
        ten = 10 * one / (begin + 9 * after)
        print(f"{name:28} {one:8.2f} {begin:8.2f} {after:7.2f} {copy:7.3f} {one / after:7.1f} {ten:15.1f}")


def _served(memory: Memory, loader: DataLoader) -> Iterator[object]:
    samples = memory.samples(loader)
    assert samples is not None
    return memory.batches(loader, samples)


def _seconds(make: Callable[[], Iterator[object]]) -> float:
    started = time.perf_counter()
    for _ in make():
        pass
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
