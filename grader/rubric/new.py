"""A first version of a rubric from a few answers: every problem with a check to fill in."""

from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from grader.core.record import Record

# For each kind of problem that is asked for: its check, to be filled in. All are valid as they stand.
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "manual": (
        "a person reads it",
        {"type": "manual", "note": "Say here what a good answer has, and what loses points."},
    ),
    "number": ("a number", {"type": "numeric", "label": ["parameters"], "expect": 0}),
    "shape": ("a shape", {"type": "shape", "expect": [28, 28, 8]}),
    "formula": ("a formula or its value", {"type": "expression", "expect": "x^2", "variables": ["x"]}),
    "figure": ("a figure", {"type": "figure"}),
    "network": (
        "a network under a budget that is trained again",
        {"type": "accuracy", "at_least": 0.97},
    ),
}


class Draft(Record):
    """One problem of a new rubric: its label, title, points, and what kind of answer it wants."""

    id: str
    title: str
    points: float
    kind: str = "manual"


def new_rubric(name: str, title: str, drafts: list[Draft]) -> str:
    """The rubric's file. It lints as it stands, and each check has what is to be filled in."""
    problems = [
        {"id": draft.id, "title": draft.title, "points": _short(draft.points), "text": f"What {draft.id} asks for."}
        | {"checks": _checks(draft)}
        for draft in drafts
    ]
    rubric: dict[str, Any] = {"id": name, "title": title, "points": _short(sum(d.points for d in drafts))}
    if any(draft.kind == "network" for draft in drafts):
        rubric["dataset"] = "mnist"
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 118
    stream = StringIO()
    yaml.dump(rubric | {"problems": problems}, stream)
    return f"# What each key means: docs/rubrics.md. Check it with: grader rubric lint FILE\n{stream.getvalue()}"


def _checks(draft: Draft) -> list[dict[str, Any]]:
    check = dict(KINDS[draft.kind][1])
    if draft.kind != "network":
        return [{"type": check.pop("type"), "points": _short(draft.points), **check}]
    budget = _short(round(draft.points / 4, 2))
    rest = _short(round(draft.points - budget, 6))
    return [
        {"type": "parameters", "points": budget, "at_most": 100000},
        {"type": check.pop("type"), "points": rest, **check, "requires": ["parameters"]},
    ]


def _short(points: float) -> float:
    return int(points) if points == int(points) else points
