"""Values that a form states as text: read where they can mean one thing alone."""

import math
import re
from string import ascii_letters
from typing import Any

from grader.language.numbers import single_number

_DASHES = str.maketrans({"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": "x", "·": "*", "⁄": "/", "∕": "/"})
_QUOTES = " \t\n\"'`“”‘’„«»$*"
_BEHIND = " \t\n()[].,:"
_MOST = 400
_MOST_MATRIX = 20_000
# What a number may be a number of without being another one for that.
_UNITS = frozenset(
    {
        "parameters", "parameter", "params", "param", "weights", "weight", "biases", "bias", "units", "unit",
        "neurons", "neuron", "layers", "layer", "filters", "filter", "channels", "channel", "epochs", "epoch",
        "images", "image", "samples", "sample", "pixels", "pixel", "features", "classes", "hidden", "trainable",
        "learnable", "total", "in", "all", "of", "the", "network", "model", "seconds", "s", "connections", "values",
        "entries", "nodes", "outputs", "inputs",
    }
)  # fmt: skip
_SHAPE = re.compile(r"\d{1,9}(?:\s*(?:x|\*|,|\bby\b)\s*\d{1,9}){1,8}\s*,?")
_CALL = re.compile(r"(?:np\.|numpy\.|torch\.)?(?:array|tensor|size|matrix)\s*\((.*)\)", re.IGNORECASE | re.DOTALL)


def _plain(text: str) -> str:
    """The text with one sign for each meaning, and nothing around it."""
    for command, sign in (("\\times", "x"), ("\\cdot", "*"), ("\\%", "%"), ("\\,", "")):
        text = text.replace(command, sign)
    return text.translate(_DASHES).strip(_QUOTES)


def number_of(text: str) -> float | None:
    """The number that a text is, with its unit, percent as a fraction; None where it says more, or is none."""
    text = _without_units(_plain(text)) if len(text) <= _MOST else ""
    number = _single(text)
    upper, slash, lower = text.partition("/")
    if number is not None or not slash or re.search(r"[A-Za-z%/]", lower):
        return number
    # In a document `60/60` may say how far something is; here it is one.
    over, under = _single(upper.strip(" ()")), _single(lower.strip(" ()"))
    return _finite(over / under) if over is not None and under else None


def shape_of(text: str) -> tuple[int, ...] | None:
    """The sizes in a text such as `28 x 28 x 8` or `(28, 28, 8)`; None where it is no shape alone."""
    text = _inside(_plain(text)) if len(text) <= _MOST else ""
    if not _SHAPE.fullmatch(text.lower()):
        return None
    return tuple(map(int, re.findall(r"\d+", text)))


def matrix_of(text: str) -> list[Any] | None:
    """The rows in a text: in brackets, or a line each; their entries may be texts of numbers."""
    if len(text) > _MOST_MATRIX:
        return None
    text = _called(_plain(text))
    if "[" in text:
        return _bracketed(text)
    rows = [row.strip(" ,|&\\") for row in re.split(r"[;\n]", text) if row.strip(" ,|&\\")]
    return [_entries(row) for row in rows] or None


def _entries(row: str) -> list[str]:
    """The entries of a row: between spaces, whose commas then are decimal or at an end, or between commas."""
    between_spaces = [entry.rstrip(",") for entry in re.split(r"[\s|&]+", row) if entry.rstrip(",")]
    return between_spaces if len(between_spaces) > 1 else [entry.strip() for entry in row.split(",")]


def _bracketed(text: str) -> list[Any] | None:
    """Nested lists; brackets that do not match give None."""
    stack: list[list[Any]] = [[]]
    for piece in re.findall(r"[\[\],]|[^\[\],]+", text):
        if piece == "[":
            if len(stack) > 4:
                return None
            stack.append([])
        elif piece == "]":
            if len(stack) < 2:
                return None
            closed = stack.pop()
            stack[-1].append(closed)
        elif piece.strip() and piece != ",":
            # In brackets, as NumPy prints it, numbers stand between spaces.
            stack[-1].extend(piece.split() if re.fullmatch(r"[\s\d.eE+-]+", piece) else [piece.strip()])
    return stack[0][0] if len(stack) == 1 and len(stack[0]) == 1 and isinstance(stack[0][0], list) else None


def _inside(text: str) -> str:
    """What stands in one pair of brackets that is around all of it."""
    text = _called(text)
    for opening, closing in ("()", "[]", "{}"):
        if text.startswith(opening) and text.endswith(closing):
            return text[1:-1].strip()
    return text


def _called(text: str) -> str:
    called = _CALL.fullmatch(text)
    return _inside(called[1].strip()) if called and "[[" not in called[1] else called[1].strip() if called else text


def _without_units(text: str) -> str:
    """The text without the words behind it that say what it is a number of."""
    while True:
        end = text.rstrip(_BEHIND)
        before = end.rstrip(ascii_letters)
        if end[len(before) :].lower() not in _UNITS:
            return text
        text = before


def _single(text: str) -> float | None:
    """The number that a text is; None for one with an uncertainty."""
    number = single_number(text.strip().removeprefix("+").rstrip(_BEHIND).replace("_", ""))
    return _finite(number.value) if number and number.value is not None and not number.uncertain else None


def _finite(number: float) -> float | None:
    if not math.isfinite(number):
        return None
    return int(number) if number == int(number) and abs(number) < 2**53 else number
