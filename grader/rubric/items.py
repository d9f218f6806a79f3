"""Rubric items that people made while they graded, written into the rubric's file: its comments and order stay."""

import tempfile
from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from grader.checks import Check
from grader.core.decision import Item
from grader.core.errors import RubricError
from grader.core.outcome import RubricItem
from grader.files import write_whole
from grader.rubric.load import find_rubric, load_rubric
from grader.rubric.model import Problem, Rubric

Place = tuple[str, str]  # a problem and the title of a check


def keep_items(name: str | Path, items: Iterable[Item]) -> dict[Place, int]:
    """Write what holds of the items into the rubric's file, and give how many each check has now.

    A check of which nobody made an item keeps those that it has. Items of checks that the rubric doesn't have are
    left. Raises RubricError, and leaves the file as it was, where it can't be written so that it says the same besides.
    """
    rubric, path = load_rubric(name), find_rubric(name)
    if not Path(name).is_file():
        raise RubricError("comes with the grader", where=str(name), hint="Copy it, and name your own file.")
    made: dict[Place, list[Item]] = {}
    for item in items:
        made.setdefault((item.problem, item.check), []).append(item)
    titles = {(problem.id, check.title) for problem in rubric.problems for check in problem.checks}
    held = {place: [item for item in of if not item.removed] for place, of in made.items() if place in titles}
    text = _with_items(path.read_text(encoding="utf-8"), rubric, held)
    with tempfile.TemporaryDirectory() as folder:
        tried = Path(folder) / path.name
        tried.write_text(text, encoding="utf-8")
        if load_rubric(tried) != _expected(rubric, held):
            raise RubricError("can't be written anew without changing more than these items", where=str(path))
    write_whole(path, text)
    return {place: len(of) for place, of in held.items()}


def _with_items(text: str, rubric: Rubric, held: Mapping[Place, list[Item]]) -> str:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 1_000_000  # lines stay as long as they are
    yaml.indent(mapping=2, sequence=4, offset=2)
    tree = yaml.load(text)
    for problem, of_problem in zip(rubric.problems, tree["problems"], strict=True):
        for check, of_check in zip(problem.checks, of_problem["checks"], strict=True):
            if (found := held.get((problem.id, check.title))) is not None:
                _put(of_check, found)
    stream = StringIO()
    yaml.dump(tree, stream)
    return stream.getvalue()


def _put(check: CommentedMap, items: list[Item]) -> None:
    written = CommentedSeq()
    for item in items:
        points = int(item.points) if item.points == int(item.points) else item.points
        one = CommentedMap(points=points, text=item.text)
        one.fa.set_flow_style()
        written.append(one)
    if check.fa.flow_style():
        written.fa.set_flow_style()
    if items:
        check["items"] = written
    else:
        check.pop("items", None)


def _expected(rubric: Rubric, held: Mapping[Place, list[Item]]) -> Rubric:
    def of(problem: Problem, check: Check) -> Check:
        found = held.get((problem.id, check.title))
        if found is None:
            return check
        return check.model_copy(update={"items": tuple(RubricItem(text=i.text, points=i.points) for i in found)})

    problems = [p.model_copy(update={"checks": tuple(of(p, check) for check in p.checks)}) for p in rubric.problems]
    return rubric.model_copy(update={"problems": tuple(problems)})
