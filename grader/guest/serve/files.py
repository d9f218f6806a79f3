"""Finds what a notebook reads and is not there: files handed in, by name, and data in the files that the web offers.

Only names that mean one thing are known, and names that several data sets use where path or code says which is meant.
Each file is made of the host's copy when it is asked for.
"""

from __future__ import annotations

import builtins
import functools
import io
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Set
from contextlib import suppress
from pathlib import Path, PureWindowsPath
from typing import Any

from ..datasets import DataSet, data_sets
from ..import_hooks import when_imported
from ..origin import as_given, put_in_place
from ..protocol import PlaceMissing
from .datasets import served

_MOST_SOURCE = 2**20
_SAMPLES = re.compile(r"""sample_data["'/]""")  # the folder as a cell names it
_ADDRESS = re.compile(r"\w+://")
_NOT_READING = frozenset("wax+")


class Copies:
    """Reads what is missing elsewhere: in the host's data sets, by name in `folders`, and the files given to `work`."""

    def __init__(self, folders: dict[str, str], work: Path, given: Iterable[Path]) -> None:
        self.served: dict[str, None] = {}  # names of copies that were made, as an ordered set
        self.sampled: set[str] = set()  # names of Colab's samples that were made, and that nobody may read
        self.here = served(folders)
        self.work, self.given = work, {path.name: path for path in given if path.is_file()}
        self.named: set[str] = set()  # data that code speaks of
        for path in self.given.values():
            if path.suffix == ".py":
                self.named |= _spoken_of(_source(path))

    def install(self, shell: Any) -> None:
        """Functions that open files and addresses read a copy where there is one and nothing else."""
        opened: Any = self.reading(builtins.open)
        builtins.open = io.open = opened
        if "open" in shell.user_ns:  # IPython gives notebooks one of its own
            shell.user_ns["open"] = self.reading(shell.user_ns["open"])
        when_imported("numpy.lib._datasource", _open_anew)
        when_imported("torch", lambda torch: self.writing(torch, "save", 1))
        when_imported("pandas.io.common", lambda common: self.writing(common, "check_parent_directory", 0))
        when_imported("urllib.request", self.urllib)
        when_imported("requests.adapters", self.requests)

    def begin_cell(self, source: str) -> None:
        """Before a cell runs: see what data it names, and make Colab's samples if it names these."""
        self.named |= _spoken_of(source)
        if _SAMPLES.search(source):
            with suppress(OSError):
                self.samples(self.work / "sample_data")

    def reading(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function that opens a path, which looks elsewhere for what is not there."""

        @functools.wraps(function)
        def opened(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            if self.sampled and (name := _name(file)) in self.sampled:
                self.served[name] = None
            try:
                return as_given(function, file, mode, *args, **kwargs)
            except FileNotFoundError as error:
                writing = bool(_NOT_READING & set(mode))
                copy = None if writing else put_in_place(self.find, file)
                if copy is None and not (writing and self.make_folder(file)):
                    if writing:
                        raise PlaceMissing(error.errno, error.strerror, error.filename) from error
                    raise
            return function(file if copy is None else copy, mode, *args, **kwargs)

        return opened

    def writing(self, owner: Any, name: str, place: int) -> None:
        """Have the folder made that a function of `owner` writes to without Python's own, by the place of its path."""
        original = getattr(owner, name)

        @functools.wraps(original)
        def write(*args: Any, **kwargs: Any) -> Any:
            for path in (*args[place : place + 1], kwargs.get("f")):
                if isinstance(path, (str, os.PathLike)):
                    self.make_folder(path)
            return as_given(original, *args, **kwargs)

        setattr(owner, name, write)

    def urllib(self, request: Any) -> None:
        """The same for addresses that urllib opens, and pandas and Keras through it."""
        original = request.urlopen

        @functools.wraps(original)
        def urlopen(url: Any, *args: Any, **kwargs: Any) -> Any:
            copy = put_in_place(self.copy, getattr(url, "full_url", url))
            return as_given(original, url if copy is None else copy.as_uri(), *args, **kwargs)

        request.urlopen = urlopen

    def requests(self, adapters: Any) -> None:
        """The same for requests."""
        original = adapters.HTTPAdapter.send

        @functools.wraps(original)
        def send(adapter: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
            copy = put_in_place(self.copy, request.url)
            if copy is None:
                return as_given(original, adapter, request, *args, **kwargs)
            response = adapters.Response()
            response.status_code, response.url, response.request = 200, request.url, request
            response.headers["Content-Length"] = str(copy.stat().st_size)
            response.raw = copy.open("rb")
            return response

        adapters.HTTPAdapter.send = send

    def make_folder(self, path: object) -> bool:
        """Make the folder that a file is written to, within the working folder: one without files is rarely handed in.

        False where there can be none.
        """
        with suppress(OSError, TypeError, ValueError):
            folder = Path(os.path.abspath(os.fspath(path))).parent  # type: ignore[call-overload]  # whatever it is
            if folder.is_relative_to(self.work) and not folder.exists():
                folder.mkdir(parents=True)
                return True
        return False

    def find(self, path: object) -> Path | None:
        """Where to read what a path names, or None: beside the notebook under the same name, else a copy of data."""
        return self.given.get(_name(path)) or self.copy(path)

    def copy(self, path: object) -> Path | None:
        """The file that a path or an address names, where it is a data set's in a well-known file; else None."""
        text = str(path)
        name = _name(text)
        for entry, folder in self.here:
            if name in entry.copies and _spoken_of(text) <= {entry.name}:
                return self.made(entry, name, entry.copies[name], folder)
            if name in entry.shared and self.meant(text) is entry:
                return self.made(entry, name, entry.shared[name], folder)
        return None

    def meant(self, path: str) -> DataSet | None:
        """The data set whose file a path names, where others have files of this name; None where that isn't sure."""
        address, plainly = _ADDRESS.match(path), re.search(_unspoken().spoken, path, re.I)
        if said := _spoken_of(path):
            return _only(said)
        if self.named:
            return None if address or plainly else _only(self.named)
        # An address must say so: Keras has Fashion-MNIST at one that doesn't.
        return None if address and not plainly else _unspoken()

    def made(self, entry: DataSet, name: str, content: Callable[[Path], bytes], folder: Path) -> Path:
        """The copy by this name, written at its first use."""
        place = _scratch() / entry.name / name
        if not place.exists():
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(content(folder))
            self.served[name] = None
            print(f"{name} was not handed in: the grader's own copy of {entry.title} is read instead.")
        return place

    def samples(self, place: Path) -> None:
        """What Colab has of data in its folder of samples."""
        found = [(name, make, folder) for entry, folder in self.here for name, make in entry.samples_on_colab.items()]
        if not found:
            return
        place.mkdir(exist_ok=True)
        if Path.cwd() != self.work and not Path("sample_data").exists():
            Path("sample_data").symlink_to(place)  # beside a notebook that lies deeper
        for name, make, folder in found:
            if not (place / name).exists():
                (place / name).write_bytes(make(folder))
                self.sampled.add(name)


def _open_anew(datasource: Any) -> None:
    """NumPy keeps the `open` that it was imported with, in a forked kernel before anything was changed."""
    datasource._file_openers._file_openers[None] = lambda *args, **kwargs: builtins.open(*args, **kwargs)  # noqa: SIM115  # who calls it closes


@functools.cache
def _scratch() -> Path:
    """The folder that copies are written to."""
    return Path(tempfile.mkdtemp(prefix="copies-"))


def _source(path: Path) -> str:
    """The beginning of a file; nothing where it can't be read."""
    with suppress(OSError), path.open(errors="replace") as file:
        return file.read(_MOST_SOURCE)
    return ""


def _name(path: object) -> str:
    """The file's name in a path of any system, or in an address."""
    return PureWindowsPath(re.sub(r"[?#].*", "", str(path))).name


def _spoken_of(text: str) -> set[str]:
    """The data sets that a text names, but the one that is meant where none is named; `another` for unknown ones."""
    found: set[str] = set()
    for entry in data_sets().values():
        if entry.spoken and not entry.unspoken:
            text, times = re.subn(entry.spoken, "", text, flags=re.I)
            found |= {entry.name} if times else set()
    return found | ({"another"} if re.search(_unspoken().others, text, re.I) else set())


def _only(names: Set[str]) -> DataSet | None:
    """The data set, where one that is known is named and no other."""
    return data_sets().get(next(iter(names))) if len(names) == 1 else None


@functools.cache
def _unspoken() -> DataSet:
    """The data set that is meant where none is named."""
    return next(entry for entry in data_sets().values() if entry.unspoken)
