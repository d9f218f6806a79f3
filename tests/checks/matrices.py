"""Cases of `matrices`."""

from check_evidence import text

IMAGES = [
    [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 2, 2], [0, 0, 2, 6]],
    [[4, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 8]],
]
MAX, AVERAGE = [{"type": "matrices", "lead": w, "expect": {"pool": w, "images": IMAGES}} for w in ("max", "average")]
POOLED = "Max pooling:\n[1 0; 0 6], [4 0; 0 8]\nAverage pooling:\n[[1, 0], [0, 3]]\n[[1, 0], [0, 2]]"

CASES = [
    (
        MAX,
        {
            "all matrices of one group": (text(POOLED), "passed", "2 matrices right"),
            "with the question's": (
                text(POOLED.replace("Max pooling:", f"Max pooling:\n{IMAGES[0]}")),
                "passed",
                "right",
            ),
            "one of two wrong": (text(POOLED.replace("4 0", "5 0")), "partial", "wrong or missing: number 2"),
            "all wrong": (text("Max:\n[9 9; 9 9], [8 8; 8 8]"), "failed", "0 of 2"),
            "more matrices than asked for": (
                text("Max:\n[1 0; 0 6], [4 0; 0 8], [1 1; 1 1]"),
                "manual",
                "3 matrices stand",
            ),
            "no matrices": (text("The largest value of each."), "manual", "No matrix"),
        },
    ),
    (
        AVERAGE,
        {
            "all matrices of the other group": (text(POOLED), "passed", "2 matrices right"),
            "one of two missing": (text(POOLED.replace("[[1, 0], [0, 2]]", "")), "partial", "number 2"),
        },
    ),
]

REFUSED = {
    "a ragged matrix": ({"type": "matrices", "expect": [[[1, 2], [3]]]}, "equally long"),
    "an empty matrix": ({"type": "matrices", "expect": [[]]}, "equally long"),
}

FLOODED = [
    (MAX, "Max: [{0} 0; 0 {0}]", POOLED),
    (AVERAGE, "Average: [{0} 0; 0 {0}]", POOLED),
]
