"""All lanes of a network, put together with what they decide."""

import math
from collections.abc import Sequence
from typing import Literal

from grader.core.evidence import Lane, Retraining
from grader.core.fault import Fault
from grader.training.decision import Rule, chance_interval, chance_of_reaching, decide


def accuracies(lanes: Sequence[Lane]) -> list[float]:
    """For the decision: NaN where a training diverged, which reaches no threshold."""
    return [math.nan if lane.diverged else lane.accuracy for lane in lanes]


def conclude(
    lanes: Sequence[Lane],
    dataset: str,
    *,
    test_size: int,
    threshold: float,
    rule: Rule,
    method: Literal["refit", "replay"] = "refit",
    obstacle: str = "",
    fault: Fault | None = None,
    notes: tuple[str, ...] = (),
    trainer: str = "",
    device: str = "",
) -> Retraining:
    """What the lanes say of a threshold by a rule; `test_size` is the number of samples behind each accuracy."""
    reached = accuracies(lanes)
    return Retraining(
        dataset=dataset,
        trainer=trainer,
        device=device,
        threshold=threshold,
        planned=rule.planned,
        rule=rule.kind,
        lanes=tuple(lanes),
        verdict=decide(reached, threshold, rule, test_size),
        chance=chance_of_reaching(reached, threshold, test_size) if lanes else None,
        interval=chance_interval([a >= threshold for a in reached]) if lanes else None,
        method=method,
        obstacle=obstacle,
        fault=fault,
        notes=notes,
    )
