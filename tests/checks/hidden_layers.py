"""Cases of `hidden_layers`."""

from check_evidence import network

DEPTH = {"type": "hidden_layers"}

CASES = [
    (
        DEPTH | {"at_least": 2},
        {
            "enough hidden layers": (network(), "passed", "2 hidden layers"),
        },
    ),
    (
        DEPTH | {"at_least": 3},
        {
            "too few hidden layers": (network(), "failed", "Split the hidden units"),
        },
    ),
    (
        DEPTH | {"at_most": 1},
        {
            "too many hidden layers": (network(), "failed", "Take Linear layers out"),
        },
    ),
]

WARNED = {
    "without a bound": ({"type": "hidden_layers"}, "can't fail"),
}
