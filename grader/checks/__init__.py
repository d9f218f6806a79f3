"""One file is one check type; this folder is the registry.

Every module here that doesn't start with an underscore defines one `Check` with its own `type`.
A new check type is a new file: nothing else has to know of it.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from grader.checks._base import Check

__all__ = ["Check", "check_types"]


@cache
def check_types() -> dict[str, type[Check]]:
    """Every check type by the name that a rubric uses, in alphabetical order."""
    found: dict[str, type[Check]] = {}
    for module in iter_modules(__path__):
        if not module.name.startswith("_"):
            for thing in vars(import_module(f"{__name__}.{module.name}")).values():
                if isinstance(thing, type) and issubclass(thing, Check) and thing is not Check:
                    found[thing.type_name()] = thing
    return dict(sorted(found.items()))
