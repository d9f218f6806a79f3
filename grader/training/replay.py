"""Decides on whole runs of a notebook, where its recipe doesn't hold all of its training."""

from collections.abc import Callable

from grader.core.errors import MachineError, SubmissionError
from grader.core.evidence import Lane, ModelFacts, Retraining
from grader.core.fault import Fault
from grader.datasets import Dataset, can_be_replayed
from grader.guest.protocol import GapKind
from grader.training.decision import Rule, next_trainings
from grader.training.doubts import Replayed, doubts
from grader.training.gaps import gaps
from grader.training.plan import TrainingPlan
from grader.training.replays import Replays
from grader.training.seeds import seeds_of
from grader.training.trainable import check_network, check_price
from grader.training.verdict import accuracies, conclude


def replay(
    model: ModelFacts,
    dataset: Dataset,
    replays: Replays,
    *,
    threshold: float,
    rule: Rule,
    salt: str = "",
    trusted: bool = False,
    nearest: Callable[[], Retraining | None] = lambda: None,
    on_lane: Callable[[Lane], None] = lambda _: None,
) -> Retraining:
    """Decide on whole runs of the notebook. Never raises for what the notebook does: that is an `obstacle`.

    Runs that miss the threshold fail. The weights come from the student's code, so runs that reach it pass only where
    they are `trusted`, or where what can be followed of the recipe, which `nearest` trains, reaches it too. Without
    that support, or where something speaks against them, the verdict is a person's.
    """
    runs: list[Replayed] = []
    obstacle = ""
    notes = (
        f"Your notebook was run in full, since a recipe does not hold all of its training ({'; '.join(gaps(model))}).",
    )
    machine = False
    test_size = len(dataset.test.labels)
    try:
        if model.recipe is None or not can_be_replayed(dataset.name):
            left_out = "; ".join(gaps(model))
            raise SubmissionError(f"{left_out}; and on {dataset.title} no notebook can be run in full")
        plan = TrainingPlan(spec=model.spec, recipe=model.recipe, dataset=dataset.name, limits=replays.limits)
        check_price(plan, check_network(plan, dataset), dataset)
        while needed := next_trainings(accuracies([run.lane for run in runs]), threshold, rule, test_size):
            for run in replays.runs(model, plan, dataset, seeds_of(salt, range(len(runs), len(runs) + needed))):
                runs.append(run)
                on_lane(run.lane)
    except SubmissionError as error:
        obstacle = f"{error}. A person decides."
    except (MachineError, MemoryError, OSError) as error:
        obstacle, machine = f"the notebook could not be run in full: {error}", True
    except Exception as error:  # weights that find a fault of ours cost nobody points, and no one else's grade
        obstacle, machine = f"the grader failed: {type(error).__name__}: {error}", True
    result = conclude(
        [run.lane for run in runs],
        dataset.name,
        test_size=test_size,
        threshold=threshold,
        rule=rule,
        method="replay",
        obstacle=obstacle,
        fault=Fault.machine if machine else None,
        notes=notes,
    )
    if obstacle or result.verdict == "undecided":
        return result
    if result.verdict == "missed":
        # How the test split's pixels become inputs may be a guess here; a guess fails nobody.
        guessed = model.recipe is not None and any(gap.kind == GapKind.INPUT for gap in model.recipe.gaps)
        return result.model_copy(update={"unsupported": "how its inputs are made is not certain" if guessed else ""})
    return _weighed(result, runs, model, None if trusted else nearest(), trusted=trusted)


def _weighed(
    result: Retraining, runs: list[Replayed], model: ModelFacts, nearest: Retraining | None, *, trusted: bool
) -> Retraining:
    """The result of runs that reach the threshold, with the reason why that is a person's, where there is one."""
    lanes = nearest.lanes if nearest else ()
    why = "; ".join(doubts(runs, lanes, hidden_layers=model.hidden_layers))
    if nearest and lanes:
        ended = {"reached": "reaches it", "missed": "does not reach it", "undecided": "decides nothing"}[
            nearest.verdict
        ]
        accuracies = ", ".join(f"{lane.accuracy:.4f}" for lane in lanes)
        said = f"the nearest recipe that the grader can follow {ended} ({accuracies})"
        why = why or (said if nearest.verdict != "reached" else "")
        result = result.model_copy(update={"nearest": lanes, "notes": (*result.notes, f"Beside it, {said}.")})
    elif not trusted:
        why = why or "the weights come from the notebook's own code, and the grader can't train it by itself"
    return result.model_copy(update={"unsupported": why})
