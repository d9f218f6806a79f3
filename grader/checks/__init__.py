"""One file is one check type; this folder is the registry.

Every module here that doesn't start with an underscore defines one `Check` with its own `type`.
A new check type is a new file: nothing else has to know of it.
"""

from collections.abc import Iterator
from functools import cache
from types import ModuleType

from grader.checks._base import Check, OnlyRead
from grader.core.registry import registered

__all__ = ["Check", "OnlyRead", "check_types"]


@cache
def check_types() -> dict[str, type[Check]]:
    """Every check type by the name that a rubric uses, in alphabetical order."""
    return dict(sorted(registered(__name__, __path__, _checks).items()))


def _checks(module: ModuleType) -> Iterator[tuple[str, type[Check]]]:
    for thing in vars(module).values():
        if isinstance(thing, type) and issubclass(thing, Check) and thing is not Check:
            yield thing.type_name(), thing
