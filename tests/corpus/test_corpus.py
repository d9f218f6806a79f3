"""What is read from each notebook and script of the corpus when the probe runs it on a small part of the real MNIST."""

import os
import pickle
import tempfile
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace

import corpus
import numpy as np
import pytest
from blocks import words
from small_data import small_mnist

from grader import datasets
from grader.core.errors import SubmissionError
from grader.core.limits import Limits
from grader.execution import run_notebook
from grader.files import write_whole
from grader.guest.protocol import Blocks
from grader.intake.read import read_notebook
from grader.observation.evidence import observe, observe_notebook
from grader.observation.words import headings
from grader.rubric import load_rubric
from grader.training.again import train_again
from grader.training.decision import Rule
from grader.training.recipe import check_recipe
from grader.training.replay import replay
from grader.training.replays import Replays

pytestmark = [pytest.mark.mnist, pytest.mark.deep]

RUBRIC = Path(__file__).parents[2] / "rubrics" / "cs155-2023-set4.yaml"
LIMITS = Limits(replay_seconds=60)
LEAST_SPREAD = 0.01  # of accuracies on 500 samples; a few trainings may lie closer by chance
CHANCE = 0.1  # of a network that knows nothing


@pytest.fixture(scope="module", autouse=True)
def _world(tmp_path_factory, sandbox, kernels):
    """A small MNIST for the notebooks and for the host."""
    WORLD.empty, WORLD.sandbox, WORLD.kernels = tmp_path_factory.mktemp("submission"), sandbox, kernels
    base = tmp_path_factory.getbasetemp()
    WORLD.known = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "corpus"
    WORLD.known.mkdir(exist_ok=True)
    with small_mnist(tmp_path_factory.mktemp("data")) as WORLD.dataset:
        WORLD.data = datasets.served("mnist")
        yield


WORLD = SimpleNamespace()


