"""Derived values against torch itself."""

import pytest
import torch
import torchvision
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import nn

from grader.core.derive import Layer, OutputShapeOf, ParametersOf, Pooled
from grader.rubric import load_rubric

PAIRS = {
    key: st.integers(low, 5) | st.tuples(st.integers(low, 5), st.integers(low, 5))
    for key, low in {"kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1}.items()
}


def settings_of(*names: str) -> st.SearchStrategy[dict[str, object]]:
    needed = {"kernel_size": PAIRS["kernel_size"]}
    return st.fixed_dictionaries(needed, optional={n: PAIRS[n] for n in names if n != "kernel_size"})


CONVOLUTIONS = st.builds(
    lambda more, groups, inner, outer, bias: {
        "layer": "Conv2d",
        **more,
        "in_channels": inner * groups,
        "out_channels": outer * groups,
        "groups": groups,
        "bias": bias,
    },  # fmt: skip
    settings_of("stride", "padding", "dilation"),
    *[st.integers(1, 3)] * 3,
    st.booleans(),
)
LINEARS = st.builds(
    lambda i, o, bias: {"layer": "Linear", "in_features": i, "out_features": o, "bias": bias},
    *[st.integers(1, 50)] * 2,
    st.booleans(),
)
POOLINGS = st.one_of(
    settings_of("stride", "padding", "dilation").map(lambda more: {"layer": "MaxPool2d", **more}),
    settings_of("stride", "padding").map(lambda more: {"layer": "AvgPool2d", **more}),
)


def torch_layer(config: dict[str, object]) -> nn.Module:
    return getattr(nn, str(config["layer"]))(**{k: v for k, v in config.items() if k != "layer"})


@given(st.one_of(CONVOLUTIONS, LINEARS, POOLINGS))
@settings(max_examples=100, deadline=None)
def test_parameters_are_those_that_torch_makes(config: dict[str, object]) -> None:
    try:
        derived = ParametersOf.model_validate({"parameters_of": config}).value()
    except ValidationError:
        assume(False)
    assert derived == sum(p.numel() for p in torch_layer(config).parameters())


@given(st.one_of(CONVOLUTIONS, POOLINGS), st.integers(1, 9), st.integers(1, 15), st.integers(1, 15))
@settings(max_examples=300, deadline=None)
def test_a_shape_is_what_torch_gives_and_refused_where_torch_refuses(
    config: dict[str, object], channels: int, height: int, width: int
) -> None:
    shape = (config.get("in_channels", channels), height, width)
    try:
        expected = tuple(torch_layer(config)(torch.zeros(1, *shape)).shape[1:])
    except RuntimeError:
        expected = None
    try:
        derived = OutputShapeOf.model_validate({"output_shape_of": config, "input": shape}).value()
    except ValidationError:
        derived = None
    assert derived == expected


@given(
    st.sampled_from(["average", "max"]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(3, 6),
    st.integers(3, 6),
    st.data(),
)
@settings(max_examples=100, deadline=None)
def test_pooled_images_are_those_that_torch_pools(
    pool: str, kernel: int, stride: int, rows: int, columns: int, data: st.DataObject
) -> None:
    row = st.lists(st.integers(-9, 9), min_size=columns, max_size=columns)
    image = data.draw(st.lists(row, min_size=rows, max_size=rows))
    derived = Pooled.model_validate({"pool": pool, "images": [image, image], "kernel_size": kernel, "stride": stride})
    layer = nn.AvgPool2d(kernel, stride) if pool == "average" else nn.MaxPool2d(kernel, stride)
    expected = layer(torch.tensor([image], dtype=torch.float64))[0]
    first, second = (torch.tensor(m, dtype=torch.float64) for m in derived.value())
    assert first.shape == expected.shape and torch.allclose(first, expected) and torch.equal(first, second)


CONV = {"layer": "Conv2d", "in_channels": 3, "out_channels": 8, "kernel_size": 5}
IMPOSSIBLE = {
    "a Conv2d without a kernel": (Layer, {"layer": "Conv2d", "in_channels": 3, "out_channels": 8}, "needs kernel_size"),
    "a Linear without features": (Layer, {"layer": "Linear", "in_features": 3}, "needs out_features"),
    "groups that don't divide": (Layer, CONV | {"groups": 2}, "multiples of groups"),
    "a stride of zero": (Layer, CONV | {"stride": 0}, "greater than or equal to 1"),
    "a setting that torch doesn't know": (Layer, CONV | {"kernel": 5}, "Extra inputs"),
    "an AvgPool2d with dilation": (Layer, {"layer": "AvgPool2d", "kernel_size": 2, "dilation": 2}, "no dilation"),
    "another number of channels": (OutputShapeOf, {"output_shape_of": CONV, "input": [1, 32, 32]}, "takes 3 channels"),
    "channels last": (OutputShapeOf, {"output_shape_of": CONV, "input": [32, 32, 3]}, "takes 3 channels"),
    "an input without channels": (OutputShapeOf, {"output_shape_of": CONV, "input": [32, 32]}, "takes an input of"),
    "an input smaller than the kernel": (OutputShapeOf, {"output_shape_of": CONV, "input": [3, 4, 9]}, "larger than"),
    "a ragged image": (Pooled, {"pool": "max", "images": [[[1, 2], [3]]]}, "equally long"),
    "an image smaller than the kernel": (Pooled, {"pool": "max", "images": [[[1, 2]]]}, "smaller than the kernel"),
    "no image": (Pooled, {"pool": "max", "images": []}, "at least 1"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "config", "message"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_computed_is_refused_in_words(
    kind: type[Layer], config: dict[str, object], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        kind.model_validate(config)


def test_a_linear_keeps_all_but_the_last_dimension() -> None:
    linear = {"layer": "Linear", "in_features": 4, "out_features": 2}
    assert OutputShapeOf.model_validate({"output_shape_of": linear, "input": [7, 4]}).value() == (7, 2)
    with pytest.raises(ValidationError, match="takes 4 features"):
        OutputShapeOf.model_validate({"output_shape_of": linear, "input": [4, 7]})


def test_the_architectures_of_a_rubric_have_as_many_parameters_as_torch_gives_them():
    """Built by torchvision on the meta device, without memory or weights."""
    with torch.device("meta"):
        vgg = torchvision.models.vgg16()
        google = torchvision.models.googlenet(aux_logits=False, init_weights=False)
    counted = [sum(p.numel() for p in network.parameters()) for network in (vgg, google)]
    rubric = load_rubric("cmu16720-cnn")
    (of_vgg,), (of_google,) = [rubric.problem(name).checks for name in ("1.5b", "1.5c")]
    assert of_vgg.answers() == (str(counted[0]),)
    assert abs(counted[1] - of_google.total) <= of_google.tolerance * of_google.total


def test_alexnet_counted_with_and_without_groups():
    (check,) = load_rubric("cmu16720-cnn").problem("1.5a").checks
    for layers, expected in zip(check.architectures.values(), check.answers(), strict=True):
        with torch.device("meta"):
            built = [
                torch.nn.Conv2d(layer.in_channels, layer.out_channels, layer.kernel_size, groups=layer.groups)
                if layer.layer == "Conv2d"
                else torch.nn.Linear(layer.in_features, layer.out_features)
                for layer in layers
            ]
        assert sum(p.numel() for module in built for p in module.parameters()) == int(expected)
    assert check.answers() == ("62378344", "60965224")
