"""A folder as a registry: each of its modules adds entries, and no name stands twice."""

from collections.abc import Callable, Hashable, Iterable
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)
Entry = TypeVar("Entry")


def registered(
    package: str, folders: Iterable[str], entries: Callable[[ModuleType], Iterable[tuple[Name, Entry]]]
) -> dict[Name, Entry]:
    """The entries of a package's modules by name, those that start with an underscore left out.

    Raises ValueError naming both files when two of them have one name.
    """
    found: dict[Name, Entry] = {}
    homes: dict[Name, str | None] = {}
    for info in iter_modules(folders):
        if info.name.startswith("_"):
            continue
        module = import_module(f"{package}.{info.name}")
        for name, entry in entries(module):
            if name in found and found[name] is not entry:
                raise ValueError(f"“{name}” is registered twice: by {homes[name]} and by {module.__file__}")
            found[name] = entry
            homes.setdefault(name, module.__file__)
    return found