@cache
def ran(name):
    """The notebook of a fixture and the raw result of running it: once for all workers, whatever is asked of it."""
    fixture, known = corpus.load(name), WORLD.known / f"{name}.pickle"
    if known.is_file():
        return pickle.loads(known.read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        notebook = read_notebook(fixture.write(Path(folder)), fixture.file)
    limits = Limits(**fixture.expected.get("limits", {}))
    artefact = run_notebook(notebook, WORLD.empty, WORLD.sandbox, limits, data=WORLD.data, warm=WORLD.kernels)
    write_whole(known, pickle.dumps((notebook, artefact)))
    return notebook, artefact


def observed(name, file=None):
    notebook, artefact = ran(name)
    return observe_notebook(
        notebook,
        file or corpus.load(name).file,
        cells=artefact.cells,
        findings=artefact.findings,
        failure=artefact.failure,
        seconds=artefact.seconds,
        dataset=WORLD.dataset,
        headings=headings(words(notebook, file or corpus.load(name).file)),
    )


def evidence(files):
    """The evidence of fixtures handed in together, by problem."""
    texts = {file: words(ran(name)[0], file) for file, name in files.items()}
    return observe(load_rubric(RUBRIC), {}, {file: observed(name, file) for file, name in files.items()}, texts)


def trained_again(name, seeds, *, by_recipe):
    """The accuracies of a fixture's graded network, and why there are none."""
    fixture, (notebook, _) = corpus.load(name), ran(name)
    models = observed(name).models
    model = models[fixture.expected.get("graded", len(models)) - 1]
    run = partial(run_notebook, sandbox=WORLD.sandbox, warm=WORLD.kernels)
    replays = Replays(WORLD.empty, {fixture.file: notebook}, LIMITS, run, fresh=True)
    rule = Rule(kind="majority", planned=seeds)
    options = {"threshold": 2.0, "rule": rule}  # never reached, and so never stopped early
    if by_recipe:
        result = train_again(model, WORLD.dataset, None, limits=LIMITS, fresh=True, **options)
    else:
        result = replay(model, WORLD.dataset, replays, **options)
    return [lane.accuracy for lane in result.lanes], result.obstacle


def differences(model):
    """Everything that is named as not in the record, as (serious, words): data alone can be made up for."""
    recipe = model.recipe.gaps if model.recipe else ()
    return [(gap.blocks(Blocks.REFIT), str(gap)) for gap in (*model.spec.gaps, *recipe)]


def obstacles(model):
    """What keeps the grader from training a model again from its spec and recipe."""
    found = [words for serious, words in differences(model) if serious]
    found += [f"{tensor.kind} {tensor.name}" for tensor in model.spec.loose]
    if model.recipe is None:
        return [*found, "no recipe"]
    try:
        check_recipe(model.recipe.loss, model.recipe.optimizer, model.recipe.schedules)
    except SubmissionError as error:
        found.append(str(error))
    return found


def holds(found, expected):
    """The part of what was found that is spoken of; settings are always spoken of as a whole."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return {
            key: found[key] if key == "settings" else holds(found.get(key), value) for key, value in expected.items()
        }
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [holds(*pair) for pair in zip(found, expected, strict=True)]
    return found


def expected_of(name, *keys):
    """The models that must be found, reduced to these keys."""
    return [{key: model[key] for key in keys if key in model} for model in corpus.load(name).expected["models"]]


every = pytest.mark.parametrize("name", corpus.names(), scope="module")


@every
def test_every_cell_ends_as_it_must(name):
    run = observed(name).run
    found = {cell.index: cell.error for cell in run.crashes}
    expected = corpus.load(name).expected.get("fails", {})
    assert {
        i: next((e for e in [expected.get(i)] if e and e in error), error) for i, error in found.items()
    } == expected
    assert run.machine_failure == "" and (expected or not run.failure), run.failure


@every
def test_every_trained_network_is_found(name):
    expected = expected_of(name, "cell", "variable", "headings", "layers", "unused", "layer_settings", "loose")
    found = []
    for model, of in zip(observed(name).models, [*expected, *[{}] * 20], strict=False):
        layers = model.spec.layers
        facts = {
            "cell": model.cell,
            "variable": model.variable,
            "headings": list(model.headings),
            "layers": [layer.type for layer in layers],
            "unused": list(model.spec.unused),
            "layer_settings": {i: layer.model_dump(mode="json")["settings"] for i, layer in enumerate(layers)},
            "loose": [tensor.name for tensor in model.spec.loose],
        }
        found.append(holds(facts, of) if of else facts)
    assert found == expected


@every
def test_what_is_reported_stands_in_the_code(name):
    assert [model.unbound for model in observed(name).models if model.unbound] == []


@every
def test_how_each_was_trained(name):
    expected = [model.get("recipe") for model in corpus.load(name).expected["models"]]
    recipes = [model.recipe.model_dump(mode="json") if model.recipe else None for model in observed(name).models]
    assert len(recipes) == len(expected)
    assert [holds(found, of) if of else None for found, of in zip(recipes, expected, strict=True)] == expected


@every
def test_whatever_differs_is_named_and_nothing_else(name):
    expected = corpus.load(name).expected["models"]
    found = [[words for _, words in differences(model)] for model in observed(name).models]
    assert len(found) == len(expected)
    silent, wrong = [], []
    for of, said in zip(expected, found, strict=True):
        named = of.get("named", [])
        silent += [part for part in named if not any(part in words for words in said)]
        wrong += [words for words in said if not any(part in words for part in (*named, *of.get("may", [])))]
    assert (silent, wrong) == ([], [])


@every
def test_who_can_train_it_again(name):
    fixture, models = corpus.load(name).expected, observed(name).models
    assert len(models) == len(fixture["models"])
    if models:
        found = obstacles(models[fixture.get("graded", len(models)) - 1])
        assert bool(found) == (fixture["fair"] != "refit"), found
    else:
        assert fixture["fair"] == "person"


@pytest.mark.parametrize("name", [name for name in corpus.names() if corpus.load(name).expected["fair"] == "refit"])
def test_the_recipe_and_the_notebook_itself_end_alike(name):
    by_recipe, obstacle = trained_again(name, 5, by_recipe=True)
    by_notebook, why = trained_again(name, 3, by_recipe=False)
    assert (obstacle, why) == ("", "")
    apart = [*by_recipe - np.mean(by_recipe), *by_notebook - np.mean(by_notebook)]
    spread = max(np.sqrt(np.square(apart).sum() / (len(apart) - 2)), LEAST_SPREAD)
    noise = spread * np.sqrt(1 / len(by_recipe) + 1 / len(by_notebook))
    # Of six accuracies, one pair of means in 250 lies further apart by chance.
    assert abs(np.mean(by_recipe) - np.mean(by_notebook)) < 6 * noise, (by_recipe, by_notebook)


@pytest.mark.parametrize("name", [name for name in corpus.names() if corpus.load(name).expected["fair"] == "replay"])
def test_what_a_recipe_cannot_hold_is_replayed(name):
    accuracies, why = trained_again(name, 3, by_recipe=False)
    expected = corpus.load(name).expected.get("obstacle", "")
    assert (expected in why) if expected else (why == "" and min(accuracies) > CHANCE), (accuracies, why)
    refit, obstacle = trained_again(name, 1, by_recipe=True)
    assert refit == [] and obstacle


@pytest.mark.parametrize("name", [name for name in corpus.names() if "claims" in corpus.load(name).expected])
def test_the_accuracies_that_saved_outputs_state(name):
    found = [round(claim.accuracy, 6) for claim in observed(name).run.claims]
    assert found == corpus.load(name).expected["claims"]


@pytest.mark.parametrize("name", [name for name in corpus.names() if "answers" in corpus.load(name).expected])
def test_which_network_answers_which_problem(name):
    fixture = corpus.load(name)
    models, problems = list(observed(name).models), evidence({fixture.file: name})
    found = {
        p: models.index(e.model) + 1 if e.model else None
        for p, e in problems.items()
        if p in fixture.expected["answers"]
    }
    right = {p: n if isinstance(n, list) else [n] for p, n in fixture.expected["answers"].items()}
    assert {p: n for p, n in found.items() if n not in right[p]} == {}
    assert [p for p, e in problems.items() if e.model and p not in right] == []


@pytest.mark.parametrize("name", corpus.submissions())
def test_which_file_answers_which_problem(name):
    submission = corpus.submissions()[name]
    found = {p: e.model and e.model.notebook for p, e in evidence(submission["files"]).items()}
    assert holds(found, submission["answers"]) == submission["answers"]
