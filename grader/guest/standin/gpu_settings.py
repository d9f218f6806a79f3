"""Settings of a training that a notebook gives only where there is a GPU: they are the student's, on Colab.

`torch.cuda.is_available()` stays False here. Where it decides only over plain values, such as a loader's `shuffle`, a
cell takes the way that it takes with a GPU; where it decides over anything else, the way without one.
"""

from __future__ import annotations

import ast
import builtins
import copy
from typing import Any, TypeGuard

_HELPER = "__grader_with_gpu__"
_MATTERS = ("batch_size", "shuffle", "sampler", "batch_sampler", "drop_last")  # of a loader: which batches it brings
_FAST = (  # how fast it brings them
    *("num_workers", "pin_memory", "pin_memory_device", "prefetch_factor", "persistent_workers"),
    *("multiprocessing_context", "timeout"),
)
_ASKED = ("cuda.is_available", "cuda.device_count", "accelerator.is_available")
_HARMLESS = ("cuda", "to", "print", "manual_seed", "manual_seed_all", "empty_cache", "synchronize", "DataParallel")


class WithGpu:
    """What would hold with a GPU of the notebook's names that depend on one: by name, as they are assigned."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.taken = False  # whether any setting was taken as with a GPU

    def keep(self, name: str, value: object) -> None:
        """This name would hold this."""
        self.values[name] = value

    def __call__(self, name: str, value: object) -> object:
        """What a name would hold that holds this; noted, since a decision follows."""
        return self.values.get(name, value)

    def chosen(self, with_gpu: object, without: object) -> bool:
        """Whether a way is taken; noted where it would be another without a GPU."""
        self.taken = self.taken or bool(with_gpu) != bool(without)
        return bool(with_gpu)


def install(shell: Any) -> WithGpu:
    """From now on cells are run so; gives what tells whether any setting was taken."""
    found = WithGpu()
    vars(builtins)[_HELPER] = found
    shell.ast_transformers.append(_Settings())
    return found


class _Settings(ast.NodeTransformer):
    """Has decisions over settings, and over nothing else, made as with a GPU. Remembers names from cell to cell."""

    def __init__(self) -> None:
        self.known: set[str] = set()  # names that depend on a GPU

    def visit(self, node: ast.AST) -> Any:
        """A whole cell is taken as it is where it can't be gone through."""
        if not isinstance(node, ast.Module):
            return super().visit(node)
        try:
            return ast.fix_missing_locations(super().visit(copy.deepcopy(node)))
        except (RecursionError, ValueError):
            return node

    def visit_Assign(self, node: ast.Assign) -> Any:  # noqa: N802  a method of ast's
        """Keep what a name would hold with a GPU."""
        self.generic_visit(node)
        name = _dotted(node.targets[0]) if len(node.targets) == 1 else ""
        if name in _MATTERS:
            node.value = self.setting(node.value)
        self.known -= {name, f"{name}.type"}
        if name and (kept := self.condition(node.value)) is not None:
            self.known.add(name)
            return [node, _statement("keep", name, kept)]
        if name and (kept := self.device(node.value)) is not None:
            self.known |= {name, f"{name}.type"}
            return [node, _statement("keep", name, kept), _statement("keep", f"{name}.type", kept)]
        return node

    def visit_keyword(self, node: ast.keyword) -> Any:
        """`shuffle=use_cuda`."""
        self.generic_visit(node)
        if node.arg in _MATTERS:
            node.value = self.setting(node.value)
        return node

    def setting(self, value: ast.expr) -> ast.expr:
        """One setting that matters, where it is a number by a condition, or the condition itself."""
        if (
            isinstance(value, ast.IfExp)
            and isinstance(value.body, ast.Constant)
            and isinstance(value.orelse, ast.Constant)
        ):
            self.decide(value)
            return value
        there = self.condition(value)
        return value if there is None else _call("chosen", there, value)

    def device(self, value: ast.expr) -> ast.expr | None:
        """What kind of device `torch.device("cuda" if use_cuda else "cpu")` would be; None for anything else."""
        if isinstance(value, ast.Call) and _dotted(value.func).endswith("device") and len(value.args) == 1:
            value = value.args[0]
        if not isinstance(value, ast.IfExp) or (there := self.condition(value.test)) is None:
            return None
        kinds = [way.value for way in (value.body, value.orelse) if isinstance(way, ast.Constant)]
        if len(kinds) != 2 or not all(isinstance(kind, str) for kind in kinds):
            return None
        first, second = (ast.Constant(str(kind).partition(":")[0]) for kind in kinds)
        return ast.IfExp(there, first, second)

    def visit_IfExp(self, node: ast.IfExp) -> Any:  # noqa: N802
        """`{...} if use_cuda else {}`."""
        self.generic_visit(node)
        if _is_settings(node.body) and _is_settings(node.orelse) and _matter(node.body) != _matter(node.orelse):
            self.decide(node)
        return node

    def visit_If(self, node: ast.If) -> Any:  # noqa: N802
        """`if use_cuda: kwargs.update({...})`."""
        self.generic_visit(node)
        ways = (*node.body, *node.orelse)
        if all(map(_only_sets, ways)) and any(map(_sets_what_matters, ways)):
            self.decide(node)
        return node

    def decide(self, node: ast.If | ast.IfExp) -> None:
        """Put the test that holds with a GPU in the place of its own, where it depends on one."""
        if (there := self.condition(node.test)) is None:
            return
        node.test = _call("chosen", there, node.test)
        for way in (*node.body, *node.orelse) if isinstance(node, ast.If) else (node.body, node.orelse):
            for part in ast.walk(way):
                _without_workers(part)

    def condition(self, test: ast.expr) -> ast.expr | None:
        """What a condition is with a GPU; None where it doesn't depend on one, or on what must not run twice."""
        asks = _Asks(self.known)
        changed = asks.visit(copy.deepcopy(test))
        return changed if asks.found and not asks.strange and isinstance(changed, ast.expr) else None


