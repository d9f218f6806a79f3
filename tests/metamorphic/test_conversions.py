"""The same report earns the same in every format, and the same report with a fault loses the same."""

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from conversions import CONVERSIONS, Conversion, scarred

from grader.core.evidence import OF_NOTEBOOKS, Section
from grader.core.outcome import CheckResult
from grader.execution import NotebookArtefact, Sandbox
from grader.pipeline import grade_submission
from grader.resources import resource
from grader.rubric import Mutant, Rubric, load_rubric
from grader.rubric_trials import reference_folder
from grader.tools import Options, tools_for

pytestmark = pytest.mark.deep

RUBRICS = tuple(sorted(path.stem for path in resource("rubrics").glob("*.yaml")))
WITH_FAULTS = ("LaTeX", "HTML with MathML", "Word")
MOST_MANUAL = 0.1
SHOWN = 40
REPORT = "report.md"

Results = dict[str, CheckResult]
Grading = Callable[[str, Path], Results]


@cache
def rubric(name: str) -> Rubric:
    return load_rubric(name)


@pytest.fixture(scope="module")
def grade(sandbox: Sandbox, forking: Callable[[Sandbox], Sandbox]) -> Grading:
    """Grades a submission by a rubric's name, and runs no notebook: what is compared is what documents say."""
    told: dict[str, object] = {"sandbox": forking(sandbox), "run": lambda *_, **__: NotebookArtefact(cells=())}

    def graded(name: str, folder: Path) -> Results:
        tools = tools_for(rubric(name)).model_copy(update=told)
        found = grade_submission(folder, rubric(name), tools, Options(retrain=False))
        return {f"{name}: {problem.id}/{check.name}": check for problem in found.problems for check in problem.checks}

    return graded


def faults(name: str) -> dict[str, Mutant]:
    """The mutants that edit the report alone, by name."""
    return {m.name: m for m in rubric(name).mutants if m.edits and {edit.file for edit in m.edits} == {REPORT}}


def written(name: str, mutant: Mutant | None) -> str:
    """The reference report, with the edits of a mutant."""
    text = (reference_folder(rubric(name)) / REPORT).read_text(encoding="utf-8")
    for edit in mutant.edits if mutant else ():
        assert edit.replace in text
        text = text.replace(edit.replace, edit.by)
    return text


def folder_of(name: str, scratch: Path) -> Path:
    """The reference without its report and notebooks; its pictures stay."""
    folder = scratch / "submission"
    shutil.copytree(reference_folder(rubric(name)), folder, ignore=shutil.ignore_patterns("*.md", "*.ipynb", "*.py"))
    return folder


@cache
def as_markdown(name: str, mutant: str, grade: Grading, scratch: Path) -> Results:
    """What the report earns as it was written, of the checks that judge words and of those that its words pass."""
    folder = folder_of(name, scratch)
    (folder / REPORT).write_text(written(name, faults(name).get(mutant)), encoding="utf-8")
    found = grade(name, folder)
    shutil.rmtree(folder)
    checks = {f"{name}: {p.id}/{c.title}": c for p in rubric(name).problems for c in p.checks}
    of_words = {key for key, check in checks.items() if Section in check.needs and check.needs.isdisjoint(OF_NOTEBOOKS)}
    judged = {key for key, check in checks.items() if Section in check.needs and found[key].status == "passed"}
    return {key: found[key] for key in found if key in of_words | judged}


def converted(name: str, mutant: str, conversion: Conversion, grade: Grading, scratch: Path) -> Results:
    folder = folder_of(name, scratch)
    conversion.write(written(name, faults(name).get(mutant)), folder / f"report{conversion.ending}")
    found = grade(name, folder)
    shutil.rmtree(folder)
    return found


def compare(
    trials: list[tuple[str, str]], conversion: Conversion, grade: Grading, originals: Path, scratch: Path
) -> None:
    """Verdicts agree, or a person is asked, and that seldom."""
    if conversion.missing:
        pytest.skip(f"{', '.join(conversion.missing)} is not installed")
    differing, waiting, total = [], [], 0
    for name, mutant in trials:
        before = as_markdown(name, mutant, grade, originals)
        after = converted(name, mutant, conversion, grade, scratch)
        for key, wanted in before.items():
            found = after[key]
            if wanted.status in ("manual", "error", "skipped"):
                continue
            total += 1
            if found.status == "manual":
                waiting.append(f"{key} ({mutant or 'the reference'}): {found.message}")
            if found.status != "manual" and (found.status, found.score) != (wanted.status, wanted.score):
                differing.append(
                    f"{key} ({mutant or 'the reference'}) is {found.status} ({found.message}), "
                    f"as Markdown {wanted.status} ({wanted.message})"
                )
    assert not differing, "\n".join([f"{len(differing)} of {total} verdicts differ:", *differing[:SHOWN]])
    many = "\n".join([f"{len(waiting)} of {total} verdicts wait for a person:", *waiting[:SHOWN]])
    assert len(waiting) <= MOST_MANUAL * total, many


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    return tmp_path_factory.mktemp("originals")


def named(conversion: Conversion) -> str:
    return conversion.name


@pytest.mark.parametrize("conversion", CONVERSIONS, ids=named)
def test_references_earn_the_same_in_every_format(conversion, grade, originals, tmp_path):
    compare([(name, "") for name in RUBRICS], conversion, grade, originals, tmp_path)


# A fault is a word or two: each is tried in one of three formats, in turn.
@pytest.mark.parametrize("place", range(len(WITH_FAULTS)), ids=WITH_FAULTS)
def test_reports_with_a_fault_lose_the_same_in_other_formats(place, grade, originals, tmp_path):
    trials = [(name, mutant) for name in RUBRICS for mutant in faults(name)][place :: len(WITH_FAULTS)]
    assert len(trials) > 10
    (conversion,) = (each for each in CONVERSIONS if each.name == WITH_FAULTS[place])
    compare(trials, conversion, grade, originals, tmp_path)


def test_scars_are_always_the_same_and_spare_numbers_and_formulas():
    text = "# Parameters\n\nseveral parameters altogether " * 20 + "$parameters = 608$ and 608"
    assert scarred(text) == scarred(text) != text
    assert "$parameters = 608$ and 608" in scarred(text) and "# Parameters" in scarred(text)
