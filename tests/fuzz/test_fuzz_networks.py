"""Networks and recipes, however absurd, end in a count or in the grader's own error; nothing is allocated for them."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from inputs import NUMBERS, ODD, fuzz, in_words
from pydantic import ValidationError

from grader.core.errors import SubmissionError
from grader.core.limits import Limits
from grader.core.network import ModelSpec, Recipe
from grader.datasets import load_dataset
from grader.guest.layers import LAYERS
from grader.network.build import build
from grader.network.count import Count, count
from grader.training.plan import TrainingPlan
from grader.training.recipe import LOSSES, OPTIMIZERS, SCHEDULES
from grader.training.trainable import check_trainable

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's words on layers without elements, and the like

SMALL = st.sampled_from([1, 2, 3, 4, 8, 10, 64])
PLAIN = SMALL | st.booleans() | st.floats(0, 1) | st.lists(SMALL, max_size=3)
ANY = PLAIN | NUMBERS | ODD | st.lists(NUMBERS | ODD, max_size=4)
SIZES = (
    "in_features",
    "out_features",
    "in_channels",
    "out_channels",
    "kernel_size",
    "num_features",
    "normalized_shape",
)
SIZES += ("num_groups", "num_channels", "output_size", "dim", "unflattened_size")
SETTINGS = {name: layer.settings for name, layer in LAYERS.items()}
DIGITS = load_dataset("digits")
NETWORK = [
    {"type": "Linear", "settings": {"in_features": 64, "out_features": 10}},
    {"type": "Identity"},
]


@st.composite
def of_vocabulary(draw, vocabulary, *, needed=(), value=PLAIN):
    """A name with some of its settings; now and then another name, or one that it doesn't have."""
    name = draw(
        st.sampled_from(sorted(vocabulary)) if draw(st.integers(0, 30)) else ODD.filter(lambda n: isinstance(n, str))
    )
    allowed = vocabulary.get(name, ("lr",))
    chosen = [key for key in allowed if key in needed or draw(st.integers(0, 3)) == 0]
    settings = {key: draw(SMALL if key in needed and draw(st.integers(0, 5)) else value) for key in chosen}
    if not draw(st.integers(0, 20)):
        settings[draw(st.text(max_size=5))] = draw(ANY)
    return {"type": name, "settings": settings}


@st.composite
def layers(draw):
    made = []
    for position in range(draw(st.integers(1, 6))):
        layer = draw(of_vocabulary(SETTINGS, needed=SIZES, value=draw(st.sampled_from([PLAIN, ANY]))))
        if draw(st.integers(0, 4)) == 0:
            layer["inputs"] = draw(st.lists(st.integers(-2, position + 1) | NUMBERS, max_size=3))
        if draw(st.integers(0, 9)) == 0:
            layer["shares"] = draw(st.integers(-1, position) | NUMBERS)
        made.append(layer)
    return made


SHAPES = st.lists(SMALL, max_size=4) | st.lists(st.integers(1, 10**5), max_size=6) | st.lists(NUMBERS, max_size=6)
LOOSE = st.fixed_dictionaries(
    {"name": st.text(max_size=5), "shape": st.lists(NUMBERS, max_size=5), "kind": st.just("buffer")}
)
RECIPES = st.fixed_dictionaries(
    {
        "loss": of_vocabulary(LOSSES, value=ANY),
        "optimizer": of_vocabulary(OPTIMIZERS, value=ANY),
        "schedules": st.lists(
            of_vocabulary(SCHEDULES, needed=("step_size", "milestones", "gamma", "T_max"), value=ANY), max_size=2
        ),
        "batch_size": SMALL | NUMBERS,
        "epochs": SMALL | NUMBERS,
        "inputs": st.fixed_dictionaries(
            {"shape": st.sampled_from([[64], [1, 8, 8], [8, 8]]) | SHAPES, "divide": st.floats()}
        ),
    }
)


def valid(record, value):
    """The record, or None for what never reaches the grader: it comes as JSON, and pydantic refuses it."""
    try:
        return record.model_validate_json(json.dumps(value))
    except ValidationError:
        return None


@example(NETWORK, [], [15, 15, 2755, 3874, 9417, 50983])
@fuzz(1000)
@given(layers(), st.lists(LOOSE, max_size=1), SHAPES)
def test_networks(made, loose, shape):
    spec = valid(ModelSpec, {"layers": made, "loose": loose})
    if spec is None:
        return
    # As the grader asks for it: no more than six dimensions below 100,000.
    shape = tuple(shape) if all(0 < n < 10**5 for n in shape) else None
    try:
        found = count(spec, shape)
        assert found.parameters >= 0 and len(found.rows) == len(made)
        assert Count.model_validate_json(found.model_dump_json()) == found
        build(spec, "meta")
    except SubmissionError as error:
        in_words(error)


@fuzz(400)
@given(st.just(NETWORK) | layers(), RECIPES)
def test_recipes(made, recipe):
    spec, recipe = valid(ModelSpec, {"layers": made}), valid(Recipe, recipe)
    if spec is None or recipe is None:
        return
    try:
        check_trainable(TrainingPlan(spec=spec, recipe=recipe, dataset="digits", limits=Limits()), DIGITS)
    except SubmissionError as error:
        in_words(error)
