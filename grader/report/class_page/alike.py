"""What the page of a class says of pairs that are alike, from what `grader alike` wrote."""

from pydantic import ValidationError

from grader.alike.record import Alike
from grader.report._alike import NOTICE, shares
from grader.report.class_page.facts import AlikeFacts, PairFact

_MOST_PAIRS = 50
_MOST_SHARES = 3


def alike_facts(record: bytes) -> AlikeFacts | None:
    """The strongest pairs of an `alike.json`; None where it can't be read."""
    try:
        found = Alike.model_validate_json(record)
    except ValidationError:
        return None
    pairs = tuple(
        PairFact(keys=pair.keys, names=pair.names, shares=tuple(shares(pair)[:_MOST_SHARES]))
        for pair in found.pairs[:_MOST_PAIRS]
    )
    return AlikeFacts(compared=found.compared, pairs=pairs, more=len(found.pairs) - len(pairs), notice=NOTICE)
