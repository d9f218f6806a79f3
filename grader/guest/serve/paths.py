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
from ..origin import as_given

_COLAB = "/content"
# A path on Colab: absolute, or into a mounted Drive from the working folder.
_PATH = r"(?:/content/|(?<![\w/.])/?(?:[\w.-]{1,40}/){1,4}My\\? ?Drive)"
_QUOTED = re.compile(rf"""(?P<quote>["'])(?P<path>{_PATH}[^"'\n]*)(?P=quote)""")
_IN_COMMAND = re.compile(rf"(?P<path>{_PATH}(?:\\ |[^\s\"'])*)")
_ON_DRIVE = re.compile(r"(?:^|/)My ?Drive(?:/|$)")
_DRIVES = ("My Drive", "MyDrive")
_MOST_ENTRIES = 500
# Functions that take a path first; what other functions open goes through these, or is named when it is missing.
_TAKE_PATHS = ((builtins, ("open",)), (io, ("open",)), (os, ("chdir", "listdir", "mkdir", "makedirs", "scandir")))
_ASK_OF_PATHS = (os.path, ("exists", "isfile", "isdir", "getsize"))


class Paths:
    """The working folder under its names on Colab.

    `work` is the folder that the notebook's process began in, `given` what lies there when the notebook starts.
    """

    shell: Any

    def __init__(self) -> None:
        self.work = Path.cwd()
        self.given: list[Path] = []
        self.is_colab = str(self.work) == _COLAB
        self.elsewhere: dict[str, str] = {}  # folders of Colab's that can't be made: where each lies
        self.translates = False
        self.named: list[str] = []  # paths that the cell names
        self.drives: list[Path] = []

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
        self.shell = shell
        if self.is_colab or os.path.exists(_COLAB):
            return
        self.elsewhere[_COLAB] = str(self.work)
        self.translate()
        run = shell.system
        shell.system = lambda command: run(re.sub(rf"(?<![\w/.]){_COLAB}\b", lambda _: str(self.work), command))

    def translate(self) -> None:
        """Have Python's functions look elsewhere for what can't be made where Colab has it."""
        if self.translates:
            return
        self.translates = True
        shell = self.shell
        for owner, names in (*_TAKE_PATHS, _ASK_OF_PATHS):
            for name in names:
                setattr(owner, name, self.translating(getattr(owner, name)))
        if "open" in shell.user_ns:  # IPython gives notebooks one of its own
            shell.user_ns["open"] = self.translating(shell.user_ns["open"])
        when_imported("torch", self.translate_torch)

    def translate_torch(self, torch: Any) -> None:
        """Torch writes files without Python's functions."""
        save = torch.save
        torch.save = functools.wraps(save)(
            lambda obj, f, *args, **options: as_given(save, obj, self.here(f), *args, **options)
        )
        torch.load = self.translating(torch.load)

    def translating(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its first argument, a path on Colab, in the working folder."""

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            return as_given(function, *map(self.here, args[:1]), *args[1:], **kwargs)

        return call

    def here(self, path: Any) -> Any:
        """Where that lies which Colab would have at this path; what is no path on Colab as it is."""
        if isinstance(path, (str, os.PathLike)):
            name = os.fspath(path)
            for point, place in self.elsewhere.items() if isinstance(name, str) else ():
                if name == point or name.startswith(f"{point}/"):
                    return place + name[len(point) :]
        return path

    def mount(self, point: str) -> None:
        """Make a Drive where a notebook mounts it; where nothing can be made, Python's functions look elsewhere.

        Nor is anything made on the machine itself, which only a jail keeps apart.
        """
        place = Path(self.here(str(point).rstrip("/") or _COLAB))
        if not place.is_absolute():
            place = Path.cwd() / place
        try:
            if not (self.is_colab or place.is_relative_to(self.work)):
                raise PermissionError(place)
            place.mkdir(parents=True, exist_ok=True)
        except OSError:
            self.elsewhere[str(place)] = str(self.work / f"drive_{len(self.elsewhere) + 1}")
            place = Path(self.here(place))
            self.translate()
        for name in _DRIVES:
            folder = place / name
            with suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True)
            for path in self.given:
                _link(folder / path.name, path)
        self.drives.append(place)
        self.make_named()

    def prepare(self, source: str) -> None:
        """Before a cell runs: make the folders of a Drive that it names, and link in them what lies beside it."""
        self.named = named_in(source)
        self.make_named()

    def make_named(self) -> None:
        """Make those of the named folders that lie within the working folder or on a Drive that is mounted."""
        for path in self.named:
            place = Path(self.here(path)) if path.startswith("/") else self.work / path
            if any(place.is_relative_to(folder) for folder in (self.work, *self.drives)):
                with suppress(OSError):  # a file is in the way
                    self.make(place)

    def make(self, place: Path) -> None:
        """A place on a Drive becomes a folder that shows the submission's files; any other a link to a file of it."""
        folder = place.parent if place.suffix else place
        if _ON_DRIVE.search(str(folder)):
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
