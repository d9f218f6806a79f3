"""nbgrader's folder of a course: `submitted/<student>/<assignment>/`, with a `timestamp.txt` in each."""

from datetime import datetime
from pathlib import Path
from unicodedata import normalize

from grader.core.errors import SubmissionError
from grader.core.handin import Person
from grader.core.text import decoded, whole
from grader.intake.layouts._export import Export, Found, Tree, folders_in
from grader.intake.layouts._moments import moment
from grader.intake.layouts._plain import read_rest

_SUBMITTED, _TIMESTAMP = "submitted", "timestamp.txt"
_OF_A_COURSE = ("gradebook.db", "nbgrader_config.py", "source", "release", "autograded", "feedback")


def score(name: str, tree: Tree) -> float:
    """A course has a folder `submitted`; what lies in that has a time in each assignment, or is called so."""
    inside = tree.get(_SUBMITTED)
    if inside:
        return (
            1.0 if any(part in tree for part in _OF_A_COURSE) else max(0.9 * bool(_assignments(inside)), _timed(inside))
        )
    return max(0.9 * bool(name == _SUBMITTED and _assignments(tree)), _timed(tree))


def read(export: Export, assignment: str | None) -> Found:
    """A folder of the assignment is a hand-in; students without one handed in nothing."""
    said = []
    if export.tree.get(_SUBMITTED):
        if others := sorted(set(export.tree) - {_SUBMITTED}):
            said.append(f"Left out beside {_SUBMITTED}: {', '.join(map(whole, others))}.")
        export = export.at(_SUBMITTED)
    chosen = _chosen(export, assignment)
    handins, missing = [], []
    for student, inside in folders_in(export.tree):
        person = Person(id=whole(student))
        folders = [name for name, _ in folders_in(inside) if _same(name, chosen)]
        said += [
            f"{whole(student)}/{whole(name)} was left out: it belongs to no assignment."
            for name, below in sorted(inside.items())
            if below is None
        ]
        if not folders:
            missing.append(person)
        for folder in folders:
            place = f"{student}/{folder}"
            at = None
            if (inside[folder] or {}).get(_TIMESTAMP, {}) is None:
                at = _moment(export.root / place / _TIMESTAMP)
                if at is None:
                    said.append(f"{whole(place)}/{_TIMESTAMP}: when it was handed in can't be read.")
            handins.append(
                export.handin(person, files=[(place, "")], without=(_TIMESTAMP,), at=at, source=whole(place))
            )
    rest = read_rest(export, [name for name, inside in export.tree.items() if inside is None], "nbgrader")
    return Found(
        assignment=whole(chosen),
        handins=(*handins, *rest.handins),
        missing=tuple(missing),
        said=(*said, *rest.said),
    )


def _chosen(export: Export, assignment: str | None) -> str:
    """The assignment. Raises SubmissionError where several are there and none is named."""
    names = _assignments(export.tree)
    listed = ", ".join(map(whole, names[:20])) or "none"
    if assignment is None:
        if len(names) == 1:
            return names[0]
        hint = f"Choose one: --assignment {whole(names[0])}" if names else "The folders are <student>/<assignment>."
        raise SubmissionError(f"holds {len(names)} assignments: {listed}", where=str(export.root), hint=hint)
    for known in (assignment == name for name in names), (_same(assignment, name) for name in names):
        if any(known):
            return next(name for name in names if _same(assignment, name))
    raise SubmissionError(f"holds no assignment {assignment}", where=str(export.root), hint=f"There are: {listed}.")


def _assignments(tree: Tree) -> list[str]:
    """The names of the folders in those of the students, each in one of its writings."""
    names = {normalize("NFC", name): name for _, inside in folders_in(tree) for name, _ in folders_in(inside)}
    return sorted(names.values())


def _timed(tree: Tree) -> float:
    """The share of students with an assignment that has a time."""
    students = [inside for _, inside in folders_in(tree)]
    timed = [any(_TIMESTAMP in below for _, below in folders_in(inside)) for inside in students]
    return sum(timed) / max(1, len(timed))


def _same(one: str, other: str) -> bool:
    return normalize("NFC", one) == normalize("NFC", other)


def _moment(path: Path) -> datetime | None:
    try:
        if path.is_symlink():
            return None
        with open(path, "rb") as file:
            return moment(decoded(file.read(200)))
    except OSError:
        return None
