"""The check types that judge tables, logs, matrices, links and statements of a report."""

import pytest
from pydantic import TypeAdapter, ValidationError

from grader.checks import Check, check_types
from grader.core.evidence import ProblemEvidence
from grader.observation.sections import Labels, find_sections

LABELS = Labels(problems={"3b": "3B", "3c": "3C"})


def check_of(config: dict[str, object]) -> Check:
    return TypeAdapter(check_types()[str(config["type"])]).validate_python({"points": 1} | config)


def evidence_of(answer: str | None) -> ProblemEvidence:
    """A report with this answer to problem 3B, behind which others may follow; None where it has none."""
    report = "# Problem 3C\nelsewhere" if answer is None else f"# Problem 3B\n{answer}"
    sections = find_sections(report, "report.md", LABELS)
    return ProblemEvidence(
        problem="3B",
        sections=tuple(s for s in sections if s.problem == "3B"),
        elsewhere=tuple(s for s in sections if s.problem != "3B"),
    )


PIPES = "| units | train (%) | test (%) |\n|---|---|---|\n| k = 10 | 95.5 | 91.2 |\n| k = 20 | 97.1 | 93.4 |"
TABS = "Units\tTrain acc. (%)\tTest acc. (%)\nk = 10\t95.5\t91.2\nk = 20\t97.1\t93.4"
COLUMNS = "units   train acc   test acc\n10      95.5%       91.2%\n20      97.1%       93.4%"
TABULAR = (
    "\\begin{tabular}{l|cc}\n\\hline\nUnits & Train & Test \\\\ \\hline\n"
    "$k = 10$ & 95.5\\% & 91.2\\% \\\\\n$k = 20$ & 97.1\\% & 93.4\\% \\\\\n\\end{tabular}"
)
TABLE = {"type": "table", "columns": ["train", "test"], "rows": [10, 20]}


def keras(*accuracies: float, start: int = 1) -> str:
    bar = "60000/60000 [====] - 5s 83us/step"
    lines = [f"Epoch {i}/3\n{bar} - loss: 0.5 - acc: {a:.4f}" for i, a in enumerate(accuracies, start)]
    return "```\n" + "\n".join(lines) + "\n```\n"


LOG = {"type": "training_log", "epochs": 3, "first_at_most": 0.96, "reason": "measured"}
CLAIM = {"type": "training_log", "claim": ["test accuracy"]}
VALIDATED = (
    "Epoch 1 | train loss 0.5 acc 0.90 | val loss 0.4 acc 0.91\n"
    "Epoch 2 | train loss 0.3 acc 0.93 | val loss 0.3 acc 0.92\n"
)

MATRIX = [[8, 1, 1], [0, 9, 0], [2, 0, 9]]
DRAWN = "\t\t0\t1\t2\n\t0\t8\t1\t1\nTrue\t1\t\t9\t\n\t2\t2\t\t9\n\tPredicted\t\t\t\n"
CONFUSION = {"type": "confusion_matrix", "class_counts": [10, 9, 11]}
WHOLE = CONFUSION | {"accuracy": ["accuracy"], "accuracy_in": "3C", "pairs": 1}
NAMED = "\nMost confused: 2 is mistaken for 0.\n# Problem 3C\nAn accuracy of {} was reached."

ROWS = "| p | acc |\n|---|---|\n| 0 | .91 |\n| .1 | .95 |\n| .2 | .92 |\nBest: 0.1"
LIST = {"type": "consistency", "of": [0, 0.1, 0.2], "label": ["best"], "best": "highest"}
BEST = {"type": "consistency", "column": "test", "label": ["best"], "best": "highest"}
CHANGE = {"type": "consistency", "column": "test", "label": ["gain", "increase", "drop"], "change": [10, 20]}
COLAB = "https://colab.research.google.com/drive/1a2B3c4D5e6F7g8H9i0J"

