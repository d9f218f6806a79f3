"""What keeps a training from being done again, by its recipe or at all."""

from grader.core.errors import SubmissionError, UnsupportedError
from grader.core.evidence import ModelFacts
from grader.training.recipe import check_recipe

_HARMLESS = "data"  # the grader trains on its own split, and says so
_NOT_SCORED = ("data set", "network")  # the host's network, on the host's data, would not do what the student's does


def gaps(model: ModelFacts) -> list[str]:
    """What the recipe alone leaves out of this training; empty when it can be trained again from that."""
    recipe, found = model.recipe, obstacles(model)
    if recipe is not None:
        left_out = [gap for gap in recipe.inexpressible if gap.what not in (_HARMLESS, *_NOT_SCORED)]
        found += [f"{gap.what}: {gap.why}" for gap in left_out]
        try:
            check_recipe(recipe.loss, recipe.optimizer, recipe.schedules)
        except UnsupportedError as error:
            found.append(str(error))
        except SubmissionError:
            pass  # the student's own mistake, which training again will say
    return found


def obstacles(model: ModelFacts) -> list[str]:
    """Why not even a run of the notebook itself could be scored."""
    found = [f"{gap.what}: {gap.why}" for gap in model.spec.inexpressible]
    found += [f"the {loose.kind} “{loose.name}” is used as a weight" for loose in model.spec.loose]
    if model.recipe is None:
        return [*found, "how it was trained was not seen"]
    return found + [f"{gap.what}: {gap.why}" for gap in model.recipe.inexpressible if gap.what in _NOT_SCORED]
