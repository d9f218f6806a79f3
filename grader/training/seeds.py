"""Under which seeds a network is trained: those of a salt that a class keeps to itself, so that nobody hunts them."""

import hashlib
from collections.abc import Iterable

_MOST = 2**31 - 1  # what every library takes as a seed


def seeds_of(salt: str, numbers: Iterable[int]) -> list[int]:
    """The seeds of a class's trainings 0, 1, 2, ...: without a salt these numbers, as anybody may train at home.

    The same for all students of a class, and again for whoever has the salt.
    """
    if not salt:
        return list(numbers)
    digests = (hashlib.sha256(f"{salt}\0{number}".encode()).digest() for number in numbers)
    return [int.from_bytes(digest[:8]) % _MOST for digest in digests]
