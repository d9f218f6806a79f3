"""Tables, confusion matrices, training logs and links, as they are read from a text."""

import pytest
from blocks import find_sections, paragraph
from growth import grows_with_length
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.core.errors import SubmissionError
from grader.core.evidence import Confusion, Epoch, Section, Table
from grader.observation.labels import Labels
from grader.observation.reading import read_section

LABELS = Labels(problems={"1": "1"})


def section(text: str) -> Section:
    (found,) = find_sections(f"# Problem 1\n{text}", "report.md", LABELS)
    return found


def tables(text: str) -> tuple[Table, ...]:
    return section(text).tables


ROWS = [("k", 10.0, [0.955, 0.912]), ("k", 20.0, [0.971, 0.934])]
# name: a table of two rows, whose header is (units, train (%), test (%))
TABLES = {
    "Markdown": "| units | train (%) | test (%) |\n|:--|--:|---|\n| k = 10 | 95.5 | 91.2 |\n| k = 20 | 97.1 | 93.4 |",
    "without outer bars": "units | train (%) | test (%)\n---|---|---\nk = 10 | 95.5 | 91.2\nk = 20 | 97.1 | 93.4",
    "in bold": "| **units** | train (%) | test (%) |\n|---|---|---|\n"
    "| **k = 10** | 95.5 | **91.2** |\n| k = 20 | 97.1 | 93.4 |",
    "tabs": "units\ttrain (%)\ttest (%)\nk = 10\t95.5\t91.2\nk = 20\t97.1\t93.4",
    "columns": "units    train (%)   test (%)\nk = 10   95.5        91.2\nk = 20   97.1        93.4",
    "LaTeX": "\\begin{tabular}{|l|cc|}\n\\hline\nunits & train (\\%) & test (\\%) \\\\ \\hline\n"
    "$k = 10$ & 95.5 & \\textbf{91.2} \\\\\n\\midrule $k = 20$ & 97.1 & $93.4 \\pm 0.2$ \\\\\n\\end{tabular}",
    "percent in the cells": "units\ttrain\ttest\nk: 10\t95.5%\t91.2 %\nk: 20\t97.1\\%\t0.934",
}  # fmt: skip


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_a_table_in_this_style_is_read(text: str) -> None:
    (table,) = tables(text)
    assert [name.split(" ")[0] for name in table.header] == ["units", "train", "test"]
    assert [(row.name, row.value, list(row.numbers[1:])) for row in table.rows] == ROWS
    assert table.sure


def test_tables_and_their_rows_know_their_lines() -> None:
    (table,) = tables(f"Before.\n\n{TABLES['tabs']}\n\nAfter.")
    assert [row.source.line for row in table.rows] == [5, 6]
    for name in ("Markdown", "LaTeX"):
        (table,) = tables(f"Before.\n\n{TABLES[name]}\n\nAfter.")
        assert table.source.line == 4


@pytest.mark.parametrize(
    "text",
    [
        "One  two  three\nfour  five  six",
        "a | b\nc | d",
        "Only one line\t3",
        "The end.  Then 3.\n\nMore.",
        "| | |\n|---|---|",
    ],
)
def test_this_is_no_table_of_numbers(text: str) -> None:
    assert tables(text) == ()


def test_a_table_with_rows_of_other_lengths_is_unsure() -> None:
    (table,) = tables("a\tb\tc\n1\t2\t3\n4\t5")
    assert not table.sure


def test_two_tables_are_told_apart() -> None:
    assert [len(t.rows) for t in tables(f"{TABLES['tabs']}\n\nWords.\n\n{TABLES['Markdown']}")] == [2, 2]


