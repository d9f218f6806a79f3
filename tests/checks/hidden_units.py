"""Cases of `hidden_units`."""

from check_evidence import NOT_LAYERS, layer, linear, network

IN_ROWS = {"shape": (7, 112)}  # an image cut into strips
ROWS = (linear(112, 50), layer("ReLU"), layer("Flatten"), linear(350, 10))
POINTS = layer("Unflatten", dim=1, unflattened_size=(784, 1))
CONV1D = (layer("Flatten"), POINTS, layer("Conv1d", in_channels=784, out_channels=300, kernel_size=1))
SHARED = linear(100, 100).model_copy(update={"shares": 3})
HEADS = (
    layer("Flatten"),
    linear(784, 40),
    layer("ReLU"),
    linear(40, 10),
    linear(784, 30).model_copy(update={"inputs": (0,)}),
    layer("ReLU"),
    linear(30, 10),
    layer("Add").model_copy(update={"inputs": (3, 6)}),
)
CONVS = (layer("Conv2d", in_channels=1, out_channels=2, kernel_size=5), layer("ReLU"), layer("Flatten"))

UNITS = {"type": "hidden_units", "at_most": 100}

CASES = [
    (
        UNITS,
        {
            "hidden units on the bound": (network(), "passed", "100 hidden units (60 + 40)"),
            "one hidden unit too many": (
                network(layer("Flatten"), linear(784, 101), linear(101, 10)),
                "failed",
                "1 unit must go",
            ),
            "hidden units of what can't be counted": (network(spec=NOT_LAYERS), "manual", "torch.fft"),
            "a network that can't be built": (network(problem="shapes don't fit"), "failed", "shapes don't fit"),
            "one with parts that can't be written down, which may be why it can't be built": (
                network(spec=NOT_LAYERS, problem="shapes don't fit"),
                "manual",
                "torch.fft",
            ),
            "units along rows, each row with its own": (
                network(*ROWS, **IN_ROWS),
                "manual",
                "350 hidden units (50 at each of 7 places); allowed: at most 100. Counted in another way it has 50",
            ),
            "few enough units along rows": (
                network(linear(112, 9), layer("ReLU"), layer("Flatten"), linear(63, 10), **IN_ROWS),
                "passed",
                "63 hidden units (9 at each of 7 places)",
            ),
            "too many along rows, however counted": (
                network(linear(112, 101), layer("ReLU"), layer("Flatten"), linear(707, 10), **IN_ROWS),
                "failed",
                "101 at each of 7 places",
            ),
            "a convolution that is a Linear by another name": (
                network(*CONV1D, layer("ReLU"), layer("Flatten"), linear(300, 10)),
                "failed",
                "300 hidden units",
            ),
            "convolutions before few Linear units": (
                network(*CONVS, linear(1152, 64), layer("ReLU"), linear(64, 10)),
                "manual",
                "1,216 with the values that convolutions put out",
            ),
            "a layer that is used three times": (
                network(layer("Flatten"), linear(784, 100), layer("ReLU"), linear(100, 100), SHARED, linear(100, 10)),
                "failed",
                "300 hidden units (100 + 100 + 100)",
            ),
            "heads whose outputs are added": (network(*HEADS), "passed", "70 hidden units (40 + 30)"),
            "units of which the largest are the outputs": (
                network(
                    layer("Flatten"),
                    linear(784, 200),
                    layer("Unflatten", dim=1, unflattened_size=(1, 200)),
                    layer("MaxPool1d", kernel_size=20),
                    layer("Flatten"),
                ),
                "failed",
                "200 hidden units",
            ),
        },
    ),
    (
        UNITS | {"at_least": 1},
        {
            "too few hidden units": (network(layer("Flatten"), linear(784, 10)), "failed", "1 to 100"),
        },
    ),
]
