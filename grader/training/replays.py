"""Runs notebooks in full for their trained weights, each once under each seed."""

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Protocol

import torch
from nbformat import NotebookNode
from pydantic import ValidationError

from grader.core.errors import SubmissionError, UnsupportedError
from grader.core.evidence import Lane, ModelFacts
from grader.core.limits import Limits
from grader.datasets import Dataset, served_without_test
from grader.files import digest_of_folder
from grader.guest import protocol
from grader.machine import cores, software
from grader.training.cache import digest_of, lanes_folder, load_state, save_state
from grader.training.doubts import Replayed
from grader.training.handed_over import score_replay
from grader.training.images import Given
from grader.training.plan import TrainingPlan

_CLOCKS = ("submission_seconds", "training_seconds", "notebooks")  # limits of which no run that ended depends
_ARRAYS = ("predicted", "first", "last")  # of a run


class Weights(Protocol):
    """Files of safetensors by name: `n-first` before the n-th training's first step, `n-last` at its end."""

    @property
    def digests(self) -> Mapping[str, str]:
        """Digests of the files' bytes, by name."""

    def file(self, name: str) -> Path | None:
        """The file of that name, where there is one."""


class FullRun(Protocol):
    """What a full run left."""

    @property
    def weights(self) -> Weights | None:
        """Of the networks that it trained."""

    @property
    def failure(self) -> str:
        """Why it did not run to its end; empty when it did."""

    @property
    def seconds(self) -> float:
        """Of wall time."""


class RunsInFull(Protocol):
    """Runs a notebook beside a copy of its files with its own seeds shifted by this one, and cuts nothing."""

    def __call__(
        self, notebook: NotebookNode, files: Path, *, limits: Limits, data: dict[str, Path], seed: int
    ) -> FullRun:
        """`data` names the folder of each data set that is served. Raises MachineError when nothing can be run."""


class Replays:
    """Runs the notebooks of one submission in full, each once under each seed, for all of its networks."""

    def __init__(
        self,
        files: Path,
        notebooks: dict[str, NotebookNode],
        limits: Limits,
        run: RunsInFull,
        *,
        fresh: bool = False,
        left: Callable[[], float] = lambda: math.inf,
    ) -> None:
        """`left` tells how many seconds may still be spent on the submission."""
        self.files, self.notebooks, self.limits, self.run, self.fresh = files, notebooks, limits, run, fresh
        self.left = left
        self.ended: dict[tuple[str, int], FullRun] = {}

    def runs(self, model: ModelFacts, plan: TrainingPlan, dataset: Dataset, seeds: Sequence[int]) -> Iterator[Replayed]:
        """The runs of a network, in order. Raises SubmissionError when its training doesn't yield its weights."""
        keys = {seed: self._key(model, plan, dataset, seed) for seed in seeds}
        known = {} if self.fresh else {seed: run for seed, key in keys.items() if (run := _recall(key))}
        missing = [seed for seed in seeds if seed not in known and (model.notebook, seed) not in self.ended]
        if missing:
            data = served_without_test(dataset)
            with ThreadPoolExecutor(cores()) as pool:
                for seed, artefact in zip(missing, pool.map(lambda s: self._run(model, data, s), missing), strict=True):
                    self.ended[model.notebook, seed] = artefact
        for seed in seeds:
            if seed in known:
                yield known[seed]
            else:
                artefact = self.ended[model.notebook, seed]
                run = self._scored(model, plan, dataset, seed, artefact)
                _remember(keys[seed], run)
                yield run

    def _run(self, model: ModelFacts, data: dict[str, Path], seed: int) -> FullRun:
        left = self.left()
        if not left:
            raise UnsupportedError("the time for this submission was over before it ran under every seed")
        limits = self.limits.model_copy(update={"replay_seconds": min(self.limits.replay_seconds, left)})
        notebook = copy.deepcopy(self.notebooks[model.notebook])
        return self.run(notebook, self.files, limits=limits, data=data, seed=seed)

    def _scored(
        self, model: ModelFacts, plan: TrainingPlan, dataset: Dataset, seed: int, artefact: FullRun
    ) -> Replayed:
        name = f"{model.training}-last"
        first, last = (_file(artefact, f"{model.training}-{when}") for when in ("first", "last"))
        if first is None or last is None:
            why = artefact.failure or "it is not trained when the notebook runs in full"
            raise SubmissionError(f"no weights came back: {why}")
        same = [s for (file, s), other in self.ended.items() if file == model.notebook and s != seed
                and _digest(other, name) == _digest(artefact, name)]  # fmt: skip
        if same:
            raise SubmissionError("two seeds gave the very same weights: they were set, not trained")
        return score_replay(plan.spec, Given.of(plan.recipe, "testing"), dataset, seed, first, last, artefact.seconds)

    def _key(self, model: ModelFacts, plan: TrainingPlan, dataset: Dataset, seed: int) -> str:
        cells = "\0".join(cell.source for cell in self.notebooks[model.notebook].cells)
        named = "replay", model.notebook, cells, str(model.training), self.limits.model_dump_json(exclude=set(_CLOCKS))
        return digest_of(plan, dataset, seed, *named, self._files, software(Path(protocol.__file__).parent))

    @cached_property
    def _files(self) -> str:
        """A digest of all that was handed in, by name: a notebook may read any of it, and its own file as well."""
        return digest_of_folder(self.files)


def _recall(key: str) -> Replayed | None:
    """The run of an earlier call, or None."""
    folder = lanes_folder()
    kept = load_state(folder / f"{key}.replay") if folder else None
    try:
        if kept is None:
            return None
        lane = Lane.model_validate_json(kept["lane"]).model_copy(update={"cached": True})
        arrays = {name: kept[name].numpy() for name in _ARRAYS}
        return Replayed(lane=lane, learned=kept["learned"], **arrays)
    except (KeyError, TypeError, AttributeError, ValidationError):
        return None


def _remember(key: str, run: Replayed) -> None:
    """Keep a run. A cache that can't be written costs time, not grades."""
    folder = lanes_folder()
    if folder:
        arrays = {name: torch.from_numpy(getattr(run, name)) for name in _ARRAYS}
        with suppress(OSError):
            save_state(folder / f"{key}.replay", {"lane": run.lane.model_dump_json(), "learned": run.learned, **arrays})


def _file(run: FullRun, name: str) -> Path | None:
    return run.weights.file(name) if run.weights else None


def _digest(run: FullRun, name: str) -> str | None:
    return run.weights.digests.get(name) if run.weights else None
