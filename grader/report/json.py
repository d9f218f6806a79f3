"""The record itself as JSON: what other programs read."""

from grader.core.outcome import Grade
from grader.core.portable import as_json


def render(grade: Grade) -> str:
    """Valid JSON from which `Grade.model_validate_json` makes the same grade."""
    return as_json(grade, indent=2) + "\n"
