"""Cases of `numeric`."""

from check_evidence import CONV, text

PARAMETERS = {"type": "numeric", "label": ["parameters", "weights"], "expect": {"parameters_of": CONV}}
PARAMETERS |= {"mistakes": [{"match": 600, "say": "Each filter has a bias."}]}
BETWEEN = {"type": "numeric", "label": ["features"], "between": [7, 12]}
TRAINING = {"type": "numeric", "label": ["training"], "expect": 60000}
TEST = {"type": "numeric", "label": ["test"], "expect": 10000}

CASES = [
    (
        PARAMETERS,
        {
            "a right number": (text("608 parameters"), "passed", "608 is right"),
            "a right number behind its calculation": (
                text(r"There are $8 \text{ filters} * 5 * 5 * 3 + 8 \text{ biases} = 608$ parameters"),
                "passed",
                "608",
            ),
            "a right number beside another": (
                text("Each filter has 75 weights; 608 parameters in all"),
                "passed",
                "608",
            ),
            "a right number under the second label": (text("608 weights, 8 of them biases"), "passed", "608"),
            "a mistake that is known": (text("600 parameters"), "failed", "Each filter has a bias."),
            "a number that only looks right": (text("1608 parameters"), "failed", "1608"),
            "a rounded number": (text("about 600 parameters"), "failed", "600"),
            "two answers that contradict": (text("600 parameters. Hm, 608 parameters."), "manual", "600"),
            "a final answer after others": (text("600 parameters? The answer is 608 parameters."), "passed", "608"),
            "a value of each part, then the one of all": (
                text("There are = 76 parameters each, 608 parameters"),
                "passed",
                "608",
            ),
            "a list that ends right": (text("600, 604, 612, 608 parameters"), "manual", "604"),
            "a list that begins right": (text("The parameters are 608, 600 or 612"), "manual", "612"),
            "a list with guesses": (text("The answer is 608 maybe 600 maybe 612 parameters"), "manual", "612"),
            "many assertions": (
                text(" ".join(f"{n} parameters." for n in range(600, 620)) + " Answer: 608 parameters"),
                "manual",
                "600",
            ),
            "a list line by line": (text("\n".join(f"{n} parameters" for n in range(600, 620))), "manual", "600"),
            "a number that is not asserted": (text("It has filters, 608"), "manual", "No parameters could be read"),
            "an answer in words only": (text("Very many"), "manual", "No parameters"),
            "a number beyond all bounds": (text("1e999 parameters, or 9**9**9**9"), "manual", "1e999"),
            "no section": (text(None), "failed", "No section for problem 3B"),
            "an empty section": (text(" \n\n"), "failed", "The answer is empty"),
        },
    ),
    (
        TRAINING,
        {
            "training images": (text("There are 60,000 training images and 10,000 test images."), "passed", "60,000"),
            "training and test swapped": (
                text("There are 10,000 training images and 60,000 test images."),
                "failed",
                "10,000",
            ),
            "training images, line by line": (text("60000 training images\n10000 test images"), "passed", "60000"),
        },
    ),
    (
        TEST,
        {
            "test images": (text("There are 60,000 training images and 10,000 test images."), "passed", "10,000"),
            "test images in a table": (
                text("| set | images |\n|---|---|\n| training | 60000 |\n| test | 10000 |"),
                "passed",
                "10000",
            ),
            "two labels that share two numbers": (
                text("60,000 and 10,000 training and test images"),
                "manual",
                "60,000",
            ),
        },
    ),
    (
        BETWEEN,
        {
            "between": (text("We keep 8 input features."), "passed", "8"),
            "above": (text("We keep 14 features."), "failed", "14"),
        },
    ),
    (
        {"type": "numeric", "expect": 0.9762, "tolerance": 0.001},
        {
            "within the tolerance": (text("97.6%"), "passed", "97.6%"),
        },
    ),
    (
        {"type": "numeric", "expect": 0.9762, "tolerance": 0.0001},
        {
            "outside the tolerance": (text("97.6%"), "failed", "97.6%"),
        },
    ),
    (
        {"type": "numeric", "expect": 2, "accept": [3]},
        {
            "also accepted": (text("three"), "passed", "three"),
        },
    ),
    (
        {"type": "numeric", "label": ["parameters"], "expect": 608, "mistakes": [{"match": 600, "say": "Biases!"}]},
        {
            "a heading twice, with two answers": (text("608 parameters\n# 3B\n600 parameters"), "manual", "600"),
            "a heading twice, with one answer": (text("See below.\n# 3B\n608 parameters"), "passed", "608"),
            "what is struck out": (text("~~600~~ 608 parameters"), "passed", "608"),
            "the right answer struck out": (text("~~608~~ 600 parameters"), "failed", "Biases!"),
            "roughly": (text("about 600 parameters"), "failed", "Biases!"),
            "not a number": (text("NaN parameters"), "manual", "No parameters"),
            "a tower of powers": (text("9**9**9**9 parameters"), "manual", "No parameters"),
            "working, then the number": (
                text("$$(8 \\cdot 5 \\cdot 5 \\cdot 3) + 8$$\n\n608 parameters"),
                "passed",
                "608",
            ),
            "working alone": (text("8 * 5 * 5 * 3 + 8 parameters"), "manual", "No parameters"),
        },
    ),
]

REFUSED = {
    "no criterion": ({"type": "numeric"}, "either `expect` or `between`"),
    "two criteria": ({"type": "numeric", "expect": 1, "between": [1, 2]}, "either `expect` or `between`"),
    "an empty range": ({"type": "numeric", "between": [2, 1]}, "`between` is empty"),
}

WARNED = {
    "a mistake that is right": (PARAMETERS | {"mistakes": [{"match": 608, "say": ""}]}, "608 is accepted"),
}

FLOODED = [
    (PARAMETERS, "{0} parameters", "The answer is 608 parameters"),
]
