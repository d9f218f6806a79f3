"""Every form of every layer is read as the layers of its spec, and computes what these compute.

The cases of `grader/guest/layers/<file>.py` stand in `<file>.py` beside this.
"""

import os
import runpy
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from layer_cases import Function, Keras, Module
from torch import nn

from grader.core.network import ModelSpec
from grader.guest import layers as registry
from grader.guest.describe import modules
from grader.guest.layers import KerasForm, LayerType, collect
from grader.network.build import build
from grader.network.count import count
from grader.training.handed_over import tensors

os.environ["KERAS_BACKEND"] = "torch"
try:
    import keras
except ModuleNotFoundError:
    keras = None
else:
    from grader.guest.describe import keras_models

pytestmark = pytest.mark.filterwarnings("ignore")

FILES = [path.stem for path in sorted(Path(registry.__file__).parent.glob("[!_]*.py"))]
CASES = {
    (path.stem, name): case
    for path in sorted(Path(__file__).parent.glob("*.py"))
    if path != Path(__file__)
    for name, case in runpy.run_path(str(path))["CASES"].items()
}


def said(case):
    return getattr(case, "said", "")


def of(*kinds, refused=False):
    """Cases of these kinds by their names, those that are refused or those that are not."""
    chosen = {k: case for k, case in CASES.items() if isinstance(case, kinds) and bool(said(case)) == refused}
    return pytest.mark.parametrize("case", chosen.values(), ids=[": ".join(key) for key in chosen])


class Forward(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def keras_model(case):
    if keras is None:
        pytest.skip("the extra [keras] is not installed")
    given = keras.Input(case.shape)
    model = keras.Model(given, case.call(keras, given))
    random = np.random.default_rng(0)
    model.set_weights([random.normal(0.3, 0.2, weight.shape) ** 2 for weight in model.get_weights()])
    return model


def channels_first(values):
    return values.permute(0, 3, 1, 2) if values.dim() == 4 else values


def read(case):
    """(spec, the student's network, its weights by names in the spec's order, how it trains differently)."""
    if isinstance(case, Keras):
        model = keras_model(case)
        found = keras_models.describe(model, keras, torch)
        return ModelSpec.model_validate(asdict(found.spec)), model, found.weights, found.gaps
    model = nn.Sequential(case.module) if isinstance(case, Module) else Forward(case.forward)
    spec, gaps, _ = modules.describe(model, torch, case.shape)
    return ModelSpec.model_validate(asdict(spec)), model, model.state_dict, gaps


@of(Module, Function, Keras)
def test_a_form_is_read_as_the_layers_of_its_spec(case):
    spec, _, _, gaps = read(case)
    assert (spec.gaps, spec.loose, spec.unused, gaps) == ((), (), (), [])
    if isinstance(case, Module):
        (layer,), (built,) = spec.layers, build(spec).layers
        assert (layer.type, built.extra_repr()) == (type(case.module).__name__, case.module.extra_repr())
    else:
        assert [(layer.type, layer.settings) for layer in spec.layers] == case.layers
    if isinstance(case, Keras):
        drawn = [{name: way.type for name, way in layer.initial.items()} for layer in spec.layers]
        assert [ways for ways in drawn if ways] == ([case.initial] if case.initial else [])


@of(Function, Keras, refused=True)
def test_what_can_not_be_written_down_is_named(case):
    spec, *_ = read(case)
    assert any(case.said in gap.why for gap in spec.gaps), spec.gaps


@of(Module, Function, Keras)
def test_a_form_computes_what_its_spec_computes(case):
    spec, model, weights, _ = read(case)
    network, values = build(spec).eval(), torch.randn(5, *case.shape, generator=torch.Generator().manual_seed(1))
    given = weights()
    with torch.no_grad():
        for name, tensor in tensors(spec, network):
            tensor.copy_(given[name])
        if isinstance(case, Keras):
            ours, expected = channels_first(values), channels_first(torch.tensor(model.predict(values, verbose=0)))
            torch.testing.assert_close(network(ours), expected, rtol=1e-4, atol=1e-4)
        else:
            ours, expected = values, model.eval()(values.clone())
            assert torch.equal(network(ours), expected)
    counted = count(spec, tuple(ours.shape[1:]))
    assert counted.parameters == getattr(case, "parameters", 0)
    assert counted.rows[-1].output_shape == tuple(expected.shape[1:])


@of(Module)
def test_a_layer_does_in_training_what_is_said_of_it(case):
    entry, values = registry.LAYERS[type(case.module).__name__], torch.randn(5, *case.shape)
    made = entry.build(nn, entry.settings_of(case.module))
    differs = not torch.equal(made.train()(values), made.eval()(values))
    assert differs == entry.differs_in_evaluation
    for name, parameter in made.named_parameters() if entry.drawn else ():
        drawn = getattr(nn.init, entry.drawn[name])(torch.empty_like(parameter))
        assert torch.equal(parameter, drawn)
    if entry.units is not None:
        assert getattr(made, entry.units) == made(values).shape[1 if entry.windowed else -1]


def forms(case):
    """What a case shows, by the registry's names."""
    if isinstance(case, Module):
        return {type(case.module).__name__}
    if isinstance(case, Function):
        nodes = torch.fx.symbolic_trace(Forward(case.forward)).graph.nodes
        return {f"function {getattr(node.target, '__name__', node.target)}" for node in nodes}
    operations = keras_model(case)._operations
    activations = [getattr(operation, "activation", None) for operation in operations]
    return {f"Keras's class {type(operation).__name__}" for operation in operations} | {
        f"Keras's activation {getattr(function, '__name__', '')}" for function in activations
    }


@pytest.mark.parametrize("file", FILES)
def test_every_form_has_a_case(file):
    here = collect({file: registry.entries()[file]})
    names = {name for name, entry in here.layers.items() if entry.join is None}
    names |= {f"function {name}" for name in here.functions}
    if keras is not None:
        names |= {f"Keras's class {name}" for name in here.keras}
        names |= {f"Keras's activation {name}" for name in here.keras_functions}
    cases = [case for (place, _), case in CASES.items() if place == file and not said(case)]
    shown = {form for case in cases if keras is not None or not isinstance(case, Keras) for form in forms(case)}
    assert names - shown == set(), f"add cases of these to tests/guest/layers/{file}.py"


DENSE = KerasForm(lambda reader, layer, given, shape: given[0])
# name: (two entries, what is said).
DOUBLES = {
    "a type": (LayerType("Linear"), LayerType("Linear"), "the layer Linear"),
    "a function": (
        LayerType("A", functions={"relu": registry.FunctionForm()}),
        LayerType("B", functions={"relu": registry.FunctionForm()}),
        "the function relu",
    ),
    "a class of Keras's": (
        LayerType("A", keras={"Dense": DENSE}), LayerType("B", keras={"Dense": DENSE}), "Keras's class Dense"
    ),
    "an activation of Keras's": (
        LayerType("A", keras_functions={"elu": {}}), LayerType("B", keras_functions={"elu": {}}), "activation elu"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DOUBLES)
def test_a_name_that_is_taken_is_refused_with_both_places(name):
    one, other, said = DOUBLES[name]
    with pytest.raises(ValueError, match=said) as caught:
        collect({"first": [one], "second": [other]})
    assert f"first ({one.type})" in str(caught.value)
    assert f"second ({other.type})" in str(caught.value)
    assert set(collect({"first": [one]}).layers) == {one.type}
