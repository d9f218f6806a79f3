"""Which accuracies a student's saved outputs state."""

import nbformat
import pytest
import saved_outputs
from growth import grows_with_length
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.core.evidence import Claim
from grader.core.source import Source
from grader.observation.claims import read_claims
from grader.observation.notebooks import claims_of, saved_claims

KERAS = "469/469 [====] - 3s 7ms/step - loss: 0.0160 - accuracy: 0.9950 - val_loss: 0.0702 - val_accuracy: 0.9781"


def read(text: str) -> tuple[Claim, ...]:
    return read_claims(text, Source(file="3B.ipynb", cell=4))


def claimed(text: str) -> list[float]:
    """All accuracies but those of other things than the network's own state on images that it wasn't trained on."""
    return [round(c.accuracy, 6) for c in read(text) if c.scope not in ("training", "other", "unclear")]


@pytest.mark.parametrize(
    ("text", "accuracies"),
    [
        ("Test accuracy: 0.9762", [0.9762]),
        ("Accuracy: 97.62%", [0.9762]),
        ("Accuracy: 97.62", [0.9762]),
        ("Accuracy (%): 97.62", [0.9762]),
        ("Accuracy: 100%", [1.0]),
        ("accuracy = 0.98", [0.98]),
        ("The accuracy is 0.9876.", [0.9876]),
        ("top-1 accuracy: .976", [0.976]),
        ("accuracy 9.8e-01", [0.98]),
        ("accuracy: tensor(0.9762)", [0.9762]),
        ("{'test_accuracy': 0.9762}", [0.9762]),
        ("Test Acc. 0.971", [0.971]),
        ("val_acc: 0.98", [0.98]),
        ("Test set: Average loss: 0.0653, Accuracy: 9784/10000 (98%)", [0.9784]),
        ("Loss: 0.1 | Acc: 97.620% (9762/10000)", [0.9762]),
        ("Epoch 10/10 - 3s - loss: 0.0080 - acc: 0.9979", [0.9979]),
        ("Accuracy of the network on the 10000 test images: 97 %", [0.97]),
        ("Accuracy on 10,000 test images: 97.6 %", [0.976]),
        ("Final accuracy after 10 epochs: 0.9876", [0.9876]),
        ("Accuracy at epoch 3/10: 0.97", [0.97]),
        ("accuracy: 0.9762, epoch 10/10", [0.9762]),
        ("train acc 0.999, test acc 0.976", [0.976]),
        ("training accuracy = 0.999 (validation accuracy = 0.976)", [0.976]),
        ("Accuracy on the training set: 0.999\nAccuracy on the test set: 0.976", [0.976]),
        (f"Epoch 1/2\n{KERAS}\nEpoch 2/2\n{KERAS}", [0.9781] * 2),
        ("1/2 accuracy: 0.91" + "\x08" * 3000 + "2/2 accuracy: 0.97", [0.97]),
        ("\raccuracy: 0.91\raccuracy: 0.97", [0.97]),
        ("accuracies: [0.91, 0.95, 0.97]", [0.91, 0.95, 0.97]),
        ("   p  accuracy\n0  0.1    0.9787\n1  0.2    0.9810", [0.9787, 0.981]),
        ("accuracy for p=0.100: 0.9787", [0.9787]),
    ],
    ids=lambda case: case[:50] if isinstance(case, str) else None,
)
def test_an_accuracy_in_this_style_is_read(text: str, accuracies: list[float]) -> None:
    assert claimed(text) == accuracies


@pytest.mark.parametrize(
    "text",
    [
        "Epoch 3/10",
        "loss: 0.0653",
        "accuracy improved, loss: 0.0653",
        "accuracy: nan",
        "accuracy: nan, loss: 0.3",
        "accuracy: 1",
        "accuracy: 110%",
        "Accuracy at epoch 3/10",
        "accuracy >= 0.975 was asked",
        "inaccuracy 0.5",
        "accuracy took 0.35s",
        "accuracy: 9784/9000",
        "accuracy: 5/0",
        "acc " + "9" * 5000 + "/1",
        "Training accuracy: 0.999",
    ],
    ids=lambda text: text[:40],
)
def test_this_states_no_test_accuracy(text: str) -> None:
    assert claimed(text) == []


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("train acc 0.99, val acc 0.97, test acc 0.96", ["training", "validation", "test"]),
        ("acc 0.99 - val_acc 0.97", ["training", "validation"]),
        ("Epoch 3: acc 0.99", ["running"]),
        ("Epoch 3/3\nacc 0.99\nacc 0.97", ["running", "unnamed"]),
        ("Validation:\naccuracy 0.97", ["validation"]),
        ("Accuracy of class 3: 0.99", ["part"]),
        ("Baseline accuracy: 0.91", ["other"]),
        ("Finished: 0.9781", ["unclear"]),
    ],
)
def test_of_what_an_accuracy_is_said_to_be(text: str, scopes: list[str]) -> None:
    assert [claim.scope for claim in read(text)] == scopes


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("accuracy: 0.9762", 0.0001),
        ("accuracy: 97.6 %", 0.001),
        ("accuracy: 97 %", 0.01),
        ("accuracy: 97% (9762/10000)", 0),
    ],
)
def test_how_exactly_it_is_said(text: str, unit: float) -> None:
    assert [claim.unit for claim in read(text)] == [pytest.approx(unit)]


