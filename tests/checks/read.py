"""Cases of `read`: what is read as the answer, by what stands there alone."""

from check_evidence import text

NUMBER = {"type": "read", "read_as": "number", "label": ["parameters", "weights"], "asks": "State it."}
MATRICES = r"Average:" + "\n\n" + r"$$\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}$$"
COUNTS = "- conv: $3 \\cdot 3 \\cdot 8 + 8 = 80$\n- total: $80 + 10 = 90$"

CASES = [
    (
        NUMBER,
        {
            "a number": (text("So it has 608 parameters."), "read", "We read 608 as your answer to 3B."),
            "a wrong number is no less read": (text("So it has 600 parameters."), "read", "We read 600"),
            "of several, that beside its label": (text("8 filters of 5x5x3: 608 parameters."), "read", "We read 608"),
            "the final one": (text("600 weights and 8 biases. Answer: 608"), "read", "We read 608"),
            "several that could be meant": (text("600, 604 or 608 parameters"), "read", "can't tell which one"),
            "a guess": (text("I guess 608 parameters?"), "manual", "No number"),
            "what is denied": (text("It does not have 608 parameters."), "manual", "No number"),
            "no number": (text("Quite many."), "manual", "No number"),
            "nothing": (text(None), "failed", "No section"),
        },
    ),
    (
        {"type": "read", "read_as": "shape"},
        {
            "a shape": (text("The output is 28x28x8."), "read", "We read 28x28x8"),
            "no shape": (text("It shrinks."), "manual", "No shape"),
        },
    ),
    (
        {"type": "read", "read_as": "matrices", "label": ["average"]},
        {
            "a matrix": (text(MATRICES), "read", "We read 1 matrix: [1 2; 3 4]."),
            "of another name": (text(MATRICES.replace("Average", "Max")), "manual", "No matrix"),
        },
    ),
    (
        {"type": "read", "read_as": "formula", "label": ["w_2"]},
        {"a formula": (text(r"$w_2 = \frac{e}{4}$"), "read", r"We read \frac{e}{4} as your answer")},
    ),
    (
        {"type": "read", "read_as": "value"},
        {
            "a formula's value": (text(r"$f(2) = 3 + 1 = 4$"), "read", "We read 4 as your answer"),
            "a number in words": (text("The answer is 12."), "read", "We read 12"),
        },
    ),
    (
        {"type": "read", "read_as": "counts"},
        {
            "counts": (text(COUNTS), "read", "We read 2 counts"),
            "a slip in the student's own arithmetic": (text(COUNTS.replace("90", "99")), "read", "comes to 90"),
        },
    ),
    (
        {"type": "read", "read_as": "relu network", "label": ["x1", "x2"]},
        {"a network": (text(r"$f(x_1, x_2) = \mathrm{ReLU}(x_1 + x_2)$"), "read", "1 ReLU unit in 1 layer")},
    ),
    (
        {"type": "read", "read_as": "table", "label": ["accuracy"]},
        {
            "a table": (text("| k | accuracy |\n|---|---|\n| 1 | 0.9 |\n| 2 | 0.8 |"), "read", "2 rows and 2 columns"),
            "no table": (text("See above."), "manual", "No table"),
        },
    ),
    (
        {"type": "read", "read_as": "confusion matrix"},
        {
            "a confusion matrix": (
                text("[[8, 1, 1], [0, 9, 0], [2, 0, 9]]"),
                "read",
                "3 classes, with 26 of 30",
            )
        },
    ),
    (
        {"type": "read", "read_as": "log"},
        {"a log": (text("Epoch 1: accuracy 0.91\nEpoch 2: accuracy 0.93"), "read", "a log of 2 epochs")},
    ),
    (
        {"type": "read", "read_as": "weights"},
        {"weights": (text('```python\nw = tf.get_variable("W1", [3, 3, 1, 32])\n```'), "read", "W1 3 x 3 x 1 x 32")},
    ),
    (
        {"type": "read", "read_as": "text"},
        {"words": (text("Grid search, since it is simple."), "read", "We read your answer to 3B.")},
    ),
    (
        {"type": "read"},
        {"nothing is read": (text("608"), "read", "after you hand in")},
    ),
]
