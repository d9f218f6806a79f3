"""Cases of `consistency`."""

from check_evidence import text

PIPES = "| units | train (%) | test (%) |\n|---|---|---|\n| k = 10 | 95.5 | 91.2 |\n| k = 20 | 97.1 | 93.4 |"
ROWS = "| p | acc |\n|---|---|\n| 0 | .91 |\n| .1 | .95 |\n| .2 | .92 |\nBest: 0.1"
LIST = {"type": "consistency", "of": [0, 0.1, 0.2], "label": ["best"], "best": "highest"}
BEST = {"type": "consistency", "column": "test", "label": ["best"], "best": "highest"}
CHANGE = {"type": "consistency", "column": "test", "label": ["gain", "increase", "drop"], "change": [10, 20]}

CASES = [
    (
        LIST,
        {
            "numbers in a row": (text("0.91, 0.92, 0.95: 0.2 is best."), "passed", "0.2 with 0.95"),
            "numbers in brackets": (text("[[0.91], [0.92], [0.95]]. The best dropout is 0.2."), "passed", "0.2"),
            "numbers in a table": (text(ROWS), "passed", "0.1 with 0.95"),
            "another is called best": (
                text("0.91, 0.92, 0.95: 0.1 is best."),
                "failed",
                "but the numbers given say 0.2",
            ),
            "two are called best": (text("0.91, 0.92, 0.95: 0.1 or 0.2 is best."), "manual", "Several values"),
            "none is called best": (text("0.91, 0.92, 0.95"), "manual", "no statement"),
            "numbers struck out": (
                text("~~0.95, 0.92, 0.91~~ 0.91, 0.92, 0.95: 0.2 is best."),
                "passed",
                "0.2 with 0.95",
            ),
            "too few numbers": (text("0.91, 0.92: 0.1 is best."), "manual", "No list of numbers"),
            "no section": (text(None), "failed", "No section"),
        },
    ),
    (
        LIST | {"leave_out": [0]},
        {
            "best of the others": (
                text("0.97, 0.92, 0.95: the best nonzero dropout is 0.2."),
                "passed",
                "0.2 with 0.95",
            ),
        },
    ),
    (
        BEST,
        {
            "by a table": (text(f"{PIPES}\n\nThe best is k = 20."), "passed", "20 with 0.934"),
            "not by a table": (text(f"{PIPES}\n\nThe best is k = 10."), "failed", "with 0.912"),
        },
    ),
    (
        CHANGE,
        {
            "a change as stated": (text(f"{PIPES}\n\nThat is a gain of about 2%."), "passed", "from 0.912 to 0.934"),
            "in points": (text(f"{PIPES}\n\nAn increase by 2.2 points."), "passed", "2.2"),
            "another change": (text(f"{PIPES}\n\nA gain of 5%."), "failed", "+0.022"),
            "the other direction": (text(f"{PIPES}\n\nA drop of 2%."), "failed", "+0.022"),
            "no change stated": (text(f"{PIPES}\n\nBetter."), "manual", "no statement"),
            "two changes stated": (text(f"{PIPES}\n\nA gain of 2% or 5%."), "manual", "Several numbers"),
        },
    ),
]

REFUSED = {
    "no statement": ({"type": "consistency", "of": [1], "label": ["best"]}, "either `best` or `change`"),
    "numbers of two places": (LIST | {"column": "test"}, "either `column` or `of`"),
}
