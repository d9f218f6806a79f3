"""Stands in for what Colab has and this kernel has not: `google.colab`, its magics, and its drive."""

from __future__ import annotations

import functools
import re
from types import ModuleType
from typing import Any

from ..import_hooks import module, when_missing

_PARTS = ("auth", "data_table", "drive", "files", "output", "patches", "runtime", "userdata", "widgets", "kernel")
_POINTLESS = ("tensorboard", "tensorflow_version")  # the first starts a server
_OPTIONS_OF_TIMEIT = re.compile(r"^\s*(?:-[nrp]\s*\d+\s+|-[tcqv]\s+)*")


def install(shell: Any) -> None:
    """Make `from google.colab import drive, files` work, and magics that are not here cost only their own line."""
    when_missing("google", lambda: module("google"))
    when_missing("google.colab", lambda: _Silent("google.colab"))
    for part in _PARTS:
        when_missing(f"google.colab.{part}", functools.partial(_part, part))
    when_missing("tensorboard.compat.notf", lambda: module("tensorboard.compat.notf"))  # it needs no TensorFlow then
    shell.system = shell.system_raw  # `!command` without a terminal of its own, which a sandbox may not have
    _lenient_magics(shell)


def _part(name: str) -> _Silent:
    return _Silent(f"google.colab.{name}", **_CONTENTS.get(name, {}))


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


def _mount(*args: Any, **kwargs: Any) -> None:
    print("Drive is not there when a notebook is graded; going on without it.")


_CONTENTS: dict[str, dict[str, Any]] = {
    "drive": {"mount": _mount},
    "files": {"upload": lambda *args, **kwargs: _Uploaded()},
    "userdata": {"get": lambda *args, **kwargs: ""},
}


def _lenient_magics(shell: Any) -> None:
    """A magic that can't work here says so and is passed over; the rest of the cell runs."""
    from IPython.core.error import UsageError

    run_line, run_cell = shell.run_line_magic, shell.run_cell_magic

    def line_magic(name: str, line: str, _stack_depth: int = 1) -> Any:
        if name == "timeit":
            line = _once(line)
        if name == "matplotlib":
            line = "inline"  # the only way to show a figure that is here
        if name in _POINTLESS:
            return None
        try:
            return run_line(name, line, _stack_depth + 1)
        except (UsageError, ImportError) as error:
            if isinstance(error, ImportError) and name not in ("load_ext", "reload_ext", "matplotlib"):
                raise
            print(f"%{name} is passed over: {error}")

    def cell_magic(name: str, line: str, cell: str) -> Any:
        if name == "timeit":
            line = _once(line)
        if name == "shell":
            name = "bash"
        if shell.find_cell_magic(name) is not None:
            return run_cell(name, line, cell)
        print(f"%%{name} is passed over: it is not here")
        if _is_python(shell, cell):
            shell.run_cell(cell).raise_error()
        return None

    shell.run_line_magic, shell.run_cell_magic = line_magic, cell_magic


def _once(line: str) -> str:
    """What `%timeit` would run dozens of times runs once."""
    return "-n1 -r1 " + _OPTIONS_OF_TIMEIT.sub("", line)


def _is_python(shell: Any, cell: str) -> bool:
    """Whether the cell would compile, once IPython has made Python of its magics."""
    try:
        compile(shell.transform_cell(cell), "cell", "exec")
    except (SyntaxError, ValueError):
        return False
    return True
