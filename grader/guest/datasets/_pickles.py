"""Reads a pickle of plain values and arrays of bytes without running anything that it says.

`pickle.load` calls whatever a file names. Here the opcodes are read by `pickletools`, and the few that such files have
are followed by hand; any other, and any name but those of NumPy's arrays, is refused.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._entry import Unreadable

if TYPE_CHECKING:
    from ._entry import Array

_RECONSTRUCT = ("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct")
_NAMES = (*_RECONSTRUCT, "numpy.ndarray", "numpy.dtype", "_codecs.encode")
_VALUES = frozenset(
    (
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
        *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
        *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    )
)
_EMPTY: dict[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_STORE, _FETCH = ("PUT", "BINPUT", "LONG_BINPUT"), ("GET", "BINGET", "LONG_BINGET")


class _Name(str):
    """What a pickle names; never imported."""


class _Mark:
    """Where a list, tuple or dictionary begins on the stack."""


class _Bytes:
    """The type of a byte, NumPy's uint8."""


class _Array:
    """An array whose state has yet to come."""

    values: Array | None = None


def read_pickle(path: Path) -> Any:
    """Numbers, text, bytes, lists, tuples, dictionaries, and arrays of uint8. Raises OSError, or `Unreadable`.

    Text that Python 2 wrote is read as Latin-1.
    """
    content = path.read_bytes()
    try:
        return _plain(_Reader().read(content))
    except Unreadable:
        raise
    except _Refused as error:
        raise Unreadable(path, f"is no pickle of plain arrays: {error}") from error
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise Unreadable(path, f"is no pickle that can be read: {error}") from error


class _Refused(Exception):  # noqa: N818  it never leaves this module
    """An opcode or a name that no such file needs."""


class _Reader:
    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def read(self, content: bytes) -> Any:
        """The value that is left when the pickle stops."""
        import pickletools

        for opcode, argument, _ in pickletools.genops(content):
            if opcode.name == "STOP":
                (value,) = self.stack
                return value
            self.follow(opcode.name, argument)
        raise _Refused("it has no end")

    def follow(self, name: str, argument: Any) -> None:
        """One opcode."""
        stack = self.stack
        if name in _VALUES:
            stack.append(argument)
        elif name in _EMPTY:
            stack.append(_EMPTY[name])
        elif name in _TUPLES:
            stack[-_TUPLES[name] :] = [tuple(stack[-_TUPLES[name] :])]
        elif name in _STORE:
            self.memo[int(argument)] = stack[-1]
        elif name in _FETCH:
            stack.append(self.memo[int(argument)])
        elif name in ("PROTO", "FRAME"):
            pass
        elif name == "GLOBAL":
            stack.append(_name(argument.replace(" ", ".")))
        else:
            self.build(name)

    def build(self, name: str) -> None:
        """One opcode that makes something of what is on the stack."""
        stack = self.stack
        match name:
            case "MEMOIZE":
                self.memo[len(self.memo)] = stack[-1]
            case "MARK":
                stack.append(_Mark())
            case "EMPTY_LIST":
                stack.append([])
            case "EMPTY_DICT":
                stack.append({})
            case "LIST":
                stack.append(self.marked())
            case "TUPLE":
                stack.append(tuple(self.marked()))
            case "DICT":
                stack.append(_pairs(self.marked()))
            case "APPEND" | "APPENDS":
                values = [stack.pop()] if name == "APPEND" else self.marked()
                _of(list, stack[-1]).extend(values)
            case "SETITEM" | "SETITEMS":
                values = [stack.pop(), stack.pop()][::-1] if name == "SETITEM" else self.marked()
                _of(dict, stack[-1]).update(_pairs(values))
            case "STACK_GLOBAL":
                part, module = stack.pop(), stack.pop()
                stack.append(_name(f"{module}.{part}"))
            case "REDUCE":
                arguments, function = stack.pop(), stack.pop()
                stack.append(_made(function, arguments))
            case "BUILD":
                state = stack.pop()
                _set(stack[-1], state)
            case _:
                raise _Refused(f"it has the opcode {name}")

    def marked(self) -> list[Any]:
        """What lies above the last mark."""
        marks = [i for i, value in enumerate(self.stack) if isinstance(value, _Mark)]
        if not marks:
            raise _Refused("it ends what it did not begin")
        start = marks[-1]
        values = self.stack[start + 1 :]
        del self.stack[start:]
        return values


def _name(name: str) -> _Name:
    if name not in _NAMES:
        raise _Refused(f"it names {name[:100]!r}")
    return _Name(name)


def _of(kind: Any, value: Any) -> Any:
    if type(value) is not kind:
        raise _Refused(f"it adds to a {type(value).__name__}")
    return value


def _pairs(values: list[Any]) -> dict[Any, Any]:
    if not all(
        isinstance(key, str | bytes | int) for key in values[::2]
    ):  # the hash of a nested tuple may take for ever
        raise _Refused("it has a key that is no text")
    return dict(zip(values[::2], values[1::2], strict=True))


def _made(function: Any, arguments: Any) -> Any:
    """What one of the known names gives."""
    if not isinstance(function, _Name) or not isinstance(arguments, tuple):
        raise _Refused("it calls what it does not name")
    if function in _RECONSTRUCT and isinstance(arguments[0], _Name) and arguments[0] == "numpy.ndarray":
        return _Array()
    if function == "numpy.dtype" and arguments[0] == "u1":
        return _Bytes()
    if function == "_codecs.encode" and arguments[1] == "latin1":
        return arguments[0].encode("latin-1")
    raise _Refused(f"it calls {function} with other arguments than such a file has")


def _set(thing: Any, state: Any) -> None:
    """The state of an array; that of a type of bytes says nothing."""
    if isinstance(thing, _Bytes):
        return
    if not isinstance(thing, _Array):
        raise _Refused(f"it changes a {type(thing).__name__}")
    import numpy as np

    _, shape, kind, columns, content = state
    raw = content.encode("latin-1") if isinstance(content, str) else content
    if not isinstance(kind, _Bytes) or not isinstance(raw, bytes) or len(raw) != math.prod(shape):
        raise _Refused("it has an array of other values than bytes, or of too few")
    # A copy, since torch warns of arrays that it could not write to.
    thing.values = np.frombuffer(raw, np.uint8).reshape(shape, order="F" if columns else "C").copy()


def _plain(value: Any) -> Any:
    """With arrays in the place of what stood for them, one level deep as such files have them."""
    if isinstance(value, dict):
        return {_text(key): _array(item) for key, item in value.items()}
    return _array(value)


def _array(value: Any) -> Any:
    return value.values if isinstance(value, _Array) else value


def _text(key: Any) -> Any:
    return key.decode("latin-1") if isinstance(key, bytes) else key
