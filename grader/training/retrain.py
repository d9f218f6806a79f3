"""Trains a network under one seed after the other until the verdict stands."""

import math
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool

from grader.core.errors import MachineError, SubmissionError, UnsupportedError
from grader.core.evidence import Lane, Retraining
from grader.core.fault import Fault
from grader.core.suspended import Suspended, Where
from grader.datasets import load_dataset
from grader.training.decision import Rule, next_trainings
from grader.training.device import CPU
from grader.training.elsewhere import finished
from grader.training.memory import ran_out
from grader.training.plan import LaneStep, TrainingPlan
from grader.training.price import expected
from grader.training.seeds import seeds_of
from grader.training.side_by_side import SideBySide
from grader.training.trainable import check_trainable
from grader.training.trainers import choose_trainer
from grader.training.verdict import accuracies, conclude


def retrain(
    plan: TrainingPlan,
    *,
    threshold: float,
    rule: Rule,
    salt: str = "",
    fresh: bool = False,
    where: Where = "here",
    time_budget: float = math.inf,
    on_lane: Callable[[Lane], None] = lambda _: None,
    on_epoch: Callable[[int, int], None] = lambda *_: None,
) -> Retraining:
    """Train under one seed of the salt after the other until the rule knows enough.

    `on_lane` is told each finished lane, `on_epoch` how many epochs are trained and how many it takes at least.
    `fresh` trains even what an earlier run has trained. `where` others train, Suspended names the steps
    (`LaneStep`) that are needed next. After `time_budget` seconds no more is waited for, and the
    verdict is what is known by then. Without a budget the verdict depends on the arguments alone. A network or recipe
    that can't be trained is an `obstacle` with its `fault`; this function does not raise for it. Ctrl-C passes through,
    and the next call goes on from the epochs that are finished.
    """
    lanes: list[Lane] = []
    obstacle = ""
    fault: Fault | None = None
    notes: tuple[str, ...] = ()
    trainer = ""
    test_size = 1
    planned = 0
    epochs = plan.recipe.epochs
    try:
        dataset = load_dataset(plan.dataset)
        test_size = len(dataset.test.labels)
        size = check_trainable(plan, dataset)
        trainer = choose_trainer(plan)
        trained: dict[int, int] = {}

        def told(seed: int, done: int) -> None:
            trained[seed] = done
            on_epoch(sum(trained.values()), planned * epochs)

        if where != "here":
            lanes, missing = finished(plan, trainer, dataset, threshold, rule, salt)
            planned = len(lanes) + len(missing)
            if missing and where == "over":
                raise TimeoutError
            if missing:
                cost = expected(plan, size, dataset, trainer)
                raise Suspended(
                    [LaneStep(plan=plan, trainer=trainer, seed=s, key=k, cost=cost) for s, k in missing.items()]
                )
            for lane in lanes:
                on_lane(lane)
        deadline = time.monotonic() + time_budget
        with SideBySide(plan, trainer, dataset, size, fresh=fresh, deadline=deadline, on_epoch=told) as trainings:
            while needed := next_trainings(accuracies(lanes), threshold, rule, test_size):
                planned = len(lanes) + needed
                for lane in trainings.train(seeds_of(salt, range(len(lanes), planned))):
                    told(lane.seed, epochs)
                    lanes.append(lane)
                    on_lane(lane)
    except TimeoutError:  # what is known by now decides
        done = f"{len(lanes)} of at least {planned} trainings"
        notes = (f"Incomplete: the {time_budget:,.0f} s ended after {done}. Another run goes on from there.",)
    except (SubmissionError, MachineError) as error:
        obstacle, fault = str(error), _fault(error, plan)
        obstacle = f"training stopped: {error}" if fault is Fault.machine else obstacle
    except (ValueError, RuntimeError, MemoryError, OSError) as error:
        said = str(error).splitlines()[:1] or [type(error).__name__]
        obstacle, fault = f"training stopped: {said[0]}", _fault(error, plan)
    return conclude(
        lanes,
        plan.dataset,
        test_size=test_size,
        threshold=threshold,
        rule=rule,
        obstacle=obstacle,
        fault=fault,
        notes=notes,
        trainer=trainer,
        device=plan.device.kind,
    )


def _fault(error: Exception, plan: TrainingPlan) -> Fault:
    """Whose doing an error of a training is."""
    if isinstance(error, UnsupportedError):
        return Fault.grader
    if isinstance(error, SubmissionError):
        return Fault.student
    if isinstance(error, MachineError | OSError | BrokenProcessPool) or ran_out(error):
        return Fault.machine
    # On the CPU torch's other errors are those of a recipe that can't be followed to its end. An accelerator fails with
    # a RuntimeError as well, and what it fails with is not told apart.
    return Fault.machine if isinstance(error, RuntimeError) and plan.device != CPU else Fault.student
