"""Wrong answers that students often give, and what to say about them: the same on every check that compares values."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

T = TypeVar("T", covariant=True)


class Mistaken(Protocol[T]):
    """A wrong value and what to say about it."""

    @property
    def match(self) -> T:
        """The wrong value."""

    @property
    def say(self) -> str:
        """What the student is told."""


def advice(mistakes: Iterable[Mistaken[T]], is_it: Callable[[T], bool | None]) -> str:
    """What to say of the first mistake that is the student's; nothing when it is none of them."""
    return next((mistake.say for mistake in mistakes if is_it(mistake.match)), "")
