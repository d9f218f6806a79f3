"""Follows an epoch loop of a notebook's own with made-up numbers: what ends it, and when weights are kept.

Only numbers, names and branches are followed, into functions and methods of the notebook's own as well. Nothing of the
notebook is called, and nothing of it is changed.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any

from .source_loops import installed

Place = tuple[str, int, int]  # a statement: its file, first and last line
STOP: Place = ("", 0, 0)  # what is followed: the end of the loop, or else the statement that keeps weights
_MOST_STATEMENTS = 20_000  # of one run
_DEPTH = 6  # of calls
_CACHED = 4096  # expressions
_COPIES = ("deepcopy", "save", "clone")
_NUMBERS = (bool, int, float)
_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
}  # fmt: skip
_COMPARED: dict[type, Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne, ast.Is: operator.is_, ast.IsNot: operator.is_not,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "float": float, "int": int, "bool": bool, "abs": abs, "min": min, "max": max, "round": round, "isnan": math.isnan,
    "isinf": math.isinf,
}  # fmt: skip


class UnreadableError(Exception):
    """A loop that can't be followed with certainty; says why, for a reader."""


@dataclass(frozen=True)
class Unknown:
    """A value that isn't known: the expressions of the loop's own frame that it depends on."""

    roots: frozenset[str]


class _Broken(Exception):
    pass


class _Continued(Exception):
    pass


class _Returned(Exception):
    def __init__(self, value: Any) -> None:
        self.value = value


@dataclass
class EpochLoop:
    """A loop over epochs, and the names that its frame held when its first step was taken."""

    node: ast.For | ast.While
    file: str
    names: Mapping[str, Any]
    numbers: set[float] = field(default_factory=set)  # that were met on the way

    @classmethod
    def of(cls, node: ast.For | ast.While, frame: FrameType) -> EpochLoop:
        """With the names as they are now."""
        return cls(node, frame.f_code.co_filename, {**frame.f_globals, **frame.f_locals})

    @functools.cached_property
    def counter(self) -> range | None:
        """What it counts through; None where that isn't known."""
        if not isinstance(self.node, ast.For):
            return None
        given: ast.expr = self.node.iter
        while isinstance(given, ast.Call) and given.args and _called(given) in ("tqdm", "notebook", "tqdm_notebook"):
            given = given.args[0]
        if not isinstance(given, ast.Call) or _called(given) not in ("range", "trange", "tnrange"):
            return None
        try:
            bounds = [_Run(self, None, "").value(bound, _Scope(self.names, self.file)) for bound in given.args]
        except UnreadableError:
            return None
        return range(*bounds) if bounds and all(type(bound) is int for bound in bounds) else None

    def reached(self) -> dict[Place, frozenset[str]]:
        """What ends the loop or keeps weights, and the expressions that decide whether it does."""
        run = _Run(self, None, "")
        run.epochs([0.0, 0.0])
        counted = _stored(self.node.target) if isinstance(self.node, ast.For) else frozenset()
        return {
            place: frozenset(root for root in roots if not root or not _names(_parsed(root)) <= counted)
            for place, roots in run.reached.items()
        }

    def follow(self, target: Place, root: str, values: Sequence[float]) -> list[bool]:
        """After which of these epochs it happens, when an expression has these values; those that are trained.

        Raises UnreadableError where something else decides.
        """
        return _Run(self, target, root).epochs(values)


class _Scope:
    """The names of the loop's frame, or of a function that is called from it."""

    def __init__(self, names: Mapping[str, Any], file: str, own: dict[str, Any] | None = None) -> None:
        self.names, self.file, self.top = names, file, own is None
        self.own: dict[str, Any] = own if own is not None else {}
        self.assigned: set[str] = set()  # in this epoch
        self.result: Any = None


