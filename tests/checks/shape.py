"""Cases of `shape`."""

from check_evidence import CONV, text

SHAPE = {"type": "shape", "expect": {"output_shape_of": CONV, "input": [3, 32, 32]}}
SHAPE |= {"mistakes": [{"match": [32, 32, 8], "say": "The border is lost."}]}
EXACT = {"type": "shape", "expect": [28, 28, 8], "layout": "exact"}

CASES = [
    (
        SHAPE,
        {
            "channels last": (text(r"$28 \times 28 \times 8$"), "passed", "is right"),
            "channels first": (text("torch.Size([8, 28, 28])"), "passed", "is right"),
            "the output, not the input": (text("From 32x32x3 the output is 28x28x8."), "passed", "28x28x8"),
            "channels in the middle": (text("28x8x28"), "failed", "28x8x28"),
            "a shape that is a known mistake": (text("32x32x8"), "failed", "The border is lost."),
            "shapes in a list": (text("28x28x8, 32x32x8 or 28x28x3"), "manual", "Several values"),
            "a list that begins with the right shape": (
                text("The output is 28x28x8, (32, 32, 8) or 28x28x3"),
                "manual",
                "(32, 32, 8)",
            ),
            "a shape with its channels in words": (text("28x28 with 8 channels"), "passed", "is right"),
            "a shape with other channels in words": (text("28x28 with 6 channels"), "failed", "28x28 with 6"),
            "a shape with a batch": (text("(1, 8, 28, 28)"), "manual", "another form"),
            "a shape of too few dimensions": (text("32x32"), "failed", "has 2 dimensions"),
            "no shape": (text("It shrinks."), "manual", "No shape"),
        },
    ),
    (
        EXACT,
        {
            "exactly this layout": (text("28x28x8"), "passed", "right"),
            "another layout": (text("8x28x28"), "failed", "not the right shape"),
        },
    ),
]

WARNED = {
    "a shape's mistake that is right": (SHAPE | {"mistakes": [{"match": [8, 28, 28], "say": ""}]}, "is accepted"),
}

FLOODED = [
    (SHAPE, "The output is {0}x{0}x8.", "The output is 28x28x8."),
]