COUNTS = ((50, 0, 1), (0, 44, 2), (3, 0, 47))
CONFUSIONS = {
    "blank cells between tabs": "\t\t0\t1\t2\n\t0\t50\t\t1\n\t1\t\t44\t2\n\t2\t3\t\t47",
    "with words beside": "\t\t0\t1\t2\n\t0\t50\t\t1\nTrue class\t1\t\t44\t2\n\t2\t3\t\t47\n\tPredicted\t\t\t",
    "the classes below": "\t0\t50\t\t1\n\t1\t\t44\t2\n\t2\t3\t\t47\n\t\t0\t1\t2",
    "a row that moved": "\t\t0\t1\t2\n\t0\t50\t\t1\n1\t1\t\t44\t2\n2\t3\t\t47\t",
    "letters for digits": "\t\t0\t1\t2\n\t0\t50\tO\t1\n\t1\t\t44\t2\n\t2\tз\t\t47",
    "Markdown": "| | 0 | 1 | 2 |\n|---|---|---|---|\n| 0 | 50 | 0 | 1 |\n| 1 | 0 | 44 | 2 |\n| 2 | 3 | | 47 |",
    "classes from 1": "\t1\t2\t3\n1\t50\t\t1\n2\t\t44\t2\n3\t3\t\t47",
    "printed by numpy": "[[50  0  1]\n [ 0 44  2]\n [ 3  0 47]]",
    "LaTeX": "\\begin{tabular}{c|ccc}\n & 0 & 1 & 2 \\\\\n0 & 50 & & 1 \\\\\n"
    "1 & & 44 & 2 \\\\\n2 & 3 & & 47\n\\end{tabular}",
}
UNSURE = ("a row that moved", "letters for digits")


def confusions(text: str) -> tuple[Confusion, ...]:
    return section(text).confusions


@pytest.mark.parametrize("name", CONFUSIONS)
def test_a_confusion_matrix_in_this_style_is_read(name: str) -> None:
    (found,) = confusions(CONFUSIONS[name])
    assert found.counts == COUNTS
    assert found.sure == (name not in UNSURE)


@pytest.mark.parametrize(
    "text",
    [
        "\t\t0\t1\t2\n\t0\t50\t\t1\n\t1\t\t44\t2",
        "\t0\t1\t2\na\tb\tc\td",
        "[[1, 2], [3, 4]]",
        "[[1, 0.5, 1], [1, 1, 1], [1, 1, 1]]",
    ],
    ids=["a row is missing", "words", "two classes", "no counts"],
)
def test_this_is_no_confusion_matrix(text: str) -> None:
    assert confusions(text) == ()


def epochs(text: str) -> list[list[tuple[int, float | None, float | None]]]:
    """(number, training accuracy, validation accuracy) of each epoch of each training."""

    def row(epoch: Epoch) -> tuple[int, float | None, float | None]:
        return epoch.number, epoch.accuracy, epoch.val_accuracy

    return [[row(e) for e in log.epochs] for log in section(text).logs]


