"""Trains the network that answers a problem again, once for all of the problem's checks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from grader.core.evidence import ModelFacts, ProblemEvidence, Retraining
from grader.core.fault import Fault
from grader.core.requests import TrainingRequest
from grader.providers._base import Grading, Provider
from grader.training.decision import Rule, fewest


@contextmanager
def _opened(grading: Grading) -> Iterator[Callable[[TrainingRequest, ProblemEvidence], Retraining | None]]:
    from grader.training.again import train_again
    from grader.training.replays import Replays

    tools, options, limits = grading.tools, grading.options, grading.rubric.limits
    run = partial(tools.run, sandbox=tools.sandbox)
    budget = grading.budget
    replays = Replays(
        grading.submission.root, dict(grading.notebooks), limits, run, fresh=options.fresh, left=lambda: budget.left
    )

    def train(request: TrainingRequest, evidence: ProblemEvidence) -> Retraining | None:
        model, problem = evidence.model, evidence.problem
        if model is None or model.problem or model.unbound or not options.retrain or tools.dataset is None:
            return None
        rule = Rule(
            kind="majority" if evidence.trainings else request.rule,  # who asks for more wants to see them
            planned=(options.seeds or request.planned) + evidence.trainings,
            confidence=request.confidence,
            min_seeds=request.min_seeds,
        )
        tools.say(f"{problem}: training {model.variable or 'the network'} again{_cost(model, grading, rule)}")
        result = train_again(
            model,
            tools.dataset,
            replays if request.replay else None,
            threshold=request.threshold,
            rule=rule,
            limits=limits,
            device=options.device,
            trusted=request.replay == "trust",
            salt=options.salt or grading.rubric.salt,
            fresh=options.fresh,
            where=options.training,
            time_budget=budget.left,
            on_epoch=lambda done, total: tools.epochs(problem, done, total),
            on_lane=lambda lane: tools.say(f"{problem}: a training reached {lane.accuracy:.4f}"),
        )
        if (result.verdict == "undecided" or result.unsupported) and (not budget.left or options.training == "over"):
            budget.short_of(f"{problem}: training")
            if budget.by_machine:
                done = f"{len(result.lanes)} of its trainings ended"
                why = f"there was no time to train the network again as often as it takes: {budget.why}, and {done}"
                return result.model_copy(update={"obstacle": why, "fault": Fault.machine})
        return result

    yield train


def _cost(model: ModelFacts, grading: Grading, rule: Rule) -> str:
    """What it is going to cost, before it starts; nothing where that can't be said of its recipe."""
    from grader.training.price import in_words
    from grader.training.trainable import expected_of

    dataset = grading.tools.dataset
    seconds = expected_of(model, dataset, grading.rubric.limits) if dataset else None
    if seconds is None:
        return ""
    planned, least = rule.planned, fewest(rule)
    times = f"{least} to {planned} times" if least < planned else "once" if planned == 1 else f"{planned} times"
    return f", {times}; each takes a core about {in_words(max(seconds, 1.0))}, unless it was trained before"


PROVIDER = Provider(asked=TrainingRequest, gives=Retraining, open=_opened)
