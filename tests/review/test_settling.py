"""What the machine left open and a person settles: it is kept, judged by, told, and taken back."""

import json
import time

import nbformat
import pytest
from class_commands import grader
from review_client import Client
from reviewed_class import TOKENS
from sample_grade import check, grade_of, missed, mlp, problem, reached
from stored_class import provenance

from grader.core.outcome import NetworkResult, SubmissionInfo
from grader.core.stored import RunStart
from grader.review.access import Access
from grader.review.app import application
from grader.review.state import Review
from grader.store import Decisions, Results, Store
from grader.store.changes import changes

RUBRIC = """id: nets
title: Nets
dataset: digits
problems:
  - id: 1A
    title: A small one
    points: 3
    checks:
      - {type: hidden_units, name: units, points: 1, at_most: 20}
      - {type: accuracy, name: accuracy, points: 2, at_least: 0.5, seeds: 3}
  - id: 1B
    title: Why
    points: 1
    checks:
      - {type: manual, name: why, points: 1}
"""
NET = """import torch
from sklearn.datasets import load_digits
from torch import nn
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float(), torch.tensor(y)
train = torch.utils.data.TensorDataset(x[:1437], y[:1437])
net = nn.Sequential(nn.Linear(64, {units}), nn.ReLU(), nn.Linear({units}, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
loader = torch.utils.data.DataLoader(train, batch_size=32, shuffle=True)
for epoch in range(2):
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(images), labels).backward()
        optimizer.step()
"""
ACCURACY = {"problem": "1A", "check": "accuracy", "most": 2}


def hand_in(folder, **units):
    folder.mkdir(parents=True)
    for name, count in units.items():
        cells = [nbformat.v4.new_code_cell(NET.format(units=count))]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / f"{name}.ipynb")


@pytest.fixture
def graded(tmp_path, monkeypatch):
    """A class that was graded by the command, in which two notebooks may answer 1A; under review."""
    monkeypatch.chdir(tmp_path)
    hand_in(tmp_path / "class" / "ada", small=16, large=24)
    (tmp_path / "class" / "ben").mkdir()
    (tmp_path / "class" / "ben" / "report.md").write_text("# 1B\n\nSince it is.\n")
    (tmp_path / "nets.yaml").write_text(RUBRIC)
    code, said = grader("grade", "class", "--rubric", "nets.yaml", "-o", "out", "--trust-submissions", "--fresh")
    assert code == 0, said
    with Store.open(tmp_path / "out") as store:
        review = Review(store, Results(tmp_path / "out"), lambda keys: None)
        review.bring_up_to_date()
        yield review
        review.again.close()


def settled(review, client, number, **what):
    """Settle, and wait until the machine has judged by it: (what stands in the record, its problem 1A)."""
    before = review.newest.rulings.get(("ada", "1A"))
    answer = review.asked.questions[number].answers["ada"]
    wish = {"key": "ada", "submission": answer.submission, "version": before.version if before else 0} | what
    sent = client.send(f"/question/{number}/settle", wish)
    assert sent.status_code == 200, sent.text
    ending = time.monotonic() + 240
    while (told := client.http.get("/again").json())["state"] == "running":
        assert time.monotonic() < ending, told
        time.sleep(0.2)
    assert told["state"] == "ended", told
    record = json.loads((review.results.folder / "ada" / "grade.json").read_text())
    return record, record["problems"][0]


@pytest.mark.kernel
def test_who_settles_a_network_has_it_judged_and_more_trainings_and_may_take_it_back(graded):
    client = Client(application(graded, Access(TOKENS, ["testserver"], secure=False)))
    questions = graded.asked.questions
    number = next(n for n, q in enumerate(questions) if q.check == "accuracy")
    page = client.http.get(f"/question/{number}?key=ada&by=each").text
    assert "16 hidden units" in page and "24 hidden units" in page and "Linear(" in page
    first = graded.asked.problem("ada", "1A")
    small, large = (next(c.name for c in first.candidates if c.notebook == f"{n}.ipynb") for n in ("small", "large"))
    assert [c.status for c in first.checks] == ["manual", "manual"]

    record, found = settled(graded, client, number, network=large.model_dump())
    assert [c["status"] for c in found["checks"]][0] == "failed" and "24" in found["checks"][0]["observed"]
    assert any("a person said that the network of large.ipynb" in note for note in record["notes"])
    assert "Chosen" in client.http.get(f"/question/{number}?see=all&by=each&key=ada").text

    record, found = settled(graded, client, number, network=small.model_dump())
    assert [c["status"] for c in found["checks"]] == ["passed", "passed"] and record["score"] == 3
    trained = found["networks"][0]["retraining"]
    assert trained["planned"] == 3 and len(trained["lanes"]) <= 3

    page = client.http.get(f"/question/{number}?see=all&by=each&key=ada").text
    assert "Train 10 times more" in page and "Kim said that net of small.ipynb" in page
    record, found = settled(graded, client, number, network=small.model_dump(), trainings=10)
    more = found["networks"][0]["retraining"]
    assert more["planned"] == 13 and len(more["lanes"]) >= 7 and more["lanes"][: len(trained["lanes"])]
    kept = [(lane["seed"], lane["accuracy"]) for lane in trained["lanes"]]
    assert [(lane["seed"], lane["accuracy"]) for lane in more["lanes"]][: len(kept)] == kept
    assert any("up to 10 times more" in note for note in record["notes"])

    record, found = settled(graded, client, number)
    assert [c["status"] for c in found["checks"]] == ["manual", "manual"] and record["score"] == 0
    runs = graded.store.runs()
    reasons = changes(graded.store, runs[0], runs[1]).changed[0].reasons
    assert reasons == ("a person settled what it is judged by",)
    assert len(Decisions(graded.store).rulings("ada")) == 1


