"""A grading that waits for trainings which other processes do: it is begun again when they are there."""

from collections.abc import Sequence
from typing import Literal

Where = Literal["here", "elsewhere", "over"]
"""Where networks are trained: in this process, in others that are asked for it, or no more, since time is over."""


class Suspended(BaseException):
    """Names the steps that have to be done first. It is no error, and passes where errors are caught."""

    def __init__(self, steps: Sequence[object]) -> None:
        self.steps = tuple(steps)
        super().__init__(f"waits for {len(self.steps)} steps")
