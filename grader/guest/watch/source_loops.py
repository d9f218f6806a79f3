"""Reads the loops around a training step: whether the notebook itself says how often it steps."""

from __future__ import annotations

import argparse
import ast
import inspect
import linecache
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any

UNTIL = "it trains until a condition holds, not for a number of epochs"
_CONDITION = "a condition may end the training before its last epoch"
_GUEST = str(Path(__file__).parents[1])  # this package, which stands between the notebook and torch
_INSTALLED = re.compile(r"[/\\](?:site|dist)-packages[/\\]")
_NEXT = re.compile(r"\bnext\s*\(")
_BODIES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_LIBRARIES = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))


def open_end(known: ast.For | ast.While | None = None) -> str:
    """How the training under way may end before its loops do, in words; empty when only counts decide.

    Looks at every function of the notebook's that the step was called from. Of a `known` loop nothing is said.
    """
    inner: list[_Place] = []
    for frame in own_frames():
        place = _Place.of(frame)
        if place is not None:
            found = place.open_end(inner, known)
            if found:
                return found
            inner.append(place)
    return ""


def own_frames() -> Iterator[FrameType]:
    """The functions of the notebook's own that are under way, innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith("IPython."):
            return  # from here on it is what runs the notebook
        if _own(frame.f_code.co_filename):
            yield frame
        frame = frame.f_back


def loops_around(frame: FrameType) -> list[ast.For | ast.While]:
    """The loops that the line of a frame stands in, outermost first."""
    place = _Place.of(frame)
    return [] if place is None else place.loops


def files() -> list[str]:
    """The notebook's own files, or cells, that the training under way is called from."""
    found, frame = [], sys._getframe(1)
    while frame is not None and not str(frame.f_globals.get("__name__")).startswith("IPython."):
        name = frame.f_code.co_filename
        if not name.startswith((_GUEST, "<frozen")) and not installed(name):
            found.append(name)
        frame = frame.f_back  # type: ignore[assignment]  # None is looked for
    return found


def asked_by_next() -> bool:
    """Whether a batch is asked for by `next()`, not by a loop, in the notebook or in a wrapper of its own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_GUEST):
        frame = frame.f_back
    if frame is None or installed(frame.f_code.co_filename):
        return False
    return bool(_NEXT.search(linecache.getline(frame.f_code.co_filename, frame.f_lineno)))


def installed(file: str) -> bool:
    """Whether a file is no part of the notebook's own code."""
    return file.startswith(_LIBRARIES) or bool(_INSTALLED.search(file))


def _own(file: str) -> bool:
    """Whether a file is the notebook's own code."""
    return not file.startswith((_GUEST, "<frozen")) and not installed(file)


