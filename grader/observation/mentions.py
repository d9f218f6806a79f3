"""Problems without a section of their own that the answers to others name: `Problems 1-3`, `1) 608, 2) 28x28x8`."""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from grader.observation.labels import Labels, read_labels
from grader.observation.pieces import NONE, Piece
from grader.observation.sections import Portion

_FRAGMENT = re.compile(r"(?:^|[;,.|:]\s{1,8}|\s(?=[(\[]?\w{1,4}[)\]:.]{1,2}\s))")
_JOINED = re.compile(
    r"\s{0,4}[)\].]?\s{0,4}(?:(?P<range>-|–|—|to\b|through\b|bis\b|hasta\b)|and\b|und\b|et\b|y\b|e\b|&|\+|,|/)\s{0,4}",
    re.IGNORECASE,
)
_CLOSED = re.compile(r"[).:\]]\s")
_MOST_FRAGMENTS = 60  # of a line
_MOST_READ = 10_000  # of all
_LONGEST = 1000


def named_elsewhere(
    problems: Collection[str], portions: Sequence[Portion], pieces: Sequence[Sequence[Piece]], labels: Labels
) -> dict[str, str]:
    """For each of these problems that another one's heading or answer names, where it does.

    `pieces` are the lines of each portion, its heading's first.
    """
    found: dict[str, str] = {}
    order = list(dict.fromkeys(labels.problems.values()))
    read = 0
    for portion, lines in zip(portions, pieces, strict=True):
        for number, piece in enumerate(lines):
            text = piece.text[:_LONGEST]
            if piece.rank == NONE or not text.strip() or read >= _MOST_READ:
                continue
            starts = _starts(text) if number else []
            read += len(starts) + 1
            named = _in_line(text, starts, labels) if number else _with_the_heading(text, labels, order)
            for problem in named:
                if problem in problems and problem != portion.problem:
                    place = piece.block.source.below(piece.line)
                    found.setdefault(problem, f"“{text.strip()[:60]}” ({place}) names problem {problem} as well")
    return found


def _with_the_heading(text: str, labels: Labels, order: Sequence[str]) -> Iterator[str]:
    """The problems that a heading names behind its first one: `Problems 1 and 2`, `Problems 1-3`."""
    for label in read_labels(text):
        last = labels.meaning(label.parts)
        end = label.end
        for _ in order:
            joined = _JOINED.match(text, end)
            following = next(iter(read_labels(text[joined.end() :])), None) if joined else None
            problem = labels.meaning(following.parts) if following else ""
            if not (joined and following and problem):
                break
            if joined["range"] and last:
                yield from order[order.index(last) + 1 : order.index(problem)]
            yield problem
            last, end = problem, joined.end() + following.end


def _starts(text: str) -> list[int]:
    """Where in a line a label may begin."""
    return [match.end() for match in islice(_FRAGMENT.finditer(text), _MOST_FRAGMENTS)]


def _in_line(text: str, starts: Sequence[int], labels: Labels) -> Iterator[str]:
    """The problems that a line names: with a word, or one of several labels in a row."""
    bare: list[str] = []
    for start in starts:
        for label in read_labels(text[start:]):
            problem = labels.meaning(label.parts)
            if problem and (label.word or label.solution):
                yield problem
            elif problem and _CLOSED.match(text, start + label.end - (text[start + label.end - 1] in ")]")):
                bare.append(problem)
    if len(set(bare)) > 1:
        yield from bare
