"""Cases of `layers`."""

from check_evidence import CNN, LOOSE, NOT_LAYERS, layer, linear, network

P0 = tuple(layer("Dropout", p=0.0) if part.type == "Dropout" else part for part in CNN)
NOWHERE = (
    layer("Dropout", p=0.5).model_copy(update={"inputs": (-1,)}),
    *(part for part in CNN if part.type != "Dropout"),
)
NOWHERE = (NOWHERE[0], NOWHERE[1].model_copy(update={"inputs": (-1,)}), *NOWHERE[2:])
ONE_MAP = (layer("Flatten"), linear(784, 60), linear(60, 10))

DENSE = {"type": "layers", "allowed": ["Linear", "ReLU", "Flatten"]}

CASES = [
    (
        DENSE,
        {
            "allowed layers": (network(), "passed", "as asked"),
            "a layer that is not allowed": (network(*CNN), "failed", "Conv2d"),
            "parts that can't be written down": (network(spec=NOT_LAYERS), "manual", "torch.fft"),
            "a layer that is not allowed beside such parts": (network(*CNN, spec=NOT_LAYERS), "failed", "Conv2d"),
            "a raw parameter": (network(spec=LOOSE), "failed", "“w”"),
            "a layer that is never used": (network(spec={"unused": ("extra",)}), "passed", "never used: extra"),
        },
    ),
    (
        {"type": "layers", "required": {"Linear": 1}},
        {
            "parts that can't be counted": (network(spec=NOT_LAYERS), "manual", "torch.fft"),
        },
    ),
    (
        {"type": "layers", "required": {"Dropout": 1}},
        {
            "required layers": (network(*CNN), "passed", "as asked"),
            "a Dropout that drops nothing": (network(*P0), "failed", "p=0 drops nothing"),
            "a Dropout on a branch that leads nowhere": (network(*NOWHERE), "failed", "reaches no output"),
            "a required layer is missing": (network(), "failed", "at least 1"),
        },
    ),
    (
        {"type": "layers", "exactly": {"Linear": 3}},
        {
            "exactly so many": (network(), "passed", "as asked"),
        },
    ),
    (
        {"type": "layers", "exactly": {"Linear": 2}},
        {
            "not exactly so many": (network(), "failed", "exactly 2"),
            "two that are one linear map, as some assignments ask": (network(*ONE_MAP), "passed", "is one linear map"),
        },
    ),
    (
        {"type": "layers", "widths": [60, [30, 40], 10]},
        {
            "these widths": (network(), "passed", "as asked"),
        },
    ),
    (
        {"type": "layers", "widths": [60, 50, 10]},
        {
            "other widths": (network(), "failed", "[60, 40, 10]"),
        },
    ),
]

CASES += [
    (
        {"type": "layers", "required": {"Softmax": 1}},
        {
            "a Softmax over the batch": (
                network(layer("Flatten"), linear(784, 10), layer("Softmax", dim=0)),
                "failed",
                "over the samples of a batch",
            ),
            "a Softmax over the classes": (
                network(layer("Flatten"), linear(784, 10), layer("Softmax", dim=1)),
                "passed",
                "as asked",
            ),
        },
    ),
    (
        {"type": "layers", "required": {"Linear": 2}},
        {
            "two that are one linear map, where two must do something": (network(*ONE_MAP), "failed", "Linear: 1, at"),
        },
    ),
    (
        {"type": "layers", "exactly": {"Linear": 1}},
        {
            "two that are one linear map, and yet two": (network(*ONE_MAP), "failed", "Linear: 2, exactly 1"),
            "another one that leads nowhere": (
                network(layer("Flatten"), linear(784, 5), linear(784, 10).model_copy(update={"inputs": (0,)})),
                "passed",
                "does nothing",
            ),
        },
    ),
]

WARNED = {
    "required but not allowed": (DENSE | {"required": {"Tanh": 1}}, "not allowed"),
    "without a bound": ({"type": "layers"}, "can't fail"),
}
