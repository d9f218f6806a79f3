"""What a grading run is given: how to grade, and what is shared over many submissions."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from grader.core.errors import MachineError
from grader.core.evidence import OF_NOTEBOOKS
from grader.core.kept import Kept
from grader.core.outcome import ProblemResult
from grader.core.record import Record
from grader.core.suspended import Where
from grader.datasets import Dataset, load_dataset
from grader.execution import NotebookArtefact, Sandbox, find_sandbox, run_notebook, warm_kernels, warm_workers
from grader.machine import without_torch
from grader.rubric import Rubric
from grader.training.device import CPU, Device


class Options(Record):
    """How to grade: `retrain` off leaves accuracies to a person; `fresh` trains what was trained before again.

    `device` is where networks are trained again, one that has proved itself (`grader.training.proof`). `salt` gives the
    seeds, before the rubric's. `patience` multiplies the seconds that the rubric's limits give to one submission and to
    one training; it may be infinite. `training` says where networks are trained: where others do it, grading is
    Suspended until they have.
    """

    retrain: bool = True
    fresh: bool = False
    seeds: int | None = None
    device: Device = CPU
    salt: str = ""
    patience: float = 1.0
    training: Where = "here"


class Tools(Record):
    """What a grading run shares over many submissions: the sandbox, the data, and what tells of progress.

    `epochs` is told of a training how far it is: which problem's, how many epochs are trained, and of how many.
    `judged` is told of each problem as soon as it is judged. `kept` remembers what steps gave, over submissions and
    runs; None where all is found anew. `refused` says why students' code isn't run here, where it isn't.
    """

    model_config = {"arbitrary_types_allowed": True, "frozen": True}

    sandbox: Sandbox
    dataset: Dataset | None
    data_problem: str = ""
    refused: str = ""
    say: Callable[[str], None] = lambda _: None
    epochs: Callable[[str, int, int], None] = lambda *_: None
    judged: Callable[[ProblemResult], None] = lambda _: None
    run: Callable[..., NotebookArtefact] = run_notebook
    kept: Kept | None = None


def tools_for(rubric: Rubric, say: Callable[[str], None] = lambda _: None) -> Tools:
    """Find the sandbox and the data that the rubric needs.

    Missing data, or no torch, doesn't raise: it becomes the outcome.
    """
    dataset, problem = None, without_torch() if rubric.needs(*OF_NOTEBOOKS) else ""
    if rubric.dataset and not problem:
        try:
            dataset = load_dataset(rubric.dataset)
        except MachineError as error:
            problem = str(error)
    return Tools(sandbox=find_sandbox(), dataset=dataset, data_problem=problem, say=say)


@contextmanager
def warmed(tools: Tools, rubric: Rubric) -> Iterator[Tools]:
    """The same tools for many submissions: what runs and reads them is forked from warm processes."""
    with ExitStack() as stack:
        workers = stack.enter_context(warm_workers(tools.say))
        update: dict[str, object] = {"sandbox": tools.sandbox.model_copy(update={"warm": workers})}
        if rubric.needs(*OF_NOTEBOOKS):
            failed = "kernels are started one by one"
            kernels = stack.enter_context(warm_kernels(lambda why: tools.say(f"{failed}: {why}")))
            update["run"] = partial(tools.run, warm=kernels)
        yield tools.model_copy(update=update)
