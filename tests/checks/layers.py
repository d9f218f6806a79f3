"""Cases of `layers`."""

from check_evidence import CNN, LOOSE, NOT_LAYERS, network

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

WARNED = {
    "required but not allowed": (DENSE | {"required": {"Tanh": 1}}, "not allowed"),
    "without a bound": ({"type": "layers"}, "can't fail"),
}
