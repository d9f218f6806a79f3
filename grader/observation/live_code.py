"""What of a notebook's code is executed, as far as can be told without running it: its names, calls, loops, values."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from nbformat import NotebookNode

from grader.core.python_source import parsed
from grader.core.record import Record

MOST_CODE = 400_000  # characters; Python's parser takes a kilobyte for ten
_RUNS_ITS_CELL = ("time", "timeit", "capture", "prun", "memit", "heat", "wandb")
_CELL_MAGIC = re.compile(r"\s*%%(\w+)[ \t]*([^\n]*)\n?")
_STATEMENT_MAGIC = re.compile(r"^([ \t]*)%(?:time|timeit|prun|memit)[ \t]+(?:-\w+[ \t]*\d*[ \t]+)*(?=\S)", re.MULTILINE)
_OTHER_MAGIC = re.compile(r"^([ \t]*)((?:\w+[ \t]*=[ \t]*)?[%!].*|\?.*|.*\?)$", re.MULTILINE)
_RUN = re.compile(r"^([ \t]*)%run[ \t]+(?:-\w+[ \t]+)*['\"]?([^\s'\"]+).*$", re.MULTILINE)
_FILE = re.compile(r"[\w./-]+\.(?:py|ipynb)\b")
_LONGEST_NAME = 1000
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_EXITS = frozenset({"sys.exit", "os._exit", "os.abort"})
# Methods that torch, Keras and Python call by themselves, besides those with two underscores and `on_...`.
_CALLED_BY_OTHERS = frozenset(
    (
        *("forward", "backward", "call", "build", "run", "step", "get_lr", "setup", "prepare_data", "reset_parameters"),
        *("train_step", "test_step", "predict_step", "training_step", "validation_step", "configure_optimizers"),
        *("train_dataloader", "get_config", "compute_output_shape", "extra_repr"),
    )
)
_KNOWN_BASES = frozenset(
    (
        *("Module", "Sequential", "Function", "Dataset", "IterableDataset", "Sampler"),
        *("Model", "Layer", "Callback", "Sequence", "PyDataset", "object", "ABC"),
    )
)

Decide = Callable[[ast.expr], bool | None]


class CodePiece(Record):
    """Code as it was handed in: a cell of the notebook, or a file beside it, which has no cell."""

    file: str
    cell: int | None = None
    source: str


class TooMuchError(Exception):
    """There is more of it than is read, or it is nested too deeply; its words say which."""


@dataclass
class Function:
    """A function of the notebook, or a method of the class `owner`; `keys` are the references that lead to it."""

    node: ast.FunctionDef | ast.AsyncFunctionDef
    keys: tuple[str, ...]
    owner: str = ""


@dataclass
class Unit:
    """A body that runs as a whole: a cell, a file, a function; `keys` are the references that lead to it.

    `refers` holds the loops that stand around each reference of its own: to a name, or to an attribute (`.x`).
    """

    name: str
    cell: int | None = None
    keys: tuple[str, ...] = ()
    refers: dict[str, list[tuple[ast.AST, ...]]] = field(default_factory=dict)


@dataclass
class Site:
    """A call: `name` is what is called, without what it is a part of."""

    node: ast.Call
    name: str


@dataclass
class LiveCode:
    """All that is executed. `assigned` holds what a name, an attribute (`.x`) or an entry (`[x`) may be, None unknown.

    `parts` are attributes, `own_parts` those of a method's own object; `passed` are names that are used other than by a
    call. `broken` are the pieces that are no Python.
    """

    units: list[Unit] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    loaded: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    own_parts: set[str] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)
    strings: set[str] = field(default_factory=set)
    numbers: set[float] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    imported: dict[str, str] = field(default_factory=dict)
    assigned: dict[str, list[ast.AST | None]] = field(default_factory=dict)
    functions: dict[str, list[Function]] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    returned: dict[str, list[ast.expr]] = field(default_factory=dict)
    breaks: bool = False
    broken: list[str] = field(default_factory=list)

    @property
    def outside(self) -> set[str]:
        """The names that the notebook uses and doesn't give itself: those of libraries are among them."""
        names = {self.imported.get(name, name) for name in self.loaded if name not in self.assigned}
        names -= self.functions.keys() | self.classes.keys()
        return names | self.parts | {part for part in self.own_parts if f".{part}" not in self.assigned}

    @property
    def by_name(self) -> bool:
        """Whether things are looked up by names that are strings."""
        computed = any(
            site.name == "getattr" and len(site.node.args) > 1 and not isinstance(site.node.args[1], ast.Constant)
            for site in self.sites
        )
        return computed or bool({"__dict__", "globals", "locate"} & self.outside)


