"""Cases of `figure`."""

from check_evidence import ran, text

CASES = [
    (
        {"type": "figure"},
        {
            "a figure in the report": (text("![heatmap](a.png)"), "passed", "1 figure found"),
        },
    ),
    (
        {"type": "figure", "count": 3},
        {
            "figures in report and notebook": (text("![a](a.png)") | ran(figures=2), "passed", "3 figures"),
        },
    ),
    (
        {"type": "figure", "count": 2},
        {
            "too few figures": (text("![a](a.png)"), "failed", "2 asked for"),
        },
    ),
]

REFUSED = {
    "an unknown key": ({"type": "figure", "counts": 2}, "Extra inputs"),
    "negative points": ({"type": "figure", "points": -1}, "greater than or equal to 0"),
}
