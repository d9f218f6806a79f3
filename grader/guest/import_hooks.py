"""Changes modules when the notebook imports them: what it doesn't import costs nothing."""

import importlib.abc
import importlib.machinery
import sys
from contextlib import suppress
from types import ModuleType


class _Finder(importlib.abc.MetaPathFinder):
    """Finds what Python finds, and has those who asked look at it once it is loaded; then modules that are gone."""

    def __init__(self):
        self.waiting = {}  # name of a module -> what is called with it
        self.makers = {}  # name of a module that may not exist -> what makes it
        self.looking = set()

    def find_spec(self, name, path=None, target=None):
        if name in self.looking or not (name in self.waiting or name in self.makers):
            return None
        self.looking.add(name)
        try:
            found = importlib.machinery.PathFinder.find_spec(name, path, target)
        finally:
            self.looking.discard(name)
        if found is None:
            make = self.makers.get(name)
            return make and importlib.machinery.ModuleSpec(name, _StandIn(make), is_package=True)
        if name in self.waiting and found.loader is not None and hasattr(found.loader, "exec_module"):
            _changed(found.loader, self.waiting[name])
        return found


class _StandIn(importlib.abc.Loader):
    def __init__(self, make):
        self.make = make

    def create_module(self, spec):
        return self.make()

    def exec_module(self, module):
        pass


def _changed(loader, changes) -> None:
    execute = loader.exec_module

    def exec_module(module):
        execute(module)
        for change in changes:
            _quietly(change, module)

    loader.exec_module = exec_module


def _quietly(change, module) -> None:
    with suppress(Exception):  # a version that looks otherwise, or a file of the student's by that name
        change(module)


_finder = _Finder()


def install() -> None:
    """Begin; the notebook's own files of the same names are found as they were."""
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def when_imported(name: str, change) -> None:
    """Call `change(module)` as soon as the module is there."""
    if name in sys.modules:
        _quietly(change, sys.modules[name])
    else:
        _finder.waiting.setdefault(name, []).append(change)


def when_missing(name: str, make) -> None:
    """Let `make()` give the module where the notebook imports it and nothing is there."""
    _finder.makers[name] = make


def module(name: str, **contents) -> ModuleType:
    """A new module that holds these."""
    made = ModuleType(name)
    vars(made).update(contents)
    return made
