"""Cases of `parameter_count`."""

from check_evidence import text

TWO_LAYERS = [
    {"layer": "Linear", "in_features": 784, "out_features": 100},
    {"layer": "Linear", "in_features": 100, "out_features": 10},
]
COUNTS = {"type": "parameter_count", "architectures": {"a network": TWO_LAYERS}, "per_layer": 0.5}
COUNTS |= {"mistakes": [{"match": 79400, "say": "The biases are missing."}]}
ROUNDED = {"type": "parameter_count", "total": 138357544, "column": ["D"], "tolerance": 0.001}

CASES = [
    (
        COUNTS,
        {
            "each layer and the total": (
                text("L_1: $784 x 100 + 100 = 78500$\nL_2: $100 x 10 + 10 = 1010$\n\nTotal: $78500 + 1010 = 79{,}510$"),
                "passed",
                "2 of 2 layers are right; the total",
            ),
            "OCR's spaces": (
                text("L_1: $784 \\times 100 + 100 = 78 500$\nL_2: $1 010$\n\nTotal = $79 510$"),
                "passed",
                "the total",
            ),
            "a line that slips": (
                text("L_1: $784 * 100 + 100 = 78501$\nL_2: $100 * 10 + 10 = 1010$\nTotal: $79510$"),
                "partial",
                "L_1 states 78,501, but its own arithmetic gives 78,500",
            ),
            "without the biases": (
                text("L_1: $784 * 100 = 78400$\nL_2: $100 * 10 = 1000$\nTotal: $79400$"),
                "failed",
                "The biases are missing.",
            ),
            "layers without a total": (text("$784 * 100 + 100 = 78500$\n\n$1010$"), "partial", "no total is stated"),
            "two totals": (text("Total: $79510$\n\nTotal: $79511$"), "manual", "Several totals"),
            "no number": (text("Many."), "manual", "No number of parameters"),
        },
    ),
    (
        ROUNDED,
        {
            "in millions": (text("It has 138M parameters."), "passed", "138M is right"),
            "millions in words": (text("about 138.4 million parameters"), "passed", "138.4 million"),
            "every digit": (text("total = 138,357,544"), "passed", "is right"),
            "in a table": (text("In millions:\n\nnet\tC\tD\tE\nparameters\t134\t138\t144"), "passed", "138 under “D”"),
            "another column": (
                text("In millions:\n\nnet\tC\tD\tE\nparameters\t134\t144\t138"),
                "failed",
                "144 under “D”",
            ),
            "a larger network": (text("It has 144M parameters."), "failed", "144M is not right"),
        },
    ),
]