class _Asks(ast.NodeTransformer):
    """Answers as a GPU would what a condition asks."""

    def __init__(self, known: set[str]) -> None:
        self.known, self.found, self.strange = known, False, False

    def visit(self, node: ast.AST) -> Any:
        """Conditions of names, constants, comparisons and this question; any other part is strange."""
        if _is_question(node):
            self.found = True
            return ast.Constant(True)
        if isinstance(node, (ast.Name, ast.Attribute)):
            name = _dotted(node)
            if name in self.known:
                self.found = True
                return _call("", ast.Constant(name), node)
            self.strange |= not name
            return node
        if not isinstance(
            node, (ast.BoolOp, ast.UnaryOp, ast.Compare, ast.Constant, ast.boolop, ast.unaryop, ast.cmpop)
        ):
            self.strange = True
            return node
        return self.generic_visit(node)


def _is_question(node: ast.AST) -> bool:
    """`torch.cuda.is_available()`."""
    return isinstance(node, ast.Call) and not node.args and _dotted(node.func).endswith(_ASKED)


def _dotted(node: ast.AST) -> str:
    """`args.cuda`; empty for anything but names and their attributes."""
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return owner and f"{owner}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _is_settings(node: ast.expr) -> bool:
    """A dictionary of plain values by their names."""
    if isinstance(node, ast.Dict):
        return all(map(_is_plain, node.values)) and None not in node.keys
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        return not node.args and all(keyword.arg and _is_plain(keyword.value) for keyword in node.keywords)
    return False


def _is_plain(node: ast.expr) -> bool:
    return isinstance(node, (ast.Constant, ast.Name)) or (isinstance(node, ast.Attribute) and bool(_dotted(node)))


def _matter(node: ast.expr) -> dict[str, str]:
    """The settings of a dictionary that change which batches come, each with its source."""
    pairs: list[tuple[object, ast.expr]] = []
    if isinstance(node, ast.Dict):
        pairs = [(key.value, value) for key, value in zip(node.keys, node.values) if isinstance(key, ast.Constant)]
    elif isinstance(node, ast.Call):
        pairs = [(keyword.arg, keyword.value) for keyword in node.keywords]
    return {str(name): ast.unparse(value) for name, value in pairs if name in _MATTERS}


def _only_sets(statement: ast.stmt) -> bool:
    """Whether a statement sets plain values, or does what is nothing without a GPU."""
    if isinstance(statement, (ast.Pass, ast.Import, ast.ImportFrom)):
        return True
    if isinstance(statement, ast.Assign):
        return _is_settings(statement.value) or _is_plain(statement.value) or _is_harmless(statement.value)
    if not isinstance(statement, ast.Expr):
        return False
    if _is_update(statement.value):
        return all(_is_plain(argument) or _is_settings(argument) for argument in statement.value.args)
    return isinstance(statement.value, ast.Constant) or _is_harmless(statement.value)


def _is_harmless(value: ast.expr) -> bool:
    """What is nothing, or no other training, without a GPU."""
    if isinstance(value, ast.Tuple):
        return all(map(_is_harmless, value.elts))
    name = value.func if isinstance(value, ast.Call) else None
    last = name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")
    return last in _HARMLESS


def _sets_what_matters(statement: ast.stmt) -> bool:
    """Whether a statement sets which batches come."""
    if isinstance(statement, ast.Assign):
        return bool(_matter(statement.value)) or any(map(_is_setting, statement.targets))
    if isinstance(statement, ast.Expr) and _is_update(statement.value):
        return any(map(_matter, (statement.value, *statement.value.args)))
    return False


def _is_update(node: ast.expr) -> TypeGuard[ast.Call]:
    """`kwargs.update(...)`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update"


def _is_setting(target: ast.expr) -> bool:
    """`shuffle`, or `kwargs["shuffle"]`."""
    key = target.slice if isinstance(target, ast.Subscript) else None
    return getattr(key, "value", None) in _MATTERS or _dotted(target) in _MATTERS


def _without_workers(node: ast.AST) -> None:
    """Take out of a dictionary what would only cost time here."""
    if isinstance(node, ast.Dict):
        kept = [
            (key, value)
            for key, value in zip(node.keys, node.values)
            if not (isinstance(key, ast.Constant) and key.value in _FAST)
        ]
        node.keys, node.values = [key for key, _ in kept], [value for _, value in kept]
    elif isinstance(node, ast.Call):
        node.keywords = [keyword for keyword in node.keywords if keyword.arg not in _FAST]


def _call(method: str, *arguments: ast.expr) -> ast.Call:
    """A call of what knows about a GPU."""
    helper: ast.expr = ast.Name(_HELPER, ast.Load())
    return ast.Call(ast.Attribute(helper, method, ast.Load()) if method else helper, list(arguments), [])


def _statement(method: str, name: str, value: ast.expr) -> ast.Expr:
    return ast.Expr(_call(method, ast.Constant(name), value))
