"""Networks built from specs and counted: as torch does it, and nothing at all for specs that are forged."""

import psutil
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.core.errors import SubmissionError
from grader.core.network import LayerSpec, LooseTensor, ModelSpec
from grader.network.build import build
from grader.network.count import count


def spec_of(*layers, **fields):
    return ModelSpec(layers=[LayerSpec(**layer) for layer in layers], **fields)


def layer(kind, **settings):
    return {"type": kind, "settings": settings}


def linear(wide, out, **fields):
    return {**layer("Linear", in_features=wide, out_features=out), **fields}


@st.composite
def chains(draw):
    """Layers that fit each other for an input of (channels, 12, 12), with plain torch's own network of them."""
    channels, size = draw(st.integers(1, 3)), 12
    start, made = (channels, size, size), []
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["conv", "pool", "norm", "act"]))
        if kind == "conv":
            options = {
                "kernel_size": draw(st.integers(1, 3)),
                "stride": draw(st.integers(1, 2)),
                "padding": draw(st.integers(0, 2)),
                "bias": draw(st.booleans()),
                "groups": draw(st.sampled_from([1, channels])),
            }
            out = channels * draw(st.integers(1, 3))
            size = (size + 2 * options["padding"] - options["kernel_size"]) // options["stride"] + 1
            made.append(layer("Conv2d", in_channels=channels, out_channels=out, **options))
            channels = out
        elif kind == "pool" and size >= 2:
            made.append(layer(draw(st.sampled_from(["MaxPool2d", "AvgPool2d"])), kernel_size=2))
            size //= 2
        elif kind == "norm":
            made.append(draw(st.sampled_from([layer("BatchNorm2d", num_features=channels), layer("Dropout2d", p=0.3)])))
        else:
            made.append(draw(st.sampled_from([layer("ReLU"), layer("LeakyReLU", negative_slope=0.3), layer("PReLU")])))
        if size < 1:
            return draw(chains())
    made.append(layer("Flatten"))
    width = channels * size * size
    for _ in range(draw(st.integers(0, 3))):
        out = draw(st.integers(1, 30))
        made += [layer("Linear", in_features=width, out_features=out, bias=draw(st.booleans())), layer("Tanh")]
        width = out
    return start, made, nn.Sequential(*(getattr(nn, part["type"])(**part["settings"]) for part in made))


@given(chains())
@settings(max_examples=60, deadline=None)
def test_counts_and_shapes_are_those_of_torch(chain):
    start, layers, torchs = chain
    counted = count(spec_of(*layers), start)
    assert counted.parameters == sum(p.numel() for p in torchs.parameters())
    assert [row.parameters for row in counted.rows] == [sum(p.numel() for p in m.parameters()) for m in torchs]
    value, shapes = torch.zeros(2, *start), []
    for module in torchs:
        value = module(value)
        shapes.append(tuple(value.shape[1:]))
    assert [row.output_shape for row in counted.rows] == shapes
    linears = [module.out_features for module in torchs if isinstance(module, nn.Linear)]
    assert counted.hidden_units == sum(linears[:-1])
    assert counted.hidden_layers == max(len(linears) - 1, 0)


