"""Cases of `confusion_matrix`."""

from check_evidence import text

MATRIX = [[8, 1, 1], [0, 9, 0], [2, 0, 9]]
DRAWN = "\t\t0\t1\t2\n\t0\t8\t1\t1\nTrue\t1\t\t9\t\n\t2\t2\t\t9\n\tPredicted\t\t\t\n"
CONFUSION = {"type": "confusion_matrix", "class_counts": [10, 9, 11]}
WHOLE = CONFUSION | {"accuracy": ["accuracy"], "accuracy_in": "3C", "pairs": 1}
NAMED = "\nMost confused: 2 is mistaken for 0.\n# Problem 3C\nAn accuracy of {} was reached."

CASES = [
    (
        CONFUSION,
        {
            "blank cells": (text(DRAWN), "passed", "All 3 rows"),
            "a printed matrix": (text(str(MATRIX)), "passed", "All 3 rows"),
            "the last of several": (text(f"{[[1, 1, 1]] * 3}\n{MATRIX}"), "passed", "All 3 rows"),
            "a row that doesn't add up": (text(DRAWN.replace("\t8", "\t7")), "failed", "row 0 to 9 instead of 10"),
            "a cell that looks like a digit": (text(DRAWN.replace("1\t\t9\t", "1\tO\t9\t")), "passed", "“O”, read as"),
            "a cell that can't be read": (text(DRAWN.replace("\t8", "\t#")), "manual", "row 0 to 2"),
            "of another size": (text("[[1, 2], [3, 4]]"), "manual", "No confusion matrix of 3 classes"),
            "no section": (text(None), "failed", "No section"),
        },
    ),
    (
        WHOLE,
        {
            "all parts hold": (text(DRAWN + NAMED.format("0.8667")), "passed", "26 of 30 right"),
            "another accuracy": (
                text(DRAWN + NAMED.format("0.95")),
                "partial",
                "0.8667, which doesn't agree with the rep",
            ),
            "another pair": (text(DRAWN + NAMED.replace("2 is", "1 is").format("86.67%")), "partial", "2 as 0 (2)"),
            "no accuracy": (text(DRAWN + NAMED.format("much")), "manual", "no reported accuracy"),
            "no pair": (text(DRAWN + "\n# Problem 3C\nAn accuracy of 0.8667"), "manual", "No confused pairs"),
            "nothing holds": (
                text(DRAWN.replace("\t8", "\t7") + NAMED.replace("2 is", "1 is").format("0.5")),
                "failed",
                "row 0",
            ),
        },
    ),
]

REFUSED = {
    "classes without samples": ({"type": "confusion_matrix", "class_counts": [1, 0]}, "1 or more"),
}
