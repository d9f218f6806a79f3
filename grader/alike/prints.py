"""Fingerprints of a stream: winnowing, as Schleimer, Wilkerson and Aiken published it (SIGMOD 2003)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.alike.tokens import Stream

_BASE = np.uint64(0x9E3779B97F4A7C15)


class Lengths(NamedTuple):
    """What is shared is seen from `least` tokens on, and surely from `least + window - 1` on."""

    least: int
    window: int


class Prints(NamedTuple):
    """The fingerprints of a hand-in, each once and in order, and the first token that each covers."""

    values: NDArray[np.uint64]
    starts: NDArray[np.intp]

    def without(self, taken: NDArray[np.uint64]) -> "Prints":
        """Those that are not among these."""
        kept = ~np.isin(self.values, taken)
        return Prints(self.values[kept], self.starts[kept])


def all_prints(stream: Stream, lengths: Lengths) -> NDArray[np.uint64]:
    """The hash of every run of tokens of the least length."""
    count = len(stream.symbols) - lengths.least + 1
    if count <= 0:
        return np.empty(0, np.uint64)
    hashes = np.zeros(count, np.uint64)
    for offset in range(lengths.least):  # unsigned arithmetic wraps, as a polynomial hash wants
        hashes = hashes * _BASE + stream.symbols[offset : offset + count]
    hashes ^= hashes >> np.uint64(29)
    return hashes * _BASE ^ (hashes >> np.uint64(32))


def winnowed(stream: Stream, lengths: Lengths) -> Prints:
    """The least hash of each window, the rightmost where several are; of equal ones the first."""
    hashes = all_prints(stream, lengths)
    if not len(hashes):
        return Prints(hashes, np.empty(0, np.intp))
    window = min(lengths.window, len(hashes))
    windows = np.lib.stride_tricks.sliding_window_view(hashes, window)
    chosen = np.unique(np.arange(len(windows)) + window - 1 - windows[:, ::-1].argmin(axis=1))
    values, first = np.unique(hashes[chosen], return_index=True)
    return Prints(values, chosen[first])
