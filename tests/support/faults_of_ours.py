"""Runs cells of a notebook while one function of the guest after another fails, each in a copy of the process.

A program of its own: its argument is a file of JSON with the guest's `config`, the `cells`, the `modules` that are
loaded at first and those of them to be loaded `again` by the notebook, the `functions` that are to fail (beginnings of
names, of modules in the guest; `every` so many of them), the `errors` that they raise in turn, and how many `jobs` run
side by side. It prints lines of JSON: which functions each cell is the first to call, and for each that failed how the
cell ended.
"""

import ast
import builtins
import functools
import gc
import importlib.machinery
import itertools
import json
import os
import shutil
import signal
import sys
import warnings
from pathlib import Path

GUEST = "grader.guest"
_APART = {f"{GUEST}.origin", f"{GUEST}.protocol"}  # they say whose an error is
_SECONDS = 60  # that a copy may take
_leave = os._exit  # the guest replaces it


class _Called:
    """Each function of the guest by a number: those that were called, and the one that fails."""

    names: list[str] = []
    numbers: dict[int, None] = {}  # an ordered set
    fails, error = None, Exception


# Of no file, so that what fails is the function that calls it, as far as frames tell.
_SOURCE = """
def called(number):
    told.numbers[number] = None
    if number == told.fails:
        raise told.error("ours")
"""
_names = {"told": _Called}
exec(compile(_SOURCE, "<none>", "exec"), _names)
builtins.__called__ = _names["called"]


class _Calls(ast.NodeTransformer):
    """Has each function say first that it was called."""

    def __init__(self, module):
        self.path = [module]

    def call(self, node, name):
        _Called.names.append(f"{'.'.join([*self.path, name])}:{node.lineno}")
        number = ast.Constant(len(_Called.names) - 1)
        return ast.copy_location(ast.Call(ast.Name("__called__", ast.Load()), [number], []), node)

    def visit_FunctionDef(self, node):
        call = ast.copy_location(ast.Expr(self.call(node, node.name)), node)
        self.visit_ClassDef(node)
        node.body.insert(0 if ast.get_docstring(node) is None else 1, call)
        return node

    def visit_ClassDef(self, node):
        self.path.append(node.name)
        self.generic_visit(node)
        self.path.pop()
        return node

    def visit_Lambda(self, node):
        call = self.call(node, "lambda")
        self.generic_visit(node)
        pair = ast.copy_location(ast.Tuple([call, node.body], ast.Load()), node)
        node.body = ast.copy_location(ast.Subscript(pair, ast.Constant(1), ast.Load()), node)
        return node


class _Loader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname):
        if fullname in _APART:
            return super().get_code(fullname)
        module = fullname.removeprefix(GUEST).removeprefix(".") or "start"
        tree = _Calls(module).visit(ast.parse(self.get_data(self.path)))
        return compile(ast.fix_missing_locations(tree), self.path, "exec")


class _Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != GUEST and not name.startswith(f"{GUEST}."):
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path, target)
        found.loader = _Loader(found.loader.name, found.loader.path)
        return found


class Notebook:
    """A shell that runs cells as a kernel's does, watched by the guest."""

    def __init__(self, config, cells):
        from IPython.core.interactiveshell import InteractiveShell

        self.config, self.cells, self.kept = config, cells, {}
        self.shell = InteractiveShell.instance()
        self.shell.enable_gui = lambda gui=None: None
        self.shell.showtraceback = self.shell.showsyntaxerror = lambda *args, **kwargs: None

    def start(self):
        """Raises where the guest does, before any cell runs: no kernel starts then."""
        import grader.guest
        from grader.guest.serve import files, paths
        from grader.guest.watch import session

        for kind in (session.Session, paths.Paths, files.Copies):
            self.keep(kind)
        grader.guest.start(self.config)

    def keep(self, kind):
        """Hold what is made of a class of the guest's."""
        made = kind.__init__

        def init(one, *args):
            self.kept[kind.__name__] = one
            made(one, *args)

        kind.__init__ = init

    def move(self, folder):
        """Go on in another folder, which holds the same."""
        places = self.kept["Paths"]
        before, places.work = str(places.work), folder
        self.kept["Copies"].work = folder
        for point, place in places.elsewhere.items():
            places.elsewhere[point] = place.replace(before, str(folder), 1)

    def run(self, number):
        """The error that ended a cell, in words; None where none did."""
        result = self.shell.run_cell(self.cells[number])
        error = result.error_before_exec or result.error_in_exec
        return None if error is None else f"{type(error).__name__}: {error}"

    def origin(self, number):
        """Whose that error is, as the guest tells the grader."""
        failure = self.kept["Session"].failures.get(number)
        return failure and failure.origin


def _in_a_copy(act):
    """Have `act` done in a copy of this process and given a copy of its folder; the id of that process."""
    copy = os.fork()
    if copy == 0:
        try:
            signal.alarm(_SECONDS)
            folder = Path(f"{os.getcwd()}-{os.getpid()}")
            shutil.copytree(os.getcwd(), folder, symlinks=True)
            os.chdir(folder)
            act(folder)
        finally:
            _leave(0)
    return copy


def _plan(notebook):
    """(error, numbers of the functions that are called for the first time) of each cell, run once without a fault."""
    reads, writes = os.pipe()

    def act(_):
        notebook.start()
        found, seen = [], {*_Called.numbers}
        for number in range(len(notebook.cells)):
            error = notebook.run(number)
            found.append([error, [function for function in _Called.numbers if function not in seen]])
            seen |= {*_Called.numbers}
        with os.fdopen(writes, "w") as pipe:
            json.dump({"names": _Called.names, "cells": found}, pipe)

    copy = _in_a_copy(act)
    os.close(writes)
    with os.fdopen(reads) as pipe:
        found = json.load(pipe)
    os.waitpid(copy, 0)
    return found


def main(path):
    given = json.loads(Path(path).read_text(encoding="utf-8"))
    sys.meta_path.insert(0, _Finder)
    warnings.simplefilter("ignore")
    for name in given["modules"]:
        __import__(name)
    for name in given["again"]:
        sys.modules.pop(name, None)
    out, null = os.dup(1), os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    notebook = Notebook(given["config"], given["cells"])

    def say(told):
        os.write(out, json.dumps(told).encode() + b"\n")

    plan = _plan(notebook)
    say(plan)
    names, errors = plan["names"], itertools.cycle(given["errors"])
    notebook.start()
    gc.disable()  # else each copy would be one of all memory
    running = []

    def fail(number, function, error, folder):
        notebook.move(folder)
        _Called.fails, _Called.error = function, getattr(builtins, error)
        ended = notebook.run(number)
        _Called.fails = None
        say(
            {
                "function": names[function],
                "raises": error,
                "cell": number,
                "error": ended,
                "origin": notebook.origin(number),
            }
        )

    chosen = itertools.cycle([True] + [False] * (given["every"] - 1))
    for number, (_, functions) in enumerate(plan["cells"]):
        for function in functions:
            if names[function].startswith(tuple(given["functions"])) and next(chosen):
                if len(running) == given["jobs"]:
                    os.waitpid(running.pop(0), 0)
                running.append(_in_a_copy(functools.partial(fail, number, function, next(errors))))
        gc.freeze()
        notebook.run(number)
    for copy in running:
        os.waitpid(copy, 0)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main(sys.argv[1])
