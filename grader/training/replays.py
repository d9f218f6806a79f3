"""Runs notebooks in full for their trained weights, each once under each seed."""

import copy
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from nbformat import NotebookNode

from grader.core.errors import SubmissionError
from grader.core.evidence import Lane, ModelFacts
from grader.core.limits import Limits
from grader.datasets import Dataset, folder_without_test
from grader.machine import cores
from grader.training.cache import digest_of, recall, remember
from grader.training.handed_over import score_replay
from grader.training.plan import TrainingPlan


class FullRun(Protocol):
    """What a full run left: the weights of its n-th training under `n-first` and `n-last`, as safetensors."""

    @property
    def weights(self) -> Mapping[str, bytes]:
        """Before the first step, and at the end."""

    @property
    def failure(self) -> str:
        """Why it did not run to its end; empty when it did."""

    @property
    def seconds(self) -> float:
        """Of wall time."""


class RunsInFull(Protocol):
    """Runs a notebook beside a copy of its files with its own seeds shifted by this one, and cuts nothing."""

    def __call__(self, notebook: NotebookNode, files: Path, *, limits: Limits, data: Path, seed: int) -> FullRun:
        """`data` is the folder that its data sets are served from. Raises MachineError when nothing can be run."""


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
    ) -> None:
        self.files, self.notebooks, self.limits, self.run, self.fresh = files, notebooks, limits, run, fresh
        self.ended: dict[tuple[str, int], FullRun] = {}
        self.sources: dict[str, str] = {}  # by notebook: a digest of its code and of the files beside it

    def lanes(self, model: ModelFacts, plan: TrainingPlan, dataset: Dataset, seeds: Sequence[int]) -> Iterator[Lane]:
        """The lanes of a network, in order. Raises SubmissionError when its training doesn't yield its weights."""
        keys = {seed: self._key(model, plan, dataset, seed) for seed in seeds}
        known = {} if self.fresh else {seed: lane for seed, key in keys.items() if (lane := recall(key))}
        missing = [seed for seed in seeds if seed not in known and (model.notebook, seed) not in self.ended]
        if missing:
            data = folder_without_test(dataset)
            with ThreadPoolExecutor(cores()) as pool:
                for seed, artefact in zip(missing, pool.map(lambda s: self._run(model, data, s), missing), strict=True):
                    self.ended[model.notebook, seed] = artefact
        for seed in seeds:
            if seed in known:
                yield known[seed]
            else:
                artefact = self.ended[model.notebook, seed]
                lane = self._lane(model, plan, dataset, seed, artefact)
                remember(keys[seed], lane)
                yield lane

    def _run(self, model: ModelFacts, data: Path, seed: int) -> FullRun:
        notebook = copy.deepcopy(self.notebooks[model.notebook])
        return self.run(notebook, self.files, limits=self.limits, data=data, seed=seed)

    def _lane(self, model: ModelFacts, plan: TrainingPlan, dataset: Dataset, seed: int, artefact: FullRun) -> Lane:
        first, last = (artefact.weights.get(f"{model.training}-{when}") for when in ("first", "last"))
        if first is None or last is None:
            why = artefact.failure or "it is not trained when the notebook runs in full"
            raise SubmissionError(f"no weights came back under seed {seed}: {why}")
        same = [s for (file, s), other in self.ended.items() if file == model.notebook and s != seed
                and other.weights.get(f"{model.training}-last") == last]  # fmt: skip
        if same:
            raise SubmissionError(f"seeds {same[0]} and {seed} gave the very same weights: they were set, not trained")
        return score_replay(plan.spec, plan.recipe.inputs, dataset, seed, first, last, artefact.seconds)

    def _key(self, model: ModelFacts, plan: TrainingPlan, dataset: Dataset, seed: int) -> str:
        if model.notebook not in self.sources:
            self.sources[model.notebook] = self._source(model.notebook)
        named = "replay", str(model.training), str(self.limits), self.sources[model.notebook]
        return digest_of(plan, dataset, seed, *named)

    def _source(self, notebook: str) -> str:
        digest = hashlib.sha256(notebook.encode("utf-8", "replace"))
        for cell in self.notebooks[notebook].cells:
            digest.update(cell.source.encode("utf-8", "replace") + b"\0")
        for path in sorted(self.files.rglob("*")):
            if path.is_file() and not path.is_symlink() and path.suffix.lower() != ".ipynb":
                digest.update(str(path.relative_to(self.files)).encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()
