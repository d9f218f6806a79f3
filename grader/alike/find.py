"""Finds the pairs of a class: fingerprints and facts are looked up, so that no two hand-ins are compared in vain."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from grader.alike.facts import Found, facts_of, together, weight
from grader.alike.passages import Side, longest
from grader.alike.people import components, latest, may_be_one, name_of, people_of
from grader.alike.prints import Lengths, Prints, all_prints, winnowed
from grader.alike.record import Alike, Fact, Group, Kind, Pair, Piece, Share, Work
from grader.alike.tokens import MOST, Stream, code_stream, text_stream

# What more than this part of a class shares is the course's own, in classes of at least this many.
COMMON_PART, LEAST_CLASS = 1 / 3, 12
# What so many share is nobody's own either, however large the class: it bounds the work.
_MOST_OWNERS = 400
_MOST_PAIRS = 1_000  # that are listed
_MOST_FACTS = 20  # shown of a pair
_ROWS = 256  # compared with the class at once: bounds the memory
FACTS_FROM = 0.5


class Way(NamedTuple):
    """How one kind is compared: alike are two from this part of what the smaller has of its own.

    `enough` fingerprints are the least that says anything; from `plenty` on, a strength of a half is reached whatever
    the part.
    """

    pieces: Callable[[Work], Sequence[Piece]]
    stream: Callable[[Sequence[Piece]], Stream]
    lengths: Lengths
    part: float
    enough: int
    plenty: int | None


# The figures that these follow from stand in docs/alike.md.
WAYS: dict[Kind, Way] = {
    "code": Way(lambda work: work.code, code_stream, Lengths(12, 6), part=0.5, enough=12, plenty=None),
    "text": Way(lambda work: work.texts, text_stream, Lengths(5, 4), part=0.5, enough=6, plenty=20),
}


class _Shared(NamedTuple):
    counts: dict[tuple[int, int], int]
    sides: list[Side]
    said: list[str]


def alike(works: Sequence[Work], handout: Sequence[Work] = ()) -> Alike:
    """The pairs of hand-ins that are nearly alike, without what the handout gave and what a third of the class shares.

    Of the same people only the latest hand-in counts, and hand-ins with a member in common are no pair.
    """
    class_ = latest(works)
    people = people_of(class_)
    shared = {kind: _shared_prints(kind, way, class_, handout) for kind, way in WAYS.items()}
    facts, owners = _shared_facts(class_, handout)
    found: dict[tuple[int, int], float] = {}
    for pair in {*facts, *(pair for each in shared.values() for pair in each.counts)}:
        if people[pair[0]].isdisjoint(people[pair[1]]):
            strengths = [_strength(kind, each, pair) for kind, each in shared.items()]
            strengths.append(_strength_of_facts(facts.get(pair, ()), owners))
            if strength := together([each for each in strengths if each]):
                found[pair] = strength
    best = sorted(found, key=lambda pair: (-found[pair], pair))
    pairs = [_pair(pair, found[pair], class_, shared, facts.get(pair, ()), owners) for pair in best[:_MOST_PAIRS]]
    return Alike(
        compared=len(class_),
        pairs=tuple(pairs),
        groups=tuple(
            Group(keys=tuple(class_[n].key for n in group), names=tuple(name_of(class_[n]) for n in group))
            for group in components(best, len(class_))
            if len(group) > 2
        ),
        said=tuple(_said(works, class_, shared, best)),
    )


def _shared_prints(kind: Kind, way: Way, class_: Sequence[Work], handout: Sequence[Work]) -> _Shared:
    streams = [way.stream(way.pieces(work)) for work in class_]
    given = [all_prints(way.stream(way.pieces(work)), way.lengths) for work in handout]
    prints = [winnowed(stream, way.lengths) for stream in streams]
    if given:
        taken = np.unique(np.concatenate(given))
        prints = [each.without(taken) for each in prints]
    values, counts = np.unique(
        np.concatenate([np.empty(0, np.uint64), *(p.values for p in prints)]), return_counts=True
    )
    common = values[counts > _most_owners(len(class_))]
    own = [each.without(common) for each in prints]
    said = [
        f"Of {work.key} only the first {MOST:,} characters of {kind} are compared."
        for work, stream in zip(class_, streams, strict=True)
        if stream.cut
    ]
    if len(common):
        part = len(common) / len(values)
        said.append(f"{part:.0%} of all {kind} is shared by more than {_most_owners(len(class_))} and is left out.")
    sides = [Side(way.pieces(w), s, p) for w, s, p in zip(class_, streams, own, strict=True)]
    return _Shared(dict(_counts(own, way.enough)), sides, said)


def _most_owners(size: int) -> int:
    """How many may share something that is still their own."""
    return min(_MOST_OWNERS, int(size * COMMON_PART) if size >= LEAST_CLASS else size)


def _counts(prints: Sequence[Prints], enough: int) -> Iterator[tuple[tuple[int, int], int]]:
    """The pairs that share enough fingerprints, each with how many."""
    if not prints:
        return
    values, columns, owners = np.unique(
        np.concatenate([p.values for p in prints]), return_inverse=True, return_counts=True
    )
    rows = np.repeat(np.arange(len(prints)), [len(p.values) for p in prints])
    several = owners[columns] > 1
    rows, columns = rows[several], columns[several]
    shape = (len(prints), max(1, len(values)))
    table = csr_array((np.ones(len(rows), np.int32), (rows, columns)), shape=shape)
    turned = table.T.tocsr()
    for start in range(0, len(prints), _ROWS):
        block = (table[start : start + _ROWS] @ turned).tocoo()
        one, other = block.row + start, block.col
        kept: NDArray[np.bool_] = (one < other) & (block.data >= enough)
        for first, second, count in zip(one[kept], other[kept], block.data[kept], strict=True):
            yield (int(first), int(second)), int(count)


def _strength(kind: Kind, shared: _Shared, pair: tuple[int, int]) -> float:
    """In [0, 1]; 0 where they share too little to say anything."""
    if not (count := shared.counts.get(pair, 0)):
        return 0.0
    way = WAYS[kind]
    part = count / min(len(shared.sides[n].prints.values) for n in pair)
    much = count / (count + way.plenty) if way.plenty else 0.0
    return max(part if part >= way.part else 0.0, much if much >= 0.5 else 0.0)


def _shared_facts(
    class_: Sequence[Work], handout: Sequence[Work]
) -> tuple[dict[tuple[int, int], list[tuple[Found, Found]]], Mapping[Hashable, int]]:
    """(the facts of each pair, as either has them, how many have each)."""
    given = {key for work in handout for key in facts_of(work)}
    having: dict[Hashable, list[tuple[int, Found]]] = defaultdict(list)
    for number, work in enumerate(class_):
        for key, fact in facts_of(work).items():
            if key not in given:
                having[key].append((number, fact))
    pairs: dict[tuple[int, int], list[tuple[Found, Found]]] = defaultdict(list)
    most = _most_owners(len(class_))
    for those in having.values():
        if len(those) <= most:
            for (one, fact), (other, same) in combinations(those, 2):
                pairs[one, other].append((fact, same))
    return pairs, Counter({key: len(those) for key, those in having.items()})


def _strength_of_facts(facts: Sequence[tuple[Found, Found]], owners: Mapping[Hashable, int]) -> float:
    strength = together([weight(fact.kind, owners[fact.kind, fact.key]) for fact, _ in facts])
    return strength if strength >= FACTS_FROM else 0.0


def _pair(
    pair: tuple[int, int],
    strength: float,
    class_: Sequence[Work],
    shared: Mapping[Kind, _Shared],
    facts: Sequence[tuple[Found, Found]],
    owners: Mapping[Hashable, int],
) -> Pair:
    one, other = (class_[number] for number in pair)
    shares = []
    for kind, each in shared.items():
        if count := each.counts.get(pair, 0):
            first, second = (each.sides[number] for number in pair)
            shares.append(
                Share(
                    kind=kind,
                    of_own=(count / len(first.prints.values), count / len(second.prints.values)),
                    strength=_strength(kind, each, pair),
                    longest=longest(first, second, WAYS[kind].lengths),
                )
            )
    ordered = sorted(facts, key=lambda both: owners[both[0].kind, both[0].key])
    return Pair(
        keys=(one.key, other.key),
        names=(name_of(one), name_of(other)),
        strength=strength,
        shares=tuple(shares),
        facts=tuple(_fact(*both, owners) for both in ordered[:_MOST_FACTS]),
        remarks=tuple(_remarks(one, other, len(facts))),
    )


def _fact(fact: Found, same: Found, owners: Mapping[Hashable, int]) -> Fact:
    words = fact.words if fact.words == same.words else f"{fact.words} / {same.words}"
    return Fact(kind=fact.kind, words=words, owners=owners[fact.kind, fact.key])


def _remarks(one: Work, other: Work, facts: int) -> Iterator[str]:
    if any(may_be_one(first, second) for first in one.people for second in other.people):
        yield "They have a name in common, and nothing tells whether it is one person."
    if facts > _MOST_FACTS:
        yield f"{facts - _MOST_FACTS:,} more are identical."


def _said(
    works: Sequence[Work], class_: Sequence[Work], shared: Mapping[Kind, _Shared], found: Sequence[object]
) -> Iterator[str]:
    if earlier := len(works) - len(class_):
        yield f"{earlier:,} earlier {'attempt is' if earlier == 1 else 'attempts are'} left out."
    for each in shared.values():
        yield from each.said
    empty = [work.key for number, work in enumerate(class_) if not (facts_of(work) or _has_words(number, shared))]
    if empty:
        yield f"Nothing of these can be compared: {', '.join(empty)}."
    if len(found) > _MOST_PAIRS:
        yield f"The {_MOST_PAIRS:,} strongest of {len(found):,} pairs are listed; groups are of all."


def _has_words(number: int, shared: Mapping[Kind, _Shared]) -> bool:
    return any(len(each.sides[number].stream.symbols) for each in shared.values())
