"""The networks in one file, and what a rubric's budget says of them."""

import copy
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from grader.core.errors import MachineError, SubmissionError
from grader.core.evidence import ModelFacts, ProblemEvidence
from grader.core.limits import Limits
from grader.core.network import ModelSpec
from grader.core.outcome import BudgetLine
from grader.core.text import decoded
from grader.datasets import Dataset, served
from grader.execution import find_sandbox, run_notebook
from grader.observation.evidence import observe_notebook
from grader.observation.explain import notes
from grader.observation.live_code import MOST_CODE, CodePiece
from grader.observation.models import counted
from grader.reading import reading
from grader.rubric import Rubric
from grader.training.replays import Replays


def inspect_file(
    file: Path,
    rubric: Rubric | None,
    input_shape: tuple[int, ...],
    dataset: Dataset | None = None,
    *,
    trusted: bool = False,
) -> tuple[tuple[ModelFacts, ...], tuple[str, ...]]:
    """(the networks that a notebook or script trains, or the one a JSON spec describes; notes on what went wrong).

    `dataset` is what the notebook is taken to train on: how its inputs were made is read off by comparing with it.
    Raises MachineError where its code may not run here unless it is `trusted`: see `Sandbox.refuses`.
    """
    if not file.is_file():
        raise SubmissionError("no such file", where=str(file), hint="Give a notebook, a script or a model spec (JSON).")
    if file.suffix.lower() == ".json":
        try:
            spec = ModelSpec.model_validate_json(file.read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            raise SubmissionError(
                f"is no model spec: {'.'.join(map(str, first['loc']))}: {first['msg']}", where=str(file)
            ) from error
        return (counted(ModelFacts(notebook=file.name, spec=spec), input_shape),), ()
    sandbox = find_sandbox()
    if why := sandbox.refuses(trusted=trusted, own=True):
        raise MachineError(why, hint="Say --trust-submissions if you know whose code it is.")
    with reading(sandbox) as reader:
        notebook = reader.notebook(file.name, file)
    data = served(dataset.name if dataset else None)
    limits = rubric.limits if rubric else Limits()
    artefact = run_notebook(copy.deepcopy(notebook), file.resolve().parent, sandbox, limits, data=data)
    observed = observe_notebook(
        notebook,
        file.name,
        cells=artefact.cells,
        findings=artefact.findings,
        failure=artefact.failure,
        dataset=dataset,
        beside=[
            CodePiece(file=path.name, source=decoded(path.read_bytes()))
            for path in sorted(file.resolve().parent.glob("*.py"))
            if path.is_file() and path.stat().st_size <= MOST_CODE
        ],
        files=[path.name for path in file.resolve().parent.iterdir()],
    )
    doubts = (f"{model.source}: {'; '.join(model.unbound)}" for model in observed.models if model.unbound)
    return observed.models, (*notes(observed.run), *doubts)


def replays_of(file: Path, limits: Limits, *, fresh: bool = False) -> Replays:
    """What runs this notebook in full, where its recipe alone is not enough to train its networks again."""
    sandbox = find_sandbox()
    with reading(sandbox) as reader:
        notebook = reader.notebook(file.name, file)
    folder = file.resolve().parent
    run = partial(run_notebook, sandbox=sandbox)
    return Replays(folder, {file.name: notebook}, limits, run, fresh=fresh)


def budget(model: ModelFacts, rubric: Rubric, problem: str) -> list[BudgetLine]:
    """What the checks of one problem say of the network, training aside."""
    found = rubric.problem(problem)
    if found is None:
        raise SubmissionError(
            f"the rubric has no problem {problem}", hint=f"It has {', '.join(p.id for p in rubric.problems)}."
        )
    evidence = ProblemEvidence(problem=found.id, model=model)
    outcomes = [check.judge(evidence) for check in found.checks if check.needs == {ModelFacts}]
    return [BudgetLine.model_validate(o.details["budget"]) for o in outcomes if "budget" in o.details]