class _Run:
    """One run through some epochs. Without a `target` all that may happen is only collected."""

    def __init__(self, loop: EpochLoop, target: Place | None, root: str) -> None:
        self.loop, self.target, self.root = loop, target, root
        self.fed: float | None = None
        self.attributes: dict[tuple[int, str], Any] = {}
        self.objects: list[Any] = []  # held, so that their ids stay theirs
        self.conditions: list[frozenset[str]] = []  # that aren't known, around what is being followed
        self.passed: frozenset[str] = frozenset()  # what may have ended the epoch before this place
        self.reached: dict[Place, frozenset[str]] = {}
        self.happened = False
        self.statements = self.depth = 0
        self.stored = _stored(loop.node)
        chosen = [node for node in ast.walk(loop.node) if isinstance(node, ast.If)]
        self.fresh = self.stored.difference(*map(_stored, chosen))  # that no branch decides on

    def epochs(self, values: Sequence[float]) -> list[bool]:
        """Whether the target happened in each epoch until the loop ends."""
        scope, happened = _Scope(self.loop.names, self.loop.file), []
        counter = self.loop.counter
        for number, value in enumerate(values):
            self.fed, self.happened = value, False
            scope.assigned, self.passed = set(), frozenset()
            if isinstance(self.loop.node, ast.For):
                known = self.target is not None and counter is not None and number < len(counter)
                place: Any = counter[number] if known and counter is not None else None
                for name in _stored(self.loop.node.target):
                    self.assign_text(name, Unknown(frozenset([name])) if place is None else place, scope)
            try:
                self.body(self.loop.node.body, scope)
            except _Continued:
                pass
            except _Broken:
                happened.append(self.happened)
                break
            except RecursionError as error:
                raise UnreadableError("what decides calls itself") from error
            happened.append(self.happened)
        return happened

    # statements

    def body(self, statements: Iterable[ast.stmt], scope: _Scope) -> None:
        for statement in statements:
            self.statements += 1
            if self.statements > _MOST_STATEMENTS:
                raise UnreadableError("what decides takes too many steps")
            self.statement(statement, scope)

    def statement(self, node: ast.stmt, scope: _Scope) -> None:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            if node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                value = self.value(node.value, scope)
                for target in targets:
                    self.assign(target, value, node.value, scope)
        elif isinstance(node, ast.AugAssign):
            whole = _whole(node)
            self.assign(node.target, self.value(whole, scope), whole, scope)
        elif isinstance(node, ast.Expr):
            self.value(node.value, scope)
        elif isinstance(node, ast.If):
            self.branch(self.value(node.test, scope), node.body, node.orelse, scope)
        elif isinstance(node, ast.With):
            self.body(node.body, scope)
        elif isinstance(node, ast.Break):
            self.happens(STOP)
            if not self.conditions:
                raise _Broken
            self.passed = self.passed.union(*self.conditions)
        elif isinstance(node, ast.Continue):
            self.certain()
            if not self.conditions:
                raise _Continued
            self.passed = self.passed.union(*self.conditions)
        elif isinstance(node, ast.Return):
            if scope.top:
                self.uncertain("a return ends the training")
                return
            value = None if node.value is None else self.value(node.value, scope)
            if not self.conditions:
                raise _Returned(value)
            scope.result = self.doubtful(value)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            self.uncertain("what decides is kept in variables of other functions")
        elif isinstance(node, (ast.For, ast.While, ast.Try)):
            self.blind([node], scope)
        elif isinstance(node, (ast.Raise, ast.Match, ast.Delete)) and self.target is not None and not self.conditions:
            raise UnreadableError("an error may end the training, or something that can't be followed")
        if not isinstance(node, (ast.If, ast.With, ast.For, ast.While, ast.Try)) and _copies(node):
            self.happens((scope.file, node.lineno, node.end_lineno or node.lineno))

    def branch(self, test: Any, then: Sequence[ast.stmt], other: Sequence[ast.stmt], scope: _Scope) -> None:
        """Both ways where it isn't known which is taken: what they leave isn't known either."""
        if not isinstance(test, Unknown):
            self.body(then if _truth(test) else other, scope)
            return
        self.conditions.append(test.roots)
        try:
            for way in (then, other):
                self.body(way, scope)
        except (_Broken, _Continued, _Returned) as error:  # conditions keep these from being raised
            raise UnreadableError("what decides can't be followed") from error
        finally:
            self.conditions.pop()

    def blind(self, nodes: Sequence[ast.stmt], scope: _Scope) -> None:
        """What a loop within leaves isn't known; it must not leave the epochs itself."""
        for node in nodes:
            for inner in _own(node):
                if isinstance(inner, ast.Return) and scope.top:
                    self.uncertain("a return ends the training")
                if isinstance(inner, ast.Break) and isinstance(node, ast.Try):
                    self.uncertain("what ends the training stands in a try")
            for name in _stored(node):
                self.assign_text(name, Unknown(frozenset([name] if scope.top else [""])), scope)

    def happens(self, place: Place) -> None:
        """Something that is followed would happen here."""
        if self.target is None:
            roots = self.passed.union(*self.conditions)
            self.reached[place] = self.reached.get(place, frozenset()) | roots
        elif place == self.target:
            self.certain()
            self.happened = True

    def certain(self) -> None:
        if self.target is not None and self.conditions:
            raise UnreadableError("it depends on " + " and ".join(sorted(filter(None, self.conditions[-1]))[:3]))

    def uncertain(self, why: str) -> None:
        if self.target is not None:
            raise UnreadableError(why)

    def doubtful(self, value: Any) -> Any:
        """A value that is there only under conditions that aren't known."""
        if not self.conditions and not self.passed:
            return value
        roots = value.roots if isinstance(value, Unknown) else frozenset[str]()
        return Unknown(roots.union(self.passed, *self.conditions))

    # names

    def assign(self, target: ast.expr, value: Any, source: ast.expr, scope: _Scope) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            known = isinstance(value, tuple) and len(value) == len(target.elts)
            for place, part in enumerate(target.elts):
                self.assign(part, value[place] if known else self.lost(value), source, scope)
        elif isinstance(target, (ast.Name, ast.Attribute)):
            value = self.doubtful(value)
            name = _text(target)
            anew = scope.top and name in self.fresh and not self.conditions and not self.carried(source, scope)
            anew = anew and not isinstance(source, ast.UnaryOp)  # the negative of what is looked at
            if isinstance(value, Unknown) and anew:
                value = Unknown(frozenset([name]))  # computed anew in each epoch: what is looked at is this name
            self.put(target, value, scope)
        elif isinstance(target, ast.Subscript):
            self.value(target.value, scope)

    def carried(self, source: ast.expr, scope: _Scope) -> bool:
        """Whether an expression reads what an earlier epoch left."""
        return bool((_names(source) & self.stored) - scope.assigned)

    def assign_text(self, name: str, value: Any, scope: _Scope) -> None:
        self.put(_parsed(name), value, scope)

    def put(self, target: ast.expr, value: Any, scope: _Scope) -> None:
        if not self.conditions:
            scope.assigned.add(_text(target))
        if isinstance(target, ast.Name):
            scope.own[target.id] = value
        elif isinstance(target, ast.Attribute):
            owner = self.value(target.value, scope)
            if not isinstance(owner, Unknown):
                self.objects.append(owner)
                self.attributes[id(owner), target.attr] = value

    def lost(self, value: Any) -> Unknown:
        return value if isinstance(value, Unknown) else Unknown(frozenset([""]))

    # expressions

    def value(self, node: ast.expr, scope: _Scope) -> Any:
        """What an expression gives, or Unknown."""
        if self.root and scope.top and _text(node) == self.root and self.ready(node, scope):
            return self.fed
        found = self._value(node, scope)
        if type(found) in (int, float) and math.isfinite(found):
            self.loop.numbers.add(found)
        return found

    def ready(self, node: ast.expr, scope: _Scope) -> bool:
        """Whether what is fed has been computed in this epoch."""
        return _names(node) & self.stored <= scope.assigned

    def _value(self, node: ast.expr, scope: _Scope) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self.name(node, scope)
        if isinstance(node, ast.Attribute):
            return self.attribute(node, scope)
        if isinstance(node, ast.Tuple):
            return tuple(self.value(part, scope) for part in node.elts)
        if isinstance(node, ast.IfExp):
            return self.choice(node, scope)
        if isinstance(node, ast.BoolOp):
            return self.both(node, scope)
        if isinstance(node, ast.Compare):
            return self.compare(node, scope)
        if isinstance(node, ast.Call):
            return self.call(node, scope)
        if isinstance(node, ast.NamedExpr):
            value = self.value(node.value, scope)
            self.assign(node.target, value, node.value, scope)
            return self.value(node.target, scope)
        parts = [self.value(child, scope) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        if all(type(part) in _NUMBERS for part in parts):
            if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
                try:
                    return _BINARY[type(node.op)](*parts)
                except ArithmeticError:
                    return self.unknown(node, parts, scope)
            if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
                return -parts[0] if isinstance(node.op, ast.USub) else not parts[0]
        return self.unknown(node, parts, scope)

    def unknown(self, node: ast.expr, parts: Iterable[Any], scope: _Scope) -> Unknown:
        """Nothing is known of it but what it depends on: itself, where that is computed anew in each epoch."""
        roots = frozenset[str]().union(*(part.roots for part in parts if isinstance(part, Unknown)))
        if (len(roots) != 1 or "" in roots) and scope.top and _plain(node) and not self.carried(node, scope):
            return Unknown(frozenset([_text(node)]))
        return Unknown(roots or frozenset([_text(node) if scope.top else ""]))

    def name(self, node: ast.Name, scope: _Scope) -> Any:
        if node.id in scope.own:
            return scope.own[node.id]
        if node.id in scope.names:
            return _read(scope.names[node.id])
        if node.id in _FUNCTIONS:
            return _FUNCTIONS[node.id]
        return Unknown(frozenset([node.id if scope.top else ""]))

    def attribute(self, node: ast.Attribute, scope: _Scope) -> Any:
        owner = self.value(node.value, scope)
        if isinstance(owner, Unknown):
            return self.unknown(node, [owner], scope)
        if (id(owner), node.attr) in self.attributes:
            return self.attributes[id(owner), node.attr]
        if isinstance(owner, ModuleType):
            return _read(vars(owner).get(node.attr, Unknown(frozenset([""]))))
        held = getattr(owner, "__dict__", {})
        if isinstance(held, Mapping) and node.attr in held:
            return _read(held[node.attr])
        function = inspect.getattr_static(type(owner), node.attr, None)
        if isinstance(function, FunctionType):
            return MethodType(function, owner)
        if type(function) in _NUMBERS:
            return function
        return self.unknown(node, [], scope)

    def choice(self, node: ast.IfExp, scope: _Scope) -> Any:
        test = self.value(node.test, scope)
        if not isinstance(test, Unknown):
            return self.value(node.body if _truth(test) else node.orelse, scope)
        parts = [self.value(node.body, scope), self.value(node.orelse, scope)]
        return Unknown(test.roots.union(*(part.roots for part in parts if isinstance(part, Unknown))))

    def both(self, node: ast.BoolOp, scope: _Scope) -> Any:
        ends, value, roots = isinstance(node.op, ast.Or), None, frozenset[str]()
        for part in node.values:
            value = self.value(part, scope)
            if isinstance(value, Unknown):
                roots |= value.roots or frozenset([""])
            elif _truth(value) == ends:
                return value
        return Unknown(roots) if roots else value

    def compare(self, node: ast.Compare, scope: _Scope) -> Any:
        parts = [self.value(part, scope) for part in (node.left, *node.comparators)]
        roots = frozenset[str]().union(*(part.roots for part in parts if isinstance(part, Unknown)))
        same = all(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops)
        plain = all(type(part) in (*_NUMBERS, str) or part is None for part in parts)
        if roots or not all(type(op) in _COMPARED for op in node.ops) or not (same or plain):
            return Unknown(roots or frozenset([""]))
        try:
            return all(_COMPARED[type(op)](*pair) for op, pair in zip(node.ops, zip(parts, parts[1:])))
        except TypeError:
            return Unknown(frozenset([""]))

    def call(self, node: ast.Call, scope: _Scope) -> Any:
        function = self.value(node.func, scope)
        given = [self.value(part.value if isinstance(part, ast.Starred) else part, scope) for part in node.args]
        named = {keyword.arg or "": self.value(keyword.value, scope) for keyword in node.keywords}
        numbers = [*given, *named.values()]
        known = getattr(function, "__name__", "")
        owner = str(getattr(function, "__module__", None) or type(function).__module__)
        if known in _FUNCTIONS and owner.split(".")[0] in ("builtins", "math", "numpy") and not named:
            flat = given[0] if len(given) == 1 and isinstance(given[0], tuple) else given
            if all(type(part) in (*_NUMBERS, str) for part in flat):
                try:
                    return _FUNCTIONS[known](*given)
                except (ValueError, TypeError, ArithmeticError):
                    return Unknown(frozenset([""]))
        inner = self.own_function(function)
        if inner is not None and self.depth < _DEPTH and not any(isinstance(a, ast.Starred) for a in node.args):
            return self.into(inner, given, named)
        return self.unknown(node, [*numbers, function], scope)

    def own_function(self, function: Any) -> tuple[FunctionType, list[Any]] | None:
        """(a function of the notebook's own, what it is bound to); also that which makes an object of its callable."""
        if isinstance(function, MethodType):
            found, bound = function.__func__, [function.__self__]
        elif isinstance(function, FunctionType):
            found, bound = function, []
        else:
            call = inspect.getattr_static(type(function), "__call__", None)
            found, bound = call, [function]
        if not isinstance(found, FunctionType) or installed(found.__code__.co_filename):
            return None
        return found, bound

    def into(self, inner: tuple[FunctionType, list[Any]], given: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """Follow a function of the notebook's own."""
        function, bound = inner
        node = _definition(function)
        if node is None:
            return Unknown(frozenset([""]))
        try:
            arguments = inspect.signature(function).bind(*bound, *given, **named)
        except TypeError:
            return Unknown(frozenset([""]))
        arguments.apply_defaults()
        scope = _Scope(function.__globals__, function.__code__.co_filename, dict(arguments.arguments))
        self.depth += 1
        try:
            self.body(node.body, scope)
        except _Returned as returned:
            value = returned.value
            return value if scope.result is None else self.lost(scope.result)
        finally:
            self.depth -= 1
        return scope.result


def _read(value: Any) -> Any:
    """A value of the notebook's, numbers of numpy's as plain ones."""
    if type(value).__module__ == "numpy" and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()
    return value


def _truth(value: Any) -> bool:
    return bool(value) if type(value) in (*_NUMBERS, str, tuple) or value is None else True


def _definition(function: FunctionType) -> ast.FunctionDef | None:
    """The source of a function, by the line that it begins in."""
    return _defined(function.__code__)


@functools.lru_cache(_CACHED)
def _defined(code: CodeType) -> ast.FunctionDef | None:
    line = code.co_firstlineno
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except (SyntaxError, ValueError, RecursionError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first == line and not node.decorator_list:
                return node
    return None


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


@functools.lru_cache(_CACHED)
def _copies(node: ast.stmt) -> bool:
    """Whether a statement may keep a copy of weights."""
    return any(isinstance(call, ast.Call) and _called(call) in _COPIES for call in ast.walk(node)) and not isinstance(
        node, (ast.FunctionDef, ast.ClassDef)
    )


@functools.lru_cache(_CACHED)
def _whole(node: ast.AugAssign) -> ast.BinOp:
    """What it assigns: `a + b` of `a += b`."""
    target = _parsed(_text(node.target))
    return ast.copy_location(ast.BinOp(target, node.op, node.value), node)


@functools.lru_cache(_CACHED)
def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@functools.lru_cache(_CACHED)
def _text(node: ast.AST) -> str:
    return ast.unparse(node)


@functools.lru_cache(_CACHED)
def _names(node: ast.AST) -> frozenset[str]:
    """Names and attributes that an expression reads."""
    return frozenset(_text(n) for n in ast.walk(node) if isinstance(n, (ast.Name, ast.Attribute)))


def _is_target(node: ast.AST) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store)


@functools.lru_cache(_CACHED)
def _stored(node: ast.AST) -> frozenset[str]:
    """Names and attributes that are assigned somewhere in this."""
    return frozenset(_text(inner) for inner in ast.walk(node) if _is_target(inner))


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """All that stands in a statement, but for what is defined there."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            yield child
            yield from _own(child)


_PLAIN = (
    ast.Name,
    ast.Attribute,
    ast.Constant,
    ast.Subscript,
    ast.BinOp,
    ast.UnaryOp,
    ast.Load,
    ast.operator,
    ast.unaryop,
)
_HARMLESS = ("len", "float", "int", "sum", "min", "max", "mean", "item", "abs", "round", "average")


@functools.lru_cache(_CACHED)
def _plain(node: ast.expr) -> bool:
    """Whether an expression can be looked at once more without a trace."""
    return all(
        isinstance(inner, _PLAIN) or (isinstance(inner, ast.Call) and _called(inner) in _HARMLESS)
        for inner in ast.walk(node)
    )
