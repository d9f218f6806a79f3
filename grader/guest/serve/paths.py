"""Lets files beside the notebook be found where Colab and its Drive would have them."""

from __future__ import annotations

import builtins
import functools
import io
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..import_hooks import when_imported

_COLAB = "/content"
# A path on Colab: absolute, or into a mounted Drive from the working folder.
_PATH = r"(?:/content/|(?<![\w/.])(?:g?drive|gdrive)/My\\? ?Drive)"
_QUOTED = re.compile(rf"""(?P<quote>["'])(?P<path>{_PATH}[^"'\n]*)(?P=quote)""")
_IN_COMMAND = re.compile(rf"(?P<path>{_PATH}(?:\\ |[^\s\"'])*)")
_ON_DRIVE = re.compile(r"(?:^|/)My ?Drive(?:/|$)")
_MOST_ENTRIES = 500
# Functions that take a path first; what other functions open goes through these, or is named when it is missing.
_TAKE_PATHS = ((builtins, ("open",)), (io, ("open",)), (os, ("chdir", "listdir", "mkdir", "makedirs", "scandir")))
_ASK_OF_PATHS = (os.path, ("exists", "isfile", "isdir", "getsize"))


class Paths:
    """The working folder under its names on Colab.

    `work` is the folder that the notebook's process began in, `given` what lies there when the notebook starts.
    """

    def __init__(self) -> None:
        self.work = Path.cwd()
        self.given: list[Path] = []
        self.is_colab = str(self.work) == _COLAB

    def enter(self, file: str) -> None:
        """Go to the folder that the notebook lies in, as Jupyter does; its modules may also lie above it."""
        with suppress(OSError):
            os.chdir(self.work / Path(file).parent)
        if Path.cwd() != self.work:
            sys.path.append(str(self.work))
            for path in [*Path.cwd().iterdir()][:_MOST_ENTRIES]:
                _link(self.work / path.name, path)
        self.given = [*self.work.iterdir()][:_MOST_ENTRIES]

    def install(self, shell: Any) -> None:
        """Where the sandbox can't put the working folder at `/content`, functions of Python look there for it."""
        if self.is_colab or os.path.exists(_COLAB):
            return
        for owner, names in (*_TAKE_PATHS, _ASK_OF_PATHS):
            for name in names:
                setattr(owner, name, self.translating(getattr(owner, name)))
        if "open" in shell.user_ns:  # IPython gives notebooks one of its own
            shell.user_ns["open"] = self.translating(shell.user_ns["open"])
        when_imported("torch", self.translate_torch)
        run = shell.system
        shell.system = lambda command: run(re.sub(rf"(?<![\w/.]){_COLAB}\b", lambda _: str(self.work), command))

    def translate_torch(self, torch: Any) -> None:
        """Torch writes files without Python's functions."""
        save = torch.save
        torch.save = functools.wraps(save)(lambda obj, f, *args, **options: save(obj, self.here(f), *args, **options))
        torch.load = self.translating(torch.load)

    def translating(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its first argument, a path on Colab, in the working folder."""

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            return function(*map(self.here, args[:1]), *args[1:], **kwargs)

        return call

    def here(self, path: Any) -> Any:
        """The path in the working folder that Colab would have at this path; what is no path on Colab as it is."""
        if isinstance(path, (str, os.PathLike)):
            name = os.fspath(path)
            if isinstance(name, str) and (name == _COLAB or name.startswith(f"{_COLAB}/")):
                return str(self.work) + name[len(_COLAB) :]
        return path

    def prepare(self, source: str) -> None:
        """Before a cell runs: make the folders of a Drive that it names, and link in them what lies beside it."""
        with suppress(OSError, ValueError):  # it leads elsewhere, or a file is in the way
            for path in named_in(source):
                place = Path(self.here(path)) if path.startswith("/") else self.work / path
                self.make(place)

    def make(self, place: Path) -> None:
        """A place on a Drive becomes a folder that shows the submission's files; any other a link to a file of it."""
        folder = place.parent if place.suffix else place
        if _ON_DRIVE.search(str(folder.relative_to(self.work))):
            folder.mkdir(parents=True, exist_ok=True)
            for path in self.given:
                _link(folder / path.name, path)
        elif place.suffix and (beside := self.work / place.name).is_file() and beside != place:
            folder.mkdir(parents=True, exist_ok=True)
            _link(place, beside)


def _link(place: Path, target: Path) -> None:
    with suppress(OSError):  # it is there already
        place.symlink_to(target)


def named_in(source: str) -> list[str]:
    """The paths on Colab that a cell names, but those that it makes itself."""
    found: set[str] = set()
    for line in source.splitlines():
        if "mkdir" not in line and "makedirs" not in line:
            command = line.lstrip().startswith(("!", "%"))
            found |= {match["path"] for match in (_IN_COMMAND if command else _QUOTED).finditer(line)}
    return sorted((path.replace("\\ ", " ").rstrip("/") for path in found), key=len)
