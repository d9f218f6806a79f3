"""Where the files that travel with the grader lie: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent


def resource(kind: Literal["rubrics", "reference", "templates"]) -> Path:
    """The folder of that kind."""
    inside = _PACKAGE / "_data" / kind
    return inside if inside.is_dir() else _PACKAGE.parent / kind
