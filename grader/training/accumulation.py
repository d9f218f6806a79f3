"""After which batches of an epoch a step is taken, where several batches lead to one."""

from grader.core.steps import Accumulation


def step_ends(accumulation: Accumulation | None, batches: int, before: int) -> list[bool]:
    """For each batch of an epoch whether a step is taken after it; `before` batches were trained on in earlier ones."""
    if accumulation is None:
        return [True] * batches
    begins = before if accumulation.counts == "training" else 0
    numbers = range(begins + 1, begins + batches + 1)
    ends = [n >= accumulation.first and (n - accumulation.first) % accumulation.every == 0 for n in numbers]
    if accumulation.rest == "stepped" and ends:
        ends[-1] = True
    return ends