class _Place:
    """Where a frame is in its file: the loops around that line, outermost first, within the frame's own function."""

    def __init__(self, frame: FrameType, tree: ast.Module) -> None:
        self.frame, self.tree = frame, tree
        holders = _holders(tree, frame.f_lineno)
        outside = [i for i, node in enumerate(holders) if isinstance(node, _BODIES)]
        self.own = holders[outside[-1] + 1 :] if outside else holders
        self.loops = [node for node in self.own if isinstance(node, (ast.For, ast.While))]

    @classmethod
    def of(cls, frame: FrameType) -> _Place | None:
        """None where the source can't be read."""
        tree = _parsed("".join(linecache.getlines(frame.f_code.co_filename)))
        return None if tree is None else cls(frame, tree)

    def open_end(self, inner: Sequence[_Place], known: ast.For | ast.While | None) -> str:
        """How the loops here may end early, in words, or empty; `inner` are the places that are called from here.

        What leaves the `known` loop is known.
        """
        for loop in self.loops:
            if known is not None and (ast.dump(loop), loop.lineno) == (ast.dump(known), known.lineno):
                continue
            if isinstance(loop, ast.While) and not _counts(loop):
                return UNTIL
            flags = _Flags(self.frame, self.tree, loop)
            if any(_leaves(node, True, flags) for node in loop.body):
                return _CONDITION
            if isinstance(loop, ast.For) and _ends_itself(loop.iter, flags):
                return _CONDITION
        if self.skips(inner) or self.is_left_by_raising(inner):
            return _CONDITION
        return ""

    def skips(self, inner: Sequence[_Place]) -> bool:
        """Whether a round of a loop may go by without its training, by what changes in the loop."""
        whole = bool(inner and any(place.loops for place in inner))  # what is called here trains in a loop
        for loop, below in zip(self.loops, [*self.loops[1:], None]):
            if below is None and not whole:
                continue  # of the batches: how many of them are stepped on is counted
            flags = _Flags(self.frame, self.tree, loop)
            within = self.own[self.own.index(loop) + 1 : self.own.index(below) if below else None]
            tests = [node.test for node in within if isinstance(node, ast.If)]
            before = [node for node in loop.body if node.lineno < self.frame.f_lineno]
            tests += [node.test for node in before if isinstance(node, ast.If) and _continues(node)]
            if any(flags.changes(test) for test in tests):
                return True
        return False

    def is_left_by_raising(self, inner: Sequence[_Place]) -> bool:
        """Whether something in the loops raises what is caught around them."""
        for place, node in ((self, node) for node in self.own if isinstance(node, ast.Try) and node.handlers):
            within = place.own[place.own.index(node) + 1 :]
            if not any(statement in within for statement in node.body):
                continue  # in a handler
            loops = [(self, loop) for loop in self.loops if loop in within]
            loops += [(other, loop) for other in inner for loop in other.loops]
            if any(_raises(loop, _Flags(other.frame, other.tree, loop)) for other, loop in loops):
                return True
        return False


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _holders(tree: ast.Module, line: int) -> list[ast.stmt]:
    """The statements that the line stands in, outermost first."""
    found = [n for n in ast.walk(tree) if isinstance(n, ast.stmt) and n.lineno <= line <= (n.end_lineno or n.lineno)]
    return sorted(found, key=lambda node: (node.lineno, -(node.end_lineno or 0)))


def _counts(loop: ast.While) -> bool:
    """Whether a `while` ends by a count: all that it compares is constant, or stepped by constants alone."""
    names = {node.id for node in ast.walk(loop.test) if isinstance(node, ast.Name)}
    if not names or any(isinstance(node, (ast.Call, ast.Attribute)) for node in ast.walk(loop.test)):
        return False
    stored = [n for n in ast.walk(loop) if isinstance(n, ast.Name) and n.id in names and isinstance(n.ctx, ast.Store)]
    # Once for each time around: a count of batches is none of epochs.
    steps = [n for n in _outside_loops(loop.body) if isinstance(n, ast.AugAssign) and isinstance(n.value, ast.Constant)]
    return bool(stored) and all(any(step.target is name for step in steps) for name in stored)


