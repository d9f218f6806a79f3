"""More than half the times: the rule that every verdict on an accuracy rests on."""

from collections.abc import Sequence
from typing import Literal

Verdict = Literal["reached", "missed", "undecided"]


def majority(reached: Sequence[bool], planned: int) -> Verdict:
    """Decide from the trainings so far, as soon as the ones left can't change the majority of `planned`."""
    needed = planned // 2 + 1
    successes = sum(reached)
    if successes >= needed:
        return "reached"
    if successes + planned - len(reached) < needed:
        return "missed"
    return "undecided"
