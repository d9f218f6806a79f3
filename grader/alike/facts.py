"""What two hand-ins have exactly alike: files, logs of trainings, networks with their accuracies, wrong answers."""

import unicodedata
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from grader.alike.record import FactKind, Work

_MOST = 1_000  # facts of one hand-in
_LEAST_NUMBERS = 3  # different ones in a log, so that it is no constant
# What one of them says; of those that fade, the more hand-ins have it the less.
_WEIGHTS: dict[FactKind, tuple[float, bool]] = {
    "file": (0.9, False),
    "training log": (0.9, False),
    "network": (0.5, True),
    "wrong answer": (0.25, True),
}


class Found(NamedTuple):
    """A fact: equal ones have equal keys; the words are one hand-in's own."""

    kind: FactKind
    key: Hashable
    words: str


def facts_of(work: Work) -> dict[Hashable, Found]:
    """The facts of a hand-in by what makes them equal."""
    found: dict[Hashable, Found] = {}
    for fact in _facts(work):
        if len(found) == _MOST:
            break
        found.setdefault((fact.kind, fact.key), fact)
    return found


def weight(kind: FactKind, owners: int) -> float:
    """What it says that two of so many hand-ins that have it are these."""
    base, fades = _WEIGHTS[kind]
    return base * 2 / owners if fades else base


def _facts(work: Work) -> Iterator[Found]:
    for name, digest in work.files.items():
        yield Found("file", digest, name)
    for log in work.logs:
        if len(set(log)) >= _LEAST_NUMBERS:
            shown = ", ".join(f"{number:g}" for number in log[:4])
            yield Found("training log", log, f"{shown}{', …' if len(log) > 4 else ''} ({len(log)} numbers)")
    for network in work.networks:
        for accuracy in network.accuracies:
            said = f"{network.words or 'a network'}, accuracy {accuracy:.4f}"
            yield Found("network", (network.digest, round(accuracy, 4)), said)
    for question, answer in work.wrong.items():
        if normal := _normal(answer):
            yield Found("wrong answer", (question, normal), f"{question}: {answer}")


def _normal(answer: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", answer).casefold().split())


def together(weights: Sequence[float]) -> float:
    """How much several say together, each by itself."""
    doubt = 1.0
    for each in weights:
        doubt *= 1 - each
    return 1 - doubt
