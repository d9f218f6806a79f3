"""A class's results as platforms take them: one file is one platform; the folder is the registry.

Every module here that doesn't start with an underscore has a function `export` from a `Handover` to an `Exported`. They
read and write no files: bytes go in, bytes come out.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    # The names of the platforms are asked for where nothing else may be loaded.
    from grader.core.handover import Exported, Handover

__all__ = ["EXPORTS"]


def _lazily(module: str) -> Callable[[Handover], Exported]:
    def export(handover: Handover) -> Exported:
        return cast("Exported", import_module(f"{__name__}.{module}").export(handover))

    return export


EXPORTS: dict[str, Callable[[Handover], Exported]] = {
    module.name: _lazily(module.name) for module in iter_modules(__path__) if not module.name.startswith("_")
}
"""The platforms by name: `EXPORTS["canvas"](handover)` makes the files and says what a person must know of them.

Raises MachineError where a given file can't be filled in.
"""
