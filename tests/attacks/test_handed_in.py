"""Files that cost whoever reads them more than they weigh, among honest submissions.

Each file in `handed_in` makes one submission. A class of them is graded in a process of its own: what reads them may
end, the grader's memory does not grow, each has a row and a page, and the next submission is graded as usual.
"""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.deep

HERE = Path(__file__).resolve().parent / "handed_in"
ATTACKS = sorted(path.stem for path in HERE.glob("*.py"))
MEMORY_MB = 64  # above what the grader holds before the first submission
RIGHT = "# Problem 1A\n\nThe layer has 60 parameters.\n"
# What reads nothing but the student's words may still judge them.
JUDGED = {"archive_of_bombs", "report_of_headings", "report_of_statements", "form_of_lines"}

GRADE = """
import json, sys
from pathlib import Path
from classes import graded_folder
from grader.rubric import load_rubric
from grader.tools import tools_for

def most():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))

said = []
def say(message):
    said.append((message, most()))

base = Path(sys.argv[1])
rubric = load_rubric(sys.argv[2])
before = most()
graded = graded_folder(base / "class", rubric, base / "out", tools_for(rubric, say))
ids = [standing.key for standing in graded.standings]
(base / "facts.json").write_text(json.dumps({"before": before, "after": most(), "said": said, "ids": ids}))
"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    base = tmp_path_factory.mktemp("handed-in")
    for number, name in enumerate(ATTACKS):
        folder = base / "class" / f"{number:02}-{name}"
        folder.mkdir(parents=True)
        runpy.run_path(str(HERE / f"{name}.py"))["make"](folder)
        honest = base / "class" / f"{number:02}-{name}-next"
        honest.mkdir()
        (honest / "report.md").write_text(RIGHT)
    support = f"import sys; sys.path.insert(0, {str(HERE.parent.parent / 'support')!r})\n"
    argv = [sys.executable, "-W", "error", "-c", support + GRADE, str(base), str(HERE / "rubric.yaml")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return base, json.loads((base / "facts.json").read_text())


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_handed_in_costs_itself(name, graded):
    base, facts = graded
    folder = next(path.name for path in (base / "class").iterdir() if path.name.endswith(f"-{name}"))
    assert {folder, f"{folder}-next"} <= set(facts["ids"])
    (check,) = json.loads((base / "out" / folder / "grade.json").read_text())["problems"][0]["checks"]
    assert check["score"] == 0
    assert check["status"] == "manual" or name in JUDGED
    assert (base / "out" / folder / "feedback.html").is_file()
    (usual,) = json.loads((base / "out" / f"{folder}-next" / "grade.json").read_text())["problems"][0]["checks"]
    assert (usual["status"], usual["score"]) == ("passed", 1)
    assert facts["after"] - facts["before"] < MEMORY_MB


def test_the_folder_says_what_it_attacks():
    assert len(ATTACKS) >= 10
    assert [name for name in ATTACKS if not (HERE / f"{name}.py").read_text().startswith('"""')] == []
