"""Classes as the tests grade them: a folder with a folder for each submission."""

from pathlib import Path
from typing import Any

from grader.batch import Class, ClassResult, grade_class
from grader.core.handin import Handin, Person
from grader.core.outcome import Grade
from grader.core.standing import Standing
from grader.intake.handins import handed_in
from grader.rubric import Rubric
from grader.standings import standings_of
from grader.tools import Options, Tools


def graded_folder(
    folder: Path, rubric: Rubric, out: Path, tools: Tools, options: Options = Options(), **how: Any
) -> ClassResult:
    """Grade a class in this process, unless told how else."""
    found = handed_in(folder, scratch=out / ".handed-in", layout="plain")
    return grade_class(Class(handed_in=found, rubric=rubric, options=options, **how), out, tools)


def standing_of(grade: Grade, rubric: Rubric) -> Standing:
    """Where somebody of the submission's name stands with this grade and its lateness."""
    handin = Handin(key=grade.submission.id or "-", people=(Person(name=grade.submission.id),))
    settled = grade.late is None or grade.late.settled
    standing = standings_of(handin, grade, rubric)[0]
    late = {"late": grade.late, "points": grade.final} | ({} if settled else {"state": "waiting"})
    return standing.model_copy(update=late)
