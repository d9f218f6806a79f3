"""Stands in for what Colab has and this kernel has not: `google.colab`, its magics, and its drive."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from ..import_hooks import module, when_missing
from ..origin import as_given

_PARTS = ("auth", "data_table", "drive", "files", "output", "patches", "runtime", "userdata", "widgets", "kernel")
_POINTLESS = ("tensorboard", "tensorflow_version")  # the first starts a server
_OPTIONS_OF_TIMEIT = "n:r:tcp:qov:"
_COUNTS = ("n", "r")  # how often it runs


def install(shell: Any, mount: Callable[[str], object]) -> None:
    """Make `from google.colab import drive, files` work, and magics that are not here cost only their own line.

    `mount` makes a Drive at a path.
    """
    when_missing("google", lambda: module("google"))
    when_missing("google.colab", lambda: _Silent("google.colab"))
    for part in _PARTS:
        when_missing(f"google.colab.{part}", functools.partial(_part, part, mount))
    when_missing("tensorboard.compat.notf", lambda: module("tensorboard.compat.notf"))  # it needs no TensorFlow then
    shell.system = shell.system_raw  # `!command` without a terminal of its own, which a sandbox may not have
    _lenient_magics(shell)


def _part(name: str, mount: Callable[[str], object]) -> _Silent:
    contents = {**_CONTENTS.get(name, {}), **({"mount": functools.partial(_mount, mount)} if name == "drive" else {})}
    return _Silent(f"google.colab.{name}", **contents)


class _Silent(ModuleType):
    """A module in which whatever is not there is a function that does nothing, or a part of its own."""

    def __init__(self, name: str, **contents: Any) -> None:
        super().__init__(name)
        vars(self).update(contents)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self.__name__ == "google.colab" and name in _PARTS:
            return __import__(f"google.colab.{name}", fromlist=["x"])
        return _nothing


def _nothing(*args: Any, **kwargs: Any) -> None:
    return None


class _Uploaded(dict[str, bytes]):
    """What `files.upload()` gives: the files beside the notebook, by name."""

    def __missing__(self, name: str) -> bytes:
        with open(name, "rb") as file:
            return file.read()


def _mount(make: Callable[[str], object], mountpoint: str = "/content/drive", *args: Any, **kwargs: Any) -> None:
    make(mountpoint)
    print("Drive is not there when a notebook is graded: in its place is a folder with the files that were handed in.")


_CONTENTS: dict[str, dict[str, Any]] = {
    "files": {"upload": lambda *args, **kwargs: _Uploaded()},
    "userdata": {"get": lambda *args, **kwargs: ""},
}


def _lenient_magics(shell: Any) -> None:
    """A magic that can't work here says so and is passed over; the rest of the cell runs."""
    from IPython.core.error import UsageError

    run_line, run_cell = shell.run_line_magic, shell.run_cell_magic

    def line_magic(name: str, line: str, _stack_depth: int = 1) -> Any:
        if name == "timeit":
            line = _once(shell, line)
        if name == "matplotlib":
            line = "inline"  # the only way to show a figure that is here
        if name in _POINTLESS:
            return None
        try:
            return as_given(run_line, name, line, _stack_depth + 2)  # frames between it and the notebook
        except (UsageError, ImportError) as error:
            if isinstance(error, ImportError) and name not in ("load_ext", "reload_ext", "matplotlib"):
                raise
            print(f"%{name} is passed over: {error}")

    def cell_magic(name: str, line: str, cell: str) -> Any:
        if name == "timeit":
            line = _once(shell, line)
        if name == "shell":
            name = "bash"
        if shell.find_cell_magic(name) is not None:
            return as_given(run_cell, name, line, cell)
        print(f"%%{name} is passed over: it is not here")
        if _is_python(shell, cell):
            shell.run_cell(cell).raise_error()
        return None

    shell.run_line_magic, shell.run_cell_magic = line_magic, cell_magic


def _once(shell: Any, line: str) -> str:
    """What `%timeit` would run dozens of times runs once; options that it doesn't know are left for it to refuse."""
    from IPython.core.error import UsageError

    parse = shell.find_line_magic("timeit").__self__.parse_options
    try:
        options, code = parse(line, _OPTIONS_OF_TIMEIT, posix=False, strict=False, preserve_non_opts=True)
    except UsageError:
        return line
    kept = (f"-{key}{value}" for key, value in options.items() if key not in _COUNTS)
    return " ".join(("-n1 -r1", *kept, code))


def _is_python(shell: Any, cell: str) -> bool:
    """Whether the cell would compile, once IPython has made Python of its magics."""
    try:
        compile(shell.transform_cell(cell), "cell", "exec")
    except (SyntaxError, ValueError):
        return False
    return True
