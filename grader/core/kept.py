"""What earlier steps found: a step is a function of content, so its result may be kept under a digest of that."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Kept(Protocol):
    """Results of steps, by a digest of every byte that they depend on."""

    def recall(self, key: str) -> bytes | None:
        """What was kept under this key, or None."""

    def keep(self, key: str, kind: str, value: bytes, seconds: float) -> None:
        """Keep a result that took so long. What can't be kept costs time, not grades: this never raises."""


class Remembered:
    """Keeps results for as long as it lives."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {}

    def recall(self, key: str) -> bytes | None:
        """What was kept under this key, or None."""
        return self.known.get(key)

    def keep(self, key: str, kind: str, value: bytes, seconds: float) -> None:  # noqa: ARG002  # as Kept has it
        """Keep a result."""
        self.known[key] = value
