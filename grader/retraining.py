"""How a network is trained again: by its recipe where that holds everything, else by running its notebook in full."""

import copy
import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nbformat import NotebookNode

from grader.core.errors import MachineError, SubmissionError, UnsupportedError
from grader.core.evidence import Lane, ModelFacts, Retraining
from grader.core.limits import Limits
from grader.core.network import Recipe
from grader.datasets import Dataset, can_be_replayed, served_without_test
from grader.execution import NotebookArtefact, Sandbox
from grader.machine import cores
from grader.training import Rule, retrain
from grader.training.cache import lane_key, recall, remember
from grader.training.decision import next_trainings
from grader.training.recipe import check_recipe
from grader.training.replay import score_replay
from grader.training.retrain import check_network
from grader.training.verdict import accuracies, conclude

Run = Callable[..., NotebookArtefact]

_HARMLESS = "data"  # the grader trains on its own split, and says so
_NOT_SCORED = ("data set", "network")  # the host's network, on the host's data, would not do what the student's does


def gaps(model: ModelFacts) -> list[str]:
    """What the recipe alone leaves out of this training; empty when it can be trained again from that."""
    recipe, found = model.recipe, obstacles(model)
    if recipe is not None:
        left_out = [gap for gap in recipe.inexpressible if gap.what not in (_HARMLESS, *_NOT_SCORED)]
        found += [f"{gap.what}: {gap.why}" for gap in left_out]
        try:
            check_recipe(recipe.loss, recipe.optimizer, recipe.schedules)
        except UnsupportedError as error:
            found.append(str(error))
        except SubmissionError:
            pass  # the student's own mistake, which training again will say
    return found


def obstacles(model: ModelFacts) -> list[str]:
    """Why not even a run of the notebook itself could be scored."""
    found = [f"{gap.what}: {gap.why}" for gap in model.spec.inexpressible]
    found += [f"the {loose.kind} “{loose.name}” is used as a weight" for loose in model.spec.loose]
    if model.recipe is None:
        return [*found, "how it was trained was not seen"]
    return found + [f"{gap.what}: {gap.why}" for gap in model.recipe.inexpressible if gap.what in _NOT_SCORED]


