"""The record itself as JSON: what the store keeps and other programs read."""

import json
import math

from grader.core.outcome import Grade


def render(grade: Grade) -> str:
    """Valid JSON from which `Grade.model_validate_json` makes the same grade.

    JSON has no word for NaN and infinities (a diverged training has them): they are the strings "NaN", "Infinity" and
    "-Infinity", which pydantic reads back as numbers.
    """
    return json.dumps(_portable(grade.model_dump(mode="json")), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def _portable(value: object) -> object:
    if isinstance(value, dict):
        return {key: _portable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_portable(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # lone surrogates can't be read back
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
