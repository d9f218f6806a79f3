"""Records as JSON that every reader takes: nothing in it is beyond ASCII, and no number isn't one."""

import json
import math

from pydantic import BaseModel


def as_json(value: object, *, indent: int | None = None) -> str:
    """Valid JSON of a record or of plain values; `model_validate_json` makes the same record of it.

    JSON has no word for NaN and infinities (a diverged training has them): they are the strings "NaN", "Infinity" and
    "-Infinity", which pydantic reads back as numbers.
    """
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return json.dumps(portable(plain), indent=indent, ensure_ascii=True, allow_nan=False)


def portable(value: object) -> object:
    """The same value without what JSON can't say or nobody can read back."""
    if isinstance(value, dict):
        return {key: portable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [portable(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # lone surrogates can't be read back
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
