"""What keeps a training from being done again, by its recipe or at all."""

from grader.core.errors import SubmissionError, UnsupportedError
from grader.core.evidence import ModelFacts
from grader.core.network import Recipe
from grader.guest.protocol import Blocks
from grader.training.images import check_transforms
from grader.training.recipe import check_recipe


def gaps(model: ModelFacts) -> list[str]:
    """What the recipe alone leaves out of this training; empty when it can be trained again from that."""
    recipe, found = model.recipe, obstacles(model)
    if recipe is not None:
        found += [str(gap) for gap in recipe.gaps if gap.blocks(Blocks.REFIT) and not gap.blocks(Blocks.REPLAY)]
        try:
            check_recipe(recipe.loss, recipe.optimizer, recipe.schedules)
            check_transforms(recipe.images)
        except UnsupportedError as error:
            found.append(str(error))
        except SubmissionError:
            pass  # the student's own mistake, which training again will say
    return found


def nearest_recipe(model: ModelFacts) -> Recipe | None:
    """What can be followed of a recipe that leaves something out; None where too little of the training is known."""
    recipe = model.recipe
    if recipe is None or any(gap.blocks(Blocks.NEAREST) or gap.blocks(Blocks.REPLAY) for gap in recipe.gaps):
        return None
    try:
        check_recipe(recipe.loss, recipe.optimizer, recipe.schedules)
        check_transforms(recipe.images)
    except SubmissionError:
        return None
    return recipe.model_copy(update={"gaps": ()})


def obstacles(model: ModelFacts) -> list[str]:
    """Why not even a run of the notebook itself could be scored."""
    found = [str(gap) for gap in model.spec.gaps if gap.blocks(Blocks.REPLAY)]
    found += [f"the {loose.kind} “{loose.name}” is used as a weight" for loose in model.spec.loose]
    if model.recipe is None:
        return [*found, "how it was trained was not seen"]
    return found + [str(gap) for gap in model.recipe.gaps if gap.blocks(Blocks.REPLAY)]