# A check, and for it: name of the case -> (answer, status, a part of what it says)
CASES: list[tuple[dict[str, object], dict[str, tuple[str | None, str, str]]]] = [
    (
        TABLE,
        {
            "Markdown": (PIPES, "passed", "the highest test is 93.4, of k = 20"),
            "tabs": (TABS, "passed", "All 4 numbers"),
            "columns of plain text": (COLUMNS, "passed", "All 4 numbers"),
            "LaTeX": (TABULAR, "passed", "All 4 numbers"),
            "a row is missing": (PIPES.rpartition("\n")[0], "partial", "missing: train of 20, test of 20"),
            "a column is missing": ("| units | test |\n|---|---|\n| 10 | .9 |\n| 20 | .91 |", "partial", "train of 10"),
            "a cell is blank": (PIPES.replace("97.1", ""), "partial", "3 of 4"),
            "another table": ("| units | seconds |\n|---|---|\n| 10 | 3 |", "failed", "0 of 4"),
            "no table": ("It got better.", "manual", "No table"),
            "no section": (None, "failed", "No section"),
        },
    ),
    (
        TABLE | {"between": [0.9, 1]},
        {
            "in the bounds": (PIPES, "passed", "All 4"),
            "outside of the bounds": (PIPES.replace("91.2", "9.12"), "partial", "outside of the bounds: test of 10"),
        },
    ),
    (
        {"type": "table", "columns": ["test"], "rows": ["Adam", "SGD"]},
        {"rows of words": ("optimiser\ttest\nAdam\t0.97\nSGD with momentum\t0.96", "passed", "0.97, of Adam")},
    ),
    (
        LOG,
        {
            "a log of Keras": (keras(0.91, 0.95, 0.96), "passed", "3 epochs are shown, 0.9100 to 0.9600"),
            "a list": ("1: 91.0 %\n2: 95.0 %\n3: 96.5 %", "passed", "91% to 96.5%"),
            "a first epoch that is no first": (keras(0.98, 0.981, 0.982), "failed", "isn't shown to come from these 3"),
            "too few epochs": (keras(0.91, 0.95), "partial", "3 were asked for"),
            "a gap": (keras(0.91) + keras(0.95, start=3), "partial", "epoch 2 is missing"),
            "the last epochs alone": (keras(0.97, 0.975, start=2), "partial", "begins with epoch 2"),
            "too many epochs": (keras(0.91, 0.92, 0.93, 0.94), "failed", "4 epochs are shown"),
            "the last of two trainings counts": (keras(0.98, 0.98, 0.98) + keras(0.91, 0.95, 0.96), "passed", "2 logs"),
            "losses alone": ("Epoch 1: loss 0.5\nEpoch 2: loss 0.4\nEpoch 3: loss 0.3", "manual", "has no accuracy"),
            "no log": ("It took ten epochs.", "manual", "No training log"),
            "no section": (None, "failed", "No section"),
        },
    ),
    (
        CLAIM,
        {
            "the claim is the log's last": (VALIDATED + "\nThe test accuracy is 92.0%.", "passed", "as it ends"),
            "another claim": (VALIDATED + "\nThe test accuracy is 95.0%.", "failed", "the log ends with 0.9300"),
            "no claim": (VALIDATED + "\nGood.", "manual", "no accuracy stated"),
        },
    ),
    (
        CLAIM | {"claim_in": "3C"},
        {"a claim in another answer": (VALIDATED + "\n# Problem 3C\nThe test accuracy is 93.0%.", "passed", "93.0%")},
    ),
    (
        CONFUSION,
        {
            "blank cells": (DRAWN, "passed", "All 3 rows"),
            "a printed matrix": (str(MATRIX), "passed", "All 3 rows"),
            "the last of several": (f"{[[1, 1, 1]] * 3}\n{MATRIX}", "passed", "All 3 rows"),
            "a row that doesn't add up": (DRAWN.replace("\t8", "\t7"), "failed", "row 0 to 9 instead of 10"),
            "a cell that looks like a digit": (DRAWN.replace("1\t\t9\t", "1\tO\t9\t"), "passed", "“O”, read as"),
            "a cell that can't be read": (DRAWN.replace("\t8", "\t#"), "manual", "row 0 to 2"),
            "of another size": ("[[1, 2], [3, 4]]", "manual", "No confusion matrix of 3 classes"),
            "no section": (None, "failed", "No section"),
        },
    ),
    (
        WHOLE,
        {
            "all parts hold": (DRAWN + NAMED.format("0.8667"), "passed", "26 of 30 right"),
            "another accuracy": (DRAWN + NAMED.format("0.95"), "partial", "0.8667, which doesn't agree with the rep"),
            "another pair": (DRAWN + NAMED.replace("2 is", "1 is").format("86.67%"), "partial", "2 as 0 (2)"),
            "no accuracy": (DRAWN + NAMED.format("much"), "manual", "no reported accuracy"),
            "no pair": (DRAWN + "\n# Problem 3C\nAn accuracy of 0.8667", "manual", "No confused pairs"),
            "nothing holds": (
                DRAWN.replace("\t8", "\t7") + NAMED.replace("2 is", "1 is").format("0.5"), "failed", "row 0"
            ),
        },
    ),
    (
        LIST,
        {
            "numbers in a row": ("0.91, 0.92, 0.95: 0.2 is best.", "passed", "0.2 with 0.95"),
            "numbers in brackets": ("[[0.91], [0.92], [0.95]]. The best dropout is 0.2.", "passed", "0.2"),
            "numbers in a table": (ROWS, "passed", "0.1 with 0.95"),
            "another is called best": ("0.91, 0.92, 0.95: 0.1 is best.", "failed", "but the numbers given say 0.2"),
            "two are called best": ("0.91, 0.92, 0.95: 0.1 or 0.2 is best.", "manual", "Several values"),
            "none is called best": ("0.91, 0.92, 0.95", "manual", "no statement"),
            "numbers struck out": ("~~0.95, 0.92, 0.91~~ 0.91, 0.92, 0.95: 0.2 is best.", "passed", "0.2 with 0.95"),
            "too few numbers": ("0.91, 0.92: 0.1 is best.", "manual", "No list of numbers"),
            "no section": (None, "failed", "No section"),
        },
    ),
    (
        LIST | {"leave_out": [0]},
        {"best of the others": ("0.97, 0.92, 0.95: the best nonzero dropout is 0.2.", "passed", "0.2 with 0.95")},
    ),
    (
        BEST,
        {
            "by a table": (f"{PIPES}\n\nThe best is k = 20.", "passed", "20 with 0.934"),
            "not by a table": (f"{PIPES}\n\nThe best is k = 10.", "failed", "with 0.912"),
        },
    ),
    (
        CHANGE,
        {
            "a change as stated": (f"{PIPES}\n\nThat is a gain of about 2%.", "passed", "from 0.912 to 0.934"),
            "in points": (f"{PIPES}\n\nAn increase by 2.2 points.", "passed", "2.2"),
            "another change": (f"{PIPES}\n\nA gain of 5%.", "failed", "+0.022"),
            "the other direction": (f"{PIPES}\n\nA drop of 2%.", "failed", "+0.022"),
            "no change stated": (f"{PIPES}\n\nBetter.", "manual", "no statement"),
            "two changes stated": (f"{PIPES}\n\nA gain of 2% or 5%.", "manual", "Several numbers"),
        },
    ),
    (
        {"type": "numeric", "label": ["parameters"], "expect": 608, "mistakes": [{"match": 600, "say": "Biases!"}]},
        {
            "a heading twice, with two answers": ("608 parameters\n# 3B\n600 parameters", "manual", "600"),
            "a heading twice, with one answer": ("See below.\n# 3B\n608 parameters", "passed", "608"),
            "what is struck out": ("~~600~~ 608 parameters", "passed", "608"),
            "the right answer struck out": ("~~608~~ 600 parameters", "failed", "Biases!"),
            "roughly": ("about 600 parameters", "failed", "Biases!"),
            "not a number": ("NaN parameters", "manual", "No parameters"),
            "a tower of powers": ("9**9**9**9 parameters", "manual", "No parameters"),
            "working, then the number": ("$$(8 \\cdot 5 \\cdot 5 \\cdot 3) + 8$$\n\n608 parameters", "passed", "608"),
            "working alone": ("8 * 5 * 5 * 3 + 8 parameters", "manual", "No parameters"),
        },
    ),
    (
        {"type": "choice", "options": {"grid": ["grid search"], "random": ["random search"]}, "expect": "random"},
        {"a choice struck out": ("~~grid search~~ random search", "passed", "random")},
    ),
    (
        {"type": "version", "packages": ["torch"]},
        {"a version struck out": ("torch ~~1.13.0~~ 2.1.0", "passed", "torch 2.1.0")},
    ),
    (
        {"type": "links"},
        {
            "a link to Colab": (f"See [here]({COLAB}).", "passed", "Colab link found"),
            "the site alone": ("https://colab.research.google.com/", "failed", "leads to no notebook"),
            "another site": ("https://github.com/someone/net", "failed", "github.com/someone/net is none"),
            "no link": ("In Colab.", "failed", "0 Colab links"),
            "no section": (None, "failed", "0 Colab links"),
        },
    ),
    (
        {"type": "links", "kind": "any", "count": 2},
        {
            "two links": (f"{COLAB} and https://github.com/someone/net", "passed", "found"),
            "the same link twice": (f"{COLAB} and {COLAB}", "failed", "1 web links found; 2 asked for"),
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("config", "answer", "status", "says"),
    [
        pytest.param(config, *case, id=f"{config['type']}: {name}")
        for config, cases in CASES
        for name, case in cases.items()
    ],
)
def test_check(config: dict[str, object], answer: str | None, status: str, says: str) -> None:
    check, evidence = check_of(config), evidence_of(answer)
    outcome = check.judge(evidence)
    assert outcome.status == status, outcome.message
    assert says in f"{outcome.message} {outcome.advice}"
    assert (outcome.share == 1) == (status == "passed") and (0 < outcome.share < 1) == (status == "partial")
    assert check.asked()


WRONG_CONFIG = {
    "a table without rows": ({"type": "table", "columns": ["a"], "rows": []}, "at least 1"),
    "bounds that are empty": (TABLE | {"between": [2, 1]}, "`between` is empty"),
    "a bound without a reason": ({"type": "training_log", "first_at_most": 0.9}, "needs a `reason`"),
    "classes without samples": ({"type": "confusion_matrix", "class_counts": [1, 0]}, "1 or more"),
    "no statement": ({"type": "consistency", "of": [1], "label": ["best"]}, "either `best` or `change`"),
    "numbers of two places": (LIST | {"column": "test"}, "either `column` or `of`"),
    "a site that isn't known": ({"type": "links", "kind": "gitlab"}, "'colab'"),
}


@pytest.mark.parametrize(("config", "message"), WRONG_CONFIG.values(), ids=WRONG_CONFIG)
def test_a_check_that_makes_no_sense_is_refused(config: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        check_of(config)
