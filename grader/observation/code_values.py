"""What the expressions of a notebook's code may evaluate to, as far as its constants tell; nothing is run."""

import ast
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from grader.observation.live_code import Function, LiveCode, constant

_MOST_VALUES = 64
_DEEPEST = 60
_MOST_BOUND = 20_000  # calls of functions of one name
_MOST_EVALUATED = 200_000  # expressions; with more the code is left to a person
_MOST_NAMED = 1_000_000
_Scalar = int | float | str | bool | None
# They give what they are given, or a part of it.
_TRANSPARENT = frozenset(
    [
        "int",
        "float",
        "str",
        "list",
        "tuple",
        "set",
        "sorted",
        "reversed",
        "iter",
        "zip",
        "enumerate",
        "dict",
        "min",
        "max",
        "abs",
        "array",
        "asarray",
        "tensor",
        "tqdm",
        "product",
        "copy",
        "deepcopy",
        "items",
        "values",
        "Tensor",
        "pop",
        "get",
        "choice",
        "as_tensor",
    ]
)
_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: lambda a, b: int(a) << int(b),
}
_LARGEST = 1e12


class Value(NamedTuple):
    """The constants that something may be, its parts among them; `open` where it may be anything else as well."""

    known: frozenset[_Scalar] = frozenset()
    open: bool = False

    def numbers(self) -> set[float]:
        """Those that are numbers, or words that say one."""
        return {number for one in self.known if (number := _number(one)) is not None}


UNKNOWN = Value(open=True)


def joined(values: Iterable[Value]) -> Value:
    """All that any of these may be."""
    known: set[_Scalar] = set()
    anything = False
    for value in values:
        known |= value.known
        anything |= value.open
    return UNKNOWN if len(known) > _MOST_VALUES else Value(frozenset(known), anything)


def _few(steps: range) -> bool:
    return not steps or abs(steps[-1] - steps[0]) // abs(steps.step) < _MOST_VALUES


def _number(value: _Scalar) -> float | None:
    if isinstance(value, str):
        try:
            return float(value) if len(value) < 30 else None
        except ValueError:
            return None
    return None if value is None else float(value) if abs(value) < _LARGEST else None