class Replays:
    """Runs the notebooks of one submission in full, each once under each seed, for all of its networks."""

    def __init__(
        self,
        files: Path,
        notebooks: dict[str, NotebookNode],
        sandbox: Sandbox,
        limits: Limits,
        run: Run,
        *,
        fresh: bool = False,
    ) -> None:
        self.files, self.notebooks, self.sandbox, self.limits, self.run = files, notebooks, sandbox, limits, run
        self.fresh = fresh
        self.ended: dict[tuple[str, int], NotebookArtefact] = {}
        self.sources: dict[str, str] = {}  # by notebook: a digest of its code and of the files beside it

    def lanes(self, model: ModelFacts, recipe: Recipe, dataset: Dataset, seeds: Sequence[int]) -> Iterator[Lane]:
        """The lanes of a network, in order. Raises SubmissionError when its training doesn't yield its weights."""
        keys = {seed: self._key(model, recipe, dataset, seed) for seed in seeds}
        known = {} if self.fresh else {seed: lane for seed, key in keys.items() if (lane := recall(key))}
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
                lane = self._lane(model, recipe, dataset, seed, artefact)
                remember(keys[seed], lane)
                yield lane

    def _run(self, model: ModelFacts, data: dict[str, Path], seed: int) -> NotebookArtefact:
        notebook = copy.deepcopy(self.notebooks[model.notebook])
        return self.run(notebook, self.files, self.sandbox, self.limits, data=data, seed=seed)

    def _lane(self, model: ModelFacts, recipe: Recipe, dataset: Dataset, seed: int, artefact: NotebookArtefact) -> Lane:
        first, last = (artefact.weights.get(f"{model.training}-{when}") for when in ("first", "last"))
        if first is None or last is None:
            why = artefact.failure or "it is not trained when the notebook runs in full"
            raise SubmissionError(f"no weights came back under seed {seed}: {why}")
        same = [s for (file, s), other in self.ended.items() if file == model.notebook and s != seed
                and other.weights.get(f"{model.training}-last") == last]  # fmt: skip
        if same:
            raise SubmissionError(f"seeds {same[0]} and {seed} gave the very same weights: they were set, not trained")
        return score_replay(model.spec, recipe.inputs, dataset, seed, first, last, artefact.seconds)

    def _key(self, model: ModelFacts, recipe: Recipe, dataset: Dataset, seed: int) -> str:
        if model.notebook not in self.sources:
            self.sources[model.notebook] = self._source(model.notebook)
        named = f"replay {model.training} {self.limits} {self.sources[model.notebook]}"
        return hashlib.sha256((named + lane_key(model.spec, recipe, dataset, seed)).encode()).hexdigest()

    def _source(self, notebook: str) -> str:
        digest = hashlib.sha256(notebook.encode("utf-8", "replace"))
        for cell in self.notebooks[notebook].cells:
            digest.update(cell.source.encode("utf-8", "replace") + b"\0")
        for path in sorted(self.files.rglob("*")):
            if path.is_file() and not path.is_symlink() and path.suffix.lower() != ".ipynb":
                digest.update(str(path.relative_to(self.files)).encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()


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
        recipe = model.recipe
        if recipe is None or not can_be_replayed(dataset.name):
            left_out = "; ".join(gaps(model))
            raise SubmissionError(f"{left_out}; and on {dataset.title} no notebook can be run in full")
        check_network(model.spec, recipe.inputs, dataset, replays.limits)
        while needed := next_trainings(accuracies(lanes), threshold, rule, test_size):
            for lane in replays.lanes(model, recipe, dataset, range(len(lanes), len(lanes) + needed)):
                lanes.append(lane)
                on_lane(lane)
    except SubmissionError as error:
        obstacle = f"{error}. A person decides."
    except (MachineError, MemoryError, OSError) as error:
        obstacle, machine = f"the notebook could not be run in full: {error}", True
    except Exception as error:  # weights that find a fault of ours cost nobody points, and no one else's grade
        obstacle, machine = f"the grader failed: {type(error).__name__}: {error}", True
    uncertain = any(gap.what == "input" for gap in model.recipe.inexpressible) if model.recipe else False
    result = conclude(
        lanes,
        dataset.name,
        test_size=test_size,
        threshold=threshold,
        rule=rule,
        method="replay",
        obstacle=obstacle,
        fault="machine" if machine else "",
        notes=notes,
    )
    if uncertain and result.verdict == "missed" and not obstacle:
        # How the test split's pixels become inputs is a guess here; a guess fails nobody.
        return result.model_copy(update={"obstacle": "how its inputs are made is not certain. A person decides."})
    return result


def train_again(
    model: ModelFacts,
    dataset: Dataset,
    replays: Replays | None,
    *,
    threshold: float,
    rule: Rule,
    limits: Limits,
    fresh: bool = False,
    time_budget: float = math.inf,
    on_lane: Callable[[Lane], None] = lambda _: None,
    on_epoch: Callable[[int, int], None] = lambda *_: None,
) -> Retraining:
    """By the recipe where that holds everything, else by running the notebook; else a person is asked, and told why."""
    missing = gaps(model)
    if not missing and model.recipe is not None:
        result = retrain(
            model.spec,
            model.recipe,
            dataset.name,
            threshold=threshold,
            rule=rule,
            limits=limits,
            fresh=fresh,
            time_budget=time_budget,
            on_lane=on_lane,
            on_epoch=on_epoch,
        )
        said = tuple(gap.why for gap in model.recipe.inexpressible)
        return result.model_copy(update={"notes": (*result.notes, *said)})
    why = obstacles(model) or ([] if replays else missing)
    if replays is None or why:
        return conclude(
            (),
            dataset.name,
            test_size=len(dataset.test.labels),
            threshold=threshold,
            rule=rule,
            obstacle=f"{'; '.join(why)}. A person decides.",
        )
    return replay(model, dataset, replays, threshold=threshold, rule=rule, on_lane=on_lane)
