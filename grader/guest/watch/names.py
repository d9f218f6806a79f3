"""What a notebook calls a thing: a variable, or the way to it through lists, dictionaries and attributes."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_MOST_SEEN = 5_000  # things that are looked at, so that large lists cost nothing
_MOST_ITEMS = 200  # of one of them
_DEEPEST = 3  # steps from a variable
_LONGEST = 60  # characters of a key
_SHELL = ("In", "Out", "get_ipython", "exit", "quit")


def name_of(thing: object, namespace: Mapping[str, Any]) -> str:
    """`net`, `nets[0]`, `models['a']`, `trainer.model`; the shortest way there is. Empty when there is none.

    Nothing of the notebook's own is called: attributes are those that an object holds itself.
    """
    own = [(name, value) for name, value in list(namespace.items()) if name[0] != "_" and name not in _SHELL]
    left = deque((name, value, 0) for name, value in own)
    seen: set[int] = set()
    while left and len(seen) < _MOST_SEEN:
        name, value, depth = left.popleft()
        if value is thing:
            return name
        if id(value) not in seen and depth < _DEEPEST:
            seen.add(id(value))
            left.extend((name + step, part, depth + 1) for step, part in _parts(value))
    return ""


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """What a thing holds, each with the step that leads there."""
    if isinstance(value, dict):
        for key, part in _first(dict.items(value)):
            if isinstance(key, (str, int, float, bool)):
                yield f"[{key!r}]"[:_LONGEST], part
    elif isinstance(value, list):
        yield from ((f"[{place}]", part) for place, part in enumerate(_first(list.__iter__(value))))
    elif isinstance(value, tuple):
        yield from ((f"[{place}]", part) for place, part in enumerate(_first(tuple.__iter__(value))))
    elif type(value).__module__ == "__main__" or hasattr(type(value), "named_modules"):
        held = getattr(value, "__dict__", None)
        if isinstance(held, dict):
            for key, part in _first(dict.items(held)):
                if isinstance(key, str) and key == "_modules" and isinstance(part, dict):
                    yield from ((f".{name}", module) for name, module in _first(dict.items(part)))
                elif isinstance(key, str) and key.isidentifier() and not key.startswith("__"):
                    yield f".{key}", part


def _first(items: Iterable[Any]) -> list[Any]:
    return [*itertools.islice(items, _MOST_ITEMS)]