class Values:
    """Evaluates expressions of live code: a name is whatever is assigned to it anywhere, under any condition."""

    def __init__(self, code: LiveCode) -> None:
        self.code = code
        self.memory: dict[str, Value] = {}
        self.working: set[str] = set()
        self.depth = self.cut = 0  # `cut`: how often no answer was looked for
        self.left, self.left_to_name = _MOST_EVALUATED, _MOST_NAMED
        self.names: dict[str, frozenset[str]] = {}
        self.given = self._given()

    def _given(self) -> dict[str, list[ast.AST | None]]:
        """What the arguments of the notebook's own functions are given: by calls, or by default; None for anything."""
        given: dict[str, list[ast.AST | None]] = {}
        called: dict[str, list[ast.Call]] = {}
        for site in self.code.sites:
            called.setdefault(site.name, []).append(site.node)
        for name, functions in self.code.functions.items():
            for function in functions:
                made = function.owner if name == "__init__" else name
                calls = called.get(made, [])
                if made != name:
                    calls = [*calls, *(call for call in called.get(name, []) if call.args or call.keywords)]
                by_others = len(function.keys) > 1 and function.owner and made == name
                known = not by_others and made not in self.code.passed and len(functions) * len(calls) < _MOST_BOUND
                for argument, values in _bindings(function, calls if known else [], known=known):
                    given.setdefault(argument, []).extend(values)
        return given

    def decide(self, test: ast.expr) -> bool | None:
        """How a condition ends; None where that isn't known."""
        ends = constant(test)
        if ends is not None:
            return ends
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self.decide(test.operand)
            return None if inner is None else not inner
        if isinstance(test, ast.Name):
            value = self.of(test)
            if value.open or not value.known or not self._plain(test):
                return None
            ends_of = {bool(one) for one in value.known}
            return ends_of.pop() if len(ends_of) == 1 else None
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            return self._compare(test)
        if isinstance(test, ast.Call):
            length = self.length(test)
            known = length is not None and not length.open and length.known
            return False if known and length and all(n <= 0 for n in length.numbers()) else None
        return None

    def _compare(self, test: ast.Compare) -> bool | None:
        compare = _COMPARISONS.get(type(test.ops[0]))
        sides = [self.of(test.left), self.of(test.comparators[0])]
        if compare is None or any(side.open or not side.known for side in sides):
            return None
        if not all(map(self._plain, (test.left, *test.comparators))):
            return None
        try:
            ends = {bool(compare(a, b)) for a in sides[0].known for b in sides[1].known}
        except TypeError:
            return None
        return ends.pop() if len(ends) == 1 else None

    def _plain(self, node: ast.expr) -> bool:
        """Whether it is a constant, or a name that nothing but constants are assigned to."""
        if not isinstance(node, ast.Name):
            return isinstance(node, ast.Constant)
        held = (*self.code.assigned.get(node.id, []), *self.given.get(node.id, []))
        return all(isinstance(value, ast.Constant) for value in held)

    def of(self, node: ast.AST | None) -> Value:
        """What an expression may evaluate to."""
        self.left -= 1
        if node is None or self.depth > _DEEPEST or self.left < 0:
            self.cut += node is not None
            return UNKNOWN
        self.depth += 1
        try:
            return self._of(node)
        finally:
            self.depth -= 1

    def _of(self, node: ast.AST) -> Value:
        match node:
            case ast.Constant(value=constant_value):
                plain = isinstance(constant_value, bool | int | float | str | None)
                return Value(frozenset({constant_value})) if plain else UNKNOWN  # type: ignore[arg-type]  # looked at
            case ast.Name(id=name):
                return self._key(name)
            case ast.Attribute(attr=name):
                return self._entry(name)
            case ast.Subscript(value=base, slice=ast.Constant(value=str(name))):
                return joined([self._entry(name)]) if f"[{name}" in self.code.assigned else self.of(base)
            case ast.Subscript(value=base):
                return self.of(base)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.BoolOp(values=parts):
                return joined(map(self.of, parts))
            case ast.Dict(values=parts, keys=keys):
                return joined([*map(self.of, parts), *(self.of(key) for key in keys if key is not None)])
            case ast.Starred(value=part) | ast.NamedExpr(value=part):
                return self.of(part)
            case ast.IfExp(body=body, orelse=orelse):
                return joined([self.of(body), self.of(orelse)])
            case ast.ListComp(elt=part) | ast.GeneratorExp(elt=part) | ast.SetComp(elt=part):
                return self.of(part)
            case ast.Compare():
                return Value(frozenset({True, False}))
            case ast.UnaryOp(op=ast.USub(), operand=part):
                value = self.of(part)
                return Value(frozenset(-n for n in value.numbers()), value.open)
            case ast.BinOp(left=left, op=op, right=right):
                return self._arithmetic(self.of(left), op, self.of(right))
            case ast.Call():
                return self._called(node)
        return UNKNOWN

    def _arithmetic(self, left: Value, op: ast.operator, right: Value) -> Value:
        operation = _OPERATIONS.get(type(op))
        if operation is None:
            return UNKNOWN
        found: set[_Scalar] = set()
        for a in left.numbers():
            for b in right.numbers():
                try:
                    if not (isinstance(op, ast.Pow | ast.LShift) and (abs(b) > 64 or abs(a) > 1e6)):
                        found.add(operation(a, b))
                except (ArithmeticError, ValueError, TypeError):
                    continue
                if len(found) > _MOST_VALUES:
                    return UNKNOWN
        strange = not (left.numbers() and right.numbers())
        lists = isinstance(op, ast.Add | ast.Mult)  # of lists: what is added, or said again, stays what it is
        more = left.known | right.known if lists else frozenset()
        return joined(
            [
                Value(
                    frozenset(f for f in found if not isinstance(f, complex)) | more, left.open or right.open or strange
                )
            ]
        )

    def _called(self, node: ast.Call) -> Value:
        name = _last(node.func)
        if name in ("range", "arange", "trange"):
            ends = [self.of(argument) for argument in node.args]
            if all(not end.open and len(end.numbers()) == 1 for end in ends) and 0 < len(ends) < 4:
                numbers = [next(iter(end.numbers())) for end in ends]
                if all(n == int(n) for n in numbers) and (len(numbers) < 3 or numbers[2]):
                    steps = range(*map(int, numbers))
                    return Value(frozenset(steps)) if _few(steps) else UNKNOWN
            return UNKNOWN
        if name in _TRANSPARENT:
            base = [node.func.value] if isinstance(node.func, ast.Attribute) and name in _OF_THEIR_OWN else []
            value = joined(map(self.of, [*base, *node.args, *(k.value for k in node.keywords)]))
            return joined([value, UNKNOWN]) if name == "enumerate" else value
        if name in self.code.returned and name in self.code.functions:
            return self._remembered(f"{name}()", self.code.returned[name])
        return UNKNOWN

    def _key(self, name: str) -> Value:
        assigned = [*self.code.assigned.get(name, []), *self.given.get(name, [])]
        return self._remembered(name, assigned) if assigned else UNKNOWN

    def _entry(self, name: str) -> Value:
        """An attribute, or an entry of a dictionary."""
        assigned = [*self.code.assigned.get(f".{name}", []), *self.code.assigned.get(f"[{name}", [])]
        return self._remembered(f".{name}", assigned) if assigned else UNKNOWN

    def _remembered(self, key: str, assigned: Iterable[ast.AST | None]) -> Value:
        if key in self.memory:
            return self.memory[key]
        if key in self.working:  # it depends on itself, as a counter does
            self.cut += 1
            return UNKNOWN
        before = self.cut
        self.working.add(key)
        value = joined(map(self.of, assigned))
        self.working.discard(key)
        if self.cut == before or not self.working:  # else it may rest on what is being worked out
            self.memory[key] = value
        return value

    def called(self, node: ast.expr) -> frozenset[str]:
        """The names of what an expression may be, where that is called: those of classes and functions; `*` for any."""
        key = node.id if isinstance(node, ast.Name) else f".{node.attr}" if isinstance(node, ast.Attribute) else ""
        if key and key in self.names:
            return self.names[key]
        found: set[str] = set()
        seen: set[str] = set()
        waiting: list[ast.AST | None] = [node]
        while waiting and self.left >= 0:
            part = waiting.pop()
            self.left_to_name -= 1
            if self.left_to_name < 0:
                self.left = -1
            match part:
                case ast.Attribute(attr=name) | ast.Name(id=name):
                    is_part = isinstance(part, ast.Attribute)
                    name = name if is_part else self.code.imported.get(name, name)
                    found.add(name)
                    place = f".{name}" if is_part else name
                    if place not in seen:
                        seen.add(place)
                        waiting += self.code.assigned.get(place, [])[:_MOST_VALUES]
                        waiting += [] if is_part else self.given.get(name, [])[:_MOST_VALUES]
                case ast.Call():
                    name = _last(part.func)
                    if name == "getattr":
                        found.add("*")
                    elif name == "partial":
                        waiting += part.args[:1]
                    elif f"{name}()" not in seen:
                        seen.add(f"{name}()")
                        waiting += self.code.returned.get(name, [])
                case ast.expr():
                    waiting += [child for child in ast.iter_child_nodes(part) if isinstance(child, ast.expr)]
        if key:
            self.names[key] = frozenset(found)
        return frozenset(found)

    def length(self, node: ast.AST | None) -> Value | None:
        """How often a loop over this runs; None where it may be a loader's batches or anything else."""
        self.left -= 1
        if node is None or self.depth > _DEEPEST or self.left < 0:
            return None
        self.depth += 1
        try:
            return self._length(node)
        finally:
            self.depth -= 1

    def _length(self, node: ast.AST) -> Value | None:
        match node:
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return UNKNOWN if any(isinstance(p, ast.Starred) for p in parts) else Value(frozenset({len(parts)}))
            case ast.Dict(keys=keys):
                return Value(frozenset({len(keys)}))
            case ast.Name(id=name) if name not in self.working:
                self.working.add(name)
                found = [self.length(held) for held in (*self.code.assigned.get(name, []), *self.given.get(name, []))]
                self.working.discard(name)
                known = [length for length in found if length is not None]
                return joined(known) if known else None
            case ast.Call():
                return self._length_of_call(node)
        return None

    def _length_of_call(self, node: ast.Call) -> Value | None:
        name = _last(node.func)
        if name in ("range", "arange", "trange"):
            ends = [self.of(argument) for argument in node.args]
            if not ends:
                return UNKNOWN
            if len(ends) == 1:
                return ends[0]
            if len(ends) == 2:
                return self._arithmetic(ends[1], ast.Sub(), ends[0])
            return self._arithmetic(self._arithmetic(ends[1], ast.Sub(), ends[0]), ast.FloorDiv(), ends[2])
        if name in ("count", "cycle", "linspace", "logspace", "repeat"):
            return UNKNOWN
        lengths = [
            length
            for part in (*node.args, *(k.value for k in node.keywords))
            if (length := self.length(part)) is not None
        ]
        return joined(lengths) if lengths else None


