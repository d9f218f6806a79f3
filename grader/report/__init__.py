"""A grade rendered: one file is one format; each is imported only when it is asked for."""

from collections.abc import Callable
from importlib import import_module
from typing import cast

from grader.core.outcome import Grade

__all__ = ["FORMATS"]


def _lazily(module: str) -> Callable[[Grade], str]:
    def render(grade: Grade) -> str:
        return cast(str, import_module(f"{__name__}.{module}").render(grade))

    return render


FORMATS: dict[str, Callable[[Grade], str]] = {
    "json": _lazily("json"),
    "markdown": _lazily("markdown"),
    "gradescope": _lazily("gradescope"),
    "html": _lazily("html"),
}
"""The reports on one submission by name: `FORMATS["html"](grade)` is the text of the file.

`csv` and `terminal` stand beside them: they report on many submissions, or draw on a terminal.
"""
