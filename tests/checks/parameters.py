"""Cases of `parameters`."""

from check_evidence import LOOSE, network

COUNT = {"type": "parameters"}

CASES = [
    (
        COUNT | {"at_most": 49950},
        {
            "parameters on the bound": (network(), "passed", "49,950 parameters"),
            "buffers that act as weights": (network(buffers_as_weights=1), "failed", "49,951"),
        },
    ),
    (
        COUNT | {"at_most": 49949},
        {
            "one parameter too many": (network(), "failed", "allowed: at most 49,949"),
        },
    ),
    (
        COUNT | {"at_most": 10},
        {
            "parameters outside of layers": (network(spec=LOOSE), "failed", "“w” of shape [784, 10]"),
        },
    ),
]

WARNED = {
    "without a bound": ({"type": "parameters"}, "can't fail"),
}