@pytest.fixture
def open_question(tmp_path):
    """(a review of one hand-in whose network isn't known, or was trained; what asks the machine) without a machine."""
    may = (mlp("a.ipynb", 16), mlp("b.ipynb", 24))
    trained = NetworkResult(model=may[0], retraining=reached())
    net = check("net", "manual", 2, message="Two notebooks may answer this.")
    unknown = problem("1A", "A network", net, candidates=may)
    known = problem("1B", "Another", check("accuracy", "passed", 2), networks=(trained,))
    failed = NetworkResult(model=may[0], retraining=missed().model_copy(update={"obstacle": "no data", "lanes": ()}))
    lost = problem("1C", "A third", check("accuracy", "manual", 2), networks=(failed,))
    with Store.open(tmp_path) as store:
        run = store.begin_run(RunStart(command="grader grade class -o elsewhere", source="class"))
        made = grade_of(unknown, known, lost, submission=SubmissionInfo(id="ada", files=("a.ipynb",)))
        store.save_grade(run, "ada", provenance(submission="ada"), made)
        review = Review(store, Results(tmp_path), lambda keys: None)
        review.bring_up_to_date()
        client = Client(application(review, Access(TOKENS, ["testserver"], secure=False)))
        lee = Client(application(review, Access(TOKENS, ["testserver"], secure=False)), "token-of-lee")
        yield review, client, lee, [candidate.name.model_dump() for candidate in may]


WISH = {"key": "ada", "submission": "ada", "version": 0}
REFUSED = {
    "a network of nobody": (0, {"network": {"notebook": "c.ipynb", "cell": 1, "variable": "net"}}, "none of those"),
    "other files": (0, {"submission": "others"}, "handed in anew"),
    "somebody who isn't there": (0, {"key": "eve"}, "gone"),
    "too many trainings": (1, {"trainings": 60}, "At most 50"),
    "some trainings": (1, {"trainings": 7}, "10 at a time"),
    "fewer than none": (1, {"trainings": -10}, "greater than or equal"),
    "trainings of what was never trained": (0, {"trainings": 10}, "No network"),
    "trainings of what can't be trained": (2, {"trainings": 10}, "No network"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_settled_is_refused_with_why(open_question, name):
    review, client, *_ = open_question
    number, what, why = REFUSED[name]
    sent = client.send(f"/question/{number}/settle", WISH | what)
    assert sent.status_code == 422 and why in sent.json()["said"]
    assert Decisions(review.store).rulings() == []


def test_two_who_settle_the_same_cannot_overwrite_each_other(open_question):
    review, client, lee, (one, other) = open_question
    assert client.send("/question/0/settle", WISH | {"network": one}).status_code == 200
    late = lee.send("/question/0/settle", WISH | {"network": other})
    assert late.status_code == 409 and "Kim" in late.json()["said"]
    (held,) = Decisions(review.store).rulings("ada")
    assert held.settled.network.notebook == "a.ipynb" and held.by == "Kim"


def test_a_class_that_was_graded_elsewhere_is_told_how_it_is_judged_again(open_question):
    review, client, _, (one, _) = open_question
    client.send("/question/0/settle", WISH | {"network": one})
    ending = time.monotonic() + 20
    while (told := client.http.get("/again").json())["state"] == "running" and time.monotonic() < ending:
        time.sleep(0.05)
    assert told["state"] == "failed" and "It is kept" in told["said"]
    assert "grader grade class -o elsewhere" in told["said"]


WRONG_COMMANDS = {"no words": "grader grade 'class", "another": "rm -rf class -o {out}", "nothing": ""}


@pytest.mark.parametrize("name", WRONG_COMMANDS)
def test_whatever_command_the_store_holds_the_page_says_what_became_of_it(open_question, tmp_path, name):
    review, client, _, (one, _) = open_question
    review.store.begin_run(RunStart(command=WRONG_COMMANDS[name].format(out=tmp_path), source=str(tmp_path)))
    client.send("/question/0/settle", WISH | {"network": one})
    ending = time.monotonic() + 20
    while (told := client.http.get("/again").json())["state"] == "running" and time.monotonic() < ending:
        time.sleep(0.05)
    assert told["state"] == "failed" and "It is kept" in told["said"]
