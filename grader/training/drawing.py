"""The random numbers that images are changed with: torch's on the CPU, and Python's, which some transforms take."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor


class Drawing:
    """Both generators as one training has them; outside of its epochs they are as they were.

    On the CPU the training's own numbers are set within, so that images and dropout draw from one generator in turn,
    as in a notebook.
    """

    def __init__(self, numbers: Tensor) -> None:
        begin = random.Random(numbers.cpu().numpy().tobytes())  # noqa: S311  # no secret
        self.python = begin.getstate()
        self.torch = torch.Generator().manual_seed(begin.getrandbits(63)).get_state()

    @contextmanager
    def own(self) -> Iterator[None]:
        """Within it the generators are this training's."""
        python, numbers = random.getstate(), torch.default_generator.get_state()
        random.setstate(self.python)
        torch.default_generator.set_state(self.torch)
        try:
            yield
            self.python, self.torch = random.getstate(), torch.default_generator.get_state()
        finally:
            random.setstate(python)
            torch.default_generator.set_state(numbers)

    def state(self) -> dict[str, Any]:
        """Where both stand."""
        return {"python": self.python, "torch": self.torch}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        version, numbers, rest = state["python"]
        self.python, self.torch = (version, tuple(numbers), rest), state["torch"]
