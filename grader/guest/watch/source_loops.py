"""Reads the loops around a training step: whether the notebook itself says how often it steps."""

from __future__ import annotations

import argparse
import ast
import linecache
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType

UNTIL = "it trains until a condition holds, not for a number of epochs"
_GUEST = str(Path(__file__).parents[1])  # this package, which stands between the notebook and torch
_INSTALLED = re.compile(r"[/\\](?:site|dist)-packages[/\\]")
_NEXT = re.compile(r"\bnext\s*\(")
_BODIES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_LIBRARIES = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))


def open_end() -> str:
    """How the training under way may end before its loops do, in words; empty when only counts decide.

    Looks at every function of the notebook's that the step was called from.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith("IPython."):
            return ""  # from here on it is what runs the notebook
        name = frame.f_code.co_filename
        if not name.startswith((_GUEST, "<frozen")) and not _installed(name):
            found = _around("".join(linecache.getlines(name)), frame)
            if found:
                return found
        frame = frame.f_back
    return ""


def asked_by_next() -> bool:
    """Whether a batch is asked for by `next()`, not by a loop, in the notebook or in a wrapper of its own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_GUEST):
        frame = frame.f_back
    if frame is None or _installed(frame.f_code.co_filename):
        return False
    return bool(_NEXT.search(linecache.getline(frame.f_code.co_filename, frame.f_lineno)))


def _installed(file: str) -> bool:
    """Whether a file is no part of the notebook's own code."""
    return file.startswith(_LIBRARIES) or bool(_INSTALLED.search(file))


def _around(source: str, frame: FrameType) -> str:
    """How the loops around the line that a frame is at may end early, in words, or empty; `source` is its file."""
    line = frame.f_lineno
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return ""
    holders = _holders(tree, line)
    outside = [i for i, node in enumerate(holders) if isinstance(node, _BODIES)]
    own = holders[outside[-1] + 1 :] if outside else holders
    loops = [node for node in own if isinstance(node, (ast.For, ast.While))]
    for loop in loops:
        if isinstance(loop, ast.While) and not _counts(loop):
            return UNTIL
        flags = _Flags(frame, tree, loop)
        if any(_leaves(node, True, flags) for node in loop.body):
            return "a condition may end the training before its last epoch"
    return ""


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
        self.values = {**frame.f_globals, **frame.f_locals}
        self.changing = {n.id for n in ast.walk(loop) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for node in ast.walk(tree):
            if isinstance(node, (ast.Global, ast.Nonlocal)):
                self.changing.update(node.names)

    def never(self, test: ast.expr) -> bool:
        """Whether this is one of those names, and false."""
        return not isinstance(test, ast.Constant) and self.value(test) in (False, None, 0)

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
