"""Decides on whole runs of a notebook, where its recipe doesn't hold all of its training."""

from collections.abc import Callable

from grader.core.errors import MachineError, SubmissionError
from grader.core.evidence import Lane, ModelFacts, Retraining
from grader.core.fault import Fault
from grader.datasets import Dataset
from grader.guest.protocol import GapKind
from grader.training.decision import Rule, next_trainings
from grader.training.gaps import gaps
from grader.training.plan import TrainingPlan
from grader.training.replays import Replays
from grader.training.trainable import check_network
from grader.training.verdict import accuracies, conclude


def replay(
    model: ModelFacts,
    dataset: Dataset,
    replays: Replays,
    *,
    threshold: float,
    rule: Rule,
    on_lane: Callable[[Lane], None] = lambda _: None,
) -> Retraining:
    """Decide on whole runs of the notebook. Never raises for what the notebook does: that is an `obstacle`."""
    lanes: list[Lane] = []
    obstacle = ""
    notes = (
        f"Your notebook was run in full, since a recipe does not hold all of its training ({'; '.join(gaps(model))}).",
    )
    machine = False
    test_size = len(dataset.test.labels)
    try:
        if model.recipe is None or dataset.name != "mnist":
            left_out = "; ".join(gaps(model))
            raise SubmissionError(f"{left_out}; and a notebook can be run in full only on MNIST")
        plan = TrainingPlan(spec=model.spec, recipe=model.recipe, dataset=dataset.name, limits=replays.limits)
        check_network(plan, dataset)
        while needed := next_trainings(accuracies(lanes), threshold, rule, test_size):
            for lane in replays.lanes(model, plan, dataset, range(len(lanes), len(lanes) + needed)):
                lanes.append(lane)
                on_lane(lane)
    except SubmissionError as error:
        obstacle = f"{error}. A person decides."
    except (MachineError, MemoryError, OSError) as error:
        obstacle, machine = f"the notebook could not be run in full: {error}", True
    except Exception as error:  # weights that find a fault of ours cost nobody points, and no one else's grade
        obstacle, machine = f"the grader failed: {type(error).__name__}: {error}", True
    uncertain = any(gap.kind == GapKind.INPUT for gap in model.recipe.gaps) if model.recipe else False
    result = conclude(
        lanes,
        dataset.name,
        test_size=test_size,
        threshold=threshold,
        rule=rule,
        method="replay",
        obstacle=obstacle,
        fault=Fault.machine if machine else None,
        notes=notes,
    )
    if uncertain and result.verdict == "missed" and not obstacle:
        # How the test split's pixels become inputs is a guess here; a guess fails nobody.
        return result.model_copy(update={"obstacle": "how its inputs are made is not certain. A person decides."})
    return result
