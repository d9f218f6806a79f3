"""Writes what was seen to one file, whole or not at all, so that a killed kernel leaves the last state behind."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

from .protocol import Findings

_MOST_ITEMS = 1000
_MOST_CHARACTERS = 2000


def write(path: str, found: Findings) -> None:
    """Replace the file by these findings."""
    _replace(path, found.to_json())


def write_variables(path: str, names: Iterable[str], namespace: Mapping[str, Any]) -> None:
    """Replace the file by the values of these variables."""
    _replace(path, json.dumps(variables(names, namespace)))


def _replace(path: str, text: str) -> None:
    part = f"{path}.part"
    with open(part, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(part, path)


def variables(names: Iterable[str], namespace: Mapping[str, Any]) -> dict[str, object]:
    """The named variables that have a plain value: numbers, text, and lists or small arrays of them."""
    found: dict[str, object] = {}
    for name in names:
        if name in namespace:
            value = plain(namespace[name])
            if value is not None:
                found[name] = value
    return found


def plain(value: Any) -> Any:
    """A value as JSON can hold it: text cut, arrays as lists. None where it can't, or not within bounds."""
    if isinstance(value, (bool, str)):
        return value[:_MOST_CHARACTERS] if isinstance(value, str) else value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (list, tuple, range)):
        items = [plain(item) for item in value[:_MOST_ITEMS]]
        return items if len(value) <= _MOST_ITEMS and None not in items else None
    if hasattr(value, "tolist") and getattr(value, "size", None) is not None:
        elements = value.numel() if hasattr(value, "numel") else value.size
        return plain(value.tolist()) if elements <= _MOST_ITEMS else None
    return None
