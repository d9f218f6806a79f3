"""Trains the network that answers a problem again, once for all of the problem's checks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from grader.core.evidence import ProblemEvidence, Retraining
from grader.core.requests import TrainingRequest
from grader.providers._base import Grading, Provider
from grader.training.decision import Rule


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
        tools.say(f"{problem}: training {model.variable or 'the network'} again")
        result = train_again(
            model,
            tools.dataset,
            replays if request.replay else None,
            threshold=request.threshold,
            rule=Rule(
                kind=request.rule,
                planned=options.seeds or request.planned,
                confidence=request.confidence,
                min_seeds=request.min_seeds,
            ),
            limits=limits,
            device=options.device,
            trusted=request.replay == "trust",
            salt=options.salt or grading.rubric.salt,
            fresh=options.fresh,
            where=options.training,
            time_budget=budget.left,
            on_lane=lambda lane: tools.say(f"{problem}: seed {lane.seed} reached {lane.accuracy:.4f}"),
        )
        if (result.verdict == "undecided" or result.unsupported) and (not budget.left or options.training == "over"):
            budget.short_of(f"{problem}: training")
        return result

    yield train


PROVIDER = Provider(asked=TrainingRequest, gives=Retraining, open=_opened)
