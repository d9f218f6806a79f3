"""The rule of the assignment, pure: reached when more than half of the planned trainings reach the threshold."""

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


def still_needed(reached: Sequence[bool], planned: int) -> int:
    """The least number of further trainings that could decide; 0 when it is decided."""
    if majority(reached, planned) != "undecided":
        return 0
    needed = planned // 2 + 1
    to_reach = needed - sum(reached)
    failures = len(reached) - sum(reached)
    to_miss = planned - needed + 1 - failures
    return min(to_reach, to_miss)
