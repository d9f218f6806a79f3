"""What a grading run is given: how to grade, and what is shared over many submissions."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property, partial

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


class Data:
    """The data that networks are trained on, looked for (and fetched) when something needs it: reports never do."""

    def __init__(self, find: Callable[[], tuple[Dataset | None, str]] = lambda: (None, "")) -> None:
        self._find = find

    @cached_property
    def found(self) -> tuple[Dataset | None, str]:
        """(the data, or None; why it can't be had)."""
        return self._find()


class Tools(Record):
    """What a grading run shares over many submissions: the sandbox, the data, and what tells of progress.

    `epochs` is told of a training how far it is: which problem's, how many epochs are trained, and of how many.
    `judged` is told of each problem as soon as it is judged. `kept` remembers what steps gave, over submissions and
    runs; None where all is found anew. `refused` says why students' code isn't run here, where it isn't.
    """

    model_config = {"arbitrary_types_allowed": True, "frozen": True}

    sandbox: Sandbox
    data: Data = Data()
    refused: str = ""
    say: Callable[[str], None] = lambda _: None
    epochs: Callable[[str, int, int], None] = lambda *_: None
    judged: Callable[[ProblemResult], None] = lambda _: None
    run: Callable[..., NotebookArtefact] = run_notebook
    kept: Kept | None = None

    @property
    def dataset(self) -> Dataset | None:
        """The data that networks are trained on; None where none is, or it can't be had."""
        return self.data.found[0]

    @property
    def data_problem(self) -> str:
        """Why nothing that needs the data, or torch, can be judged; empty where it can."""
        return self.data.found[1]


def tools_for(rubric: Rubric, say: Callable[[str], None] = lambda _: None) -> Tools:
    """Find the sandbox, and the data that the rubric needs when something asks for it.

    Missing data, or no torch, doesn't raise: it becomes the outcome.
    """
    return Tools(sandbox=find_sandbox(), data=Data(partial(_data_for, rubric)), say=say)


def _data_for(rubric: Rubric) -> tuple[Dataset | None, str]:
    problem = without_torch() if rubric.needs(*OF_NOTEBOOKS) else ""
    if not rubric.dataset or problem:
        return None, problem
    try:
        return load_dataset(rubric.dataset), ""
    except MachineError as error:
        return None, str(error)


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
