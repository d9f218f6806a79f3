"""The student edition of a rubric: what is asked, budgets and trainings whole, and of answers only how they are read.

It is made of what check types say that students may have (`Check.for_students`), key by key, so that what nobody
thought of stays at home. Two rubrics that differ only in what is right have the same edition, byte for byte.
"""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from grader.checks import Check, OnlyRead
from grader.checks.read import Read
from grader.core.errors import RubricError
from grader.rubric.model import Problem, Rubric

ENDING = ".grader.yaml"  # intake knows it too (`intake/junk.py`): nobody hands it in
_HEAD = """\
# For students: what `grader check` needs to try your work before you hand it in. Keep it beside your files.
# Budgets, recipes and accuracies are judged as they will be. Answers are read, so that you see what is understood;
# which of them are right isn't known here.
"""


def student_edition(rubric: Rubric) -> Rubric:
    """The rubric without what gives an answer away. Raises RubricError for an edition, which has no edition itself."""
    if rubric.edition == "student":
        raise RubricError("is a student edition already", where=rubric.id, hint="Name the full rubric.")
    kept = ("id", "title", "points", "timezone", "due", "late", "dataset", "sections", "namings", "limits")
    return Rubric(
        **{name: getattr(rubric, name) for name in (*kept, "unlabelled")},
        problems=tuple(_problem(problem) for problem in rubric.problems),
        salt=_salt(rubric),
        edition="student",
    )


def edition_text(edition: Rubric) -> str:
    """The edition as a rubric's file, from which the same edition is loaded."""
    values = _plain(edition) | {"problems": [_plain_problem(problem) for problem in edition.problems]}
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 118
    stream = StringIO()
    yaml.dump(values, stream)
    return _HEAD + stream.getvalue()


def _salt(rubric: Rubric) -> str:
    """Other seeds than the class's: who trains at home may try many, and they must tell nothing of those that count."""
    salt = f"at home: {rubric.id}"
    return salt if salt != rubric.salt else f"{salt}, again"


def _problem(problem: Problem) -> Problem:
    checks = list(_checks(problem))
    values = {name: getattr(problem, name) for name in ("id", "title", "points", "extra_credit", "text", "aliases")}
    return Problem(**values, checks=tuple(checks))


def _checks(problem: Problem) -> Iterator[Check]:
    """Those that students see; all others together are one that says nothing but their points."""
    judged: set[str] = set()
    for check in problem.checks:
        if check.visibility != "visible":
            continue
        theirs = check.for_students()
        if isinstance(theirs, OnlyRead):
            yield Read(name=check.title, points=check.points, asks=check.asked(), **theirs.model_dump())
            continue
        judged.add(check.title)
        yield theirs.model_copy(update={"requires": tuple(name for name in check.requires if name in judged)})
    withheld = [check for check in problem.checks if check.visibility != "visible"]
    if withheld:
        titles = {check.title for check in problem.checks}
        name = next(name for name in _names() if name not in titles)
        yield Read(name=name, points=sum(check.points for check in withheld))


def _names() -> Iterator[str]:
    yield "more"
    yield from (f"more ({number})" for number in range(2, 1000))


def _plain(record: Problem | Rubric | Check) -> dict[str, Any]:
    return {key: _short(value) for key, value in record.model_dump(mode="json", exclude_defaults=True).items()}


def _short(value: Any) -> Any:
    """Numbers as people write them: 5, not 5.0."""
    if isinstance(value, list):
        return [_short(item) for item in value]
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _plain_problem(problem: Problem) -> dict[str, Any]:
    # The type of a check is a default, and what tells it from the others.
    return _plain(problem) | {"checks": [{"type": check.type} | _plain(check) for check in problem.checks]}


def find_edition(folder: Path) -> Path:
    """The student edition that lies in a folder, or in one above it, the nearest first.

    Raises RubricError where there is none, or several lie side by side.
    """
    folder = folder.resolve()
    for place in (folder, *folder.parents):
        found = sorted(path for path in place.glob(f"*{ENDING}") if path.is_file())
        if len(found) > 1:
            names = ", ".join(path.name for path in found)
            raise RubricError(f"holds several assignments: {names}", where=str(place), hint="Name one: --rubric FILE.")
        if found:
            return found[0]
    raise RubricError(
        f"no assignment was found: no file whose name ends with {ENDING}, here or in a folder above",
        where=str(folder),
        hint="Put the file that your course handed out beside your work, or name a rubric: --rubric FILE.",
    )
