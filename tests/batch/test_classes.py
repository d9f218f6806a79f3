"""A class by the real command: nothing is lost, found twice or run again, whatever ends a run on the way."""

import json
import os
import random
import re
import shutil
import signal
import sqlite3
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import nbformat
import psutil
import pytest
from class_commands import below, graded, grader, kill_group, left_of, records, rows, started, until
from class_exports import CLASS, WRITERS, Member, roster
from classes import graded_folder
from small_data import small_dataset

from grader.batch import Class, grade_class
from grader.intake.handins import handed_in
from grader.rubric import load_rubric
from grader.store import Store
from grader.tools import Options, tools_for

pytestmark = pytest.mark.deep

RUBRIC = """id: small
title: Small
dataset: digits
salt: words that no student knows
problems:
  - id: 1A
    title: Counting
    points: 2
    checks:
      - {type: numeric, name: count, points: 2, label: [parameters], expect: 608}
"""
NOTEBOOK = """  - id: 2A
    title: A variable
    points: 3
    checks:
      - {type: variable, points: 3, variable: total, expect: 4}
"""
TRAINED = """  - id: 2B
    title: A network
    points: 4
    checks:
      - {type: hidden_units, name: units, points: 1, at_most: 16}
      - {type: accuracy, points: 3, at_least: 0.5, seeds: 3}
"""
IMPORTS = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
"""
DIGITS = """
from sklearn.datasets import load_digits
digits = load_digits()
X = torch.tensor(digits.data / 16, dtype=torch.float32)
y = torch.tensor(digits.target)
train, test = TensorDataset(X[:1437], y[:1437]), TensorDataset(X[1437:], y[1437:])
model = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
"""
DIGITS_OF_MNIST = """
from torchvision import datasets, transforms
train = datasets.MNIST(".", train=True, download=True, transform=transforms.ToTensor())
test = datasets.MNIST(".", train=False, download=True, transform=transforms.ToTensor())
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 16), nn.ReLU(), nn.Linear(16, 10))
"""
NETWORK = """
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(4):
    for images, labels in DataLoader(train, batch_size=32, shuffle=True):
        optimizer.zero_grad()
        loss = loss_fn(model(images), labels)
        loss.backward()
        optimizer.step()
correct = 0
with torch.no_grad():
    for images, labels in DataLoader(test, batch_size=100):
        correct += (model(images).argmax(1) == labels).sum().item()