def read_live(pieces: Sequence[CodePiece], decide: Decide) -> LiveCode:
    """Read what is executed: `decide` says how a condition ends, where that is known. Raises TooMuchError."""
    try:
        return _Reader(pieces, decide).read()
    except (RecursionError, MemoryError) as error:
        raise TooMuchError("it is nested too deeply") from error


def pieces_of_notebook(notebook: NotebookNode, file: str) -> list[CodePiece]:
    """Its cells of code."""
    cells = ((n, str(cell.source)) for n, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code")
    return [CodePiece(file=file, cell=number, source=source) for number, source in cells if source.strip()]


def constant(test: ast.expr) -> bool | None:
    """How a condition of constants ends; None for any other."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = constant(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        ends = [constant(value) for value in test.values]
        stops = isinstance(test.op, ast.Or)
        return stops if stops in ends else (None if None in ends else not stops)
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.List | ast.Tuple | ast.Set | ast.Dict) and not list(ast.iter_child_nodes(test))[1:]:
        return bool(test.keys if isinstance(test, ast.Dict) else test.elts)
    return None


def python_of(source: str) -> tuple[str, str]:
    """(the Python of a cell, without what only IPython understands; the file that it writes instead of running)."""
    written = ""
    while magic := _CELL_MAGIC.match(source):
        source = source[magic.end() :]
        if magic[1] in ("writefile", "file"):
            written = magic[2].split()[-1].strip("'\"") if magic[2].strip() else ""
            break
        if magic[1] not in _RUNS_ITS_CELL:
            return "", ""
        if magic[2].strip() and magic[1] in ("time", "timeit", "prun"):
            source = f"{magic[2]}\n{source}"
    return source, written


def _parsed(source: str) -> ast.Module | None:
    """Its statements; lines that only IPython understands are taken out where it can't be read with them."""
    read = _RUN.sub(r"\1run('\2')", _STATEMENT_MAGIC.sub(r"\1", source))
    for text in (source, read, _OTHER_MAGIC.sub(r"\1pass", read)):
        try:
            return parsed(text)
        except (SyntaxError, ValueError):
            continue
    return None


class _Reader:
    """Goes through cells in order, then through whatever they refer to: files, functions, methods of classes."""

    def __init__(self, pieces: Sequence[CodePiece], decide: Decide) -> None:
        self.decide, self.code, self.left = decide, LiveCode(), MOST_CODE
        self.cells = [piece for piece in pieces if piece.cell is not None]
        self.files: dict[str, list[str]] = {}
        for piece in pieces:
            if piece.cell is None:
                self.files.setdefault(piece.file, []).append(piece.source)
        self.waiting: dict[str, list[Function]] = {}  # until something refers to their names
        self.found: list[Function] = []
        self.read_already: set[int] = set()
        self.called: set[int] = set()  # expressions that are what is called
        self.known: set[str] = set()  # every name that something refers to
        self.unit = Unit("")
        self.loops: tuple[ast.AST, ...] = ()
        self.me = ""  # the first argument of the method that is read
        self.in_file = False

    def read(self) -> LiveCode:
        for piece in self.cells:
            source, written = python_of(piece.source)
            if written:
                self.files.setdefault(written, []).append(source)
            elif source.strip():
                self._body(Unit(f"cell {piece.cell}", piece.cell), source)
        for _ in count():
            files = [name for name in self.files if self._read_here(name)]
            if not (files or self.found):
                return self.code
            self.in_file = True
            for name in files:
                for source in self.files.pop(name):
                    self._body(Unit(name, keys=(f"module {_stem(name)}",)), source)
            self.in_file = False
            functions, self.found = self.found, []
            for function in functions:
                if id(function) not in self.read_already:
                    self.read_already.add(id(function))
                    self._function(function)
        raise AssertionError

    def _read_here(self, file: str) -> bool:
        """Whether a file beside the notebook is imported or named."""
        stem = _stem(file)
        base = file.replace("\\", "/").rpartition("/")[2]
        return stem in self.code.modules or any(base in text for text in self.code.strings)

    def _body(self, unit: Unit, source: str) -> None:
        self.left -= len(source)
        if self.left < 0:
            raise TooMuchError(f"it has more than {MOST_CODE:,} characters")
        tree = _parsed(source)
        if tree is None:
            self.code.broken.append(unit.name)
            return
        self._begin(unit)
        self._block(tree.body)

    def _begin(self, unit: Unit, me: str = "") -> None:
        self.unit, self.loops, self.me = unit, (), me
        self.code.units.append(unit)

    def _function(self, function: Function) -> None:
        arguments = function.node.args
        named = [*arguments.posonlyargs, *arguments.args]
        unit = Unit(function.node.name, keys=function.keys)
        self._begin(unit, named[0].arg if function.owner and named else "")
        self._block(function.node.body)

    # what refers to functions

    def _refer(self, name: str) -> None:
        self.unit.refers.setdefault(name, []).append(self.loops)
        if name not in self.known:
            self.known.add(name)
            self.found += self.waiting.pop(name, [])

    def _wait(self, function: Function, *, called: bool = False) -> None:
        self.code.functions.setdefault(function.node.name, []).append(function)
        if called or not self.known.isdisjoint(function.keys):
            self.found.append(function)
            return
        for key in function.keys:
            self.waiting.setdefault(key, []).append(function)

    def _keys(self, name: str) -> tuple[str, ...]:
        """What refers to a function or a class by itself: in a file, attributes of its module do as well."""
        return (name, f".{name}") if self.in_file else (name,)

    def _name_files(self, text: str) -> None:
        """A file that is named may be run: what it holds is then done here."""
        for file in _FILE.findall(text) if len(text) < _LONGEST_NAME else ():
            self._refer(f"module {_stem(file)}")

    # statements

    def _block(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)
            if isinstance(statement, _ENDS) or self._exits(statement):
                break  # what stands behind it is never reached

    def _exits(self, statement: ast.stmt) -> bool:
        if isinstance(statement, ast.Assert):
            return self.decide(statement.test) is False
        if isinstance(statement, ast.If):
            ends = self.decide(statement.test)
            taken = statement.body if ends else statement.orelse
            return ends is not None and any(isinstance(s, _ENDS) for s in taken)
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            called = statement.value.func
            return isinstance(called, ast.Attribute) and f"{_root(called)}.{called.attr}" in _EXITS
        return False

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._defaults(node)
            self._wait(Function(node, self._keys(node.name)), called=bool(node.decorator_list))
        elif isinstance(node, ast.ClassDef):
            self._class(node)
        elif isinstance(node, ast.If):
            self._if(node)
        elif isinstance(node, ast.While):
            self._expression(node.test)
            if self.decide(node.test) is not False:
                self._loop(node, node.body)
            self._block(node.orelse)
        elif isinstance(node, ast.For | ast.AsyncFor):
            self._expression(node.iter)
            self._assign(node.target, node.iter)
            if self.decide(node.iter) is not False:
                self._loop(node, node.body)
            self._block(node.orelse)
        elif isinstance(node, ast.Try):
            for handler in node.handlers:
                if handler.name:
                    self.code.assigned.setdefault(handler.name, []).append(None)
            for block in (node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody):
                self._block(block)
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                self._expression(item.context_expr)
                if item.optional_vars is not None:
                    self._assign(item.optional_vars, None)
            self._block(node.body)
        elif isinstance(node, ast.Match):
            self._expression(node.subject)
            for case in node.cases:
                for name in (n.name for n in ast.walk(case.pattern) if isinstance(n, ast.MatchAs | ast.MatchStar)):
                    if name:
                        self.code.assigned.setdefault(name, []).append(None)
                self._block(case.body)
        else:
            self._simple(node)

    def _simple(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node)
        elif isinstance(node, ast.Assign):
            self._expression(node.value)
            for target in node.targets:
                self._assign(target, node.value)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self._expression(node.value)
                self._assign(node.target, node.value)
        elif isinstance(node, ast.AugAssign):
            self._expression(node.value)
            self._assign(node.target, None)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            pass  # words that nobody runs
        else:
            self.code.breaks |= isinstance(node, ast.Break)
            if isinstance(node, ast.Expr):
                self.called.add(id(node.value))  # a name that stands alone is handed to nobody
            if isinstance(node, ast.Return) and node.value is not None:
                self.code.returned.setdefault(self.unit.name, []).append(node.value)
                self.code.breaks |= bool(self.loops)
            for part in ast.iter_child_nodes(node):
                if isinstance(part, ast.expr):
                    self._expression(part)

    def _if(self, node: ast.If) -> None:
        self._expression(node.test)
        ends = False if self.in_file and _asks_for_main(node.test) else self.decide(node.test)
        if ends is not False:
            self._block(node.body)
        if ends is not True:
            self._block(node.orelse)

    def _loop(self, loop: ast.AST, body: Iterable[ast.stmt]) -> None:
        self.loops = (*self.loops, loop)
        self._block(body)
        self.loops = self.loops[:-1]

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            name = alias.name if isinstance(node, ast.Import) else f"{node.module or ''}.{alias.name}"
            self.code.modules.update(name.split("."))
            for part in name.split("."):
                self._refer(f"module {part}")
            if alias.asname:
                self.code.imported[alias.asname] = alias.name.rpartition(".")[2]

    def _class(self, node: ast.ClassDef) -> None:
        self.code.classes[node.name] = node
        for base in (*node.bases, *(k.value for k in node.keywords), *node.decorator_list):
            self._expression(base)
        known = all(_last(base) in _KNOWN_BASES for base in node.bases)
        for part in node.body:
            if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                self._statement(part)
                if isinstance(part, ast.Assign | ast.AnnAssign) and part.value is not None:
                    for target in part.targets if isinstance(part, ast.Assign) else [part.target]:
                        if isinstance(target, ast.Name):  # read as an attribute
                            self.code.assigned.setdefault(f".{target.id}", []).append(part.value)
                continue
            self._defaults(part)
            by_others = part.name.startswith(("__", "on_")) or part.name in _CALLED_BY_OTHERS or not known
            keys = (*(self._keys(node.name) if by_others else ()), f".{part.name}")
            self._wait(Function(part, keys, node.name), called=bool(part.decorator_list))

    def _defaults(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = node.args
        for value in (*arguments.defaults, *arguments.kw_defaults, *node.decorator_list):
            if value is not None:
                self._expression(value)

    def _assign(self, target: ast.expr, value: ast.AST | None) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            same = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
            for place, part in enumerate(target.elts):
                self._assign(part, value.elts[place] if same and isinstance(value, ast.Tuple | ast.List) else value)
        elif isinstance(target, ast.Starred):
            self._assign(target.value, value)
        elif isinstance(target, ast.Name):
            self.code.assigned.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Attribute):
            self._expression(target.value)
            self.code.assigned.setdefault(f".{target.attr}", []).append(value)
        elif isinstance(target, ast.Subscript):
            self._expression(target.value)
            self._expression(target.slice)
            if isinstance(target.slice, ast.Constant):
                self.code.assigned.setdefault(f"[{target.slice.value!s}", []).append(value)

    # expressions

    def _expression(self, node: ast.expr) -> None:
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                self.code.strings.add(node.value)
                self._name_files(node.value)
            elif isinstance(node.value, int | float):
                self.code.numbers.add(node.value)
        elif isinstance(node, ast.Name):
            self.code.loaded.add(node.id)
            if id(node) not in self.called:
                self.code.passed.add(node.id)
            self._refer(self.code.imported.get(node.id, node.id))
        elif isinstance(node, ast.Attribute):
            mine = isinstance(node.value, ast.Name) and node.value.id == self.me
            (self.code.own_parts if mine else self.code.parts).add(node.attr)
            if id(node) not in self.called:
                self.code.passed.add(node.attr)
            self._refer(f".{node.attr}")
            self._expression(node.value)
        elif isinstance(node, ast.IfExp):
            self._expression(node.test)
            ends = self.decide(node.test)
            for part in ([node.body] if ends is not False else []) + ([node.orelse] if ends is not True else []):
                self._expression(part)
        elif isinstance(node, ast.BoolOp):
            for value in node.values:
                self._expression(value)
                if self.decide(value) is isinstance(node.op, ast.Or):
                    break
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            self._comprehension(node)
        elif isinstance(node, ast.NamedExpr):
            self._expression(node.value)
            self._assign(node.target, node.value)
        elif isinstance(node, ast.Lambda):
            for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                self.code.assigned.setdefault(argument.arg, []).append(None)
            self._expression(node.body)
        else:
            if isinstance(node, ast.Call):
                self._call(node)
            elif isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant):
                        self.code.assigned.setdefault(f"[{key.value!s}", []).append(value)
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self._expression(child)
                elif isinstance(child, ast.keyword):
                    self._expression(child.value)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        around = self.loops
        for generator in node.generators:
            self._expression(generator.iter)
            self._assign(generator.target, generator.iter)
            self.loops = (*self.loops, generator)
            for test in generator.ifs:
                self._expression(test)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self._expression(part)
        self.loops = around

    def _call(self, node: ast.Call) -> None:
        self.called.add(id(node.func))
        if _last(node.func) in ("super", "isinstance", "issubclass"):
            self.called.update(map(id, node.args))
        name = self.code.imported.get(_last(node.func), _last(node.func))
        self.code.sites.append(Site(node, name))
        if name == "add_argument":
            self._argument(node)
        elif name in ("setattr", "getattr") and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            key = f".{node.args[1].value!s}"
            if name == "setattr":
                self.code.assigned.setdefault(key, []).append(node.args[-1])
            else:
                self.code.parts.add(key[1:])
                self._refer(key)
        for keyword in node.keywords:
            if keyword.arg:
                self.code.assigned.setdefault(f"[{keyword.arg}", []).append(keyword.value)

    def _argument(self, node: ast.Call) -> None:
        """An argument of a command line: its default, by the name that it gets."""
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        named = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        given = keywords.get("dest")
        names = (
            [str(given.value)] if isinstance(given, ast.Constant) else [n.lstrip("-").replace("-", "_") for n in named]
        )
        for name in names:
            self.code.assigned.setdefault(f".{name}", []).append(keywords.get("default"))


def _stem(file: str) -> str:
    return file.replace("\\", "/").rpartition("/")[2].partition(".")[0]


def _last(node: ast.expr) -> str:
    """The last name of `a.b.c`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _asks_for_main(test: ast.expr) -> bool:
    """Whether it is `__name__ == "__main__"`, which is false in a file that is imported."""
    names: Iterator[ast.AST] = ast.walk(test)
    return isinstance(test, ast.Compare) and any(isinstance(n, ast.Name) and n.id == "__name__" for n in names)
