"""Which of several results of a hand-in holds: nothing better known is replaced by something worse known."""

from collections.abc import Iterable, Mapping, Sequence
from unicodedata import normalize

from grader.core.handin import Person
from grader.core.stored import Result

People = Sequence[Person]


def best_known(results: Iterable[Result]) -> Result:
    """Of results of the same submission by the same rubric the one of which most is known.

    What counts is how many points are unknown: those that the machine failed on and, where a result was cut short,
    those that wait for a person, for the machine might have judged them. The fewest win, whenever they were found: an
    error never hides what was judged, nor does a run that had no time, no data, or was not to train. Where equally much
    is known the later one wins: a new grader corrects what an old one said.
    """
    return min(results, key=lambda r: (r.unknown, r.error_points, r.state != "judged", r.cut != "", -r.id))


def holding(results: Sequence[Result], people: Mapping[int, People] = {}) -> Result | None:
    """What holds of a hand-in now, of all its results in the order in which they were saved; None where nothing does.

    A new submission, or a new rubric, starts anew: what was found before tells nothing of it. The last result says
    which these are, and the best known one of these holds. Its `earlier` is the best known of what was judged before.

    `people` are those of the hand-in by run, as far as that is known. Where a key now belongs to somebody else than in
    an earlier run, what was found then is not theirs, unless they handed in the same.
    """
    now = people[max(people)] if people else ()
    theirs = [result for result in results if may_be_same(people.get(result.run, ()), now)]
    if not theirs:
        return None
    asked = theirs[-1].provenance.asked
    best = best_known(result for result in results if result.provenance.asked == asked)
    before = [r for r in theirs if r.provenance.asked != asked and r.state != "error"]
    last = [r for r in before if r.provenance.asked == before[-1].provenance.asked]
    return best.model_copy(update={"earlier": best_known(last) if last else None})


def may_be_same(some: People, others: People) -> bool:
    """Whether a person stands in both, as far as these tell; True where one of them is empty."""
    return not some or not others or any(_may_be(one, other) for one in some for other in others)


def _may_be(one: Person, other: Person) -> bool:
    """The first that both have decides: numbers and addresses are surer than names."""
    for field in ("id", "user", "email", "name"):
        mine, theirs = (normalize("NFKC", getattr(p, field)).casefold().split() for p in (one, other))
        if mine and theirs:
            return mine == theirs
    return True