BAR = "60000/60000 [==============================] - 6s 100us/"
KERAS_3 = "\x1b[1m1875/1875\x1b[0m ━━━━━━━━━━ \x1b[1m6s\x1b[0m 3ms/step"
KERAS_3 += " - accuracy: 0.9 - loss: 0.3 - val_accuracy: 0.92 - val_loss: 0.2"
LOGS = {
    "Keras 1": (
        f"Epoch 1/2\n{BAR}step - loss: 0.3 - acc: 0.90\nEpoch 2/2\n{BAR}step - loss: 0.2 - acc: 0.95",
        [(1, 0.9, None), (2, 0.95, None)],
    ),
    "Keras 2 with validation": (
        f"Epoch 1/1\n{BAR}step - loss: 0.3 - accuracy: 0.9 - val_loss: 0.2 - val_accuracy: 0.92", [(1, 0.9, 0.92)]
    ),
    "Keras 3": (f"Epoch 1/1\n{KERAS_3}", [(1, 0.9, 0.92)]),
    "a bar that was drawn many times": (
        f"Epoch 1/1\n 1/9 [>..] - loss: 0.5 - acc: 0.5\x08\x08\r{BAR}step - loss: 0.3 - acc: 0.9", [(1, 0.9, None)]
    ),
    "a number with another behind it": (
        f"Epoch 1/1\n{BAR}step - loss: 0.3 - acc: 0.90110s - loss", [(1, 0.9011, None)]
    ),
    "one line each": ("Epoch 1: loss 0.31, acc 0.90\nEpoch 2: loss 0.21, acc 0.95", [(1, 0.9, None), (2, 0.95, None)]),
    "both splits": (
        "Epoch [1/2], train loss: 0.3, train acc: 90.0%, test loss: 0.2, test acc: 92.0%", [(1, 0.9, 0.92)]
    ),
    "the test set below": (
        "Epoch: 1\nTrain loss 0.3\nTest set: Average loss: 0.2, Accuracy: 9200/10000 (92%)", [(1, None, 0.92)]
    ),
    "batches of an epoch": (
        "Train Epoch: 1 [0/60000 (0%)]\tLoss: 2.3\nTrain Epoch: 1 [640/60000 (1%)]\tLoss: 2.1\n"
        "Test set: Accuracy: 9200/10000 (92%)",
        [(1, None, 0.92)],
    ),
    "a list": ("1: 85.5 %\n2: 92.25%\n3:\t95.0 %", [(1, 0.855, None), (2, 0.9225, None), (3, 0.95, None)]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LOGS.values(), ids=LOGS)
def test_a_log_in_this_style_is_read(text: str, expected: list[tuple[int, float | None, float | None]]) -> None:
    assert epochs(text) == [expected]


def test_a_training_that_begins_again_is_another_one() -> None:
    once = f"Epoch 1/2\n{BAR}step - acc: 0.9\nEpoch 2/2\n{BAR}step - acc: 0.95\n"
    assert [len(log) for log in epochs(once + once)] == [2, 2]
    alone = f"Epoch 1/1\n{BAR}step - acc: 0.9\n"
    assert [len(log) for log in epochs(alone * 3)] == [1, 1, 1]


def test_epochs_know_their_lines_and_how_many_were_planned() -> None:
    (log,) = section(f"Epoch 1/5\n{BAR}step - acc: 0.9\nEpoch 2/5\n{BAR}step - acc: 0.95").logs
    assert [e.source.line for e in log.epochs] == [3, 5]
    assert log.planned == 5


@pytest.mark.parametrize(
    "text", ["After 10 epochs the accuracy is 0.98.", "Epoch 3", "1. First\n2. Second\n3. Third", "1: 85 %"]
)
def test_this_is_no_log(text: str) -> None:
    assert epochs(text) == []


@pytest.mark.parametrize(
    ("text", "kind", "complete"),
    [
        ("[notebook](https://colab.research.google.com/drive/1a2B3c4D5e6F7g8H9?usp=sharing)", "colab", True),
        ("https://colab.research.google.com/github/ada/nets/blob/main/3B.ipynb.", "colab", True),
        ("<https://colab.research.google.com/>", "colab", False),
        (r"\href{https://nbviewer.org/github/ada/nets}{here}", "nbviewer", True),
        ("(https://github.com/ada/nets)", "github", True),
        ("https://github.com/ada", "github", False),
        ("https://example.org/a", "other", True),
        ("https://[broken", "", False),
    ],
)
def test_a_link_is_found(text: str, kind: str, complete: bool) -> None:
    assert [(link.kind, link.complete) for link in section(text).links] == ([(kind, complete)] if kind else [])


PIECES = [
    "|",
    "\t",
    "  ",
    "1",
    "0.5",
    "\n",
    "---",
    "&",
    "\\\\",
    "\\begin{tabular}{c}",
    "\\end{tabular}",
    "Epoch 1/2",
    "acc: 0.9",
]
PIECES += [
    "loss",
    "[[1 2 3]\n",
    "0\t1\t2",
    "https://",
    "colab.research.google.com/",
    "k = ",
    "%",
    "1: 85.1 %\n",
    "9" * 400,
    "val_",
    "²",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
@settings(max_examples=300, deadline=None)
def test_no_text_stops_the_reading(text: str) -> None:
    try:
        sections = find_sections(f"# Problem 1\n{text}", "report.md", LABELS)
    except SubmissionError:  # such as no text at all: a person reads it
        return
    for found in sections:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 3
        sources = [*(t.source for t in found.tables), *(e.source for log in found.logs for e in log.epochs)]
        assert all(1 <= (source.line or 0) <= lines for source in sources)


HOSTILE = ["|", "| 1 ", "|1|\n", "a\t1\n", "a  1\n", "\t", "  x", "\\begin{tabular}", "\\begin{tabular}{", "1 & 2 \\\\"]
HOSTILE += [
    "\\begin{tabular}1&2\\\\3&4\\end{tabular}",
    "Epoch 1/2\n",
    "Epoch 1 acc 0.9\n",
    "loss",
    "acc: ",
    "acc 1/",
    "1: 85.1 %\n",
]
HOSTILE += [
    "http://",
    "https://a ",
    "https://" + "a" * 5000,
    "\t0\t1\t2\n",
    "=" * 1000,
    "epoch (((",
    "val_",
    "[1, 1] loss",
]


@pytest.mark.parametrize("piece", HOSTILE, ids=lambda piece: repr(piece[:20]))
def test_half_a_megabyte_of_anything_is_read_in_seconds(piece: str) -> None:
    text = (piece * (500_000 // len(piece) + 1))[:500_000]
    assert grows_with_length(lambda part: read_section("1", paragraph("Problem 1"), [paragraph(part, 2)]), text)
