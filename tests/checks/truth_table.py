"""Cases of `truth_table`."""

from check_evidence import text

OR_NETWORK = {"type": "truth_table", "function": "or", "hidden_units": 1}
XOR_NETWORK = {"type": "truth_table", "function": "xor", "layers": 2}

CASES = [
    (
        OR_NETWORK,
        {
            "a formula": (text(r"$f(x_1, x_2) = \mathrm{ReLU}(x_1 + x_2)$"), "passed", "1 hidden unit, 1 layer"),
            "a sentence": (text("It is y = max(0, x1 + x2), one unit."), "passed", "all 4 inputs"),
            "more units than needed": (text("W1 = [[1, 1], [1, 1]]\nW2 = [[1, 1]]"), "partial", "more than needed"),
            "too small": (text("f(x_1, x_2) = max(0, x_1 + x_2 - 0.5)"), "failed", "Wrong at (0, 1): 0.5"),
            "no sum": (text("$f = ReLU(x_1 x_2)$"), "manual", "No network"),
            "in words alone": (text("One unit adds both inputs."), "manual", "No network"),
        },
    ),
    (
        XOR_NETWORK,
        {
            "two units": (text("h1 = ReLU(x1 - x2)\nh2 = ReLU(x2 - x1)\nf = ReLU(h1 + h2)"), "passed", "2 layers"),
            "in one formula": (
                text(r"$$h_1 = \max(0, x_1+x_2), h_2 = \max(0, x_1+x_2-1)$$ $$y=h_1-2h_2$$"),
                "passed",
                "all 4 inputs",
            ),
            "weights": (text("W1: [[1, 1], [1, 1]]\nb1: [0, -1]\nW2: [[1, -2]]\nb2: 0"), "passed", "all 4 inputs"),
            "OR instead": (text("f(x_1, x_2) = ReLU(x_1 + x_2)"), "failed", "Wrong at (1, 1): 2"),
            "more layers": (
                text("h = ReLU(x1 - x2) + ReLU(x2 - x1)\nk = ReLU(h)\nf = ReLU(2 k)"),
                "partial",
                "3 layers",
            ),
        },
    ),
]
