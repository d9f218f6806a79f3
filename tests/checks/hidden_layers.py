"""Cases of `hidden_layers`."""

from check_evidence import layer, linear, network

MERGED = (layer("Flatten"), linear(784, 60), layer("ReLU"), linear(60, 20), linear(20, 20), linear(20, 10))
BESIDE = (
    layer("Flatten"),
    linear(784, 40),
    layer("ReLU"),
    linear(784, 30).model_copy(update={"inputs": (0,)}),
    layer("ReLU"),
    layer("Cat", dim=1).model_copy(update={"inputs": (2, 4)}),
    linear(70, 10),
)
DEAD = (
    layer("Flatten"),
    linear(784, 60),
    layer("ReLU"),
    linear(60, 40),
    layer("ReLU"),
    linear(60, 10).model_copy(update={"inputs": (2,)}),
)

DEPTH = {"type": "hidden_layers"}

CASES = [
    (
        DEPTH | {"at_least": 2},
        {
            "enough hidden layers": (network(), "passed", "2 hidden layers"),
            "layers without an activation between": (network(*MERGED), "failed", "2 more without an activation"),
            "a slope of 1 between, which is no activation": (
                network(*(layer("LeakyReLU", negative_slope=1.0) if part.type == "ReLU" else part for part in MERGED)),
                "failed",
                "0 hidden layers",
            ),
            "normalised and dropped, and no activation between": (
                network(
                    layer("Flatten"),
                    linear(784, 60),
                    layer("BatchNorm1d", num_features=60),
                    layer("Dropout", p=0.5),
                    linear(60, 30),
                    layer("ReLU"),
                    linear(30, 10),
                ),
                "failed",
                "1 hidden layer ",
            ),
            "side by side": (network(*BESIDE), "manual", "1 that stand one behind the other"),
            "one that leads nowhere": (network(*DEAD), "failed", "1 hidden layer "),
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