_OF_THEIR_OWN = frozenset({"copy", "items", "values", "pop", "get"})
_COMPARISONS: dict[type[ast.cmpop], Callable[[object, object], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,  # type: ignore[dict-item]  # what can't be compared raises TypeError
    ast.Gt: operator.gt,  # type: ignore[dict-item]
    ast.LtE: operator.le,  # type: ignore[dict-item]
    ast.GtE: operator.ge,  # type: ignore[dict-item]
    ast.Is: operator.eq,
    ast.IsNot: operator.ne,
}


def _bindings(
    function: Function, calls: Sequence[ast.Call], *, known: bool
) -> Iterator[tuple[str, list[ast.AST | None]]]:
    """What each argument of a function is given by these calls; `known` says whether nothing else calls it."""
    arguments = function.node.args
    named = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [*[None] * (len(named) - len(arguments.defaults)), *arguments.defaults]
    static = any(_last(decorator) == "staticmethod" for decorator in function.node.decorator_list)
    mine = 1 if function.owner and not static else 0
    parameters = [(argument.arg, default) for argument, default in zip(named, defaults, strict=True)][mine:]
    parameters += [(a.arg, default) for a, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    for place, (name, default) in enumerate(parameters):
        found = [_given_by(call, name, place) for call in calls]
        left_out = any(value is _NOTHING for value in found) or not found
        values = [value for value in found if value is not _NOTHING]
        if left_out:
            values.append(default)
        yield name, values if known or default is None else [*values, None]
    if arguments.vararg is not None:
        rest: list[ast.AST | None] = [argument for call in calls for argument in call.args]
        yield arguments.vararg.arg, rest or [None]
    if arguments.kwarg is not None:
        yield arguments.kwarg.arg, [None]


_NOTHING = ast.Pass()


def _given_by(call: ast.Call, name: str, place: int) -> ast.AST | None:
    """What a call gives an argument: an expression, None for anything, _NOTHING where its default stands."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if any(keyword.arg is None for keyword in call.keywords) or any(isinstance(a, ast.Starred) for a in call.args):
        return None
    return call.args[place] if place < len(call.args) else _NOTHING


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