@given(chains(), st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_a_built_network_computes_what_torchs_does(chain, seed):
    start, layers, _ = chain
    torch.manual_seed(seed)
    torchs = nn.Sequential(*(getattr(nn, part["type"])(**part["settings"]) for part in layers)).eval()
    torch.manual_seed(seed)
    built = build(spec_of(*layers)).eval()
    values = torch.rand(3, *start)
    assert torch.equal(built(values), torchs(values))


def test_a_graph_with_branches():
    spec = spec_of(
        linear(6, 4),
        linear(6, 4, inputs=[-1]),
        {"type": "Add", "inputs": [0, 1]},
        {"type": "Cat", "settings": {"dim": 1}, "inputs": [2, 0, -1]},
        linear(14, 3),
    )
    network, values = build(spec), torch.rand(5, 6)
    a, b, out = network.layers[0], network.layers[1], network.layers[4]
    expected = out(torch.cat([a(values) + b(values), a(values), values], 1))
    assert torch.equal(network(values), expected)
    assert [row.output_shape for row in count(spec, (6,)).rows] == [(4,), (4,), (4,), (14,), (3,)]


def test_weights_used_twice_count_once():
    spec = spec_of(linear(5, 5), layer("ReLU"), linear(5, 5, shares=0), linear(5, 2))
    counted = count(spec, (5,))
    assert counted.parameters == 30 + 12
    assert [row.shared for row in counted.rows] == [False, False, True, False]
    network = build(spec)
    assert network.layers[0] is network.layers[2]


def test_loose_tensors_count():
    loose = [
        LooseTensor(name="scale", shape=(3, 4), kind="parameter"),
        LooseTensor(name="mix", shape=(7,), kind="buffer"),
    ]
    counted = count(spec_of(linear(5, 2), loose=loose), None)
    assert (counted.parameters, counted.buffers_as_weights) == (12 + 12, 7)


BIG = 10**12
# name: (layers, input shape, what is said)
FORGED = {
    "no layers": ([], (4,), "no layers"),
    "an unknown layer": ([linear(4, 4), layer("Linea")], (4,), "layer 2 (Linea): Linea is no layer"),
    "a class of torch that is no layer": ([layer("Module")], (4,), "Module is no layer"),
    "an attribute": ([layer("functional")], (4,), "functional is no layer"),
    "a path": ([layer("utils.rnn")], (4,), "utils.rnn is no layer"),
    "an unknown setting": ([layer("ReLU", inplace=True)], (4,), "layer 1 (ReLU): ReLU has no setting inplace"),
    "a device": ([layer("Linear", in_features=4, out_features=4, device="cpu")], (4,), "no setting device"),
    "a missing setting": ([layer("Linear", in_features=4)], (4,), "layer 1 (Linear)"),
    "a million million units": ([linear(4, BIG)], (4,), f"out_features={BIG} is absurdly large"),
    "an absurd pair": ([layer("MaxPool2d", kernel_size=[2, BIG])], (1, 4, 4), "absurdly large"),
    "absurd weights within the limits": ([linear(10**8, 10**8)], (4,), "layer 1"),
    "an overflow": (
        [layer("Conv2d", in_channels=10**8, out_channels=10**8, kernel_size=[10**8, 10**8])], (4,), "layer 1"
    ),
    "an absurd output": ([layer("AdaptiveAvgPool2d", output_size=[10**6, 10**6])], (1, 4, 4), "values of a sample"),
    "a negative size": ([linear(4, -4)], (4,), "layer 1 (Linear)"),
    "a negative kernel": ([layer("Conv2d", in_channels=1, out_channels=1, kernel_size=-1)], (1, 4, 4), "layer 1"),
    "no stride": ([layer("MaxPool2d", kernel_size=2, stride=0)], (1, 4, 4), "layer 1"),
    "no groups": ([layer("Conv2d", in_channels=1, out_channels=1, kernel_size=1, groups=0)], (1, 4, 4), "layer 1"),
    "no groups to normalise": ([layer("GroupNorm", num_groups=0, num_channels=4)], (4,), "layer 1"),
    "a word for a number": ([layer("Linear", in_features="4", out_features=4)], (4,), "layer 1 (Linear)"),
    "a fraction of a unit": ([linear(4, 2.5)], (4,), "layer 1 (Linear)"),
    "nothing for a number": ([linear(4, None)], (4,), "layer 1 (Linear)"),
    "a list for a number": ([linear(4, [3, 4])], (4,), "layer 1"),
    "shapes that don't fit": ([linear(4, 5), linear(6, 2)], (4,), "doesn't fit its input of shape (5,)"),
    "an image for a Linear": ([linear(4, 5), layer("MaxPool2d", kernel_size=2)], (1, 4), "layer 2"),
    "an input from later": ([linear(4, 4, inputs=[1]), linear(4, 4)], (4,), "layer 1 (Linear): takes its input"),
    "an input from itself": ([linear(4, 4, inputs=[0])], (4,), "takes its input from [0]"),
    "an input from before the network": ([linear(4, 4, inputs=[-2])], (4,), "takes its input from [-2]"),
    "no input": ([linear(4, 4, inputs=[])], (4,), "takes its input from []"),
    "two inputs": ([linear(4, 4), linear(4, 4, inputs=[0, -1])], (4,), "takes 2 inputs"),
    "weights from later": ([linear(4, 4, shares=1), linear(4, 4)], (4,), "shares weights with layer 1"),
    "weights of another type": ([layer("ReLU"), linear(4, 4, shares=0)], (4,), "which is no earlier Linear"),
    "weights from nowhere": ([linear(4, 4, shares=-1)], (4,), "shares weights with layer -1"),
    "samples joined": (
        [linear(4, 4), {"type": "Cat", "settings": {"dim": 0}, "inputs": [0, 0]}], (4,), "mixes the samples"
    ),
    "samples flattened": ([layer("Flatten", start_dim=0)], (4,), "layer 1"),
    "a chance of two": ([layer("Dropout", p=2.0)], (4,), "layer 1 (Dropout)"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_spec_names_its_layer_and_allocates_nothing(name):
    layers, shape, said = FORGED[name]
    before = psutil.Process().memory_info().rss
    with pytest.raises(SubmissionError) as caught:
        count(spec_of(*layers), shape)
    assert said in str(caught.value)
    assert psutil.Process().memory_info().rss - before < 50 * 2**20


def test_a_negative_loose_tensor_lowers_no_count():
    with pytest.raises(SubmissionError, match="negative size"):
        count(spec_of(linear(4, 4), loose=[LooseTensor(name="x", shape=(-1000,), kind="parameter")]), (4,))


_SCALARS = [st.none(), st.booleans(), st.integers(-3, 9), st.just(BIG), st.floats(), st.text(max_size=3)]
_VALUES = st.one_of(*_SCALARS, st.lists(st.integers(-2, 4), max_size=3))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_spec_is_counted_or_refused(data):
    from grader.guest.layers import LAYERS

    layers = []
    for _ in range(data.draw(st.integers(1, 3))):
        kind = data.draw(st.sampled_from(sorted(LAYERS)))
        names = st.sampled_from(LAYERS[kind].settings) if LAYERS[kind].settings else st.just("x")
        layers.append(layer(kind, **data.draw(st.dictionaries(names, _VALUES, max_size=4))))
    try:
        counted = count(spec_of(*layers), (2, 6, 6))
    except SubmissionError:
        return
    assert counted.parameters >= 0
