"""Judges the network of a notebook's cells: the command itself, in a process and a folder of its own."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from typing import IO

import nbformat
from nbformat import NotebookNode

from grader.core.errors import MachineError, RubricError
from grader.core.evidence import ModelFacts
from grader.core.outcome import Grade
from grader.files import write_whole
from grader.intake.junk import is_junk
from grader.rubric import Problem, Rubric
from grader.rubric.edition import edition_text, student_edition

_COMMAND = (sys.executable, "-c", "from grader.cli import main; main()", "check")
_READ_BESIDE = (".py", ".csv", ".tsv", ".json", ".npy", ".npz")
_MOST_BYTES = 50_000_000


def judge(
    notebook: NotebookNode, problem: str, rubric: Rubric, beside: Path, say: Callable[[str], None], more: Sequence[str]
) -> Grade:
    """The grade of what the problem asks of its network. `beside` holds the files that the notebook may read.

    Raises RubricError where there is no such problem or it asks for no network, MachineError where it can't be judged.
    """
    asked = rubric.problem(problem)
    if asked is None:
        names = ", ".join(p.id for p in rubric.problems)
        raise RubricError(f"there is no problem {problem}", where=rubric.id, hint=f"Problems: {names}.")
    with tempfile.TemporaryDirectory(prefix="grader-notebook-") as scratch:
        folder = Path(scratch) / "notebook"
        folder.mkdir()
        _copy(beside, folder)
        nbformat.write(notebook, folder / "notebook.ipynb")  # type: ignore[no-untyped-call]
        edition = rubric if rubric.edition == "student" else student_edition(rubric)
        path = Path(scratch) / "problem.yaml"
        write_whole(path, edition_text(_of_network(edition, asked.id)))
        return _checked([str(folder), "--rubric", str(path), "--format", "json", *more], say)


def _of_network(rubric: Rubric, problem: str) -> Rubric:
    """The rubric with what this problem asks of a network alone."""
    found = rubric.problem(problem)
    assert found is not None
    checks = tuple(check for check in found.checks if ModelFacts in check.needs)
    if not checks:
        raise RubricError(f"{problem} asks for no network", where=rubric.id, hint="grader check reads its answer.")
    kept = Problem(
        id=found.id,
        title=found.title,
        points=sum(check.points for check in checks),
        extra_credit=found.extra_credit,
        text=found.text,
        aliases=found.aliases,
        checks=checks,
    )
    return rubric.model_copy(update={"problems": (kept,), "points": None, "sections": (), "namings": ()})


def _copy(beside: Path, folder: Path) -> None:
    """The files that the notebook may import or read: what it saved itself and large data stay where they are."""
    left = _MOST_BYTES
    for path in sorted(beside.iterdir()):
        if path.suffix.lower() in _READ_BESIDE and path.is_file() and not is_junk(path.name):
            left -= path.stat().st_size
            if left < 0:
                return
            shutil.copyfile(path, folder / path.name)


def _checked(arguments: Sequence[str], say: Callable[[str], None]) -> Grade:
    with subprocess.Popen(
        [*_COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout
        assert process.stderr
        told: list[str] = []
        listening = Thread(target=_listen, args=(process.stderr, told, say), daemon=True)
        listening.start()
        try:
            record = process.stdout.read()
        except BaseException:  # the student interrupts the cell
            process.terminate()
            raise
        listening.join()
    if process.returncode not in (0, 1, 4) or not record.strip():
        raise MachineError("\n".join(told[-5:]) or "the check ended without a word")
    # What nobody reads in it are answers in words, which aren't asked for here.
    return Grade.model_validate_json(record).model_copy(update={"unread": ()})


def _listen(stream: IO[str], told: list[str], say: Callable[[str], None]) -> None:
    for line in stream:
        told.append(line.rstrip())
        say(line.rstrip())
