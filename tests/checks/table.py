"""Cases of `table`."""

from check_evidence import text

PIPES = "| units | train (%) | test (%) |\n|---|---|---|\n| k = 10 | 95.5 | 91.2 |\n| k = 20 | 97.1 | 93.4 |"
TABS = "Units\tTrain acc. (%)\tTest acc. (%)\nk = 10\t95.5\t91.2\nk = 20\t97.1\t93.4"
COLUMNS = "units   train acc   test acc\n10      95.5%       91.2%\n20      97.1%       93.4%"
TABULAR = (
    "\\begin{tabular}{l|cc}\n\\hline\nUnits & Train & Test \\\\ \\hline\n"
    "$k = 10$ & 95.5\\% & 91.2\\% \\\\\n$k = 20$ & 97.1\\% & 93.4\\% \\\\\n\\end{tabular}"
)
TABLE = {"type": "table", "columns": ["train", "test"], "rows": [10, 20]}

CASES = [
    (
        TABLE,
        {
            "Markdown": (text(PIPES), "passed", "the highest test is 93.4, of k = 20"),
            "tabs": (text(TABS), "passed", "All 4 numbers"),
            "columns of plain text": (text(COLUMNS), "passed", "All 4 numbers"),
            "LaTeX": (text(TABULAR), "passed", "All 4 numbers"),
            "a row is missing": (text(PIPES.rpartition("\n")[0]), "partial", "missing: train of 20, test of 20"),
            "a column is missing": (
                text("| units | test |\n|---|---|\n| 10 | .9 |\n| 20 | .91 |"),
                "partial",
                "train of 10",
            ),
            "a cell is blank": (text(PIPES.replace("97.1", "")), "partial", "3 of 4"),
            "another table": (text("| units | seconds |\n|---|---|\n| 10 | 3 |"), "failed", "0 of 4"),
            "no table": (text("It got better."), "manual", "No table"),
            "no section": (text(None), "failed", "No section"),
        },
    ),
    (
        TABLE | {"between": [0.9, 1]},
        {
            "in the bounds": (text(PIPES), "passed", "All 4"),
            "outside of the bounds": (
                text(PIPES.replace("91.2", "9.12")),
                "partial",
                "outside of the bounds: test of 10",
            ),
        },
    ),
    (
        {"type": "table", "columns": ["test"], "rows": ["Adam", "SGD"]},
        {
            "rows of words": (text("optimiser\ttest\nAdam\t0.97\nSGD with momentum\t0.96"), "passed", "0.97, of Adam"),
        },
    ),
]

REFUSED = {
    "a table without rows": ({"type": "table", "columns": ["a"], "rows": []}, "at least 1"),
    "bounds that are empty": (TABLE | {"between": [2, 1]}, "`between` is empty"),
}
