"""What training a network once costs, known before it is trained from network, recipe and data alone.

Prices are seconds of one core of an ordinary server. They are no measurement: what a machine is busy with changes
nothing of what is trained on it.
"""

from grader.datasets import Dataset
from grader.network.count import Count
from grader.training.plan import TrainingPlan
from grader.training.trainers import TRAINERS

# Measured on one core of an EPYC with AVX2, and rounded: `docs/retraining.md`.
_OPERATIONS = 2.5e10  # multiply-adds a second
_VALUE = 2e-9  # to make a value, and its gradient
_PARAMETER = 2e-9  # to update a parameter in a step
_LAYER = 5e-5  # to begin a layer's work in a step
_BACKWARD = 2  # times the forward pass


def price(plan: TrainingPlan, size: Count, dataset: Dataset) -> float:
    """Seconds of one training, with its scoring after every epoch."""
    recipe = plan.recipe
    used = min(recipe.train_samples or len(dataset.train.labels), len(dataset.train.labels))
    steps = -(-used // recipe.batch_size)
    forward = size.operations / _OPERATIONS
    trained = used * ((1 + _BACKWARD) * forward + size.values * _VALUE)
    updated = steps * (len(size.rows) * _LAYER + size.parameters * _PARAMETER)
    return recipe.epochs * (trained + updated + len(dataset.test.labels) * forward)


def expected(plan: TrainingPlan, size: Count, dataset: Dataset, trainer: str) -> float:
    """Seconds that one training is likely to take on such a core, by this trainer."""
    return price(plan, size, dataset) / TRAINERS[trainer].faster


def in_words(seconds: float) -> str:
    """A time as people say it."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:,.0f} s"
