"""What was handed in and not read is never a reason to fail: a person is told of it, and the rest is graded."""

import gzip
import io
import json
import zipfile

import pytest

from grader.pipeline import grade_submission
from grader.rubric import Rubric
from grader.tools import Options, tools_for

pytestmark = pytest.mark.kernel

RUBRIC = Rubric.model_validate(
    {
        "id": "quiz",
        "title": "A quiz",
        "problems": [
            {
                "id": name,
                "title": title,
                "points": 1,
                "checks": [{"type": "numeric", "name": "count", "label": ["parameters"], "expect": count, "points": 1}],
            }
            for name, title, count in (("1", "A layer", 100), ("2", "Another", 608))
        ],
    }
)
ONE = "# Problem 1\n\nIt has 100 parameters.\n"
TWO = "# Problem 2\n\nIt has 608 parameters.\n"
WRONG = "# Problem 1\n\nIt has 101 parameters.\n"


def zipped(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def notebook(*cells):
    made = [{"cell_type": "markdown", "metadata": {}, "source": source} for source in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


# name: (files beside a report that answers the first problem rightly, what becomes of the second, what is said of it)
BESIDE = {
    "nothing": ({}, "failed", ""),
    "a helper": ({"data.csv": "1,2"}, "failed", ""),
    "a script, whose comments may answer": ({"model.py": "x = 1\n"}, "manual", "model.py"),
    "an empty file": ({"notes.md": ""}, "failed", ""),
    "a photograph": ({"page 2.jpg": b"\xff\xd8\xff\xe0"}, "manual", "page 2.jpg"),
    "a broken zip": ({"rest.zip": b"PK\x03\x04 cut off"}, "manual", "rest.zip can't be unpacked"),
    "an archive of another kind": ({"rest.rar": b"Rar!\x1a\x07\0"}, "manual", "rest.rar"),
    "an old document": ({"rest.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}, "manual", "rest.doc"),
    "a broken PDF": ({"rest.pdf": b"%PDF-1.4 cut off"}, "manual", "rest.pdf"),
    "a broken notebook": ({"rest.ipynb": "{"}, "manual", "rest.ipynb"),
    "a broken form": ({"answers.yaml": "2: {count: ["}, "manual", "answers.yaml:1: is not YAML"),
    "a form for a problem that is not asked": ({"answers.yaml": "3: {count: 608}"}, "manual", "no problem 3"),
    "a right form": ({"answers.yaml": "Problem 2: {count: '608'}"}, "passed", ""),
    "a form that says more than a number": ({"answers.yaml": "2: {count: 608 or 616}"}, "manual", "608 or 616"),
    "two forms that differ": (
        {"answers.yaml": "2: {count: 608}", "old/answers.yaml": "2: {count: 600}"}, "manual",
        "answers.yaml:1 says 608, old/answers.yaml:1 says 600",
    ),
    "two forms that agree": (
        {"answers.yaml": "2: {count: 608}", "answers (1).yaml": "2: {count: 608 parameters}"}, "passed", ""
    ),
    "the rest in a zip": ({"rest.zip": zipped({"b.md": TWO})}, "passed", ""),
    "the rest packed by itself": ({"b.md.gz": gzip.compress(TWO.encode())}, "passed", ""),
    "the rest in a notebook of another name": (
        {"b.ipynb.json": notebook("# Problem 2", "608 parameters")}, "passed", ""
    ),
    "the rest in UTF-16": ({"b.md": TWO.encode("utf-16-le")}, "passed", ""),
    "the rest without an ending": ({"rest": TWO}, "passed", ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def tools():
    return tools_for(RUBRIC)


def graded(folder, files, tools):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    grade = grade_submission(folder, RUBRIC, tools, Options(retrain=False))
    return [problem.checks[0] for problem in grade.problems], (*grade.unread, *grade.notes)


@pytest.mark.parametrize("name", BESIDE)
def test_what_lies_beside_a_report(name, tmp_path, tools):
    files, status, said = BESIDE[name]
    (first, second), told = graded(tmp_path, {"report.md": ONE} | files, tools)
    assert (first.status, second.status) == ("passed", status)
    assert said in second.message and not second.message.endswith("..")
    assert any(said in what for what in (*told, "")), "the grade names it too"


def test_an_answer_that_was_read_is_judged_whatever_lies_beside_it(tmp_path, tools):
    (first, _), _ = graded(tmp_path, {"report.md": WRONG, "page 2.jpg": b"\xff\xd8\xff\xe0"}, tools)
    assert first.status == "failed"


def test_what_is_left_out_of_an_archive_is_no_reason_to_fail(tmp_path, tools):
    files = {"hw.zip": zipped({"report.md": ONE, "/home/ada/rest.md": ONE})}
    (first, second), told = graded(tmp_path, files, tools)
    assert (first.status, second.status) == ("passed", "manual")
    assert "home/ada/rest.md (its name leads out of the archive) was left out" in told
