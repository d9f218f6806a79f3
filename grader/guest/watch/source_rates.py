"""Reads what learning rates that a notebook sets by hand depend on: the number of the epoch, or something measured."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Collection, Iterator

_NOTEBOOK = ("/ipykernel_", "<ipython-input-")
_PURE = {
    "range",
    "int",
    "float",
    "min",
    "max",
    "pow",
    "round",
    "abs",
    "len",
    "enumerate",
    "zip",
    "list",
    "tuple",
    "sum",
}
_COUNTING = {"range", "trange", "tqdm", "enumerate", "zip", "list", "reversed"}  # of numbers that are known
_MODULES = {"math", "np", "numpy"}
_MOST_DEPTH = 12
_MOST_SOURCE = 200_000  # characters
_PLAIN = (ast.Constant, ast.operator, ast.unaryop, ast.cmpop, ast.boolop, ast.expr_context)
_UNKNOWN = (ast.ClassDef, ast.Lambda, ast.ExceptHandler, ast.Match, ast.withitem, ast.NamedExpr, ast.Delete)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def follow_epochs(files: Collection[str] | None = None) -> bool | None:
    """Whether all learning rates that the notebook's cells set follow from the number of the epoch and constants.

    None where none sets any. With `files` only what stands in these is looked at, as far as it needs no others.
    """
    texts = {
        name: "".join(entry[2])
        for name, entry in list(linecache.cache.items())
        if any(part in name for part in _NOTEBOOK) and len(entry) > 2
    }
    if not any(_mentions_rates(text) for name, text in texts.items() if files is None or name in files):
        return None
    if sum(map(len, texts.values())) > _MOST_SOURCE:
        return False
    try:
        trees = {name: ast.parse(text) for name, text in texts.items()}
        code = _Code([*trees.values()])
        chosen = [tree for name, tree in trees.items() if files is None or name in files]
        return code.rates_follow([node for tree in chosen for node in ast.walk(tree)])
    except (SyntaxError, ValueError, RecursionError):
        return False


def _mentions_rates(text: str) -> bool:
    return "param_groups" in text or '"lr"' in text or "'lr'" in text


class _Code:
    """All cells; a name means the same wherever it stands, so that whatever is bound to it must be known."""

    def __init__(self, trees: list[ast.Module]) -> None:
        self.parents: dict[ast.AST, ast.AST] = {}
        self.nodes = [node for tree in trees for node in ast.walk(tree)]
        for node in self.nodes:
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
        self.imported = {
            alias.asname or alias.name
            for node in self.nodes
            if isinstance(node, ast.ImportFrom) and node.module in ("math", "numpy")
            for alias in node.names
        }
        self.asked: set[str] = set()  # names that are being looked up, or were found to be known

    def rates_follow(self, nodes: list[ast.AST]) -> bool | None:
        """Whether each place among these that sets a rate sets it by what is known, once an epoch; None without any."""
        stores = [node for node in nodes if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)]
        groups = {n.id for n in self.nodes if isinstance(n, ast.Name) and self.is_group(n)}
        places = [store for store in stores if _is_rate(store)]
        if any(not isinstance(store.slice, ast.Constant) and _base(store) in groups for store in stores):
            return False
        if any(isinstance(node, ast.Call) and _updates(node, groups) for node in nodes):
            return False
        return all(self.known_statement(place, 0) for place in places) if places else None

    def is_group(self, name: ast.Name) -> bool:
        """Whether a name is bound to parameter groups."""
        outer = self.parents.get(name)
        if isinstance(outer, ast.For):
            return _goes_over_groups(outer)
        return isinstance(outer, ast.Assign) and "param_groups" in {
            node.attr for node in ast.walk(outer.value) if isinstance(node, ast.Attribute)
        }

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node stands in, innermost first."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def known_statement(self, node: ast.AST, depth: int) -> bool:
        """Whether what is assigned, and whether and how often, follows from what is known."""
        if depth > _MOST_DEPTH:
            return False
        for outer in self.above(node):
            if isinstance(outer, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
                if outer.value is None or not self.known(outer.value):
                    return False
            elif isinstance(outer, (ast.If, ast.While)):
                if not self.known(outer.test):
                    return False
            elif isinstance(outer, ast.For):
                if not (_goes_over_groups(outer) or self.known(outer.iter)):
                    return False
            elif isinstance(outer, (*_UNKNOWN, ast.AsyncFor, ast.comprehension)):
                return False
            if isinstance(outer, (ast.For, ast.While, *_FUNCTIONS)) and not self.leaves_known(outer):
                return False
            if isinstance(outer, _FUNCTIONS):
                return self.called(outer, depth)
        return True

    def leaves_known(self, outer: ast.AST) -> bool:
        """Whether what leaves a turn of a loop, or a function, before its end does so by what is known."""
        kinds = (ast.Return,) if isinstance(outer, _FUNCTIONS) else (ast.Continue,)
        nearest = (*_FUNCTIONS, ast.Lambda) if isinstance(outer, _FUNCTIONS) else (ast.For, ast.While)
        for leaving in (node for node in ast.walk(outer) if isinstance(node, kinds)):
            between = []
            for above in self.above(leaving):
                if isinstance(above, nearest):
                    break
                between.append(above)
            if above is outer and not all(self.known(n.test) for n in between if isinstance(n, (ast.If, ast.While))):
                return False
        return True

    def called(self, function: ast.FunctionDef | ast.AsyncFunctionDef, depth: int) -> bool:
        """Whether all calls of a function are plain ones that follow from what is known."""
        uses = [n for n in self.nodes if isinstance(n, ast.Name) and n.id == function.name]
        calls = [self.parents.get(use) for use in uses]
        return not function.decorator_list and all(
            isinstance(call, ast.Call) and call.func is use and self.known_statement(call, depth + 1)
            for use, call in zip(uses, calls)
        )

    def known(self, node: ast.AST) -> bool:
        """Whether an expression is of constants and known names alone, and of rates as they are."""
        if isinstance(node, ast.Name):
            return node.id in self.imported or self.known_name(node.id)
        if _is_rate(node):
            return True
        if isinstance(node, ast.Call):
            function = node.func
            pure = isinstance(function, ast.Name) and function.id in _PURE | _COUNTING | self.imported
            pure = pure or (isinstance(function, ast.Attribute) and _is_module(function.value))
            return pure and all(self.known(part) for part in [*node.args, *(k.value for k in node.keywords)])
        if isinstance(node, ast.Attribute):
            return _is_module(node.value) or (isinstance(node.value, ast.Name) and self.are_arguments(node.value.id))
        kinds = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Tuple, ast.List, ast.Dict)
        if isinstance(node, (*kinds, ast.Subscript, ast.Slice, ast.Starred)):
            return all(self.known(child) for child in ast.iter_child_nodes(node))
        return isinstance(node, _PLAIN)

    def known_name(self, name: str) -> bool:
        """Whether everything that is bound to a name is known, and bound no more often than once an epoch."""
        if name in self.asked:
            return True
        self.asked.add(name)
        stores = [n for n in self.nodes if isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)]
        arguments = [n for n in self.nodes if isinstance(n, ast.arg) and n.arg == name]
        others = [
            n
            for n in self.nodes
            if (isinstance(n, (*_FUNCTIONS, ast.ClassDef)) and n.name == name)
            or (isinstance(n, ast.alias) and (n.asname or n.name) == name)
            or (isinstance(n, ast.ExceptHandler) and n.name == name)
        ]
        found = bool(stores or arguments) and not others and not self.is_changed(name)
        found = found and all(self.known_statement(store, 0) for store in stores)
        return found and all(self.known_argument(argument) for argument in arguments)

    def is_changed(self, name: str) -> bool:
        """Whether what a name is bound to may be changed in place: a method of it is called, or a part of it set."""
        parts = (n for n in self.nodes if isinstance(n, (ast.Attribute, ast.Subscript)) and _base(n) == name)
        return any(isinstance(part, ast.Attribute) or not isinstance(part.ctx, ast.Load) for part in parts)

    def are_arguments(self, name: str) -> bool:
        """Whether a name is bound to parsed arguments alone, none of which is set."""
        bound = [n for n in self.nodes if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)]
        parsed = (
            isinstance(outer := self.parents.get(store), ast.Assign)
            and isinstance(outer.value, ast.Call)
            and isinstance(outer.value.func, ast.Attribute)
            and outer.value.func.attr == "parse_args"
            for store in bound
        )
        stored = (
            n for n in self.nodes if isinstance(n, ast.Attribute) and _base(n) == name and isinstance(n.ctx, ast.Store)
        )
        return bool(bound) and all(parsed) and not any(stored)

    def known_argument(self, argument: ast.arg) -> bool:
        """Whether a parameter is given what is known, by its default and in every call."""
        owner = self.parents[argument]
        function = self.parents[owner]
        if not isinstance(owner, ast.arguments) or not isinstance(function, _FUNCTIONS) or owner.vararg or owner.kwarg:
            return False
        names = [each.arg for each in (*owner.posonlyargs, *owner.args)]
        defaults = [*owner.defaults, *(default for default in owner.kw_defaults if default is not None)]
        for call in (n for n in self.nodes if isinstance(n, ast.Call)):
            if not (isinstance(call.func, ast.Name) and call.func.id == function.name):
                continue
            given = dict(zip(names, call.args)) | {k.arg: k.value for k in call.keywords if k.arg}
            starred = any(isinstance(each, ast.Starred) for each in call.args) or any(not k.arg for k in call.keywords)
            if starred or (argument.arg in given and not self.known(given[argument.arg])):
                return False
        return all(self.known(default) for default in defaults)


def _is_rate(node: ast.AST) -> bool:
    """`group["lr"]`, whatever the group."""
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value == "lr"


def _base(node: ast.Attribute | ast.Subscript) -> str:
    """The name whose part this is; empty for anything else."""
    return node.value.id if isinstance(node.value, ast.Name) else ""


def _updates(call: ast.Call, groups: Collection[str]) -> bool:
    """Whether a call may set a rate: `group.update(lr=0.1)`, `group.__setitem__("lr", 0.1)`."""
    function = call.func
    if not isinstance(function, ast.Attribute) or function.attr not in ("update", "__setitem__", "setdefault"):
        return False
    return _base(function) in groups or "param_groups" in {
        node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)
    }


def _is_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in _MODULES


def _goes_over_groups(loop: ast.For) -> bool:
    """`for group in optimizer.param_groups`."""
    inner = loop.iter.args[-1] if isinstance(loop.iter, ast.Call) and loop.iter.args else loop.iter
    return isinstance(inner, ast.Attribute) and inner.attr == "param_groups"
