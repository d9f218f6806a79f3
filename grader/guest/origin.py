"""Whose an error is that ends a cell: the notebook's, or that of the grader's own code between it and the libraries.

What stands between calls the original by `as_given` wherever it hands on what the notebook gave: an error in there is
the notebook's. Where it changes what it hands on, or does something else, it stands in by `instead_of`, which shows
whose an error is: it asks the original too.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FrameType, ModuleType, TracebackType
from typing import Any, NamedTuple, TypeVar

from .protocol import Origin, Refusal

_Item = TypeVar("_Item")
GUEST = str(Path(__file__).parent)  # this package, which stands between the notebook and the libraries
_INSTALLED = re.compile(r"[/\\](?:site|dist)-packages[/\\]")
_LIBRARIES = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
# A function that doesn't take what it is given: its name, and whether that came by name.
_REFUSED = re.compile(r"([\w.]+)\(\) (?:(got an unexpected keyword argument)|takes (?:from \d+ to )?\d+ positional)")
# A float where older versions of many libraries took one for a whole number.
_NO_WHOLE_NUMBER = re.compile(
    r"'float' object cannot be interpreted as an integer|[Ii]nteger argument expected, got float"
)
# A traceback in words, and one frame of it.
_TRACEBACK = "Traceback (most recent call last):"
_FRAME = re.compile(r'^ *File "([^"\n]+)", line (\d+), in (\S+)', re.MULTILINE)
_told: list[Callable[[Exception, str], object]] = []  # who is told of an error of ours that the notebook was spared
_lacking: list[str] = []  # where something failed that the notebook needs: what fails from then on may fail for that


def tell(listener: Callable[[Exception, str], object]) -> None:
    """Have `listener(error, where)` called when something of ours failed in a way that ends no cell by itself."""
    _told[:] = [listener]


def put_in_place(act: Callable[..., _Item], *args: Any) -> _Item | None:
    """Call what makes something ready that the notebook needs; where that fails, no later error is surely its own."""
    try:
        return act(*args)
    except Exception as error:
        where = place_of_ours(error.__traceback__ and error.__traceback__.tb_next) or "a stand-in"
        _lacking.append(where)
        _tell(error, where)
        return None


def _tell(error: Exception, where: str) -> None:
    for listener in _told:
        listener(error, where)


def as_given(original: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """What `original` gives, asked what the notebook asked, at most by other names: an error is the notebook's."""
    return original(*args, **kwargs)


def each_as_given(items: Iterable[_Item]) -> Iterator[_Item]:
    """The items, brought by what the notebook made: an error is the notebook's."""
    yield from items


