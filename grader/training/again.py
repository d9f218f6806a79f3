"""How a network is trained again: by its recipe where that holds everything, else by running its notebook in full."""

import math
import time
from collections.abc import Callable

from grader.core.evidence import Lane, ModelFacts, Retraining
from grader.core.limits import Limits
from grader.core.network import Recipe
from grader.core.suspended import Where
from grader.datasets import Dataset
from grader.training.decision import Rule
from grader.training.device import CPU, Device
from grader.training.gaps import gaps, nearest_recipe, obstacles
from grader.training.plan import TrainingPlan
from grader.training.replay import replay
from grader.training.replays import Replays
from grader.training.retrain import retrain
from grader.training.verdict import conclude


def train_again(
    model: ModelFacts,
    dataset: Dataset,
    replays: Replays | None,
    *,
    threshold: float,
    rule: Rule,
    limits: Limits,
    device: Device = CPU,
    salt: str = "",
    trusted: bool = False,
    fresh: bool = False,
    where: Where = "here",
    time_budget: float = math.inf,
    on_lane: Callable[[Lane], None] = lambda _: None,
    on_epoch: Callable[[int, int], None] = lambda *_: None,
) -> Retraining:
    """By the recipe where that holds everything, else by running the notebook; else a person is asked, and told why.

    `device` is where a recipe is trained; a notebook in full runs where its sandbox is. Full runs pass where they are
    `trusted`, or a training by the nearest recipe supports them. `where` others train recipes, Suspended names what
    they have to do first.
    """
    missing = gaps(model)
    ends = time.monotonic() + time_budget

    def by(recipe: Recipe, on_lane: Callable[[Lane], None] = lambda _: None) -> Retraining:
        plan = TrainingPlan(spec=model.spec, recipe=recipe, dataset=dataset.name, device=device, limits=limits)
        return retrain(
            plan,
            threshold=threshold,
            rule=rule,
            salt=salt,
            fresh=fresh,
            where=where,
            time_budget=max(ends - time.monotonic(), 0.0),
            on_lane=on_lane,
            on_epoch=on_epoch,
        )

    if not missing and model.recipe is not None:
        result = by(model.recipe, on_lane)
        said = tuple(gap.why for gap in model.recipe.gaps)
        return result.model_copy(update={"notes": (*result.notes, *said)})
    why = obstacles(model) or ([] if replays else missing)
    if replays is None or why:
        return conclude(
            (),
            dataset.name,
            test_size=len(dataset.test.labels),
            threshold=threshold,
            rule=rule,
            obstacle=f"{'; '.join(why)}. A person decides.",
        )
    nearest = nearest_recipe(model)
    return replay(
        model,
        dataset,
        replays,
        threshold=threshold,
        rule=rule,
        salt=salt,
        trusted=trusted,
        nearest=lambda: by(nearest) if nearest else None,
        on_lane=on_lane,
    )
