"""A grading that waits for trainings which other processes do: it is begun again when they are there."""

from collections.abc import Sequence


class Suspended(BaseException):
    """Names the steps that have to be done first. It is no error, and passes where errors are caught."""

    def __init__(self, steps: Sequence[object]) -> None:
        self.steps = tuple(steps)
        super().__init__(f"waits for {len(self.steps)} steps")
