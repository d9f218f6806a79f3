"""Changes modules when the notebook imports them: what it doesn't import costs nothing."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any

from .origin import as_given, installed, put_in_place


class _Finder(importlib.abc.MetaPathFinder):
    """Finds what Python finds, and has those who asked look at it once it is loaded; then modules that are gone."""

    def __init__(self) -> None:
        self.waiting: dict[str, list[Callable[[Any], object]]] = {}  # name of a module -> what is called with it
        self.makers: dict[str, Callable[[], ModuleType]] = {}  # name of a module that may not exist -> what makes it
        self.looking: set[str] = set()  # names of modules that are being looked for

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Called by Python for each import; None leaves it to the other finders."""
        if name in self.looking or not (name in self.waiting or name in self.makers):
            return None
        self.looking.add(name)
        try:
            found = importlib.machinery.PathFinder.find_spec(name, path, target)
        finally:
            self.looking.discard(name)
        if found is None:
            make = self.makers.get(name)
            return None if make is None else importlib.machinery.ModuleSpec(name, _StandIn(make), is_package=True)
        if name in self.waiting and found.loader is not None and hasattr(found.loader, "exec_module"):
            _changed(found.loader, self.waiting[name])
        return found


class _StandIn(importlib.abc.Loader):
    """Loads a module that is made, not read."""

    def __init__(self, make: Callable[[], ModuleType]) -> None:
        self.make = make

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """The module itself."""
        return self.make()

    def exec_module(self, module: ModuleType) -> None:
        """It is whole already."""


def _changed(loader: Any, changes: Iterable[Callable[[Any], object]]) -> None:
    """Let each change see the module once the loader has run it."""
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        as_given(execute, module)
        for change in changes:
            _change(change, module)

    loader.exec_module = exec_module


def _change(change: Callable[[Any], object], module: ModuleType) -> None:
    file = getattr(module, "__file__", None)
    if file is None or installed(file):  # else a file of the student's by that name
        put_in_place(change, module)


_finder = _Finder()


def install() -> None:
    """Begin; the notebook's own files of the same names are found as they were."""
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def when_imported(name: str, change: Callable[[Any], object]) -> None:
    """Call `change(module)` as soon as the library is there."""
    if name in sys.modules:
        _change(change, sys.modules[name])
    else:
        _finder.waiting.setdefault(name, []).append(change)


def when_missing(name: str, make: Callable[[], ModuleType]) -> None:
    """Let `make()` give the module where the notebook imports it and nothing is there."""
    _finder.makers[name] = make


def module(name: str, **contents: Any) -> ModuleType:
    """A new module that holds these."""
    made = ModuleType(name)
    vars(made).update(contents)
    return made
