"""When enough is known: reached means that more than half of the planned trainings reach the threshold. Pure."""

import math
from collections.abc import Sequence
from typing import Literal

from grader.core.majority import Verdict, majority
from grader.core.record import Record

SPREAD = 0.7
"""Seed-to-seed standard deviation of test accuracies, as a multiple of sqrt(a (1 - a) / size of the test set).

Measured on networks trained under many seeds each: `docs/deciding.md`.
"""
SPREAD_WEIGHT = 3.0
"""How many trainings the measured spread counts for, beside the spread of the trainings at hand."""
DIVERGENCE = (0.1, 0.9)
"""Beta prior of the chance that a training diverges: most recipes never do, some do half the time."""


class Rule(Record):
    """How to decide on `planned` trainings.

    `majority` stops as soon as the trainings left can't change the majority. `margin` also stops at a pass when, after
    at least `min_seeds` trainings that all reach the threshold, the other verdict is less likely than
    1 - `confidence`. A fail rests on the majority alone, so never on fewer than three trainings of five.
    """

    kind: Literal["majority", "margin"] = "majority"
    planned: int = 5
    confidence: float = 0.99
    min_seeds: int = 2


def still_needed(reached: Sequence[bool], planned: int) -> int:
    """The least number of further trainings that could decide by majority; 0 when it is decided."""
    if majority(reached, planned) != "undecided":
        return 0
    needed = planned // 2 + 1
    to_reach = needed - sum(reached)
    failures = len(reached) - sum(reached)
    to_miss = planned - needed + 1 - failures
    return min(to_reach, to_miss)


def fewest(rule: Rule) -> int:
    """The least number of trainings on which a verdict may rest."""
    majority_of = rule.planned // 2 + 1
    return min(majority_of, rule.min_seeds) if rule.kind == "margin" else majority_of


def decide(accuracies: Sequence[float], threshold: float, rule: Rule, test_size: int) -> Verdict:
    """The verdict on the accuracies so far, NaN for a training that diverged."""
    reached = [accuracy >= threshold for accuracy in accuracies]
    verdict = majority(reached, rule.planned)
    if verdict != "undecided" or rule.kind == "majority" or len(accuracies) < rule.min_seeds or not all(reached):
        return verdict
    unlikely = chance_of_miss(accuracies, threshold, rule.planned, test_size) <= 1 - rule.confidence
    return "reached" if unlikely else "undecided"


def next_trainings(accuracies: Sequence[float], threshold: float, rule: Rule, test_size: int) -> int:
    """How many trainings to run before asking again; 0 when it is decided."""
    if decide(accuracies, threshold, rule, test_size) != "undecided":
        return 0
    least = still_needed([accuracy >= threshold for accuracy in accuracies], rule.planned)
    if rule.kind == "margin" and len(accuracies) < rule.min_seeds:
        return min(least, rule.min_seeds - len(accuracies))
    return least


def chance_of_miss(accuracies: Sequence[float], threshold: float, planned: int, test_size: int) -> float:
    """An upper bound of the chance that the majority of `planned` turns out below, after trainings that all reach it.

    Accuracies of one recipe are taken as normal with an unknown mean and a spread of which the measured one is a
    prior, so the next one follows Student's t. By Markov's inequality the chance that k of the r left fall below is
    at most r/k times the chance of one, however they depend on each other. On top comes the chance that k of r
    diverge, under the prior for trainings of which n did not.
    """
    n, left = len(accuracies), planned - len(accuracies)
    failures = planned - planned // 2  # as many trainings below make a miss
    if failures > left:
        return 0.0
    below = 1 - chance_of_reaching(accuracies, threshold, test_size)
    a, b = DIVERGENCE[0], DIVERGENCE[1] + n
    diverging = sum(
        math.comb(left, k) * math.exp(_log_beta(a + k, b + left - k) - _log_beta(a, b))
        for k in range(failures, left + 1)
    )
    return min(left / failures * below + diverging, 1.0)


def chance_of_reaching(accuracies: Sequence[float], threshold: float, test_size: int) -> float:
    """The chance that the next training reaches the threshold, by Student's t on those that did not diverge."""
    finite = [accuracy for accuracy in accuracies if math.isfinite(accuracy)]
    if not finite:
        return 0.0
    n, mean = len(finite), sum(finite) / len(finite)
    expected = SPREAD**2 * max(mean * (1 - mean), 1 / test_size) / test_size
    freedom = SPREAD_WEIGHT + n - 1
    variance = (SPREAD_WEIGHT * expected + sum((a - mean) ** 2 for a in finite)) / freedom
    scale = math.sqrt(variance * (1 + 1 / n))
    return _student_t((mean - threshold) / scale, freedom) * n / len(accuracies)


def chance_interval(reached: Sequence[bool], mass: float = 0.9) -> tuple[float, float]:
    """The central interval of the chance of reaching, from the counts alone (Jeffreys' prior)."""
    from scipy.stats import beta

    a, b = sum(reached) + 0.5, len(reached) - sum(reached) + 0.5
    low, high = beta.ppf([(1 - mass) / 2, (1 + mass) / 2], a, b)
    return float(low), float(high)


def _student_t(value: float, freedom: float) -> float:
    """The distribution function of Student's t."""
    from scipy.stats import t

    return float(t.cdf(value, freedom))


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
