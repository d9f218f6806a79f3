"""A grade rendered: one file is one format; the folder is the registry, and a format is imported when it is asked for.

Every module here that doesn't start with an underscore has a function `render` from a grade to text, but for `csv`,
`class_page`, `exports`, `terminal` and `plots`, which report on many submissions or draw.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from grader.core.outcome import Grade  # the names of the formats are asked for where nothing else may be loaded

__all__ = ["FORMATS"]

_OTHERWISE = ("csv", "terminal", "plots", "exports", "class_page")


def _lazily(module: str) -> Callable[[Grade], str]:
    def render(grade: Grade) -> str:
        return cast(str, import_module(f"{__name__}.{module}").render(grade))

    return render


FORMATS: dict[str, Callable[[Grade], str]] = {
    module.name: _lazily(module.name)
    for module in iter_modules(__path__)
    if not module.name.startswith("_") and module.name not in _OTHERWISE
}
"""The reports on one submission by name: `FORMATS["html"](grade)` is the text of the file."""
