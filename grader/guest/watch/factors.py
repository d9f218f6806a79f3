"""Functions that give a schedule its factors: what they give for steps that a shortened training doesn't come to."""

from __future__ import annotations

import builtins
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

_PLAIN = (bool, int, float, str, type(None))
_MODULES = ("math", "numpy")
_MOST_DEPTH = 4


class Factors:
    """What the functions of one schedule give, by the number of the step; the same for each group of its optimiser."""

    def __init__(self, functions: Any) -> None:
        self.functions: list[Callable[[int], float]] = (
            [*functions] if isinstance(functions, (list, tuple)) else [functions]
        )
        self.seen: dict[int, list[float]] = {}
        self.known: list[float] = []  # the longest table so far
        self.read = self.reads()
        self.steady = all(depends_on_its_argument(function) for function in self.functions)

    def reads(self) -> str:
        """What the functions read besides their argument, as it is now."""
        closures = [inspect.getclosurevars(f) for f in self.functions if inspect.isfunction(f)]
        return str([(each.globals, each.nonlocals) for each in closures])

    def look(self, number: int) -> None:
        """A step of this number was taken just now."""
        self.steady = self.steady and self.reads() == self.read
        if self.steady:
            self.seen[number] = self.at(number)

    def at(self, number: int) -> list[float]:
        """What each gives."""
        return [float(function(number)) for function in self.functions]

    def table(self, count: int) -> list[float] | None:
        """What they give for 0 until `count`; None where that isn't known, or isn't the same for all groups."""
        if not self.steady:
            return None
        if len(self.known) < count and self.reads() == self.read:
            found = [self.at(number) for number in range(count)]
            alike = all(min(each) == max(each) and math.isfinite(each[0]) for each in found)
            alike = alike and all(self.at(number) == before for number, before in self.seen.items())
            self.known = [each[0] for each in found] if alike else []
        return self.known[:count] if len(self.known) >= count else None


def depends_on_its_argument(function: Any, depth: int = 0) -> bool:
    """Whether a function reads nothing but its arguments, plain values, functions of the same kind, and mathematics."""
    if not inspect.isfunction(function) or depth > _MOST_DEPTH:
        return False
    read = inspect.getclosurevars(function)
    values = [*read.globals.values(), *read.nonlocals.values(), *(function.__defaults__ or ())]
    known = all(name in vars(builtins) for name in read.builtins)
    return known and all(_steady(value, depth) for value in values)


def _steady(value: Any, depth: int) -> bool:
    if inspect.ismodule(value):
        return value.__name__ in _MODULES
    if isinstance(value, (list, tuple)):
        return all(isinstance(each, _PLAIN) for each in value)
    return isinstance(value, _PLAIN) or inspect.isbuiltin(value) or depends_on_its_argument(value, depth + 1)


def functions_of(kind: str, options: dict[str, Any]) -> Factors | None:
    """The functions among a schedule's arguments, which are taken out of these."""
    names: Sequence[str] = ("lr_lambda",) if kind in ("LambdaLR", "MultiplicativeLR") else ()
    given = [options.pop(name) for name in names if name in options]
    return Factors(given[0]) if given else None