@pytest.mark.parametrize("case", saved_outputs.cases(), ids=lambda case: f"{case.kind}: {case.name}")
def test_no_saved_output_is_judged_falsely(case: saved_outputs.Saved) -> None:
    assert not saved_outputs.false(case), saved_outputs.judged(case)


def test_most_saved_outputs_are_decided() -> None:
    clear = [case for case in saved_outputs.cases() if case.kind != "person"]
    assert len(clear) >= 120
    assert sum(map(saved_outputs.decided, clear)) >= 0.95 * len(clear)


def shares(cells: list[int], *stated: tuple[int, str]) -> list[list[float]]:
    """What each of the networks trained in these cells has, of these outputs of cells."""
    claims = [c for cell, text in stated for c in read_claims(text, Source(file="4F.ipynb", cell=cell))]
    return [[claim.accuracy for claim in own] for own in claims_of(cells, claims)]


@pytest.mark.parametrize(
    ("cells", "stated", "expected"),
    [
        ([2, 4], [(1, "acc 0.1"), (2, "acc 0.2"), (3, "acc 0.3"), (5, "acc 0.5")], [[0.2, 0.3], [0.5]]),
        ([2, 2, 2], [(2, "acc 0.1\nacc 0.2"), (3, "acc 0.3")], [[0.1], [0.2], [0.3]]),
        ([2, 2], [(2, "acc 0.1\nacc 0.2\nbest accuracy 0.2")], [[0.1], [0.2]]),
        ([2, 2], [(2, "train acc 0.5, test acc 0.1\ntrain acc 0.6, test acc 0.2")], [[0.5, 0.1], [0.6, 0.2]]),
        ([2, 2], [(3, "accuracies: [0.1, 0.2]")], [[0.1], [0.2]]),
        ([2, 2], [(2, "Epoch 1: test acc 0.1\nEpoch 2: test acc 0.2")], [[], [0.1, 0.2]]),
        ([2, 2], [(2, "acc 0.1\nacc 0.2\nacc 0.3")], [[], [0.1, 0.2, 0.3]]),
        ([], [(2, "acc 0.1")], []),
    ],
)
def test_a_claim_belongs_to_the_network_trained_before_it(cells, stated, expected) -> None:
    assert shares(cells, *stated) == expected


def test_claims_of_a_notebook_name_their_cell_in_order() -> None:
    outputs = [
        nbformat.v4.new_output("stream", name="stdout", text="accuracy: 0.95\n"),
        nbformat.v4.new_output("execute_result", data={"text/plain": "'accuracy 0.96'", "image/png": "iVBORw0KGgo="}),
        nbformat.v4.new_output("error", ename="E", evalue="accuracy 0.99", traceback=[]),
    ]
    cells = [nbformat.v4.new_markdown_cell("accuracy: 0.99"), nbformat.v4.new_code_cell("", outputs=outputs)]
    claims = saved_claims(nbformat.v4.new_notebook(cells=cells), "3B.ipynb")
    assert [(c.accuracy, str(c.source)) for c in claims] == [(0.95, "3B.ipynb, cell 2"), (0.96, "3B.ipynb, cell 2")]


@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from(["acc", "uracy ", "0.9", "%", "/", "9" * 400, "e-9", ".", "\n", ": "])).map("".join),
    )
)
@settings(max_examples=200, deadline=None)
def test_every_claim_lies_between_0_and_1(text: str) -> None:
    assert all(0 <= claim.accuracy <= 1 and len(claim.text) <= 120 for claim in read_claims(text, Source(file="f")))


@pytest.mark.parametrize("piece", ["acc ", "acc1/", "a_", "acc: 0.9 ", "acc 1 / ", "train", "acc" + " " * 1000, "9"])
def test_a_megabyte_of_anything_is_read_in_seconds(piece: str) -> None:
    text = (piece * (10**6 // len(piece)))[: 10**6]
    assert len(claimed(text)) <= 2000
    assert grows_with_length(claimed, text)
