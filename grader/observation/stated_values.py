"""Values that a form states as text: read where they can mean one thing alone."""

import math
import re
from typing import Any

_DASHES = str.maketrans({"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": "x", "·": "*", "⁄": "/", "∕": "/"})
_QUOTES = " \t\n\"'`“”‘’„«»$*"
_MOST = 400
_MOST_MATRIX = 20_000
_PLAIN = (
    r"(?:\d{1,3}(?:,\d{3}){1,6}(?![\d,])(?:\.\d{1,20})?|\d{1,3}(?:[ '_\u2009\u202f]\d{3}){1,6}(?!\d)"
    r"|\d{1,20}(?:[.,]\d{0,20})?|[.,]\d{1,20})"
)
_NUMBER = re.compile(
    rf"(?P<sign>[+-]?)\s?(?P<digits>{_PLAIN})"
    r"(?:\s?(?:[eE]|[x*]\s?10\s?(?:\^|\*\*))\s?\{?(?P<power>[+-]?\d{1,3})\}?)?"
)
_SCALES = {"k": 1e3, "thousand": 1e3, "million": 1e6, "mio": 1e6, "M": 1e6, "billion": 1e9, "%": 1e-2, "percent": 1e-2}
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
    text = _plain(text).rstrip(".") if len(text) <= _MOST else ""
    upper, slash, lower = text.partition("/")
    if not slash:
        return _single(text)
    over, under = _single(upper.strip(" ()")), _single(lower.strip(" ()")) if "%" not in lower else None
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


def _single(text: str) -> float | None:
    found = _NUMBER.match(text.strip())
    if not found:
        return None
    number = _digits(found["digits"])
    rest = text.strip()[found.end() :].replace("%", " % ").split()
    words = [word.strip("()[].,:") for word in rest]
    scale = 1.0
    if words and (named := words[0] if words[0] == "M" else words[0].lower()) in _SCALES:
        scale = _SCALES[named]
        del words[0]
    if number is None or not all(word.lower() in _UNITS or not word for word in words):
        return None
    number = float(f"{number}e{found['power'] or 0}")
    scaled = round(number * scale, 12) if scale != 1 else number
    return _finite(-scaled if found["sign"] == "-" else scaled)


def _digits(text: str) -> float | None:
    """The value of digits with their marks: `1,608` is whole, `0,975` and `97,79` have a decimal comma."""
    plain = re.sub(r"[ '_\u2009\u202f]", "", text)
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?", plain):
        plain = plain.replace(",", "")
    try:
        return float(plain.replace(",", "."))
    except ValueError:
        return None


def _finite(number: float) -> float | None:
    if not math.isfinite(number):
        return None
    return int(number) if number == int(number) and abs(number) < 2**53 else number
