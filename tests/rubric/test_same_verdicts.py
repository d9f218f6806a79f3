"""The same verdicts everywhere: in a class, in Gradescope's container and, as far as it judges, by the edition."""

import json
import shutil
import tempfile
from pathlib import Path

import pytest

from grader.core.kept import Remembered
from grader.core.outcome import CheckResult
from grader.gradescope.place import SETTINGS, Place, Settings
from grader.gradescope.run import grade_here
from grader.pipeline import grade_submission
from grader.rubric import Rubric, load_rubric
from grader.rubric.edition import edition_text, student_edition
from grader.rubric.load import find_rubric
from grader.rubric_trials import mutated, reference_folder, run_once
from grader.tools import Options, Tools, tools_for, warmed

pytestmark = pytest.mark.deep

# The same seeds for both, which else differ on purpose; of set 4 no network is trained, which takes long.
CASES = {
    "demo": Options(salt="the same"),
    "cs155-2023-set4": Options(salt="the same", retrain=False),
    "cs155-2019-set4": Options(salt="the same"),
}


def in_container(folder: Path, rubric_file: Path, tools: Tools, options: Options, root: Path) -> dict[str, object]:
    """Each check's status and points, as an autograder's results say them."""
    place = Place(root=root)
    place.source.mkdir(parents=True)
    shutil.copy(rubric_file, place.source / "rubric.yaml")
    settings = Settings(rubric="rubric.yaml", minutes=60, salt=options.salt)
    (place.source / SETTINGS).write_text(settings.model_dump_json())
    shutil.copytree(folder, place.submission)
    grade_here(place, lambda _: None, tools)
    tests = json.loads(place.results.read_text())["tests"]
    return {test["number"]: (test["extra_data"]["status"], test.get("score", 0)) for test in tests}


def results(folder: Path, rubric: Rubric, tools: Tools, options: Options) -> dict[str, CheckResult]:
    grade = grade_submission(folder, rubric, tools, options)
    return {f"{problem.id}/{check.name}": check for problem in grade.problems for check in problem.checks}


@pytest.mark.parametrize("name", CASES)
def test_reference_and_mutants_end_alike_under_both(name: str, tmp_path: Path) -> None:
    rubric = load_rubric(name)
    path = tmp_path / f"{name}.grader.yaml"
    path.write_text(edition_text(student_edition(rubric)))
    edition = load_rubric(path)
    read = {f"{p.id}/{c.title}" for p in edition.problems for c in p.checks if c.type == "read"}
    told_apart = 0
    with warmed(tools_for(rubric), rubric) as tools:
        tools = tools.model_copy(update={"run": run_once(tools.run), "kept": Remembered()})
        for mutant in (None, *rubric.mutants):
            with tempfile.TemporaryDirectory() as scratch:
                folder = mutated(rubric, mutant, Path(scratch)) if mutant else reference_folder(rubric)
                full = results(folder, rubric, tools, CASES[name])
                theirs = results(folder, edition, tools, CASES[name])
                if CASES[name].retrain:
                    there = in_container(folder, find_rubric(name), tools, CASES[name], Path(scratch) / "autograder")
                    assert list(there.values()) == [(check.status, check.score) for check in full.values()], mutant
            assert full.keys() == theirs.keys()
            for key, check in theirs.items():
                if key not in read:
                    assert (check.status, check.score) == (full[key].status, full[key].score), (mutant, key)
                    told_apart += check.status in ("failed", "partial")
                    continue
                assert check.score == 0 and check.status in ("read", "manual", "failed"), (mutant, key)
                if check.status == "failed":  # nothing stands there, which costs the points later too
                    assert full[key].status == "failed", (mutant, key, check.message)
                if full[key].status == "passed":  # what is right was read, and shown
                    assert check.status == "read", (mutant, key, check.message)
    assert told_apart or name != "demo"
