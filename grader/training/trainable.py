"""What is refused before anything is allocated: shapes that don't fit, sizes beyond the limits, unknown names."""

import math
from collections.abc import Callable

import torch

from grader.core.errors import GraderError, SubmissionError, UnsupportedError
from grader.core.evidence import ModelFacts
from grader.core.limits import Limits
from grader.datasets import Dataset
from grader.network.count import Count, count
from grader.training.device import CPU
from grader.training.images import check_images, check_transforms
from grader.training.plan import TrainingPlan
from grader.training.price import expected, in_words, price
from grader.training.recipe import check_recipe
from grader.training.trainers import choose_trainer


def check_trainable(plan: TrainingPlan, dataset: Dataset) -> Count:
    """Count the network and look at the recipe before anything is allocated.

    Raises SubmissionError when the shapes don't fit, the sizes exceed the limits, or a name is unknown.
    """
    size = check_network(plan, dataset)
    recipe, limits = plan.recipe, plan.limits
    if recipe.epochs > limits.epochs:
        raise SubmissionError(f"{recipe.epochs:,} epochs are more than the {limits.epochs:,} that are trained")
    check_recipe(recipe.loss, recipe.optimizer, recipe.schedules)
    total = len(dataset.train.labels)
    trained, held_out = recipe.train_samples or total, recipe.held_out or 0
    if held_out and trained + held_out > total:
        raise UnsupportedError(f"{held_out:,} of {total:,} samples can't be held out beside {trained:,}")
    rules = [rule for rule in (recipe.stopping, recipe.keeping) if rule is not None]
    if not held_out and any(rule.watched.of == "validation" for rule in rules):
        raise UnsupportedError("how many samples are held out to be watched is not known")
    check_price(plan, size, dataset)
    return size


def check_price(plan: TrainingPlan, size: Count, dataset: Dataset) -> None:
    """Raises UnsupportedError where training it once costs more than may be spent: it may be right all the same.

    What an accelerator takes is not known before.
    """
    most, cost = plan.limits.training_seconds, price(plan, size, dataset)
    if plan.device == CPU and cost > most:
        raise UnsupportedError(
            f"training it once costs about {in_words(cost)} of a core, and the limit is {in_words(most)}: "
            f"{size.operations:,} multiply-adds forward a sample, {plan.recipe.epochs} epochs. "
            "`grader retrain` trains it all the same, and so does grading with --no-budget"
        )


def check_network(plan: TrainingPlan, dataset: Dataset) -> Count:
    """Count the network. Raises SubmissionError when it doesn't fit the data set or is larger than the limits."""
    inputs, limits = plan.recipe.inputs, plan.limits
    samples = dataset.train.images[0].size
    check_transforms(plan.recipe.images)
    if plan.recipe.images is not None:
        check_images(plan.recipe, torch.from_numpy(dataset.train.images[0]))
    elif math.prod(inputs.shape) != samples:
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


def cost_of(model: ModelFacts, dataset: Dataset, limits: Limits) -> float | None:
    """Seconds of one core that one training of a network takes, by its price; None where that can't be said."""
    return _said_of(model, dataset, limits, price)


def expected_of(model: ModelFacts, dataset: Dataset, limits: Limits) -> float | None:
    """The same on the CPU of this machine, by the trainer that it is going to have here."""
    return _said_of(model, dataset, limits, lambda plan, size, data: expected(plan, size, data, choose_trainer(plan)))


def _said_of(
    model: ModelFacts, dataset: Dataset, limits: Limits, seconds: Callable[[TrainingPlan, Count, Dataset], float]
) -> float | None:
    if model.recipe is None:
        return None
    try:
        plan = TrainingPlan(spec=model.spec, recipe=model.recipe, dataset=dataset.name, limits=limits)
        return seconds(plan, check_trainable(plan, dataset), dataset)
    except (GraderError, ValueError, RuntimeError):  # training it says why
        return None
