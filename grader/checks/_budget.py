"""A number of the network against what the assignment allows: shared by the checks that count."""

from collections.abc import Mapping

from grader.checks._base import model_of, uncountable
from grader.core.evidence import ModelFacts, ProblemEvidence
from grader.core.outcome import BudgetLine, Outcome, failed, manual, passed


def allowed_words(at_least: int | None, at_most: int | None) -> str:
    """The bounds in words: `at least 2`, `at most 100`, `2 to 4`, `exactly 1`."""
    if at_least is not None and at_least == at_most:
        return f"exactly {at_least:,}"
    if at_least is not None and at_most is not None:
        return f"{at_least:,} to {at_most:,}"
    return f"at most {at_most:,}" if at_most is not None else f"at least {at_least or 0:,}"


def counted(model: ModelFacts | Outcome) -> ModelFacts | Outcome:
    """The model, unless parts of it can't be counted: then the outcome that hands it to a person."""
    return model if isinstance(model, Outcome) else (uncountable(model) or model)


def network(evidence: ProblemEvidence) -> ModelFacts | Outcome:
    """The countable network that answers the problem, or the outcome that says why there is none."""
    return counted(model_of(evidence))


def within(
    model: ModelFacts,
    what: str,
    found: int,
    at_least: int | None,
    at_most: int | None,
    *,
    otherwise: Mapping[int, str] | None = None,
    how: str,
    advice_above: str = "",
    advice_below: str = "",
) -> Outcome:
    """Passed when the number lies within the bounds; `how` says what it is made of.

    `otherwise` holds other numbers that the assignment may mean by `what`, each with what it counts: a person decides
    where these end differently.
    """
    ends = {
        (at_least is None or number >= at_least) and (at_most is None or number <= at_most)
        for number in (found, *(otherwise or ()))
    }
    ok = ends.pop() if len(ends) == 1 else None
    allowed = allowed_words(at_least, at_most)
    made = f" ({how})" if how else ""
    room = None if at_most is None else max(at_most - found, 0)
    shown = f"{found:,}{made if ok is None else ''}"
    line = BudgetLine(what=what, found=shown, allowed=allowed, ok=ok, room=room).model_dump()
    counted = what.removesuffix("s") if found == 1 else what
    message = f"{found:,} {counted}{made}; allowed: {allowed}."
    if ok is None and otherwise:
        ways = "; ".join(f"{number:,} {counting}" for number, counting in otherwise.items())
        message += f" Counted in another way it has {ways}. A person decides what the assignment means."
        return manual(message, observed=str(found), source=model.source, budget=line)
    if ok:
        return passed(message, observed=str(found), source=model.source, budget=line)
    advice = advice_above if at_most is not None and found > at_most else advice_below
    return failed(message, observed=str(found), source=model.source, advice=advice, budget=line)
