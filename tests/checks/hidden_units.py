"""Cases of `hidden_units`."""

from check_evidence import NOT_LAYERS, layer, linear, network

UNITS = {"type": "hidden_units", "at_most": 100}

CASES = [
    (
        UNITS,
        {
            "hidden units on the bound": (network(), "passed", "100 hidden units (60 + 40)"),
            "one hidden unit too many": (
                network(layer("Flatten"), linear(784, 101), linear(101, 10)),
                "failed",
                "1 units must go",
            ),
            "hidden units of what can't be counted": (network(spec=NOT_LAYERS), "manual", "torch.fft"),
            "a network that can't be built": (network(problem="shapes don't fit"), "failed", "shapes don't fit"),
        },
    ),
    (
        UNITS | {"at_least": 1},
        {
            "too few hidden units": (network(layer("Flatten"), linear(784, 10)), "failed", "1 to 100"),
        },
    ),
]