def _outside_loops(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a loop's body that stand in no loop within it."""
    for node in body:
        yield node
        if not isinstance(node, (ast.For, ast.While)):
            yield from _outside_loops(ast.iter_child_nodes(node))


class _Flags:
    """Names that no loop changes, such as `args.dry_run`: whether an `if` on them alone is taken is known."""

    def __init__(self, frame: FrameType, tree: ast.Module, loop: ast.For | ast.While) -> None:
        self.loop = loop
        self.values = {**frame.f_globals, **frame.f_locals}
        self.changing = {n.id for n in ast.walk(loop) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for node in ast.walk(tree):
            if isinstance(node, (ast.Global, ast.Nonlocal)):
                self.changing.update(node.names)

    def never(self, test: ast.expr) -> bool:
        """Whether this is one of those names, and false."""
        return not isinstance(test, ast.Constant) and self.value(test) in (False, None, 0)

    def changes(self, test: ast.expr) -> bool:
        """Whether a test may come out otherwise in another round, by more than the round's own number."""
        rounds = {n.id for loop in ast.walk(self.loop) if isinstance(loop, ast.For) for n in _names(loop.target)}
        added = (n for n in ast.walk(self.loop) if isinstance(n, ast.AugAssign) and isinstance(n.value, ast.Constant))
        counted = {n.target.id for n in added if isinstance(n.target, ast.Name)}
        return any(
            (isinstance(node, ast.Name) and node.id in self.changing - rounds - counted)
            or (isinstance(node, ast.Attribute) and self.is_own(node.value))
            or (isinstance(node, ast.Call) and self.is_own(node.func))
            for node in ast.walk(test)
        )

    def is_own(self, node: ast.expr) -> bool:
        """Whether this is an object of a class of the notebook's own."""
        value = self.held(node)
        return type(value).__module__ == "__main__" and not isinstance(value, FunctionType)

    def held(self, node: ast.expr) -> Any:
        """What a name holds, or an attribute of that; None where it is anything else, or can't be known."""
        if isinstance(node, ast.Name):
            return self.values.get(node.id)
        if isinstance(node, ast.Attribute) and (owner := self.held(node.value)) is not None:
            held = vars(owner).get(node.attr) if hasattr(owner, "__dict__") else None
            return inspect.getattr_static(owner, node.attr, None) if held is None else held
        return None

    def called(self, node: ast.expr) -> ast.AST | None:
        """The source of the notebook's own function that a call calls; None where it is none."""
        value = self.held(node)
        if type(value).__module__ == "__main__" and not isinstance(value, FunctionType):
            value = inspect.getattr_static(value, "__call__", None)
        return _source_of(value) if isinstance(value, FunctionType) else None

    def value(self, node: ast.expr) -> bool | int | None:
        """The plain value of a name, or of an attribute of parsed arguments; anything else is as good as true."""
        if isinstance(node, ast.Name) and node.id not in self.changing:
            value = self.values.get(node.id, True)
        elif (
            isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id not in self.changing
        ):
            owner = self.values.get(node.value.id)
            value = getattr(owner, node.attr, True) if type(owner) is argparse.Namespace else True
        else:
            return True
        return value if isinstance(value, (bool, int, type(None))) else True


def _leaves(node: ast.AST, breaks: bool, flags: _Flags) -> bool:
    """Whether a statement may leave the loop it stands in: by return from the function, or where `breaks`, by break."""
    if isinstance(node, ast.Break):
        return breaks
    if isinstance(node, ast.Return):
        return True
    if isinstance(node, _BODIES):
        return False
    if isinstance(node, ast.If) and flags.never(node.test):
        return any(_leaves(child, breaks, flags) for child in node.orelse)
    inner = breaks and not isinstance(node, (ast.For, ast.While))
    return any(_leaves(child, inner, flags) for child in ast.iter_child_nodes(node))


def _continues(node: ast.If) -> bool:
    """Whether it may go on with the next round of the loop it stands in."""
    return any(isinstance(n, ast.Continue) for n in _outside_loops(node.body))


def _names(node: ast.AST) -> Iterator[ast.Name]:
    return (n for n in ast.walk(node) if isinstance(n, ast.Name))


def _source_of(function: FunctionType) -> ast.AST | None:
    """The definition of a function of the notebook's own."""
    code = function.__code__
    tree = _parsed("".join(linecache.getlines(code.co_filename))) if _own(code.co_filename) else None
    defined = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == code.co_name) if tree else ()
    return next((n for n in defined if n.lineno <= code.co_firstlineno + len(n.decorator_list) <= _last(n)), None)


def _last(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _ends_itself(rounds: ast.expr, flags: _Flags) -> bool:
    """Whether what a loop goes over ends by a condition: `iter` with a sentinel, `takewhile`, an own generator's."""
    for call in (n for n in ast.walk(rounds) if isinstance(n, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name == "takewhile" or (name == "iter" and len(call.args) == 2):
            return True
        source = flags.called(call.func)
        if source is None or not any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in ast.walk(source)):
            continue
        for node in ast.walk(source):
            if isinstance(node, ast.While) and not _counts(node):
                return True
            if isinstance(node, (ast.Return, ast.Break)):
                return True
    return False


def _raises(loop: ast.AST, flags: _Flags) -> bool:
    """Whether anything in a loop raises by itself, or in a function of the notebook's own that it calls."""
    for node in ast.walk(loop):
        if isinstance(node, ast.Raise):
            return True
        source = flags.called(node.func) if isinstance(node, ast.Call) else None
        if source is not None and any(isinstance(n, ast.Raise) for n in ast.walk(source)):
            return True
    return False
