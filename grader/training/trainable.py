"""What is refused before anything is allocated: shapes that don't fit, sizes beyond the limits, unknown names."""

import math

from grader.core.errors import SubmissionError
from grader.datasets import Dataset
from grader.network.count import Count, count
from grader.training.plan import TrainingPlan
from grader.training.recipe import check_recipe


def check_trainable(plan: TrainingPlan, dataset: Dataset) -> Count:
    """Count the network and look at the recipe before anything is allocated.

    Raises SubmissionError when the shapes don't fit, the sizes exceed the limits, or a name is unknown.
    """
    size = check_network(plan, dataset)
    recipe, limits = plan.recipe, plan.limits
    if recipe.epochs > limits.epochs:
        raise SubmissionError(f"{recipe.epochs:,} epochs are more than the {limits.epochs:,} that are trained")
    check_recipe(recipe.loss, recipe.optimizer, recipe.schedules)
    return size


def check_network(plan: TrainingPlan, dataset: Dataset) -> Count:
    """Count the network. Raises SubmissionError when it doesn't fit the data set or is larger than the limits."""
    inputs, limits = plan.recipe.inputs, plan.limits
    samples = dataset.train.images[0].size
    if math.prod(inputs.shape) != samples:
        raise SubmissionError(
            f"the network takes inputs of shape {inputs.shape}, an image of {dataset.name} has {samples} values"
        )
    size = count(plan.spec, inputs.shape)
    if size.parameters > limits.parameters:
        raise SubmissionError(
            f"{size.parameters:,} parameters are more than the {limits.parameters:,} that are trained"
        )
    last = size.rows[-1].output_shape
    if last is None or len(last) != 1 or last[0] < dataset.classes:
        raise SubmissionError(f"the output has shape {last}, not ({dataset.classes},)")
    return size