def instead_of(
    original: Callable[..., Any], act: Callable[..., Any], trial: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """`act` in the place of `original`: where it fails by our own doing, the original is asked what the notebook asked.

    If that fails alike, the error is the notebook's; if not, the notebook gets what the original gives. A `trial` is
    asked in the place of an original that would take too long; what it gives shows only that the error is ours.
    """

    @functools.wraps(original)
    def standing_in(*args: Any, **kwargs: Any) -> Any:
        try:
            return act(*args, **kwargs)
        except Refusal:
            raise
        except Exception as error:
            # The traceback begins here; what follows is what `act` did.
            if place_of_ours(error.__traceback__ and error.__traceback__.tb_next) is None:
                raise
            ours = error
        try:
            found = as_given(trial or original, *args, **kwargs)
        except Exception as error:
            if type(error) is type(ours):
                raise
            raise ours from None
        if trial is not None:
            raise ours
        _tell(ours, place_of_ours(ours.__traceback__) or "")
        return found

    return standing_in


def place_of_ours(trace: TracebackType | None) -> str | None:
    """Where in this package an error began: the innermost frame outside the libraries; None where that isn't ours.

    A call of what the notebook gave is left out, with the frame that made it: it only handed on what it was asked.
    """
    frames: list[_Frame] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(_Frame(code.co_filename, trace.tb_lineno, code.co_name))
        trace = trace.tb_next
    return _ours(frames)


def _place_elsewhere(error: BaseException) -> str | None:
    """The same for an error of another process, as a loader's worker: its frames are in the words of what tells of it.

    Torch has them in the message, Python in that of the cause. A notebook that writes such words itself only sends its
    error to a person.
    """
    for told in (error.__cause__, error):
        _, began, text = str(told).rpartition(_TRACEBACK)
        if began:
            return _ours([_Frame(file, int(line), name) for file, line, name in _FRAME.findall(text)])
    return None


class _Frame(NamedTuple):
    """One call, as a traceback names it."""

    file: str
    line: int
    name: str

    @property
    def hands_on(self) -> bool:
        return self.file == __file__ and self.name in _HANDING_ON


def _ours(frames: list[_Frame]) -> str | None:
    """Of the frames of an error, the outermost first, that in which it began, where it is of this package."""
    while frames:
        frame = frames.pop()
        if installed(frame.file):
            continue
        if frame.hands_on:
            if frames and frames[-1].file.startswith(GUEST) and not frames[-1].hands_on:
                frames.pop()
            continue
        if not frame.file.startswith(GUEST):
            return None
        return f"{frame.file[len(GUEST) + 1 :]}, line {frame.line}, in {frame.name}"
    return None


def installed(file: str) -> bool:
    """Whether a file is part of a library; so is code that was never in one, of which its caller decides."""
    return file.startswith((*_LIBRARIES, "<")) or bool(_INSTALLED.search(file))


def origin_of(error: BaseException) -> tuple[Origin, str] | None:
    """Whose the error is that ended a cell, and where it began or which library it is of; None for the notebook's own.

    It is a library's where that fails while it is imported, or has no such name or argument: another version may have
    had it. What ends a cell and is
    no Exception, an interrupt or an exit, is nobody's error, wherever it came. Where something of ours is lacking, any
    other may follow from that.
    """
    if isinstance(error, Refusal) or not isinstance(error, Exception):
        return None
    place = place_of_ours(error.__traceback__) or _place_elsewhere(error) or next(iter(_lacking), None)
    if place:
        return Origin.GRADER, place
    if library := _importing(error.__traceback__):
        return Origin.IMPORT, library
    library = ""
    if isinstance(error, TypeError) and _NO_WHOLE_NUMBER.search(str(error)):
        library = _library(_module(_innermost(error.__traceback__)))
    elif isinstance(error, TypeError | AttributeError) and (refused := _REFUSED.match(str(error))):
        called = _function(refused[1], error.__traceback__)
        if refused[2] or (called is not None and _by_name_alone(called)):
            library = _library(called if called is not None else _module(_innermost(error.__traceback__)))
    elif isinstance(error, AttributeError) and error.name is not None:
        library = _library(error.obj if isinstance(error.obj, type | ModuleType) else type(error.obj))
    return (Origin.LIBRARY, library) if library else None


def _importing(trace: TracebackType | None) -> str:
    """The library that was being imported when it was raised, by code of libraries alone; empty where none was."""
    library = ""
    while trace is not None:
        frame = trace.tb_frame
        file = frame.f_code.co_filename
        if not installed(file) and not file.startswith(GUEST):
            library = ""
        elif not library and frame.f_code.co_name == "<module>" and _INSTALLED.search(file):
            library = str(frame.f_globals.get("__name__")).split(".")[0]
        trace = trace.tb_next
    return library


def _innermost(trace: TracebackType | None) -> FrameType | None:
    """The frame whose code raised it, as far as Python's frames tell."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame if trace is not None else None


def _module(frame: FrameType | None) -> ModuleType | None:
    return sys.modules.get(str(frame.f_globals.get("__name__"))) if frame is not None else None


def _library(owner: object) -> str:
    """The library that a module, a class or a function belongs to; empty for Python's own types and for the notebook's.

    A name that is a module of the notebook's own is found as such by its file.
    """
    name = owner.__name__ if isinstance(owner, ModuleType) else getattr(owner, "__module__", None)
    root = str(name).split(".")[0]
    file = getattr(sys.modules.get(root), "__file__", None)
    known = root in sys.modules and root not in ("builtins", "__main__")
    return root if known and (file is None or installed(file)) else ""


def _function(name: str, trace: TracebackType | None) -> Any:
    """The function that calls itself by this name; None where none is found.

    Several libraries have a `DataFrame.drop`: the one of a library that the code had at hand which called it.
    """
    first, *rest = name.split(".")
    found = []
    for module in list(sys.modules.values()):
        function: Any = getattr(module, "__dict__", {}).get(first)
        for part in rest:
            function = getattr(function, part, None)
        if getattr(function, "__qualname__", None) == name:
            found.append(function)
    if (caller := _innermost(trace)) is not None and len(found) > 1:
        values = [_module(caller), *caller.f_locals.values(), *caller.f_globals.values()]
        at_hand = {_library(value if isinstance(value, type | ModuleType) else type(value)) for value in values}
        return next((function for function in found if _library(function) in at_hand), found[0])
    return found[0] if found else None


def _by_name_alone(function: Any) -> bool:
    """Whether it takes arguments by name that it doesn't take by place, as many functions do that once took them so."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters)


_HANDING_ON = (as_given.__name__, each_as_given.__name__)
