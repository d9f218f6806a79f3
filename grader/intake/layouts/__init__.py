"""One file is one layout of an export; the folder is the registry.

Every module here that doesn't start with an underscore has the two functions of a `Layout`: `score`, how sure it is
that a folder holds such an export, by the names in it alone, and `read`, the hand-ins of one. `plain` reads what none
of the others knows.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from grader.intake.layouts._export import Export, Found, Layout, Tree

__all__ = ["PLAIN", "Export", "Found", "Layout", "Tree", "layouts"]

PLAIN = "plain"


@cache
def layouts() -> dict[str, Layout]:
    """Every layout by the name that `--layout` takes, in alphabetical order."""
    names = sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_"))
    return {name: cast(Layout, import_module(f"{__name__}.{name}")) for name in names}
