"""Tests a rubric: its reference earns every machine-judged point, each mutant loses exactly what it should."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from grader.core.errors import RubricError
from grader.core.kept import Remembered
from grader.core.outcome import CheckResult, Grade
from grader.core.record import Record
from grader.execution import NotebookArtefact
from grader.pipeline import grade_submission
from grader.resources import resource
from grader.rubric import Mutant, Rubric
from grader.tools import Options, Tools, warmed


class Trial(Record):
    """One grading and what was wrong with it; no faults when it ended as it should."""

    name: str
    faults: tuple[str, ...]


def reference_folder(rubric: Rubric) -> Path:
    """The rubric's reference submission. Raises RubricError when there is none."""
    name = rubric.reference or rubric.id
    for folder in (Path(name), resource("reference") / name):
        if folder.is_dir():
            return folder
    raise RubricError(
        f"has no reference submission “{name}”",
        where=rubric.id,
        hint="Put one under reference/, or name it: reference: PATH",
    )


def mutated(rubric: Rubric, mutant: Mutant, place: Path) -> Path:
    """A mutant: a copy of the reference in `place`, with its errors. Raises RubricError where one doesn't fit."""
    where = f"{rubric.id}, mutant “{mutant.name}”"
    reference = reference_folder(rubric)
    folder = Path(shutil.copytree(reference, place / reference.name))
    for edit in mutant.edits:
        path = folder / edit.file
        if not path.is_file():
            raise RubricError(f"there is no {edit.file} in the reference", where=where)
        text = path.read_text(encoding="utf-8")
        if edit.replace not in text:
            raise RubricError(f"{edit.file} does not contain {edit.replace!r}", where=where)
        path.write_text(text.replace(edit.replace, edit.by), encoding="utf-8")
    for name in mutant.remove:
        (folder / name).unlink(missing_ok=True)
    return folder


def test_rubric(rubric: Rubric, tools: Tools, options: Options) -> Iterator[Trial]:
    """The reference first, then each mutant. A notebook that a mutant leaves as it is runs only once."""
    folder = reference_folder(rubric)
    with warmed(tools, rubric) as tools:
        tools = tools.model_copy(update={"run": run_once(tools.run), "kept": Remembered()})
        grade = grade_submission(folder, rubric, tools, options)
        yield Trial(name="reference", faults=tuple(_reference_faults(grade)))
        expected = _results(grade)
        # What the reference has trained need not be trained again for a mutant.
        options = options.model_copy(update={"fresh": False})
        for mutant in rubric.mutants:
            with tempfile.TemporaryDirectory(prefix="grader-mutant-") as scratch:
                copy = mutated(rubric, mutant, Path(scratch))
                found = _results(grade_submission(copy, rubric, tools, options))
            yield Trial(name=mutant.name, faults=tuple(_mutant_faults(mutant, expected, found)))


def _reference_faults(grade: Grade) -> Iterator[str]:
    for key, check in _results(grade).items():
        if check.status not in ("passed", "manual") or (check.status == "manual" and check.type != "manual"):
            yield f"{key}: {check.status}: {check.message}"


def _mutant_faults(mutant: Mutant, expected: dict[str, CheckResult], found: dict[str, CheckResult]) -> Iterator[str]:
    for key in (*mutant.loses, *mutant.asks):
        if key not in expected:
            yield f"{key} is no check of the rubric"
    for key, before in expected.items():
        wanted, lost = mutant.loses.get(key, 0.0), before.score - found[key].score
        if abs(wanted - lost) > 1e-6:
            yield f"{key} loses {lost:g} instead of {wanted:g}: {found[key].status}: {found[key].message}"
        asked = key in mutant.asks
        if (wanted or asked) and (found[key].status == "manual") != asked or found[key].status == "error":
            meant = "for a person" if asked else "failed"
            yield f"{key} is {found[key].status}, not {meant}: {found[key].message}"


def _results(grade: Grade) -> dict[str, CheckResult]:
    return {f"{problem.id}/{check.name}": check for problem in grade.problems for check in problem.checks}


def run_once(run: Callable[..., NotebookArtefact]) -> Callable[..., NotebookArtefact]:
    """Remember artefacts by the notebook's code, the seed, and the files beside it that this code names, or theirs."""
    known: dict[str, NotebookArtefact] = {}

    def remembered(notebook: NotebookNode, files: Path, *args: Any, **kwargs: Any) -> NotebookArtefact:
        code = "\0".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        digest = hashlib.sha256(f"{kwargs.get('seed')}\0{code}".encode("utf-8", "replace"))
        for path in _named_in(code, files):
            digest.update(str(path.relative_to(files)).encode() + b"\0" + path.read_bytes() + b"\0")
        key = digest.hexdigest()
        if key not in known:
            known[key] = run(notebook, files, *args, **kwargs)
        return known[key]

    return remembered


def _named_in(code: str, files: Path) -> list[Path]:
    """The files that code may read, since it speaks of them, or imports what does."""
    beside = {path: path.read_bytes() for path in files.rglob("*") if path.is_file()}
    found: list[Path] = []
    text = code.encode("utf-8", "replace")
    while more := [path for path in beside.keys() - {*found} if path.stem.encode("utf-8", "replace") in text]:
        found += more
        text += b"\0".join(beside[path] for path in more if path.suffix in (".py", ".ipynb"))
    return sorted(found)