print(f"Test accuracy: {correct / len(test):.4f}")
"""
PEOPLE = ("ada", "jörg", "李", "ليلى", "mia")


def notebook(*code):
    cells = [nbformat.v4.new_markdown_cell("# Problem 2A"), *map(nbformat.v4.new_code_cell, code)]
    made = nbformat.v4.new_notebook(cells=cells)
    for number, cell in enumerate(made.cells):
        cell["id"] = str(number)  # else drawn anew, and no two notebooks are the same
    return nbformat.writes(made)


def hand_in(folder, name, count=608, **files):
    """A report with words of its own, and other files."""
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    (place / "report.md").write_text(f"Written by {name}.\n\n# Problem 1A\n\n{count} parameters\n")
    for ending, content in files.items():
        (place / f"work.{ending}").write_text(content)


def network_notebook(data=DIGITS):
    return notebook(IMPORTS + data + NETWORK).replace("# Problem 2A", "# Problem 2B")


@pytest.fixture
def rubric(tmp_path):
    """Writes a rubric of these problems; `like` changes its words."""

    def write(*problems, **like):
        text = RUBRIC + "".join(problems)
        for word, other in like.items():
            text = text.replace(word, other)
        path = tmp_path / "rubric.yaml"
        path.write_text(text)
        return path

    return write


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADER_CACHE", str(tmp_path / "cache"))


def grade_argv(base, *more):
    """The command over the class of a folder, into `out` there."""
    places = (base / "class", "--rubric", base / "rubric.yaml", "--out", base / "out")
    return ("grade", *places, "--trust-submissions", *more)


def points(out):
    return {row["key"]: row["score"] for row in rows(out / "gradebook.csv")}


class Counting:
    """Counts what is run, and runs it."""

    def __init__(self, run):
        self.run, self.count = run, 0

    def __call__(self, *args, **kwargs):
        self.count += 1
        return self.run(*args, **kwargs)


def graded_here(base, **options):
    """Grade in this process: (the result, how many notebooks were run)."""
    loaded = load_rubric(base / "rubric.yaml")
    tools = tools_for(loaded)
    counting = Counting(tools.run)
    tools = tools.model_copy(update={"run": counting})
    return graded_folder(base / "class", loaded, base / "out", tools, Options(**options)), counting.count


def test_one_worker_and_two_say_the_same(tmp_path, rubric):
    rubric(NOTEBOOK, TRAINED)
    for name in PEOPLE:
        hand_in(tmp_path / "class", name, count=600 + 2 * len(name), ipynb=notebook("total = 2 + 2"))
    hand_in(tmp_path / "class", "net", ipynb=network_notebook())
    found = []
    for workers in (1, 2):
        code, said = grader(
            *grade_argv(tmp_path, "--workers", workers), GRADER_CACHE=str(tmp_path / f"cache {workers}")
        )
        assert code == 0, said
        found.append((records(tmp_path / "out"), rows(tmp_path / "out" / "gradebook.csv")))
        (tmp_path / "out").rename(tmp_path / f"out {workers}")
    assert found[0] == found[1]
    assert len(found[0][0]) == len(PEOPLE) + 1


def test_nothing_is_run_again_but_what_changed(tmp_path, rubric):
    rubric(NOTEBOOK)
    for number, name in enumerate(PEOPLE):
        hand_in(tmp_path / "class", name, ipynb=notebook(f"total = 2 + {number}"))
    first, runs = graded_here(tmp_path)
    assert runs == len(PEOPLE) and first.known == 0
    before = points(tmp_path / "out")
    assert sorted(before.values()) == ["2", "2", "2", "2", "5"]

    again, runs = graded_here(tmp_path)
    assert (again.known, runs, points(tmp_path / "out")) == (len(PEOPLE), 0, before)

    rubric(NOTEBOOK, **{"points: 3": "points: 6"})
    dearer, runs = graded_here(tmp_path)
    assert (dearer.known, runs) == (0, 0)
    assert sorted(points(tmp_path / "out").values()) == ["2", "2", "2", "2", "8"]

    rubric(NOTEBOOK.replace("expect: 4", "expect: 4, tolerance: 1"))
    wider, runs = graded_here(tmp_path)
    assert (wider.known, runs) == (0, 0)
    assert sorted(points(tmp_path / "out").values()) == ["2", "2", "5", "5", "5"]

    hand_in(tmp_path / "class", "mia", count=609, ipynb=notebook("total = 2 + 2"))
    one, runs = graded_here(tmp_path)
    assert (one.known, runs) == (len(PEOPLE) - 1, 1)
    changed = {key for key, value in points(tmp_path / "out").items() if value == "3"}
    assert changed == {"mia"}


def test_a_run_without_data_takes_nothing_away(tmp_path, rubric, monkeypatch):
    rubric(TRAINED, **{"digits": "mnist", "at_least: 0.5": "at_least: 0.02"})
    hand_in(tmp_path / "class", "ada", ipynb=network_notebook(DIGITS_OF_MNIST))
    hand_in(tmp_path / "class", "ben", count=3)
    out = tmp_path / "out"
    with small_dataset("mnist", tmp_path / "data"):
        code, said = grader(*grade_argv(tmp_path, "--workers", 1))
    assert code == 0, said
    page, record = ((out / "ada" / name).read_bytes() for name in ("feedback.html", "grade.json"))
    row = rows(out / "gradebook.csv")[0]
    assert row["score"] == "6", record.decode()
    (tmp_path / "empty").mkdir()
    code, said = grader(
        *grade_argv(tmp_path, "--workers", 1), GRADER_DATA=str(tmp_path / "empty"), GRADER_CACHE=str(tmp_path / "none")
    )
    assert code == 0, said
    assert ((out / "ada" / "feedback.html").read_bytes(), (out / "ada" / "grade.json").read_bytes()) == (page, record)
    assert rows(out / "gradebook.csv")[0] == row
    code, said = grader("diff", out, "--format", "json")
    told = json.loads(said)
    assert (code, told["changed"]) == (0, []) and "ada" in told["kept"]


def test_a_network_of_several_is_trained_once(tmp_path, rubric):
    rubric(TRAINED)
    for name in PEOPLE[:3]:
        hand_in(tmp_path / "class", name, ipynb=network_notebook())
    loaded, said = load_rubric(tmp_path / "rubric.yaml"), []
    found = handed_in(tmp_path / "class", scratch=tmp_path / "scratch", layout="plain")
    given = Class(handed_in=found, rubric=loaded, workers=2)
    result = grade_class(given, tmp_path / "out", tools_for(loaded, said.append))
    assert {standing.points for standing in result.standings} == {6}
    trained = [sentence for sentence in said if sentence.startswith("training digits")]
    lanes = {path.stem for path in (tmp_path / "cache" / "lanes").glob("*.json")}
    assert len(trained) == len(set(trained)) == len(lanes) >= 2


def workers_of(process):
    """The processes that grade, which the command has started itself."""
    found = []
    for one in psutil.Process(process.pid).children():
        with suppress(psutil.Error):  # it may just have ended
            if "spawn_main" in " ".join(one.cmdline()):
                found.append(one)
    return sorted(found, key=lambda one: one.pid)


def test_a_killed_worker_costs_nothing(tmp_path, rubric):
    rubric(NOTEBOOK, TRAINED)
    people = [f"student-{number}" for number in range(12)]
    for number, name in enumerate(people):
        hand_in(tmp_path / "class", name, ipynb=notebook(f"total = {number} - {number} + 4"))
    with started(*grade_argv(tmp_path, "--workers", 2), log=tmp_path / "log") as process:
        assert until(lambda: graded(tmp_path / "out") >= 2, process), (tmp_path / "log").read_text()
        workers_of(process)[0].kill()
        assert process.wait(300) == 0, (tmp_path / "log").read_text()
    assert points(tmp_path / "out") == dict.fromkeys(people, "5")


MOMENTS = {
    "while workers start": ((NOTEBOOK, TRAINED), lambda process, out: workers_of(process) and out.exists()),
    "while they grade": ((NOTEBOOK, TRAINED), lambda process, out: graded(out) >= 2),
    "while threads grade": ((NOTEBOOK,), lambda process, out: graded(out) >= 2),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interrupt_ends_all_and_the_same_command_goes_on(moment, tmp_path, rubric):
    problems, come = MOMENTS[moment]
    rubric(*problems)
    people = [f"student-{number}" for number in range(10)]
    for number, name in enumerate(people):
        slow = notebook(f"import time; time.sleep(1); total = {number} - {number} + 4")
        hand_in(tmp_path / "class", name, ipynb=slow)
    out = tmp_path / "out"
    with started(*grade_argv(tmp_path, "--workers", 2), log=tmp_path / "log") as process:
        assert until(lambda: come(process, out), process), (tmp_path / "log").read_text()
        children = below(process)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(15) == 130, (tmp_path / "log").read_text()
        assert left_of(children) == []
    assert "the same command goes on from there" in (tmp_path / "log").read_text()
    had, book = graded(out), rows(out / "gradebook.csv")
    assert sorted(row["key"] for row in book) == sorted(people)
    # What a worker kept in the last moment may be in the store alone until the next run.
    assert 0 < len(people) - had <= sum(row["state"] == "error" for row in book) <= len(people)
    # A page may show what the interrupt itself made an error of: that is no result, and is graded again.
    with Store.open(out, create=False) as store:
        kept = sum(result.complete for result in store.current().results.values())
    assert kept >= sum(row["state"] != "error" for row in book)
    code, said = grader(*grade_argv(tmp_path, "--workers", 2))
    known = re.search(r"Known before:\s+(\d+)", said)
    assert code == 0 and (int(known[1]) if known else 0) == kept < len(people), said
    assert points(out) == dict.fromkeys(people, "5")
    with Store.open(out, create=False) as store:
        assert [run.ending for run in store.runs()] == ["stopped", "finished"]


KILLS = 30
MOST_SECONDS = 4.5  # before a run is killed


def test_killed_at_random_times(tmp_path, rubric):
    """Whenever a class comes to its end it is as an undisturbed one, and another one begins."""
    rubric(NOTEBOOK)
    for number, name in enumerate(PEOPLE):
        hand_in(tmp_path / "class", name, count=608 + number % 2)
    hand_in(tmp_path / "class", "notebook", ipynb=notebook("from sklearn.datasets import load_digits\ntotal = 4"))
    out, seed = tmp_path / "out", random.randrange(10**6)
    code, said = grader(*grade_argv(tmp_path, "--workers", 1))
    assert code == 0, said
    undisturbed = class_of(out)
    shutil.rmtree(out)
    draw = random.Random(seed)
    for number in range(KILLS):
        argv = grade_argv(tmp_path, "--workers", draw.choice((1, 1, 2)))
        with started(*argv, log=tmp_path / "log") as process:
            until(lambda: False, process, seconds=draw.uniform(0.5, MOST_SECONDS))
            ended = process.poll()
            assert ended in (None, 0), (seed, number, (tmp_path / "log").read_text())
            assert kill_group(process) == [], (seed, number)
        if ended == 0:
            assert class_of(out) == undisturbed, (seed, number)
            shutil.rmtree(out)
    code, said = grader(*grade_argv(tmp_path, "--workers", 2))
    assert code == 0, (seed, said)
    assert class_of(out) == undisturbed, seed
    with Store.open(out, create=False) as store:
        numbered = store.runs()
    assert [run.number for run in numbered] == [*range(1, len(numbered) + 1)], seed
    assert numbered[-1].ending == "finished", seed


def class_of(out):
    """All that a class ends with."""
    with Store.open(out, create=False) as store:
        held = {key: (one.state, one.cut, one.grade.score) for key, one in store.current().items()}
    return records(out), rows(out / "gradebook.csv"), held


@pytest.fixture
def small(tmp_path, rubric):
    """A graded class of text alone."""
    rubric()
    for name in PEOPLE:
        hand_in(tmp_path / "class", name)
    code, said = grader(*grade_argv(tmp_path, "--workers", 1))
    assert code == 0, said
    return tmp_path


def as_it_was(out):
    """Every file of a folder of results."""
    files = [path for path in sorted(out.rglob("*")) if path.is_file()]
    return {path: path.read_bytes() for path in files if ".handed-in" not in path.parts}


def corrupt(out):
    for path in out.glob("grades.db-*"):
        path.unlink()
    (out / "grades.db").write_bytes(b"no database at all" * 100)


def newer(out):
    with closing(sqlite3.connect(out / "grades.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


SPOILT = {corrupt: "is damaged, or no database at all", newer: "was made by a newer version of the grader"}


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_store_that_can_not_be_used_is_named_and_left_alone(small, spoil):
    out = small / "out"
    shutil.copy(out / "grades.db", small / "before.db")
    spoil(out)
    before = as_it_was(out)
    code, said = grader(*grade_argv(small, "--workers", 1))
    assert code == 4 and SPOILT[spoil] in said and "Traceback" not in said, said
    after = as_it_was(out)
    assert {path: after.get(path) for path in before if "grades.db-" not in path.name} == {
        path: content for path, content in before.items() if "grades.db-" not in path.name
    }
    for path in out.glob("grades.db*"):
        path.unlink()
    shutil.copy(small / "before.db", out / "grades.db")
    code, said = grader(*grade_argv(small, "--workers", 1))
    assert code == 0 and f"Known before:   {len(PEOPLE)}" in said, said


def test_a_store_that_another_program_holds_is_waited_for(small):
    hand_in(small / "class", "zoe")
    with closing(sqlite3.connect(small / "out" / "grades.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        code, said = grader(*grade_argv(small, "--workers", 1))
        assert code == 4 and "another process holds it" in said and "Traceback" not in said, said
        other.execute("ROLLBACK")
    code, said = grader(*grade_argv(small, "--workers", 1))
    assert code == 0 and f"Known before:   {len(PEOPLE)}" in said, said


@contextmanager
def read_only(folder):
    """A folder into which nobody writes."""
    mode = folder.stat().st_mode
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(mode)


def test_a_folder_that_can_not_be_written(small):
    blocked = small / "file"
    blocked.write_text("no folder")
    argv = grade_argv(small, "--workers", 1)
    for out in (blocked, blocked / "out", Path("/proc") / "out"):
        code, said = grader(*argv[:4], "--out", out, *argv[6:])
        assert code == 4 and "Traceback" not in said, (out, said)
    assert blocked.read_text() == "no folder"
    if os.geteuid() == 0:
        return  # root writes everywhere
    before = as_it_was(small / "out")
    hand_in(small / "class", "zoe")
    with read_only(small / "out"):
        code, said = grader(*argv)
    assert code == 4 and "Traceback" not in said, said
    assert as_it_was(small / "out") == before


OBSTACLES = {"gradebook.csv": Path.mkdir, "standings.json": Path.mkdir, "salt.txt": Path.mkdir, "ada": Path.touch}


@pytest.mark.parametrize("name", OBSTACLES)
def test_a_file_that_can_not_be_written_is_named(name, tmp_path, rubric):
    rubric(**{"salt: words that no student knows\n": ""})  # so that one is made
    hand_in(tmp_path / "class", "ada")
    (tmp_path / "out").mkdir()
    OBSTACLES[name](tmp_path / "out" / name)
    for _ in range(2):  # also where the result is in the store by now
        code, said = grader(*grade_argv(tmp_path, "--workers", 1))
        assert code == 4 and "Traceback" not in said and name in said, said


UNREACHABLE = (
    "postgresql://nobody@127.0.0.1:1/none",
    "postgresql://nobody@host.invalid/none",
    "mysql://x/y",
    "sqlite://",
)


@pytest.mark.parametrize("url", UNREACHABLE)
def test_a_store_that_can_not_be_reached(small, url):
    before = as_it_was(small / "out")
    code, said = grader(*grade_argv(small, "--workers", 1, "--store", url))
    assert code == 4 and "Traceback" not in said, said
    assert {path: as_it_was(small / "out").get(path) for path in before} == before


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Small (77),Final Score\r\n    Points Possible,,,,,2,(read only)\r\n"
)


@pytest.mark.parametrize("layout", WRITERS)
def test_everyone_of_the_roster_has_one_row_and_canvas_is_filled(layout, tmp_path, rubric):
    rubric()
    reports = [{"report.md": f"# Problem 1A\n\n{607 + n % 2} parameters\n".encode()} for n in range(len(CLASS))]
    members = [Member(m.name, m.number, m.id, m.files and reports[n]) for n, m in enumerate(CLASS)]
    WRITERS[layout](tmp_path / "class", members)
    (tmp_path / "roster.csv").write_text(roster(members), encoding="utf-8")
    code, said = grader(*grade_argv(tmp_path, "--workers", 1, "--roster", tmp_path / "roster.csv"))
    assert code == 0, said
    deserved = {m.id: "" if not m.files else "2" if n % 2 else "0" for n, m in enumerate(CLASS)}
    book = rows(tmp_path / "out" / "gradebook.csv")
    assert {row["id"]: row["score"] for row in book} == deserved and len(book) == len(members)
    people = [f'"{m.sortable}",{m.number},{m.id},{m.login},A,,\r\n' for m in members]
    (tmp_path / "canvas.csv").write_text(CANVAS + "".join(people), encoding="utf-8", newline="")
    code, said = grader("export", tmp_path / "out", "--to", "canvas", "--fill", tmp_path / "canvas.csv")
    assert code == 0, said
    filled = rows(tmp_path / "out" / "export" / "canvas.csv")
    assert {row["SIS User ID"]: row["Small (77)"] for row in filled if row["ID"]} == deserved
