"""The commands as a user calls them: output, files, exit codes, and what they say to mistakes."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader.guest.datasets import data_sets
from grader.training.seeds import seeds_of as expected_seeds

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "reference" / "demo"


def grader(*arguments, cwd=ROOT, env=None):
    done = subprocess.run(
        [sys.executable, "-c", "from grader.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "COLUMNS": "200", **(env or {})},
        timeout=600,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def record(done):
    return json.loads(done.stdout)


def checks(grade):
    return {f"{p['id']}/{c['name']}": c for p in grade["problems"] for c in p["checks"]}


@pytest.fixture(scope="module")
def ada():
    return grader("check", DEMO / "ada", "--rubric", "demo", "--format", "json")


def test_a_right_submission_earns_every_machine_judged_point(ada):
    grade = record(ada)
    assert ada.returncode == 0
    assert (grade["format_version"], grade["score"], grade["max_score"]) == (4, 14, 16)
    assert (grade["manual_points"], grade["error_points"], grade["unread"]) == (2, 0, [])
    assert grade["submission"] == {"id": "ada", "files": ["network.ipynb", "report.md"], "ignored": []}
    parameters = checks(grade)["1A/parameters"]
    assert (parameters["source"], parameters["status"]) == ("report.md:5", "passed")
    assert "so the layer has »60« parameters" in parameters["observed"]
    (training,) = [n["retraining"] for p in grade["problems"] for n in p["networks"]]
    assert training["verdict"] == "reached"
    assert len(training["lanes"]) >= 3
    assert grade["sandbox"]["layer"] in ("jail", "limits")


def test_help_loads_neither_torch_nor_pydantic():
    code = (
        "import sys; from grader.cli import main; sys.argv = ['grader', '--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([m for m in ('torch', 'pydantic', 'numpy', 'nbformat', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "check" in done.stdout


def test_a_class_gets_pages_records_and_a_gradebook(tmp_path):
    folder = tmp_path / "class"
    (folder / "ben").mkdir(parents=True)
    for file in (DEMO / "ben").iterdir():
        (folder / "ben" / file.name).write_bytes(file.read_bytes())
    (folder / "empty").mkdir()
    with zipfile.ZipFile(folder / "dan.zip", "w") as archive:
        for file in (DEMO / "dan").iterdir():
            archive.write(file, f"homework/{file.name}")
    out = tmp_path / "out"
    done = grader("grade", folder, "--rubric", "demo", "--out", out, "--trust-submissions")
    assert done.returncode == 1, done.stderr  # since one could not be read
    assert "empty was not graded" in done.stderr
    rows = (out / "gradebook.csv").read_text("utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in rows] == ["name", "ben", "dan", "empty"]
    empty = json.loads((out / "empty" / "grade.json").read_text())
    assert {check["status"] for check in checks(empty).values()} == {"manual"}
    assert "is empty" in empty["unread"][0]
    ben, dan = (json.loads((out / name / "grade.json").read_text()) for name in ("ben", "dan"))
    assert checks(ben)["2A/hidden units"]["status"] == "failed"
    assert "64" in checks(ben)["2A/hidden units"]["message"]
    assert checks(ben)["2A/accuracy"]["status"] == "skipped"
    # Dan's last cell crashes; what ran before it counts.
    assert any("cell 6" in note and "RuntimeError" in note for note in dan["notes"])
    assert checks(dan)["2A/accuracy"]["status"] == "passed"
    assert checks(dan)["1A/parameters"]["advice"].startswith("54 counts the weights")
    assert "54" in (out / "dan" / "feedback.html").read_text()
    # Seeds are the class's own; who has what they come from gets them again, and no page names one.
    salt = (out / "salt.txt").read_text().strip()
    assert seeds_of(dan) == expected_seeds(salt, range(len(seeds_of(dan)))) and seeds_of(dan)[0] > 99
    again = grader("check", DEMO / "dan", "--rubric", "demo", "--format", "json", "--salt", salt)
    assert seeds_of(json.loads(again.stdout)) == seeds_of(dan)
    assert not any(str(seed) in (out / "dan" / "feedback.html").read_text() for seed in seeds_of(dan))


def seeds_of(record):
    """The seeds of all trainings in a record."""
    networks = [network for problem in record["problems"] for network in problem["networks"]]
    return [lane["seed"] for network in networks for lane in (network["retraining"] or {"lanes": []})["lanes"]]


MISTAKES = {
    "no such submission": (["check", "nowhere", "-r", "demo"], 1, "nowhere: no such file or folder"),
    "no such rubric": (["check", ".", "-r", "dmo"], 3, "Did you mean demo?"),
    "a rubric with a typo": (["rubric", "lint", "typo.yaml"], 3, "typo.yaml:2: unknown key `titel`"),
    "an empty class": (["grade", "empty", "-r", "demo", "-o", "out", "--trust-submissions"], 1, "holds no submissions"),
    "an empty submission": (["check", "empty", "-r", "demo"], 1, "empty: is empty"),
    "a broken zip": (["check", "broken.zip", "-r", "demo"], 1, "broken.zip: can't be unpacked"),
    "a spec that is none": (["inspect", "spec.json"], 1, "spec.json: is no model spec: layers"),
    "an unknown option": (["check", ".", "--rubrc", "demo"], 2, "No such option"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_answered_with_where_what_and_its_own_exit_code(name, tmp_path):
    arguments, code, said = MISTAKES[name]
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 no zip")
    (tmp_path / "spec.json").write_text('{"layers": 5}')
    (tmp_path / "typo.yaml").write_text("id: x\ntitel: X\nproblems: []\n")
    done = grader(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr)
    assert said in plain, plain


def submission(tmp_path, **files):
    folder = tmp_path / "work"
    folder.mkdir()
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content)
    return folder


def test_a_broken_notebook_costs_its_own_problem_only(tmp_path):
    report = (DEMO / "ada" / "report.md").read_text()
    folder = submission(tmp_path, report__md=report, network__ipynb="<!DOCTYPE html><p>Sign in</p>")
    done = grader("check", folder, "--rubric", "demo", "--format", "json")
    grade = record(done)
    assert (done.returncode, grade["error_points"]) == (0, 0)
    assert checks(grade)["1A/parameters"]["status"] == "passed"
    layers = checks(grade)["2A/layers"]
    assert layers["status"] == "manual"
    assert "network.ipynb is a web page, not a notebook" in layers["message"]
    assert any("is a web page" in what for what in grade["unread"])


def test_a_report_without_the_headings_says_which_is_missing(tmp_path):
    folder = submission(tmp_path, report__md="The layer has 60 parameters.\n")
    grade = record(grader("check", folder, "--rubric", "demo", "--format", "json"))
    parameters = checks(grade)["1A/parameters"]
    assert parameters["status"] == "manual"
    assert "No section for problem 1A" in parameters["message"]
    assert "report.md has text that belongs to no problem (line 1)" in parameters["message"]
    assert "Problem 1A" in parameters["advice"]


def test_missing_data_is_the_machines_fault_and_costs_nobody_points(tmp_path):
    rubric = (ROOT / "rubrics" / "demo.yaml").read_text().replace("dataset: digits", "dataset: mnist")
    (tmp_path / "on-mnist.yaml").write_text(rubric)
    arguments = ("check", DEMO / "ada", "-r", tmp_path / "on-mnist.yaml", "--format", "json")
    done = grader(*arguments, env={"GRADER_DATA": str(tmp_path)})
    grade = record(done)
    assert done.returncode == 4
    assert grade["error_points"] > 0
    accuracy = checks(grade)["2A/accuracy"]
    assert accuracy["status"] == "error"
    assert "GRADER_DATA" in checks(grade)["2A/layers"]["message"]
    assert checks(grade)["1A/parameters"]["status"] == "passed"


@pytest.mark.parametrize("format", ["markdown", "gradescope"])
def test_other_formats_go_to_standard_output(format):
    done = grader("check", DEMO / "ben", "--rubric", "demo", "--format", format)
    assert done.returncode == 1
    if format == "gradescope":
        results = json.loads(done.stdout)
        assert results["score"] == 9
        assert {"passed", "failed"} >= {test.get("status", "passed") for test in results["tests"]}
    else:
        assert done.stdout.startswith("# ")


def test_without_retraining_a_person_decides_on_accuracies():
    done = grader("check", DEMO / "cleo", "--rubric", "demo", "--format", "json", "--no-retrain")
    assert checks(record(done))["2A/accuracy"]["status"] == "manual"


def test_inspect_shows_the_layer_table_and_the_budget():
    done = grader("inspect", DEMO / "ben" / "network.ipynb", "--rubric", "demo", "--problem", "2A")
    assert done.returncode == 0, done.stderr
    assert "4,810 parameters, 64 hidden units in 1 hidden layer" in done.stdout
    assert "✗ hidden units: 64; allowed: at most 40" in done.stdout
    assert "Adam(lr=0.003)" in done.stdout


def test_inspect_says_what_data_it_was_trained_on(tmp_path):
    (tmp_path / "a.py").write_text(
        "import torch\nfrom sklearn.datasets import load_digits\nx, y = load_digits(return_X_y=True)\n"
        "model = torch.nn.Linear(64, 10)\noptimiser = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "x, y = torch.tensor(x[:500] / 8 - 1).float(), torch.tensor(y[:500])\n"
        "for x, y in torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=50):\n"
        "    optimiser.zero_grad()\n    torch.nn.functional.cross_entropy(model(x), y).backward()\n"
        "    optimiser.step()\n"
    )
    done = grader("inspect", tmp_path / "a.py", "--dataset", "digits")
    assert "it was trained on 500 samples; the training split has 1,437" in done.stdout
    assert "minus 0.5, over 0.5" in done.stdout


def test_inspect_reads_a_model_spec(tmp_path):
    spec = {"layers": [{"type": "Conv2d", "settings": {"in_channels": 3, "out_channels": 8, "kernel_size": 5}}]}
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    done = grader("inspect", tmp_path / "spec.json", "--input", "3,32,32")
    assert "608" in done.stdout
    assert "8 × 28 × 28" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="the layers are Linux's")
def test_a_weaker_layer_than_required_is_refused():
    without = {"PATH": "/nonexistent"}  # and so without bubblewrap
    done = grader("check", DEMO / "ada", "--rubric", "demo", "--require-layer", "jail", env=without)
    assert done.returncode == 4
    assert "not jail" in done.stderr
    assert "apt install bubblewrap" in done.stderr


def test_doctor_says_what_it_found():
    done = grader("doctor")
    assert done.returncode == 0
    for what in ("versions", "cores", "memory", "GPU", *data_sets(), "sandbox"):
        assert what in done.stdout


@pytest.mark.parametrize(
    "command",
    [
        ("doctor", "--prove", "cuda"),
        ("check", DEMO / "ada", "--rubric", "demo", "--device", "cuda"),
        ("retrain", DEMO / "ada" / "network.ipynb", "--accuracy", "0.9", "--device", "cuda"),
    ],
    ids=lambda command: command[0],
)
def test_a_device_that_is_not_there_is_refused(command):
    done = grader(*command, env={"CUDA_VISIBLE_DEVICES": ""})
    assert done.returncode == 4
    assert "no device cuda" in done.stderr and "grader doctor" in done.stderr


def test_schema_is_json():
    assert "$defs" in json.loads(grader("rubric", "schema").stdout)


@pytest.mark.parametrize(
    "places", [["--out", "class"], ["--out", "class/out"], ["--out", "out", "--store", "class/my.db"]], ids=" ".join
)
def test_results_are_not_written_among_what_was_handed_in(places, tmp_path):
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "report.md").write_text("60 parameters")
    done = grader("grade", "class", "--rubric", "demo", *places, cwd=tmp_path)
    assert done.returncode == 2
    assert "was handed in" in done.stderr
    assert [path.name for path in (tmp_path / "class").iterdir()] == ["ada"]
