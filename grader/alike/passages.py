"""Where two streams have the same, and how it reads on either side."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grader.alike.prints import Lengths, Prints
from grader.alike.record import Passage, Piece, Span
from grader.alike.tokens import Stream, lines_of

_MOST = 5  # passages shown of a pair
_LINES, _CHARACTERS = 12, 1_000  # of an excerpt


class Side:
    """A hand-in's pieces, stream and fingerprints of one kind."""

    def __init__(self, pieces: Sequence[Piece], stream: Stream, prints: Prints) -> None:
        self.pieces, self.stream, self.prints = pieces, stream, prints
        known: dict[str, int] = {}
        self.files = np.array([known.setdefault(piece.file, len(known)) for piece in pieces], int)
        self._lines: dict[int, list[str]] = {}

    def place(self, first: int, tokens: int) -> tuple[Span, str]:
        """(where a run of tokens lies, how it reads): as far as the file goes that it begins in."""
        pieces, last = self.stream.pieces, first + tokens - 1
        while self.files[pieces[last]] != self.files[pieces[first]]:
            last -= 1
        begin, end = self.pieces[pieces[first]], self.pieces[pieces[last]]
        span = Span(
            file=begin.file,
            cell=begin.cell,
            to_cell=end.cell if end.cell != begin.cell else None,
            page=begin.page,
            first=int(self.stream.lines[first]) + begin.line - 1,
            last=int(self.stream.lines[last]) + end.line - 1,
        )
        return span, self._excerpt(first, last)

    def _excerpt(self, first: int, last: int) -> str:
        pieces, lines = self.stream.pieces, self.stream.lines
        shown: list[str] = []
        for piece in range(pieces[first], pieces[last] + 1):
            if piece not in self._lines:
                self._lines[piece] = lines_of(self.pieces[piece].text)
            own = self._lines[piece]
            start = lines[first] - 1 if piece == pieces[first] else 0
            stop = lines[last] if piece == pieces[last] else len(own)
            shown += own[start : min(stop, start + _LINES + 1)]
            if len(shown) > _LINES:
                break
        more = len(shown) > _LINES
        text = "\n".join(line[:_CHARACTERS] for line in shown[:_LINES])
        return text[:_CHARACTERS] + (" …" if more or len(text) > _CHARACTERS else "")


def longest(one: Side, other: Side, lengths: Lengths) -> tuple[Passage, ...]:
    """The longest runs of tokens that both have, the longest first."""
    _, here, there = np.intersect1d(one.prints.values, other.prints.values, assume_unique=True, return_indices=True)
    starts, others = one.prints.starts[here], other.prints.starts[there]
    order = np.argsort(starts)
    starts, others = starts[order], others[order]
    if not len(starts):
        return ()
    near = lengths.least + lengths.window
    ahead, beside = np.diff(starts), np.diff(others)
    breaks = (ahead > near) | (beside <= 0) | (beside > near) | _new_file(one, starts) | _new_file(other, others)
    firsts = np.r_[0, np.flatnonzero(breaks) + 1]
    lasts = np.r_[firsts[1:] - 1, len(starts) - 1]
    tokens = starts[lasts] - starts[firsts] + lengths.least
    best = np.argsort(-tokens, kind="stable")[:_MOST]
    return tuple(_passage(one, other, starts, others, firsts[run], lasts[run], lengths.least) for run in best)


def _new_file(side: Side, starts: NDArray[np.intp]) -> NDArray[np.bool_]:
    files = side.files[side.stream.pieces[starts]]
    return np.asarray(files[1:] != files[:-1])


def _passage(
    one: Side, other: Side, starts: NDArray[np.intp], others: NDArray[np.intp], first: int, last: int, least: int
) -> Passage:
    places = [
        side.place(int(begins[first]), int(begins[last] - begins[first]) + least)
        for side, begins in ((one, starts), (other, others))
    ]
    (span, excerpt), (other_span, other_excerpt) = places
    tokens = int(starts[last] - starts[first]) + least
    return Passage(tokens=tokens, spans=(span, other_span), excerpts=(excerpt, other_excerpt))
