"""Writes what was seen to one file, whole or not at all, so that a killed kernel leaves the last state behind."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from .protocol import MOST_NUMBERS, Findings, Gap, GapKind, Named, Spec, Training, as_data

_MOST_CHARACTERS = 2000


def write(path: str, found: Findings) -> None:
    """Replace the file by these findings; a training that can't be written as data stands there as just that."""
    try:
        text = found.to_json()
    except (TypeError, ValueError):
        text = replace(found, trainings=[_written(training) for training in found.trainings]).to_json()
    _replace(path, text)


def write_variables(path: str, names: Iterable[str], namespace: Mapping[str, Any]) -> None:
    """Replace the file by the values of these variables."""
    _replace(path, json.dumps(variables(names, namespace)))


def _replace(path: str, text: str) -> None:
    part = f"{path}.part"
    with open(part, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(part, path)


def _written(training: Training) -> Training:
    """The training, or what names it where it holds something that is no data."""
    try:
        Findings(trainings=[training]).to_json()
    except (TypeError, ValueError) as error:
        gap = Gap.of(GapKind.LAYER, f"what its training or a layer was set to can't be written down: {error}")
        named = {name: getattr(training, name) for name in ("number", "model", "variable", "cell")}
        return Training(**named, optimizer=Named(training.optimizer.type), spec=Spec(gaps=[gap]), gaps=[gap])
    return training


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
        items = [plain(item) for item in value[:MOST_NUMBERS]]
        return items if len(value) <= MOST_NUMBERS and None not in items else None
    try:
        return plain(as_data(value))
    except TypeError:
        return None
